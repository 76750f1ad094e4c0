"""The histogram that scoring tells on its way: clamped scores in bins of equal width, rows without a score left out."""

from __future__ import annotations

import math

from medgr2.jobs.score import BINS, SHOWN, binned, shown


def test_every_score_has_one_bin():
    counts = binned([-6.0, -100.0, 10.0, 99.0, 2.0, None, math.nan])
    assert len(counts) == BINS
    assert (counts[0], counts[BINS // 2], counts[-1]) == (2, 1, 2)
    assert sum(counts) == 5


def test_of_the_newest_a_few_that_have_a_score_are_told():
    assert shown([("a", None), ("b", math.nan), ("c", 7.5)]) == [{"id": "c", "score": 7.5}]
    assert [each["id"] for each in shown((str(at), 1.0) for at in range(100))] == [str(at) for at in range(SHOWN)]
