"""How likely a policy finds given responses: log-probabilities of their tokens after image and prompt. No sampling."""

from __future__ import annotations

from typing import Any

import torch

from medgr2.encode import Row, encode


def vocabulary_logits(model: Any, hidden_ND: torch.Tensor) -> torch.Tensor:
    """The model's scores over its vocabulary (N, V) at some positions, as its own forward pass would have them."""
    logits_NV = model.lm_head(hidden_ND).float()
    config = model.config.get_text_config()
    scale = getattr(config, "logit_scale", None)
    if scale is not None:
        logits_NV = logits_NV * scale
    divisor = getattr(config, "logits_scaling", None)
    if divisor is not None:
        logits_NV = logits_NV / divisor
    cap = getattr(config, "final_logit_softcapping", None)
    # PaliGemma's own forward pass leaves out the cap that its text model's configuration names.
    if cap is not None and model.config.model_type != "paligemma":
        logits_NV = torch.tanh(logits_NV / cap) * cap
    return logits_NV


@torch.inference_mode()
def response_log_likelihoods(model: Any, processor: Any, rows: list[Row]) -> list[tuple[float, int]]:
    """For each row the sum of the log-probabilities of the response's tokens and of the turn's end, and their number.

    A row's `prefix` is what the assistant has said before (its reasoning, or nothing): read, not counted. Prefix and
    response are joined as text and tokenised as one, as the model would meet them; what counts is every token after
    the longest start that prefix and whole have in common.
    """
    encoded = encode(processor, rows)
    inputs = {name: value.to(model.device) for name, value in encoded.inputs.items()}
    # Position t predicts token t + 1.
    predicts_BT = encoded.response_BT[:, 1:].to(model.device)
    hidden_BTD = model.model(**inputs, use_cache=False).last_hidden_state[:, :-1]
    # Only the response's positions need scores over the vocabulary, the widest thing here.
    logits_NV = vocabulary_logits(model, hidden_BTD[predicts_BT])
    targets_N = inputs["input_ids"][:, 1:][predicts_BT]
    logp_N = -torch.nn.functional.cross_entropy(logits_NV, targets_N, reduction="none")
    counts = predicts_BT.sum(dim=1).tolist()
    return [(float(part.sum()), len(part)) for part in logp_N.split(counts)]
