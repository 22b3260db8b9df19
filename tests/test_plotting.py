"""Pictures: what is drawn of visible, hidden, rounded, pending and missing cells, and what is said of them."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import matplotlib._pylab_helpers as pylab
import numpy as np
import pandas as pd
import pytest
from drawn import (
    ABSENT,
    FILLED,
    FLOW,
    FULL_TIME,
    HIDDEN,
    MONEY,
    PENDING,
    PERSONS,
    RATE,
    ROUNDED,
    START,
    area,
    beside,
    boxes,
    column,
    foot,
    frame,
    legend,
    lines,
    looks_as_it_did,
    marks,
    months,
    table,
    tick_names,
    title,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.formatters import DisplayFormatter
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

import jobindsats_pandas as ji
from jobindsats_pandas.danish import danish_number
from jobindsats_pandas.disclosure import (
    AddressDimension,
    AddressMeasure,
    AddressSpace,
    DiscretionisedArray,
    Registry,
)
from jobindsats_pandas.errors import ProvenanceError, QueryError
from jobindsats_pandas.framed import Framed
from jobindsats_pandas.kinds import Kind, measure_kind
from jobindsats_pandas.plotting import MOST_BARS, MOST_LINES, plot, plot_audit
from jobindsats_pandas.plotting.figures import cells_of_measure
from jobindsats_pandas.plotting.time_axis import time_axis
from jobindsats_pandas.plotting.wording import unit

if TYPE_CHECKING:
    from pathlib import Path

    import jobindsats_pandas as ji


# ---- lines ----


def test_a_line_shows_the_visible_numbers_at_their_periods() -> None:
    ax = plot(frame([[3, 4, 5, 6, 7, 8], [10, 11, 12, 13, 14, 15]]))
    assert lines(ax) == {
        "Ærø": {START + n: 3 + n for n in range(6)},
        "Læsø": {START + n: 10 + n for n in range(6)},
    }
    assert ax.get_ylabel() == "personer"
    assert title(ax) == "Antal personer"
    assert ax.get_ylim()[0] == 0


@pytest.mark.parametrize(
    ("measure", "limit"),
    [(PERSONS, 2), (FLOW, 2), (AddressMeasure("s", "Antal sager", Kind.STOCK), 2), (FULL_TIME, 3)],
)
def test_a_hidden_count_is_a_band_from_0_to_the_limit_of_the_rule(
    measure: AddressMeasure, limit: int
) -> None:
    ax = plot(frame([[5, HIDDEN, 9, 8, 7, 6]], table((measure,))))
    assert boxes(ax) == [(START + 1, limit)]
    assert START + 1 not in lines(ax)[""]
    assert f"Diskretioneret: 0–{limit}" in legend(ax)
    assert not marks(ax)


def test_a_band_is_joined_to_the_numbers_beside_it() -> None:
    ax = plot(frame([[5, HIDDEN, HIDDEN, 8, PENDING, 6]]))
    wedges = [path.vertices[:3].tolist() for path in ax.collections[0].get_paths()]
    assert wedges == [
        [[START + 0.5, 0], [START, 5], [START + 0.5, 2]],
        [[START + 2.5, 0], [START + 3, 8], [START + 2.5, 2]],
    ]


def test_where_a_band_would_be_too_thin_to_see_a_mark_below_the_axis_tells_of_it_too() -> None:
    ax = plot(frame([[5000, HIDDEN, 4000, 4100, 4200, 4300]]))
    assert boxes(ax) == [(START + 1, 2)]
    assert marks(ax) == [pytest.approx(START + 1)]
    assert legend(ax) == ["Diskretioneret: 0–2\n(mærke under aksen)"]
    assert min(ax.get_yticks()) == 0


@pytest.mark.parametrize("measure", [RATE, MONEY])
@pytest.mark.parametrize("kind", ["line", "bar"])
def test_a_hidden_cell_without_a_rule_is_marked_and_no_band_claims_to_know_it(
    measure: AddressMeasure, kind: str
) -> None:
    ax = plot(frame([[5.5, HIDDEN, 4.5, 4.0, 4.0, 4.5]], table((measure,))), kind=kind)
    assert marks(ax) == [pytest.approx(START + 1)]
    assert not boxes(ax)
    assert legend(ax) == ["Diskretioneret\n(grænsen kendes ikke)"]


def test_marks_of_several_lines_stand_in_rows_of_their_own() -> None:
    ax = plot(frame([[0.5, HIDDEN, 0.5], [0.4, HIDDEN, 0.6]], table((RATE,))))
    heights = [path.vertices[:, 1].mean() for c in ax.collections for path in c.get_paths()]
    assert len(heights) == 2
    assert heights[0] > heights[1]


def test_bands_of_several_lines_stand_beside_each_other() -> None:
    ax = plot(frame([[5, HIDDEN, 7], [4, HIDDEN, 6], [9, 9, 9]]))
    first, second = sorted((p for p in ax.patches if p.get_hatch()), key=lambda p: p.get_x())
    assert first.get_x() + first.get_width() <= second.get_x() + 1e-9
    assert first.get_edgecolor() != second.get_edgecolor()


def test_a_rounded_cell_is_a_band_up_to_what_is_shown() -> None:
    ax = plot(frame([[9, (5, ROUNDED), 12]], table((FLOW,))))
    assert boxes(ax) == [(START + 1, 5)]
    assert lines(ax)[""] == {START: 9, START + 2: 12}
    assert legend(ax) == ["Afrundet: højst 5"]


def test_a_cell_not_published_yet_is_not_drawn_but_counted() -> None:
    ax = plot(frame([[5, 6, 7, 8, PENDING, PENDING]]))
    assert max(lines(ax)[""]) == START + 3
    assert not boxes(ax)
    assert not marks(ax)
    assert "Ikke offentliggjort endnu: 2 tal (maj 2024 til jun 2024)." in foot(ax)
    assert ax.get_xlim()[1] > START + 5, "their periods keep their place"


def test_one_period_not_published_is_named_once() -> None:
    assert "1 tal (mar 2024)." in foot(plot(frame([[5, 6, PENDING]])))


def test_a_combination_left_out_is_0_where_its_status_says_so_and_else_counted() -> None:
    ax = plot(frame([[5, ABSENT, 6], [7, None, 8]]))
    assert lines(ax)["Ærø"][START + 1] == 0
    assert START + 1 not in lines(ax)["Læsø"]
    assert "Ikke i data, og ikke tegnet: 1 kombinationer." in foot(ax)


def test_a_period_that_no_row_has_breaks_the_line() -> None:
    ax = plot(frame([[5, None, 6]]))
    (line,) = ax.lines
    assert np.isnan(line.get_ydata()[1])
    assert "kombinationer" not in foot(ax)


def test_a_number_that_was_filled_in_has_a_hollow_marker() -> None:
    ax = plot(frame([[5, (1, FILLED), 6]]))
    (hollow,) = [line for line in ax.lines if line.get_markerfacecolor() == "white"]
    assert (hollow.get_xdata().tolist(), hollow.get_ydata().tolist()) == ([START + 1], [1])
    assert legend(ax) == ["Udfyldt, ikke offentliggjort"]


CELL = st.one_of(
    st.integers(0, 200), st.sampled_from([HIDDEN, PENDING, ABSENT]), st.just((5, ROUNDED)), st.none()
)


@settings(max_examples=12)
@given(
    st.lists(st.lists(CELL, min_size=6, max_size=6), min_size=1, max_size=4), st.sampled_from(["line", "bar"])
)
def test_every_cell_is_drawn_as_what_it_is_and_as_nothing_else(cells: list[list[Any]], kind: str) -> None:
    rows = [row for row in cells if any(cell is not None for cell in row)]
    periods = {place for row in rows for place, cell in enumerate(row) if cell is not None}
    if len(periods) < 2:
        return
    ax = plot(frame(rows), kind=kind, ax=Figure().add_axes((0.1, 0.3, 0.8, 0.6)))
    where = [(START + p, cell) for row in rows for p, cell in enumerate(row)]
    assert sorted(boxes(ax)) == sorted(
        [(p, 2) for p, c in where if c is HIDDEN] + [(p, 5) for p, c in where if c == (5, ROUNDED)]
    )
    numbers = sorted((p, 0 if c is ABSENT else c) for p, c in where if c is ABSENT or type(c) is int)
    if kind == "line":
        drawn = sorted(
            (x, y)
            for line in ax.lines
            if line.get_marker() != "None"
            for x, y in zip(*line.get_data(), strict=True)
            if not np.isnan(y)
        )
    else:
        bars = [patch for patch in ax.patches if not patch.get_hatch()]
        drawn = sorted((round(patch.get_x() + patch.get_width() / 2), patch.get_height()) for patch in bars)
    assert drawn == numbers
    assert all(tick == int(tick) for tick in ax.get_yticks())
    for unmarked in marks(ax):
        assert (round(unmarked), HIDDEN) in where or (round(unmarked), (5, ROUNDED)) in where


# ---- totals, choices and limits ----


def test_totals_are_left_out_and_named_unless_asked_for() -> None:
    df = frame([[100, 110], [40, 50], [30, 40]], members=[0, 1, 2])
    parts = plot(df)
    assert list(lines(parts)) == ["Ærø", "Læsø"]
    assert "Uden total: Hele landet." in foot(parts)
    assert list(lines(plot(df, totals=True))) == ["Hele landet", "Ærø", "Læsø"]


def test_a_total_that_the_question_named_is_drawn(reader: ji.Client) -> None:
    named = reader.read("y01h01", by={"Kommune": ["Hele landet", "Aarhus", "Odense"]}, periods="latest:3")
    everything = reader.read("y01h01", by={"Kommune": "*"}, periods="latest:3")
    rate = "Andel sanktionerede ledige"
    assert set(lines(named.jobindsats.plot(rate))) == {"Hele landet", "Odense", "Aarhus"}
    assert set(lines(named.jobindsats.plot(rate, totals=False))) == {"Odense", "Aarhus"}
    assert "Uden total: Hele landet." in foot(everything.jobindsats.plot(rate))
    # In a stack, and on a map, it has no place.
    for kind in ("stacked", "tiles"):
        picture = named.jobindsats.plot("Antal sanktioner i alt", kind=kind)
        assert "Uden total: Hele landet." in foot(picture)


def test_a_picture_of_totals_alone_draws_them() -> None:
    ax = plot(frame([[100, 110]], members=[0]))
    assert lines(ax)[""] == {START: 100, START + 1: 110}
    assert title(ax) == "Antal personer\nHele landet"


def test_one_part_that_is_left_without_its_total_is_named_in_the_title() -> None:
    ax = plot(frame([[100, 110], [40, 50]], members=[0, 1]))
    assert (title(ax), legend(ax)) == ("Antal personer\nÆrø", [])
    assert "Uden total: Hele landet." in foot(ax)


def test_subtotals_are_left_out_too_and_many_are_told_in_short() -> None:
    groups = [(f"/{n}/", f"Gruppe {n}") for n in range(1, 5)]
    leaves = [(f"/{n}/{k}/", f"Tilbud {n}{k}") for n in range(1, 5) for k in (1, 2)]
    offers = AddressDimension.build(
        "_t",
        "Tilbud",
        [("_h", "0", "I alt", [("/", "I alt")]), ("_h", "1", "G", groups), ("_h", "2", "T", leaves)],
    )
    space = table((PERSONS,), months(2), offers)
    ax = plot(frame([[9, 9]] * 13, space, members=list(range(13))))
    assert list(lines(ax)) == [name for _, name in leaves]
    assert "Uden totaler: I alt, Gruppe 1 og 3 andre." in foot(ax)


def test_no_total_changes_anything_in_a_picture_of_its_parts() -> None:
    pictures = [frame([[total, 50], [HIDDEN, 20], [30, 30]], members=[0, 1, 2]) for total in (31, 32)]
    first, second = (plot(df) for df in pictures)
    assert lines(first) == lines(second)
    assert boxes(first) == boxes(second)
    assert first.get_ylim() == second.get_ylim()
    assert (foot(first), legend(first)) == (foot(second), legend(second))


def test_of_many_members_the_largest_are_drawn_and_the_others_told() -> None:
    rows = [[n, n + 1] if n > 2 else [HIDDEN, HIDDEN] for n in range(98)]
    df = frame(rows, table((PERSONS,), months(2), area(98)))
    ax = plot(df)
    assert list(lines(ax)) == [f"Kommune {n}" for n in range(98, 98 - MOST_LINES, -1)]
    assert (
        "Vist er de 8 største af 98 (gennemsnit af de synlige tal); 90 er ikke vist (3 af dem har skjulte tal)."
        in foot(ax)
    )
    bars = plot(df[df["Periode"] == "2024M01"])
    assert len(beside(bars)) == MOST_BARS
    assert "73 er ikke vist" in foot(bars)


def unknown_last(members: int) -> AddressDimension:
    """Areas of which the last is the unknown one, in two levels as in the metadata of regions and municipalities."""
    listed = [(f"/1/{n}/", f"Kommune {n}") for n in range(1, members)]
    return AddressDimension.build(
        "_omrade",
        "Område",
        [
            ("_reko", "total", "Hele landet", [("/", "Hele landet")]),
            ("_reko", "nykom", "Kommune", [*listed, ("/2/1/", "Uoplyst område")]),
        ],
    )


def test_the_unknown_area_is_named_where_it_is_left_out_and_only_there() -> None:
    space = table((PERSONS,), months(2), unknown_last(30))
    small = [[50 - n, 50 - n] for n in range(30)]
    df = frame(small, space)
    assert "; 22, herunder Uoplyst område, er ikke vist." in foot(plot(df))
    assert "; 5, herunder Uoplyst område, er ikke vist." in foot(plot(df[df["Periode"] == "2024M01"]))
    large = frame([*small[:-1], [99, 99]], space)
    assert "Uoplyst område" in legend(plot(large))
    named = df[df["Område"] != "Uoplyst område"]
    for whole in (large, named, df.tail(8)):
        assert "Uoplyst" not in foot(plot(whole))
    hidden = [[HIDDEN, 9]] * 29 + [[9, 9]]
    assert "; de øvrige, herunder Uoplyst område, har 4 tilsammen." in foot(plot_audit(frame(hidden, space)))
    assert "Uoplyst" not in foot(plot_audit(frame([*hidden[:-1], [HIDDEN] * 2], space), "Område"))


def test_many_unknown_combinations_are_named_in_short() -> None:
    funds = AddressDimension.build(
        "_akasse", "A-kasse", [("_a", "a", "A-kasse", [(f"/{n}/", f"Kasse {n}") for n in range(5)])]
    )
    space = table((PERSONS,), months(1), unknown_last(5), funds)
    areas, of_funds = (codes.ravel() for codes in np.meshgrid(np.arange(1, 6), np.arange(1, 6)))
    array = DiscretionisedArray(
        np.where(areas == 5, 3, 90),
        np.zeros(25, dtype=np.uint8),
        space.encode(0, 0, [areas, of_funds]),
        Registry.of(space),
    )
    ax = plot(pd.DataFrame({"Antal personer": array}), kind="line")
    assert (
        "; 17, herunder Uoplyst område, Kasse 0, Uoplyst område, Kasse 1 og 3 andre uoplyste, er ikke vist."
        in foot(ax)
    )


def test_as_many_members_as_there_is_room_for_stand_in_the_order_of_the_metadata() -> None:
    ax = plot(frame([[n, n] for n in range(3, 11)], table((PERSONS,), months(2), area(8))))
    assert len(lines(ax)) == MOST_LINES
    assert next(iter(lines(ax))) == "Ærø"
    assert "Vist er" not in foot(ax)
    assert "1 er ikke vist." in foot(
        plot(frame([[n, n] for n in range(3, 12)], table((PERSONS,), months(2), area(9))))
    )
    assert len({line.get_color() for line in ax.lines}) == MOST_LINES
    assert len({line.get_marker() for line in ax.lines}) == MOST_LINES


FUNDS = AddressDimension.build(
    "_akasse",
    "A-kasse",
    [
        ("_akassedp", "0", "I alt", [("/", "A-kasse i alt")]),
        ("_akassedp", "1", "A-kasse", [("/1/", "FOA"), ("/2/", "3F")]),
    ],
)


def two_dimensions(*, with_total: bool) -> pd.DataFrame:
    space = table((PERSONS,), months(2), area(2), FUNDS)
    keys = [(a, f, p) for a in (1, 2) for f in ((0, 1, 2) if with_total else (1, 2)) for p in (0, 1)]
    areas, funds, periods = (np.array(codes) for codes in zip(*keys, strict=True))
    values = areas * 100 + funds * 10 + periods
    array = DiscretionisedArray(
        values,
        np.zeros(len(values), dtype=np.uint8),
        space.encode(0, periods, [areas, funds]),
        Registry.of(space),
    )
    return pd.DataFrame({"Antal personer": array})


def test_cells_that_differ_in_two_dimensions_get_a_line_for_each_combination() -> None:
    ax = plot(two_dimensions(with_total=True))
    assert list(lines(ax)) == ["Ærø, FOA", "Ærø, 3F", "Læsø, FOA", "Læsø, 3F"]


@pytest.mark.parametrize("by", ["Område", "område", "_omrade", "_nykom", ["Område"]])
def test_a_dimension_that_is_not_named_stands_at_its_total(by: Any) -> None:
    ax = plot(two_dimensions(with_total=True), by=by)
    assert lines(ax) == {"Ærø": {START: 100, START + 1: 101}, "Læsø": {START: 200, START + 1: 201}}


def test_without_that_total_in_the_frame_the_question_is_not_settled() -> None:
    with pytest.raises(
        QueryError, match=r"'A-kasse'.*total is not in the frame.*draw by=\['_nykom', 'A-kasse'\]"
    ):
        plot(two_dimensions(with_total=False), by=["_nykom"])


def test_a_dimension_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(
        QueryError, match=r"no dimension.*Did you mean 'Område'.*It has: 'Område' .*; 'A-kasse'"
    ):
        plot(two_dimensions(with_total=True), by="omraade i alt")


def test_what_all_cells_share_stands_below_the_title() -> None:
    df = two_dimensions(with_total=True).iloc[[2, 3]]
    assert title(plot(df)) == "Antal personer\nÆrø, FOA"


def test_one_name_in_two_hierarchies_is_told_apart_by_its_level() -> None:
    double = AddressDimension.build(
        "_o",
        "Område",
        [("_a", "1", "Kommune", [("/1/", "Bornholm")]), ("_b", "1", "Region", [("/1/", "Bornholm")])],
    )
    ax = plot(frame([[5, 6], [7, 8]], table((PERSONS,), months(2), double)))
    assert list(lines(ax)) == ["Bornholm [Kommune]", "Bornholm [Region]"]


# ---- which measure ----


def two_measures() -> pd.DataFrame:
    space = table((PERSONS, AddressMeasure("m2", "Antal personer fordelt: Unge", Kind.PERSONS)))
    df = frame([[5, 6, 7]], space)
    df["Unge"] = column(space, [[3, 4, HIDDEN]], measure=1)[0]
    return df


def test_several_measures_and_none_named_is_an_error_that_lists_them() -> None:
    with pytest.raises(QueryError, match=r"2 measures.*measure=: 'Antal personer', 'Unge'"):
        plot(two_measures())


@pytest.mark.parametrize("name", ["Unge", "unge", "m2", "Antal personer fordelt: Unge"])
def test_a_measure_is_found_by_column_name_id_and_short_name(name: str) -> None:
    ax = plot(two_measures(), name)
    assert lines(ax)[""] == {START: 3, START + 1: 4}
    assert title(ax).startswith("Antal personer fordelt: Unge")


def test_a_measure_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(QueryError, match=r"no measure 'Ung'.*Did you mean 'Unge'"):
        plot(two_measures(), "Ung")


def long(df: pd.DataFrame) -> pd.DataFrame:
    space_of = df.melt(["Periode", "Område"], var_name="measure")
    assert isinstance(space_of["value"].array, DiscretionisedArray)
    return space_of


def test_the_long_layout_is_drawn_by_the_name_of_a_measure() -> None:
    df = long(two_measures())
    assert lines(plot(df, "Antal personer"))[""] == {START: 5, START + 1: 6, START + 2: 7}
    assert lines(plot(df[df["measure"] == "Unge"]))[""] == {START: 3, START + 1: 4}
    with pytest.raises(QueryError, match="'value' stands for 2 measures"):
        plot(df, "value")
    with pytest.raises(QueryError, match="holds 2 measures"):
        plot(df)


@pytest.mark.parametrize(
    "change",
    [
        lambda df: df.set_index(["Periode", "Område"]),
        lambda df: df.set_index("Periode"),
        lambda df: df[["Antal personer"]],
        lambda df: df.sample(frac=1, random_state=1),
        lambda df: df.pivot(index="Periode", columns="Område", values="Antal personer"),  # noqa: PD010
        lambda df: pd.concat([df.iloc[:3], df.iloc[3:]]),
        lambda df: pd.concat([df, df]),
        lambda df: df.assign(kopi=df["Antal personer"]),
    ],
)
def test_the_picture_stays_the_same_whatever_became_of_the_other_columns(change: Any) -> None:
    df = frame([[5, 6, 7], [3, HIDDEN, 4]])
    before, after = plot(df), plot(change(df))
    assert lines(after) == lines(before)
    assert boxes(after) == boxes(before)


def test_a_ratio_of_two_measures_is_drawn_under_its_own_name() -> None:
    space = table((PERSONS, FULL_TIME))
    df = frame([[6, 8, HIDDEN]], space)
    df["andel"] = df["Antal personer"] / column(space, [[3, 4, 5]], measure=1)[0]
    ax = plot(df, "andel")
    assert lines(ax)[""] == {START: 2, START + 1: 2}
    assert (title(ax).split("\n")[0], ax.get_ylabel()) == ("andel", "beregnet")
    assert marks(ax) == [pytest.approx(START + 2)]


def test_two_different_numbers_for_one_cell_are_refused() -> None:
    df = pd.concat([frame([[5, 6]]), frame([[5, 7]])])
    with pytest.raises(QueryError, match="two different numbers for one cell"):
        plot(df)


def test_holes_that_pandas_made_are_no_cells() -> None:
    df = frame([[5, 6, 7]]).reindex([0, 1, 2, 9])
    assert lines(plot(df))[""] == {START: 5, START + 1: 6, START + 2: 7}


# ---- what a picture cannot be made of ----


def test_a_frame_without_a_guarded_column_is_refused() -> None:
    plain = pd.DataFrame({"Antal": [1, 2]})
    for draw in (plot, plot_audit):
        with pytest.raises(ProvenanceError, match=r"no guarded column.*df\.plot"):
            draw(plain)


def test_an_empty_frame_is_refused() -> None:
    empty = frame([[5, 6]]).iloc[:0]
    for draw in (plot, plot_audit):
        with pytest.raises(QueryError, match="no cells"):
            draw(empty)


def test_numbers_of_unknown_cells_are_refused() -> None:
    df = frame([[5, 6, 7]])
    shifted = df.assign(**{"Antal personer": df["Antal personer"] + 5})
    for draw in (plot, plot_audit):
        with pytest.raises(ProvenanceError, match="'Antal personer': of 3 cells it is not known"):
            draw(shifted)
    with pytest.raises(ProvenanceError, match="'flere': of 3 cells"):
        plot(df.assign(flere=df["Antal personer"] + 5), "flere")
    some = df.assign(**{"Antal personer": df["Antal personer"].where(df.index > 0, df["Antal personer"] + 5)})
    with pytest.raises(ProvenanceError, match="of 1 cells"):
        plot(some)


def test_sums_of_some_members_or_over_periods_are_no_cells_to_draw() -> None:
    df = frame([[5, 6, 7], [5, 6, 7]], table((FLOW,), months(3), area(4)))
    for sums in (df.groupby("Periode", as_index=False), df.groupby("Område", as_index=False, observed=True)):
        for draw in (plot, plot_audit):
            with pytest.raises(
                ProvenanceError, match=r"(2|3) cells it is not known which cells of a table they are"
            ):
                draw(sums.sum(numeric_only=True))


def test_two_tables_are_told_apart() -> None:
    other = AddressSpace("y01", "Andre", (PERSONS,), months(3), (area(4),))
    both = pd.concat([frame([[5, 6, 7]]), frame([[8, 9, 10]], other)])
    with pytest.raises(QueryError, match=r"'Antal personer' \(of y25i01\), 'Antal personer' \(of y01\)"):
        plot(both)
    with pytest.raises(QueryError, match=r"2 tables \(y25i01, y01\)"):
        plot_audit(both)


def test_two_types_of_period_do_not_stand_on_one_axis() -> None:
    space = table((PERSONS,), (("M", "2024M01"), ("Q", "2024Q01")))
    for draw in (plot, plot_audit):
        with pytest.raises(QueryError, match=r"2 types \(M, Q\)"):
            draw(frame([[5, 6]], space))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"kind": "pie"}, "kind='pie': there are 'line', 'bar', 'stacked', "),
        ({"language": "de"}, "language='de': there are 'da' and 'en'"),
        ({"share": True}, "share=True goes with kind='stacked' and kind='area'; name one of them"),
        ({"share": 1, "kind": "area"}, "share=1: give True or False"),
        ({"kind": "tiles", "by": "Område"}, "A map tells areas apart, and nothing else; leave by= out"),
        (
            {"kind": "bar", "geometry": pd.DataFrame()},
            "geometry= is a kind of its own, a map; leave kind='bar' out",
        ),
    ],
)
def test_what_there_is_not_or_does_not_go_together_is_refused(how: dict[str, Any], message: str) -> None:
    with pytest.raises(QueryError, match=re.escape(message)):
        plot(frame([[5, 6]]), **how)


def test_without_matplotlib_the_error_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.axes", None)
    for draw in (plot, plot_audit):
        with pytest.raises(ImportError, match=r"pip install matplotlib"):
            draw(frame([[5, 6]]))


def test_importing_the_package_imports_no_matplotlib() -> None:
    code = "import sys, jobindsats_pandas.plotting; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ---- bars ----


def test_one_period_is_drawn_as_bars_with_each_cell_in_words() -> None:
    rows = [[1234], [HIDDEN], [PENDING], [ABSENT]]
    ax = plot(frame(rows))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Ærø", "Læsø", "Aarhus", "Sønderborg"]
    assert beside(ax) == ["1.234", "0–2, diskretioneret", "ikke offentliggjort endnu", "0"]
    assert [(round(p.get_y() + 0.35), p.get_width(), bool(p.get_hatch())) for p in ax.patches] == [
        (0, 1234, False),
        (3, 0, False),
        (1, 2, True),
    ]
    assert title(ax) == "Antal personer\njan 2024"
    assert foot(ax).startswith("personer Ikke offentliggjort endnu")
    assert ax.get_ylim()[0] > ax.get_ylim()[1], "the first member stands on top"


def test_a_hidden_rate_has_a_short_mark_of_no_meaning_and_the_word() -> None:
    ax = plot(frame([[50.25], [HIDDEN]], table((RATE,))))
    (mark,) = [patch for patch in ax.patches if patch.get_hatch()]
    assert mark.get_width() < 0.02 * ax.get_xlim()[1]
    assert beside(ax) == ["50,25", "diskretioneret"]


def test_rounded_and_filled_bars_say_so() -> None:
    assert beside(plot(frame([[(5, ROUNDED)], [(2, FILLED)], [9]]))) == [
        "højst 5, afrundet",
        "2 (udfyldt)",
        "9",
    ]


def test_bars_over_several_periods_stand_in_groups() -> None:
    ax = plot(frame([[5, 6], [7, (1, FILLED)]]), kind="bar")
    bars = sorted((patch.get_x(), patch.get_height()) for patch in ax.patches)
    assert [height for _, height in bars] == [5, 7, 6, 1]
    assert legend(ax) == ["Ærø", "Læsø", "Udfyldt, ikke offentliggjort"]


def test_one_period_is_drawn_as_points_where_lines_are_asked_for() -> None:
    assert lines(plot(frame([[5], [7]]), kind="line")) == {"Ærø": {START: 5}, "Læsø": {START: 7}}


# ---- axes, numbers and words ----


def test_an_axis_far_from_0_says_that_it_does_not_begin_there() -> None:
    far, near = plot(frame([[100_000, 101_000]])), plot(frame([[10, 101_000]]))
    assert far.get_ylim()[0] > 0
    assert "Aksen begynder ikke ved 0." in foot(far)
    assert near.get_ylim()[0] == 0
    assert "Aksen" not in foot(near)


def test_one_number_over_and_over_still_has_room() -> None:
    low, high = plot(frame([[50, 50, 50]])).get_ylim()
    assert low < 50 < high


def test_negative_differences_keep_the_axis() -> None:
    space = table((PERSONS, FULL_TIME))
    df = frame([[6, 8]], space)
    df["d"] = df["Antal personer"] - column(space, [[9, 3]], measure=1)[0]
    assert plot(df, "d").get_ylim()[0] < -3
    assert plot(df.iloc[:1], "d").get_xlim()[0] < -3


def test_nothing_but_pending_cells_is_an_empty_picture_that_says_why() -> None:
    ax = plot(frame([[PENDING, PENDING]]))
    assert lines(ax)[""] == {}
    assert "2 tal" in foot(ax)


def test_numbers_on_the_axis_are_danish() -> None:
    ax = plot(frame([[1500, 8000]]))
    ax.figure.draw_without_rendering()
    assert "2.000" in [label.get_text() for label in ax.get_yticklabels()]
    rate = plot(frame([[0.2, 0.9]], table((RATE,))))
    rate.figure.draw_without_rendering()
    assert "0,4" in [label.get_text() for label in rate.get_yticklabels()]
    few = plot(frame([[1, 3]]))
    assert all(tick == int(tick) for tick in few.get_yticks()), "there are no half persons"


def test_a_danish_number_has_points_comma_and_a_real_minus() -> None:
    assert [danish_number(-1234.5, 1), danish_number(0.0), danish_number(1e6)] == [
        "−1.234,5",
        "0",
        "1.000.000",
    ]


@pytest.mark.parametrize(
    ("periods", "names"),
    [
        (months(3), ["jan\n2024", "feb", "mar"]),
        (months(40), ["jan\n2024", "jul", "jan\n2025", "jul", "jan\n2026", "jul", "jan\n2027"]),
        (
            tuple(("Q", f"{2024 + n // 4}Q{n % 4 + 1:02d}") for n in range(5)),
            ["1. kvt.\n2024", "2. kvt.", "3. kvt.", "4. kvt.", "1. kvt.\n2025"],
        ),
        (tuple(("Y", f"{2020 + n}Y01") for n in range(3)), ["2020", "2021", "2022"]),
        (tuple(("QMAT", f"2023QMAT{n:02d}") for n in range(1, 5)), [f"2023QMAT{n:02d}" for n in range(1, 5)]),
        (tuple(("X", name) for name in ("uge 1", "uge 2")), ["uge 1", "uge 2"]),
    ],
    ids=["months", "years of months", "quarters", "years", "rolling years", "unknown"],
)
def test_periods_have_danish_names(periods: tuple[tuple[str, str], ...], names: list[str]) -> None:
    df = frame([[5] * len(periods)], table((PERSONS,), periods))
    assert tick_names(plot(df)) == names


@given(st.sampled_from("MQY"), st.integers(2, 400), st.integers(0, 30), st.floats(0.5, 12))
def test_an_axis_of_any_length_has_a_few_ticks(letters: str, count: int, first: int, width: float) -> None:
    per_year = {"M": 12, "Q": 4, "Y": 1}[letters]
    periods = tuple(
        (letters, f"{1990 + n // per_year}{letters}{n % per_year + 1:02d}")
        for n in range(first, first + count)
    )
    axis = time_axis(AddressSpace("t", "T", (PERSONS,), periods, ()), letters, np.arange(count))
    ticks, labels = axis.ticks(width)
    assert ticks
    assert len(ticks) == len(labels)
    assert set(ticks) <= set(axis.positions.tolist())
    if count < 100:
        assert len(ticks) <= max(width / 0.62, 2) + 1


def test_periods_newest_first_in_the_metadata_stand_in_order_all_the_same() -> None:
    ax = plot(frame([[7, 6, 5]], table((PERSONS,), months(3)[::-1])))
    assert lines(ax)[""] == {START: 5, START + 1: 6, START + 2: 7}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Antal ledige personer", "personer"),
        ("Antal ledige fuldtidspersoner", "fuldtidspersoner"),
        ("Antal virksomheder", "virksomheder"),
        ("Antal aktiveringsforløb", "aktiveringsforløb"),
        ("Antal sanktioner fordelt på type: Andre (arbejdskrav)", "sanktioner"),
        ("Jobopslag", "jobopslag"),
        ("Tilgang", "antal"),
        ("Udbetalt beløb, 1.000 kr.", "1.000 kr."),
        ("Udgifter i alt", "kr."),
        ("Gnsn. udbetaling pr. person, kr.", "kr. pr. person"),
        ("Andel sanktionerede ledige", "pct."),
        ("Ledige fuldtidspersoner i pct. af befolkningen 16-66 år", "pct."),
        ("Gnsn. varighed (uger pr. person)", "uger pr. person"),
        ("Gnsn. varighed i dage", "dage"),
        ("Gnsn. antal sanktioner pr. sanktioneret ledig", "sanktioner pr. sanktioneret ledig"),
        ("Indeks", "Indeks"),
    ],
)
def test_the_unit_comes_from_the_kind_and_the_name(name: str, expected: str) -> None:
    assert unit(AddressMeasure("m", name, measure_kind(name))) == expected


def test_the_source_stands_at_the_foot_with_the_day_of_the_update() -> None:
    df = frame([[3, 6]])
    assert foot(plot(df)) == "Kilde: Jobindsats.dk, y25i01: Ledige."
    df.attrs["jobindsats"] = {
        "table": "y25i01",
        "update_latest": "2026-09-03",
        "fetched_at": "2026-10-01T12:00:00+00:00",
    }
    assert foot(plot(df)) == "Kilde: Jobindsats.dk, y25i01: Ledige, opdateret 3.9.2026."
    df.attrs["jobindsats"] |= {"stale": True, "update_latest": None}
    assert foot(plot(df)) == "Kilde: Jobindsats.dk, y25i01: Ledige (ældre svar, hentet 1.10.2026)."
    df.attrs["jobindsats"]["fetched_at"] = None
    assert "ældre" not in foot(plot(df))
    df.attrs["jobindsats"] = {"table": "y99", "update_latest": "2026-09-03"}
    assert "opdateret" not in foot(plot(df)), "another table's day is not this one's"


def test_the_source_of_synthetic_and_of_local_figures_is_not_star() -> None:
    synthetic = frame([[3, 6]], table(name="Ledige (syntetisk)"))
    assert foot(plot(synthetic)) == (
        "Kilde: Syntetiske data fra sandkassen i jobindsats_pandas, ikke STARs tal, y25i01: Ledige (syntetisk)."
    )
    local = frame([[3, 6]], table(url="http://127.0.0.1:8000/v3"))
    assert foot(plot_audit(local)).endswith(
        "Kilde: Svar fra et API på egen maskine (http://127.0.0.1:8000/v3), ikke kendt som STARs tal, y25i01: Ledige."
    )


def test_dollar_signs_from_the_wire_are_no_formula() -> None:
    wild = AddressDimension.build(
        "_o", "Område", [("_a", "1", "K", [("/1/", "$x_1$"), ("/2/", "100 $ og 200 $")])]
    )
    space = table(
        (AddressMeasure("m", "Antal $\\frac{$ personer", Kind.PERSONS),), months(2), wild, name="$\\sqrt$"
    )
    for df in (frame([[5, 6], [7, 8]], space), frame([[5], [7]], space)):
        ax = plot(df)
        ax.figure.draw_without_rendering()
        assert "\\$x_1\\$" in legend(ax) + [label.get_text() for label in ax.get_yticklabels()]


# ---- figures ----


def test_the_picture_leaves_no_state_behind() -> None:
    before = dict(mpl.rcParams)
    plot(frame([[5, HIDDEN]]))
    plot_audit(frame([[5, HIDDEN]]))
    assert dict(mpl.rcParams) == before
    assert not pylab.Gcf.get_all_fig_managers()


def test_what_is_no_axes_is_refused() -> None:
    for draw in (plot, plot_audit):
        with pytest.raises(QueryError, match=r"ax=5: give the Axes of a figure of matplotlib"):
            draw(frame([[5, 6]]), ax=5)


def test_a_given_axes_is_drawn_on_and_returned() -> None:
    figure = Figure(figsize=(10, 4))
    left, right = figure.subplots(1, 2)
    assert plot(frame([[5, HIDDEN], [6, 7]]), ax=left) is left
    assert plot_audit(frame([[5, HIDDEN]]), ax=right) is right
    assert figure.axes == [left, right]
    assert not hasattr(left, "_repr_png_")


def test_the_legend_stands_beside_the_axes_only_where_there_is_room_for_it() -> None:
    fixed, plain, roomy = Figure(), Figure(), Figure(layout="constrained")
    for figure, ax in (
        (fixed, fixed.add_axes((0.1, 0.3, 0.8, 0.6))),
        (plain, plain.subplots()),
        (roomy, roomy.subplots()),
    ):
        plot(frame([[5, HIDDEN], [6, 7]]), ax=ax)
        figure.draw_without_rendering()
        beside, box = ax.get_legend().get_window_extent(), ax.get_window_extent()
        if figure is fixed:
            top = max(patch.get_window_extent().y1 for patch in ax.patches)
            assert beside.y0 >= max([top, *(line.get_window_extent().y1 for line in ax.lines)])
            assert beside.x1 <= box.x1
            assert max(ax.get_yticks()) <= 8, "no numbers behind the legend"
        else:
            assert beside.x0 >= box.x1
            assert beside.x1 <= figure.bbox.x1


def test_a_notebook_shows_the_picture_of_the_returned_axes() -> None:
    ax = plot(frame([[5, HIDDEN]]))
    shown, metadata = DisplayFormatter().format(ax)
    assert shown["image/png"].startswith(b"\x89PNG")
    assert metadata["image/png"] == {"width": 800, "height": 450}


def test_nothing_is_cut_off_and_no_names_overlap() -> None:
    names = [
        (f"/{n}/", f"Fødevareforbundet NNF's og Kristelig Fagbevægelses A-kasse nr. {n}")
        for n in range(1, 26)
    ]
    funds = AddressDimension.build("_a", "A-kasse", [("_h", "1", "A-kasse", names)])
    long_name = AddressMeasure(
        "m", "Antal i lønmodtagerbeskæftigelse / uddannelse 3 mdr. efter afsluttet forløb " * 2, Kind.PERSONS
    )
    space = table((long_name,), months(2), funds, name="Beskæftigelse efter afsluttede forløb " * 3)
    df = frame([[n + 3, HIDDEN] for n in range(25)], space)
    first = df[df["Periode"] == "2024M01"]
    for ax in (plot(df), plot(first), plot_audit(df, "A-kasse")):
        figure = ax.figure
        figure.draw_without_rendering()
        texts = [ax.xaxis.label, ax.yaxis.label, ax._left_title, *ax.texts, *ax.get_yticklabels()]
        low, high = ax.get_xlim()
        texts += [label for label in ax.get_xticklabels() if low <= label.get_position()[0] <= high]
        texts += ax.get_legend().get_texts() if ax.get_legend() else []
        for text in filter(mpl.text.Text.get_text, texts):
            box = text.get_window_extent()
            assert box.x0 >= -1, text.get_text()
            assert box.y0 >= -1, text.get_text()
            assert box.x1 <= figure.bbox.x1 + 1, text.get_text()
            assert box.y1 <= figure.bbox.y1 + 1, text.get_text()
        rows = sorted((label.get_window_extent() for label in ax.get_yticklabels()), key=lambda box: box.y0)
        assert all(low.y1 <= high.y0 + 1 for low, high in itertools.pairwise(rows))


# ---- the audit ----


def tiles(ax: Any) -> np.ma.MaskedArray:
    (mesh,) = [c for c in ax.collections if not isinstance(c, PolyCollection)]
    return mesh.get_array()


def test_the_audit_shows_the_share_of_hidden_cells() -> None:
    ax = plot_audit(frame([[5, HIDDEN, HIDDEN], [4, 5, 6]]), "Område")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Ærø", "Læsø"]
    assert tiles(ax).tolist() == [[0, 5, 5], [0, 0, 0]]
    assert beside(ax) == ["100", "100"]
    assert "2 af 6 tal er diskretionerede (33,3 pct.)." in foot(ax)
    assert tick_names(ax) == ["jan\n2024", "feb", "mar"]


def test_the_audit_tells_pending_cells_from_hidden_ones_and_leaves_missing_ones_white() -> None:
    ax = plot_audit(frame([[5, PENDING, None, ABSENT]]), "measure")
    assert tiles(ax).mask.tolist() == [[False, True, True, True]]
    (patch,) = [patch for patch in ax.patches if patch.get_hatch()]
    assert patch.get_x() == START + 0.5
    assert legend(ax)[-1] == "ikke offentliggjort"
    assert "0 af 1 tal" in foot(ax)


def test_the_audit_counts_rounded_and_filled_cells_apart() -> None:
    ax = plot_audit(frame([[(5, ROUNDED), (1, FILLED), HIDDEN, 7]]))
    assert tiles(ax).tolist() == [[5, 5, 5, 0]]
    assert "1 af 4 tal er diskretionerede (25,0 pct.), 1 er afrundede, 1 er udfyldte." in foot(ax)


def test_the_audit_chooses_what_the_shares_differ_most_by() -> None:
    df = frame([[HIDDEN, HIDDEN], [9, 9]], table((PERSONS, RATE)))
    df["Andel"] = column(table((PERSONS, RATE)), [[HIDDEN, 2.5], [1.5, 2.5]], measure=1)[0]
    assert "efter Område" in title(plot_audit(df))
    assert "efter mål" in title(plot_audit(df, "measure"))
    assert title(plot_audit(df, "kommune")) == title(plot_audit(df, "Område"))
    with pytest.raises(QueryError, match="no dimension 'Alder'"):
        plot_audit(df, "Alder")


def test_the_audit_of_many_members_shows_those_with_most_hidden_cells() -> None:
    rows = [[HIDDEN, 9] if n >= 10 else [9, 9] for n in range(40)]
    ax = plot_audit(frame(rows, table((PERSONS,), months(2), area(40))), "_nykom")
    assert len(ax.get_yticks()) == 25
    assert "Vist er de 25 med flest skjulte tal af 40; de øvrige har 5 tilsammen." in foot(ax)


def test_small_shares_are_not_written_as_0() -> None:
    rows = [[HIDDEN]] + [[9]] * 399
    ax = plot_audit(frame(rows, table((PERSONS,), months(1), area(400))), "measure")
    assert beside(ax) == ["<1"]
    assert tiles(ax).tolist() == [[1]]


def test_the_audit_leaves_out_what_was_computed() -> None:
    df = frame([[5, HIDDEN]])
    df["dobbelt"] = df["Antal personer"] * 2
    df["mere"] = df["Antal personer"] + 5
    text = foot(plot_audit(df))
    assert "1 af 2 tal" in text
    assert "2 beregnede tal er ikke talt med." in text


def test_the_audit_of_computed_cells_alone_counts_them() -> None:
    df = frame([[5, HIDDEN]])
    assert "1 af 2 tal" in foot(plot_audit(df[["Antal personer"]] * 2))


def test_an_audit_of_pending_cells_alone_divides_by_nothing() -> None:
    assert "0 af 0 tal" in foot(plot_audit(frame([[PENDING]])))


def test_an_audit_of_ten_years_has_no_text_in_its_tiles() -> None:
    ax = plot_audit(frame([[HIDDEN] * 120], table((PERSONS,), months(120))))
    assert tiles(ax).shape == (1, 120)
    assert beside(ax) == []


# ---- tables whose periods have gaps ----

#: As y25i14 has them: one month of each quarter.
QUARTERLY = tuple(("M", f"{2024 + n // 4}M{n % 4 * 3 + 3:02d}") for n in range(6))


def bridges(ax: Any) -> list[list[tuple[float, float]]]:
    """The dotted lines, each from a number to the next one."""
    dotted = [line for line in ax.lines if line.get_linestyle() == ":"]
    ends = [(line.get_xdata(), line.get_ydata()) for line in dotted if len(line.get_xdata())]
    return [[tuple(map(float, end)) for end in zip(x, y, strict=True)] for x, y in ends]


def joined(ax: Any) -> list[tuple[float, float]]:
    """The places between which a drawn line runs."""
    pairs = []
    for line in ax.lines:
        if line.get_linestyle() == "-":
            seen = line.get_xdata()[~np.isnan(line.get_ydata())].tolist()
            pairs += [pair for pair in itertools.pairwise(seen) if pair[1] - pair[0] == 1]
    return pairs


def test_no_line_runs_through_months_that_the_table_does_not_have() -> None:
    ax = plot(frame([[5, 7, 6, 9, 8, 9], [1, 2, 3, 4, 5, 6]], table((PERSONS,), QUARTERLY)))
    assert [list(drawn) for drawn in lines(ax).values()] == [[START + 2 + 3 * n for n in range(6)]] * 2
    assert joined(ax) == []
    first, *_ = bridges(ax)
    assert first == [(START + 2, 5), (START + 5, 7)]
    assert len(bridges(ax)) == 2 * 5
    assert legend(ax)[2:] == ["Ingen tal imellem"]
    assert "Tabellen har tal for 6 af de 16 måneder fra mar 2024 til jun 2025." in foot(ax)
    assert tick_names(ax) == ["mar\n2024", "jun", "sep", "dec", "mar\n2025", "jun"]


def test_only_the_gaps_are_bridged() -> None:
    periods = (*months(3), ("M", "2024M06"), ("M", "2024M07"))
    ax = plot(frame([[5, 6, 7, 8, 9]], table((PERSONS,), periods)))
    assert joined(ax) == [(START, START + 1), (START + 1, START + 2), (START + 5, START + 6)]
    assert bridges(ax) == [[(START + 2, 7), (START + 5, 8)]]
    assert "5 af de 7 måneder fra jan 2024 til jul 2024" in foot(ax)


@pytest.mark.parametrize("cell", [HIDDEN, PENDING, None])
def test_no_bridge_stands_on_a_cell_that_shows_nothing(cell: Any) -> None:
    ax = plot(frame([[5, cell, 6, 7]], table((PERSONS,), QUARTERLY)))
    assert bridges(ax) == [[(START + 8, 6), (START + 11, 7)]]
    if cell is HIDDEN:
        assert boxes(ax) == [(START + 5, 2)]
        wedges = [c for c in ax.collections if isinstance(c, PolyCollection) and not c.get_hatch()]
        assert not [path for wedge in wedges for path in wedge.get_paths() if len(path.vertices)]


def test_bars_and_the_audit_tell_of_gaps_too_and_quarters_and_years_by_their_names() -> None:
    cells = [[5, 7, HIDDEN, 9, 8, 9], [1, 2, 3, 4, 5, 6]]
    df = frame(cells, table((PERSONS,), QUARTERLY))
    told = "Tabellen har tal for 6 af de 16 måneder fra mar 2024 til jun 2025."
    bars = plot(df, kind="bar")
    assert told in foot(bars)
    assert told in foot(plot_audit(df))
    assert bridges(bars) == []
    assert "Ingen tal imellem" not in legend(bars)
    assert tick_names(bars) == tick_names(plot_audit(df))
    assert "Tabellen" not in foot(plot(df[df["Periode"] == "2024M03"]))
    quarters = table((PERSONS,), (("Q", "2024Q01"), ("Q", "2024Q04")))
    years = table((PERSONS,), (("Y", "2020Y01"), ("Y", "2022Y01")))
    assert "2 af de 4 kvartaler fra 1. kvt. 2024 til 4. kvt. 2024." in foot(plot(frame([[5, 6]], quarters)))
    assert "2 af de 3 år fra 2020 til 2022." in foot(plot(frame([[5, 6]], years)))


def test_pending_periods_with_others_between_them_are_counted() -> None:
    assert "2 tal (feb 2024 til mar 2024)." in foot(plot(frame([[5, PENDING, PENDING, 9]])))
    assert "2 tal (feb 2024 til apr 2024, 2 perioder)." in foot(plot(frame([[5, PENDING, 7, PENDING, 9]])))


@given(
    st.sampled_from("MQY"),
    st.sets(st.integers(0, 500), min_size=1, max_size=60),
    st.floats(0.5, 12),
)
def test_ticks_stand_at_periods_that_the_table_has(letters: str, places: set[int], width: float) -> None:
    per_year = {"M": 12, "Q": 4, "Y": 1}[letters]
    ids = [(letters, f"{1500 + n // per_year}{letters}{n % per_year + 1:02d}") for n in sorted(places)]
    axis = time_axis(AddressSpace("t", "T", (PERSONS,), tuple(ids), ()), letters, np.arange(len(ids)))
    ticks, labels = axis.ticks(width)
    has = {place for place, period in zip(axis.positions.tolist(), axis.ids, strict=True) if period}
    assert len(has) == len(ids)
    assert ticks
    assert len(ticks) == len(labels)
    assert set(ticks) <= has
    assert axis.gapped == (len(axis.positions) > len(ids)) == bool(axis.gaps)
    if axis.gapped:
        assert ticks[-1] == axis.positions[-1]
    if len(axis.positions) < 100:
        assert len(ticks) <= max(width / 0.62, 2) + 1


# ---- with the sandbox ----


def test_frames_read_from_the_api_are_drawn_as_they_come(client: ji.Client) -> None:
    df = client.read("y25i01", by={"_nykom": ["Ærø", "Læsø", "total"]}, periods="latest:12")
    ax = plot(df, "Antal ledige personer")
    assert list(lines(ax)) == df["Område"].unique().tolist()
    for name, drawn in lines(ax).items():
        known = df[df["Område"] == name]
        visible = known["Antal ledige personer"].notna()
        numbers = known["Antal ledige personer"][visible].astype("float64").tolist()
        assert drawn == dict(zip(known["Periode"][visible].array.asi8.tolist(), numbers, strict=True))
    assert re.search(r"y25i01: .*\(syntetisk\), opdateret \d+\.\d+\.\d{4}\.", foot(ax))
    layout = client.read(
        "y25i01", by={"_nykom": ["Ærø", "Læsø", "total"]}, periods="latest:12", layout="long"
    )
    assert lines(plot(layout, "Antal ledige personer")) == lines(ax)


def test_a_rolling_year_and_all_the_other_tables_can_be_drawn(client: ji.Client) -> None:
    ax = plot(client.read("ptv_a02", periods="*", period_type="QMAT"), "Antal personer")
    assert tick_names(ax)[-1] == "2026QMAT02"
    for table_id in ("y01h01", "y28a15", "y01u01", "y14d03", "y25i14"):
        df = client.read(table_id, periods="latest:6")
        measure = client.table(table_id).all_measures[0].name
        cells, *_ = cells_of_measure(Framed(df), measure)
        drawn = lines(plot(df, measure))[""]
        assert len(drawn) == int(np.isfinite(cells.values).sum()) == 6
        plot_audit(df)
    # The newest six that the table has; its months lie three apart.
    assert sorted(np.diff(list(drawn))) == [3] * 5
    assert "Tabellen har tal for 6 af de 16 måneder fra mar 2025 til jun 2026." in foot(plot(df))


# ---- pictures compared ----


SCENES = {
    "lines": lambda hidden, ax: plot(
        frame([[5, hidden, hidden, 12, 9, 14], [22, 20, 24, 21, 19, PENDING]]), ax=ax
    ),
    "gaps": lambda hidden, ax: plot(
        frame([[3, 4, hidden, hidden, 3]], table((PERSONS,), months(9)[::2])), ax=ax
    ),
    "bars": lambda hidden, ax: plot(frame([[5], [hidden], [12], [8]]), ax=ax),
    "audit": lambda hidden, ax: plot_audit(
        frame([[5, hidden, 7], [hidden, hidden, 5], [9, 9, PENDING]]), "Område", ax=ax
    ),
}


@pytest.mark.parametrize("name", SCENES)
def test_the_pictures_look_as_they_did(name: str, tmp_path: Path) -> None:
    looks_as_it_did(SCENES[name], name, tmp_path)
