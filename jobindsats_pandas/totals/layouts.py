"""From one column per measure to one row per cell, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas.disclosure import CellStatus, DiscretionisedArray, DiscretionisedDtype
from jobindsats_pandas.errors import QueryError
from jobindsats_pandas.kinds import is_count
from jobindsats_pandas.totals.cells import MEASURE, STATUS, VALUE, guarded_columns, is_long

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

__all__ = ["to_long", "to_wide"]

_STATUS_LABELS = [status.label for status in CellStatus]


def to_long(frame: pd.DataFrame) -> pd.DataFrame:
    """Stack the measures: one row for each cell, with the columns ``measure``, ``value`` and ``status``.

    The index is numbered anew, as after reading. A long frame comes back as it is.
    """
    if is_long(frame):
        return frame
    guarded = guarded_columns(frame)
    labels = [place for place in range(frame.shape[1]) if place not in {taken for taken, _ in guarded}]
    taken = {MEASURE, VALUE, STATUS} & {frame.columns[place] for place in labels}
    if taken:
        raise QueryError(
            f"The frame has a column {taken.pop()!r} already, which the long layout needs; rename it."
        )
    count, rows = len(guarded), len(frame)
    names = [str(frame.columns[place]) for place, _ in guarded]
    names = [
        name if names.count(name) == 1 else f"{name} [{_measure_id(array, place)}]"
        for name, (place, array) in zip(names, guarded, strict=True)
    ]
    whole = all(array.dtype.kind == "i" for _, array in guarded)
    dtype = DiscretionisedDtype("Int64" if whole else "Float64")
    order = np.arange(count * rows).reshape(count, rows).T.ravel()
    value = pd.concat([pd.Series(array.astype(dtype)) for _, array in guarded], ignore_index=True).array
    value = value.take(order)
    columns = [frame.iloc[:, place].array.repeat(count) for place in labels]
    columns += [
        pd.Categorical.from_codes(
            np.tile(np.arange(count, dtype=np.int32), rows), pd.Index(names, dtype="str")
        ),
        value,
        _status_categorical(value.status),
    ]
    long = _frame([*(frame.columns[place] for place in labels), MEASURE, VALUE, STATUS], columns)
    return _with_layout(long, frame, "long")


def to_wide(frame: pd.DataFrame) -> pd.DataFrame:
    """Spread the measures of a long frame: one column for each. A wide frame comes back as it is.

    Cells whose row is gone, by a filter for instance, are *not available*: they are not known to be 0.
    """
    if not is_long(frame):
        return frame
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise QueryError(
            f"Two columns bear the name {twice[0]!r}; rename one of them, then spread the measures."
        )
    array: Any = frame[VALUE].array
    measures = pd.Categorical(frame[MEASURE])
    labels = [name for name in frame.columns if name not in {MEASURE, VALUE, STATUS}]
    keys = frame[labels].reset_index(drop=True)
    present = [
        code for code in range(len(measures.categories)) if (measures.codes == code).any() or not len(frame)
    ]
    if labels:
        rows = keys.groupby(list(keys.columns), observed=True, sort=False, dropna=False).ngroup().to_numpy()
    else:
        rows = np.zeros(len(frame), dtype=np.int64)
    count = int(rows.max()) + 1 if len(rows) else 0
    first = np.full(count, -1)
    first[rows[::-1]] = np.arange(len(rows))[::-1]
    columns = [keys.iloc[first].iloc[:, place].array for place in range(len(labels))]
    for code in present:
        where = np.flatnonzero(measures.codes == code)
        if len(np.unique(rows[where])) < len(where):
            raise QueryError(
                f"The frame has several rows of the measure {measures.categories[code]!r} for the same"
                f" {', '.join(map(repr, labels)) or 'row'}. Bring back the columns that tell them apart."
            )
        places = np.full(count, -1)
        places[rows[where]] = where
        columns.append(_one_measure(array, places, str(measures.categories[code])))
    names = [*labels, *(_bare(str(measures.categories[code]), array) for code in present)]
    return _with_layout(_frame(names, columns), frame, "wide")


def _one_measure(array: DiscretionisedArray, places: NDArray[np.intp], name: str) -> DiscretionisedArray:
    cells = array.cells
    found = places >= 0
    status = (
        np.where(found, cells.status[places], np.uint8(CellStatus.NOT_AVAILABLE))
        if len(cells)
        else cells.status
    )
    addresses = np.where(found, cells.addresses[places], -1) if len(cells) else cells.addresses
    values = cells.values[places] if len(cells) else cells.values
    made = DiscretionisedArray(values, status, addresses, cells.registry)
    named = cells.registry.measures(made.addresses)
    counted = all(is_count(text) for text in [measure.name for _, measure in named] or [name])
    shown = values[made.visible]
    whole = counted and bool((shown == np.trunc(shown)).all())
    return made.astype(DiscretionisedDtype("Int64" if whole else "Float64"))  # type: ignore[no-any-return]


def _bare(name: str, array: DiscretionisedArray) -> str:
    """A measure's name as the wide layout has it: two of one name differ by their id in the long layout alone."""
    for _, measure in array.registry.measures(array.addresses):
        if name == f"{measure.name} [{measure.id}]":
            return measure.name
    return name


def _measure_id(array: DiscretionisedArray, place: int) -> str:
    found = array.registry.measures(array.addresses)
    return found[0][1].id if found else str(place)


def _status_categorical(status: NDArray[np.uint8]) -> pd.Categorical:
    return pd.Categorical.from_codes(status.astype(np.int8), pd.Index(_STATUS_LABELS, dtype="str"))


def _frame(names: Sequence[Hashable], columns: Sequence[Any]) -> pd.DataFrame:
    # By position first: two columns may bear one name, and both are kept.
    # Objects stay objects only as a series that says so.
    series = [pd.Series(one, dtype=object) if str(one.dtype) == "object" else one for one in columns]
    frame = pd.DataFrame(dict(enumerate(series)), copy=False)
    frame.columns = pd.Index(
        list(names), dtype="str" if all(isinstance(name, str) for name in names) else None
    )
    return frame


def _with_layout(made: pd.DataFrame, frame: pd.DataFrame, layout: str) -> pd.DataFrame:
    made.attrs = dict(frame.attrs)
    if "jobindsats" in made.attrs:
        made.attrs["jobindsats"] = {**made.attrs["jobindsats"], "layout": layout}
    return made
