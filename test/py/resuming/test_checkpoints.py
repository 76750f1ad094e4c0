"""A checkpoint is whole or none, and of this job or none: what is passed over is told, and never trained on from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from training_jobs import LORA, Channel, cut_after_each, different, run, spec_of, weights_of, write_rows

from medgr2.resuming.checkpoints import SEAL, Checkpoints
from medgr2.training.training_faults import CheckpointMismatch, CheckpointNotSaved, OwnOutput


@pytest.fixture(scope="module")
def cut(tmp_path_factory):
    """An SFT run, the same cut after its third checkpoint, and its spec."""
    folder = tmp_path_factory.mktemp("cut")
    data = write_rows(folder / "rows")
    spec = spec_of("sft", folder / "whole", data, trl={"max_steps": 4})
    whole, left = cut_after_each(spec, folder)
    return {"spec": spec, "left": left[3], "weights": weights_of(whole), "rows": folder / "rows"}


@pytest.fixture
def there(cut, tmp_path):
    shutil.copytree(cut["left"], tmp_path / "out")
    return tmp_path / "out"


def go_on(cut, there: Path, **changed):
    channel = Channel()
    result = run({**cut["spec"], **changed, "outDir": str(there)}, channel)
    return result, channel, channel.of("job-start")[0]["resumedFrom"]


def test_two_are_kept(there):
    assert sorted(path.name for path in (there / "checkpoints").glob("checkpoint-*")) == [
        "checkpoint-2",
        "checkpoint-3",
    ]


FILES = [
    "model.safetensors",
    "optimizer.pt",
    "scheduler.pt",
    "rng_state.pth",
    "trainer_state.json",
    "progress.pt",
    SEAL,
]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["missing", "cut", "flipped", "longer", "empty"])
def test_a_damaged_one_is_passed_over_by_name(name, damage, cut, there):
    file = there / "checkpoints" / "checkpoint-3" / name
    body = file.read_bytes()
    middle = len(body) // 2
    flipped = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
    changed = {"missing": None, "cut": body[:-1], "flipped": flipped, "longer": body + b"\n0", "empty": b""}[damage]
    file.unlink()
    if changed is not None:
        file.write_bytes(changed)
    told: list[str] = []
    seal = json.loads((there / "checkpoints" / "checkpoint-2" / SEAL).read_text().rsplit("\n", 1)[0])
    found = Checkpoints(there / "checkpoints", seal["identity"], told.append).newest()
    assert found == there / "checkpoints" / "checkpoint-2"
    assert len(told) == 1 and "checkpoint-3" in told[0] and name in told[0], told


def test_it_goes_on_from_the_one_before_and_ends_the_same(cut, there):
    (there / "checkpoints" / "checkpoint-3" / "rng_state.pth").unlink()
    result, channel, resumed_from = go_on(cut, there)
    assert resumed_from.endswith("checkpoint-2")
    assert "rng_state.pth is missing" in channel.warnings
    assert different(cut["weights"], weights_of(result)) == []


def test_with_none_left_it_starts_over_says_so_and_ends_the_same(cut, there):
    for name in ("checkpoint-2", "checkpoint-3"):
        (there / "checkpoints" / name / "optimizer.pt").write_bytes(b"")
    result, channel, resumed_from = go_on(cut, there)
    assert resumed_from is None
    assert "starts over" in channel.warnings
    assert different(cut["weights"], weights_of(result)) == []


def test_a_kill_while_one_is_written_leaves_the_one_before(cut, there):
    checkpoints = there / "checkpoints"
    (checkpoints / "unfinished").mkdir()
    (checkpoints / "checkpoint-3").rename(checkpoints / "unfinished" / "checkpoint-3")
    (checkpoints / "unfinished" / "checkpoint-3" / SEAL).unlink()
    result, _, resumed_from = go_on(cut, there)
    assert resumed_from.endswith("checkpoint-2")
    assert different(cut["weights"], weights_of(result)) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"seed": 6}, "seed is 6, was 5"),
        ({"trl": {"learning_rate": 2e-3}}, "trl.learning_rate is 0.002, was 0.001"),
        ({"trl": {"max_steps": 6}}, "trl.max_steps is 6, was 4"),
        ({"train": "language"}, "train is language, was all"),
        ({"kind": "grpo"}, "kind is grpo, was sft"),
    ],
)
def test_one_of_another_spec_is_not_gone_on_from(changed, words, cut, there, tmp_path):
    spec = spec_of(
        changed.get("kind", "sft"), there, cut["spec"]["data"], trl={"max_steps": 4, **changed.get("trl", {})}
    )
    spec |= {name: value for name, value in changed.items() if name != "trl"}
    channel = Channel()
    result = run(spec, channel)
    assert channel.of("job-start")[0]["resumedFrom"] is None
    assert words in channel.warnings and "another job" in channel.warnings
    fresh = run({**spec, "outDir": str(tmp_path / "fresh")})
    assert result["steps"] == spec["trl"]["max_steps"]
    assert different(weights_of(fresh), weights_of(result)) == []
    assert sorted(path.name for path in there.iterdir()) == ["model"], "nothing of the other job is left"


def test_other_rows_images_or_weights_under_the_same_names(cut, there, tmp_path):
    spec = {**cut["spec"], "outDir": str(there)}
    rows = write_rows(tmp_path / "rows", colour=60)
    channel = Channel()
    run({**spec, "data": rows}, channel)
    assert "(the data)" in channel.warnings

    base = tmp_path / "base"
    shutil.copytree(Path(run({**spec, "outDir": str(tmp_path / "base-made")})["checkpoint"]), base)
    moved = {**spec, "model": {"path": str(base), "dtype": "float32"}}
    shutil.rmtree(there)
    shutil.copytree(cut["left"], there)
    channel = Channel()
    run(moved, channel)
    assert "(the model)" in channel.warnings


def test_rows_and_model_that_only_moved_are_the_same_job(cut, there, tmp_path):
    data = write_rows(tmp_path / "elsewhere")
    from medgr2.models.weights import PHANTOM_BASE

    model = shutil.copytree(PHANTOM_BASE, tmp_path / "base")
    changed = {"data": data, "model": {"path": str(model), "dtype": "float32"}, "threads": 1, "device": "auto"}
    result, channel, resumed_from = go_on(cut, there, **changed)
    assert resumed_from.endswith("checkpoint-3"), channel.warnings
    assert different(cut["weights"], weights_of(result)) == []


def test_a_finished_model_of_another_job_leaves_no_file_in_the_new_one(cut, tmp_path):
    spec = {**cut["spec"], "outDir": str(tmp_path / "out")}
    run({**spec, "lora": {"rank": 2, "alpha": 4, "dropout": 0.0, "targetModules": "all-linear"}})
    assert (tmp_path / "out" / "model" / "adapter_config.json").exists()
    result = run(spec)
    assert not (tmp_path / "out" / "model" / "adapter_config.json").exists()
    assert different(cut["weights"], weights_of(result)) == []


@pytest.mark.parametrize("more", [{}, {"lora": LORA}])
def test_a_job_that_would_replace_its_own_start_is_refused(more, cut, tmp_path):
    from medgr2.models.weights import PHANTOM_BASE

    model = shutil.copytree(PHANTOM_BASE, tmp_path / "out" / "model")
    reference = {"path": str(tmp_path / "out" / ".." / "out" / "model"), "dtype": "float32"}
    with pytest.raises(OwnOutput, match=r"model\.path is .*out/model, which this job would replace"):
        run({**cut["spec"], "outDir": str(tmp_path / "out"), "model": reference, **more})
    assert (model / "model.safetensors").exists()


def test_a_model_that_does_not_fit_is_an_error_that_names_both(cut, there):
    import torch
    from safetensors.torch import load_file, save_file

    from medgr2.models.load_models import load_vlm
    from medgr2.resuming.trained_weights import load_trained

    model = load_vlm({"path": "phantom", "dtype": "float32"}, torch.device("cpu"))
    model.requires_grad_(True)
    folder = there / "checkpoints" / "checkpoint-3"
    state = load_file(folder / "model.safetensors")
    name = sorted(state)[0]
    save_file(
        {("x." + key if key == name else key): value for key, value in state.items()}, folder / "model.safetensors"
    )
    with pytest.raises(
        CheckpointMismatch, match=f"checkpoint-3.*lacks {name} and has, and the model has not, x.{name}"
    ):
        load_trained(model, folder)


def test_a_disk_that_is_full_is_named_and_the_run_can_go_on(cut, there, monkeypatch):
    from medgr2.resuming import checkpoints

    def full(folder, identity):
        raise OSError(28, "No space left on device", str(folder / "optimizer.pt"))

    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "seal", full)
        with pytest.raises(CheckpointNotSaved, match=r"checkpoint-4.*No space left.*MB were free"):
            go_on(cut, there)
    assert not (there / "checkpoints" / "unfinished").exists(), "what was written is in the way"
    result, _, resumed_from = go_on(cut, there)
    assert resumed_from.endswith("checkpoint-3")
    assert different(cut["weights"], weights_of(result)) == []
