"""Going on where a job stopped: whole checkpoints, whose they are, and seals of files as they were written."""
