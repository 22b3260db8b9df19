"""`DiscretionisedArray`: a pandas extension array that knows what each number is, and adds only what adds.

It is built up in four floors: `storage` (what it holds), `reductions` (sums and statistics), `leaving` (to numpy and
other dtypes) and `operators`. Hooks of pandas overridden there that are not address of its documented interface, all in
one place for the day one of them changes: ``_cast_pointwise_result``, ``_pad_or_backfill``,
``_accumulate``, ``_groupby_op``, ``_groupby_quantile``, ``_groupby_first_last``, ``_quantile``, ``_rank``, ``_mode``,
``_values_for_json`` and ``_readonly``. Statistics are computed by pandas' own nullable arrays, through their
``_reduce``, ``_accumulate``, ``_groupby_op`` and ``_groupby_quantile``.
"""

from __future__ import annotations

from jobindsats_pandas.disclosure.dtype import DiscretionisedDtype
from jobindsats_pandas.disclosure.operators import Operators

__all__ = ["DiscretionisedArray"]


class DiscretionisedArray(Operators):
    """Numbers with, for each, a status and the cell of the table that it belongs to.

    Parameters
    ----------
    values : int64 or float64 array
        What stands under a cell that is not shown is ignored.
    status : uint8 array
        Of `CellStatus`.
    addresses : int64 array, optional
        From `AddressSpace.encode`; unknown by default.
    registry : Registry, optional
        What the addresses are numbered in.
    copy : bool
        Whether to copy the arrays; else they must not be changed any more.

    Raises
    ------
    TypeError, ValueError
        Other dtypes, lengths that differ, statuses or addresses that do not exist.

    Examples
    --------
    >>> import numpy as np
    >>> from jobindsats_pandas.disclosure import DiscretionisedArray, AddressMeasure, AddressSpace, Registry
    >>> from jobindsats_pandas.kinds import Kind
    >>> space = AddressSpace("y01h01", "Sanktioner", (AddressMeasure("m", "Antal sanktioner", Kind.FLOW),),
    ...                   (("Q", "2025Q01"), ("Q", "2025Q02"), ("Q", "2025Q03"), ("Q", "2025Q04")), ())
    >>> array = DiscretionisedArray(np.array([12, 0, 4, 7]), np.array([0, 1, 0, 0], dtype=np.uint8),
    ...                             space.encode(0, [0, 1, 2, 3]), Registry.of(space))
    >>> array
    <DiscretionisedArray>
    [12, <3, 4, 7]
    Length: 4, dtype: discretionised[Int64]
    >>> array[[0, 2]].sum()
    16
    >>> array.sum()
    Traceback (most recent call last):
        ...
    jobindsats_pandas.errors.InvalidSumError: sum: refused for 4 cells of 'Antal sanktioner' (y01h01).
    ...
    """


DiscretionisedDtype._array_type = DiscretionisedArray  # noqa: SLF001 - the two are one thing
