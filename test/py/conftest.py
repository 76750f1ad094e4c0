"""What tests share: property tests draw the same inputs (MEDGR2_SEED draws others), and none leaves variables."""

import gc
import os
from collections.abc import Iterator

# Before torch is imported. Of models this small, threads that wait for each other by spinning cost ten times the work.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

import medgr2  # noqa: F401 (before the hub's client, which is told by it to send nothing about us)

settings.register_profile("seeded", derandomize=True, deadline=None)
if "MEDGR2_SEED" not in os.environ:
    settings.load_profile("seeded")


def pytest_collection_finish() -> None:
    """Each trainer collects all garbage when it ends: what was imported need not be walked through every time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def surroundings() -> Iterator[None]:
    """Launchers tell ranks by variables: what one test left would make the next one's trainers wait for others."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
