"""A job's rows: read from Parquet, with what is missing named before a model is loaded, and taken in batches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
from pyarrow import ArrowException

from medgr2.node.job_channel import Channel, JobCancelled
from medgr2.rows.row_gate import check_values

Row = dict[str, Any]


def read_rows(path: str, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> list[Row]:
    """All rows of a Parquet file as dictionaries, in file order. The two are the columns that the job reads."""
    try:
        table = parquet.read_table(path)
    except (OSError, ArrowException) as error:  # pyarrow's own words name no file
        raise ValueError(f"{path} cannot be read as Parquet: {error}") from error
    missing = [name for name in required if name not in table.column_names]
    if missing:
        raise ValueError(f"{path} has no column {', '.join(missing)}; it has {', '.join(table.column_names)}")
    if table.num_rows == 0:
        raise ValueError(f"{path} has no rows; there is nothing to work on")
    rows: list[Row] = table.to_pylist()
    for index, row in enumerate(rows):
        if "image" in required and not (row["image"] and Path(row["image"]).is_file()):
            raise ValueError(f"{path} row {index} (id {row.get('id')}): no image at {row['image']}")
    check_values(path, rows, (*required, *optional))
    return rows


def in_batches(rows: list[Row], plan: list[list[int]], channel: Channel) -> Iterator[tuple[list[int], list[Row]]]:
    """(positions, rows) of each batch. Tells the progress after each; raises JobCancelled when told to stop."""
    total = sum(len(batch) for batch in plan)
    done = 0
    for batch in plan:
        if channel.should_stop():
            raise JobCancelled(f"stopped after {done} of {total} rows")
        yield batch, [rows[index] for index in batch]
        done += len(batch)
        channel.emit({"type": "progress", "done": done, "total": total})
