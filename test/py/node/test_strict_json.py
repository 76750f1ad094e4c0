"""What Python sends is JSON that every parser takes."""

import json
from math import inf, nan

import numpy as np
import pytest

from medgr2.node.message_size import MessageTooLarge
from medgr2.node.strict_json import UnsendableError, strict_dumps, to_plain


@pytest.mark.parametrize("value", [nan, inf, -inf, np.float64(nan), np.float32(inf), np.array(nan)])
def test_a_number_that_json_cannot_hold_becomes_null(value):
    assert to_plain({"a": [value, (1, value)]}) == {"a": [None, [1, None]]}


def test_numpy_scalars_become_plain_numbers():
    assert to_plain([np.int64(3), np.float32(0.5), np.bool_(True), np.array([2])]) == [3, 0.5, True, 2]


def test_one_line_of_ascii():
    text = strict_dumps({"text": "a\nb\u2028é\ud800", "n": nan})
    assert text.isascii() and "\n" not in text
    assert json.loads(text)["text"] == "a\nb\u2028é\ud800"


@pytest.mark.parametrize("value", [b"x", {1, 2}, object(), np.array([1, 2])])
def test_what_json_has_no_form_for_is_refused_by_name(value):
    with pytest.raises(TypeError, match=f"a {type(value).__name__} cannot be sent"):
        strict_dumps({"value": value})
    with pytest.raises(TypeError):
        strict_dumps([nan, value])


def test_a_value_that_contains_itself_is_refused():
    value: list = [nan]
    value.append(value)
    with pytest.raises(ValueError, match="contains itself"):
        strict_dumps(value)


def test_a_key_that_json_has_no_form_for_is_refused():
    with pytest.raises(UnsendableError, match="keys must be"):
        strict_dumps({b"key": 1})


def test_what_belongs_into_a_file_is_refused_by_its_size(monkeypatch):
    monkeypatch.setattr("medgr2.node.message_size.LONGEST_MESSAGE", 3 << 20)
    assert to_plain("x" * (1 << 20))
    with pytest.raises(MessageTooLarge, match="a message of 4 Mi characters is too large for the bridge"):
        to_plain(["x" * (4 << 20)])
