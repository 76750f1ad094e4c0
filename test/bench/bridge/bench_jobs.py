"""Job modules of `npm run bench:bridge`: asks of a given size. Torch-free."""

import time


def run(spec, channel):
    """Asks `count` times with `items` completions of `size` characters; milliseconds that each took the worker."""
    items = [{"id": str(n), "completion": "x" * spec["size"], "rewardModelScore": 1.5} for n in range(spec["items"])]
    taken = []
    for step in range(spec["count"]):
        begin = time.perf_counter()
        channel.ask({"type": "rewards", "step": step, "items": items})
        taken.append((time.perf_counter() - begin) * 1000)
    return {"milliseconds": taken}
