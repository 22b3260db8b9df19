"""Numbers that cannot be added up wrongly by accident: the guarded dtype, its rules and its Arrow type.

The guard holds wherever pandas and numpy add up guarded columns, and in single cells taken out of them. It fails closed:
an unknown function of theirs counts as adding, or as making bare numbers, and `canary` tries it once in each process.
Ways round it that cannot be closed stand in docs/hidden-cells.md, kind by kind, each with what to do instead; the test
``test_guard_recipes.py`` shows each of them, and that there are no others among its recipes.

Some right sums are refused too: persons in groups that happen not to overlap; sums of sums over very many different
selections of periods, or of groups that share members; cells scaled one by one by bare numbers; visible cells of which exactly the hidden neighbours are gone;
single cells taken out together with hidden ones; windows over a column that does not add as a whole.

Comparisons give nullable booleans, as those of ``Int64`` do: unknown where a cell is not shown (hidden, not available,
or absent, although what is left out counts as 0 in sums). A selection leaves the unknown out, whether a condition is
turned round or not; `sum`, `any` and `all` of a condition skip it, so count ``(s < 10).isna()`` beside them. Single
cells compare as NaN does.
"""

from __future__ import annotations

import sys

from jobindsats_pandas.disclosure import former
from jobindsats_pandas.disclosure.addresses import (
    NOTHING,
    STATISTIC,
    UNKNOWN,
    AddressDimension,
    AddressLevel,
    AddressMeasure,
    AddressMember,
    AddressSpace,
    Decoded,
    Registry,
    merge_registries,
)
from jobindsats_pandas.disclosure.array import DiscretionisedArray, DiscretionisedDtype
from jobindsats_pandas.disclosure.arrow import ArrowDiscretionisedType
from jobindsats_pandas.disclosure.cells import Cells, CellStatus, adds_nothing
from jobindsats_pandas.disclosure.display import texts
from jobindsats_pandas.disclosure.messages import sum_error
from jobindsats_pandas.disclosure.sums import REASONS, Bounds, SumCheck, allow_sums, check_sums, sums_allowed

__all__ = [
    "NOTHING",
    "REASONS",
    "STATISTIC",
    "UNKNOWN",
    "AddressDimension",
    "AddressLevel",
    "AddressMeasure",
    "AddressMember",
    "AddressSpace",
    "Bounds",
    "CellStatus",
    "Cells",
    "Decoded",
    "DiscretionisedArray",
    "DiscretionisedDtype",
    "Registry",
    "SumCheck",
    "adds_nothing",
    "allow_sums",
    "check_sums",
    "merge_registries",
    "sum_error",
    "sums_allowed",
    "texts",
]

ArrowDiscretionisedType.pandas_dtype = DiscretionisedDtype
# The files that old pickles ask for.
sys.modules.update({f"{__name__}.{file}": former for file in ("dtype", "parts")})
