"""The Python side of medgr2: jobs over PyTorch and TRL, steered from TypeScript. Importing it imports no torch."""
