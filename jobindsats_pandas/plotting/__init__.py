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
    """Draw one measure of a frame: lines over time, or bars for one period.

    Parameters
    ----------
    df : DataFrame
        As `read_jobindsats` returned it, or filtered, re-indexed, concatenated or pivoted since.
    measure : str, optional
        Name of a column, or name or id of a measure; needed where the frame holds several.
    by : str or sequence of str, optional
        Dimensions to tell apart, by name, id or hierarchy id: a line or bar for each of their members. By default every
        dimension in which the cells differ. A dimension that is not named stands at its total.
    kind : {"line", "bar"}, optional
        By default lines, and bars where there is one period only. Nothing is ever stacked: cells do not add.
    totals : bool, default False
        Draw totals and subtotals beside their parts too.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a figure of its own, which pyplot does not know of. A figure made with
        ``layout="constrained"`` makes room for the legend and the source; another one may cut them off.

    Returns
    -------
    matplotlib.axes.Axes
        A notebook shows its picture; ``ax.figure.savefig("x.png")`` writes it.

    Raises
    ------
    QueryError
        If the measure or the dimensions do not exist or are not settled, or there is nothing to draw.
    ProvenanceError
        If it is not known which cells of a table the numbers are.
    ImportError
        If matplotlib is missing.

    Notes
    -----
    A hidden count is drawn as a band from 0 to the largest number that the rule allows: 2 for persons, stocks and
    flows, 3 for rounded full-time persons; a rounded cell from 0 to what is shown. Where no rule bounds the cell (rates,
    money), or where the band is too thin to be seen on the axis, a hatched mark below the axis' lowest number tells of
    it. A cell that is not published yet is absent from the picture, and a foot note counts it. A combination with the
    status ``ABSENT`` is 0; one without a row is not drawn but counted (``complete=True`` reads them all).

    A line breaks where the frame lacks a period of the table. Where the table itself has none (y25i14 has some months
    only), a dotted line bridges the gap, and a foot note tells how many periods there are.

    Of more than 8 lines (25 bars) the largest are drawn, by the mean of their visible cells, and a foot note tells how
    many are not, naming members such as "Uoplyst område" among them. Members keep the order of the metadata, except
    where some are left out: then the largest come first.

    Examples
    --------
    >>> import jobindsats_pandas as ji
    >>> with ji.sandbox_client() as client:
    ...     df = ji.read_jobindsats("y25i01", by={"_nykom": ["Odense", "Ærø"]}, periods="latest:24", client=client)
    >>> ax = plot(df, "Antal ledige personer")
    >>> ax.get_ylabel(), [text.get_text() for text in ax.get_legend().get_texts()]
    ('personer', ['Odense', 'Ærø'])
    """
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
    """Draw where the hidden cells of a frame are: a share for each period and member.

    Parameters
    ----------
    df : DataFrame
        As in `plot`, of one table.
    by : str, optional
        What stands on the vertical axis: a dimension, or ``"measure"``. By default whatever the share of hidden cells
        differs most by.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a figure of its own.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    QueryError, ProvenanceError, ImportError
        As in `plot`.

    Notes
    -----
    The share is of the cells that have a number: those not available yet and those left out by the API (0) are neither
    hidden nor shown. Cells that the agency rounded, and hidden ones that were filled in since, are coloured like hidden
    ones; the foot note counts them apart. Of more than 25 members those with most hidden cells are drawn, and a foot
    note tells of the others.

    Examples
    --------
    >>> import jobindsats_pandas as ji
    >>> with ji.sandbox_client() as client:
    ...     df = ji.read_jobindsats("y01h01", by="_akassedp", periods="latest:8", client=client)
    >>> plot_audit(df, by="A-kasse").get_title(loc="left").splitlines()[0]
    'Hvor tallene er skjult'
    """
    shares = count_shares(
        df, arguments.optional(arguments.text, "by", by, "the name of a dimension, or 'measure'")
    )
    ax, own = open_axes(ax, shares.names, rows=True)
    draw_shares(ax, shares)
    finish(ax, shares.title, shares.subtitle, shares.foot, shares.axis, own=own)
    return ax
