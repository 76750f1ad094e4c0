"""The job of BERTScore (Zhang et al., 2020): how near texts are to their keys by an encoder's word vectors.

The encoder is a folder that the caller gives; nothing is fetched. As the authors' package has it without idf and
rescaling: greedy matching by cosine, special tokens at the ends left out. Their package itself is not used: it was last
released in 2023, and asks tokenizers for what transformers 5 no longer has.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoConfig, AutoModel, AutoTokenizer

from medgr2.clinical.own_folder import OwnFolderUnusable, offline, own_folder, own_words
from medgr2.models.load_models import job_start, set_up
from medgr2.node.job_channel import Channel
from medgr2.rows.read_rows import in_batches, read_rows

#: Layer whose vectors agree best with people, by kind of encoder and its layers, as the authors chose it.
CHOSEN_LAYER = {
    ("bert", 12): 9,
    ("bert", 24): 18,
    ("roberta", 12): 10,
    ("roberta", 24): 17,
    ("distilbert", 6): 5,
    ("xlm-roberta", 12): 9,
    ("xlm-roberta", 24): 17,
    ("deberta", 12): 9,
    ("deberta", 48): 40,
}
#: Tokenizers for which a text's first word is written as those within it are, with a blank before it.
PREFIX_SPACE = ("roberta", "longformer", "deberta", "bart", "gpt2")


def run(spec: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """Rows: {text, key}. Writes scores.jsonl in their order: {precision, recall, f1}; 0 where either is empty."""
    rows = read_rows(spec["data"], ("text", "key"))
    device = set_up(spec)
    started = time.monotonic()
    with offline():
        scorer = BertScorer(own_folder(spec["model"], ("config.json",)), device, spec.get("layer"))
    channel.emit(job_start("bertscore", device, scorer.model))
    # By length, so that a batch is not mostly padding.
    order = sorted(range(len(rows)), key=lambda index: len(rows[index]["text"]) + len(rows[index]["key"]))
    size = spec.get("batchSize", 32)
    plan = [order[at : at + size] for at in range(0, len(order), size)]
    scores: list[tuple[float, float, float]] = [(0.0, 0.0, 0.0)] * len(rows)
    for places, batch in in_batches(rows, plan, channel):
        found = scorer.score([row["text"] for row in batch], [row["key"] for row in batch])
        for place, score in zip(places, found, strict=True):
            scores[place] = score
    path = Path(spec["outDir"]) / "scores.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as out:
        for precision, recall, f1 in scores:
            out.write(json.dumps({"precision": precision, "recall": recall, "f1": f1}) + "\n")
    return {
        "scores": str(path),
        "count": len(rows),
        "layer": scorer.layer,
        "layers": scorer.layers,
        "cut": scorer.cut,
        "seconds": time.monotonic() - started,
    }


class BertScorer:
    """An encoder up to one of its layers, and its tokenizer."""

    def __init__(self, folder: Path, device: torch.device, layer: int | None = None) -> None:
        with own_words(folder):
            config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        kind = config.model_type
        if config.is_encoder_decoder or not hasattr(config, "num_hidden_layers"):
            raise OwnFolderUnusable(
                f"{folder} holds a model of type {kind}, which is no encoder as BERT and RoBERTa are"
            )
        self.layers: int = config.num_hidden_layers
        self.layer: int = CHOSEN_LAYER.get((kind, self.layers), self.layers) if layer is None else layer
        if not 1 <= self.layer <= self.layers:
            raise OwnFolderUnusable(f"layer {self.layer} was asked for, and the encoder in {folder} has {self.layers}")
        prefix = {"add_prefix_space": True} if kind in PREFIX_SPACE else {}
        own = {"local_files_only": True, "trust_remote_code": False}
        with own_words(folder):
            self.tokenizer = AutoTokenizer.from_pretrained(folder, **own, **prefix)
            model = self._load(folder)
        self.device = device
        self.model = model.to(device).eval()
        self.longest = _longest(config, self.tokenizer)
        #: Texts that were longer than the encoder reads, and were cut as the authors' package cuts them.
        self.cut = 0

    def _load(self, folder: Path) -> Any:
        """The layers that are used and no others. A weight that is not there is an error, never a random one."""
        model, told = AutoModel.from_pretrained(
            folder,
            num_hidden_layers=self.layer,
            dtype=torch.float32,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
        missing = sorted(name for name in told["missing_keys"] if "pooler" not in name)
        if missing:
            raise OwnFolderUnusable(f"the weights in {folder} lack {missing[0]} and {len(missing) - 1} others")
        return model

    def score(self, texts: list[str], keys: list[str]) -> list[tuple[float, float, float]]:
        """(precision, recall, F1) of each text beside its key."""
        said, said_weights = self._vectors(texts)
        wanted, wanted_weights = self._vectors(keys)
        near = torch.bmm(said, wanted.transpose(1, 2))  # texts × tokens of a text × tokens of its key
        inside = (said_weights >= 0).unsqueeze(2) & (wanted_weights >= 0).unsqueeze(1)
        near = near.masked_fill(~inside, -2.0)  # below every cosine, so that padding is nobody's nearest
        precision = _mean(near.amax(dim=2), said_weights)
        recall = _mean(near.amax(dim=1), wanted_weights)
        f1 = 2 * precision * recall / (precision + recall)
        empty = (said_weights > 0).sum(dim=1).eq(0) | (wanted_weights > 0).sum(dim=1).eq(0)
        found = torch.stack((precision, recall, f1.nan_to_num(0.0)), dim=1).masked_fill(empty.unsqueeze(1), 0.0)
        return [(p, r, f) for p, r, f in found.double().cpu().tolist()]

    @torch.no_grad()
    def _vectors(self, texts: list[str]) -> tuple[Tensor, Tensor]:
        """Unit vectors (texts × tokens × width), and each token's weight: 0 for those at the ends, -1 for padding."""
        ids = [self._encode(text) for text in texts]
        lengths = [len(one) for one in ids]
        pad = self.tokenizer.pad_token_id or 0
        padded = pad_sequence([torch.tensor(one) for one in ids], batch_first=True, padding_value=pad).to(self.device)
        places = torch.arange(padded.shape[1], device=self.device)
        inside = places < torch.tensor(lengths, device=self.device).unsqueeze(1)
        vectors = self.model(padded, attention_mask=inside.long())[0].float()
        ends = (padded == self.tokenizer.cls_token_id) | (padded == self.tokenizer.sep_token_id)
        weights = torch.where(ends, 0.0, 1.0).masked_fill(~inside, -1.0)
        return vectors / vectors.norm(dim=-1, keepdim=True), weights

    def _encode(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer.encode(
            text.strip(), add_special_tokens=True, max_length=self.longest, truncation=True
        )
        if len(ids) >= self.longest and len(self.tokenizer.encode(text.strip(), verbose=False)) > self.longest:
            self.cut += 1
        return ids


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    used = weights.clamp(min=0.0)
    return (values * (used / used.sum(dim=1, keepdim=True))).sum(dim=1)


def _longest(config: Any, tokenizer: Any) -> int:
    """Tokens at most: what the tokenizer says, or where it says nothing what the encoder has places for."""
    places = getattr(config, "max_position_embeddings", 512)
    # RoBERTa and its kin count from behind the padding's place.
    if config.model_type in ("roberta", "xlm-roberta", "longformer", "camembert"):
        places -= (config.pad_token_id or 0) + 1
    return int(min(tokenizer.model_max_length, places))
