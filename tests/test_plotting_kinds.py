"""Stacks, heat maps, slopes, tiles and maps: what each draws of hidden cells, what it refuses, and that nothing is cut off."""

from __future__ import annotations

import ast
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from drawn import (
    ABSENT,
    DERIVED,
    FILLED,
    FLOW,
    FULL_TIME,
    HIDDEN,
    MONEY,
    PENDING,
    PERSONS,
    PICTURES,
    RATE,
    ROUNDED,
    START,
    area,
    beside,
    foot,
    frame,
    legend,
    looks_as_it_did,
    months,
    scene,
    small,
    table,
    tick_names,
    title,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

import jobindsats_pandas as ji
from jobindsats_pandas import plotting
from jobindsats_pandas.area_codes import MUNICIPALITIES
from jobindsats_pandas.disclosure import AddressDimension
from jobindsats_pandas.errors import InvalidSumError, QueryError
from jobindsats_pandas.plotting import plot, plot_audit
from jobindsats_pandas.plotting.language import _ENGLISH
from jobindsats_pandas.plotting.tiles import TILES

if TYPE_CHECKING:
    from collections.abc import Iterator

FLOWS = table((FLOW,))


@pytest.fixture(autouse=True)
def closed_figures() -> Iterator[None]:
    yield
    plt.close("all")


def bars(ax: Any, *, hatched: bool) -> dict[int, list[tuple[float, float]]]:
    """The parts of each column from the bottom to the top: where each begins, and how high it is."""
    found: dict[int, list[tuple[float, float]]] = {}
    for patch in ax.patches:
        if bool(patch.get_hatch()) == hatched and patch.get_height() > 0:
            place = round(patch.get_x() + patch.get_width() / 2) - START
            found.setdefault(place, []).append((patch.get_y(), patch.get_height()))
    return {place: sorted(parts) for place, parts in sorted(found.items())}


# ---- stacks ----


def test_a_stack_puts_the_parts_on_top_of_each_other_and_hidden_ones_as_a_band_above_all() -> None:
    ax = plot(frame([[5, 6], [7, HIDDEN], [HIDDEN, HIDDEN]], FLOWS), kind="stacked")
    assert bars(ax, hatched=False) == {0: [(0, 5), (5, 7)], 1: [(0, 6)]}
    assert bars(ax, hatched=True) == {0: [(12, 2)], 1: [(6, 4)]}
    assert legend(ax) == ["Skjulte tal: 0–2 hver,\nlagt øverst", "Aarhus", "Læsø", "Ærø"]
    assert ax.get_ylabel() == "sanktioner"
    assert ax.get_ylim()[0] == 0


@settings(max_examples=8)
@given(
    st.lists(
        st.lists(st.one_of(st.integers(0, 50), st.sampled_from([HIDDEN, ABSENT])), min_size=3, max_size=3),
        min_size=2,
        max_size=4,
    )
)
def test_the_band_of_a_stack_is_the_interval_of_the_rule(cells: list[list[Any]]) -> None:
    df = frame(cells, FLOWS)
    ax = plot(df, kind="stacked", ax=Figure().add_axes((0.1, 0.3, 0.8, 0.6)))
    bounds = df.jobindsats.sum_bounds(by="period")
    seen, band = bars(ax, hatched=False), bars(ax, hatched=True)
    for place, (low, high) in enumerate(zip(bounds["low"], bounds["high"], strict=True)):
        top = max((start + height for start, height in seen.get(place, [])), default=0)
        assert top == low
        assert sum(height for _, height in band.get(place, [])) == high - low


def test_shares_are_of_the_sum_with_hidden_parts_at_their_highest_and_of_no_total() -> None:
    cells = [[6, 9], [2, HIDDEN]]
    ax = plot(frame(cells, FLOWS), kind="stacked", share=True)
    assert bars(ax, hatched=False) == {0: [(0, 75), (75, 25)], 1: [(0, pytest.approx(900 / 11))]}
    assert bars(ax, hatched=True) == {1: [(pytest.approx(900 / 11), pytest.approx(200 / 11))]}
    assert "mindst så meget som tegnet" in foot(ax)
    assert ax.get_ylabel() == "pct. af højst mulige sum"
    assert plot(frame([[6, 9], [2, 1]], FLOWS), kind="stacked", share=True).get_ylabel() == "pct. af summen"
    with_total = frame([[8, 11], *cells], FLOWS, members=[0, 1, 2])
    other_total = frame([[8, 9], *cells], FLOWS, members=[0, 1, 2])
    first, second = (plot(df, kind="stacked", share=True) for df in (with_total, other_total))
    assert bars(first, hatched=False) == bars(second, hatched=False) == bars(ax, hatched=False)
    assert bars(first, hatched=True) == bars(second, hatched=True) == bars(ax, hatched=True)
    assert "Uden total: Hele landet." in foot(first)
    assert "mindst" not in foot(plot(frame([[6, 9], [2, 1]], FLOWS), kind="area", share=True))


def test_no_line_is_drawn_where_the_total_of_a_period_with_a_hidden_part_would_be() -> None:
    df = frame([[98, 110], [40, 50], [HIDDEN, 40]], FLOWS, members=[0, 1, 2])
    for how in ({"kind": "stacked"}, {"kind": "area"}, {"kind": "stacked", "share": True}):
        assert list(plot(df, **how).lines) == []


@pytest.mark.parametrize("kind", ["stacked", "area"])
def test_shares_with_hidden_parts_have_no_line_at_100(kind: str) -> None:
    """100 is there the largest sum that is possible, and no number of the data."""
    ax = plot(frame([[98, 110], [HIDDEN, 40]], FLOWS), kind=kind, share=True)
    bands = [patch for patch in [*ax.patches, *ax.collections] if patch.get_hatch()]
    assert bands
    assert all(np.max(band.get_linewidth()) == 0 for band in bands)
    assert not any(line.get_visible() for line in ax.get_ygridlines())
    ax = plot(frame([[98, 110], [3, 40]], FLOWS), kind=kind, share=True)
    assert all(line.get_visible() for line in ax.get_ygridlines())


@pytest.mark.parametrize(
    ("df", "reason"),
    [
        (frame([[5, 6], [7, 8]]), "persons"),
        (frame([[5.5, 6.5], [7.5, 8.5]], table((RATE,))), "rate"),
        (frame([[5, 6], [7, (1, FILLED)]], FLOWS), "filled"),
        (frame([[HIDDEN, 6], [7, HIDDEN]]), "persons"),
    ],
)
@pytest.mark.parametrize("kind", ["stacked", "area"])
def test_what_does_not_add_is_not_stacked_and_the_reason_told(
    df: pd.DataFrame, reason: str, kind: str
) -> None:
    with pytest.raises(InvalidSumError, match=rf"plot\(kind='{kind}'\): refused[^$]*{reason}") as caught:
        plot(df, kind=kind)
    assert reason in caught.value.reasons
    assert "df.jobindsats.plot(kind='line')" in str(caught.value)


def test_totals_beside_their_parts_are_not_stacked() -> None:
    df = frame([[12, 14], [5, 6], [7, 8]], FLOWS, members=[0, 1, 2])
    assert bars(plot(df, kind="stacked"), hatched=False) == {0: [(0, 5), (5, 7)], 1: [(0, 6), (6, 8)]}
    with pytest.raises(InvalidSumError, match="totals and their parts"):
        plot(df, kind="stacked", totals=True)


def test_hidden_money_has_no_bound_and_is_not_stacked() -> None:
    with pytest.raises(InvalidSumError, match=r"no rule bounds 1 hidden cells.*kind='line'") as caught:
        plot(frame([[5, 6], [7, HIDDEN]], table((MONEY,))), kind="stacked")
    assert caught.value.reasons == ("hidden",)


def test_numbers_below_0_are_not_stacked() -> None:
    df = frame([[5, 6], [7, 8]], FLOWS)
    df["Antal sanktioner"] = -df["Antal sanktioner"]
    with pytest.raises(QueryError, match="no place for numbers below 0"):
        plot(df, kind="stacked")


def test_the_same_cells_twice_are_stacked_once() -> None:
    df = frame([[5, 6], [7, 8]], FLOWS)
    assert bars(plot(pd.concat([df, df]), kind="stacked"), hatched=False)[0] == [(0, 5), (5, 7)]


def test_a_period_that_is_not_published_whole_has_no_stack() -> None:
    ax = plot(frame([[5, 6, 7], [7, PENDING, (4, ROUNDED)]], FLOWS), kind="stacked")
    assert bars(ax, hatched=False) == {0: [(0, 5), (5, 7)], 2: [(0, 7)]}
    assert bars(ax, hatched=True) == {2: [(7, 4)]}
    assert "Ikke offentliggjort endnu: 1 tal (feb 2024)." in foot(ax)
    nothing = plot(frame([[PENDING], [PENDING]], FLOWS), kind="area")
    assert nothing.collections[:] == []
    zeros = plot(frame([[0, 4], [0, 4]], FLOWS), kind="stacked", share=True)
    assert list(bars(zeros, hatched=False)) == [1], "of nothing there are no shares"


def test_a_band_too_thin_to_see_has_a_mark_below_the_axis() -> None:
    ax = plot(frame([[5000, 6000], [4000, HIDDEN]], FLOWS), kind="stacked")
    assert legend(ax)[0] == "Skjulte tal: 0–2 hver,\nlagt øverst\n(mærke under aksen)"
    assert min(ax.get_yticks()) == 0
    assert ax.get_ylim()[0] < 0


def test_of_many_parts_the_small_ones_are_one() -> None:
    rows = [[n * 10, n * 10] for n in range(1, 13)]
    rows[0][1] = HIDDEN
    ax = plot(frame(rows, table((FLOW,), months(2), area(12))), kind="stacked")
    assert legend(ax)[1] == "Øvrige 5"
    assert legend(ax)[-1] == "Kommune 12"
    assert bars(ax, hatched=False)[0][-1] == (120 + 110 + 100 + 90 + 80 + 70 + 60, 50 + 40 + 30 + 20 + 10)
    assert bars(ax, hatched=True) == {1: [(770, 2)]}


def test_areas_run_through_the_periods_and_stop_where_one_is_missing() -> None:
    df = frame([[5, 6, None, 4, None, 5, 6], [7, HIDDEN, None, 5, None, 5, 6]], table((FLOW,), months(7)))
    ax = plot(df, kind="area")
    hatched = [c for c in ax.collections if c.get_hatch()]
    plain = [c for c in ax.collections if not c.get_hatch()]
    assert len(plain) == 2 * 3
    (band,) = hatched
    corners = band.get_paths()[0].vertices
    assert set(corners[corners[:, 0] == START + 1, 1]) == {6, 8}
    alone = plain[2].get_paths()[0].vertices[:, 0]
    assert (alone.min() - START, alone.max() - START) == (pytest.approx(2.6), pytest.approx(3.4))


# ---- heat maps ----


def cells_of(ax: Any) -> dict[tuple[float, float], Rectangle]:
    return {
        (
            round(patch.get_x() + patch.get_width() / 2, 6),
            round(patch.get_y() + patch.get_height() / 2, 6),
        ): patch
        for patch in ax.patches
        if isinstance(patch, Rectangle)
    }


def test_a_heat_map_has_a_shade_for_each_number_and_hatches_for_what_is_hidden() -> None:
    ax = plot(frame([[5, HIDDEN, 90], [10, None, 20], [30, 40, PENDING]]), kind="heatmap")
    tiles = cells_of(ax)
    assert len(tiles) == 9
    grey = {place: sum(tile.get_facecolor()[:3]) for place, tile in tiles.items()}
    assert grey[START, 0] > grey[START, 2] > grey[START + 2, 0]
    assert [bool(tiles[START + n, 0].get_hatch()) for n in range(3)] == [False, True, False]
    assert tiles[START + 2, 2].get_hatch() == "xxx"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Ærø", "Læsø", "Aarhus"]
    assert tick_names(ax) == ["jan\n2024", "feb", "mar"]
    assert legend(ax)[0].startswith("under ")
    assert legend(ax)[-3:] == ["Diskretioneret: 0–2", "ikke offentliggjort", "ikke i udtrækket"]
    assert beside(ax) == ["5", "", "90", "10", "", "20", "30", "40", ""]
    assert title(ax) == "Antal personer\npersoner"


@given(st.lists(st.floats(-1e6, 1e6).map(lambda number: round(number, 2)), min_size=1, max_size=40))
@settings(max_examples=25)
def test_every_number_is_in_one_class_and_darker_classes_hold_larger_numbers(numbers: list[float]) -> None:
    from jobindsats_pandas.plotting.language import DANISH
    from jobindsats_pandas.plotting.picture import compose
    from jobindsats_pandas.plotting.shades import shades_of

    shades = shades_of(compose(frame([numbers], table((RATE,), months(40))), None, None, DANISH))
    assert len(shades.colours) == len(shades.limits) + 1
    assert len(shades.keys(nothing=False)[1]) == len(shades.colours)
    assert (np.diff(shades.limits) > 0).all()
    grey = [sum(mpl.colors.to_rgb(shades.style(0, n)[0]["facecolor"])) for n in range(len(numbers))]
    for (low, light), (high, dark) in itertools.pairwise(sorted(zip(numbers, grey, strict=True))):
        assert low == high or light >= dark
    if min(numbers) < max(numbers):
        assert len(set(grey)) > 1


def test_a_heat_map_of_one_number_or_of_none_has_a_legend_all_the_same() -> None:
    assert legend(plot(frame([[7, 7]]), kind="heatmap")) == ["7"]
    assert legend(plot(frame([[HIDDEN, HIDDEN]]), kind="heatmap")) == ["Diskretioneret: 0–2"]
    assert legend(plot(frame([[5] * 7 + [6]], table((PERSONS,), months(8))), kind="heatmap")) == [
        "under 6",
        "6 og derover",
    ]


def test_the_classes_of_a_legend_do_not_overlap() -> None:
    counts = plot(frame([[3, 4, 5, 7, 8, 12, 30, 4, 6, 9]], table((PERSONS,), months(10))), kind="heatmap")
    assert legend(counts) == ["under 4", "4–5", "6–7", "8–9", "10 og derover"]
    rates = plot(frame([[5.1, 5.2, 5.3, 5.4, 5.5]], table((RATE,), months(5))), kind="heatmap")
    assert legend(rates) == ["under 5,2", "5,2", "5,3", "5,4", "5,5 og derover"]
    finer = plot(frame([[5.11, 5.25, 5.37, 5.43, 5.58]], table((RATE,), months(5))), kind="heatmap")
    assert legend(finer)[1] == "5,22–5,32", (
        "between numbers with more decimals than are written nothing is left out"
    )


def test_a_heat_map_of_many_members_shows_the_largest_and_no_numbers_that_do_not_fit() -> None:
    rows = [[n * 1000] * 30 for n in range(1, 31)]
    ax = plot(frame(rows, table((PERSONS,), months(30), area(30))), kind="heatmap")
    assert len(ax.get_yticks()) == plotting.MOST_BARS
    assert "Vist er de 25 største af 30" in foot(ax)
    assert beside(ax) == []


# ---- slopes ----


def test_a_slope_goes_from_the_first_period_to_the_last_with_numbers_at_both_ends() -> None:
    ax = plot(frame([[5, 6, 9], [20, 18, 12]]), kind="slope")
    assert [line.get_ydata().tolist() for line in ax.lines[:2]] == [[5, 9], [20, 12]]
    assert beside(ax) == ["5", "20", "9  Ærø", "12  Læsø"]
    assert tick_names(ax) == ["jan\n2024", "mar\n2024"]
    assert "Vist er den første og den sidste af 3 perioder." in foot(ax)
    assert "Vist er den første" not in foot(plot(frame([[5, 6]]), kind="slope"))


def test_hidden_ends_of_a_slope_are_bands_and_no_line_leads_to_them() -> None:
    ax = plot(
        frame([[5, HIDDEN], [HIDDEN, HIDDEN], [8, (4, ROUNDED)], [7, PENDING]], table((FLOW,))), kind="slope"
    )
    bands = [(round(p.get_x()), p.get_height()) for p in ax.patches if p.get_hatch()]
    assert bands == [(0, 2)] * 0 + [(1, 2), (0, 2), (1, 2), (1, 4)]
    assert [np.isfinite(line.get_ydata()).sum() for line in ax.lines[:4]] == [1, 0, 1, 1]
    assert beside(ax) == ["5", "0–2", "8", "7", "0–2  Ærø", "0–2  Læsø", "≤4  Aarhus", "Sønderborg"]
    assert legend(ax) == ["Diskretioneret: 0–2", "Afrundet: højst 4"]
    assert beside(plot(frame([[PENDING, 5], [4, 6]]), kind="slope")) == ["4", "5  Ærø", "6  Læsø"]
    rate = plot(frame([[5.5, HIDDEN]], table((RATE,))), kind="slope")
    assert beside(rate) == ["5,5", "diskretioneret"]
    assert not [p for p in rate.patches if p.get_hatch()]


def test_a_slope_needs_two_periods() -> None:
    with pytest.raises(QueryError, match=r"the frame holds 1\. Read two"):
        plot(frame([[5], [6]]), kind="slope")


def overlapping(ax: Any) -> list[tuple[str, str]]:
    ax.figure.draw_without_rendering()
    boxes = [(text.get_text(), text.get_window_extent()) for text in ax.texts]
    return [
        (left, right)
        for (left, a), (right, b) in itertools.combinations(boxes, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1
    ]


def test_names_beside_a_slope_do_not_lie_on_each_other() -> None:
    rows = [[100 + n, 50] for n in range(8)]
    df = frame(rows, table((PERSONS,), months(2), area(8)))
    for ax in (plot(df, kind="slope"), plot(df, kind="slope", ax=plt.subplots()[1])):
        assert overlapping(ax) == []
        inside = ax.get_window_extent()
        for text in ax.texts:
            box = text.get_window_extent()
            assert inside.y0 - 2 <= box.y0
            assert box.y1 <= inside.y1 + 2
            assert inside.x0 - 2 <= box.x0
            assert box.x1 <= inside.x1 + 2


# ---- Denmark as tiles ----

#: Latitude and longitude of each municipality's main town, roughly.
TOWNS = """
101 55.68 12.57 147 55.68 12.53 151 55.73 12.36 153 55.65 12.42 155 55.59 12.67 157 55.75 12.55 159 55.74 12.48
161 55.67 12.40 163 55.73 12.44 165 55.66 12.35 167 55.64 12.47 169 55.65 12.27 173 55.77 12.50 175 55.68 12.45
183 55.62 12.35 185 55.63 12.60 187 55.62 12.38 190 55.78 12.36 201 55.87 12.36 210 55.97 12.40 217 56.04 12.61
219 55.93 12.31 223 55.88 12.50 230 55.84 12.48 240 55.77 12.20 250 55.84 12.07 253 55.58 12.30 259 55.46 12.18
260 55.97 12.02 265 55.64 12.08 269 55.53 12.22 270 56.09 12.28 306 55.86 11.59 316 55.72 11.71 320 55.25 12.12
326 55.68 11.09 329 55.44 11.79 330 55.40 11.35 336 55.31 12.37 340 55.43 11.56 350 55.60 11.97 360 54.77 11.13
370 55.23 11.76 376 54.77 11.87 390 55.01 11.91 400 55.10 14.70 410 55.50 9.73 420 55.27 9.90 430 55.10 10.24
440 55.45 10.66 450 55.31 10.79 461 55.40 10.39 479 55.06 10.61 480 55.57 10.09 482 54.94 10.71 492 54.89 10.41
510 55.25 9.49 530 55.73 9.11 540 54.91 9.79 550 54.94 8.86 561 55.47 8.45 563 55.44 8.40 573 55.62 8.48 575 55.48 9.14
580 55.04 9.42 607 55.57 9.75 615 55.86 9.85 621 55.49 9.47 630 55.71 9.54 657 56.14 8.97 661 56.36 8.62 665 56.55 8.31
671 56.49 8.59 706 56.28 10.48 707 56.41 10.88 710 56.33 9.95 727 55.97 10.15 730 56.46 10.04 740 56.17 9.55
741 55.85 10.60 746 56.04 9.93 751 56.16 10.20 756 56.14 9.25 760 56.09 8.24 766 55.77 9.70 773 56.80 8.86 779 56.57 9.03
787 56.95 8.69 791 56.45 9.40 810 57.27 9.95 813 57.44 10.54 820 56.80 9.40 825 57.27 11.00 840 56.83 9.85 846 56.64 9.79
849 57.22 9.52 851 57.05 9.92 860 57.46 9.98
"""
WORDS = TOWNS.split()
PLACES = {
    f"0{code}": (float(north), float(east))
    for code, north, east in zip(WORDS[::3], WORDS[1::3], WORDS[2::3], strict=True)
}


def test_each_municipality_has_a_tile_of_its_own(client: ji.Client) -> None:
    assert set(TILES) == set(MUNICIPALITIES) == set(PLACES)
    assert len({(tile.row, tile.column) for tile in TILES.values()}) == 98
    assert len({tile.short for tile in TILES.values()}) == 98
    df = client.read("y25i01", by="Kommune", periods=1, measures="Antal ledige fuldtidspersoner")
    ax = plot(df, kind="tiles")
    assert len(cells_of(ax)) == 98
    assert "ikke i udtrækket" not in legend(ax), (
        "the sandbox knows each of them by the name that the tiles know"
    )


def test_tiles_lie_as_the_municipalities_do() -> None:
    codes = sorted(TILES)
    north, east = np.array([PLACES[code] for code in codes]).T
    row, across = np.array([(TILES[code].row, TILES[code].column) for code in codes]).T
    ranks = pd.DataFrame({"north": -north, "east": east, "row": row, "column": across}).corr("spearman")
    assert ranks.loc["north", "row"] > 0.9
    assert ranks.loc["east", "column"] > 0.9
    far = np.hypot(111 * (north[:, None] - north), 64 * (east[:, None] - east))
    np.fill_diagonal(far, np.inf)
    apart = np.maximum(abs(row[:, None] - row), abs(across[:, None] - across))
    nearest = far.argmin(axis=1)
    distances = apart[np.arange(98), nearest]
    # Across the Little Belt there is water on this map too.
    assert {codes[n] for n in np.flatnonzero(distances > 2)} == {"0420", "0480", "0621"}
    assert distances.max() == 3
    assert (distances == 1).mean() > 0.8


def denmark(*leave_out: str) -> tuple[AddressDimension, list[int]]:
    names = [*MUNICIPALITIES.values(), "Uoplyst område"]
    listed = [(f"/{n + 1}/", name) for n, name in enumerate(names)]
    dimension = AddressDimension.build(
        "_omrade",
        "Område",
        [("_nykom", "0", "Hele landet", [("/", "Hele landet")]), ("_nykom", "1", "Kommune", listed)],
    )
    return dimension, [n + 1 for n, name in enumerate(names) if name not in leave_out]


def tiles_of(ax: Any) -> dict[str, Any]:
    cells = cells_of(ax)
    return {code: cells[tile.column, tile.row] for code, tile in TILES.items()}


def test_tiles_show_the_newest_period_hatch_what_is_hidden_and_name_what_has_no_tile() -> None:
    dimension, members = denmark("Fanø")
    rows: list[list[Any]] = [[5, n] for n in members]
    rows[0][1], rows[1][1] = HIDDEN, PENDING
    ax = plot(frame(rows, table((PERSONS,), months(2), dimension), members=members), kind="tiles")
    tiles = tiles_of(ax)
    assert tiles["0101"].get_hatch() == "//////"
    assert tiles["0147"].get_hatch() == "xxx"
    assert tiles["0563"].get_facecolor()[:3] == (1, 1, 1)
    assert sum(tiles["0860"].get_facecolor()[:3]) < sum(tiles["0155"].get_facecolor()[:3])
    assert {"KBH", "FRB", "FAN", "HJØ", "98"} <= set(beside(ax))
    assert legend(ax)[-3:] == ["Diskretioneret: 0–2", "ikke offentliggjort", "ikke i udtrækket"]
    assert "Ikke på kortet: Uoplyst område." in foot(ax)
    assert "Vist er feb 2024 alene, den nyeste af 2 perioder." in foot(ax)
    assert title(ax).endswith("personer, feb 2024")
    ax.figure.draw_without_rendering()
    box = tiles["0101"].get_window_extent()
    assert box.width == pytest.approx(box.height, rel=0.02), "tiles are square"


def test_tiles_of_regions_or_of_no_areas_are_refused(client: ji.Client) -> None:
    df = client.read("y25i01", by="Region", periods=1, measures="Antal ledige fuldtidspersoner")
    with pytest.raises(QueryError, match=r"'Region Hovedstaden' is none.*geometry="):
        plot(df, kind="tiles")
    funds = client.read("y25i01", by="A-kasse", periods=1, measures="Antal ledige fuldtidspersoner")
    with pytest.raises(
        QueryError, match=r"holds none. Read them: ji.read_jobindsats\('y25i01', by='Kommune'\)"
    ):
        plot(funds, kind="tiles")


def test_one_area_in_two_hierarchies_has_one_tile_and_the_frame_is_refused() -> None:
    double = AddressDimension.build(
        "_o",
        "Område",
        [("_a", "1", "Kommune", [("/1/", "Bornholm")]), ("_b", "1", "Region", [("/1/", "Bornholm")])],
    )
    with pytest.raises(QueryError, match=r"'Bornholm \[Kommune\]' in two hierarchies"):
        plot(frame([[5], [7]], table((PERSONS,), months(1), double)), kind="tiles")


def test_small_tiles_are_shades_alone() -> None:
    dimension, members = denmark()
    df = frame([[n] for n in members], table((PERSONS,), months(1), dimension), members=members)
    assert beside(plot(df, kind="tiles", ax=plt.subplots(figsize=(3, 3))[1])) == []


# ---- a map of one's own ----


class Shapes(pd.DataFrame):
    """As much of a GeoDataFrame as a picture needs: rows with a geometry, which can be drawn."""

    crs: Any

    @property
    def _constructor(self) -> type[Shapes]:
        return Shapes

    @property
    def total_bounds(self) -> list[float]:
        return [8, 54, 16, 58]

    def plot(self, ax: Any, aspect: Any, **style: Any) -> None:  # type: ignore[override]
        assert aspect is None
        boxes = [Rectangle((x, y), 1, 1) for x, y in self["geometry"]]
        ax.add_collection(PatchCollection(boxes, **style))
        ax.autoscale_view()


def shapes(**columns: Any) -> Shapes:
    return Shapes({**columns, "geometry": [(n, n % 2) for n in range(len(next(iter(columns.values()))))]})


CODES = [101, 147, 751, 461]


def mapped(hidden: Any = HIDDEN) -> pd.DataFrame:
    dimension, _ = denmark()
    members = [1, 2, list(MUNICIPALITIES).index("0751") + 1]
    return frame([[5], [hidden], [40]], table((PERSONS,), months(1), dimension), members=members)


@pytest.mark.parametrize(
    "labels",
    [
        {"KOMKODE": [f"0{code}" for code in CODES]},
        {"navn": ["a", "b", "c", "d"], "kode": CODES},
        {"kode": [float(code) for code in CODES]},
        {"kommune": ["København", "Frederiksberg Kommune", "Århus", "Odense"]},
    ],
    ids=["text", "number", "decimal", "name"],
)
def test_a_map_of_ones_own_is_shaded_by_code_or_name(labels: dict[str, list[Any]]) -> None:
    ax = plot(mapped(), geometry=shapes(**labels))
    drawn = {tuple(path.vertices[0]): c for c in ax.collections for path in c.get_paths()}
    assert len(drawn) == 4
    assert drawn[1, 1].get_hatch() == "//////"
    assert drawn[3, 1].get_facecolor()[0].tolist()[:3] == [1, 1, 1]
    assert sum(drawn[2, 0].get_facecolor()[0]) < sum(drawn[0, 0].get_facecolor()[0])
    assert legend(ax)[-2:] == ["Diskretioneret: 0–2", "ikke i udtrækket"]
    assert "felt" not in foot(ax)


def test_a_map_in_degrees_is_as_wide_as_denmark_is() -> None:
    class Degrees:
        is_geographic = True

    geometry = shapes(kode=CODES)
    geometry.crs = Degrees()
    for shaped, ratio in ((geometry, 1 / np.cos(np.radians(56))), (shapes(kode=CODES), 1.0)):
        ax = plot(mapped(), geometry=shaped)
        ax.figure.draw_without_rendering()
        box, (left, right), (low, high) = ax.get_window_extent(), ax.get_xlim(), ax.get_ylim()
        up, aside = box.height / (high - low), box.width / (right - left)
        assert up / aside == pytest.approx(ratio, rel=0.02)


def test_what_is_no_map_or_has_no_codes_is_refused() -> None:
    with pytest.raises(QueryError, match=r"geometry=5: give a GeoDataFrame"):
        plot(mapped(), geometry=5)
    with pytest.raises(QueryError, match=r"geometry=.*give a GeoDataFrame"):
        plot(mapped(), geometry=pd.DataFrame({"kode": CODES}))
    with pytest.raises(
        QueryError, match=r"no column holds the code or name of 'København' \(0101\).*'a', 'geometry'"
    ):
        plot(mapped(), geometry=shapes(a=["x", "y"]))
    with pytest.raises(QueryError, match=r"geometry=.*give a GeoDataFrame"):
        plot(mapped(), geometry=pd.DataFrame({"kode": CODES, "geometry": "POINT (1 1)"}))
    with pytest.raises(QueryError, match=r"kind='map': there are .* A map of your own shapes: geometry=…"):
        plot(mapped(), kind="map")


def test_codes_may_be_an_index_with_a_name_but_rows_that_are_counted_are_no_codes() -> None:
    geometry = shapes(a=CODES).set_index("a")
    assert legend(plot(mapped(), geometry=geometry)) == legend(plot(mapped(), geometry=shapes(kode=CODES)))
    with pytest.raises(QueryError, match="no column holds the code"):
        plot(mapped(), geometry=geometry.rename_axis(None))


def test_a_map_of_geopandas() -> None:
    geopandas = pytest.importorskip("geopandas", reason="geopandas is the user's own, and is not here")
    shapely = pytest.importorskip("shapely", reason="shapely comes with geopandas")
    boxes = [shapely.box(n, 0, n + 1, 1) for n in range(4)]
    geometry = geopandas.GeoDataFrame({"kode": CODES}, geometry=boxes, crs=25832)
    for own in (
        geometry,
        geometry.rename_geometry("form"),
        geometry.to_crs(4326),
        geometry.set_index("kode"),
    ):
        ax = plot(mapped(), geometry=own)
        assert sum(len(c.get_paths()) for c in ax.collections) == 4
        assert sum(bool(c.get_hatch()) for c in ax.collections) == 1
        assert ax.get_ylabel() == ""
        assert foot(ax).startswith("Kilde:")
    with pytest.raises(QueryError, match="give a GeoDataFrame"):
        plot(mapped(), geometry=geometry.geometry)


# ---- languages ----


def test_every_sentence_stands_in_english_and_no_other_does() -> None:
    said: set[str] = set()
    written: set[str] = set()
    for path in Path(plotting.__file__).parent.glob("*.py"):
        if path.stem == "language":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                written.add(node.value)
            if isinstance(node, ast.Call) and "say" in {
                getattr(node.func, "attr", ""),
                getattr(node.func, "id", ""),
            }:
                said |= {one.value for one in node.args if isinstance(one, ast.Constant)}
    assert len(said) > 30
    assert said <= set(_ENGLISH)
    # A unit may also come from the name of a measure.
    assert set(_ENGLISH) - written == {"virksomheder"}
    for danish, english in _ENGLISH.items():
        names = [{part.split("}")[0] for part in text.split("{")[1:]} for text in (danish, english)]
        assert names[0] == names[1], danish


def test_a_picture_in_english_has_no_danish_word_of_ours() -> None:
    df = frame([[1500, HIDDEN, PENDING], [40, 50, 60]], FLOWS)
    df.attrs["jobindsats"] = {"table": "y25i01", "update_latest": "2026-09-03"}
    ax = plot(df, kind="stacked", language="en")
    ax.figure.draw_without_rendering()
    assert legend(ax)[0].startswith("Hidden cells: 0–2 each,\nput on top")
    assert foot(ax) == (
        "Not published yet: 1 cells (Mar 2024). Source: Jobindsats.dk, y25i01: Ledige, updated 3 Sep 2026."
    )
    assert "1,500" in [label.get_text() for label in ax.get_yticklabels()]
    assert tick_names(ax) == ["Jan\n2024", "Feb", "Mar"]
    assert plot(frame([[5, 6]], table((FULL_TIME,))), language="en").get_ylabel() == "full-time persons"
    audit = plot_audit(frame([[5, HIDDEN]]), language="en")
    assert title(audit) == "Where the figures are hidden\nPer cent hidden by measure"
    assert legend(audit)[:3] == ["none hidden", "up to 5 per cent", "5–25 per cent"]


# ---- nothing is cut off ----

LONG = AddressDimension.build(
    "_a",
    "A-kasse",
    [
        (
            "_h",
            "1",
            "A-kasse",
            [(f"/{n}/", f"Fødevareforbundet NNF's og Kristelig A-kasse nr. {n}") for n in range(1, 13)],
        )
    ],
)


@pytest.mark.parametrize("size", [(4.2, 3.2), (6.4, 4.8), (10, 7)], ids=["small", "usual", "large"])
@pytest.mark.parametrize("kind", ["line", "bar", "stacked", "area", "heatmap", "slope", "tiles", "audit"])
def test_nothing_is_cut_off_in_a_figure_of_the_users_own(
    kind: str, size: tuple[float, float], tmp_path: Path
) -> None:
    if kind == "tiles":
        dimension, members = denmark()
        df = frame(
            [[n + 1000.5, HIDDEN] for n in members], table((RATE,), months(2), dimension), members=members
        )
    else:
        name = "Skal hedde noget langt " * 4
        space = table((FLOW,), months(2), LONG, name="Sanktioner til dagpengemodtagere " * 3)
        df = frame([[n + 3, HIDDEN if n % 2 else n] for n in range(12)], space)
        df = df.rename(columns={"Antal sanktioner": name})
    figure, ax = plt.subplots(figsize=size)
    if kind == "audit":
        plot_audit(df, "A-kasse", ax=ax)
    else:
        plot(df if kind != "bar" else df[df["Periode"] == "2024M01"], kind=kind, ax=ax)
    figure.savefig(tmp_path / "own.png")
    drawn = [ax.xaxis.label, ax.yaxis.label, ax._left_title, *ax.texts]
    low, high = sorted(ax.get_ylim())
    drawn += [label for label in ax.get_yticklabels() if low <= label.get_position()[1] <= high]
    low, high = ax.get_xlim()
    drawn += [label for label in ax.get_xticklabels() if low <= label.get_position()[0] <= high]
    words = ax.get_legend()
    drawn += words.get_texts() if words else []
    for text in filter(mpl.text.Text.get_text, drawn):
        box = text.get_window_extent()
        assert box.x0 >= -1, text.get_text()
        assert box.y0 >= -1, text.get_text()
        assert box.x1 <= figure.bbox.x1 + 1, text.get_text()
        assert box.y1 <= figure.bbox.y1 + 1, text.get_text()
    if words:
        assert words.get_window_extent().x0 >= ax.get_window_extent().x1 - 1, (
            "the legend lies beside the data"
        )
    rows = sorted((label.get_window_extent() for label in ax.get_yticklabels()), key=lambda box: box.y0)
    assert all(below.y1 <= above.y0 + 3 for below, above in itertools.pairwise(rows))


@pytest.mark.parametrize("own", [True, False], ids=["own figure", "figure of the user"])
@pytest.mark.parametrize("kind", ["line", "bar", "stacked", "heatmap", "slope"])
def test_words_of_wide_letters_are_not_cut_off(kind: str, own: bool) -> None:
    space = table((FLOW,), months(2), name="Sygedagpengeforløb og sygedagpengemodtagere WWMM " * 4)
    df = frame([[5, 6], [7, 8]], space).rename(columns={"Antal sanktioner": "MEDGÅEDE OMGANGE " * 12})
    ax = plot(df, kind=kind) if own else plot(df, kind=kind, ax=plt.subplots()[1])
    ax.figure.draw_without_rendering()
    for text in (ax.xaxis.label, ax._left_title):
        box = text.get_window_extent()
        assert box.x0 >= -1, text.get_text()
        assert box.x1 <= ax.figure.bbox.x1 + 1, text.get_text()


def test_a_layout_that_the_user_chose_stays() -> None:
    for chosen in ("constrained", "compressed", "tight"):
        figure, ax = plt.subplots(layout=chosen)
        engine = figure.get_layout_engine()
        plot(frame([[5, 6]]), ax=ax)
        assert figure.get_layout_engine() is engine
    figure = Figure()
    plot(frame([[5, 6]]), ax=figure.add_axes((0.1, 0.1, 0.8, 0.8)))
    assert figure.get_layout_engine() is None


def test_an_audit_without_hidden_cells_says_so() -> None:
    ax = plot_audit(frame([[5, 6], [7, 8]]))
    assert beside(ax) == ["Ingen skjulte tal"]
    assert not ax.collections
    assert legend(ax) == []
    assert title(ax) == "Hvor tallene er skjult"
    assert "0 af 4 tal er diskretionerede (0,0 pct.)." in foot(ax)
    assert beside(plot_audit(frame([[5, ABSENT]]), language="en")) == ["No hidden cells"]


def test_a_computed_measure_is_stacked_only_if_it_adds() -> None:
    df = frame([[6, 8], [4, 4]], FLOWS)
    df["dobbelt"] = df["Antal sanktioner"] * 2
    assert df["dobbelt"].array.status.tolist() == [DERIVED] * 4
    assert bars(plot(df, "dobbelt", kind="stacked"), hatched=False) == {
        0: [(0, 12), (12, 8)],
        1: [(0, 16), (16, 8)],
    }


# ---- pictures compared ----


def tile_scene(hidden: Any, ax: Any) -> Any:
    dimension, members = denmark()
    rows = [[hidden if n % 5 == 0 else 3 + n] for n in members]
    return plot(frame(rows, table((PERSONS,), months(1), dimension), members=members), kind="tiles", ax=ax)


def parts(hidden: Any) -> pd.DataFrame:
    return frame([[5, hidden, hidden, 12, 9], [4, 5, 4, hidden, 3], [7, 6, 7, 5, PENDING]], FLOWS)


SCENES = {
    "stacked": lambda hidden, ax: plot(parts(hidden), kind="stacked", ax=ax),
    "area": lambda hidden, ax: plot(parts(hidden), kind="area", ax=ax),
    "shares": lambda hidden, ax: plot(parts(hidden), kind="stacked", share=True, ax=ax),
    "heatmap": lambda hidden, ax: plot(parts(hidden), kind="heatmap", ax=ax),
    "slope": lambda hidden, ax: plot(frame([[5, hidden], [hidden, 9], [7, 6]], FLOWS), kind="slope", ax=ax),
    "tiles": tile_scene,
    "map": lambda hidden, ax: plot(mapped(hidden), geometry=shapes(kode=CODES), ax=ax),
}


@pytest.mark.parametrize("name", SCENES)
def test_the_pictures_look_as_they_did(name: str, tmp_path: Path) -> None:
    looks_as_it_did(SCENES[name], name, tmp_path)


def test_parts_and_hidden_cells_are_told_apart_in_grey(tmp_path: Path) -> None:
    for name in ("stacked", "heatmap", "tiles"):
        kept, other = (
            small(scene(SCENES[name], hidden, tmp_path / f"{name}.png")).mean(axis=2)
            for hidden in (HIDDEN, 6)
        )
        assert np.abs(kept - other).mean() > 0.008
    assert sorted(path.stem for path in PICTURES.glob("*.png")) == sorted(
        [*SCENES, "audit", "bars", "gaps", "lines"]
    )
