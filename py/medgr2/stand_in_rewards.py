"""Rewards for a GRPO job that runs without TypeScript: named stand-ins, for debugging and never chosen by themselves.

The rules that count are TypeScript's (src/reward): these read an answer more simply and may judge it otherwise.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable
from typing import Any

#: What a rule gets: one item of the ask, and the right answer from the data where it needs it. None does not apply.
Rule = Callable[[dict[str, Any], "str | None"], "float | None"]

_BLOCK = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)
_WELL_FORMED = re.compile(r"\s*(<think>(?:(?!</?think>|</?answer>).)+</think>\s*)?<answer>[^<]+</answer>\s*", re.DOTALL)
LOWEST, HIGHEST = -6.0, 10.0


class StandInError(ValueError):
    """The stand-ins that were named do not fit the job. Raised before it starts."""


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".")


def _format(item: dict[str, Any], _: str | None) -> float:
    return 1.0 if _WELL_FORMED.fullmatch(item["completion"]) else 0.0


def _answer_match(item: dict[str, Any], answer: str | None) -> float | None:
    if answer is None:  # a row whose answer is not trusted
        return None
    blocks = _BLOCK.findall(item["completion"])
    return 1.0 if _plain(blocks[-1] if blocks else item["completion"]) == _plain(answer) else 0.0


def _reward_model(item: dict[str, Any], _: str | None) -> float:
    score = item["rewardModelScore"]
    if score is None:
        raise ValueError(f"the reward model gave no number for a completion of {item['id']}")
    return (min(HIGHEST, max(LOWEST, score)) - LOWEST) / (HIGHEST - LOWEST)


RULES: dict[str, Rule] = {"answer-match": _answer_match, "format": _format, "reward-model": _reward_model}


class StandIn:
    """Answers a reward ask by rules: `chosen` maps each reward of the spec to one of RULES."""

    def __init__(self, chosen: dict[str, str], answers: dict[str, str | None]) -> None:
        self._chosen = chosen
        self._answers = answers

    def answer(self, ask: dict[str, Any]) -> dict[str, list[float | None]]:
        return {
            name: [RULES[rule](item, self._answers.get(item["id"])) for item in ask["items"]]
            for name, rule in self._chosen.items()
        }


def choose(spec: dict[str, Any], wanted: list[str]) -> StandIn | None:
    """The stand-in for a spec: `RULE` where it has one reward, else `NAME=RULE` for each. None where none is needed."""
    if spec["kind"] != "grpo":
        if wanted:
            raise StandInError(f"a {spec['kind']} job asks for no rewards: leave --rewards out")
        return None
    names = [reward["name"] for reward in spec["rewards"]]
    chosen = dict(_pair(text, names) for text in wanted)
    missing = [name for name in names if name not in chosen]
    if missing:
        raise StandInError(
            f"rewards are TypeScript's, and this job runs without it: name a stand-in for {', '.join(missing)}, "
            f"for instance --rewards {missing[0]}=format (known: {', '.join(RULES)})"
        )
    if "reward-model" in chosen.values() and not spec.get("rewardModel"):
        raise StandInError("the stand-in reward-model needs a `rewardModel` in the spec")
    for reward in spec["rewards"]:  # a checkpoint holds what another rule taught
        reward["source"] = f"stand-in {chosen[reward['name']]}"
    return StandIn(chosen, _answers(spec["data"]) if "answer-match" in chosen.values() else {})


def _pair(text: str, names: list[str]) -> tuple[str, str]:
    name, equals, rule = text.rpartition("=")
    if not equals:
        if len(names) != 1:
            raise StandInError(f"--rewards {text}: the spec has {len(names)} rewards, so say which: NAME={text}")
        name = names[0]
    if name not in names:
        raise StandInError(f"--rewards {text}: the spec has no reward `{name}`; it has {', '.join(names)}")
    if rule not in RULES:
        raise StandInError(f"--rewards {text}: no stand-in `{rule}`; known: {', '.join(RULES)}")
    return name, rule


def _answers(path: str) -> dict[str, str | None]:
    import pyarrow.parquet as parquet

    table = parquet.read_table(path)
    if "answer" not in table.column_names:
        raise StandInError(f"the stand-in answer-match needs a column `answer` in {path}, beside id, image and prompt")
    ids, answers = table.column("id").to_pylist(), table.column("answer").to_pylist()
    if "trusted" not in table.column_names:
        return dict(zip(ids, answers, strict=True))
    trusted = table.column("trusted").to_pylist()
    return {row: answer if may else None for row, answer, may in zip(ids, answers, trusted, strict=True)}


def rewards_event(step: int, scores: dict[str, list[float | None]]) -> dict[str, Any]:
    """The event that TypeScript makes when it answers."""
    return {
        "type": "rewards",
        "step": step,
        "rewards": {
            name: {
                "mean": statistics.fmean(known) if known else None,
                "std": statistics.pstdev(known) if known else None,
                "applied": len(known),
                "milliseconds": None,
            }
            for name, values in scores.items()
            for known in [[value for value in values if value is not None]]
        },
    }
