"""Pictures of a frame, on matplotlib: hidden cells drawn as what they can be, never as a gap or a 0.

What a picture shows is settled first and without matplotlib (`picture`, `shares`); drawing comes after. The cells
themselves say which table, measure, period and members they are of, so a picture needs no column but the guarded ones,
and works whatever became of the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobindsats_pandas import arguments
from jobindsats_pandas.errors import QueryError
from jobindsats_pandas.plotting.canvas import finish, keep_scale, make_room, open_axes, room_for
from jobindsats_pandas.plotting.drawing import draw_bars, draw_nothing_hidden, draw_over_time, draw_shares
from jobindsats_pandas.plotting.language import Language
from jobindsats_pandas.plotting.picture import compose
from jobindsats_pandas.plotting.shaded import draw_heatmap, draw_map, draw_tiles, scale_of, with_codes_alone
from jobindsats_pandas.plotting.shares import MOST_ROWS, count_shares
from jobindsats_pandas.plotting.slopes import draw_slopes, write_ends
from jobindsats_pandas.plotting.stacks import MOST_PARTS, draw_stack, piled

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from jobindsats_pandas.plotting.picture import Picture

__all__ = ["plot", "plot_audit"]

MOST_LINES = 8
MOST_BARS = 25
KINDS = ("line", "bar", "stacked", "area", "heatmap", "slope", "tiles")
LANGUAGES = ("da", "en")


def plot(
    df: pd.DataFrame,
    measure: str | None = None,
    by: str | Sequence[str] | None = None,
    kind: str | None = None,
    *,
    share: bool = False,
    totals: bool | None = None,
    geometry: Any = None,
    language: str = "da",
    ax: Any = None,
) -> Any:
    """Draw one measure of a frame, as `FrameAccessor.plot`."""
    kind = arguments.optional(
        arguments.choice, "kind", kind, KINDS, " A map of your own shapes: geometry=…, without kind=."
    )
    share, totals = arguments.flag("share", share), arguments.optional(arguments.flag, "totals", totals)
    mapped = geometry is not None or kind == "tiles"
    _refuse_what_does_not_go_together(kind, by, share=share, mapped=mapped, geometry=geometry)
    ax = make_room(ax)
    adding = kind in ("stacked", "area")
    picture = compose(
        df,
        measure,
        None if by is None else arguments.labels("by", by),
        Language(arguments.choice("language", language, LANGUAGES)),
        totals=totals,
        adding=str(kind) if adding else "",
        areas=mapped,
    )
    if mapped:
        return _plot_map(picture, geometry, ax)
    if adding:
        return _plot_stack(picture, ax, filled=kind == "area", share=share)
    if kind == "heatmap":
        return _plot_heatmap(picture, ax)
    if kind == "slope":
        return _plot_slopes(picture, ax)
    return _plot_lines_or_bars(picture, ax, kind)


def _refuse_what_does_not_go_together(
    kind: str | None, by: Any, *, share: bool, mapped: bool, geometry: Any
) -> None:
    if share and kind not in ("stacked", "area"):
        raise QueryError("share=True goes with kind='stacked' and kind='area'; name one of them.")
    if geometry is not None and kind is not None:
        raise QueryError(f"geometry= is a kind of its own, a map; leave kind={kind!r} out.")
    if mapped and by is not None:
        raise QueryError("A map tells areas apart, and nothing else; leave by= out, and filter the frame.")


def _plot_lines_or_bars(picture: Picture, ax: Any, kind: str | None) -> Any:
    one_period = len(picture.periods) == 1
    kind = kind or ("bar" if one_period else "line")
    rows = kind == "bar" and one_period
    most = MOST_BARS if rows else MOST_LINES
    given = ax
    ax, own = open_axes(given, picture.names[:most], rows=rows)
    picture = picture.largest(room_for(given, picture.by_name(most), most, rows=rows))
    if rows:
        draw_bars(ax, picture)
    else:
        draw_over_time(ax, picture, bars=kind == "bar")
    foot = picture.foot(from_zero=ax.get_ylim()[0] <= 0 or rows)
    finish(ax, picture.title, picture.subtitle, foot, None if rows else picture.axis, own=own)
    return ax


def _plot_stack(picture: Picture, ax: Any, *, filled: bool, share: bool) -> Any:
    given = ax
    ax, own = open_axes(given, picture.names[:MOST_PARTS], rows=False)
    stack = piled(picture, room_for(given, picture.by_name(MOST_PARTS), MOST_PARTS, rows=False), share=share)
    draw_stack(ax, stack, filled=filled, share=share)
    picture = stack.picture
    finish(ax, picture.title, picture.subtitle, picture.foot(from_zero=True), picture.axis, own=own)
    return ax


def _plot_heatmap(picture: Picture, ax: Any) -> Any:
    given = ax
    ax, own = open_axes(given, picture.names[:MOST_BARS], rows=True)
    picture = picture.largest(room_for(given, picture.by_name(MOST_BARS), MOST_BARS, rows=True))
    draw_heatmap(ax, picture)
    subtitle = ", ".join(filter(None, [picture.unit, picture.subtitle]))
    finish(ax, picture.title, subtitle, picture.foot(from_zero=True), picture.axis, own=own)
    return ax


def _plot_slopes(picture: Picture, ax: Any) -> Any:
    count = len(picture.periods)
    if count < 2:
        raise QueryError(
            f"kind='slope' goes from one period to another, and the frame holds {count}. Read two: periods=['2025M08', '2026M08']"
        )
    if count > 2:
        note = picture.language.say("Vist er den første og den sidste af {count} perioder.", count=count)
        picture = picture.during(picture.periods[0], picture.periods[-1]).noting(note)
    given = ax
    ax, own = open_axes(given, picture.names[:MOST_LINES], rows=False)
    picture = picture.largest(room_for(given, picture.by_name(MOST_LINES), MOST_LINES, rows=False))
    draw_slopes(ax, picture)
    subtitle = ", ".join(filter(None, [picture.unit, picture.subtitle]))
    finish(ax, picture.title, subtitle, picture.foot(from_zero=ax.get_ylim()[0] <= 0), None, own=own)
    write_ends(ax, picture)
    return ax


def _plot_map(picture: Picture, geometry: Any, ax: Any) -> Any:
    language, count = picture.language, len(picture.periods)
    newest = picture.periods[-1]
    name = language.period(newest)
    notes = (
        [language.say("Hver kommune er et felt, anbragt omtrent som på kortet.")] if geometry is None else []
    )
    if count > 1:
        notes.append(
            language.say("Vist er {shown} alene, den nyeste af {count} perioder.", shown=name, count=count)
        )
    picture, codes = with_codes_alone(picture.during(newest).noting(*notes))
    ax, own = open_axes(ax, picture.names, rows=False, size=(9.0, 5.6))
    if geometry is None:
        draw_tiles(ax, picture, codes)
    else:
        draw_map(ax, picture, codes, geometry)
    ratio = 1.0 if geometry is None else scale_of(geometry)
    subtitle = ", ".join(filter(None, [picture.unit, picture.subtitle, name if count > 1 else ""]))
    finish(ax, picture.title, subtitle, picture.foot(from_zero=True), None, own=own)
    keep_scale(ax, ratio)
    return ax


def plot_audit(df: pd.DataFrame, by: str | None = None, *, language: str = "da", ax: Any = None) -> Any:
    """Draw where the hidden cells of a frame are, as `FrameAccessor.plot_audit`."""
    wanted = "the name of a dimension, or 'measure'"
    chosen = Language(arguments.choice("language", language, LANGUAGES))
    given = make_room(ax)
    shares = count_shares(
        df,
        arguments.optional(arguments.text, "by", by, wanted),
        chosen,
        lambda names: room_for(given, names, MOST_ROWS, rows=True),
    )
    ax, own = open_axes(given, shares.names[:1] if shares.empty else shares.names, rows=True)
    if shares.empty:
        draw_nothing_hidden(ax, shares)
    else:
        draw_shares(ax, shares)
    finish(
        ax,
        shares.title,
        "" if shares.empty else shares.subtitle,
        shares.foot,
        None if shares.empty else shares.axis,
        own=own,
    )
    return ax
