"""One pass of `bench:generate --compare` with distilabel: prints what it came to as one JSON line.

Its OpenAI client keeps no more requests in flight than a batch of its pipeline has rows, so that is the concurrency; a
batch of the provider is made of the same rows.
"""

import base64
import json
import resource
import sys
import time
from pathlib import Path

from distilabel.models.llms import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGenerationWithImage


class AskAboutImage(TextGenerationWithImage):
    """With a system text for each row, and images read from disk when they are sent, not held in the data."""

    def format_input(self, input: dict) -> list:
        data = base64.b64encode(Path(input["image"]).read_bytes()).decode()
        image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}
        return [
            {"role": "system", "content": input["system"]},
            {"role": "user", "content": [image, {"type": "text", "text": input["instruction"]}]},
        ]


def main() -> None:
    options = json.loads(sys.argv[1])
    is_batch = options["mode"] == "batch"
    rows_at_once, model = options["batchRequests" if is_batch else "concurrency"], options["model"]
    # Looked at as often as it can be.
    offline = {"use_offline_batch_generation": True, "offline_batch_generation_block_until_done": 1}
    rows = [json.loads(line) for line in Path(options["tasks"]).read_text(encoding="utf-8").splitlines()]
    rows = [{"instruction": row["prompt"], "system": row["system"], "image": row["image"]} for row in rows]
    with Pipeline(name="bench", cache_dir=options["folder"]) as pipeline:
        load = LoadDataFromDicts(data=rows, batch_size=rows_at_once)
        ask = AskAboutImage(
            llm=OpenAILLM(
                model=model,
                base_url=options["url"],
                api_key="any",
                timeout=options["timeoutSeconds"],
                generation_kwargs={"max_new_tokens": 1024},
                **(offline if is_batch else {}),
            ),
            input_batch_size=rows_at_once,
            add_raw_input=False,
            add_raw_output=False,
            use_cache=False,
        )
        load >> ask
    started = time.perf_counter()
    distiset = pipeline.run(use_cache=False)
    seconds = time.perf_counter() - started
    answered = sum(row is not None for row in distiset["default"]["train"]["generation"])
    # Steps run in processes of their own: the largest of them counts. Kilobytes on Linux.
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"answered": answered, "seconds": seconds, "peakMegabytes": peak / 1024}), flush=True)


if __name__ == "__main__":
    main()
