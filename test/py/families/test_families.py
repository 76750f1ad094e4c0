"""A fast part of `npm run bench:families`: inputs, answers and likelihoods are those of plain transformers.

Training and saving are tried for one family of each kind of input; the bench tries them for all.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from family_folders import FAMILIES
from family_training import OPERATIONS
from job_fixtures import Kept, rows_of, spec_of
from transformers.models.smolvlm import processing_smolvlm

from medgr2.jobs.run_job import run_job
from medgr2.models.load_processor import ProcessorUnloadable, load_processor

#: Patches in one row for all images, tiles, one fixed size with a gap before the answer, and a template that says all.
TRAINED = ("Qwen2.5-VL", "Idefics3", "LLaVA-1.5", "Gemma 3")
REFUSED = {"grpo": ("LLaVA-OneVision", "PaliGemma", "Mllama")}


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("families")


@pytest.fixture
def folder(request: pytest.FixtureRequest, folders: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if request.param == "SmolVLM":  # it asks for this package only to name frames of videos
        monkeypatch.setattr(processing_smolvlm, "num2words", str)
    place = folders / request.param
    return place if place.exists() else FAMILIES[request.param](place)


READ = ("load", "inputs", "generate", "likelihood", "end of turn")


@pytest.mark.parametrize("operation", READ)
@pytest.mark.parametrize("folder", FAMILIES, indirect=True)
def test_what_is_read_is_read_as_plain_transformers_does(folder: Path, tmp_path: Path, operation: str) -> None:
    assert OPERATIONS[operation](folder, tmp_path) == "same"


@pytest.mark.parametrize("operation", ["sft", "reward model"])
@pytest.mark.parametrize("folder", TRAINED, indirect=True)
def test_what_is_trained_and_saved_is_the_familys_own(folder: Path, tmp_path: Path, operation: str) -> None:
    assert OPERATIONS[operation](folder, tmp_path) == "same"


@pytest.mark.parametrize("folder", FAMILIES, indirect=True)
def test_a_limit_of_pixels_holds_or_is_refused_with_the_least_that_can_be(folder: Path, tmp_path: Path) -> None:
    words = OPERATIONS["pixel limit"](folder, tmp_path)
    assert words == "same" or "or more" in words


@pytest.mark.parametrize("folder", REFUSED["grpo"], indirect=True)
def test_grpo_refuses_at_the_start_what_trl_does_not_pass_on(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="TRL's GRPO"):
        OPERATIONS["grpo"](folder, tmp_path)


@pytest.mark.parametrize("folder", ["Gemma 3"], indirect=True)
def test_grpo_takes_a_family_that_wants_a_list_of_images_for_each_text(folder: Path, tmp_path: Path) -> None:
    assert OPERATIONS["grpo"](folder, tmp_path) == "same"


LEAKS = {"no_repeat_ngram_size": 1, "repetition_penalty": 5.0, "min_new_tokens": 6, "bad_words_ids": [[65], [66]]}


class Heard(Kept):
    """Keeps the completions that rewards are asked for."""

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        self.events.append({"type": "asked", "texts": [item["completion"] for item in request["items"]]})
        return super().ask(request)


@pytest.mark.parametrize("folder", ["Qwen2-VL"], indirect=True)
def test_no_setting_of_a_models_own_generation_reaches_a_job(folder: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(folder, tmp_path / "other"))
    own = json.loads((folder / "generation_config.json").read_text())
    (other / "generation_config.json").write_text(json.dumps({**own, **LEAKS}))
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": own["eos_token_id"]}))
    written = []
    for index, place in enumerate((folder, other)):
        channel = Heard()
        run_job(spec_of("grpo", tmp_path / f"grpo{index}", rows_of(tmp_path), str(place)), channel)  # type: ignore[arg-type]
        done = run_job(spec_of("complete", tmp_path / f"c{index}", rows_of(tmp_path), str(place)), channel)  # type: ignore[arg-type]
        asked = next(event["texts"] for event in channel.events if event["type"] == "asked")
        written.append((asked, Path(done["completions"]).read_text()))
    (folder / "generation_config.json").write_text(json.dumps(own))
    assert written[0] == written[1]


@pytest.mark.parametrize("folder", ["Qwen2-VL"], indirect=True)
def test_a_folder_whose_processor_nobody_has_is_read_by_its_model(folder: Path, tmp_path: Path) -> None:
    """Models that earlier versions saved name a processor of their own; plain AutoProcessor then gives a tokenizer."""
    old = Path(shutil.copytree(folder, tmp_path / "old"))
    for name in ("preprocessor_config.json", "tokenizer_config.json"):
        text = (old / name).read_text().replace("Qwen2VLProcessor", "StillImageProcessor")
        (old / name).write_text(text)
    assert type(load_processor(str(old))).__name__ == "Qwen2VLProcessor"
    (old / "preprocessor_config.json").unlink()
    with pytest.raises(ProcessorUnloadable, match=str(old)):
        load_processor(str(old))


@pytest.mark.parametrize("folder", ["SmolVLM"], indirect=True)
def test_a_package_that_is_missing_is_named_with_the_line_that_installs_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processing_smolvlm, "num2words", None)
    with pytest.raises(ProcessorUnloadable, match="pip install num2words"):
        load_processor(str(folder))
