"""JSON that every parser takes: NaN and Infinity become null, numpy and tensor scalars become plain numbers.

Bytes, sets and other objects are refused by an error that names the type: they would not mean the same elsewhere.
"""

import json
import math
from typing import Any

from medgr2.node.message_size import check_size


class UnsendableError(TypeError):
    """A value that JSON does not have."""


def strict_dumps(value: Any) -> str:
    """One line of ASCII JSON."""
    try:
        return json.dumps(value, allow_nan=False, default=_scalar, separators=(",", ":"))
    except ValueError:
        return json.dumps(_finite(value, set()), allow_nan=False, default=_scalar, separators=(",", ":"))
    except UnsendableError:
        raise
    except TypeError as error:  # a key that is neither a string nor a number
        raise UnsendableError(str(error)) from error


def to_plain(value: Any) -> Any:
    """The value as its receiver will read it."""
    return json.loads(check_size(strict_dumps(value)))


def _scalar(value: Any) -> Any:
    """numpy scalars and tensors of one element; they are known by `item` and `ndim`, so neither library is imported."""
    if hasattr(value, "item") and getattr(value, "size", None) is not None and _is_single(value):
        return value.item()
    raise UnsendableError(f"a {type(value).__name__} cannot be sent as JSON; send numbers, strings, lists and dicts")


def _is_single(value: Any) -> bool:
    return bool(value.numel() == 1) if hasattr(value, "numel") else bool(value.size == 1)


def _finite(value: Any, above: set[int]) -> Any:
    """A copy in which numbers that JSON cannot hold are None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (dict, list, tuple)):
        if id(value) in above:
            raise ValueError("a value that contains itself cannot be sent as JSON")
        inside = above | {id(value)}
        if isinstance(value, dict):
            return {str(key): _finite(item, inside) for key, item in value.items()}
        return [_finite(item, inside) for item in value]
    if value is None or isinstance(value, (str, int)):
        return value
    return _finite(_scalar(value), above)
