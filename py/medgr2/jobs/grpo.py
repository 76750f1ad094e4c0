"""The `grpo` job: TRL's GRPOTrainer with the reward model on this device and every other reward asked from TypeScript.

MedGR² eq. 3 with MedVLM-R1's rule rewards as a special case: TypeScript names the rewards and their weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from datasets import Dataset
from trl import GRPOConfig

from medgr2.jobs.grpo_families import check_grpo_family
from medgr2.jobs.grpo_figures import grpo_figures
from medgr2.jobs.grpo_trainer import PolicyTrainer
from medgr2.models.decoding import plain_settings
from medgr2.models.four_bit import check_four_bit, load_for_training
from medgr2.models.load_models import model_path, set_up
from medgr2.models.model_roles import check_policy, check_reward_model
from medgr2.models.reward_backbone import RewardModel
from medgr2.models.weights import adapter_base
from medgr2.node.job_channel import Channel
from medgr2.rows.image_memo import opened
from medgr2.rows.prepare_rows import checked_processor, prepare
from medgr2.rows.read_rows import read_rows
from medgr2.rows.row_gate import check_ids
from medgr2.spec_rules import check_grpo_rows
from medgr2.training.lora import lora_config
from medgr2.training.own_settings import OwnSettings
from medgr2.training.sharding import check_reference, heed, ranks, sharding
from medgr2.training.train_events import EventCallback
from medgr2.training.train_to_end import TrainingJob, run_trainer, trainer_defaults
from medgr2.training.trained_parts import train_only
from medgr2.training.trainer_options import check_generation_options, check_half, naming_options
from medgr2.training.training_faults import RewardOutOfRange
from medgr2.training.vllm_rollouts import check_server, checked_generation, rollout_options

COLUMNS = ("id", "image", "prompt")
#: Whether rewards may compare with a row's answer; left out where they may in all. Rewards are TypeScript's: here it
#: says what a checkpoint was trained on.
TRUSTED = "trusted"
#: Squared, it is still a number in float32: advantages divide by a group's standard deviation.
LARGEST_REWARD = 1e18

#: TRL's own, of GRPOConfig.
COMPLETION_LENGTH = 256
GROUP = {"num_generations": 8, "per_device_train_batch_size": 8}


def as_examples(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {
        "image": [opened(path) for path in batch["image"]],
        "prompt": [[{"role": "user", "content": text}] for text in batch["prompt"]],
        "row_id": batch["id"],
        "row_image": batch["image"],
        "row_prompt": batch["prompt"],
    }


class RewardDesk:
    """Gets all rewards of a generation batch in one question to TypeScript.

    TRL calls its reward functions one after another on the same batch: the first call asks, the others read its answer.
    """

    def __init__(self, channel: Channel, spec: dict[str, Any], scorer: RewardModel | None) -> None:
        self.channel = channel
        self.scorer = scorer
        self.names = [reward["name"] for reward in spec["rewards"]]
        self.weights = {reward["name"]: reward["weight"] for reward in spec["rewards"]}
        self.shown = spec.get("shownCompletions", 2)
        self._scores: dict[str, list[float | None]] = {}

    def functions(self) -> list[Callable[..., list[float | None]]]:
        return [self._function(index, name) for index, name in enumerate(self.names)]

    def _function(self, index: int, name: str) -> Callable[..., list[float | None]]:
        def reward(completions: list[Any], trainer_state: Any, **columns: Any) -> list[float | None]:
            if index == 0:
                texts = [completion[0]["content"] for completion in completions]
                self._ask(texts, trainer_state.global_step, trainer_state.max_steps, columns)
            return self._scores[name]

        reward.__name__ = name
        return reward

    def _ask(self, texts: list[str], step: int, last: int, columns: dict[str, Any]) -> None:
        graded: list[float | None] | None = None
        if self.scorer is not None:
            ids, images, prompts = columns["row_id"], columns["row_image"], columns["row_prompt"]
            named = zip(ids, images, prompts, texts, strict=True)
            graded = self.scorer.score(
                [{"id": i, "image": image, "prompt": p, "response": text} for i, image, p, text in named]
            )
        items = [
            {"id": row_id, "completion": text, "rewardModelScore": None if graded is None else graded[index]}
            for index, (row_id, text) in enumerate(zip(columns["row_id"], texts, strict=True))
        ]
        self._scores = self.channel.ask({"type": "rewards", "step": step, "items": items})["scores"]
        self._check(items)
        if self.shown > 0:
            self.channel.emit(
                {
                    "type": "completions",
                    "step": step,
                    "items": [
                        {**item, "rewards": {name: self._scores[name][index] for name in self.names}}
                        for index, item in enumerate(items[: self.shown])
                    ],
                }
            )

    def _check(self, items: list[dict[str, Any]]) -> None:
        for name, weight in self.weights.items():
            for item, value in zip(items, self._scores[name], strict=True):
                # Written so that what is not a number fails too.
                if value is not None and not abs(value * weight) <= LARGEST_REWARD:
                    raise RewardOutOfRange(
                        f"the reward `{name}` gave {value} (weight {weight}) to a completion of {item['id']}: "
                        f"training in float32 cannot use more than {LARGEST_REWARD:.0e}"
                    )


def run(spec: dict[str, Any], channel: Channel) -> dict[str, Any]:
    rows = read_rows(spec["data"], COLUMNS)
    columns = (*COLUMNS, TRUSTED) if TRUSTED in rows[0] else COLUMNS
    check_ids(spec["data"], rows)
    check_generation_options(spec.get("trl", {}))
    check_grpo_rows(spec.get("trl", {}), len(rows), ranks())
    check_four_bit(spec)
    check_policy(model_path(spec["model"]))
    check_reference(spec, adapter_base(model_path(spec["model"])) is not None)
    judges = None
    if spec.get("rewardModel"):
        check_reward_model(model_path(spec["rewardModel"]))
        judges = checked_processor(spec["rewardModel"], rows, ("prompt",))
    reply = spec.get("trl", {}).get("max_completion_length") or COMPLETION_LENGTH
    processor, rows, lengths, _ = prepare(spec["model"], rows, ("prompt",), channel, reply=reply)
    check_grpo_family(processor, rows[0])
    device = set_up(spec)
    model = load_for_training(spec, device)
    train_only(model, spec.get("train", "all"))
    scorer = RewardModel.load(spec["rewardModel"], device, True, judges) if spec.get("rewardModel") else None
    desk = RewardDesk(channel, spec, scorer)
    job = TrainingJob(spec, channel, device, rows, columns, OwnSettings(model))
    model.generation_config = plain_settings(model, processor)
    check_half(spec.get("trl", {}), device.type == "cpu")
    longest = max(lengths) + reply
    options = rollout_options(spec.get("trl", {}), processor, model.generation_config.eos_token_id, longest)
    with naming_options(spec, GRPOConfig), checked_generation():
        config = GRPOConfig(
            output_dir=str(job.checkpoints_folder),
            reward_weights=[reward["weight"] for reward in spec["rewards"]],
            **job.keep_batch({**trainer_defaults(spec, device), **GROUP, **options}),
        )
        heed(config)
        if scorer is not None and sharding() is not None:
            scorer.split_over_ranks()
        callback = EventCallback(channel, grpo_figures(tuple(desk.names)))
        trainer = PolicyTrainer(
            model=model,
            reward_funcs=desk.functions(),
            args=config,
            train_dataset=Dataset.from_list(rows).with_transform(as_examples),
            processing_class=processor,
            peft_config=lora_config(spec, model),
            callbacks=[callback],
        )
        trainer.mixed_by = spec.get("mixedBy")
        check_server(trainer, rows[0], longest, job.tell)
        trainer.start_reference_from_policy()
        trainer.read_images_once(scorer)
        if left_out := trainer.rows_left_out():
            job.warn(left_out)
        return run_trainer(trainer, callback, job)
