"""Checks what crosses to and from TypeScript against contract.json, which `npm run codegen` makes from zod schemas."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from medgr2.spec_rules import spec_problems

CONTRACT_FILE = Path(__file__).with_name("contract.json")


class ContractError(ValueError):
    """A spec, event or result does not have the agreed form. Raised where the value was made."""


@cache
def _contract() -> dict[str, dict[str, Any]]:
    contract: dict[str, dict[str, Any]] = json.loads(CONTRACT_FILE.read_text(encoding="utf-8"))
    return contract


@cache
def _validator(part: str, name: str) -> Draft202012Validator:
    return Draft202012Validator(_contract()[part][name])


def _check(part: str, tag: str, what: str, value: Any) -> None:
    name = value.get(tag) if isinstance(value, dict) else None
    if not isinstance(name, str) or name not in _contract()[part]:
        known = ", ".join(_contract()[part])
        raise ContractError(f"{what}: `{tag}` is {name!r}; known: {known}")
    error = best_match(_validator(part, name).iter_errors(value))
    if error is not None:
        at = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in error.absolute_path)
        # What may not be there at all says why in its description.
        why = error.schema["description"] if error.validator == "not" else error.message
        raise ContractError(f"{what} `{name}`{at}: {why}")


def with_defaults(spec: Any) -> Any:
    """A spec as a person may write it, with what was left out. What is wrong in it stays, for `check_spec` to find."""
    kind = spec.get("kind") if isinstance(spec, dict) else None
    schema = _contract()["specs"].get(kind) if isinstance(kind, str) else None
    return spec if schema is None else _filled(spec, schema)


def _filled(value: Any, schema: dict[str, Any]) -> Any:
    if not isinstance(value, dict):
        return value
    properties = schema.get("properties", {})
    given = {name: _filled(inner, properties.get(name, {})) for name, inner in value.items()}
    missing = {name: part["default"] for name, part in properties.items() if name not in value and "default" in part}
    return {**missing, **given}


def check_spec(spec: Any) -> None:
    _check("specs", "kind", "job spec", spec)
    problems = spec_problems(spec, _contract()["optionRules"])
    if problems:
        raise ContractError("; ".join(f"job spec `{spec['kind']}`.{path}: {why}" for path, why in problems))


def check_event(event: Any) -> None:
    _check("events", "type", "job event", event)


def check_result(result: Any) -> None:
    _check("results", "kind", "job result", result)
