"""Tiny random encoders of real classes, as folders with their tokenizers."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast, RobertaConfig, RobertaModel

TEXT = "no pleural effusion is seen there the left right lung mass of small large a fracture , . - ##s ##al x"


def bert(folder: Path, layers: int = 3) -> Path:
    """A BERT whose vectors differ from word to word, as those of a trained one do."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocab = {word: index for index, word in enumerate([*special, *TEXT.split(), *"abcdefghijklmnopqrstuvwxyz"])}
    tokens = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    tokens.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokens.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    pair = [("[CLS]", vocab["[CLS]"]), ("[SEP]", vocab["[SEP]"])]
    tokens.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B [SEP]", pair)
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokens, model_max_length=24, **names).save_pretrained(folder)
    torch.manual_seed(1)
    sizes = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 32}
    config = BertConfig(vocab_size=len(vocab), num_hidden_layers=layers, initializer_range=0.3, **sizes)
    BertModel(config).save_pretrained(folder)
    return folder


def roberta(folder: Path, layers: int = 2) -> Path:
    """A RoBERTa with a byte-level tokenizer that says nothing of how long a text may be."""
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {word: index for index, word in enumerate([*special, *letters])}
    tokens = Tokenizer(models.BPE(vocab, [], unk_token="<unk>"))
    tokens.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokens.decoder = decoders.ByteLevel()
    tokens.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=True)
    names = {"pad_token": "<pad>", "unk_token": "<unk>", "cls_token": "<s>", "sep_token": "</s>"}
    PreTrainedTokenizerFast(tokenizer_object=tokens, **names).save_pretrained(folder)
    torch.manual_seed(2)
    sizes = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 66}
    config = RobertaConfig(
        vocab_size=len(vocab), num_hidden_layers=layers, initializer_range=0.3, pad_token_id=1, **sizes
    )
    RobertaModel(config).save_pretrained(folder)
    return folder
