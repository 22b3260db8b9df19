"""Totals and parts: which rows are which, what adds up to what, and the question that brings a published total.

The cells themselves tell what they stand for, so everything here also works after ``pivot``, ``merge``, ``set_index``
or ``concat`` have taken the columns of labels away. Nothing is computed from a total and its parts together: bounds
come from the rule of disclosure control alone, so no hidden cell can be worked out with them.
"""

from __future__ import annotations

from jobindsats_pandas.totals.layouts import to_long, to_wide
from jobindsats_pandas.totals.lines import read_line
from jobindsats_pandas.totals.questions import question_for_total
from jobindsats_pandas.totals.rows import level, official_total, parts, totals, without_totals
from jobindsats_pandas.totals.sources import Citation, Source, cite, source
from jobindsats_pandas.totals.sums import describe_cells, sum_bounds, sum_check

__all__ = [
    "Citation",
    "Source",
    "cite",
    "describe_cells",
    "level",
    "official_total",
    "parts",
    "question_for_total",
    "read_line",
    "source",
    "sum_bounds",
    "sum_check",
    "to_long",
    "to_wide",
    "totals",
    "without_totals",
]
