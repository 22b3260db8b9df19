"""From answers to a frame: what is found, in which order it comes out, and what is refused."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import builders
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobindsats_pandas import decoding, judging, row_columns
from jobindsats_pandas.answers import UnknownMemberError, match, match_rows, read_answer
from jobindsats_pandas.decoding import to_frame
from jobindsats_pandas.disclosure import CellStatus, DiscretionisedArray
from jobindsats_pandas.errors import PayloadError
from jobindsats_pandas.forms import Dialect
from jobindsats_pandas.grids import Grid
from jobindsats_pandas.judging import (
    Missing,
    asks_whole_levels,
    missing,
    perhaps_before_the_first,
    suspiciously_rounded,
    unexplained_since,
)
from jobindsats_pandas.kinds import Kind
from jobindsats_pandas.queries import plan, total_request
from jobindsats_pandas.row_columns import dump_rows, load_rows

PERSONS, FULL_TIME, SHARE = (
    "Ledige: Antal ledige personer",
    "Ledige: Antal ledige fuldtidspersoner",
    "Ledighedsprocent",
)
OBSERVED, HIDDEN, LATER, ABSENT, ROUNDED = (
    CellStatus.OBSERVED,
    CellStatus.DISCRETIONISED,
    CellStatus.NOT_AVAILABLE,
    CellStatus.ABSENT,
    CellStatus.ROUNDED,
)
TABLE = builders.table()
NEWEST = TABLE.period_types[0].periods[-1]


def ask(by=None, periods="2024M01:2024M03", measures="m1", table=TABLE, **options):
    return plan(table, by, periods, measures=measures, **options)


def answer(*rows, columns=("Periode", "Område", PERSONS)):
    return json.dumps({"columns": list(columns), "rows": [list(row) for row in rows]}).encode()


def decode(question, *bodies, totals=None, **options):
    blocks = [match(body, request) for body, request in zip(bodies, question.requests, strict=True)]
    frame = to_frame(blocks, question, totals=totals, **options)
    for place in range(frame.shape[1]):
        array = frame.iloc[:, place].array
        if isinstance(array, DiscretionisedArray):
            would_pass_the_checks(array)
    return frame


def would_pass_the_checks(array):
    """The column was built unchecked: built from the same with all checks, it is the same."""
    checked = DiscretionisedArray(array.numbers, array.status, array.addresses, array.registry)
    np.testing.assert_array_equal(checked.numbers, array.numbers)
    np.testing.assert_array_equal(checked.status, array.status)


def statuses(frame, column=PERSONS):
    return [CellStatus(code) for code in frame[column].array.status]


def rows_of(frame):
    plain = [
        column.array.plain() if hasattr(column.array, "plain") else column.astype(str)
        for _, column in frame.items()
    ]
    return [
        tuple(None if cell is pd.NA else cell for cell in row)
        for row in zip(*(list(column) for column in plain), strict=True)
    ]


# --- what an answer's columns are ------------------------------------------------------------------------------------


def test_dimensions_are_found_by_name_in_any_order_and_come_out_in_that_of_the_metadata():
    question = ask({"_nykom": ["Odense", "Ærø"], "_akassebl": ["3F", "HK"]}, "2024M01")
    in_order = answer(
        ["2024M01", "Odense", "3F", 5],
        ["2024M01", "Ærø", "HK", 7],
        columns=("P", "Område", "A-kasse", PERSONS),
    )
    turned = answer(
        ["2024M01", "3F", "Odense", 5],
        ["2024M01", "HK", "Ærø", 7],
        columns=("P", "A-kasse", "Område", PERSONS),
    )
    frame = decode(question, turned)
    pd.testing.assert_frame_equal(frame, decode(question, in_order))
    assert rows_of(frame) == [("2024-01", "Odense", "3F", 5), ("2024-01", "Ærø", "HK", 7)]


def test_a_dimension_may_bear_its_hierarchys_name():
    frame = decode(
        ask({"_nykom": "Odense"}, "2024M01"),
        answer(["2024M01", "Odense", 5], columns=("P", "Kommune", PERSONS)),
    )
    assert list(frame.columns) == ["P", "Kommune", PERSONS]


def test_a_column_under_a_third_name_is_found_by_elimination_and_by_its_members():
    question = ask({"_nykom": ["Odense", "Ærø"], "_akassebl": ["3F", "HK"]}, "2024M01")
    rows = [["2024M01", "3F", "Odense", 5], ["2024M01", "HK", "Ærø", 7]]
    for names in (("Kasse (RS)", "Område"), ("A-kasse", "Sted"), ("Kasse (RS)", "Sted")):
        frame = decode(question, answer(*rows, columns=("P", *names, PERSONS)))
        assert list(frame.columns[:3]) == ["P", names[1], names[0]]
        assert rows_of(frame) == [("2024-01", "Odense", "3F", 5), ("2024-01", "Ærø", "HK", 7)]
    assert decode(question, answer(columns=("P", "a", "b", PERSONS))).empty


def test_two_columns_that_fit_a_dimension_equally_are_an_error():
    twins = [
        builders.dimension(
            name,
            name,
            builders.hierarchy(
                name, name, builders.total(), builders.level("l", "L", [("/1/", "a"), ("/2/", "b")])
            ),
        )
        for name in ("X", "Y")
    ]
    question = ask(["X", "Y"], "2024M01", table=builders.table(*twins))
    body = answer(["2024M01", "a", "b", 5], columns=("P", "U", "V", PERSONS))
    with pytest.raises(PayloadError, match=r"columns .* 2 could be the dimension 'X'"):
        match(body, question.requests[0])
    assert len(decode(question, answer(["2024M01", "a", "b", 5], columns=("P", "U", "X", PERSONS)))) == 1


# --- what the form sent brings beside what is wanted ------------------------------------------------------------------


def test_only_what_the_form_brings_by_its_nature_is_dropped():
    level = ask("_nykom", "2024M01")
    rows = [["2024M01", "Hele landet", 9], ["2024M01", "Odense", 5], ["2024M01", "Ærø", 4]]
    assert [row[1] for row in rows_of(decode(level, answer(*rows)))] == ["Odense", "Ærø"]
    some = ask({"_nykom": ["Odense", "total"]}, "2024M01", dialect=Dialect(members=0, level=0))
    assert some.requests[0].selections[0].form == "*"
    assert [row[1] for row in rows_of(decode(some, answer(*rows)))] == ["Hele landet", "Odense"]
    listed = ask({"_nykom": ["Odense", "Aarhus"]}, "2024M01")
    with pytest.raises(UnknownMemberError, match=r"'Hele landet'.*not asked for"):
        match(answer(*rows), listed.requests[0])
    with pytest.raises(UnknownMemberError, match=r"'Danmark'.*know no such member"):
        match(answer(["2024M01", "Danmark", 9], *rows), level.requests[0])


def test_newest_periods_and_measures_that_are_not_wanted_are_dropped():
    question = ask({"_nykom": "Odense"}, ["2026M02"], measures="m1", dialect=Dialect(periods=1))
    reaching = replace(question.requests[0], latest=3)
    body = answer(
        *(
            [period, "Odense", number, 2.5]
            for number, period in enumerate(("2026M02", "2026M03", "2026M04"), 7)
        ),
        columns=("Periode", "Område", PERSONS, "Ledighed i pct. af arbejdsstyrken"),
    )
    block = match(body, reaching)
    assert block.numbers[0].tolist() == [7]
    assert len(block.numbers) == 1
    with pytest.raises(UnknownMemberError, match=r"'2026M01'.*not asked for"):
        match(answer(["2026M01", "Odense", 5]), reaching)


def test_a_provisional_total_is_known_by_no_name_but_where_it_is_asked_for_alone():
    area = builders.dimension(
        "_omrade",
        "Område",
        builders.hierarchy("_nykom", "Kommune", builders.level("kom", "Kommune", builders.MUNICIPALITIES)),
    )
    found = builders.table(area)
    rows = [["2024M01", "Hele landet", 9], ["2024M01", "Odense", 5]]
    with pytest.raises(UnknownMemberError, match=r"'Hele landet'.*know no such member"):
        match(answer(*rows), ask("_nykom", "2024M01", table=found).requests[0])
    alone = ask({"_nykom": "total"}, "2024M01", table=found)
    block = match(answer(["2024M01", "Kongeriget", 9]), alone.requests[0])
    assert block.names == {"_nykom": "Kongeriget"}
    with pytest.raises(PayloadError, match=r"asked for '/' of the hierarchy '_nykom' alone.* 2 members"):
        match(answer(*rows), alone.requests[0])
    learned = ask("_nykom", "2024M01", table=found.with_totals({"_nykom": "Hele landet"}))
    assert [row[1] for row in rows_of(decode(learned, answer(*rows)))] == ["Odense"]


def test_the_totals_row_that_a_level_brings_tells_what_is_not_available_yet():
    question = ask("_nykom", "latest:2")
    older, newer = question.periods
    body = answer(
        [older, "Hele landet", 9], [newer, "Hele landet", None], [older, "Ærø", None], [newer, "Ærø", None]
    )
    block = match(body, question.requests[0])
    assert unexplained_since([block], question) is None
    assert statuses(to_frame([block], question)) == [HIDDEN, LATER]


# --- what did not come ------------------------------------------------------------------------------------------------


def test_a_period_without_a_row_is_missing_and_in_a_complete_frame_not_available():
    question = ask({"_nykom": "*"}, "2024M01:2024M03")
    body = answer(
        ["2024M01", "Hele landet", 9],
        ["2024M01", "Odense", 9],
        ["2024M03", "Odense", 4],
        ["2024M03", "Ærø", 4],
    )
    block = match(body, question.requests[0])
    assert block.unfinished
    lacking = missing([block], question)
    assert lacking == Missing(frozenset({1}), frozenset({2}))
    frame = to_frame([block], question, complete=True, lacking=lacking)
    by_period = frame.groupby("Periode")[PERSONS].agg(
        lambda cells: [CellStatus(c) for c in cells.array.status]
    )
    assert by_period.tolist() == [
        [OBSERVED, ABSENT, OBSERVED, ABSENT, ABSENT, ABSENT],
        [LATER] * 6,
        [LATER, ABSENT, OBSERVED, OBSERVED, ABSENT, ABSENT],
    ]


def test_a_row_that_only_the_form_brings_shows_that_the_period_came():
    question = ask("_nykom", "2024M01")
    block = match(answer(["2024M01", "Hele landet", 9]), question.requests[0])
    assert not block.unfinished
    assert missing([block], question) == Missing()
    assert (
        statuses(to_frame([block], question, complete=True, lacking=missing([block], question)))
        == [ABSENT] * 5
    )


def test_a_star_whose_total_never_comes_misses_nothing_but_a_named_total_does():
    body = answer(["2024M01", "Odense", 9], ["2024M01", "Ærø", 4])
    star = ask({"_nykom": "*"}, "2024M01")
    assert missing([match(body, star.requests[0])], star) == Missing()
    named = ask({"_nykom": ["total", "Odense", "Ærø"]}, "2024M01")
    assert missing([match(body, named.requests[0])], named) == Missing(frozenset(), frozenset({0}))


@pytest.mark.parametrize(
    ("by", "whole"),
    [
        ("_nykom", True),
        ({"_nykom": "*"}, True),
        ({"_nykom": "total"}, True),
        ({"_nykom": "total", "_akassebl": ["3F", "HK"]}, False),
        ({"_nykom": ["Odense", "Aarhus"]}, False),
        ({"_nykom": ["Odense", "total"]}, True),
    ],
)
def test_named_members_alone_may_all_be_left_out(by, whole):
    assert asks_whole_levels(ask(by, "2024M01")) is whole


@pytest.mark.parametrize(
    ("measure", "shown", "off"),
    [
        ("Antal sanktioner", 10, False),
        ("Antal sanktioner", 11, True),
        ("Antal fuldtidspersoner", 12, False),
        ("Antal fuldtidspersoner", 14, True),
        ("Antal personer", 7, False),
        ("Antal sanktioner", None, False),
    ],
)
@pytest.mark.parametrize("complete", [False, True])
def test_a_total_that_its_visible_parts_contradict_is_told(measure, shown, off, complete):
    found = builders.table(groups=[builders.group("g", "G", ("m", measure))])
    question = ask({"_nykom": "*"}, "2024M01:2024M02", measures=None, table=found)
    names = [name for _, name in builders.MUNICIPALITIES]
    rows = [["2024M01", "Hele landet", shown], ["2024M01", names[0], 6], ["2024M01", names[1], 4]]
    rows += [["2024M02", "Hele landet", 99], ["2024M02", names[0], None], ["2024M02", names[1], 4]]
    told = []
    body = answer(*rows, columns=("Periode", "Område", measure))
    decode(question, body, doubt=told.append, complete=complete)
    assert len(told) == off
    if off:
        assert f"in 2024M01 'Hele landet' is {shown} and the members of 'Kommune'" in told[0]
        assert "add up to 10 (1 such case)" in told[0]


@pytest.mark.parametrize("name", [PERSONS, "Antal ledige personer"])
def test_a_measure_is_found_by_its_name_bare_or_behind_its_groups(name):
    frame = decode(
        ask(None, "2024M01"), answer(["2024M01", "Hele landet", 5], columns=("Periode", "Område", name))
    )
    assert list(frame.columns) == ["Periode", name]
    assert frame[name].tolist() == [5]


def test_names_may_differ_by_blanks_at_their_ends():
    question = ask({"_nykom": "*"}, "2024M01", measures=["m1", "m2"])
    columns = ("Periode ", "Område  ", f"{PERSONS} ", f" {FULL_TIME}")
    rows = [["2024M01", f"{name}  ", 5, 6] for name in ("Hele landet", "Odense")]
    frame = decode(question, answer(*rows, columns=columns))
    assert frame.iloc[:, 1].tolist() == ["Hele landet", "Odense"]
    assert frame.iloc[:, 2:].to_numpy().tolist() == [[5, 6], [5, 6]]


def test_blanks_tell_names_apart_where_nothing_else_does():
    spaced = builders.level("1", "A", [("/1/", "HK"), ("/2/", "HK "), ("/3/", "3F ")])
    dimension = builders.dimension("d", "D", builders.hierarchy("h", "H", builders.total(), spaced))
    question = ask({"h": ["/1/", "/2/", "/3/"]}, "2024M01", table=builders.table(builders.AREA, dimension))
    rows = [["2024M01", "Hele landet", name, value] for name, value in (("HK ", 2), ("HK", 1), ("3F", 3))]
    columns = ("P", "Område", "D", PERSONS)
    assert decode(question, answer(*rows, columns=columns))[PERSONS].tolist() == [1, 2, 3]
    rows[1][2] = " HK"
    with pytest.raises(UnknownMemberError, match="' HK' in column 'D'"):
        decode(question, answer(*rows, columns=columns))


def test_a_lone_measure_may_come_behind_its_groups_name_too():
    name = "Ledighedsprocent: Ledighed i pct. af arbejdsstyrken"
    question = ask(None, "2024M01", measures="m3")
    frame = decode(question, answer(["2024M01", "Hele landet", 2.5], columns=("Periode", "Område", name)))
    assert frame[name].tolist() == [2.5]


def test_measures_come_in_the_order_of_the_metadata_whatever_the_answers():
    question = ask(None, "2024M01", measures=["m1", "m2"])
    frame = decode(
        question, answer(["2024M01", "Hele landet", 4, 5], columns=("P", "Område", FULL_TIME, PERSONS))
    )
    assert list(frame.columns) == ["P", PERSONS, FULL_TIME]
    assert rows_of(frame) == [("2024-01", 5, 4)]


def test_two_columns_of_one_name_are_both_kept_in_order():
    groups = [builders.group("a", "A", ("m1", "Antal")), builders.group("b", "B", ("m1", "Antal"))]
    question = ask(None, "2024M01", measures=None, table=builders.table(groups=groups))
    body = answer(["2024M01", "Hele landet", 5, 6], columns=("Periode", "Område", "Antal", "Antal"))
    frame = decode(question, body)
    assert list(frame.columns) == ["Periode", "Antal", "Antal"]
    assert rows_of(frame) == [("2024-01", 5, 6)]
    first, second = (frame.iloc[:, place].array for place in (1, 2))
    assert first.registry is second.registry
    assert first.addresses[0] != second.addresses[0]


TWINS = builders.table(
    groups=[
        builders.group("a", "A", ("m1", "Antal")),
        builders.group("b", "B", ("m2", "Antal"), ("m3", "Andel")),
    ]
)


def test_columns_of_one_name_that_stand_in_another_order_than_the_metadata_are_refused():
    question = ask(None, "2024M01", None, TWINS)
    rows, columns = ["2024M01", "Hele landet", 5, 6, 7], ("Periode", "Område", "Antal", "Antal", "Andel")
    assert rows_of(decode(question, answer(rows, columns=columns))) == [("2024-01", 5, 6, 7)]
    turned = ("Periode", "Område", "Andel", "Antal", "Antal")
    with pytest.raises(
        PayloadError, match=r"one name for several measures and another order .* cannot be told apart"
    ):
        match(answer(rows, columns=turned), question.requests[0])


def test_a_fuller_name_is_preferred_to_a_bare_one_in_any_order():
    question = ask(None, "2024M01", ["m1", "m2"], TWINS)
    body = answer(["2024M01", "Hele landet", 6, 5], columns=("Periode", "Område", "B: Antal", "Antal"))
    assert list(decode(question, body).columns) == ["Periode", "Antal", "B: Antal"]
    assert rows_of(decode(question, body)) == [("2024-01", 5, 6)]


@pytest.mark.parametrize("name", ["Område", "Area"])
def test_the_area_may_bear_the_apis_own_word_for_it(name):
    geography = builders.dimension("_omrade", "Geografi", *builders.AREA["hierarchies"])
    question = ask({"_nykom": "Odense"}, "2024M01", table=builders.table(geography))
    assert decode(question, answer(["2024M01", "Odense", 5], columns=("P", name, PERSONS)))[
        name
    ].tolist() == ["Odense"]


def test_an_area_that_nobody_asked_for_has_no_column():
    assert list(decode(ask(None, "2024M01"), answer(["2024M01", "Hele landet", 5])).columns) == [
        "Periode",
        PERSONS,
    ]


# --- what does not fit -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "columns", "message"),
    [
        (
            ["2024M01", "Atlantis", 5],
            ("P", "Område", PERSONS),
            "'Atlantis' in column 'Område'.* know no such member",
        ),
        (["2031M01", "Odense", 5], ("P", "Område", PERSONS), "'2031M01' in column 'P'.* know no such period"),
        (["soon", "Odense", 5], ("P", "Område", PERSONS), "'soon' in column 'P'"),
        (
            ["2024M01", "Odense", 5],
            ("P", "Område", "Antal får"),
            "lack the measure 'Ledige: Antal ledige personer'",
        ),
        (
            ["2024M01", "Odense", 5, 6],
            ("P", "Område", PERSONS, "Antal får"),
            "'Antal får'.* know no such measures",
        ),
        (["2024M01", "Norge", 5], ("P", "Sted", PERSONS), "know no such member of the hierarchy '_nykom'"),
    ],
)
def test_what_the_metadata_do_not_know_may_be_newer_than_they_are(row, columns, message):
    question = ask({"_nykom": "Odense"}, "2024M01")
    with pytest.raises(UnknownMemberError, match=f"Table y25i01: .*{message}"):
        match(answer(row, columns=columns), question.requests[0])


@pytest.mark.parametrize(
    ("row", "columns", "message"),
    [
        (
            ["2024M01", "Ærø", 5],
            ("P", "Område", PERSONS),
            "'Ærø' in column 'Område': a member .* not asked for",
        ),
        (
            ["2024M02", "Odense", 5],
            ("P", "Område", PERSONS),
            "'2024M02' in column 'P': a period .* not asked for",
        ),
        (["2024M01", "Odense", "x"], ("P", "Område", PERSONS), "is not a number"),
    ],
)
def test_what_does_not_answer_the_question_is_refused(row, columns, message):
    question = ask({"_nykom": "Odense"}, "2024M01")
    with pytest.raises(PayloadError, match=f"Table y25i01: .*{message}") as caught:
        match(answer(row, columns=columns), question.requests[0])
    # The client then looks at newer metadata, once: names may have been given to other members.
    assert isinstance(caught.value, UnknownMemberError) is ("not asked for" in message)


def test_two_rows_of_one_key_are_refused_in_one_answer():
    question = ask({"_nykom": ["Odense", "Ærø"]}, "2024M01")
    body = answer(["2024M01", "Ærø", 5], ["2024M01", "Odense", 5], ["2024M01", "Ærø", 6])
    with pytest.raises(
        PayloadError, match=r"two rows for 2024M01, Ærø, so it is not known which one is right"
    ):
        decode(question, body)


@pytest.mark.parametrize("complete", [False, True])
def test_two_rows_of_one_key_are_refused_in_two_answers(complete):
    question = ask({"_nykom": ["Odense", "Ærø"]}, "2024M01")
    (request,) = question.requests
    blocks = [match(answer(["2024M01", "Ærø", 5]), request) for _ in range(2)]
    with pytest.raises(PayloadError, match="Table y25i01: the answer has two rows for 2024M01, Ærø"):
        to_frame(blocks, question, complete=complete)


def test_two_rows_of_one_key_are_refused_in_two_answers_where_few_came_of_many_asked_for():
    question = ask({"_nykom": "*", "_akassebl": "*"}, "*")
    columns = ("P", "Område", "A-kasse", PERSONS)
    bodies = [answer(["2024M01", "Ærø", "HK", number], columns=columns) for number in (5, 6)]
    with pytest.raises(PayloadError, match="Table y25i01: the answer has two rows for 2024M01, Ærø, HK"):
        to_frame([match(body, question.requests[0]) for body in bodies], question)


@pytest.mark.parametrize("complete", [False, True])
def test_two_rows_of_one_key_are_refused_where_few_came_of_many_asked_for(complete):
    question = ask({"_nykom": "*", "_akassebl": "*"}, "*")
    rows = [["2024M01", "Ærø", "HK", 5], ["2024M01", "Ærø", "HK", 5]]
    with pytest.raises(PayloadError, match="two rows for 2024M01, Ærø, HK"):
        decode(question, answer(*rows, columns=("P", "Område", "A-kasse", PERSONS)), complete=complete)


# --- rows and their order --------------------------------------------------------------------------------------------


def test_rows_stand_by_dimensions_in_the_metadatas_order_and_then_by_period():
    question = ask({"_nykom": ["Aarhus", "Odense"]}, "2024M01:2024M02")
    body = answer(*([period, area, 5] for period in ("2024M02", "2024M01") for area in ("Aarhus", "Odense")))
    assert [row[:2] for row in rows_of(decode(question, body))] == [
        ("2024-01", "Odense"),
        ("2024-02", "Odense"),
        ("2024-01", "Aarhus"),
        ("2024-02", "Aarhus"),
    ]


def test_few_rows_of_many_combinations_are_ordered_as_well():
    question = ask({"_nykom": "*", "_akassebl": "*"}, "*")
    rows = [["2025M07", "Ærø", "HK", 3], ["2024M01", "Ærø", "HK", 4], ["2025M07", "Hele landet", "3F", 5]]
    frame = decode(question, answer(*rows, columns=("P", "Område", "A-kasse", PERSONS)))
    assert [row[-1] for row in rows_of(frame)] == [5, 4, 3]


def test_rows_of_more_combinations_than_32_bits_count_are_ordered_as_well():
    dimensions = [
        builders.dimension(
            name,
            name,
            builders.hierarchy(f"_{name}", name, builders.level("all", name, builders.numbered(1300, name))),
        )
        for name in "ABC"
    ]
    question = ask(
        {"_A": "*", "_B": "*", "_C": "*"}, "2024M01", table=builders.table(*dimensions), max_cells=2**40
    )
    rows = [["A 1300", "B 1300", "C 1300", 1], ["A 1", "B 2", "C 1300", 2], ["A 1300", "B 1300", "C 1299", 3]]
    body = answer(*(["2024M01", *row] for row in rows), columns=("P", "A", "B", "C", PERSONS))
    assert [row[1:] for row in rows_of(decode(question, body))] == [
        ("A 1", "B 2", "C 1300", 2),
        ("A 1300", "B 1300", "C 1299", 3),
        ("A 1300", "B 1300", "C 1300", 1),
    ]


@pytest.mark.parametrize("members", [127, 128, 40_000])
def test_every_combination_has_its_labels_however_many_members_there_are(members):
    kinds = builders.dimension(
        "k",
        "Art",
        builders.hierarchy("_k", "Art", builders.level("all", "Art", builders.numbered(members, "Art"))),
    )
    question = ask({"_k": "*"}, "2024M01:2024M02", table=builders.table(kinds))
    rows = [[period, f"Art {n}", n] for period in ("2024M01", "2024M02") for n in range(1, members + 1)]
    frame = decode(question, answer(*rows, columns=("P", "Art", PERSONS)))
    assert frame["Art"].tolist() == [f"Art {n}" for n in range(1, members + 1) for _ in range(2)]
    assert frame[PERSONS].array.plain().tolist() == [n for n in range(1, members + 1) for _ in range(2)]


def test_a_name_given_to_the_columns_of_a_frame_is_no_other_frames():
    question = ask({"_nykom": "Ærø"}, "2024M01")
    body = answer(["2024M01", "Ærø", 5])
    decode(question, body).columns.name = "mine"
    assert decode(question, body).columns.name is None


@pytest.mark.parametrize(
    ("members", "categories"),
    [
        ("Ærø", ["Ærø"]),
        (["Aalborg", "Odense"], ["Odense", "Aalborg"]),
        (["Hele landet", "Odense", "Ærø"], ["Hele landet", "Odense", "Ærø"]),
        ("level:Kommune", ["København", "Odense", "Ærø", "Aarhus", "Aalborg"]),
        ("*", ["Hele landet", "København", "Odense", "Ærø", "Aarhus", "Aalborg"]),
    ],
)
def test_categories_are_the_members_asked_for_in_the_order_of_the_data_bank(members, categories):
    """Also those that the answer has no row of."""
    rows = [["2024M01", name, 5] for name in reversed(categories[:2])]
    frame = decode(ask({"_nykom": members}, "2024M01"), answer(*rows))
    assert frame["Periode"].dtype == "period[M]"
    assert list(frame["Område"].cat.categories) == categories
    assert frame["Område"].to_list() == categories[:2]


def test_periods_without_a_frequency_are_ordered_categories():
    question = ask(None, "*", period_type="QMAT")
    body = answer(*([period, "Hele landet", 5] for period in ("2023QMAT02", "2022QMAT04", "2023QMAT01")))
    frame = decode(question, body)
    assert frame["Periode"].cat.ordered
    assert frame["Periode"].tolist() == ["2022QMAT04", "2023QMAT01", "2023QMAT02"]


def test_a_period_may_be_spelt_otherwise_than_in_the_metadata():
    question = ask(None, "*", period_type="Q")
    body = answer(*([period, "Hele landet", 5] for period in ("2024Q03", "2024Q4", "2025Q01")))
    assert [str(period) for period in decode(question, body)["Periode"]] == ["2024Q3", "2024Q4", "2025Q1"]


def test_two_spellings_of_one_period_are_one_period():
    question = ask({"_nykom": ["Odense", "Ærø"]}, "2024Q3", period_type="Q")
    frame = decode(question, answer(["2024Q3", "Odense", 5], ["2024Q03", "Ærø", 7]))
    assert rows_of(frame) == [("2024Q3", "Odense", 5), ("2024Q3", "Ærø", 7)]
    grid = [[period, area, 5] for period in ("2024Q3", "2024Q03") for area in ("Odense", "Ærø")]
    with pytest.raises(PayloadError, match=r"two rows for 2024Q0?3, Odense"):
        decode(question, answer(*grid))


def test_names_that_collide_are_told_apart_by_the_request_they_answer():
    question = ask({"_tilb": "level:sub"}, "2024M01")
    named = [[s.hierarchy.members[c].name for s in r.selections for c in s.codes] for r in question.requests]
    bodies = [
        answer(
            *(["2024M01", "Hele landet", name, 10 * number + place] for place, name in enumerate(names[1:])),
            columns=("P", "Område", "Tilbud", PERSONS),
        )
        for number, names in enumerate(named)
    ]
    frame = decode(question, *bodies)
    assert len(question.requests) == 2
    assert len(set(frame["Tilbud"])) == len(frame) == 4
    assert {"Stat [/3/1/]", "Stat [/1/1/]"} < set(frame["Tilbud"])


def test_a_member_of_a_colliding_name_that_was_not_asked_for_is_refused():
    question = ask({"_tilb": "/3/2/"}, "2024M01")
    body = answer(["2024M01", "Hele landet", "Stat", 5], columns=("P", "Område", "Tilbud", PERSONS))
    with pytest.raises(PayloadError, match="was not asked for"):
        match(body, question.requests[0])


@pytest.mark.parametrize("layout", ["wide", "long"])
def test_an_answer_without_rows_is_a_frame_without_rows(layout):
    question = ask({"_nykom": "Odense"}, "2024M01")
    full, empty = (
        decode(question, answer(*rows), layout=layout) for rows in ([["2024M01", "Odense", 5]], [])
    )
    assert len(empty) == 0
    assert empty.dtypes.tolist() == full.dtypes.tolist()
    assert unexplained_since([match(answer(), question.requests[0])], question) is None


def test_a_block_lets_go_of_the_answer_it_was_read_from():
    body = answer(["2024M01", "Odense", 5], ["2024M01", "Ærø", None])
    held = sys.getrefcount(body)
    block = match(body, ask({"_nykom": ["Odense", "Ærø"]}, "2024M01").requests[0])
    arrays = [block.periods, *block.members, *block.numbers, block.total_periods, *block.total_numbers]
    assert sys.getrefcount(body) == held
    assert not any(np.shares_memory(array, np.frombuffer(body, np.uint8)) for array in arrays)


# --- statuses --------------------------------------------------------------------------------------------------------


def test_a_null_beside_a_total_that_is_shown_is_hidden():
    question = ask({"_nykom": "*"}, "2024M01")
    body = answer(["2024M01", "Hele landet", 9], ["2024M01", "Ærø", None])
    (block,) = [match(body, question.requests[0])]
    assert unexplained_since([block], question) is None
    assert statuses(to_frame([block], question)) == [OBSERVED, HIDDEN]


def test_a_null_from_a_period_on_in_which_the_total_is_null_to_the_end_is_not_available():
    question = ask({"_nykom": ["total", "Ærø"]}, "latest:3")
    periods = question.periods
    body = answer(
        [periods[0], "Hele landet", 9],
        [periods[0], "Ærø", None],
        *([period, area, None] for period in periods[1:] for area in ("Hele landet", "Ærø")),
    )
    block = match(body, question.requests[0])
    assert unexplained_since([block], question) is None
    assert statuses(to_frame([block], question)) == [OBSERVED, LATER, LATER, HIDDEN, LATER, LATER]


def test_a_total_that_is_null_and_shown_again_later_is_hidden():
    question = ask({"_nykom": ["total", "Ærø"]}, "latest:2")
    older, newer = question.periods
    body = answer(
        [older, "Hele landet", None], [older, "Ærø", None], [newer, "Hele landet", 9], [newer, "Ærø", 4]
    )
    assert statuses(decode(question, body)) == [HIDDEN, OBSERVED, HIDDEN, OBSERVED]


def test_a_null_without_totals_beside_it_is_explained_by_a_further_answer():
    question = ask({"_nykom": "Ærø"}, "latest:3")
    first, second, third = question.periods
    block = match(
        answer([first, "Ærø", 7], [second, "Ærø", None], [third, "Ærø", None]), question.requests[0]
    )
    assert unexplained_since([block], question) == second
    request = total_request(question, second)
    totals = match(answer([second, "Hele landet", 9], [third, "Hele landet", None]), request)
    assert statuses(to_frame([block], question, totals=totals)) == [OBSERVED, HIDDEN, LATER]
    assert statuses(to_frame([block], question)) == [OBSERVED, HIDDEN, HIDDEN]


def test_a_null_up_to_a_period_before_which_the_total_is_null_from_the_start_is_not_available():
    question = ask({"_nykom": ["total", "Ærø"]}, "2024M01:2024M05")
    values = zip(question.periods, (None, None, 9, None, 9), (None, None, None, None, 4), strict=True)
    body = answer(
        *(row for p, total, part in values for row in ([p, "Hele landet", total], [p, "Ærø", part]))
    )
    block = match(body, question.requests[0])
    assert unexplained_since([block], question) is None
    assert not perhaps_before_the_first([block], question)
    found = [LATER, LATER, OBSERVED, HIDDEN, OBSERVED, LATER, LATER, HIDDEN, HIDDEN, OBSERVED]
    assert statuses(to_frame([block], question)) == found


def test_whether_a_measure_was_there_yet_is_asked_where_its_total_is_null_at_the_start_of_what_is_known():
    question = ask({"_nykom": ["total", "Ærø"]}, "latest:3")
    rows = [[p, area, None] for p in question.periods[:2] for area in ("Hele landet", "Ærø")]
    body = answer(*rows, [question.periods[2], "Hele landet", 9], [question.periods[2], "Ærø", None])
    block = match(body, question.requests[0])
    assert unexplained_since([block], question) is None
    assert perhaps_before_the_first([block], question)
    every = TABLE.period_types[0].periods
    request = total_request(question, every[0])
    for earlier, found in ((None, LATER), (9, HIDDEN)):
        totals = match(answer(*([p, "Hele landet", earlier] for p in every[:-3])), request)
        assert statuses(to_frame([block], question, totals=totals)) == [
            found,
            found,
            OBSERVED,
            found,
            found,
            HIDDEN,
        ]


def test_each_measure_is_explained_by_its_own_total():
    question = ask({"_nykom": "*"}, NEWEST, measures=["m1", "m2"])
    columns = ("P", "Område", PERSONS, FULL_TIME)
    body = answer([NEWEST, "Hele landet", 9, None], [NEWEST, "Ærø", None, None], columns=columns)
    frame = decode(question, body)
    assert statuses(frame, PERSONS) == [OBSERVED, HIDDEN]
    assert statuses(frame, FULL_TIME) == [LATER, LATER]


def test_older_periods_alone_are_open_although_their_totals_are_there():
    question = ask({"_nykom": "*"}, "2024M01")
    body = answer(["2024M01", "Hele landet", None], ["2024M01", "Ærø", None])
    assert unexplained_since([match(body, question.requests[0])], question) == "2024M01"


def test_in_a_table_that_hides_by_rounding_the_small_number_is_marked_in_counts_alone():
    groups = [
        builders.group("a", "A", ("m1", "Antal personer")),
        builders.group("b", "B", ("m2", "Andel i pct.")),
    ]
    table = builders.table(builders.AREA, table_id="Y25I14", groups=groups)
    question = ask({"_nykom": ["Odense", "Ærø"]}, "2024M01", None, table)
    columns = ("P", "Område", "Antal personer", "Andel i pct.")
    frame = decode(question, answer(["2024M01", "Odense", 5, 5], ["2024M01", "Ærø", 6, 5], columns=columns))
    assert statuses(frame, "Antal personer") == [ROUNDED, OBSERVED]
    assert statuses(frame, "Andel i pct.") == [OBSERVED, OBSERVED]
    other = decode(ask({"_nykom": "Odense"}, "2024M01"), answer(["2024M01", "Odense", 5]))
    assert statuses(other) == [OBSERVED]


@pytest.mark.parametrize(
    ("numbers", "table", "suspected"),
    [
        ([5] * 40 + [7] * 10, TABLE, True),
        ([5] * 20 + [7] * 30, TABLE, True),
        ([5] * 19 + [7] * 31, TABLE, False),
        ([5] * 49 + [2], TABLE, False),
        ([7] * 50, TABLE, False),
        ([5] * 49 + [None], TABLE, False),
        ([5] * 40 + [7] * 10, builders.table(table_id="Y25I14"), False),
    ],
)
def test_many_fives_and_nothing_below_look_like_hiding_by_rounding_that_is_not_known(
    numbers, table, suspected
):
    question = ask({"_nykom": "*", "_akassebl": "*"}, "latest:3", ["m1", "m3"], table)
    keys = [
        (p, a, f)
        for p in question.periods
        for a in ["Odense", "Ærø", "Aarhus", "Aalborg", "København"]
        for f in ["I alt", "3F", "HK", "Øvrige"]
    ]
    columns = ("P", "Område", "A-kasse", PERSONS, "Ledighed i pct. af arbejdsstyrken")
    body = answer(*([*key, number, 5] for key, number in zip(keys, numbers, strict=False)), columns=columns)
    block = match(body, question.requests[0])
    assert suspiciously_rounded([block], question) == ([PERSONS] if suspected else [])


# --- complete --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["wide", "long"])
def test_complete_places_what_was_left_out_as_absent(layout):
    question = ask({"_nykom": ["total", "Odense", "Ærø"]}, "2024M01:2024M02")
    body = answer(["2024M02", "Ærø", None], ["2024M01", "Hele landet", 9], ["2024M02", "Hele landet", 9])
    frame = decode(question, body, complete=True, layout=layout)
    assert statuses(frame, PERSONS if layout == "wide" else "value") == [
        OBSERVED,
        OBSERVED,
        ABSENT,
        ABSENT,
        ABSENT,
        HIDDEN,
    ]
    assert frame["Område"].tolist() == ["Hele landet"] * 2 + ["Odense"] * 2 + ["Ærø"] * 2
    assert [str(period) for period in frame["Periode"]] == ["2024-01", "2024-02"] * 3


def test_complete_of_an_answer_without_rows_is_absent_throughout():
    frame = decode(ask({"_nykom": ["Odense", "Ærø"]}, "2024M01"), answer(), complete=True)
    assert statuses(frame) == [ABSENT, ABSENT]
    assert frame[PERSONS].dtype == "discretionised[Int64]"


def test_complete_never_invents_a_total_that_the_api_does_not_give():
    question = ask({"_nykom": ["total", "Odense", "Ærø"]}, "2024M01")
    frame = decode(question, answer(["2024M01", "Odense", 5]), complete=True)
    assert frame["Område"].tolist() == ["Odense", "Ærø"]


# --- numbers ---------------------------------------------------------------------------------------------------------


def test_complete_invents_no_total_of_which_only_an_unwanted_row_came():
    question = ask({"_nykom": ["total", "Odense", "Ærø"], "_akassebl": "level:fund"}, "2024M01")
    rows = [["2024M01", "Hele landet", "I alt", 99]]  # the total of the funds comes with their level
    rows += [
        ["2024M01", area, fund, 5] for area in ("Odense", "Ærø") for fund in ("I alt", "3F", "HK", "Øvrige")
    ]
    body = answer(*rows, columns=("P", "Område", "A-kasse", PERSONS))
    frame = decode(question, body, complete=True)
    pd.testing.assert_frame_equal(frame, decode(question, body))
    assert set(frame["Område"]) == {"Odense", "Ærø"}
    assert set(statuses(frame)) == {OBSERVED}


def test_whole_or_decimal_is_decided_once_over_all_parts():
    question = ask({"_nykom": ["Odense", "Ærø"]}, "2024M01:2024M02", max_cells=2)
    whole, decimal = [["2024M01", "Odense", 5], ["2024M01", "Ærø", None]], [["2024M02", "Odense", 5.5]]
    assert decode(question, answer(*whole), answer())[PERSONS].dtype == "discretionised[Int64]"
    assert decode(question, answer(*whole), answer(*decimal))[PERSONS].dtype == "discretionised[Float64]"


def test_rates_are_decimal_even_where_all_are_whole():
    name = "Ledighed i pct. af arbejdsstyrken"
    frame = decode(
        ask(None, "2024M01", "m3"), answer(["2024M01", "Hele landet", 5], columns=("P", "Område", name))
    )
    assert frame[name].dtype == "discretionised[Float64]"


def test_long_has_a_row_for_each_measure_and_one_dtype_for_all():
    question = ask({"_nykom": ["Odense", "Ærø"]}, "2024M01", ["m1", "m2"])
    columns = ("P", "Område", PERSONS, FULL_TIME)
    body = answer(["2024M01", "Odense", 5, 4], ["2024M01", "Ærø", None, 3], columns=columns)
    long = decode(question, body, layout="long")
    assert list(long.columns) == ["P", "Område", "measure", "value", "status"]
    assert long["measure"].tolist() == [PERSONS, FULL_TIME] * 2
    assert long["value"].dtype == "discretionised[Int64]"
    assert long["status"].tolist() == [status.label for status in (OBSERVED, OBSERVED, HIDDEN, OBSERVED)]
    wide = decode(question, body)
    assert [*wide[PERSONS].array.addresses, *wide[FULL_TIME].array.addresses] == [
        *long["value"].array.addresses[[0, 2, 1, 3]]
    ]


def test_parts_number_the_same_cell_alike_whatever_was_asked_beside_it():
    narrow = decode(ask({"_nykom": "Ærø"}, "2024M02"), answer(["2024M02", "Ærø", 5]))
    wide = decode(
        ask({"_nykom": ["Odense", "Ærø"]}, "2024M01:2024M02"),
        answer(*([period, area, 5] for period in ("2024M01", "2024M02") for area in ("Odense", "Ærø"))),
    )
    assert narrow[PERSONS].array.registry == wide[PERSONS].array.registry
    assert narrow[PERSONS].array.addresses[0] == wide[PERSONS].array.addresses[-1]
    (cell,) = narrow[PERSONS].array.registry.decode(narrow[PERSONS].array.addresses)
    area = cell.space.dimensions[0].members[cell.members[0][0]]
    assert (cell.space.measures[cell.measure[0]].name, cell.space.periods[cell.period[0]]) == (
        PERSONS,
        ("M", "2024M02"),
    )
    assert (area.path, area.name) == ("/492/", "Ærø")


def test_kinds_come_from_the_names_unless_they_are_overridden():
    question, body = ask(None, "2024M01"), answer(["2024M01", "Hele landet", 5])
    for additive, kind in (({}, Kind.PERSONS), ({PERSONS: Kind.FLOW}, Kind.FLOW)):
        array = decode(question, body, additive=additive)[PERSONS].array
        ((_, measure),) = array.registry.measures(array.addresses)
        assert measure.kind is kind


# --- the same answer in any form -------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(data=st.data())
def test_shuffled_rows_parts_and_columns_give_the_identical_frame(data):
    areas, funds, months = (
        ["Hele landet", "Odense", "Ærø"],
        ["I alt", "3F", "HK"],
        ["2024M01", "2024M02", "2024M03"],
    )
    keys = [(month, area, fund) for month in months for area in areas for fund in funds]
    cell = st.one_of(st.none(), st.integers(0, 10**6), st.sampled_from([0.5, 2.25]))
    cells = {
        key: (data.draw(cell), data.draw(cell))
        for key in data.draw(st.lists(st.sampled_from(keys), unique=True))
    }
    by = {"_nykom": ["total", *areas[1:]], "_akassebl": ["total", *funds[1:]]}
    complete, layout = data.draw(st.booleans()), data.draw(st.sampled_from(["wide", "long"]))

    def block_of(body, request, form):
        rows = read_answer(body, request)
        if form == "row by row" and isinstance(rows, Grid):
            rows = rows.rows()
        if form == "from columns" and rows.count:
            rows = load_rows(dump_rows(rows), len(rows.names))
        return match_rows(rows, request)

    def frame(max_cells, *, shuffle):
        told = []
        question = ask(by, "2024M01:2024M03", ["m1", "m2"], max_cells=max_cells)
        blocks = []
        for request in question.requests:
            names = [{s.hierarchy.members[code].name for code in s.codes} for s in request.selections]
            rows = [
                [period, area, fund, *numbers]
                for (period, area, fund), numbers in cells.items()
                if period in request.periods and area in names[0] and fund in names[1]
            ]
            labels, measures = [1, 2], [3, 4]
            if shuffle:
                rows = data.draw(st.permutations(rows))
                labels, measures = data.draw(st.permutations(labels)), data.draw(st.permutations(measures))
            columns = ["Periode", "Område", "A-kasse", PERSONS, FULL_TIME]
            order = [0, *labels, *measures]
            shuffled = [[row[place] for place in order] for row in rows]
            body = answer(*shuffled, columns=[columns[place] for place in order])
            forms = ["as it comes", "row by row", "from columns"]
            blocks.append(block_of(body, request, data.draw(st.sampled_from(forms)) if shuffle else forms[0]))
        open_since = unexplained_since(blocks, question)
        if shuffle:
            blocks = data.draw(st.permutations(blocks))
        made = to_frame(
            blocks,
            question,
            complete=complete,
            layout=layout,
            doubt=told.append,
            additive={PERSONS: Kind.FLOW},
        )
        return made, open_since, len(told)

    whole, open_since, doubts = frame(10**6, shuffle=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_columns, "SMALL", 0)
        patch.setattr(decoding, "DENSE", data.draw(st.sampled_from([0, 2, 1000])))
        parts, open_in_parts, doubts_in_parts = frame(
            data.draw(st.sampled_from([2, 4, 12, 10**6])), shuffle=True
        )
    pd.testing.assert_frame_equal(whole, parts)
    assert doubts == doubts_in_parts
    assert open_since == open_in_parts
    for name in whole.columns:
        one, other = whole[name].array, parts[name].array
        if hasattr(one, "addresses"):
            assert np.array_equal(one.addresses, other.addresses)
            assert np.array_equal(one.status, other.status)


@pytest.mark.parametrize(("shown", "off"), [(15, False), (16, True)])
def test_a_contradiction_is_found_among_few_rows_of_many_asked_for(shown, off):
    found = builders.table(groups=[builders.group("g", "G", ("m", "Antal sanktioner"))])
    question = ask({"_nykom": "*", "_akassebl": "*"}, "*", measures=None, table=found)
    funds = {"3F": 5, "HK": 5, "Øvrige": 5, "I alt": shown}
    rows = [["2024M02", "Ærø", fund, number] for fund, number in funds.items()]
    told = []
    body = answer(*rows, columns=("Periode", "Område", "A-kasse", "Antal sanktioner"))
    decode(question, body, doubt=told.append)
    assert len(told) == off
    assert not off or "in 2024M02 'I alt' is 16" in told[0]
    assert not off or "add up to 15 (1 such case)" in told[0]


@pytest.mark.parametrize(("shown", "off"), [(15, False), (16, True), (None, False)])
def test_a_contradiction_is_found_where_every_combination_has_its_row_too(shown, off):
    found = builders.table(groups=[builders.group("g", "G", ("m", "Antal sanktioner"))])
    question = ask({"_nykom": "*", "_akassebl": "*"}, "2024M01:2024M02", measures=None, table=found)
    areas = ["Hele landet", *(name for _, name in builders.MUNICIPALITIES)]
    per_fund = {"3F": 1, "HK": 1, "Øvrige": 1, "I alt": 3}
    rows = [
        [period, area, fund, number * (5 if area == "Hele landet" else 1)]
        for period in ("2024M01", "2024M02")
        for area in areas
        for fund, number in per_fund.items()
    ]
    rows = [[*row[:3], shown] if row[:3] == ["2024M02", "Hele landet", "I alt"] else row for row in rows]
    told = []
    body = answer(*rows, columns=("Periode", "Område", "A-kasse", "Antal sanktioner"))
    decode(question, body, doubt=told.append)
    assert len(told) == off
    assert (
        not off
        or "in 2024M02 'I alt' is 16 and the members of 'A-kasse', all of them visible, add up to 15"
        in told[0]
    )


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("turns", [0, 1])
def test_a_sum_that_is_too_large_for_the_type_of_its_parts_is_no_other_number(bits, sign, turns):
    table = builders.table(groups=[builders.group("g", "G", ("m", "Antal sanktioner"))])
    question = ask({"_akassebl": "*"}, "2024M01:2024M02", measures=None, table=table)
    most = 2 ** (bits - 1) - 1
    funds = (
        {"3F": most, "HK": most, "Øvrige": 6, "I alt": 4}
        if turns
        else {"3F": most - 4, "HK": 2, "Øvrige": 2, "I alt": most}
    )
    rows = [
        [period, "Hele landet", fund, sign * number]
        for period in ("2024M01", "2024M02")
        for fund, number in funds.items()
    ]
    told = []
    columns = ("Periode", "Område", "A-kasse", "Antal sanktioner")
    decode(question, answer(*rows, columns=columns), doubt=told.append)
    assert len(told) == turns
    assert not turns or f"add up to {sign * (4 + 2**bits):,.10g} (2 such cases)" in told[0]


def test_however_many_parts_are_hidden_the_line_has_hidden_ones():
    hidden = np.zeros((2, 700), dtype=bool)
    for count in (1, 255, 256, 512, 700):
        hidden[1, :count] = True
        assert judging._along(hidden, 1).tolist() == [False, True]
