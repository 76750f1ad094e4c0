"""Imported once by the forkserver so that jobs start with the heavy libraries in place.

Nothing here may initialise CUDA: a forked process could not use it again.
"""

import gc
import importlib
import json
import sys
import threading
import traceback
from pathlib import Path

from medgr2.jobs.run_job import MODULES

#: transformers imports a family when a model of it is loaded, which takes each job most of a second: here that of the
#: shipped models, which is the paper's too.
SHIPPED = Path(__file__).parents[1] / "phantom" / "base" / "config.json"


def _load() -> None:
    family = json.loads(SHIPPED.read_text(encoding="utf-8"))["model_type"]
    own = (f"transformers.models.{family}.{part}_{family}" for part in ("modeling", "processing"))
    for name in ("torch", "transformers", "datasets", "trl", *MODULES.values(), *own):
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
