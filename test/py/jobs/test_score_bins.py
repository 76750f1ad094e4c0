"""The histogram that scoring tells on its way: clamped scores in bins of equal width, rows without a score left out."""

from __future__ import annotations

import math

from medgr2.jobs.score import BINS, binned


def test_every_score_has_one_bin():
    counts = binned([-6.0, -100.0, 10.0, 99.0, 2.0, None, math.nan])
    assert len(counts) == BINS
    assert (counts[0], counts[BINS // 2], counts[-1]) == (2, 1, 2)
    assert sum(counts) == 5
