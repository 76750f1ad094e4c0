"""Reads a job's rows from Parquet and names what is missing, before any model is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet

Row = dict[str, Any]


def read_rows(path: str, required: tuple[str, ...]) -> list[Row]:
    """All rows of a Parquet file as dictionaries, in file order."""
    table = parquet.read_table(path)
    missing = [name for name in required if name not in table.column_names]
    if missing:
        raise ValueError(f"{path} has no column {', '.join(missing)}; it has {', '.join(table.column_names)}")
    if table.num_rows == 0:
        raise ValueError(f"{path} has no rows; there is nothing to work on")
    rows: list[Row] = table.to_pylist()
    for index, row in enumerate(rows):
        if "image" in required and not Path(row["image"]).is_file():
            raise ValueError(f"{path} row {index} (id {row.get('id')}): no image at {row['image']}")
    return rows
