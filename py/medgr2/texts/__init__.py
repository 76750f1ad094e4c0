"""Texts about images: names masked, answers compared."""
