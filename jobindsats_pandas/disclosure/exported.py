"""Numbers that ``to_numpy()`` gave away, and whose sum would have been refused before."""

# ruff: noqa: SLF001 - an array may look inside others of its kind

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from jobindsats_pandas.disclosure.callers import in_statistic
from jobindsats_pandas.disclosure.messages import sum_error
from jobindsats_pandas.disclosure.sums import check_sums, sums_allowed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jobindsats_pandas.disclosure.cells import Cells

__all__ = ["ExportedNumbers", "exported"]


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
