"""GRPO's completions by vLLM (`trl.use_vllm`), on a server or beside the trainer: through TRL's client, and checked.

TRL sends token ids of our processor with images that vLLM processes by its own settings. Whatever does not agree there
trains on other images than were answered about, without an error; here it is refused by name. No kernel is tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import trl.trainer.grpo_trainer as trl_grpo
from accelerate.utils import is_peft_model
from peft.tuners.lora import Conv2d, Conv3d, Embedding, Linear
from peft.tuners.tuners_utils import BaseTunerLayer
from trl.generation.vllm_client import to_openai_messages
from trl.generation.vllm_generation import VLLMGeneration

from medgr2.models.weights import base_of
from medgr2.rows.encode import Row, encode
from medgr2.rows.open_image import open_image
from medgr2.training.merge_adapters import with_adapters
from medgr2.training.sharding import sharding

#: Layers whose one weight and adapters make one weight.
PLAIN = (Linear, Embedding, Conv2d, Conv3d)
SERVE = (
    'VLLM_SERVER_DEV_MODE=1 vllm serve {model} --weight-transfer-config \'{{"backend": "nccl"}}\' '
    "--logprobs-mode processed_logprobs --enable-scale-out"
)


class RolloutsFailed(RuntimeError):
    """vLLM cannot be reached, or did not do what it was asked for."""


class RolloutsDiffer(RuntimeError):
    """vLLM would answer about something else than what is trained on."""


def rollout_options(options: dict[str, Any], processor: Any, ends: list[int], longest: int) -> dict[str, Any]:
    """What `trl` says, and what vLLM must be told beside it; a user's own settings win.

    Without them vLLM knows only the ends in its model's folder, may write image tokens that no image belongs to, and
    keeps room for as many tokens as the model could ever read.
    """
    if not options.get("use_vllm"):
        return options
    told: dict[str, Any] = {"stop_token_ids": sorted(ends)}
    if getattr(processor, "image_token", None):
        told["bad_words"] = [processor.image_token]
    chosen = {"generation_kwargs": {**told, **(options.get("generation_kwargs") or {})}}
    return {"vllm_max_model_length": longest, **options, **chosen}


class CheckedGeneration(VLLMGeneration):
    """TRL's, with images as the trainer's processor has them, and errors that say what to do."""

    #: Tokens that this family's image stands for in vLLM beyond those that carry it: a frame around it.
    framing = 0

    def _init_vllm(self) -> None:
        named = self.model.name_or_path
        # vLLM can load no adapter's folder, but what it stands on; it gets all weights before it first answers.
        whole = base_of(str(named))
        self.model.name_or_path = whole
        try:
            super()._init_vllm()
        except (OSError, RuntimeError) as error:
            if self.mode != "server" or isinstance(error, torch.OutOfMemoryError):
                raise
            raise RolloutsFailed(f"{error} Start it by: {SERVE.format(model=whole)}") from error
        finally:
            self.model.name_or_path = named

    def generate(self, prompts: Any, images: Any, num_generations: int, profiler: Any = None) -> Any:
        if images is not None:
            seen = {id(one): as_seen(self.processing_class, one) for some in images for one in some or ()}
            images = [None if some is None else [seen[id(one)] for one in some] for some in images]
        with _named():
            return super().generate(prompts, images, num_generations, profiler)

    def _iter_named_params(self) -> Iterator[tuple[str, torch.Tensor]]:
        """TRL merges adapters into the weights and takes them out again: what is rounded off each time adds up.

        Here each weight is what `merge` would make of it.
        """
        layers = adapted(self.model)
        if layers is None or self._dist.is_fsdp or sharding() is not None:
            yield from super()._iter_named_params()
            return
        for name, parameter in self.model.named_parameters():
            plain = name.removeprefix("base_model.model.").replace(".base_layer", "")
            if self.model.prefix in plain or "original_module" in plain:
                continue
            plain = self._fix_param_name_to_vllm(plain, extra_prefixes=["modules_to_save.default."])
            yield plain, with_adapters(layers[name]) if name in layers else parameter.data

    def sync_weights(self) -> None:
        with _named():
            super().sync_weights()

    def _place_features(self, features: dict[str, Any] | None, prompt_ids: list[int]) -> Any:
        placed = super()._place_features(features, prompt_ids)
        if features is not None:
            theirs = [place["length"] - self.framing for place in features["mm_placeholders"]["image"]]
            ours = [place["length"] for place in placed["mm_placeholders"]["image"]]
            if theirs != ours:
                raise _other_images(sum(ours), sum(theirs))
        return placed


def adapted(model: Any) -> dict[str, Any] | None:
    """Layers with adapters by their weight's name; None without any, or where one is packed or of another kind."""
    if not is_peft_model(model):
        return None
    found = {name: part for name, part in model.named_modules() if isinstance(part, BaseTunerLayer)}
    plain = (type(part) in PLAIN and part.get_base_layer().weight.is_floating_point() for part in found.values())
    if not all(plain):
        return None
    return {f"{name}.base_layer.weight": part for name, part in found.items()}


@contextmanager
def checked_generation() -> Iterator[None]:
    """While a trainer is made, which has no parameter for this."""
    own, trl_grpo.VLLMGeneration = trl_grpo.VLLMGeneration, CheckedGeneration
    try:
        yield
    finally:
        trl_grpo.VLLMGeneration = own


def check_server(trainer: Any, row: Row, longest: int, tell: Any) -> None:
    """Before the first step: the server makes of a row what the trainer makes of it, and reads as long ones."""
    if not (trainer.use_vllm and trainer.vllm_mode == "server" and trainer.accelerator.is_main_process):
        return
    rollouts, processor = trainer.vllm_generation, trainer.processing_class
    client = rollouts.vllm_client
    image = as_seen(processor, open_image(row["image"]))
    content = [{"type": "image", "image": image}, {"type": "text", "text": row["prompt"]}]
    messages = to_openai_messages([{"role": "user", "content": content}])
    with _named(RuntimeError, KeyError):
        known = client._get(f"{client.base_url}/v1/models")["data"][0]
        shown = client._post(
            f"{client.base_url}/v1/chat/completions/render",
            json={"model": client.model, "messages": messages, "max_tokens": 1},
        )
    most = known.get("max_model_len")
    if most is not None and most < longest:
        raise RolloutsDiffer(
            f"the vLLM server of {client.model} reads {most} tokens, and prompt and completion take up to {longest}: "
            f"start it with --max-model-len {longest} or more"
        )
    part = {name: row[name] for name in ("id", "image", "prompt")}
    ours: list[int] = encode(processor, [part]).inputs["input_ids"][0].tolist()
    theirs: list[int] = shown["token_ids"]
    token = processor.image_token_id
    if ours.count(token) != theirs.count(token):
        raise _other_images(ours.count(token), theirs.count(token))
    rollouts.framing = sum(p["length"] for p in shown["features"]["mm_placeholders"]["image"]) - theirs.count(token)
    if ours != theirs:
        at = next(
            (n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs))
        )
        tell(
            f"the vLLM server of {client.model} would write the prompt of {row['id']} otherwise from token {at} on: "
            "it gets ours, but make sure that it serves the model that is trained"
        )


def _other_images(ours: int, theirs: int) -> RolloutsDiffer:
    return RolloutsDiffer(
        f"vLLM makes {theirs} image tokens of what is {ours} here: it would answer about other images than are trained "
        "on. Serve the model that is trained, and where maxPixels is set give vLLM the same limit "
        "(--mm-processor-kwargs)"
    )


def as_seen(processor: Any, image: Any) -> Any:
    """The image in the size to which the trainer's processor brings it: another one of its family leaves it so.

    Only where a processor says its grid, as Qwen's and its kin do; others have no size that is kept for sure.
    """
    vision = processor.image_processor
    if getattr(vision, "patch_size", None) is None or getattr(vision, "merge_size", None) is None:
        return image
    given = vision(images=[image], return_tensors="pt")
    if "image_grid_thw" not in given:
        return image
    _, rows, columns = given["image_grid_thw"][0].tolist()
    size = (columns * vision.patch_size, rows * vision.patch_size)
    return image if image.size == size else image.resize(size, vision.resample)


@contextmanager
def _named(*more: type[Exception]) -> Iterator[None]:
    """TRL's client raises plain exceptions, and those of its transport."""
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) or type(error) in (Exception, *more):
            raise RolloutsFailed(f"vLLM: {error}") from error
        raise
