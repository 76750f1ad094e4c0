"""The Python side of medgr2: jobs over PyTorch and TRL, steered from TypeScript. Importing it imports no torch."""

import os

# TRL tells the hub of each trainer that is made, unless this is set before the hub's client is imported.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
