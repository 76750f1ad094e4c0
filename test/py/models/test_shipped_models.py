"""The two models that ship: both open as any model does, and training shows the judge the processor's own patches."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from medgr2.models.load_models import load_vlm, model_path, torch_dtype
from medgr2.models.load_processor import load_processor
from medgr2.models.weights import SHIPPED, adapter_base, shipped_name, stored_dtype
from medgr2.phantom.build import JUDGE_VISION, POLICY_VISION
from medgr2.phantom.vary_images import VariedImages, patches_of
from medgr2.rows.encode import encode

CPU = torch.device("cpu")


@pytest.mark.parametrize(("name", "patches"), [("phantom", 36), ("phantom-judge", 144)])
def test_it_reads_an_image_as_nine_tokens_and_answers(name: str, patches: int, tmp_path: Path) -> None:
    path = model_path({"path": name})
    assert shipped_name(path) == name and Path(path).parent.name == "phantom"
    assert (Path(path) / "model.safetensors").stat().st_size < 8e6
    assert torch_dtype({"path": name}, CPU) == torch_dtype({"path": name}, torch.device("cuda")) == torch.float32
    model, processor = load_vlm({"path": name, "dtype": "float32"}, CPU), load_processor(path)
    Image.new("RGB", (84, 84), (90, 160, 60)).save(tmp_path / "a.png")
    row = {"id": "a", "image": str(tmp_path / "a.png"), "prompt": "Which imaging modality was used?\nA) CT\nB) MRI"}
    inputs = encode(processor, [row]).inputs
    assert len(inputs["pixel_values"]) == patches
    assert int((inputs["input_ids"] == model.config.image_token_id).sum()) == 9
    written = model.generate(**inputs, max_new_tokens=40, do_sample=False)
    assert "<answer>" in processor.tokenizer.decode(written[0])


def test_both_speak_with_one_tongue_and_the_judge_is_stored_in_half() -> None:
    ours, theirs = (load_processor(str(folder)).tokenizer for folder in SHIPPED.values())
    assert ours.get_vocab() == theirs.get_vocab()
    assert [stored_dtype(str(folder)) for folder in SHIPPED.values()] == [torch.float32, torch.bfloat16]


@pytest.mark.parametrize("name", SHIPPED)
def test_an_adapter_may_stand_on_it_by_name(name: str, tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": name}))
    assert adapter_base(str(tmp_path)) == str(SHIPPED[name])


@pytest.mark.parametrize(("name", "vision"), [("phantom", POLICY_VISION), ("phantom-judge", JUDGE_VISION)])
def test_patches_in_training_are_those_of_the_processor(name: str, vision: dict[str, int]) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 84, 84, 3), dtype=np.uint8)
    theirs = load_processor(str(SHIPPED[name])).image_processor(images=list(images), return_tensors="pt")
    ours = patches_of(torch.from_numpy(images), vision)
    torch.testing.assert_close(ours, theirs["pixel_values"], atol=1e-4, rtol=1e-4)


def test_a_mirrored_image_has_the_mirrors_labels() -> None:
    images = torch.full((64, 84, 84, 3), 20, dtype=torch.uint8)
    images[:, 10:30, 10:30] = 230  # upper left
    labels = {
        "kind": torch.tensor([[1, 0, 0, 0]] * 64),
        "size": torch.tensor([[2, -100, -100, -100]] * 64),
        "anatomy": torch.tensor([4] * 64),
        "mirror": torch.tensor([7] * 64),
    }
    looks = VariedImages(images, labels, load_processor(str(SHIPPED["phantom-judge"])), JUDGE_VISION, 0)
    patches, varied = looks.varied(list(range(64)))
    halves = patches.reshape(64, 9, 16, -1).mean(dim=(2, 3)).reshape(64, 3, 3)  # merged tokens, row by row
    brighter_left = halves[:, :, 0].sum(dim=1) > halves[:, :, 2].sum(dim=1)
    assert 16 < int(brighter_left.sum()) < 48
    for row in range(64):
        place = 0 if brighter_left[row] else 1
        assert varied["kind"][row, place] == 1 and varied["size"][row, place] == 2
        assert varied["anatomy"][row] == (4 if brighter_left[row] else 7)
    plain, same = looks.plain([0])
    assert torch.equal(plain, patches_of(images[:1], JUDGE_VISION)) and torch.equal(same["kind"], labels["kind"][:1])
