"""What a pass may take at once: scores over the vocabulary in parts, rows by tokens; results stay what they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from job_fixtures import Kept, rows_of, spec_of

from medgr2.contract import check_event
from medgr2.jobs.evaluate import option_likelihoods
from medgr2.jobs.run_job import run_job
from medgr2.models import likelihood
from medgr2.models.load_models import load_vlm
from medgr2.models.load_processor import load_processor
from medgr2.models.reward_backbone import RewardModel
from medgr2.models.weights import PHANTOM_BASE
from medgr2.rows import row_bounds

CPU = torch.device("cpu")
PHANTOM = {"path": "phantom"}


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Scores of five positions at once; keeps how many each part had."""
    seen: list[int] = []
    whole = likelihood.vocabulary_logits
    vocabulary = load_vlm(PHANTOM, CPU).config.get_text_config().vocab_size

    def counted(model: Any, hidden_ND: torch.Tensor) -> torch.Tensor:
        seen.append(len(hidden_ND))
        return whole(model, hidden_ND)

    monkeypatch.setattr(likelihood, "vocabulary_logits", counted)
    monkeypatch.setattr(likelihood, "SCORES_BYTES", 5 * 4 * vocabulary)
    return seen


def test_likelihoods_in_parts_are_those_of_all_at_once(
    tmp_path: Path, narrow: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, processor = load_vlm(PHANTOM, CPU), load_processor(str(PHANTOM_BASE))
    rows = rows_of(tmp_path)
    prefixes = ["", "<think>It is bright.</think>", "", ""]
    parts = option_likelihoods(model, processor, rows, prefixes, 64)
    assert len(narrow) > 1 and max(narrow) == 5
    monkeypatch.undo()
    monkeypatch.setattr(row_bounds, "PASS_TOKENS", 1)  # one pair at a time
    alone = option_likelihoods(model, processor, rows, prefixes, 64)
    monkeypatch.undo()
    at_once = option_likelihoods(model, processor, rows, prefixes, 64)
    for one, other, whole in zip(parts, alone, at_once, strict=True):
        assert [item["tokens"] for item in one] == [item["tokens"] for item in whole]
        for item, same, expected in zip(one, other, whole, strict=True):
            assert item["logLikelihood"] == pytest.approx(expected["logLikelihood"], abs=1e-4)
            assert same["logLikelihood"] == pytest.approx(expected["logLikelihood"], abs=1e-4)


def test_a_reward_model_in_parts_scores_and_learns_as_in_one_piece(
    tmp_path: Path, narrow: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    model = RewardModel.start(PHANTOM, CPU)
    rows = rows_of(tmp_path)

    def learned() -> tuple[list[float | None], list[torch.Tensor]]:
        model.zero_grad()
        scores_B, nll_B = model(model.encode(rows))
        (scores_B.sum() + nll_B.sum()).backward()
        return model.score(rows), [value.grad.clone() for value in model.parameters() if value.grad is not None]

    scores, gradients = learned()
    assert max(narrow) == 5
    monkeypatch.undo()
    expected, whole = learned()
    assert scores == pytest.approx(expected, abs=1e-4)
    for part, other in zip(gradients, whole, strict=True):
        torch.testing.assert_close(part, other, rtol=1e-3, atol=1e-5)


def test_a_jobs_peak_of_memory_is_told_and_stands_in_its_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = Kept()
    result = run_job(spec_of("complete", tmp_path / "done", rows_of(tmp_path)), channel)  # type: ignore[arg-type]
    told = [event for event in channel.events if event["type"] == "memory"]
    for event in told:
        check_event(event)
    assert [event["of"] for event in told] == ["process"]
    # torch alone takes more than this; nothing here takes as much as that.
    assert 100e6 < told[0]["peak"] == result["peakMemory"] < 8e9

    def fails(*_: Any) -> None:
        raise MemoryError("CUDA out of memory")

    monkeypatch.setattr("medgr2.jobs.complete.load_policy", fails)
    failed = Kept()
    with pytest.raises(MemoryError):
        run_job(spec_of("complete", tmp_path / "failed", rows_of(tmp_path)), failed)  # type: ignore[arg-type]
    assert failed.events[-1]["type"] == "memory"
