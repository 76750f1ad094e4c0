"""What TRL and transformers fail on, or never look at, is told by the options that a person set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from job_fixtures import Kept, rows_of, spec_of

from medgr2.jobs.run_job import run_job
from medgr2.training.trainer_options import TrainerOptionFailed


def failed(folder: Path, kind: str, **options: Any) -> str:
    spec = spec_of(kind, folder, rows_of(folder))
    spec["trl"] = {**spec["trl"], **options}
    with pytest.raises(TrainerOptionFailed) as caught:
        run_job(spec, Kept())  # type: ignore[arg-type]
    return str(caught.value)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("grpo", {"cast_lm_head_to_fp32": True}),
        ("grpo", {"loss_type": "nonsense"}),
        ("sft", {"lr_scheduler_type": "warmup_stable_decay"}),
        ("sft", {"optim": "adamw_torch_8bit"}),
    ],
)
def test_a_failure_deep_in_a_library_names_the_option(kind: str, options: dict[str, Any], tmp_path: Path) -> None:
    words = failed(tmp_path, kind, **options)
    ((name, value),) = options.items()
    assert f"that may be the cause: {name}: {value})" in words


def test_a_misspelt_option_of_generation_is_not_passed_over(tmp_path: Path) -> None:
    words = failed(tmp_path, "grpo", generation_kwargs={"repetition_penalty": 1.2, "top_kk": 3})
    assert words == "trl.generation_kwargs: transformers generates with no top_kk"


def test_half_precision_that_a_cpu_does_not_have_is_told(tmp_path: Path) -> None:
    assert failed(tmp_path, "sft", fp16=True).startswith("trl.fp16 changes nothing on a CPU")


def test_what_is_no_fault_of_an_option_stays_what_it_is(tmp_path: Path) -> None:
    class Broken(Kept):
        def ask(self, request: dict[str, Any]) -> dict[str, Any]:
            raise OSError("the pipe is gone")

    spec = spec_of("grpo", tmp_path, rows_of(tmp_path))
    spec["trl"] = {**spec["trl"], "top_k": 5}
    with pytest.raises(OSError, match="the pipe is gone"):
        run_job(spec, Broken())  # type: ignore[arg-type]
