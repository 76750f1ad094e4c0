"""What every job asks of its rows' values, whoever wrote the file: `python -m medgr2 job` meets no other gate.

TypeScript asks the same, and more, in src/sdk/gate.ts. A chat template would make the word `None` of what is missing.
"""

from __future__ import annotations

import math
import re
from typing import Any

from medgr2.training_faults import RowError

#: What a job asks with or teaches. A response may be empty: a policy may have said nothing.
MUST_SAY = ("prompt", "completion")
#: What a template or a table makes of a value that is not there. `None` may be an answer.
NOTHING = r"\s*(?:undefined|null|nan|NaN|\[object Object\])?\s*"
NO_ANSWER = re.compile(rf"<answer>{NOTHING}</answer>")
LOWEST_GRADE, HIGHEST_GRADE = -6.0, 10.0


def check_values(path: str, rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    """Raises RowError that names file, row, id and column. `columns` are those that the job reads."""
    for index, row in enumerate(rows):
        for column in columns:
            problem = _problem(column, row.get(column))
            if problem is not None:
                raise RowError(f"{path} row {index} (id {row.get('id')}): {column} {problem}")
        if "pair" in columns and (problem := _pair_problem(row)) is not None:
            raise RowError(f"{path} row {index} (id {row.get('id')}): {problem}")


def check_ids(path: str, rows: list[dict[str, Any]]) -> None:
    """For jobs that find answers or rewards by id: of two rows with one, the second would pass for the first."""
    seen: dict[Any, int] = {}
    for index, row in enumerate(rows):
        other = seen.setdefault(row["id"], index)
        if other != index:
            raise RowError(f"{path}: the rows {other} and {index} have the id {row['id']}; give each an id of its own")


def _problem(column: str, value: Any) -> str | None:
    if column == "grade":
        return None if value is None else _grade_problem(value)
    if column == "responses":
        wrong = value is not None and not (isinstance(value, list) and all(isinstance(one, str) for one in value))
        return "is no list of texts" if wrong else None
    if column in ("image", "pair", "chosen"):  # looked at where they are opened, and where pairs are made
        return None
    if not isinstance(value, str):
        return "is missing" if value is None else f"is {value!r}, and no text"
    if column == "completion" and NO_ANSWER.search(value):
        return "has an answer that says nothing"
    if column in MUST_SAY and re.fullmatch(NOTHING, value):
        return f'says "{value.strip()}"' if value.strip() else "is empty"
    return "is empty" if column == "id" and not value else None


def _pair_problem(row: dict[str, Any]) -> str | None:
    pair, chosen = row.get("pair"), row.get("chosen")
    if row.get("grade") is None and pair is None:
        return "it has neither a grade nor a pair, so there is nothing to learn from it"
    if (pair is None) != (chosen is None):
        return "pair and chosen go together"
    if chosen is not None and not isinstance(chosen, bool):
        return f"chosen is {chosen!r}, and neither true nor false"
    return None


def _grade_problem(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return f"is {value!r}, and no number"
    if not LOWEST_GRADE <= value <= HIGHEST_GRADE:
        return f"is {value}, and grades go from {LOWEST_GRADE:.0f} to {HIGHEST_GRADE:.0f}"
    return None
