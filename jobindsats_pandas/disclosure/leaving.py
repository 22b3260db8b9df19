"""How numbers leave the guarded dtype: what is refused, what warns, and what still minds its sum outside."""

# ruff: noqa: SLF001 - an array may look inside others of its kind

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas.disclosure.building import nullable
from jobindsats_pandas.disclosure.callers import (
    Purpose,
    drawing,
    gone_over,
    in_statistic,
    multiplied,
    picture,
    purpose,
    stripping,
    warn_hidden,
    warn_removed,
)
from jobindsats_pandas.disclosure.cells import (
    Cells,
    concatenated,
    converted,
    count_hidden,
    unseen_of,
)
from jobindsats_pandas.disclosure.messages import OBJECTS_OF_PIVOT, sum_error, told_unseen
from jobindsats_pandas.disclosure.reductions import biased, checked
from jobindsats_pandas.disclosure.scalars import scalars_of
from jobindsats_pandas.disclosure.sums import check_rows, check_sums, sums_allowed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["ExportedNumbers", "as_array", "exported", "leave", "one_by_one", "read_only"]

_PLAIN_OUT = "df.jobindsats.plain() gives ordinary numbers with the statuses beside them"

#: What to call instead of pandas' own writers.
_WRITERS = {
    "to_csv": "df.jobindsats.to_csv(path) writes the statuses beside the numbers",
    "to_excel": "df.jobindsats.to_excel(path) writes <3 where a cell is hidden, and a sheet on the source",
}


def leave(cells: Cells, how: str, *, typed: bool = True) -> Purpose:
    """Notice that plain numbers leave: refuse a sum, warn of hidden cells."""
    why = purpose(typed=typed)
    if why is Purpose.SUM:
        checked(cells, None, 1, "sum")
    elif why is Purpose.WINDOW_SUM:
        checked(cells, None, 1, "sum over windows, which is checked as the sum of the whole column")
    elif why is Purpose.WINDOW_APPLY and not sums_allowed() and not (check := check_sums(cells)).valid:
        warn_removed(
            f"apply: the function gets bare numbers of windows over a column that does not add as a whole"
            f" ({', '.join(check.reasons_of())}); nothing tells whether it adds them. {_PLAIN_OUT}."
        )
    elif why is Purpose.PRODUCT and cells is (columns := _multiplied())[0]:
        _mind_rows(columns)
    elif why is Purpose.FRAMES and cells.missing.any():
        raise TypeError(
            "numpy's functions of two frames, or of a frame and a number, would put the number in the place of a hidden cell;"
            " take the columns one by one: df.apply(lambda column: np.maximum(column, 5))"
        )
    elif why is Purpose.STATISTIC:
        biased(cells, how)
    elif why is Purpose.WINDOW_STATISTIC:
        biased(
            cells,
            how,
            kept="a window with one shows nothing, or as min_periods= says the others",
        )
    elif why is Purpose.EXPORT:
        _warn_leaving(cells, how)
    elif why is Purpose.DRAWING:
        _mind_picture(cells)
    elif why is Purpose.WRITING:
        _mind_writing(cells)
    return why


def _mind_writing(cells: Cells) -> None:
    """Warn where cells are written into a column of plain numbers, which knows nothing of them."""
    if unseen_of([cells])[0]:
        _warn_leaving(cells, "writing")
    elif not sums_allowed() and not (check := check_sums(cells)).valid:
        warn_removed(
            f"writing: cells are written into a column of plain numbers; its sum does not mean anything"
            f" ({', '.join(check.reasons_of())}), and nothing guards it. Make the new column of the old one:"
            " df['new'] = df['old'].where(mask)."
        )


def _multiplied() -> list[Cells]:
    """The guarded columns of a frame that is multiplied; the first of them is asked for first."""
    found = (getattr(one.array, "cells", None) for one in multiplied())
    return [one for one in found if isinstance(one, Cells)]


def _mind_rows(columns: list[Cells]) -> None:
    check = check_rows(columns, np.zeros(len(columns[0]), dtype=bool))
    if len(columns) > 1 and not (sums_allowed() or check.valid):
        raise sum_error(check, "dot", units="rows")


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
        what = ["hidden cells are drawn as 0"] if unseen_of([together])[0] else []
        if drawn.name != "plot.area" or len(columns) > 1:
            what.append("numbers that do not add stand on top of each other")
        if not what:
            return
        warn_hidden(
            f"{drawn.name}: what it shows as a sum is none ({', '.join(check.reasons_of())}): {', and '.join(what)}."
            " df.jobindsats.plot() draws lines and bars.",
            about="drawn",
        )


def _warn_leaving(cells: Cells, how: str) -> None:
    def told(called: str) -> str:
        if called == "pivot":
            return f"{how}: {OBJECTS_OF_PIVOT}"
        return (
            f"{how}: {told_unseen(*unseen_of(gone_over(cells)))}; they leave as missing values, and nothing guards sums"
            f" of what leaves. {_WRITERS.get(called, _PLAIN_OUT)}."
        )

    if unseen_of([cells])[0]:
        warn_removed(told)


def as_array(cells: Cells, dtype: Any, na_value: Any = pd.api.extensions.no_default, *, copy: bool) -> Any:
    """Cells as a numpy array, as pandas' own arrays do it; single cells for ``object``."""
    if dtype is not None and np.dtype(dtype).kind == "O":
        objects = _as_objects(cells)
        if na_value is not pd.api.extensions.no_default:
            objects[cells.missing] = na_value
        return objects
    result = nullable(cells).to_numpy(dtype=dtype, copy=copy, na_value=na_value)
    # The frame's own memory: writing into it would change what was published, and say so nowhere.
    return read_only(result) if np.may_share_memory(result, cells.values) else result


def _as_objects(cells: Cells) -> NDArray[np.object_]:
    """Single cells in an array of objects."""
    # None of these objects can be garbage yet, and the collector would look at them again and again.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return np.fromiter(scalars_of(cells), dtype=object, count=len(cells))
    finally:
        if collecting:
            gc.enable()


def read_only(array: Any) -> Any:
    """Look at the same memory without being able to write to it."""
    view = array.view()
    view.flags.writeable = False
    return view


class ExportedNumbers(np.ndarray[Any, Any]):
    """An array like any other, but that adding its elements up raises; ``numpy.asarray`` makes it an ordinary one.

    Whatever is computed from it is an ordinary array. Means, variances and everything else work.
    """

    _cells: Cells | None = None

    def __array_finalize__(self, source: Any) -> None:
        # Copies and selections are still those numbers; what has another type (an order, a mask) is not.
        if isinstance(source, ExportedNumbers) and source.dtype == self.dtype:
            self._cells = source._cells

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **kwargs: Any
    ) -> Any:
        adding = (ufunc is np.add and method in ("reduce", "accumulate", "reduceat")) or ufunc is np.matmul
        if adding and not sums_allowed() and not in_statistic():
            for one in inputs:
                if isinstance(one, ExportedNumbers) and one._cells is not None and one.size > 1:
                    raise sum_error(check_sums(one._cells), "sum of numbers from to_numpy()")
        if out is not None:
            kwargs["out"] = tuple(_ordinary(one) for one in out)
        return getattr(ufunc, method)(*(_ordinary(one) for one in inputs), **kwargs)

    def argsort(self, *args: Any, **kwargs: Any) -> Any:
        """Return the order, an ordinary array."""
        return _ordinary(self).argsort(*args, **kwargs)

    def __reduce__(self) -> Any:
        return _ordinary(self).__reduce__()


def exported(values: NDArray[Any], cells: Cells) -> NDArray[Any]:
    """The numbers as they are if these cells may be added, else in an array that minds."""
    if len(values) < 2 or values.dtype.kind not in "iuf" or sums_allowed() or check_sums(cells).valid:
        return values
    numbers = values.view(ExportedNumbers)
    numbers._cells = cells
    return numbers


def _ordinary(one: Any) -> Any:
    return one.view(np.ndarray) if isinstance(one, ExportedNumbers) else one
