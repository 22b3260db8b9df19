"""Pictures in shades: members by periods, Denmark as a grid of tiles, and the shapes of a user's own map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas import arguments
from jobindsats_pandas.area_codes import code_of, code_of_member
from jobindsats_pandas.errors import QueryError
from jobindsats_pandas.plotting.canvas import legend, name_rows, width_of
from jobindsats_pandas.plotting.picture import NO_CELL
from jobindsats_pandas.plotting.shades import EMPTY, NOTHING, shades_of
from jobindsats_pandas.plotting.tiles import TILES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobindsats_pandas.plotting.picture import Picture

__all__ = ["draw_heatmap", "draw_map", "draw_tiles", "scale_of", "with_codes_alone"]

#: Points: a tile narrower than this is a shade alone.
SMALLEST = 13


def draw_heatmap(ax: Any, picture: Picture) -> None:
    """Draw a tile for each member and period."""
    from matplotlib.patches import Rectangle

    shades, positions = shades_of(picture), picture.axis.positions
    columns = [picture.axis.ids.index(period) for period in picture.periods]
    texts = {
        (row, column): shades.text(row, column) for row in range(len(picture.names)) for column in columns
    }
    # All numbers, or none: a third of the width is for names and legend each.
    fit = max(map(len, texts.values())) * 0.09 < width_of(ax) / 2.5 / len(positions)
    for row in range(len(picture.names)):
        for column in columns:
            style, ink = shades.style(row, column)
            ax.add_patch(Rectangle((positions[column] - 0.5, row - 0.5), 1, 1, **style))
            if fit:
                words = {"ha": "center", "va": "center", "fontsize": "x-small", "color": ink}
                ax.text(positions[column], row, texts[row, column], **words)
    name_rows(ax, picture.names)
    ax.set_xlim(positions[0] - 0.5, positions[-1] + 0.5)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    legend(ax, *shades.keys(nothing=bool((picture.status[:, columns] == NO_CELL).any())))


def with_codes_alone(picture: Picture) -> tuple[Picture, list[str]]:
    """The series that are municipalities or regions, a note on the others, and the codes of the series.

    Raises
    ------
    QueryError
        If one area stands in it twice.
    """
    codes = [code_of_member(name) or "" for name in picture.names]
    known = [code for code in codes if code]
    if twice := {code for code in known if known.count(code) > 1}:
        name = next(name for name, code in zip(picture.names, codes, strict=True) if code in twice)
        raise QueryError(
            f"The frame holds {name!r} in two hierarchies, and a map has one place for it. Keep the rows of one of them,"
            " with df.jobindsats.level(dimension, level)."
        )
    kept = [place for place, code in enumerate(codes) if code]
    lost = [name for name, code in zip(picture.names, codes, strict=True) if not code]
    notes = [picture.language.say("Ikke på kortet: {names}.", names=", ".join(lost))] if lost else []
    return picture.only(kept).noting(*notes), known


def draw_tiles(ax: Any, picture: Picture, codes: list[str]) -> None:
    """Draw each municipality as a tile.

    Raises
    ------
    QueryError
        If there is an area that is no municipality.
    """
    from matplotlib.patches import Rectangle

    if not set(codes) <= set(TILES):
        other = next(name for name, code in zip(picture.names, codes, strict=True) if code not in TILES)
        raise QueryError(
            f"kind='tiles' has a tile for each municipality, and {other!r} is none. Keep them with"
            " df.jobindsats.parts('Område') or .level('Område', 'Kommune'), or give the shapes: geometry=…"
        )
    shades, column = shades_of(picture), picture.axis.ids.index(picture.periods[0])
    row_of = {code: row for row, code in enumerate(codes)}
    size = min(width_of(ax) * 0.75 / 20, 0.45) * 72
    for code, tile in TILES.items():
        row = row_of.get(code)
        style, ink = (NOTHING, "0.6") if row is None else shades.style(row, column)
        ax.add_patch(Rectangle((tile.column - 0.47, tile.row - 0.47), 0.94, 0.94, **style))
        text = "" if row is None else shades.text(row, column)
        words: dict[str, Any] = {"ha": "center", "color": ink, "fontsize": size * 0.3}
        if style is EMPTY:
            words["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
        if size < SMALLEST:
            continue
        if text and len(text) <= 6:
            ax.text(tile.column, tile.row - 0.05, tile.short, va="bottom", **words)
            ax.text(tile.column, tile.row + 0.08, text, va="top", **{**words, "fontsize": size * 0.25})
        else:
            ax.text(tile.column, tile.row, tile.short, va="center", **words)
    ax.set_xlim(-0.6, 19.6)
    ax.set_ylim(11.6, -0.6)
    _bare(ax)
    legend(
        ax,
        *shades.keys(
            nothing=not set(TILES) <= set(codes) or bool(picture.status[:, column].max() == NO_CELL)
        ),
    )


def draw_map(ax: Any, picture: Picture, codes: list[str], geometry: Any) -> None:
    """Draw the shapes of a map, each in the shade of the area whose code it has."""
    shades, column = shades_of(picture), picture.axis.ids.index(picture.periods[0])
    places = _places(geometry, codes, picture)
    for row in sorted(set(places)):
        style = NOTHING if row < 0 else shades.style(row, column)[0]
        geometry[places == row].plot(ax=ax, aspect=None, **style)
    ax.set(xlabel="", ylabel="")  # geopandas names its degrees or metres
    _bare(ax)
    legend(ax, *shades.keys(nothing=bool((places < 0).any() or picture.status[:, column].max() == NO_CELL)))


def scale_of(geometry: Any) -> float:
    """How many units to the side are as long as one up: more than one where a map is in degrees."""
    if not getattr(getattr(geometry, "crs", None), "is_geographic", False):
        return 1.0
    _, south, _, north = geometry.total_bounds
    return float(1 / np.cos(np.radians((south + north) / 2)))


def _places(geometry: Any, codes: list[str], picture: Picture) -> Any:
    """For each shape the series that it is of; -1 for none."""
    shapes = getattr(geometry, "geometry", None)
    if not (
        isinstance(geometry, pd.DataFrame)
        and isinstance(shapes, pd.Series)
        and hasattr(geometry, "total_bounds")
    ):
        raise QueryError(
            f"geometry={arguments.shown(geometry)}: give a GeoDataFrame of geopandas, with the codes of municipalities or"
            " regions in a column."
        )
    known: Mapping[str, int] = {code: row for row, code in enumerate(codes)}
    best = np.full(len(geometry), -1)
    columns = [values for name, values in geometry.items() if name != shapes.name]
    # An index without a name is a count of rows, whose numbers are no codes.
    for values in [*columns, geometry.index] if geometry.index.name is not None else columns:
        found = np.array([known.get(code_of(str(value).removesuffix(".0")) or "", -1) for value in values])
        if (found >= 0).sum() > (best >= 0).sum():
            best = found
    if (best < 0).all():
        raise QueryError(
            f"geometry: no column holds the code or name of {picture.names[0]!r} ({codes[0]}) or of another area of the"
            f" frame; its columns are {', '.join(map(repr, geometry.columns))}. Codes are those of Statistics Denmark, such"
            " as '0751', '751' or 751."
        )
    return best


def _bare(ax: Any) -> None:
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
