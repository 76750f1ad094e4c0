"""BERTScore by an encoder of the caller's: the formula worked out word by word, and the authors' package if there."""

from __future__ import annotations

import importlib.util
import json
import socket
from pathlib import Path
from typing import Any

import encoder_folders
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import torch
from job_fixtures import Kept
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoTokenizer

from medgr2.clinical.own_folder import OwnFolderUnusable
from medgr2.texts import bertscore

TEXTS = [
    "No pleural effusion is seen.",
    "The left lung mass",
    "a",
    "fracture of the right lung, small",
    "",
    "large mass " * 20,
]
KEYS = ["There is no pleural effusion", "mass of the left lung", "b", "a small fracture", "mass", "a large mass"]
FOLDERS = {"bert": encoder_folders.bert, "roberta": encoder_folders.roberta}


def by_hand(folder: Path, layer: int, longest: int, text: str, key: str) -> list[float]:
    """One pair at a time through the whole encoder, in loops."""
    model = AutoModel.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)

    def vectors(said: str) -> tuple[list[torch.Tensor], list[bool]]:
        ids = tokenizer.encode(said.strip(), max_length=longest, truncation=True)
        with torch.no_grad():
            states = model(torch.tensor([ids]), output_hidden_states=True).hidden_states[layer][0]
        return list(states), [one not in (tokenizer.cls_token_id, tokenizer.sep_token_id) for one in ids]

    (said, counts), (wanted, others) = vectors(text), vectors(key)
    if not any(counts) or not any(others):
        return [0.0, 0.0, 0.0]

    def mean(ones: list[torch.Tensor], counted: list[bool], others: list[torch.Tensor]) -> float:
        best = [max(torch.cosine_similarity(one, other, dim=0).item() for other in others) for one in ones]
        return sum(value for value, counts in zip(best, counted, strict=True) if counts) / sum(counted)

    precision, recall = mean(said, counts, wanted), mean(wanted, others, said)
    return [precision, recall, 2 * precision * recall / (precision + recall)]


def run(folder: Path, tmp_path: Path, **more: Any) -> tuple[dict[str, Any], list[dict[str, float]]]:
    data = tmp_path / "texts.parquet"
    parquet.write_table(pa.table({"text": TEXTS, "key": KEYS}), data)
    spec = {
        "data": str(data),
        "outDir": str(tmp_path / "out"),
        "seed": 0,
        "device": "cpu",
        "threads": 1,
        "batchSize": 4,
    }
    result = bertscore.run({**spec, "model": str(folder), **more}, Kept())  # type: ignore[arg-type]
    return result, [json.loads(line) for line in Path(result["scores"]).open()]


@pytest.mark.parametrize(("kind", "layer", "longest"), [("bert", 2, 24), ("bert", 3, 24), ("roberta", 1, 64)])
def test_every_figure_is_the_formulas(kind: str, layer: int, longest: int, tmp_path: Path) -> None:
    folder = FOLDERS[kind](tmp_path / kind)
    result, scores = run(folder, tmp_path, layer=layer)
    found = [[line["precision"], line["recall"], line["f1"]] for line in scores]
    wanted = [by_hand(folder, layer, longest, *pair) for pair in zip(TEXTS, KEYS, strict=True)]
    assert torch.allclose(torch.tensor(found), torch.tensor(wanted), atol=2e-6)
    assert found[4] == [0.0, 0.0, 0.0] and 0 < found[0][2] < 0.999
    assert (result["layer"], result["cut"], result["count"]) == (layer, 1, len(TEXTS))


@pytest.mark.skipif(importlib.util.find_spec("bert_score") is None, reason="the authors' package is not installed")
def test_every_figure_is_the_packages(tmp_path: Path) -> None:
    import bert_score

    folder = encoder_folders.bert(tmp_path / "bert")
    _, scores = run(folder, tmp_path, layer=2)
    theirs = bert_score.BERTScorer(str(folder), num_layers=2, device="cpu", use_fast_tokenizer=True)
    filled = [index for index, text in enumerate(TEXTS) if text]
    figures = theirs.score([TEXTS[index] for index in filled], [KEYS[index] for index in filled])
    for name, values in zip(("precision", "recall", "f1"), figures, strict=True):
        assert torch.allclose(torch.tensor([scores[index][name] for index in filled]), values, atol=2e-6)


def test_the_last_layer_is_taken_where_the_authors_chose_none(tmp_path: Path) -> None:
    result, _ = run(encoder_folders.bert(tmp_path / "bert"), tmp_path)
    assert (result["layer"], result["layers"]) == (3, 3)


def test_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(OwnFolderUnusable, match="roberta-large is no folder; a metric's model is never downloaded"):
        run(Path("roberta-large"), tmp_path)
    bare = encoder_folders.bert(tmp_path / "bare")
    (bare / "tokenizer.json").unlink()
    with pytest.raises(OwnFolderUnusable, match=r"the encoder in .*/bare cannot be opened"):
        run(bare, tmp_path)


def test_weights_that_are_not_there_are_never_made_up(tmp_path: Path) -> None:
    folder = encoder_folders.bert(tmp_path / "bert")
    weights = load_file(folder / "model.safetensors")
    del weights["encoder.layer.1.output.dense.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(OwnFolderUnusable, match=r"lack encoder\.layer\.1\.output\.dense\.weight"):
        run(folder, tmp_path)
    with pytest.raises(OwnFolderUnusable, match=r"layer 4 was asked for, and the encoder in .* has 3"):
        run(folder, tmp_path, layer=4)
