"""TRL's GRPOTrainer with our checkpoints, a count of what its groups taught, and a filter of groups by difficulty.

A group teaches where its completions got different rewards. A completion without any reward teaches nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from trl import GRPOTrainer
from trl.data_utils import prepare_multimodal_messages

from medgr2.jobs.grpo_figures import ALL_DEAD, DEAD, LEFT_OUT, has_value, same_in_group
from medgr2.models.frozen_towers import reuse_if_frozen
from medgr2.models.reward_backbone import RewardModel
from medgr2.resuming.resumable_trainer import Progress, Resumable
from medgr2.resuming.trained_weights import read_tensors, write_tensors
from medgr2.rows.image_memo import ImageMemo
from medgr2.rows.row_faults import row_error
from medgr2.training.float32_masters import in_half

REFERENCE_FILE = "reference_model.safetensors"


class PolicyTrainer(Resumable, GRPOTrainer):
    groups = 0
    dead_groups = 0
    #: Completions to which no reward applied.
    unrewarded = 0
    #: The reward by which groups that are all right or all wrong are left out; None leaves none out.
    mixed_by: str | None = None
    left_out = 0
    #: Of the batch at hand, over all processes: factor of each group's advantages.
    _weights_B: torch.Tensor | None = None
    _sampler: Any = None
    images: ImageMemo

    def read_images_once(self, scorer: RewardModel | None) -> None:
        """Pixels for policy, reference and reward model; features where a tower stays what it is."""
        self.images = ImageMemo() if scorer is None else scorer.images
        features = reuse_if_frozen(self.accelerator.unwrap_model(self.model))
        if self.ref_model is not None and not self._reference_moves():
            reference = self.accelerator.unwrap_model(self.ref_model)
            reference.requires_grad_(False)
            reuse_if_frozen(reference, features)

    def start_reference_from_policy(self) -> None:
        """TRL loads the reference by the name in the configuration, which of merged adapters is that of their base."""
        if self.ref_model is not None and not self._is_sharded():
            self.ref_model.load_state_dict(self.accelerator.unwrap_model(self.model).state_dict())
        if self._reference_moves():
            self.ref_model.float()  # a moving average, whose steps half precision would round away

    def progress(self) -> Progress:
        every = self.args.steps_per_generation * self.num_iterations
        return {
            **super().progress(),
            "step": self._step,
            "generated": self._buffered_inputs if self._step % every else None,
            "groups": [self.groups, self.dead_groups, self.unrewarded, self.left_out],
        }

    def restore(self, progress: Progress) -> None:
        super().restore(progress)
        self._step = progress["step"]
        self._buffered_inputs = _on(self.accelerator.device, progress["generated"])
        # A checkpoint of an earlier version has no count of what was left out: it left out nothing.
        self.groups, self.dead_groups, self.unrewarded, self.left_out = [*progress["groups"], 0][:4]

    def restore_of_other_ranks(self, progress: Progress, more: float) -> None:
        super().restore_of_other_ranks({**progress, "step": round(progress["step"] * more), "generated": None}, more)

    def restore_progress(self, checkpoint: Path) -> None:
        super().restore_progress(checkpoint)
        self._pass_over_epochs()

    def _get_train_sampler(self, dataset: Any = None) -> Any:
        self._sampler = super()._get_train_sampler(dataset)
        return self._sampler

    def _pass_over_epochs(self) -> None:
        """TRL's sampler draws each epoch's order from one generator, and begins anew with the first epoch's."""
        loader = self.callback_handler.train_dataloader
        if loader is None or self._sampler is None or not self._sampler.shuffle:
            return
        steps_in_epoch = self.set_initial_training_values(self.args, loader)[1]
        for _ in range(self.state.global_step // steps_in_epoch):
            torch.randperm(self._sampler.num_samples, generator=self._sampler.generator)

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        super().save_model(output_dir, _internal_call)
        if _internal_call and self._reference_moves() and self.args.should_save:
            write_tensors(dict(self.ref_model.named_parameters()), Path(str(output_dir)) / REFERENCE_FILE)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        super()._load_from_checkpoint(resume_from_checkpoint, model)
        if self._reference_moves():
            read_tensors(dict(self.ref_model.named_parameters()), Path(resume_from_checkpoint) / REFERENCE_FILE)

    def _reference_moves(self) -> bool:
        return bool(self.args.sync_ref_model) and self.ref_model is not None and not self._is_sharded()

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> Any:
        try:
            with self.images.of(self.processing_class):
                return self._leave_out(super()._generate_and_score_completions(inputs))
        except (StopIteration, IndexError, KeyError, ValueError) as error:
            found = row_error(error, inputs, lambda one: [str(one["row_id"])], self._tokenize_alone)
            if isinstance(error, StopIteration) or found.alone:
                raise found from error
            raise

    def _generate_single_turn(self, *args: Any, **kwargs: Any) -> Any:
        if self.use_vllm:  # it has weights of its own, which it is sent
            return super()._generate_single_turn(*args, **kwargs)
        with in_half(self.accelerator.unwrap_model(self.model), self.held):
            return super()._generate_single_turn(*args, **kwargs)

    def _tokenize_alone(self, one: dict[str, Any]) -> None:
        self._tokenize_prompts([prepare_multimodal_messages(one["prompt"], images=[one["image"]])])

    def _calculate_rewards(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        rewards_NF: torch.Tensor = super()._calculate_rewards(*args, **kwargs)  # of all processes
        groups_BGN = rewards_NF.view(-1, self.num_generations, rewards_NF.shape[1])
        none_BG = groups_BGN.isnan().all(dim=2)
        total_BG = (groups_BGN * self.reward_weights.to(rewards_NF.device)).nansum(dim=2)
        dead_B = same_in_group(total_BG.masked_fill(none_BG, torch.nan))
        easy_B = self._one_outcome(groups_BGN)
        self.groups += len(total_BG)
        self.dead_groups += int((dead_B | easy_B).sum())
        self.left_out += int(easy_B.sum())
        self.unrewarded += int(none_BG.sum())
        self._tell_dead(groups_BGN, dead_B, easy_B)
        # The kept ones stand for all of them, so that a step is the mean over what teaches, however much was left out.
        kept = int((~easy_B).sum())
        self._weights_B = (~easy_B).float() * (len(easy_B) / max(1, kept)) if easy_B.any() else None
        return rewards_NF

    def _one_outcome(self, groups_BGN: torch.Tensor) -> torch.Tensor:
        """Groups that are all right or all wrong by the chosen reward; none of those to which it does not apply."""
        if self.mixed_by is None:
            return torch.zeros(len(groups_BGN), dtype=torch.bool, device=groups_BGN.device)
        values_BG = groups_BGN[:, :, self.reward_func_names.index(self.mixed_by)]
        return same_in_group(values_BG) & has_value(values_BG)

    def _tell_dead(self, groups_BGN: torch.Tensor, dead_B: torch.Tensor, easy_B: torch.Tensor) -> None:
        """By reward, of the groups that it applies to: a sum hides which of its parts no longer tells answers apart."""
        metrics = self._metrics["train" if self.model.training else "eval"]
        metrics[ALL_DEAD].append(dead_B.float().mean().item())
        for index, name in enumerate(self.reward_func_names):
            applies_B = has_value(groups_BGN[:, :, index])
            if applies_B.any():
                metrics[DEAD.format(name)].append(same_in_group(groups_BGN[applies_B, :, index]).float().mean().item())
        if self.mixed_by is not None:
            metrics[LEFT_OUT].append(easy_B.float().mean().item())

    def _leave_out(self, batch: Any) -> Any:
        """Advantages of this process's completions; what all processes share decides, so that none differs."""
        if self._weights_B is not None:
            weights_N = self._weights_B.repeat_interleave(self.num_generations)
            own = len(batch["advantages"])
            start = self.accelerator.process_index * own
            batch["advantages"] = batch["advantages"] * weights_N[start : start + own].to(batch["advantages"].device)
        return batch

    def rows_left_out(self) -> str | None:
        """TRL's sampler gives whole generation batches alone: what fills none at an epoch's end is passed over."""
        rows, prompts = len(self.train_dataset), self.args.generation_batch_size // self.num_generations
        left = rows % prompts
        steps = rows // prompts * self.num_iterations * self.args.steps_per_generation
        epoch = -(-steps // self.args.gradient_accumulation_steps)  # an accumulation that ends early is a step too
        if left == 0 or 0 < self.args.max_steps <= epoch:
            return None
        which = "others in each, since they are shuffled" if self.shuffle_dataset else "the last, in each the same"
        return (
            f"each epoch leaves out {left} of {rows} rows ({which}): a generation batch takes {prompts} prompts, and "
            f"one that is not full is not used. A generation batch whose prompts divide {rows} leaves none out"
        )

    def nothing_taught(self) -> str | None:
        if self.groups == 0 or self.dead_groups < self.groups:
            return None
        if self.all_unrewarded():
            return f"no reward applied to any completion of its {self.groups} groups: all were null"
        if self.left_out:
            return (
                f"in each of its {self.groups} groups all completions got the same reward, or were all right or all "
                f"wrong by {self.mixed_by}"
            )
        return f"in each of its {self.groups} groups all completions got the same reward"

    def all_unrewarded(self) -> bool:
        return self.unrewarded == self.groups * self.num_generations

    def outcome_warnings(self) -> list[str]:
        found = []
        if self.groups and self.dead_groups >= 0.9 * self.groups:
            share = f"{self.dead_groups} of {self.groups} groups"
            left = f" or were all right or all wrong by {self.mixed_by}" if self.left_out else ""
            found.append(f"{share} taught nothing: their completions all got the same reward{left}")
        if self.unrewarded:
            share = f"{self.unrewarded} of {self.groups * self.num_generations} completions"
            found.append(f"{share} got no reward at all, all being null, and taught nothing")
        return found

    def more_result(self) -> dict[str, Any]:
        share = None if self.groups == 0 else self.left_out / self.groups
        left_out = {} if self.mixed_by is None else {"leftOut": share}
        return {
            "groups": self.groups,
            "deadGroups": self.dead_groups / self.groups if self.groups else None,
            **left_out,
        }


def _on(device: torch.device, value: Any) -> Any:
    """What was generated, with its tensors on the device."""
    if isinstance(value, torch.Tensor):
        return value.to(device)
    if isinstance(value, dict):
        return {name: _on(device, inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_on(device, inner) for inner in value)
    return value
