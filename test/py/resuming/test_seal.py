"""A finished model of which one bit changed is not loaded, though every number is finite."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from training_jobs import Channel, run, spec_of, write_rows

from medgr2.jobs import score
from medgr2.models.weights import PHANTOM_BASE, ModelUnloadable, load_weights
from medgr2.resuming.weight_seal import SEAL_FILE, seal


def flip(file: Path, bit: int = 6) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1 << bit
    file.write_bytes(content)


def copy_of_base(folder: Path) -> Path:
    shutil.copytree(PHANTOM_BASE, folder)
    seal(folder)
    return folder


def test_weights_of_a_sealed_folder(tmp_path):
    folder = copy_of_base(tmp_path / "model")
    load_weights(str(folder), torch.float32)
    flip(folder / "model.safetensors", bit=0)
    with pytest.raises(ModelUnloadable, match=r"model\.safetensors is not what was saved.*weights-seal\.json"):
        load_weights(str(folder), torch.float32)
    (folder / SEAL_FILE).unlink()  # whoever replaced it on purpose
    load_weights(str(folder), torch.float32)


@pytest.mark.parametrize("content", ["", "[]", "{}x", '{"model.safetensors": 3}'])
def test_a_damaged_seal_is_named(content, tmp_path):
    folder = copy_of_base(tmp_path / "model")
    (folder / SEAL_FILE).write_text(content)
    with pytest.raises(ModelUnloadable, match=r"weights-seal\.json"):
        load_weights(str(folder), torch.float32)


def test_a_reward_head_with_one_changed_bit_scores_nothing(tmp_path):
    data = write_rows(tmp_path / "rows")
    model = Path(run(spec_of("reward-model", tmp_path / "train", data))["checkpoint"])
    assert {"model.safetensors", "reward_head.safetensors"} <= json.loads((model / SEAL_FILE).read_text()).keys()
    rated = {"kind": "score", "data": data, "model": {"path": str(model)}, "seed": 0, "device": "cpu", "batchSize": 4}
    (tmp_path / "scores").mkdir()
    assert score.run({**rated, "outDir": str(tmp_path / "scores")}, Channel())["count"] > 0
    flip(model / "reward_head.safetensors")
    with pytest.raises(ModelUnloadable, match=r"reward_head\.safetensors is not what was saved"):
        score.run({**rated, "outDir": str(tmp_path / "scores")}, Channel())
