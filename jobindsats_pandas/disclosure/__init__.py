"""Numbers that cannot be added up wrongly by accident: the guarded dtype, its rules and its Arrow type."""

from __future__ import annotations

from jobindsats_pandas.disclosure import arrow as _arrow  # noqa: F401 - registers the Arrow type
from jobindsats_pandas.disclosure.array import DiscretionisedArray
from jobindsats_pandas.disclosure.cells import Cells, CellStatus
from jobindsats_pandas.disclosure.dtype import DiscretionisedDtype
from jobindsats_pandas.disclosure.messages import Published, published_cell, sum_error
from jobindsats_pandas.disclosure.parts import (
    NOTHING,
    STATISTIC,
    UNKNOWN,
    Decoded,
    PartDimension,
    PartLevel,
    PartMeasure,
    PartMember,
    PartSpace,
    Registry,
    merge_registries,
)
from jobindsats_pandas.disclosure.sums import REASONS, Bounds, SumCheck, allow_sums, check_sums, sums_allowed

__all__ = [
    "NOTHING",
    "REASONS",
    "STATISTIC",
    "UNKNOWN",
    "Bounds",
    "CellStatus",
    "Cells",
    "Decoded",
    "DiscretionisedArray",
    "DiscretionisedDtype",
    "PartDimension",
    "PartLevel",
    "PartMeasure",
    "PartMember",
    "PartSpace",
    "Published",
    "Registry",
    "SumCheck",
    "allow_sums",
    "check_sums",
    "merge_registries",
    "published_cell",
    "sum_error",
    "sums_allowed",
]
