"""From the columns of a file back to the frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from jobindsats_pandas.disclosure import UNKNOWN, Cells, CellStatus, DiscretionisedArray, Registry
from jobindsats_pandas.parquet.columns import MISSING_PERIOD, STATUS_LABELS
from jobindsats_pandas.parquet.labels import labels_restored, scalar_restored

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["to_frame"]


class _Columns:
    """The columns of a table, each with the codes of its labels, taken apart once."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.known: dict[tuple[str, tuple[str, ...]], NDArray[np.integer]] = {}
        self.addresses: dict[str, NDArray[np.int64]] = {}

    def array(self, name: str) -> Any:
        return self.table.column(name).combine_chunks() if self.table.num_rows else self.table.column(name)

    def numbers(self, name: str, dtype: type) -> NDArray[Any]:
        """The bare numbers of a column; what stands where it is null means nothing."""
        chunks: list[NDArray[Any]] = [
            np.frombuffer(chunk.buffers()[1], dtype=dtype, count=chunk.offset + len(chunk))[chunk.offset :]
            for chunk in self.table.column(name).chunks
            if len(chunk)
        ]
        # A copy also of one piece: Arrow's memory cannot be written to, and a frame's can.
        return np.concatenate([np.empty(0, dtype=dtype), *chunks])

    def codes(self, name: str, labels: Sequence[str]) -> NDArray[np.integer]:
        """Positions of a dictionary column's values among known labels; -1 for null."""
        key = (name, tuple(labels))
        if key not in self.known:
            self.known[key] = self._codes(name, labels)
        return self.known[key]

    def _codes(self, name: str, labels: Sequence[str]) -> NDArray[np.integer]:
        places = {label: place for place, label in enumerate(labels)}
        pieces = [np.empty(0, dtype=np.int8)]
        for chunk in self.table.column(name).unify_dictionaries().chunks:
            recode = np.array([places[text] for text in chunk.dictionary.to_pylist()] + [-1], dtype=np.int32)
            indices = chunk.indices
            if indices.null_count:
                indices = indices.fill_null(len(recode) - 1)
            codes = indices.to_numpy(zero_copy_only=False)
            same = not indices.null_count and (recode[:-1] == np.arange(len(recode) - 1)).all()
            pieces.append(codes if same and not chunk.null_count else recode[codes])
        return np.concatenate(pieces)


def to_frame(table: pa.Table, spec: dict[str, Any]) -> pd.DataFrame:
    """Turn the columns of a file into the frame that they were made of."""
    columns = _Columns(table)
    labels = {
        column["file"]: list(column["periods"]) if column["kind"] == "period" else column["categories"]
        for column in spec["columns"]
        if column["kind"] in {"period", "category", "objects"}
    }
    registries = [Registry.from_json(text) for text in spec["registries"]]
    restored = [_restored(columns, column, labels, registries) for column in spec["columns"]]
    levels, rest = restored[: spec["index"]["columns"]], restored[spec["index"]["columns"] :]
    index = _index_restored(spec, levels, table.num_rows)
    # Objects stay objects only as a series that says so.
    data = [pd.Series(one, index=index, dtype=object) if isinstance(one, np.ndarray) else one for one in rest]
    frame = pd.DataFrame(dict(enumerate(data)), copy=False, index=index)
    frame.columns = labels_restored(spec["labels"])
    frame.attrs = spec["attrs"]
    return frame


def _index_restored(spec: dict[str, Any], levels: Sequence[Any], rows: int) -> pd.Index:
    names = [scalar_restored(name) for name in spec["index"]["names"]]
    if "range" in spec["index"]:
        start, stop, step = spec["index"]["range"]
        whole = pd.RangeIndex(start, stop, step, name=names[0])
        # One file of a directory holds some of the rows.
        return whole if len(whole) == rows else pd.RangeIndex(rows, name=names[0])
    if spec["index"]["nested"]:
        return pd.MultiIndex.from_arrays(levels, names=names)
    made: pd.Index = pd.Index(
        levels[0], name=names[0], dtype=object if isinstance(levels[0], np.ndarray) else None
    )
    if spec["index"].get("freq") and rows == spec["rows"]:
        made = pd.DatetimeIndex(made, freq=spec["index"]["freq"])
    return made


def _restored(
    columns: _Columns,
    column: dict[str, Any],
    labels: Mapping[str, Sequence[str]],
    registries: Sequence[Registry],
) -> Any:
    name = column["file"]
    if column["kind"] == "guarded":
        return _guarded_restored(columns, column, labels, registries)
    if column["kind"] == "objects":
        objects = np.array([*labels_restored(column["exact"]), np.nan, None], dtype=object)[:-1]
        found = objects[columns.codes(name, labels[name])]
        return found if column["dtype"] == "object" else pd.array(found, dtype=column["dtype"])
    if column["kind"] == "category":
        exact = column.get("exact")
        categories = labels_restored(exact) if exact else pd.Index(list(labels[name]), dtype="str")
        return pd.Categorical.from_codes(
            columns.codes(name, labels[name]), categories, ordered=column["ordered"]
        )
    if column["kind"] == "period":
        ordinals = np.array([*column["periods"].values(), MISSING_PERIOD], dtype=np.int64)
        codes = columns.codes(name, labels[name])
        periods: Any = pd.PeriodIndex
        return periods.from_ordinals(ordinals[codes], freq=column["freq"]).array
    array = columns.array(name)
    if column["kind"] == "text" and pa.types.is_dictionary(array.type):
        array = array.cast(pa.string())
    one = pa.table({"x": array}).replace_schema_metadata({"pandas": column["pandas"]}).to_pandas()["x"]
    return one.to_numpy(dtype=object) if column["dtype"] == "object" else one.array


def _guarded_restored(
    columns: _Columns,
    column: dict[str, Any],
    labels: Mapping[str, Sequence[str]],
    registries: Sequence[Registry],
) -> DiscretionisedArray:
    status = columns.codes(column["status"], STATUS_LABELS).astype(np.uint8)
    whole = column["dtype"] == "discretionised[Int64]"
    values = columns.numbers(column["file"], np.int64 if whole else np.float64)
    addresses = columns.addresses[column["file"]] = _addresses_restored(
        columns, column["parts"], labels, status
    )
    left = column.get("left")
    if left is None:
        # Written before there were holes, which were called absent then.
        status[(status == CellStatus.ABSENT) & (addresses == UNKNOWN)] = CellStatus.HOLE
    cells = Cells(
        values, status, addresses, registries[column["registry"]], column["dropped"], tuple(left or ())
    )
    return DiscretionisedArray.from_cells(cells)


def _addresses_restored(
    columns: _Columns, recipe: dict[str, Any], labels: Mapping[str, Sequence[str]], status: NDArray[np.uint8]
) -> NDArray[np.int64]:
    if "like" in recipe:
        return columns.addresses[recipe["like"]] + np.int64(recipe["shift"])
    if "file" in recipe:
        return columns.numbers(recipe["file"], np.int64)
    addresses = np.full(len(status), recipe["constant"], dtype=np.int64)
    for name, table in recipe["sums"].items():
        addresses += np.array(table, dtype=np.int64).take(columns.codes(name, labels[name]), mode="wrap")
    for key, code in (("absent", CellStatus.ABSENT), ("hole", CellStatus.HOLE)):
        if recipe.get(key) is not None:
            addresses[status == code] = recipe[key]
    return addresses
