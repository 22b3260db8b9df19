"""The rows of an answer as Arrow columns: what they are made from again in a fraction of the time that JSON takes.

Names are dictionaries with places as narrow as they fit, and stand once where the rows are a grid; numbers of few decimals
are integers, and what the answer has as null is null.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from jobindsats_pandas.fast_rows import Labels, Rows
from jobindsats_pandas.grids import Grid, Numbers, narrowed, narrowest

__all__ = ["VERSION", "dump_rows", "load_rows"]

#: Of these columns and of the reading of rows that they are made from; another makes them anew.
VERSION = "rows 2"

#: Rows times columns below which the JSON is read as quickly.
SMALL = 8_000


def dump_rows(rows: Rows | Grid) -> bytes | None:
    """Write rows as a stream of Arrow's; None if they are few, or hold a name that cannot be written."""
    if rows.count * len(rows.columns) < SMALL:
        return None
    told: dict[str, Any] = {"columns": rows.columns}
    try:
        if isinstance(rows, Rows):
            first, numbers = [*map(_label_column, rows.labels)], [*map(narrowed, rows.numbers)]
        else:
            first, numbers = [] if rows.came is None else [pa.array(rows.came.ravel())], list(rows.numbers)
            told["names"] = rows.names
        told["decimals"] = [each.decimals for each in numbers]
        arrays = [*first, *map(_number_column, numbers)]
        # By place: columns may have one name.
        fields = [pa.field(str(place), array.type) for place, array in enumerate(arrays)]
        batch = pa.record_batch(arrays, schema=pa.schema(fields, metadata={"rows": json.dumps(told)}))
    except (UnicodeError, pa.ArrowException):  # half of a surrogate pair
        return None
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def load_rows(columns: bytes, label_count: int) -> Rows | Grid | None:
    """Read what `dump_rows` wrote; None if it has another number of columns of names.

    Examples
    --------
    >>> column = Labels(("2026M05",), np.zeros(9_000, np.int32))
    >>> rows = Rows(("Periode", "Antal"), (column,), (np.arange(9_000.0),))
    >>> load_rows(dump_rows(rows), 1).numbers[0][-1]
    np.float64(8999.0)
    """
    with pa.ipc.open_stream(columns, options=pa.ipc.IpcReadOptions(use_threads=False)) as reader:
        batch = reader.read_next_batch()
    told = json.loads(batch.schema.metadata[b"rows"])
    heads, decimals = tuple(told["columns"]), told["decimals"]
    if len(heads) - len(decimals) != label_count:
        return None
    first, last = batch.columns[: -len(decimals)], batch.columns[-len(decimals) :]
    if "names" not in told:
        labels = (
            Labels(tuple(column.dictionary.to_pylist()), column.indices.to_numpy().astype(np.int32))
            for column in first
        )
        numbers = (_numbers(*one, (-1,)).floats() for one in zip(last, decimals, strict=True))
        return Rows(heads, tuple(labels), tuple(numbers))
    empty = Grid(heads, tuple(map(tuple, told["names"])), ())
    came = [column.to_numpy(zero_copy_only=False).reshape(empty.shape) for column in first]
    return replace(
        empty,
        numbers=tuple(_numbers(*one, empty.shape) for one in zip(last, decimals, strict=True)),
        came=came[0] if came else None,
    )


def _numbers(column: Any, decimals: int, shape: tuple[int, ...]) -> Numbers:
    """Look at a column without copying its numbers; so they can only be read."""
    valid, data = column.buffers()
    values = np.frombuffer(data or b"", column.type.to_pandas_dtype(), len(column)).reshape(shape)
    nulls = None
    if column.null_count:
        bits = np.unpackbits(np.frombuffer(valid, np.uint8), count=len(column), bitorder="little")
        nulls = (bits ^ 1).view(np.bool_).reshape(shape)
    return Numbers(values, nulls, decimals)


def _number_column(numbers: Numbers) -> Any:
    """Write numbers as they stand, under a null too."""
    values = np.ascontiguousarray(numbers.values)
    valid = None
    if numbers.nulls is not None:
        valid = pa.py_buffer(np.packbits(~numbers.nulls.ravel(), bitorder="little"))
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, values.size, [valid, pa.py_buffer(values)])


def _label_column(labels: Labels) -> Any:
    codes = labels.codes.astype(narrowest(0, len(labels.names) - 1))
    return pa.DictionaryArray.from_arrays(codes, pa.array(labels.names, pa.string()))
