"""How likely a policy finds given responses: log-probabilities of their tokens after image and prompt. No sampling."""

from __future__ import annotations

from typing import Any

import torch

from medgr2.processing import open_image, prompt_text, response_end


@torch.inference_mode()
def response_log_likelihoods(
    model: Any, processor: Any, images: list[str], prompts: list[str], prefixes: list[str], responses: list[str]
) -> list[tuple[float, int]]:
    """For each row the sum of the log-probabilities of the response's tokens and of the turn's end, and their number.

    `prefixes` are what the assistant has said before (its reasoning, or nothing): read, not counted. Prefix and
    response are joined as text and tokenised as one, as the model would meet them; what counts is every token after
    the longest start that prefix and whole have in common.
    """
    end = response_end(processor)
    starts = [prompt_text(processor, prompt) + prefix for prompt, prefix in zip(prompts, prefixes, strict=True)]
    inputs = processor(
        images=[open_image(path) for path in images],
        text=[start + response + end for start, response in zip(starts, responses, strict=True)],
        padding=True,
        padding_side="right",
        return_tensors="pt",
    ).to(model.device)
    ids_BT, used_B = inputs["input_ids"], inputs["attention_mask"].sum(dim=1)
    counts = [
        _response_tokens(processor, prefix, response + end)
        for prefix, response in zip(prefixes, responses, strict=True)
    ]
    # Position t predicts token t + 1.
    predicts_BT = torch.zeros_like(ids_BT[:, 1:], dtype=torch.bool)
    for row, count in enumerate(counts):
        last = int(used_B[row])
        predicts_BT[row, last - 1 - count : last - 1] = True
    hidden_BTD = model.model(**inputs, use_cache=False).last_hidden_state[:, :-1]
    # Only the response's positions need scores over the vocabulary, the widest thing here.
    logits_NV = model.lm_head(hidden_BTD[predicts_BT]).float()
    logp_N = -torch.nn.functional.cross_entropy(logits_NV, ids_BT[:, 1:][predicts_BT], reduction="none")
    return [(float(part.sum()), len(part)) for part in logp_N.split(counts)]


def _response_tokens(processor: Any, prefix: str, response: str) -> int:
    """Tokens of prefix and response together that are not of the prefix alone."""
    whole: list[int] = processor.tokenizer(prefix + response, add_special_tokens=False).input_ids
    alone: list[int] = processor.tokenizer(prefix, add_special_tokens=False).input_ids if prefix else []
    common = 0
    while common < len(alone) and alone[common] == whole[common]:
        common += 1
    return len(whole) - common
