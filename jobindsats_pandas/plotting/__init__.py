"""Pictures of a frame, on matplotlib: hidden cells drawn as what they can be, never as a gap or a 0.

What a picture shows is settled first and without matplotlib (`picture`, `shares`); drawing comes after (`drawing`).
The cells themselves say which table, measure, period and members they are of, so a picture needs no column but the
guarded ones, and works whatever became of the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobindsats_pandas import arguments
from jobindsats_pandas.plotting.drawing import draw_bars, draw_over_time, draw_shares, finish, open_axes
from jobindsats_pandas.plotting.picture import compose
from jobindsats_pandas.plotting.shares import count_shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["plot", "plot_audit"]

MOST_LINES = 8
MOST_BARS = 25


def plot(
    df: pd.DataFrame,
    measure: str | None = None,
    by: str | Sequence[str] | None = None,
    kind: str | None = None,
    *,
    totals: bool = False,
    ax: Any = None,
) -> Any:
    """Draw one measure of a frame, as `FrameAccessor.plot`."""
    note = " Nothing is stacked, for the cells do not add."
    kind = arguments.optional(arguments.choice, "kind", kind, ("line", "bar"), note)
    totals = arguments.flag("totals", totals)
    picture = compose(df, measure, None if by is None else arguments.labels("by", by), totals=totals)
    one_period = len(picture.periods) == 1
    kind = kind or ("bar" if one_period else "line")
    rows = kind == "bar" and one_period
    picture = picture.largest(MOST_BARS if rows else MOST_LINES)
    ax, own = open_axes(ax, picture.names, rows=rows)
    if rows:
        draw_bars(ax, picture)
    else:
        draw_over_time(ax, picture, bars=kind == "bar")
    finish(
        ax,
        picture.title,
        picture.subtitle,
        picture.foot(from_zero=ax.get_ylim()[0] <= 0 or rows),
        None if rows else picture.axis,
        own=own,
    )
    return ax


def plot_audit(df: pd.DataFrame, by: str | None = None, *, ax: Any = None) -> Any:
    """Draw where the hidden cells of a frame are, as `FrameAccessor.plot_audit`."""
    shares = count_shares(
        df, arguments.optional(arguments.text, "by", by, "the name of a dimension, or 'measure'")
    )
    ax, own = open_axes(ax, shares.names, rows=True)
    draw_shares(ax, shares)
    finish(ax, shares.title, shares.subtitle, shares.foot, shares.axis, own=own)
    return ax
