"""R_φ: a VLM backbone with a regression head, (image, prompt, response) -> one scalar (MedGR² eq. 1).

The head reads the response token by token: the hidden state after each token and the log-probability that the language
model gave to it. A fluent wrong answer is fluent everywhere but where it contradicts the image, and there its
likelihood drops; the head learns at which tokens a drop matters (a reworded rationale has drops of its own).
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from medgr2.models.frozen_towers import reuse_features
from medgr2.models.likelihood import target_log_likelihoods
from medgr2.models.load_models import load_vlm, model_path
from medgr2.models.load_processor import load_processor, save_processor
from medgr2.models.model_roles import ABOUT_FILE, HEAD_FILE, check_reward_model, is_reward_model
from medgr2.models.weights import ModelUnloadable, check_finite
from medgr2.rows.encode import Row, encode
from medgr2.rows.image_memo import ImageMemo
from medgr2.rows.row_bounds import plan_batches, row_lengths
from medgr2.training.merge_adapters import merge_adapters
from medgr2.training.sharding import most_of_all_ranks, split_layers

GRADE_MEAN = 2.5
GRADE_SCALE = 6.0
LOGP_SCALE = 0.5


class ScoreNotFinite(ValueError):
    """A reward model gave what is no number."""


class RewardHead(nn.Module):
    """(hidden_BTD, evidence_BTE, response_BT) -> score_B. Starts near the mean grade, at the grades' spread."""

    #: Numbers beside the hidden state of each token.
    evidence = 1

    def __init__(self, hidden: int, width: int = 64, looks: int = 4) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(hidden)
        self.token = nn.Linear(hidden + 1, width)
        self.look = nn.Linear(width, looks)
        self.inner = nn.Linear(hidden + looks * (width + 1) + 3, width)
        self.outer = nn.Linear(width, 1)

    def forward(self, hidden_BTD: torch.Tensor, evidence_BTE: torch.Tensor, response_BT: torch.Tensor) -> torch.Tensor:
        # Small, and float32 whatever the backbone computes in: a score is a sum of small differences.
        with torch.autocast(hidden_BTD.device.type, enabled=False):
            return self._scores(hidden_BTD, evidence_BTE[..., 0], response_BT)

    def _scores(self, hidden_BTD: torch.Tensor, logp_BT: torch.Tensor, response_BT: torch.Tensor) -> torch.Tensor:
        states_BTD = self.norm(hidden_BTD)
        tokens_BTW = nn.functional.gelu(self.token(torch.cat([states_BTD, LOGP_SCALE * logp_BT[..., None]], dim=-1)))
        look_BTK = self.look(tokens_BTW).masked_fill(~response_BT[..., None], -torch.inf).softmax(dim=1)
        pooled_BKW = torch.einsum("btk,btw->bkw", look_BTK, tokens_BTW)
        pooled_BK = LOGP_SCALE * torch.einsum("btk,bt->bk", look_BTK, logp_BT)
        total_B = logp_BT.sum(dim=1)
        overall_B3 = torch.stack(
            [total_B / response_BT.sum(dim=1), LOGP_SCALE * logp_BT.min(dim=1).values, -torch.log1p(-total_B)], dim=-1
        )
        last_BT = response_BT & (response_BT.cumsum(dim=1) == response_BT.sum(dim=1, keepdim=True))
        features_BF = torch.cat([states_BTD[last_BT], pooled_BKW.flatten(1), pooled_BK, overall_B3], dim=-1)
        return GRADE_MEAN + GRADE_SCALE * self.outer(nn.functional.gelu(self.inner(features_BF))).squeeze(-1)


class RewardModel(nn.Module):
    """Backbone, head and processor together; saved as one folder that is also a model folder.

    With LoRA adapters the finished folder holds the merged weights, so that whoever loads it need not know of them.
    """

    def __init__(self, backbone: Any, head: RewardHead, processor: Any) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head
        self.processor = processor
        self.adapted = False
        #: Each rank of the job holds a part of it.
        self.split = False
        self.images = ImageMemo()
        #: The layers that FSDP shards one by one; it asks the outermost module.
        self._no_split_modules = getattr(backbone, "_no_split_modules", None)

    def adapt(self, lora: Any) -> None:
        """Leaves the backbone's weights as they are and puts adapters in, which learn instead."""
        from peft import get_peft_model

        self.backbone = get_peft_model(self.backbone, lora)
        self.adapted = True

    @property
    def vlm(self) -> Any:
        """The vision-language model itself, with the adapters in its layers where there are any."""
        return self.backbone.get_base_model() if self.adapted else self.backbone

    @classmethod
    def load(
        cls, reference: dict[str, Any], device: torch.device, alone: bool = False, processor: Any = None
    ) -> RewardModel:
        """A saved reward model to score with; anything else is refused, since its head would score at random.

        `processor`: its own, where it was loaded before.
        """
        check_reward_model(model_path(reference))
        model = cls.start(reference, device, processor)
        reuse_features(model.vlm, alone)
        return model

    def split_over_ranks(self) -> None:
        """Once the job's ranks have met; from then on all score at the same time. It learns no more."""
        split_layers(self.vlm, self.device)
        self.split = True

    @classmethod
    def start(cls, reference: dict[str, Any], device: torch.device, processor: Any = None) -> RewardModel:
        """What training starts from: a saved reward model, or a VLM with a fresh head."""
        path = model_path(reference)
        processor = processor or load_processor(path, reference.get("maxPixels"))
        backbone = load_vlm(reference, device)
        head = RewardHead(backbone.config.get_text_config().hidden_size)
        if is_reward_model(path):
            load_head(head, Path(path) / HEAD_FILE)
        head.to(device)
        return cls(backbone, head, processor).eval()

    def save(self, folder: str | Path) -> None:
        """The finished model. Adapters become part of the weights, here too."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        if self.adapted:
            self.backbone = merge_adapters(self.backbone, ["default"])
            self.adapted = False
        self.backbone.save_pretrained(folder, safe_serialization=True)
        save_processor(self.processor, folder)
        self._save_head(folder)
        about = {"kind": "reward-model", "head": "tokens+likelihoods", "grades": [10, 6, 0, -6]}
        (folder / ABOUT_FILE).write_text(json.dumps(about))

    def _save_head(self, folder: Path) -> None:
        save_file({name: value.contiguous() for name, value in self.head.state_dict().items()}, folder / HEAD_FILE)

    @property
    def device(self) -> torch.device:
        return self.head.outer.weight.device

    def encode(self, rows: Sequence[Row]) -> dict[str, torch.Tensor]:
        """Padded model inputs of rows {id, image, prompt, response}; `response_mask` (B, T) is 1 on the response."""
        with self.images.of(self.processor):
            encoded = encode(self.processor, rows)
        inputs = {name: value.to(self.device) for name, value in encoded.inputs.items()}
        return {**inputs, "response_mask": encoded.response_BT.long().to(self.device)}

    def train(self, mode: bool = True) -> RewardModel:
        """A backbone that stays as it is reads as it will when it scores: nothing of it is dropped at random."""
        super().train(mode)
        if not any(value.requires_grad for value in self.backbone.parameters()):
            self.backbone.eval()
        return self

    def forward(self, inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Scores (B,), unbounded, and the mean next-token loss of each response (B,): of rows encoded, or read."""
        if "response" in inputs:
            hidden_BTD, evidence_BTE, response_BT = inputs["hidden"], inputs["evidence"], inputs["response"]
        else:
            hidden_BTD, evidence_BTE, response_BT = self.read(inputs)
        mean_B = evidence_BTE[..., 0].sum(dim=1) / response_BT.sum(dim=1)
        # The likelihood is evidence, not a knob: the head may not raise a score by changing the language model.
        return self.head(hidden_BTD.float(), evidence_BTE.detach(), response_BT), -mean_B

    def read(self, inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Of each position but the first: hidden state, evidence, and whether it is a response's."""
        inputs = dict(inputs)
        response_BT = inputs.pop("response_mask")
        hidden_BTD = self.vlm.model(**inputs, use_cache=False).last_hidden_state
        # Only positions that predict a response token need logits.
        predicts_BT = response_BT[:, 1:].bool()
        targets_N = inputs["input_ids"][:, 1:][predicts_BT]
        logp_N = target_log_likelihoods(self.vlm, hidden_BTD[:, :-1][predicts_BT], targets_N)
        logp_BT = torch.zeros(predicts_BT.shape, device=logp_N.device).masked_scatter(predicts_BT, logp_N)
        return hidden_BTD[:, 1:], logp_BT[..., None], predicts_BT

    @torch.inference_mode()
    def score_at_once(self, rows: Sequence[Row]) -> list[float]:
        """Raw scores of rows that fit, read in one pass."""
        return self._scores(rows)

    def score(self, rows: Sequence[Row], batch: int = 64) -> list[float | None]:
        """Raw scores of rows {id, image, prompt, response}, in their order, at most `batch` rows at once; not clamped.

        None where a row is longer than the backbone can read.
        """
        # Gathered layers are written anew in each pass, which tensors of inference mode do not allow.
        with torch.no_grad() if self.split else torch.inference_mode():
            return self._score(rows, batch)

    def _score(self, rows: Sequence[Row], batch: int) -> list[float | None]:
        lengths = row_lengths(self.processor, rows, "response")
        most = getattr(self.vlm.config.get_text_config(), "max_position_embeddings", None)
        fits = [index for index, length in enumerate(lengths) if most is None or length <= most]
        scores: list[float | None] = [None] * len(rows)
        parts = plan_batches([lengths[index] for index in fits], batch, sort=True)
        # Before the first pass, in which the ranks wait for each other's parts.
        more = most_of_all_ranks(len(parts), self.device) - len(parts) if self.split else 0
        for part in parts:
            chosen = [fits[at] for at in part]
            for index, score in zip(chosen, self._scores([rows[index] for index in chosen]), strict=True):
                scores[index] = score
        if more:  # a rank that has less to read gives the others its part
            shortest = rows[min(range(len(rows)), key=lengths.__getitem__)]
            for _ in range(more):
                self(self.encode([shortest]))
        return scores

    def _scores(self, rows: Sequence[Row]) -> list[float]:
        scores: list[float] = self(self.encode(rows))[0].tolist()
        for row, score in zip(rows, scores, strict=True):
            if not math.isfinite(score):
                raise ScoreNotFinite(
                    f"the reward model gives sample {row['id']} the score {score}; its weights are damaged or diverged"
                )
        return scores


def load_head(head: RewardHead, file: Path) -> None:
    """Takes over a saved head: of this shape, whole, and with finite numbers."""
    try:
        saved = load_file(file)
    except Exception as error:  # safetensors' own error among them
        raise ModelUnloadable(f"cannot read the reward head {file}: {error}") from error
    own = head.state_dict()
    wrong = [
        name
        for name in sorted(own.keys() | saved.keys())
        if name not in own or name not in saved or own[name].shape != saved[name].shape
    ]
    if wrong:
        raise ModelUnloadable(f"{file} does not fit the backbone beside it or this version: {', '.join(wrong[:4])}")
    check_finite(str(file), saved.items())
    head.load_state_dict(saved)
