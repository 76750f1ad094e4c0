"""`python -m medgr2 gpu-check`: whether a GPU does all jobs, how fast, in what memory, and with the CPU's numbers.

Random weights and drawn images: it measures machine and code, never a model.
"""
