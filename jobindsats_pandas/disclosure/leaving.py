"""How numbers leave the guarded dtype: what is refused, what warns, what is written."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas.disclosure.building import is_na
from jobindsats_pandas.disclosure.callers import (
    Purpose,
    drawing,
    gone_over,
    picture,
    purpose,
    stripping,
    warn_drawn,
    warn_removed,
)
from jobindsats_pandas.disclosure.cells import Cells, CellStatus, count_hidden, is_missing
from jobindsats_pandas.disclosure.nullable import concatenated, converted
from jobindsats_pandas.disclosure.reductions import biased, checked
from jobindsats_pandas.disclosure.scalars import scalars_of
from jobindsats_pandas.disclosure.sums import check_sums, sums_allowed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["as_numbers", "as_objects", "as_text", "leave", "one_by_one", "read_only"]

_PLAIN_OUT = "df.jobindsats.plain() gives ordinary numbers with the statuses beside them"


def leave(cells: Cells, how: str, *, typed: bool = True) -> Purpose:
    """Notice that plain numbers leave: refuse a sum, warn of hidden cells."""
    why = purpose(typed=typed)
    if why is Purpose.SUM:
        checked(cells, None, 1, "sum")
    elif why is Purpose.WINDOW_SUM:
        checked(cells, None, 1, "sum over windows, which is checked over the whole column")
    elif why is Purpose.WINDOW_APPLY:
        _warn_unguarded_windows(cells)
    elif why is Purpose.STATISTIC:
        # pandas drops what is missing itself before it looks for the smallest.
        biased(cells, how, dropped=cells.dropped)
    elif why is Purpose.EXPORT:
        _warn_leaving(cells, how)
    elif why is Purpose.DRAWING:
        _mind_picture(cells)
    return why


def one_by_one(cells: Cells) -> Iterator[Any]:
    """Single cells, for whoever iterates: a picture is minded, and who makes bare numbers of them is warned."""
    if drawing():
        _mind_picture(cells)
    elif count_hidden(cells.status) and (how := stripping()):
        _warn_leaving(cells, how)
    return scalars_of(cells)


def _mind_picture(cells: Cells) -> None:
    """Warn where what is drawn on top of each other, or as shares of a whole, does not add."""
    drawn = picture()
    if drawn is None or sums_allowed():
        return
    found = [getattr(getattr(one, "array", one), "cells", None) for one in drawn.columns]
    columns = [one for one in found if isinstance(one, Cells) and len(one) == len(cells)] or [cells]
    rows = np.tile(np.arange(len(cells)), len(columns)) if len(columns) > 1 else None
    together = concatenated([converted(one, whole=False) for one in columns])
    check = check_sums(together, rows, 1 if rows is None else len(cells))
    if not check.valid:
        warn_drawn(
            f"{drawn.name}: what it shows as a sum is none ({', '.join(check.reasons_of())}): hidden cells are drawn"
            " as 0, and numbers that do not add stand on top of each other. df.jobindsats.plot() draws lines and bars."
        )


def _warn_unguarded_windows(cells: Cells) -> None:
    check = check_sums(cells)
    if not check.valid and not sums_allowed():
        warn_removed(
            f"apply: the function gets bare numbers of windows over a column that does not add as a whole"
            f" ({', '.join(check.reasons_of())}); nothing tells whether it adds them. {_PLAIN_OUT}."
        )


def _warn_leaving(cells: Cells, how: str) -> None:
    def told() -> str:
        over = gone_over(cells)
        dropped = sum(one.dropped for one in over)
        changed = dropped + sum(int(np.count_nonzero(one.status == CellStatus.FILLED)) for one in over)
        hidden = changed + sum(count_hidden(one.status) for one in over)
        return (
            f"{how}: {hidden:,} of {sum(map(len, over)) + dropped:,} cells are hidden or not available"
            f"{', or were before they were filled or dropped' if changed else ''};"
            f" they leave as missing values, and nothing guards sums of what leaves. {_PLAIN_OUT}."
        )

    if cells.dropped or count_hidden(cells.status) or (cells.status == CellStatus.FILLED).any():
        warn_removed(told)


def as_numbers(cells: Cells, dtype: Any, na_value: Any = pd.api.extensions.no_default, *, copy: bool) -> Any:
    """Cells as a numpy array of a dtype, by default int64 or float64; read-only where it is the column's own memory."""
    missing = is_missing(cells.status)
    given = na_value is not pd.api.extensions.no_default
    if dtype is None:
        dtype = np.float64 if missing.any() else cells.values.dtype
        if given and not is_na(na_value) and float(na_value).is_integer():
            dtype = cells.values.dtype
    dtype = np.dtype(dtype)
    if dtype.kind == "O":
        objects = as_objects(cells)
        if given:
            objects[missing] = na_value
        return objects
    if dtype.kind in "iub" and missing.any() and (not given or is_na(na_value)):
        raise ValueError(
            f"cannot convert to '{dtype}'-dtype NumPy array with missing values."
            " Specify an appropriate 'na_value' for this dtype."
        )
    result: Any = cells.values.astype(dtype, copy=copy or bool(missing.any()))
    if missing.any():
        result[missing] = np.nan if not given or na_value is pd.NA else na_value
    # The frame's own memory: writing into it would change what was published, and say so nowhere.
    return read_only(result) if result is cells.values else result


def as_objects(cells: Cells) -> NDArray[np.object_]:
    """Single cells in an array of objects."""
    # None of these objects can be garbage yet, and the collector would look at them again and again.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return np.fromiter(scalars_of(cells), dtype=object, count=len(cells))
    finally:
        if collecting:
            gc.enable()


def as_text(cells: Cells, dtype: Any) -> Any:
    """Numbers as text; what is not shown is missing, or ``nan`` where text knows nothing missing."""
    text = np.array([str(number) for number in cells.values.tolist()], dtype=object)
    if isinstance(dtype, pd.StringDtype):
        text[is_missing(cells.status)] = dtype.na_value
        return pd.array(text, dtype=dtype)
    text[is_missing(cells.status)] = "nan"
    return text.astype(dtype)


def read_only(array: Any) -> Any:
    """Look at the same memory without being able to write to it."""
    view = array.view()
    view.flags.writeable = False
    return view
