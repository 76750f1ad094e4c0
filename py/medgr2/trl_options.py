"""`python -m medgr2.trl_options`: the fields of the installed TRL's SFTConfig and GRPOConfig, as one JSON object.

`npm run codegen` writes the TypeScript schemas of `trl` from it. Types are told in JSON's terms, because options come
from YAML and JSON: an enum is its values, and a type that has no form in JSON is told as `object`.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import sys
import types
import typing
from enum import Enum
from typing import Any

Kind = dict[str, Any]

_PLAIN = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}


def describe_type(annotation: Any) -> list[Kind]:
    """The alternatives of an annotation, each once, in the order in which they are written."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        found = [kind for argument in arguments for kind in describe_type(argument)]
        if any(isinstance(argument, type) and issubclass(argument, Enum) for argument in arguments):
            # `SchedulerType | str`: the text is only how the enum is written down.
            found = [kind for kind in found if kind["type"] != "string"]
        return [kind for index, kind in enumerate(found) if kind not in found[:index]]
    if origin is typing.Literal:
        return [{"type": "enum", "values": list(arguments)}]
    if origin is list or annotation is list:
        return [{"type": "array", "items": describe_type(arguments[0]) if arguments else [{"type": "any"}]}]
    if origin is dict or annotation is dict:
        return [{"type": "record", "values": describe_type(arguments[1]) if arguments else [{"type": "any"}]}]
    if annotation is Any:
        return [{"type": "any"}]
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [{"type": "enum", "values": [member.value for member in annotation]}]
    return [{"type": _PLAIN.get(annotation, "object")}]


def default_of(field: dataclasses.Field[Any]) -> Any:
    """The default as JSON has it; None also where there is none."""
    value: Any = None
    if field.default is not dataclasses.MISSING:
        value = field.default
    elif field.default_factory is not dataclasses.MISSING:
        value = field.default_factory()
    return value.value if isinstance(value, Enum) else value


def fields_of(config: type) -> list[dict[str, Any]]:
    """Every option that the config takes, in the order of its parameters."""
    hints = typing.get_type_hints(config)
    return [
        {
            "name": field.name,
            "types": describe_type(hints[field.name]),
            "default": default_of(field),
            "help": " ".join(str(field.metadata.get("help") or "").replace("%%", "%").split()),
        }
        for field in dataclasses.fields(config)
        if field.init
    ]


def main() -> None:
    from trl import GRPOConfig, SFTConfig

    options = {
        "versions": {name: importlib.metadata.version(name) for name in ("trl", "transformers")},
        "sft": fields_of(SFTConfig),
        "grpo": fields_of(GRPOConfig),
    }
    json.dump(options, sys.stdout, allow_nan=False)


if __name__ == "__main__":
    main()
