"""Images are made into pixels once and read by a frozen tower once: what comes of them is what plain calls give."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from family_folders import FAMILIES
from family_operations import rows
from job_fixtures import Kept, image, rows_of, spec_of
from PIL import Image
from transformers.models.smolvlm import processing_smolvlm

from medgr2.jobs.run_job import run_job
from medgr2.models import frozen_towers
from medgr2.models.bounded_memo import Bounded
from medgr2.models.frozen_towers import fingerprints, reuse_features, reuse_if_frozen
from medgr2.models.load_models import load_vlm
from medgr2.models.load_processor import load_processor
from medgr2.rows import image_memo
from medgr2.rows import open_image as images
from medgr2.rows.encode import encode
from medgr2.rows.image_memo import ImageMemo, opened
from medgr2.training.trained_parts import train_only

CPU = torch.device("cpu")
#: Their towers are asked as ever: they pad tiles, or look at images by cross-attention.
AS_EVER = ("LLaVA-OneVision", "SmolVLM", "Idefics3", "Mllama")


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("families")


@pytest.fixture
def folder(request: pytest.FixtureRequest, folders: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(processing_smolvlm, "num2words", str)
    place = folders / request.param
    return place if place.exists() else FAMILIES[request.param](place)


def asked_again(work: Path) -> list[dict[str, Any]]:
    first, second = rows(work)
    return [first, second, first, second, second]


def model_of(folder: Path) -> Any:
    return load_vlm({"path": str(folder), "dtype": "float32"}, CPU)


@pytest.mark.parametrize("folder", FAMILIES, indirect=True)
def test_pixels_that_are_kept_are_those_of_the_processor(folder: Path, tmp_path: Path) -> None:
    processor, memo = load_processor(str(folder)), ImageMemo()
    asked = asked_again(tmp_path)
    orders = (asked, asked[::-1], asked[1:2])
    plain = [encode(processor, order).inputs for order in orders]
    settings = processor.image_processor.to_dict()
    calls = Counter[int]()
    own = type(processor.image_processor).preprocess

    def counted(self: Any, given: Any, **options: Any) -> Any:
        calls[len(given)] += 1
        return own(self, given, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(processor.image_processor), "preprocess", counted)
        for order, expected in zip(orders, plain, strict=True):
            for _ in range(2):
                with memo.of(processor), memo.of(processor):
                    found = encode(processor, order).inputs
                assert found.keys() == expected.keys()
                assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert processor.image_processor.to_dict() == settings
    # Image by image each is made once; else the two that differ are made at once, once for each call.
    assert calls == ({1: 2} if folder.name not in AS_EVER else {1: 2, 2: 2})


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("folder", FAMILIES, indirect=True)
def test_features_that_are_kept_give_the_models_own_scores(folder: Path, tmp_path: Path, alone: bool) -> None:
    model, processor = model_of(folder), load_processor(str(folder))
    given = encode(processor, asked_again(tmp_path), side="left").inputs
    with torch.inference_mode():
        plain = model(**given).logits
        written = model.generate(**given, max_new_tokens=4, do_sample=False)
        reused = reuse_features(model, alone)
        first, second = model(**given).logits, model(**given).logits
        assert torch.equal(model.generate(**given, max_new_tokens=4, do_sample=False), written)
    torch.testing.assert_close(first, plain, rtol=1e-4, atol=1e-4)
    assert torch.equal(first, second)
    if folder.name in AS_EVER:
        assert reused is None or reused.asked == 0
    else:
        assert reused is not None and reused.read == 2 and reused.asked >= 15


@pytest.mark.parametrize("folder", ["Qwen2.5-VL", "LLaVA-1.5", "Gemma 3"], indirect=True)
def test_a_frozen_tower_leaves_the_language_models_gradients_as_they_are(folder: Path, tmp_path: Path) -> None:
    model, processor = model_of(folder), load_processor(str(folder))
    given = encode(processor, asked_again(tmp_path)).inputs
    assert reuse_if_frozen(model) is None, "a tower that learns is asked again and again"
    train_only(model, "language")

    def gradients() -> dict[str, torch.Tensor]:
        model.zero_grad()
        model(**given, labels=given["input_ids"]).loss.backward()
        return {name: value.grad.clone() for name, value in model.named_parameters() if value.grad is not None}

    plain = gradients()
    reused = reuse_if_frozen(model)
    with torch.inference_mode():
        model(**given)  # what scoring keeps must serve training
    for _ in range(2):
        found = gradients()
        assert found.keys() == plain.keys()
        for name in plain:
            torch.testing.assert_close(found[name], plain[name], rtol=1e-3, atol=1e-5)
    assert reused is not None and reused.read == 2


class ByContent(Kept):
    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        items = request["items"]
        return {"scores": {"length": [float(len(one["completion"])) + (one["rewardModelScore"] or 0) for one in items]}}


def grpo(work: Path, folder: Path, name: str) -> tuple[dict[str, Any], Counter[str]]:
    """One step of eight completions of two images with a reward model and a reference; what was decoded and read."""
    counted: Counter[str] = Counter()
    reward = work / "rm"
    if not reward.exists():
        done = run_job(spec_of("reward-model", reward, rows_of(work, 2), str(folder)), Kept())  # type: ignore[arg-type]
        (work / "rm-path").write_text(done["checkpoint"])
    own = images.open_image

    def open_image(path: str) -> Image.Image:
        counted["decoded"] += 1
        return own(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(image_memo, "open_image", open_image)
        patch.setattr(image_memo, "_decoded", Bounded(2**28))
        spec = spec_of("grpo", work / name, rows_of(work, 2), str(folder))
        spec |= {"train": "language", "rewardModel": {"path": (work / "rm-path").read_text(), "dtype": "float32"}}
        more = {"num_generations": 4, "per_device_train_batch_size": 8, "beta": 0.04, "max_steps": 2}
        spec["trl"] = {**spec["trl"], **more}
        result = run_job(spec, ByContent())  # type: ignore[arg-type]
    return result, counted


@pytest.mark.parametrize("folder", ["Qwen2.5-VL"], indirect=True)
def test_a_step_of_grpo_decodes_makes_and_reads_each_image_once(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    towers: list[frozen_towers.ReusedFeatures] = []
    made = frozen_towers.ReusedFeatures.__init__

    def noted(self: Any, *given: Any) -> None:
        made(self, *given)
        towers.append(self)

    monkeypatch.setattr(frozen_towers.ReusedFeatures, "__init__", noted)
    result, counted = grpo(tmp_path, folder, "once")
    assert counted["decoded"] == 2
    # The policy's tower reads for the reference too; the reward model has its own.
    assert [tower.read for tower in towers[-2:]] == [2, 2]
    assert towers[-1].asked + towers[-2].asked >= 2 * (8 + 8 + 8 + 8)
    monkeypatch.setattr("medgr2.jobs.grpo_trainer.reuse_if_frozen", lambda *_: None)
    monkeypatch.setattr("medgr2.models.reward_backbone.reuse_features", lambda *_: None)
    plain, _ = grpo(tmp_path, folder, "plain")
    assert result["loss"] == pytest.approx(plain["loss"], abs=1e-4)
    mine, theirs = (load_vlm({"path": one["checkpoint"], "dtype": "float32"}, CPU) for one in (result, plain))
    for (name, value), other in zip(mine.named_parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(value, other, rtol=1e-3, atol=2e-5, msg=name)


def test_an_image_that_was_written_anew_is_read_anew(tmp_path: Path) -> None:
    path = image(tmp_path, shade=10)
    first = opened(path)
    assert opened(path) is first
    image(tmp_path, shade=20)
    assert opened(path).tobytes() != first.tobytes()


def test_fingerprints_differ_where_any_value_does(tmp_path: Path) -> None:
    torch.manual_seed(0)
    for kind in (torch.float32, torch.bfloat16):
        one = torch.randn(64, 48).to(kind)
        swapped, sign = one.clone(), one.clone()
        swapped[[3, 5]] = swapped[[5, 3]]
        sign[7, 7] *= -1
        prints = fingerprints([one, swapped, sign, one.clone(), one[:32]])
        assert prints[0] == prints[3] and len(set(prints)) == 4


def test_what_is_kept_stays_within_its_bytes() -> None:
    kept: Bounded[str] = Bounded(10)
    for name in "abc":
        kept.put(name, name, 4)
    assert kept.get("a") is None and kept.get("b") == "b" and kept.bytes == 8
    kept.put("d", "d", 4)
    assert kept.get("c") is None and kept.get("b") == "b"
    kept.put("large", "large", 11)
    assert kept.get("large") is None and len(kept) == 2
