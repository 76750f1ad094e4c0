"""Rules of a job spec beyond its form, held to the words that TypeScript has for them."""

import json
from pathlib import Path

import pytest

from medgr2.contract import ContractError, check_spec, with_defaults
from medgr2.spec_rules import check_grpo_rows, check_sft_rows

CASES = json.loads((Path(__file__).parents[2] / "golden" / "spec-rules.json").read_text(encoding="utf-8"))
COMMON = {"outDir": "o", "seed": 1, "model": {"path": "m"}, "data": "d"}
OF_KIND = {
    "sft": {},
    "grpo": {"rewards": [{"name": "r", "weight": 1}]},
    "reward-model": {"steps": 1, "batchSize": 1, "learningRate": 0.1},
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_golden_rules(case):
    kind = case["spec"]["kind"]
    spec = with_defaults({**COMMON, **OF_KIND[kind], **case["spec"]})
    if not case["problems"]:
        check_spec(spec)
        return
    with pytest.raises(ContractError) as raised:
        check_spec(spec)
    told = "; ".join(f"job spec `{kind}`.{problem['path']}: {problem['message']}" for problem in case["problems"])
    assert str(raised.value) == told


def test_rows_that_fill_no_batch_are_refused_before_a_model_is_loaded():
    check_grpo_rows({"num_generations": 4}, 2)
    with pytest.raises(ValueError, match="GRPO has 1 prompts, and one generation batch takes 2 different ones"):
        check_grpo_rows({"num_generations": 4}, 1)
    check_sft_rows({}, 1)
    with pytest.raises(ValueError, match="fewer than one batch of 8, and dataloader_drop_last"):
        check_sft_rows({"dataloader_drop_last": True}, 7)
