"""One pass of `bench:generate --compare` with bespoke curator: prints what it came to as one JSON line.

One by one, an image is within one message of the user: curator 0.1 has no system text beside it, so that comes first.
"""

import base64
import json
import os
import resource
import sys
import time
from importlib.util import find_spec
from pathlib import Path

# Read when curator is imported. litellm brings the tokens' table that tiktoken would fetch from the network.
os.environ |= {"CURATOR_DISABLE_CACHE": "1", "CURATOR_DISABLE_RICH_DISPLAY": "1", "TELEMETRY_ENABLED": "false"}
litellm = Path(next(iter(find_spec("litellm").submodule_search_locations)))
os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(litellm / "litellm_core_utils" / "tokenizers"))

from bespokelabs import curator  # noqa: E402
from bespokelabs.curator.types.prompt import Image  # noqa: E402


class AskAboutImage(curator.LLM):
    """One by one; the image is read from disk when the request is sent, not held in the data."""

    def prompt(self, row: dict) -> tuple:
        return row["system"] + "\n", row["prompt"], Image(url=row["image"], mime_type="image/png")

    def parse(self, row: dict, response: str) -> dict:
        return {"reply": response}


class AskInBatch(AskAboutImage):
    """As messages: batches of curator 0.1 send an `Image` as an object that no server reads, its place on this disk."""

    def prompt(self, row: dict) -> list[dict]:
        data = base64.b64encode(Path(row["image"]).read_bytes()).decode()
        image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}
        content = [image, {"type": "text", "text": row["prompt"]}]
        return [{"role": "system", "content": row["system"]}, {"role": "user", "content": content}]


def main() -> None:
    options = json.loads(sys.argv[1])
    rows = [json.loads(line) for line in Path(options["tasks"]).read_text(encoding="utf-8").splitlines()]
    manners = {
        "interactive": {
            "max_concurrent_requests": options["concurrency"],
            # Without them it holds to limits of its own.
            "max_requests_per_minute": 1_000_000,
            "max_tokens_per_minute": 10_000_000_000,
            "request_timeout": options["timeoutSeconds"],
        },
        # Looked at as often as it can be.
        "batch": {"batch_size": options["batchRequests"], "batch_check_interval": 1},
    }
    llm = (AskInBatch if options["mode"] == "batch" else AskAboutImage)(
        model_name=options["model"],
        backend="openai",
        batch=options["mode"] == "batch",
        generation_params={"max_tokens": 1024, "temperature": 1},
        backend_params={
            "base_url": options["url"],
            "api_key": "any",
            "require_all_responses": False,
            **manners[options["mode"]],
        },
    )
    started = time.perf_counter()
    replies = llm(rows, working_dir=options["folder"]).dataset
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # kilobytes on Linux
    print(json.dumps({"answered": len(replies), "seconds": seconds, "peakMegabytes": peak}), flush=True)


if __name__ == "__main__":
    main()
