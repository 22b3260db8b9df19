"""The rows of an answer as Arrow columns: what they are made from again in a tenth of the time that JSON takes.

Names are dictionaries with places as narrow as they fit, numbers of few decimals are integers, and what the answer has
as null is null.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa

from jobindsats_pandas.fast_rows import Labels, Rows

__all__ = ["VERSION", "dump_rows", "load_rows"]

#: Of these columns and of the reading of rows that they are made from; another makes them anew.
VERSION = "rows 1"

#: Decimals that numbers are tried with; more are rare.
MOST_DECIMALS = 2

#: Rows times columns below which the JSON is read as quickly.
SMALL = 8_000


def dump_rows(rows: Rows) -> bytes | None:
    """Write rows as a stream of Arrow's; None if they are few, or hold a name that cannot be written."""
    if rows.count * len(rows.columns) < SMALL:
        return None
    try:
        numbers, decimals = zip(*map(_number_column, rows.numbers), strict=True)
        arrays = [*map(_label_column, rows.labels), *numbers]
        # By place: columns may have one name.
        told = {"rows": json.dumps({"columns": rows.columns, "decimals": decimals})}
        fields = [pa.field(str(place), array.type) for place, array in enumerate(arrays)]
        batch = pa.record_batch(arrays, schema=pa.schema(fields, metadata=told))
    except (UnicodeError, pa.ArrowException):  # half of a surrogate pair
        return None
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def load_rows(columns: bytes, label_count: int) -> Rows | None:
    """Read what `dump_rows` wrote; None if it has another number of columns of names.

    Examples
    --------
    >>> column = Labels(("2026M05",), np.zeros(9_000, np.int32))
    >>> rows = Rows(("Periode", "Antal"), (column,), (np.arange(9_000.0),))
    >>> load_rows(dump_rows(rows), 1).numbers[0][-1]
    np.float64(8999.0)
    """
    with pa.ipc.open_stream(columns) as reader:
        batch = reader.read_next_batch()
    told = json.loads(batch.schema.metadata[b"rows"])
    if len(told["columns"]) - len(told["decimals"]) != label_count:
        return None
    labels = tuple(
        Labels(tuple(column.dictionary.to_pylist()), column.indices.to_numpy().astype(np.int32))
        for column in batch.columns[:label_count]
    )
    numbers = tuple(
        _numbers(column, decimals)
        for column, decimals in zip(batch.columns[label_count:], told["decimals"], strict=True)
    )
    return Rows(tuple(told["columns"]), labels, numbers)


def _numbers(column: Any, decimals: int) -> np.ndarray:
    values: np.ndarray = column.to_numpy(zero_copy_only=False)
    if values.dtype != np.float64 or not values.flags.writeable:
        values = values.astype(np.float64)
    if decimals:
        values /= 10**decimals
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
