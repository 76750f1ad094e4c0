"""What the reward model's trainer makes of its rows."""

import pytest

from medgr2.jobs.reward_model import units_of


def row(name: str, **fields: object) -> dict[str, object]:
    return {
        "id": name,
        "image": "i",
        "prompt": "p",
        "response": "r",
        "grade": None,
        "pair": None,
        "chosen": None,
        **fields,
    }


def test_mse_takes_every_graded_row_and_ignores_pairs() -> None:
    rows = [row("a", grade=10.0), row("b", grade=-6.0, pair="p", chosen=False), row("c", pair="p", chosen=True)]
    assert [[r["id"] for r in unit] for unit in units_of(rows, "mse")] == [["a"], ["b"]]


def test_pairwise_keeps_a_pair_together_and_drops_single_rows() -> None:
    rows = [row("a", grade=10.0), row("b", pair="p", chosen=False), row("c", pair="p", chosen=True)]
    assert [[r["id"] for r in unit] for unit in units_of(rows, "pairwise")] == [["b", "c"]]


def test_both_uses_single_rows_and_pairs() -> None:
    rows = [row("a", grade=10.0), row("b", pair="p", chosen=False), row("c", pair="p", chosen=True)]
    assert len(units_of(rows, "both")) == 2


@pytest.mark.parametrize("chosen", [(True, True), (False, False)])
def test_a_pair_without_a_winner_is_refused_by_name(chosen: tuple[bool, bool]) -> None:
    rows = [row("b", pair="p7", chosen=chosen[0]), row("c", pair="p7", chosen=chosen[1])]
    with pytest.raises(ValueError, match="pair p7 must have exactly one chosen"):
        units_of(rows, "pairwise")


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(ValueError, match="no rows to train on"):
        units_of([row("a")], "mse")
