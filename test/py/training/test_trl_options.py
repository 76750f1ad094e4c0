"""How annotations of TRL's options are told in JSON's terms."""

import dataclasses
from enum import StrEnum
from typing import Any, Literal

from medgr2.trl_options import describe_type, fields_of


class Speed(StrEnum):
    SLOW = "slow"
    FAST = "fast"


@dataclasses.dataclass
class Options:
    speed: Speed | str = dataclasses.field(default=Speed.FAST, metadata={"help": "How fast,\n  in 10%% of cases."})
    names: list[str] = dataclasses.field(default_factory=lambda: ["a"])
    hidden: int = dataclasses.field(default=1, init=False)


def test_types() -> None:
    assert describe_type(int | None) == [{"type": "integer"}, {"type": "null"}]
    assert describe_type(bool) == [{"type": "boolean"}]
    assert describe_type(Speed | str) == [{"type": "enum", "values": ["slow", "fast"]}]
    assert describe_type(str | Literal[False]) == [{"type": "string"}, {"type": "enum", "values": [False]}]
    assert describe_type(dict[str, Any] | str) == [{"type": "record", "values": [{"type": "any"}]}, {"type": "string"}]
    assert describe_type(list[float]) == [{"type": "array", "items": [{"type": "number"}]}]
    assert describe_type(dict) == [{"type": "record", "values": [{"type": "any"}]}]
    assert describe_type(Options) == [{"type": "object"}]


def test_fields() -> None:
    speed, names = fields_of(Options)
    assert speed == {
        "name": "speed",
        "types": [{"type": "enum", "values": ["slow", "fast"]}],
        "default": "fast",
        "help": "How fast, in 10% of cases.",
    }
    assert names["default"] == ["a"]
