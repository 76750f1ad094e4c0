"""SFT with a frozen tower reads its images together before the first step, and learns what it would from each alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from training_jobs import cut_after_each, different, make_llava, outcome_of, run, spec_of, weights_of, write_rows

from medgr2.jobs import sft
from medgr2.models import frozen_towers
from medgr2.models.bounded_memo import Bounded
from medgr2.models.frozen_towers import ReusedFeatures

IMAGES = 5
EPOCH = {"max_steps": 3, "gradient_accumulation_steps": 2}  # of two rows each, nine in all


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_rows(tmp_path_factory.mktemp("rows"))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {"qwen2.5-vl": "phantom", "llava": make_llava(tmp_path_factory.mktemp("llava"))}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many images each call of a tower read."""
    calls: list[int] = []
    own = ReusedFeatures.__init__

    def counted(self: ReusedFeatures, tower: Any, inner: Any, alone: bool) -> None:
        own(self, tower, inner, alone)

        def asked(**named: Any) -> Any:
            grid = named.get("image_grid_thw")
            calls.append(len(named["pixel_values"] if grid is None else grid))
            return tower(**named)

        self.own = asked

    monkeypatch.setattr(ReusedFeatures, "__init__", counted)
    return calls


@pytest.mark.parametrize("family", ["qwen2.5-vl", "llava"])
def test_all_are_read_at_once_and_teach_the_same(
    family: str, data: str, models: dict[str, str], tmp_path: Path, read: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec_of("sft", tmp_path / "together", data, models[family], train="language", trl=EPOCH)
    together = run(spec)
    assert read == [IMAGES]
    read.clear()
    monkeypatch.setattr(sft, "one_of_each_image", lambda *_: ())
    alone = run({**spec, "outDir": str(tmp_path / "alone")})
    assert read == [1] * IMAGES
    ours, theirs = weights_of(together), weights_of(alone)
    for name in ours:
        torch.testing.assert_close(ours[name], theirs[name], rtol=1e-3, atol=1e-4, msg=name)
    assert together["loss"] == pytest.approx(alone["loss"], abs=1e-4)


def test_a_job_that_goes_on_has_the_very_weights_of_one_left_alone(data: str, tmp_path: Path) -> None:
    spec = spec_of("sft", tmp_path / "whole", data, train="language", trl=EPOCH)
    whole, left = cut_after_each(spec, tmp_path)
    for step, folder in left.items():
        resumed = run({**spec, "outDir": str(folder)})
        assert different(weights_of(whole), weights_of(resumed)) == [], f"after checkpoint {step}"
        assert outcome_of(resumed) == outcome_of(whole), f"after checkpoint {step}"


def test_none_is_read_that_may_not_be_asked_for(data: str, tmp_path: Path, read: list[int]) -> None:
    run(spec_of("sft", tmp_path / "job", data, train="language", trl={"max_steps": 1}))
    assert set(read) == {1} and len(read) <= 4


def test_reading_ahead_ends_where_there_is_no_more_room(
    data: str, tmp_path: Path, read: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    room = 5 * 9 * 128 * 4  # of five images, nine tokens each: two batches of two, and one more image
    monkeypatch.setattr(frozen_towers, "Bounded", lambda _: Bounded(room))
    monkeypatch.setattr("medgr2.jobs.sft_batch.TOGETHER", 2)
    run(spec_of("sft", tmp_path / "job", data, train="language", trl=EPOCH))
    assert read[:2] == [2, 2] and set(read[2:]) == {1}
