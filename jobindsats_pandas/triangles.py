"""The picture of a revision triangle: what each release said of each period, coloured by how it moved since the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas import arguments
from jobindsats_pandas.danish import danish_number
from jobindsats_pandas.disclosure import CellStatus, DiscretionisedArray
from jobindsats_pandas.errors import QueryError
from jobindsats_pandas.guarded import guarded_columns
from jobindsats_pandas.plotting.canvas import finish, legend, make_room, open_axes
from jobindsats_pandas.plotting.language import DANISH
from jobindsats_pandas.plotting.wording import decimals_needed, source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["plot_revision_triangle"]

_MOST_PERIODS, _MOST_RELEASES = 18, 12
#: Changes in per cent at which a colour ends, and the colours from far below the first number to far above it.
_LIMITS = (-5.0, -1.0, 0.0, 1.0, 5.0)
_COLOURS = ("#d55e00", "#f0a35e", "#fbe0c8", "#f4f4f4", "#d6e6f4", "#7fb3dc", "#2470b0")
_NAMES = (
    "over 5 pct. lavere",
    "1–5 pct. lavere",
    "under 1 pct. lavere",
    "som først vist",
    "under 1 pct. højere",
    "1–5 pct. højere",
    "over 5 pct. højere",
)
_UNCHANGED = 3
_HIDDEN: dict[str, Any] = {"facecolor": "none", "edgecolor": "0.6", "hatch": "//////", "linewidth": 0.0}


def plot_revision_triangle(triangle: pd.DataFrame, *, ax: Any = None) -> Any:
    """Draw what each release said of each period, coloured by how far it is from what was first shown of it.

    Parameters
    ----------
    triangle : DataFrame
        As `jobindsats_pandas.revision_triangle` gives it; the newest 18 periods and 12 releases are drawn.
    ax : matplotlib Axes, optional
        Where to draw; a figure of its own by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    QueryError
        If it is no such frame.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import jobindsats_pandas as ji
    >>> with ji.sandbox.serve() as api, tempfile.TemporaryDirectory() as folder:
    ...     client = ji.Client(token=api.token, base_url=api.url)
    ...     path, kept = pathlib.Path(folder, "unemployed.parquet"), pathlib.Path(folder, "kept")
    ...     ji.read_jobindsats("y25i01", periods="latest:3", client=client).jobindsats.to_parquet(path)
    ...     _ = api.publish("y25i01", ji.sandbox.Release("2026-10-08", "2026-11-05", new_period=True))
    ...     _ = ji.update(path, releases=kept, client=client)
    ...     triangle = ji.revision_triangle(kept, "Antal ledige personer")
    >>> plot_revision_triangle(triangle).get_title(loc="left").splitlines()[0]
    'Antal ledige personer: hvad hver udgivelse viste'
    """
    arguments.frame("triangle", triangle)
    arrays = guarded_columns(triangle)
    if (
        not len(triangle)
        or len(arrays) != len(triangle.columns)
        or not isinstance(triangle.index, pd.PeriodIndex)
    ):
        raise QueryError(
            "triangle: give what ji.revision_triangle(folder, measure) gave, with its periods and releases."
        )
    title, subtitle, foot = _words(triangle, list(arrays.values()))
    shown = triangle.iloc[-_MOST_PERIODS:, -_MOST_RELEASES:]
    numbers = np.stack([_numbers(array) for array in guarded_columns(shown).values()], axis=1)
    hidden = np.stack(
        [array.status == CellStatus.DISCRETIONISED for array in guarded_columns(shown).values()], axis=1
    )
    names = [str(period) for period in shown.index]
    ax, own = open_axes(make_room(ax), names, rows=True)
    _draw(ax, numbers, hidden, _classes(numbers))
    ax.set_yticks(np.arange(len(names)), names, fontsize="small")
    ax.set_xticks(np.arange(shown.shape[1]), list(map(str, shown.columns)), fontsize="small")
    if shown.shape[1] > 6:
        ax.tick_params(axis="x", rotation=45)
    finish(ax, title, subtitle, foot, None, own=own)
    return ax


def _numbers(array: DiscretionisedArray) -> NDArray[np.float64]:
    return np.where(array.visible, array.numbers, np.nan).astype(np.float64)


def _classes(numbers: NDArray[np.float64]) -> NDArray[np.intp]:
    """How far each number is from the first that was shown of its period, as a place among the colours; -1 for none."""
    first = numbers[np.arange(len(numbers)), np.argmax(np.isfinite(numbers), axis=1)][:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        change = 100 * (numbers - first) / np.abs(first)
    below, above = numbers < first, numbers > first
    found = np.full(numbers.shape, _UNCHANGED)
    found[below] = np.searchsorted(_LIMITS[:2], change[below], side="right")
    found[above] = _UNCHANGED + 1 + np.searchsorted(_LIMITS[3:], change[above], side="left")
    found[~np.isfinite(numbers)] = -1
    return found


def _draw(
    ax: Any, numbers: NDArray[np.float64], hidden: NDArray[np.bool_], classes: NDArray[np.intp]
) -> None:
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from matplotlib.patches import Patch

    rows, columns = numbers.shape
    edges = [np.arange(count + 1) - 0.5 for count in (columns, rows)]
    norm = BoundaryNorm(np.arange(len(_COLOURS) + 1) - 0.5, len(_COLOURS))
    tiles = np.ma.masked_less(classes, 0)
    ax.pcolormesh(*edges, tiles, cmap=ListedColormap(_COLOURS), norm=norm, edgecolors="white", linewidth=0.8)
    for row, column in np.argwhere(hidden):
        ax.barh(row, 1.0, 1.0, left=column - 0.5, **_HIDDEN)
    decimals = decimals_needed(numbers[np.isfinite(numbers)], 1)
    for row, column in np.argwhere(classes >= 0):
        colour = "white" if classes[row, column] in {0, len(_COLOURS) - 1} else "black"
        text = danish_number(numbers[row, column], decimals)
        ax.text(column, row, text, ha="center", va="center", fontsize="x-small", color=colour)
    ax.set_ylim(rows - 0.5, -0.5)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    seen = sorted({_UNCHANGED, *np.unique(classes[classes >= 0]).tolist()}, reverse=True)
    handles = [Patch(facecolor=_COLOURS[place], edgecolor="0.8") for place in seen]
    labels = [_NAMES[place] for place in seen]
    if hidden.any():
        handles.append(Patch(**_HIDDEN))
        labels.append("skjult i en udgivelse")
    legend(ax, handles, labels)


def _words(triangle: pd.DataFrame, arrays: Sequence[DiscretionisedArray]) -> tuple[str, str, list[str]]:
    """Title, subtitle and notes, as the cells tell what they are."""
    (cells,) = arrays[-1].registry.decode(arrays[-1].addresses)
    measure = cells.space.measures[cells.measure[0]].name
    members = [
        dimension.members[codes[0]].name
        for dimension, codes in zip(cells.space.dimensions, cells.members, strict=True)
        if codes[0]
    ]
    foot = []
    periods, releases = (
        max(count - most, 0)
        for count, most in zip(triangle.shape, (_MOST_PERIODS, _MOST_RELEASES), strict=True)
    )
    if periods or releases:
        foot.append(f"Ikke vist: {periods} ældre perioder og {releases} ældre udgivelser.")
    if any((array.status == CellStatus.DISCRETIONISED).any() for array in arrays):
        foot.append("Hvad en udgivelse skjuler, vises ikke fra nogen af dem.")
    return (
        f"{measure}: hvad hver udgivelse viste",
        ", ".join(members),
        [*foot, source(triangle, cells.space, DANISH)],
    )
