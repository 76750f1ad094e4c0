"""Imported once by the forkserver so that jobs start with the heavy libraries in place.

Nothing here may initialise CUDA: a forked process could not use it again.
"""

import gc
import importlib
import sys
import threading
import traceback

from medgr2.jobs.run_job import MODULES

#: transformers imports a family when a model of it is loaded, which takes each job most of a second: the shipped
#: models' family, which is that of the paper's.
FAMILY = ("modeling_qwen2_5_vl", "processing_qwen2_5_vl")


def _load() -> None:
    family = (f"transformers.models.qwen2_5_vl.{part}" for part in FAMILY)
    for name in ("torch", "transformers", "datasets", "trl", *MODULES.values(), *family):
        try:
            importlib.import_module(name)
        except Exception:  # the job that needs it will fail with this error, and say so
            traceback.print_exc()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        print("medgr2: preloading initialised CUDA; jobs will not be able to use it", file=sys.stderr)
    if threading.active_count() > 1:
        print(f"medgr2: preloading started threads: {threading.enumerate()}", file=sys.stderr)
    gc.collect()
    gc.freeze()  # keeps the collector from writing to pages that forked jobs share


_load()
