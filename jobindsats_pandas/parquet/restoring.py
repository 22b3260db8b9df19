"""From the columns of a file back to the frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from jobindsats_pandas.disclosure import Cells, CellStatus, DiscretionisedArray, Registry
from jobindsats_pandas.disclosure.cells import restored
from jobindsats_pandas.parquet.columns import MISSING_PERIOD, STATUS_LABELS
from jobindsats_pandas.parquet.labels import labels_plain, labels_restored, scalar_restored
from jobindsats_pandas.parquet.pieces import changed

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from jobindsats_pandas.parquet.pieces import Columns

__all__ = ["narrowed", "to_frame"]


def narrowed(spec: dict[str, Any], wanted: Collection[Any]) -> dict[str, Any]:
    """What is said of a frame, without its guarded columns that nobody wants.

    Columns of labels tell which cells the others are; so does a guarded column that another's cells follow from. All of it
    where nothing is wanted by name, or what is not there: whoever takes the columns tells.
    """
    if not wanted:
        return spec
    labels, levels = labels_restored(spec["labels"]), spec["index"]["columns"]
    if not set(wanted) <= set(labels):
        return spec
    named = [*([True] * levels), *(label in wanted for label in labels)]
    columns = list(zip(named, spec["columns"], strict=True))
    bases = {column["parts"].get("like") for name, column in columns if name and column["kind"] == "guarded"}
    kept = [
        place
        for place, (name, column) in enumerate(columns)
        if name or column["kind"] != "guarded" or column["file"] in bases
    ]
    return {
        **spec,
        "columns": [spec["columns"][place] for place in kept],
        "labels": labels_plain(labels[[place - levels for place in kept[levels:]]]),
    }


def to_frame(columns: Columns, spec: dict[str, Any]) -> pd.DataFrame:
    """Turn the columns of a file, or of several, into the frame that they were made of.

    Raises
    ------
    ProvenanceError
        If they are not what was written.
    """
    restoring = _Restoring(columns, spec)
    restored = [restoring.column(column) for column in spec["columns"]]
    levels, rest = restored[: spec["index"]["columns"]], restored[spec["index"]["columns"] :]
    index = _index_restored(spec, levels, columns.rows)
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


class _Restoring:
    """The columns of a file, and what was restored of them so far."""

    def __init__(self, columns: Columns, spec: dict[str, Any]) -> None:
        self.columns = columns
        self.labels: dict[str, Sequence[str]] = {
            column["file"]: list(column["periods"]) if column["kind"] == "period" else column["categories"]
            for column in spec["columns"]
            if column["kind"] in {"period", "category", "objects"}
        }
        self.registries = [Registry.from_json(text) for text in spec["registries"]]
        self.addresses: dict[str, NDArray[np.int64]] = {}

    def column(self, column: dict[str, Any]) -> Any:
        """Restore one column of the frame, or one level of its index."""
        name = column["file"]
        if column["kind"] == "guarded":
            return self._guarded(column)
        if column["kind"] == "objects":
            objects = np.array([*labels_restored(column["exact"]), np.nan, None], dtype=object)[:-1]
            found = objects[self._codes(name)]
            return found if column["dtype"] == "object" else pd.array(found, dtype=column["dtype"])
        if column["kind"] == "category":
            exact = column.get("exact")
            categories = labels_restored(exact) if exact else pd.Index(list(self.labels[name]), dtype="str")
            return pd.Categorical.from_codes(self._codes(name), categories, ordered=column["ordered"])
        if column["kind"] == "period":
            ordinals = np.array([*column["periods"].values(), MISSING_PERIOD], dtype=np.int64)
            periods: Any = pd.PeriodIndex
            return periods.from_ordinals(ordinals[self._codes(name)], freq=column["freq"]).array
        array = self.columns.array(name)
        one = pa.table({"x": array}).replace_schema_metadata({"pandas": column["pandas"]}).to_pandas()["x"]
        return one.to_numpy(dtype=object) if column["dtype"] == "object" else one.array

    def _codes(self, name: str) -> NDArray[np.integer]:
        return self.columns.codes(name, self.labels[name])

    def _guarded(self, column: dict[str, Any]) -> DiscretionisedArray:
        codes = self.columns.codes(column["status"], STATUS_LABELS)
        if codes.min(initial=0) < 0:
            raise changed(self.columns.name, f"cells of its column {column['status']!r} have no status")
        status = codes.astype(np.uint8)
        values, missing = self.columns.numbers(column["file"])
        addresses = self.addresses[column["file"]] = self._addresses(column["parts"], status)
        registry = self.registries[column["registry"]]
        cells = Cells(values, status, addresses, registry, column["dropped"])
        array = DiscretionisedArray.from_cells(restored(cells, column.get("left")))
        if not np.array_equal(array.visible, ~missing):
            told = f"numbers of its column {column['file']!r} stand where none was shown, or lack"
            raise changed(self.columns.name, told)
        return array

    def _addresses(self, recipe: dict[str, Any], status: NDArray[np.uint8]) -> NDArray[np.int64]:
        if "like" in recipe:
            return self.addresses[recipe["like"]] + np.int64(recipe["shift"])
        if "file" in recipe:
            return self.columns.numbers(recipe["file"])[0]
        addresses = np.full(len(status), recipe["constant"], dtype=np.int64)
        for name, table in recipe["sums"].items():
            addresses += np.array(table, dtype=np.int64).take(self._codes(name), mode="wrap")
        for key, code in (("absent", CellStatus.ABSENT), ("hole", CellStatus.HOLE)):
            if recipe.get(key) is not None:
                addresses[status == code] = recipe[key]
        return addresses
