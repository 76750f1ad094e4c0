"""SFT as one would write it with TRL alone, on a case's rows and options: what our step's time is compared with."""

from __future__ import annotations

import time
from typing import Any

from medgr2.node.job_channel import Channel


def plain_sft(spec: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """Seconds a step go to the parent as train-step events of the same form."""
    import pyarrow.parquet as parquet
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from PIL import Image
    from transformers import AutoModelForImageTextToText, TrainerCallback, set_seed
    from trl import SFTConfig, SFTTrainer

    from medgr2.models.load_models import model_path
    from medgr2.models.load_processor import load_processor  # transformers' own may ask for torchvision

    path, on_cpu = model_path(spec["model"]), spec["device"] == "cpu"
    half = not on_cpu and spec["model"]["path"] != "phantom"
    set_seed(spec["seed"])

    def examples(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
        return {
            "images": [[Image.open(file).convert("RGB")] for file in batch["image"]],
            "prompt": [[{"role": "user", "content": text}] for text in batch["prompt"]],
            "completion": [[{"role": "assistant", "content": text}] for text in batch["completion"]],
        }

    class Steps(TrainerCallback):
        since = 0.0

        def on_train_begin(self, *_: Any, **__: Any) -> None:
            self.since = time.monotonic()

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            if "loss" not in (logs or {}):
                return
            now = time.monotonic()
            event = dict.fromkeys(("epoch", "learningRate", "gradNorm", "grpo"))
            counts = {"step": state.global_step, "totalSteps": state.max_steps, "tokens": logs.get("num_tokens")}
            seconds, self.since = now - self.since, now
            channel.emit({"type": "train-step", **event, **counts, "loss": logs["loss"], "stepSeconds": seconds})

    lora = spec.get("lora")
    adapters = None
    if lora is not None:
        adapters = LoraConfig(
            r=lora["rank"], lora_alpha=lora["alpha"], target_modules=lora["targetModules"], task_type="CAUSAL_LM"
        )
    dtype = torch.bfloat16 if half else torch.float32
    model = AutoModelForImageTextToText.from_pretrained(path, dtype=dtype, attn_implementation="sdpa")
    trainer = SFTTrainer(
        model=model if on_cpu else model.to("cuda"),
        args=SFTConfig(
            output_dir=spec["outDir"],
            seed=spec["seed"],
            data_seed=spec["seed"],
            use_cpu=on_cpu,
            bf16=half,
            gradient_checkpointing=not on_cpu,
            report_to="none",
            disable_tqdm=True,
            max_length=None,
            remove_unused_columns=False,
            dataloader_pin_memory=not on_cpu,
            logging_first_step=True,
            **spec["trl"],
        ),
        train_dataset=Dataset.from_list(parquet.read_table(spec["data"]).to_pylist()).with_transform(examples),
        processing_class=load_processor(path, spec["model"].get("maxPixels")),
        peft_config=adapters,
        callbacks=[Steps()],
    )
    trainer.train()
    return {"steps": trainer.state.global_step}
