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


def _grade_problem(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return f"is {value!r}, and no number"
    if not LOWEST_GRADE <= value <= HIGHEST_GRADE:
        return f"is {value}, and grades go from {LOWEST_GRADE:.0f} to {HIGHEST_GRADE:.0f}"
    return None
