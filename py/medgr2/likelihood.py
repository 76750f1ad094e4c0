"""How likely a policy finds given responses: log-probabilities of their tokens after image and prompt. No sampling."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils.checkpoint import checkpoint

from medgr2.encode import Row, encode
from medgr2.sharding import sharding

#: Bytes of the widest tensor at once, float32 scores over the vocabulary; its softmax takes as much again.
SCORES_BYTES = 2**28


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


def target_log_likelihoods(model: Any, hidden_ND: torch.Tensor, targets_N: torch.Tensor) -> torch.Tensor:
    """Log-probability (N,) of each target after its hidden state, some positions at a time.

    All at once they cost 1.25 MB a position with a vocabulary of 150,000. Where gradients are taken, a part's scores
    are made again on the way back.
    """

    def part(some_ND: torch.Tensor, some_N: torch.Tensor) -> torch.Tensor:
        return -torch.nn.functional.cross_entropy(vocabulary_logits(model, some_ND), some_N, reduction="none")

    size = max(1, SCORES_BYTES // (4 * model.config.get_text_config().vocab_size))
    # Ranks that share weights must call each layer equally often.
    if len(targets_N) <= size or (sharding() is not None and torch.is_grad_enabled()):
        return part(hidden_ND, targets_N)
    parts = zip(hidden_ND.split(size), targets_N.split(size), strict=True)
    if torch.is_grad_enabled():
        return torch.cat([checkpoint(part, *some, use_reentrant=False) for some in parts])
    return torch.cat([part(*some) for some in parts])


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
    # Only the response's positions need scores over the vocabulary.
    logp_N = target_log_likelihoods(model, hidden_BTD[predicts_BT], inputs["input_ids"][:, 1:][predicts_BT])
    counts = predicts_BT.sum(dim=1).tolist()
    return [(float(part.sum()), len(part)) for part in logp_N.split(counts)]
