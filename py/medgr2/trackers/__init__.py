"""Runs' figures for where teams keep theirs: W&B, MLflow, TensorBoard, Trackio. Figures alone: no image, no text."""
