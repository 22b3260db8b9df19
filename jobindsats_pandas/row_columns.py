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
from jobindsats_pandas.grids import Grid

__all__ = ["VERSION", "dump_rows", "load_rows"]

#: Of these columns and of the reading of rows that they are made from; another makes them anew.
VERSION = "rows 2"

#: Decimals that numbers are tried with; more are rare.
MOST_DECIMALS = 2

#: Rows times columns below which the JSON is read as quickly.
SMALL = 8_000


def dump_rows(rows: Rows | Grid) -> bytes | None:
    """Write rows as a stream of Arrow's; None if they are few, or hold a name that cannot be written."""
    if rows.count * len(rows.columns) < SMALL:
        return None
    try:
        numbers, decimals = zip(*(_number_column(column.ravel()) for column in rows.numbers), strict=True)
        told: dict[str, Any] = {"columns": rows.columns, "decimals": decimals}
        if isinstance(rows, Rows):
            arrays = [*map(_label_column, rows.labels), *numbers]
        else:
            came = [] if rows.came is None else [pa.array(rows.came.ravel())]
            arrays = [*came, *numbers]
            told["names"] = rows.names
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
    decimals = told["decimals"]
    if len(told["columns"]) - len(decimals) != label_count:
        return None
    others, columns_of_numbers = batch.columns[: -len(decimals)], batch.columns[-len(decimals) :]
    numbers = [_numbers(*one) for one in zip(columns_of_numbers, decimals, strict=True)]
    if "names" not in told:
        labels = tuple(
            Labels(tuple(column.dictionary.to_pylist()), column.indices.to_numpy().astype(np.int32))
            for column in others
        )
        return Rows(tuple(told["columns"]), labels, tuple(numbers))
    empty = Grid(tuple(told["columns"]), tuple(map(tuple, told["names"])), ())
    came = [column.to_numpy(zero_copy_only=False).reshape(empty.shape) for column in others]
    return replace(
        empty,
        numbers=tuple(values.reshape(empty.shape) for values in numbers),
        came=came[0] if came else None,
    )


def _numbers(column: Any, decimals: int) -> np.ndarray:
    """Numbers as float64, NaN for null: written to by nobody else."""
    if not len(column):
        return np.empty(0)
    valid, data = column.buffers()
    kind = np.dtype(column.type.to_pandas_dtype())
    values = np.frombuffer(data, kind, len(column), column.offset * kind.itemsize).astype(np.float64)
    if decimals:
        values /= 10**decimals
    if column.null_count:
        bits = np.unpackbits(
            np.frombuffer(valid, np.uint8), count=column.offset + len(column), bitorder="little"
        )
        values[np.flatnonzero(bits[column.offset :] == 0)] = np.nan
    return values


def _label_column(labels: Labels) -> Any:
    codes = _narrow(labels.codes, 0, len(labels.names) - 1)
    return pa.DictionaryArray.from_arrays(codes, pa.array(labels.names, pa.string()))


def _number_column(numbers: np.ndarray) -> tuple[Any, int]:
    """Numbers as integers of so many decimals, if all of them come back from that to the last bit, else as they are."""
    missing = np.isnan(numbers)
    mask = missing if missing.any() else None
    filled = numbers if mask is None else np.where(missing, 0.0, numbers)
    for decimals in range(MOST_DECIMALS + 1):
        scaled = np.rint(filled * 10**decimals)
        if np.array_equal(scaled / 10**decimals, filled):
            low, high = (scaled.min(), scaled.max()) if len(scaled) else (0, 0)
            return pa.array(_narrow(scaled, low, high), mask=mask), decimals
    return pa.array(filled, mask=mask), 0


def _narrow(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Whole numbers in the narrowest type that holds them."""
    types = (np.int8, np.int16, np.int32)
    fitting = (kind for kind in types if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max)
    return values.astype(next(fitting, np.int64))
