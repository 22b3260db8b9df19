"""The question that brings the published totals of a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobindsats_pandas import arguments
from jobindsats_pandas.errors import QueryError
from jobindsats_pandas.framed import Framed
from jobindsats_pandas.provenance import Contents

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["question_for_total"]


def question_for_total(
    frame: pd.DataFrame, measure: str | None = None, over: Sequence[str] | str | None = None
) -> dict[str, Any]:
    """Say what to ask `jobindsats_pandas.read_jobindsats` for the published totals that belong to a frame.

    Parameters
    ----------
    frame, measure, over
        As in `official_total`.

    Returns
    -------
    dict
        Keyword arguments: table, by, periods, period_type, measures, layout, additive, and names where they are not full.
        Dimensions that are summed over are left out of `by`, so the API answers with their totals.
    """
    framed = Framed(frame)
    wanted = None if measure is None else framed.measure(measure).measures
    tables = {table for table, _ in wanted or ()} or {space.table for space in framed.spaces}
    if len(tables) > 1:
        raise QueryError(
            f"The frame holds cells of {len(tables)} tables ({', '.join(sorted(tables))}), and one call asks for one"
            " table. Name a measure, or keep the columns of one table."
        )
    table = tables.pop()
    contents = Contents.of(framed.cells, table, wanted)
    left_out = set(range(len(contents.space.dimensions)))
    if over is not None:
        named = [framed.dimension(name, "over") for name in arguments.labels("over", over)]
        left_out = {axes[table].place for axes in named if table in axes}
    question = contents.question(left_out, layout="long" if framed.is_long else "wide")
    if framed.provenance and framed.provenance.table == table:
        question["additive"] = dict(framed.provenance.additive) or None
        if names := framed.provenance.question.get("names"):
            question["names"] = names
    return question
