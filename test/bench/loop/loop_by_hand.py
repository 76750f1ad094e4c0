"""One cycle of MedGR² as a person writes it with plain TRL: `loop_by_hand.py OPTIONS.json` prints seconds by stage.

Data, models, steps, rates and seed are those of `bench:loop`'s run. It keeps no checkpoints, and checks nothing.
"""

import base64
import json
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import torch
from datasets import Dataset, Image, List
from PIL import Image as Picture
from torch import nn
from transformers import AutoModelForImageTextToText, AutoTokenizer, GenerationConfig, Qwen2_5_VLProcessor
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from trl import GRPOConfig, GRPOTrainer, SFTConfig, SFTTrainer

options = json.loads(Path(sys.argv[1]).read_text())
torch.set_num_threads(options["threads"])
torch.manual_seed(options["seed"])
base, out = options["base"], options["out"]
seconds: dict[str, float] = {}
began = time.perf_counter()


class StillProcessor(Qwen2_5_VLProcessor):
    """Without torchvision there is no video half."""

    def __init__(self, image_processor, tokenizer, chat_template=None, **_):
        self.image_processor, self.tokenizer, self.chat_template = image_processor, tokenizer, chat_template
        self.video_processor = None
        for name in ("image", "video"):
            setattr(self, f"{name}_token", f"<|{name}_pad|>")
            setattr(self, f"{name}_token_id", tokenizer.convert_tokens_to_ids(f"<|{name}_pad|>"))


def done(stage):
    global began
    seconds[stage] = time.perf_counter() - began
    began = time.perf_counter()


def rows_of(name):
    return [json.loads(line) for line in Path(options[name]).read_text().splitlines()]


def question_of(row):
    return "\n".join([row["question"], *(f"{chr(65 + i)}) {option}" for i, option in enumerate(row["options"]))])


def response_of(row):
    thought = f"<think>{row['rationale']}</think>" if row["rationale"] else ""
    return f"{thought}<answer>{row['answer']}</answer>"


def answer_in(text):
    found = re.findall(r"<answer>(.*?)</answer>", text, re.DOTALL)
    return found[-1].strip().lower() if found else None


def load(path):
    model = AutoModelForImageTextToText.from_pretrained(path, dtype=torch.float32)
    model.generation_config = GenerationConfig(
        eos_token_id=processor.tokenizer.eos_token_id, pad_token_id=processor.tokenizer.pad_token_id
    )
    model.model.visual.requires_grad_(False)
    return model


def encode(rows, responses=None):
    texts = []
    for index, row in enumerate(rows):
        content = [{"type": "image"}, {"type": "text", "text": question_of(row)}]
        text = processor.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True)
        texts.append(text if responses is None else text + responses[index] + processor.tokenizer.eos_token)
    images = [Picture.open(row["image"]).convert("RGB") for row in rows]
    return processor(text=texts, images=images, padding=True, return_tensors="pt")


@torch.inference_mode()
def evaluate(model, rows):
    model.eval()
    right = 0
    for start in range(0, len(rows), options["evaluation"]["batchSize"]):
        batch = rows[start : start + options["evaluation"]["batchSize"]]
        inputs = encode(batch)
        ids = model.generate(**inputs, max_new_tokens=options["evaluation"]["maxNewTokens"], do_sample=False)
        texts = processor.tokenizer.batch_decode(ids[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        right += sum(answer_in(text) == row["answer"].lower() for text, row in zip(texts, batch, strict=True))
    return right / len(rows)


def sft(path, rows, folder, **steps):
    examples = [
        {
            "images": [row["image"]],
            "prompt": [{"role": "user", "content": question_of(row)}],
            "completion": [{"role": "assistant", "content": response_of(row)}],
        }
        for row in rows
    ]
    config = SFTConfig(
        output_dir=f"{out}/{folder}",
        per_device_train_batch_size=options["sft"]["batchSize"],
        learning_rate=options["sft"]["learningRate"],
        gradient_checkpointing=False,
        bf16=False,
        max_length=None,
        use_cpu=True,
        report_to="none",
        save_strategy="no",
        seed=options["seed"],
        disable_tqdm=True,
        **steps,
    )
    data = Dataset.from_list(examples).cast_column("images", List(Image()))
    trainer = SFTTrainer(load(path), args=config, train_dataset=data, processing_class=processor)
    trainer.train()
    trainer.model.save_pretrained(f"{out}/{folder}")
    return f"{out}/{folder}"


class Judge(nn.Module):
    """A frozen backbone and a head on what it thinks of each token of the response."""

    def __init__(self, path):
        super().__init__()
        self.backbone = load(path).requires_grad_(False).eval()
        width = self.backbone.config.get_text_config().hidden_size
        self.head = nn.Sequential(
            nn.LayerNorm(2 * width + 2), nn.Linear(2 * width + 2, 64), nn.GELU(), nn.Linear(64, 1)
        )

    def forward(self, rows, responses):
        inputs = encode(rows, responses)
        ids, mask = inputs["input_ids"], inputs["attention_mask"]
        lengths = torch.tensor([len(processor.tokenizer(text)["input_ids"]) + 1 for text in responses])
        response = torch.arange(ids.shape[1]) >= ids.shape[1] - lengths[:, None]  # padded on the left
        with torch.no_grad():
            result = self.backbone(**inputs, output_hidden_states=True)
            hidden = result.hidden_states[-1]
            logp = result.logits[:, :-1].log_softmax(-1).gather(-1, ids[:, 1:, None])[..., 0] * response[:, 1:]
        counts = (response * mask).sum(1, keepdim=True)
        mean = (hidden * response[..., None]).sum(1) / counts
        evidence = torch.stack([logp.sum(1) / counts[:, 0], logp.min(1).values], dim=-1)
        return 2.5 + 6 * self.head(torch.cat([mean, hidden[:, -1], evidence], dim=-1))[:, 0]

    def fit(self, rows, steps, size, rate):
        optimizer = torch.optim.AdamW(self.head.parameters(), lr=rate, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        order = torch.cat([torch.randperm(len(rows)) for _ in range(steps * size // len(rows) + 1)])
        for step in range(steps):
            batch = [rows[i] for i in order[step * size : (step + 1) * size]]
            grades = torch.tensor([float(row["grade"]) for row in batch])
            loss = (((self(batch, [row["response"] for row in batch]) - grades) / 6) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()

    @torch.inference_mode()
    def scores(self, rows, responses, size=32):
        parts = range(0, len(rows), size)
        return [score for at in parts for score in self(rows[at : at + size], responses[at : at + size]).tolist()]


def threshold(scores, rows, wanted):
    ranked = sorted(
        (s, r["grade"] >= 6) for s, r in zip(scores, rows, strict=True) if r["kind"] in ("original", "mismatch")
    )
    ranked.reverse()
    best, good = ranked[0][0], 0
    for count, (_, is_good) in enumerate(ranked, 1):
        good += is_good
        if count >= 10 and good / count >= wanted and count < len(ranked):
            best = ranked[count][0]
    return best


def ask(task):
    body = {
        "systemInstruction": {"parts": [{"text": task["system"]}]},
        "contents": [
            {"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": ""}}, {"text": task["prompt"]}]}
        ],
        "generationConfig": {"temperature": 0.7, "maxOutputTokens": 1024, "responseMimeType": "application/json"},
    }
    body["contents"][0]["parts"][0]["inlineData"]["data"] = base64.b64encode(Path(task["image"]).read_bytes()).decode()
    url = f"{options['url']}/v1beta/models/gemini:generateContent"
    for wait in (0.1, 0.5, 2.0):
        reply = client.post(url, json=body, headers={"x-goog-api-key": "any"})
        if reply.status_code == 200:
            break
        time.sleep(wait)
    try:
        sample = json.loads(reply.json()["candidates"][0]["content"]["parts"][0]["text"])
        return {
            "image": task["image"],
            **{name: sample[name] for name in ("question", "options", "answer", "rationale")},
        }
    except (KeyError, ValueError):
        return None


def grpo(path, rows, judge):
    def reward_model(completions, row, **_):
        texts = [completion[0]["content"] for completion in completions]
        return [(min(10, max(-6, score)) + 6) / 16 for score in judge.scores([json.loads(one) for one in row], texts)]

    def match(completions, answer, **_):
        pairs = zip(completions, answer, strict=True)
        return [float(answer_in(completion[0]["content"]) == right.lower()) for completion, right in pairs]

    examples = [
        {
            "image": row["image"],
            "prompt": [{"role": "user", "content": question_of(row)}],
            "answer": row["answer"],
            "row": json.dumps(row),
        }
        for row in rows
    ]
    settings = options["grpo"]
    config = GRPOConfig(
        output_dir=f"{out}/grpo",
        max_steps=settings["maxSteps"],
        num_generations=settings["numGenerations"],
        per_device_train_batch_size=settings["batchSize"],
        max_completion_length=settings["maxCompletionLength"],
        learning_rate=settings["learningRate"],
        beta=settings["klBeta"],
        temperature=settings["temperature"],
        reward_weights=[0.8, 0.2],
        scale_rewards="batch",
        gradient_checkpointing=False,
        bf16=False,
        use_cpu=True,
        report_to="none",
        save_strategy="no",
        seed=options["seed"],
        disable_tqdm=True,
    )
    data = Dataset.from_list(examples).cast_column("image", Image())
    trainer = GRPOTrainer(
        load(path), [reward_model, match], args=config, train_dataset=data, processing_class=processor
    )
    trainer.train()
    return trainer.model


tokenizer = AutoTokenizer.from_pretrained(base, padding_side="left")
template = (Path(base) / "chat_template.jinja").read_text()
processor = StillProcessor(Qwen2VLImageProcessorPil.from_pretrained(base), tokenizer, template)
client = httpx.Client(timeout=120)
seed, test, graded, held_out = (rows_of(name) for name in ("seed_rows", "test_rows", "graded", "held_out"))
done("start")
accuracy = {"base": evaluate(load(base), test)}
done("evaluate-base")
judge = Judge(sft(base, seed, "warm", max_steps=options["rewardModel"]["warmStartSteps"]))
done("warm-start")
judge.fit(
    graded,
    options["rewardModel"]["steps"],
    options["rewardModel"]["batchSize"],
    10 * options["rewardModel"]["learningRate"],
)
done("reward-model")
tau = threshold(judge.scores(held_out, [row["response"] for row in held_out]), held_out, 0.95)
done("reward-report")
with ThreadPoolExecutor(options["concurrency"]) as pool:
    candidates = [sample for sample in pool.map(ask, rows_of("tasks")) if sample is not None]
done("generate")
kept = [s > tau for s in judge.scores(candidates, [response_of(row) for row in candidates])]
done("score")
# The run's own, so that both train on the same: what the two heads let through differs a little.
dataset = rows_of("dataset")
tuned = sft(base, dataset, "sft", num_train_epochs=options["sft"]["epochs"])
done("sft")
accuracy["sft"] = evaluate(load(tuned), test)
done("evaluate-sft")
policy = grpo(tuned, dataset, judge)
policy.save_pretrained(f"{out}/grpo")
done("grpo")
accuracy["grpo"] = evaluate(policy, test)
done("evaluate-grpo")
counts = {"candidates": len(candidates), "kept": sum(kept), "dataset": len(dataset)}
print(json.dumps({"seconds": seconds, "accuracy": accuracy, **counts}))
