"""Keeps a family's own settings in what training saves: trainers write their ends and padding over them."""

from __future__ import annotations

import copy
from typing import Any

TOKENS = ("bos_token_id", "eos_token_id", "pad_token_id")
ABSENT = object()


class OwnSettings:
    """Made before a trainer is: takes down what the model came with."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._generation = copy.deepcopy(model.generation_config)
        configs = (model.config, model.config.get_text_config())
        self._tokens = [(config, name, vars(config).get(name, ABSENT)) for config in configs for name in TOKENS]

    def put_back(self) -> None:
        """Before the model is saved."""
        self._model.generation_config = self._generation
        for config, name, value in self._tokens:
            if value is ABSENT:
                vars(config).pop(name, None)
            else:
                setattr(config, name, value)
