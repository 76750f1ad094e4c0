"""Property tests draw the same inputs each time, so that a change is judged and not luck; MEDGR2_SEED draws others."""

import os

from hypothesis import settings

settings.register_profile("seeded", derandomize=True, deadline=None)
if "MEDGR2_SEED" not in os.environ:
    settings.load_profile("seeded")
