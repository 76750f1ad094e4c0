"""The phantom base: a tiny Qwen2.5-VL that ships with the package, and the scripts that made it."""
