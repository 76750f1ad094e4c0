"""R_φ: a VLM backbone with a regression head, (image, prompt, response) -> one scalar (MedGR² eq. 1).

The head reads the response token by token: the hidden state after each token and the log-probability that the language
model gave to it. A fluent wrong answer is fluent everywhere but where it contradicts the image, and there its
likelihood drops; the head learns at which tokens a drop matters (a reworded rationale has drops of its own).
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from medgr2.models import load_vlm, model_path
from medgr2.processing import load_processor, open_image, prompt_text, response_end

HEAD_FILE = "reward_head.safetensors"
ABOUT_FILE = "reward_model.json"
GRADE_MEAN = 2.5
GRADE_SCALE = 6.0
LOGP_SCALE = 0.5


class RewardHead(nn.Module):
    """(hidden_BTD, logp_BT, response_BT) -> score_B. The output starts near the mean grade, at the grades' spread."""

    def __init__(self, hidden: int, width: int = 64, looks: int = 4) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(hidden)
        self.token = nn.Linear(hidden + 1, width)
        self.look = nn.Linear(width, looks)
        self.inner = nn.Linear(hidden + looks * (width + 1) + 3, width)
        self.outer = nn.Linear(width, 1)

    def forward(self, hidden_BTD: torch.Tensor, logp_BT: torch.Tensor, response_BT: torch.Tensor) -> torch.Tensor:
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

    With LoRA adapters the finished folder holds the merged weights, so that whoever loads it need not know of them;
    checkpoints hold the adapters alone.
    """

    def __init__(self, backbone: Any, head: RewardHead, processor: Any) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head
        self.processor = processor
        self.adapted = False
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
    def load(cls, reference: dict[str, Any], device: torch.device) -> RewardModel:
        """A saved reward model, or a VLM with a fresh head."""
        path = model_path(reference)
        backbone = load_vlm(reference, device)
        head = RewardHead(backbone.config.get_text_config().hidden_size)
        saved = Path(path) / HEAD_FILE
        if saved.exists():
            head.load_state_dict(load_file(saved))
        head.to(device)
        return cls(backbone, head, load_processor(path, reference.get("maxPixels"))).eval()

    def save(self, folder: str | Path) -> None:
        """The finished model. Adapters become part of the weights, here too."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        if self.adapted:
            self.backbone = self.backbone.merge_and_unload()
            self.adapted = False
        self.backbone.save_pretrained(folder, safe_serialization=True)
        self.processor.save_pretrained(folder)
        if getattr(self.processor, "chat_template", None):
            (folder / "chat_template.jinja").write_text(self.processor.chat_template)
        self._save_head(folder)
        about = {"kind": "reward-model", "head": "tokens+likelihoods", "grades": [10, 6, 0, -6]}
        (folder / ABOUT_FILE).write_text(json.dumps(about))

    def save_checkpoint(self, folder: str | Path) -> None:
        """What training needs to go on: all of it, or the adapters and the head."""
        if not self.adapted:
            return self.save(folder)
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.backbone.save_pretrained(folder, save_embedding_layers=False)
        self._save_head(folder)

    def load_checkpoint(self, folder: str | Path) -> None:
        """Takes over what `save_checkpoint` wrote of a model of the same making."""
        if self.adapted:
            from peft import load_peft_weights, set_peft_model_state_dict

            set_peft_model_state_dict(self.backbone, load_peft_weights(str(folder), device="cpu"))
        else:
            saved = load_vlm({"path": str(folder), "dtype": "float32"}, torch.device("cpu"))
            self.backbone.load_state_dict(saved.state_dict())
        self.head.load_state_dict(load_file(Path(folder) / HEAD_FILE))

    def _save_head(self, folder: Path) -> None:
        save_file({name: value.contiguous() for name, value in self.head.state_dict().items()}, folder / HEAD_FILE)

    @property
    def device(self) -> torch.device:
        return self.head.outer.weight.device

    def encode(self, images: list[str], prompts: list[str], responses: list[str]) -> dict[str, torch.Tensor]:
        """Padded model inputs and `response_mask_BT`, 1 on the tokens of the response and of its end."""
        end = response_end(self.processor)
        starts = [prompt_text(self.processor, prompt) for prompt in prompts]
        texts = [start + response + end for start, response in zip(starts, responses, strict=True)]
        inputs = self.processor(
            images=[open_image(path) for path in images],
            text=texts,
            padding=True,
            padding_side="right",
            return_tensors="pt",
        )
        lengths = [self._response_length(response) for response in responses]
        used = inputs["attention_mask"].sum(dim=1)
        mask_BT = torch.zeros_like(inputs["attention_mask"])
        for row, length in enumerate(lengths):
            mask_BT[row, int(used[row]) - length : int(used[row])] = 1
        return {
            **{name: value.to(self.device) for name, value in inputs.items()},
            "response_mask": mask_BT.to(self.device),
        }

    @lru_cache(maxsize=65536)  # noqa: B019  (one model lives as long as its job)
    def _response_length(self, response: str) -> int:
        return len(self.processor.tokenizer(response).input_ids) + 1

    def forward(self, inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Scores (B,), unbounded, and the mean next-token loss of each response (B,)."""
        inputs = dict(inputs)
        response_BT = inputs.pop("response_mask")
        hidden_BTD = self.vlm.model(**inputs, use_cache=False).last_hidden_state
        # Only positions that predict a response token need logits; the vocabulary is the widest thing here.
        predicts_BT = response_BT[:, 1:].bool()
        logits_ND = self.vlm.lm_head(hidden_BTD[:, :-1][predicts_BT]).float()
        targets_N = inputs["input_ids"][:, 1:][predicts_BT]
        logp_N = -nn.functional.cross_entropy(logits_ND, targets_N, reduction="none")
        logp_BT = torch.zeros(predicts_BT.shape, device=logp_N.device).masked_scatter(predicts_BT, logp_N)
        mean_B = logp_BT.sum(dim=1) / predicts_BT.sum(dim=1)
        # The likelihood is evidence, not a knob: the head may not raise a score by changing the language model.
        return self.head(hidden_BTD[:, 1:].float(), logp_BT.detach(), predicts_BT), -mean_B

    @torch.inference_mode()
    def score(self, images: list[str], prompts: list[str], responses: list[str], batch: int = 64) -> list[float]:
        """Raw scores; nothing is clamped here."""
        scores: list[float] = []
        for start in range(0, len(images), batch):
            part = slice(start, start + batch)
            scores += self(self.encode(images[part], prompts[part], responses[part]))[0].tolist()
        return scores
