"""Totals and parts: which rows are which, what adds up to what, and the question that brings a published total.

The cells themselves tell what they stand for, so everything here also works after ``pivot``, ``merge``, ``set_index``
or ``concat`` have taken the columns of labels away. Nothing is computed from a total and its parts together: bounds
come from the rule of disclosure control alone, so no hidden cell can be worked out with them.
"""

from __future__ import annotations

from jobindsats_pandas.totals.questions import question_for_total
from jobindsats_pandas.totals.rows import (
    level,
    official_total,
    parts,
    some_of_a_level,
    totals,
    without_totals,
)
from jobindsats_pandas.totals.sums import sum_bounds, sum_check

__all__ = [
    "level",
    "official_total",
    "parts",
    "question_for_total",
    "some_of_a_level",
    "sum_bounds",
    "sum_check",
    "totals",
    "without_totals",
]
