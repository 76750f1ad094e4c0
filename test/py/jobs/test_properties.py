"""What crosses the bridge and what jobs read, against values and files that nobody would write by hand.

Whatever comes in is taken whole or refused by an error that says what it is about. Prints how many inputs were tried.
"""

import json
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medgr2.contract import ContractError, _contract, check_event, check_result, check_spec, with_defaults
from medgr2.node.strict_json import UnsendableError, strict_dumps, to_plain
from medgr2.rows.read_rows import read_rows

TRIED = {"inputs": 0}
#: The same examples every time: a failure on one machine is a failure on all.
steady = settings(
    derandomize=True, database=None, deadline=None, max_examples=150, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module", autouse=True)
def tell(request):
    yield
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\nstrict JSON, rows and contract: {TRIED['inputs']} inputs tried")


def tried() -> None:
    TRIED["inputs"] += 1


numbers = st.one_of(st.integers(), st.floats(), st.booleans(), st.none())
arrays = st.one_of(
    st.floats(width=32).map(np.float32),
    st.floats().map(np.array),
    st.integers(-9, 9).map(np.int64),
    st.just(np.bool_(True)),
)
sendable = st.recursive(
    st.one_of(numbers, st.text(), arrays),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=4)),
    max_leaves=12,
)
unsendable = st.one_of(
    st.binary(),
    st.complex_numbers(),
    st.sets(st.integers(), min_size=1),
    st.just(object()),
    st.just(np.array([1.0, 2.0])),
)


def refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


def as_read(value):
    """What the receiver must see."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: as_read(item) for key, item in value.items()}
    return [as_read(item) for item in value] if isinstance(value, list) else value


class TestStrictJson:
    @steady
    @given(sendable)
    def test_every_value_arrives_as_it_is_but_for_numbers_that_json_has_not(self, value):
        tried()
        text = strict_dumps(value)
        assert text.isascii() and "\n" not in text
        assert json.loads(text, parse_constant=refuse_constant) == as_read(value) == to_plain(value)

    @steady
    @given(sendable, unsendable)
    def test_what_json_has_no_form_for_is_refused_wherever_it_stands(self, value, strange):
        tried()
        with pytest.raises(UnsendableError, match="cannot be sent as JSON"):
            strict_dumps({"value": value, "list": [math.nan, {"strange": strange}]})


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**6), 10**6), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)


def changed(names: dict[str, list[str]], tag: str):
    """A known kind, some of its own fields, and any values in them."""

    def fields(kind: str):
        own = st.sampled_from(names[kind] or ["x"])
        return st.dictionaries(st.one_of(own, st.text(max_size=5)), json_values, max_size=6).map(
            lambda given: {**given, tag: kind}
        )

    return st.sampled_from(sorted(names)).flatmap(fields)


def fields_of(part: str) -> dict[str, list[str]]:
    return {kind: list(schema.get("properties", {})) for kind, schema in _contract()[part].items()}


class TestContract:
    @steady
    @given(st.one_of(json_values, st.dictionaries(st.sampled_from(["kind", "type", "step"]), json_values)))
    def test_anything_is_taken_or_refused_by_name(self, value):
        tried()
        for check, tag in ((check_spec, "kind"), (check_event, "type"), (check_result, "kind")):
            with pytest.raises(ContractError, match=f"`{tag}`|job "):
                check(value)

    @steady
    @given(changed(fields_of("specs"), "kind"))
    def test_a_spec_of_any_fields_is_taken_or_refused_by_its_kind(self, spec):
        tried()
        try:
            check_spec(with_defaults(spec))
        except ContractError as error:
            assert spec["kind"] in str(error)

    @steady
    @given(changed(fields_of("events"), "type"))
    def test_an_event_of_any_fields_is_taken_or_refused_by_its_type(self, event):
        tried()
        try:
            check_event(event)
        except ContractError as error:
            assert event["type"] in str(error)

    @steady
    @given(json_values)
    def test_defaults_are_filled_into_anything_and_take_nothing_away(self, value):
        tried()
        filled = with_defaults(value)
        if not isinstance(value, dict):
            assert filled is value


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("rows")
    (folder / "image.png").write_bytes(b"not looked into")
    return folder


def read(path: Path, required: tuple[str, ...] = ("id", "image")):
    """The rows, or None where they were refused by an error that names the file."""
    tried()
    try:
        return read_rows(str(path), required)
    except ValueError as error:
        assert path.name in str(error)
        return None


class TestRows:
    @steady
    @given(st.binary(max_size=200))
    def test_a_file_of_any_bytes_is_refused_by_its_name(self, folder, content):
        path = folder / "any-bytes.parquet"
        path.write_bytes(content)
        assert read(path) is None

    @steady
    @given(
        st.lists(
            st.fixed_dictionaries(
                {
                    "id": st.one_of(st.none(), st.text(max_size=5)),
                    "image": st.sampled_from(["here", "gone", "", "folder", None]),
                    "text": st.one_of(st.none(), st.text(max_size=5)),
                }
            ),
            max_size=4,
        )
    )
    def test_any_rows_are_read_whole_or_refused(self, folder, rows):
        names = {"here": str(folder / "image.png"), "gone": str(folder / "gone.png"), "folder": str(folder)}
        rows = [{**row, "image": names.get(row["image"], row["image"])} for row in rows]
        path = folder / "any-rows.parquet"
        columns = [("id", pa.string()), ("image", pa.string()), ("text", pa.string())]
        parquet.write_table(pa.Table.from_pylist(rows, schema=pa.schema(columns)), path)
        usable = bool(rows) and all(row["image"] == names["here"] and row["id"] for row in rows)
        assert read(path) == (rows if usable else None)

    @steady
    @given(st.sampled_from(["cut", "append", "flip"]), st.floats(0, 1, exclude_max=True))
    def test_a_damaged_file_is_read_as_a_table_or_refused(self, folder, how, place):
        rows = [{"id": f"row {n}", "image": str(folder / "image.png")} for n in range(5)]
        path = folder / "damaged.parquet"
        parquet.write_table(pa.Table.from_pylist(rows), path)
        content = bytearray(path.read_bytes())
        at = int(place * len(content))
        if how == "cut":
            content = content[:at]
        elif how == "append":
            content += b"more"
        else:
            content[at] ^= 1 << int(place * 7)
        path.write_bytes(bytes(content))
        kept = read(path)
        if how != "flip":
            assert kept in (None, rows)
