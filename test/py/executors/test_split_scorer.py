"""R_φ split over the ranks of a job with a split policy scores as a whole one does, whatever each rank has to read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from job_fixtures import rows_of
from training_jobs import make_llava

from medgr2.executors.ranks import RanksExecutor
from medgr2.models.reward_backbone import RewardModel
from medgr2.models.weights import PHANTOM_BASE

CPU = torch.device("cpu")
ROOT = Path(__file__).resolve().parents[3]
#: Rows of each rank: three passes of two, one pass, and nothing that fits.
SHARES = [[0, 1, 2, 3, 4], [5], [6]]
MODULE = """
import json, os, torch
from pathlib import Path
from medgr2.models.reward_backbone import RewardModel
def run(spec, channel):
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo")
    rank, found = os.environ["RANK"], []
    for reference in spec["models"]:
        model = RewardModel.load(reference, torch.device("cpu"), alone=True)
        whole = sum(value.numel() for value in model.parameters())
        model.split_over_ranks()
        scores = [model.score(spec["rows"][int(rank)], batch=2) for _ in range(2)]
        local = [getattr(value, "to_local", lambda value=value: value)() for value in model.parameters()]
        found.append({"scores": scores, "held": sum(value.numel() for value in local), "whole": whole})
    Path(spec["folder"], rank + ".json").write_text(json.dumps(found))
    return {}
"""


def reward_model(base: str, folder: Path, most: int) -> str:
    """A fresh head on a base that reads `most` tokens."""
    torch.manual_seed(4)
    model = RewardModel.start({"path": base, "dtype": "float32"}, CPU)
    model.vlm.config.get_text_config().max_position_embeddings = most
    model.save(folder)
    return str(folder)


def test_a_split_reward_model_gives_the_scores_of_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as the ranks have it: sums over several threads differ in the last digit
    request.addfinalizer(lambda: torch.set_num_threads(threads))
    rows = rows_of(tmp_path, 7)
    for number, row in enumerate(rows):
        row["response"] = "CT, since " + "bone is white " * number
    rows[6]["response"] = "too long " * 400
    shares = [[rows[index] for index in share] for share in SHARES]
    references: list[dict[str, Any]] = [
        {"path": reward_model(str(PHANTOM_BASE), tmp_path / "qwen", 400), "dtype": "float32"},
        {"path": reward_model(make_llava(tmp_path / "llava-base"), tmp_path / "llava", 400), "dtype": "bfloat16"},
    ]
    (tmp_path / "scored.py").write_text(MODULE)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "py"))
    monkeypatch.syspath_prepend(str(tmp_path))
    executor = RanksExecutor({"kind": "local", "workers": len(SHARES)}, preload=True)
    spec = {"models": references, "rows": shares, "folder": str(tmp_path)}
    worker = executor.launch(spec, "scored", str(tmp_path / "job.log"))
    ended = [frame.read() for frame in worker.messages() if frame.kind in ("done", "failed")]
    worker.finish(20)
    assert [end["type"] for end in ended] == ["done"], (tmp_path / "job.log").read_text()
    for index, reference in enumerate(references):
        model = RewardModel.load(reference, CPU, alone=True)
        layers = sum(value.numel() for value in model.vlm.model.language_model.layers.parameters())
        for rank, share in enumerate(shares):
            found = json.loads((tmp_path / f"{rank}.json").read_text())[index]
            whole = model.score(share, batch=2)
            assert found["scores"] == [whole, whole]
            assert (whole == [None]) == (rank == 2)
            # Two thirds of the layers are others' to hold; what does not divide by three goes to the first ranks.
            assert 0.2 * layers < found["held"] - (found["whole"] - layers) < 0.4 * layers
