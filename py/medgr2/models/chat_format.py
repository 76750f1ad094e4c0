"""One turn in a family's own chat format: how the prompt stands, what precedes a response, and what ends it.

Asked of the template itself with a word of ours in the place of a response, so that no template's trimming or hiding of
reasoning reaches a real one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jinja2

STAND_IN = "medgr2response"


class NoChatFormat(ValueError):
    """A model folder does not say in which form the model is talked to."""


@dataclass(frozen=True)
class Turn:
    #: Whitespace between the prompt and a response.
    before: str
    #: The token that ends a response, by its number.
    end: int


def prompt_messages(prompt: str) -> list[dict[str, Any]]:
    """One user turn: the image, then the prompt."""
    return [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": prompt}]}]


@lru_cache(maxsize=4096)  # a template takes its time, and a prompt is asked for in lengths, batches and responses
def prompt_text(processor: Any, prompt: str) -> str:
    """The prompt in the model's chat format, ending where the assistant begins to answer."""
    if is_prefix_model(processor):
        return f"{processor.image_token}{prompt}"
    return _render(processor, prompt_messages(prompt), add_generation_prompt=True)


def is_prefix_model(processor: Any) -> bool:
    """PaliGemma has no turns: the image, a prompt, a line's end (which its processor writes), the answer."""
    return type(processor).__name__ == "PaliGemmaProcessor"


def adds_special_tokens(processor: Any, text: str) -> bool:
    """As transformers' `apply_chat_template` has it: the tokenizer opens a text that the template did not open."""
    bos = processor.tokenizer.bos_token
    return not (bos is not None and text.startswith(bos))


@lru_cache(maxsize=32)
def turn_of(processor: Any) -> Turn:
    """The form of a response of this model."""
    if is_prefix_model(processor):
        return Turn("", processor.tokenizer.eos_token_id)
    prompt = prompt_text(processor, "?")
    whole = _whole(processor)
    before, _, after = whole.rpartition(STAND_IN)
    gap = before[len(prompt) :] if before.startswith(prompt) else ""
    return Turn(gap if not gap.strip() else "", _end(processor, after))


def _whole(processor: Any) -> str:
    """Prompt and stand-in as the template has them; templates differ in the form in which they take an answer."""
    for content in ([{"type": "text", "text": STAND_IN}], STAND_IN):
        try:
            text = _render(processor, [*prompt_messages("?"), {"role": "assistant", "content": content}])
        except NoChatFormat:
            continue
        if STAND_IN in text:
            return text
    return STAND_IN


def _end(processor: Any, after: str) -> int:
    """The first special token that the template writes after a response; the tokenizer's end where it writes none."""
    tokenizer = processor.tokenizer
    special = {number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    special |= set(tokenizer.all_special_ids)
    for number in tokenizer(after, add_special_tokens=False).input_ids if after else []:
        if number in special:
            return int(number)
    if tokenizer.eos_token_id is None:
        raise NoChatFormat(f"{tokenizer.name_or_path}: neither chat template nor tokenizer say what ends a response")
    return int(tokenizer.eos_token_id)


def end_ids(model: Any, processor: Any) -> list[int]:
    """All tokens that end a response: the generation configuration's, the tokenizer's and the template's."""
    given = model.generation_config.eos_token_id
    given = given if isinstance(given, list) else [given]
    found = [*given, processor.tokenizer.eos_token_id, turn_of(processor).end]
    return list(dict.fromkeys(int(number) for number in found if number is not None))


def _render(processor: Any, messages: list[dict[str, Any]], add_generation_prompt: bool = False) -> str:
    try:
        return processor.apply_chat_template(messages, tokenize=False, add_generation_prompt=add_generation_prompt)
    except (jinja2.TemplateError, TypeError, ValueError, AttributeError) as error:
        where = processor.tokenizer.name_or_path
        raise NoChatFormat(
            f"{where}: its chat template cannot be used: {str(error).strip().partition(chr(10))[0] or error!r}; a base "
            "model has none: take an instruction-tuned one, or put its chat_template.jinja into the folder"
        ) from error
