"""Shares are told as TypeScript tells them: the same cases hold in test/format.test.ts."""

import json
from pathlib import Path

import pytest

from medgr2.shares import percent

CASES = json.loads((Path(__file__).parents[2] / "golden" / "percent.json").read_text())


@pytest.mark.parametrize(("share", "digits", "text"), CASES)
def test_half_up_of_the_number_that_is_meant(share: float, digits: int, text: str) -> None:
    assert percent(share, digits) == text
