"""How numbers leave the guarded dtype: what is refused, what warns, what is written."""

# ruff: noqa: SLF001 - an array may look inside others of its kind

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.api.types import pandas_dtype

from jobindsats_pandas.disclosure.arrow import to_arrow
from jobindsats_pandas.disclosure.building import is_na
from jobindsats_pandas.disclosure.callers import (
    Purpose,
    called_directly,
    drawing,
    gone_over,
    picture,
    purpose,
    stripping,
    warn_drawn,
    warn_removed,
)
from jobindsats_pandas.disclosure.cells import CellStatus, count_hidden, is_missing
from jobindsats_pandas.disclosure.display import texts
from jobindsats_pandas.disclosure.dtype import DiscretionisedDtype
from jobindsats_pandas.disclosure.exported import exported
from jobindsats_pandas.disclosure.reductions import Reductions
from jobindsats_pandas.disclosure.scalars import scalars_of
from jobindsats_pandas.disclosure.storage import DECIMAL, read_only
from jobindsats_pandas.disclosure.sums import check_sums, sums_allowed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["Leaving"]

_PLAIN_OUT = "df.jobindsats.plain() gives ordinary numbers with the statuses beside them"


class Leaving(Reductions):
    """To numpy, to other dtypes, to text, to files."""

    def __iter__(self) -> Iterator[Any]:
        if drawing():
            self._mind_picture()
        elif count_hidden(self._status) and (how := stripping()):
            self._warn_leaving(how)
        return scalars_of(self.cells)

    def _objects(self) -> NDArray[np.object_]:
        result = np.empty(len(self), dtype=object)
        # None of these objects can be garbage yet, and the collector would look at them again and again.
        collecting = gc.isenabled()
        gc.disable()
        try:
            result[:] = list(scalars_of(self.cells))
        finally:
            if collecting:
                gc.enable()
        return result

    def _leave(self, how: str, *, typed: bool = True) -> Purpose:
        """Notice that plain numbers leave: refuse a sum, warn of hidden cells."""
        why = purpose(typed=typed)
        if why is Purpose.SUM:
            self._check(None, 1, "sum")
        elif why is Purpose.WINDOW_SUM:
            self._check(None, 1, "sum over windows, which is checked over the whole column")
        elif why is Purpose.WINDOW_APPLY:
            self._warn_unguarded_windows()
        elif why is Purpose.STATISTIC:
            # pandas drops what is missing itself before it looks for the smallest.
            self._warn_biased(how, dropped=self._dropped)
        elif why is Purpose.EXPORT:
            self._warn_leaving(how)
        elif why is Purpose.DRAWING:
            self._mind_picture()
        return why

    def _mind_picture(self) -> None:
        """Warn where what is drawn on top of each other, or as shares of a whole, does not add."""
        drawn = picture()
        if drawn is None or sums_allowed():
            return
        arrays = [getattr(one, "array", one) for one in drawn.columns]
        arrays = [one for one in arrays if isinstance(one, Leaving) and len(one) == len(self)] or [self]
        decimals = [one._to_numbers(DECIMAL) for one in arrays]
        together = type(self)._concat_same_type(decimals)
        rows = np.tile(np.arange(len(self)), len(arrays)) if len(arrays) > 1 else None
        check = check_sums(together.cells, rows, len(self) if rows is not None else 1)
        if not check.valid:
            warn_drawn(
                f"{drawn.name}: what it shows as a sum is none ({', '.join(check.reasons_of())}): hidden cells are drawn"
                " as 0, and numbers that do not add stand on top of each other. df.jobindsats.plot() draws lines and bars."
            )

    def _warn_unguarded_windows(self) -> None:
        check = check_sums(self.cells)
        if not check.valid and not sums_allowed():
            warn_removed(
                f"apply: the function gets bare numbers of windows over a column that does not add as a whole"
                f" ({', '.join(check.reasons_of())}); nothing tells whether it adds them. {_PLAIN_OUT}."
            )

    def _warn_leaving(self, how: str) -> None:
        def told() -> str:
            over = gone_over(self)
            changed = sum(int(np.count_nonzero(one._status == CellStatus.FILLED)) for one in over)
            dropped = sum(one._dropped for one in over)
            hidden = sum(count_hidden(one._status) for one in over) + changed + dropped
            return (
                f"{how}: {hidden:,} of {sum(map(len, over)) + dropped:,} cells are hidden or not available"
                f"{', or were before they were filled or dropped' if changed or dropped else ''};"
                f" they leave as missing values, and nothing guards sums of what leaves. {_PLAIN_OUT}."
            )

        if self._dropped or count_hidden(self._status) or (self._status == CellStatus.FILLED).any():
            warn_removed(told)

    def to_numpy(
        self, dtype: Any = None, copy: bool = False, na_value: Any = pd.api.extensions.no_default
    ) -> Any:
        """Convert to a numpy array; a warning tells if hidden cells go along.

        Parameters
        ----------
        dtype : optional
            int64 if all cells are visible and whole, else float64 with NaN; cells that remember what they are for
            ``object``.
        copy : bool
        na_value : optional
            What to put where nothing is shown.
        """
        why = self._leave("to_numpy", typed=dtype is not None)
        if why is Purpose.DISPLAY and dtype is not None and np.dtype(dtype).kind == "O":
            return texts(self.cells)
        if why is Purpose.OBJECTS and dtype is None:
            # A frame of one column is turned over, stacked and iterated as those of many are: as cells.
            dtype = object
        result = self._to_numpy(dtype, na_value, copy=copy)
        return exported(result, self.cells) if why is Purpose.EXPORT and called_directly() else result

    def _to_numpy(self, dtype: Any, na_value: Any, *, copy: bool) -> Any:
        missing = is_missing(self._status)
        given = na_value is not pd.api.extensions.no_default
        if dtype is None:
            dtype = np.float64 if missing.any() else self._numbers.dtype
            if given and not is_na(na_value) and float(na_value).is_integer():
                dtype = self._numbers.dtype
        dtype = np.dtype(dtype)
        if dtype.kind == "O":
            objects = self._objects()
            if given:
                objects[missing] = na_value
            return objects
        if dtype.kind in "iub" and missing.any() and (not given or is_na(na_value)):
            raise ValueError(
                f"cannot convert to '{dtype}'-dtype NumPy array with missing values."
                " Specify an appropriate 'na_value' for this dtype."
            )
        result: Any = self._numbers.astype(dtype, copy=copy or bool(missing.any()))
        if missing.any():
            result[missing] = np.nan if not given or na_value is pd.NA else na_value
        elif result is self._numbers:
            # The frame's own memory: writing into it would change what was published, and say so nowhere.
            result = read_only(result)
        return result

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if copy is False and (self._hasna or (dtype is not None and np.dtype(dtype) != self._numbers.dtype)):
            raise ValueError("Unable to avoid copy while creating an array as requested.")
        return np.asarray(self.to_numpy(dtype=dtype, copy=bool(copy)))

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """Convert to another dtype; a warning tells if hidden cells leave."""
        dtype = pandas_dtype(dtype)
        if dtype == self.dtype:
            return self.copy() if copy else self
        if isinstance(dtype, DiscretionisedDtype):
            return self._to_numbers(dtype)
        if dtype.kind in "SU" or isinstance(dtype, pd.StringDtype):
            self._leave(f"astype({dtype})")
            return self._as_text(dtype)
        if isinstance(dtype, pd.api.extensions.ExtensionDtype):
            self._leave(f"astype({dtype})")
            return self._plain_array().astype(dtype, copy=copy)
        self._leave(f"astype({dtype})")
        if dtype.kind in "iu" and self._hasna:
            raise ValueError("cannot convert NA to integer")
        if dtype.kind == "b" and self._hasna:
            raise ValueError("cannot convert float NaN to bool")
        return self._to_numpy(dtype, pd.api.extensions.no_default, copy=copy)

    def _as_text(self, dtype: Any) -> Any:
        plain = np.array([str(number) for number in self._numbers.tolist()], dtype=object)
        if isinstance(dtype, pd.StringDtype):
            plain[is_missing(self._status)] = dtype.na_value
            return pd.array(plain, dtype=dtype)
        plain[is_missing(self._status)] = "nan"
        return plain.astype(dtype)

    def _values_for_json(self) -> NDArray[Any]:
        return self.to_numpy(dtype=np.float64 if self._hasna else None)  # type: ignore[no-any-return]

    def __arrow_array__(self, type: Any = None) -> Any:  # noqa: A002 - pyarrow's name
        return to_arrow(self.cells, type)
