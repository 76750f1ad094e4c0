"""What two training jobs do not share is told in words; what cannot be seen of a reward is in its `version`."""

from pathlib import Path
from typing import Any

import torch
from job_fixtures import rows_of

from medgr2.resuming.job_identity import differences, identity_of


def identity(folder: Path, rewards: list[dict[str, Any]]) -> dict[str, Any]:
    spec = {"kind": "grpo", "model": {"path": "phantom"}, "rewards": rewards}
    return identity_of(spec, rows_of(folder), ("id", "image", "prompt"), torch.device("cpu"), 1)


def test_another_function_under_the_same_name_is_another_job(tmp_path: Path) -> None:
    brief = {"name": "brief", "weight": 1, "source": "aaaa"}
    kept = {"name": "match", "weight": 1, "source": "cccc"}
    then = identity(tmp_path, [kept, brief])
    assert differences(identity(tmp_path, [kept, brief]), then) == []
    assert differences(identity(tmp_path, [kept, {**brief, "source": "bbbb"}]), then) == [
        "the function of the reward brief"
    ]
    assert differences(identity(tmp_path, [kept, {**brief, "weight": 2}]), then) == ["rewards.brief.weight is 2, was 1"]
    assert differences(identity(tmp_path, [kept]), then) == [
        "the function of the reward brief",
        "rewards.brief.weight is not set, was 1",
    ]
