"""From a question to the exact requests: names, members and measures as asked, cells counted, large questions split."""

from __future__ import annotations

import itertools
import math
import subprocess
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import numpy as np
import pandas as pd
import pytest
from builders import (
    AREA,
    FUNDS,
    dimension,
    group,
    hierarchy,
    level,
    months,
    numbered,
    period_type,
    table,
    total,
)
from effort import effort
from hypothesis import given, settings
from hypothesis import strategies as st

from jobindsats_pandas.errors import QueryError, TooLargeError
from jobindsats_pandas.forms import BASE_URL, EVERY_FORM, MAX_CELLS, MAX_URL, DataRequest, Dialect, halve
from jobindsats_pandas.queries import names_request, plan, total_request

TABLE = table()
ROOM = MAX_URL - len(BASE_URL) - 1


def asked(question, hierarchy_id):
    """Ids of the members that a plan asks for."""
    (selection,) = [s for s in question.selections if s.hierarchy.id == hierarchy_id]
    return [selection.hierarchy.members[code].path for code in selection.codes]


def parameters(request):
    return dict(parse_qsl(urlsplit(request.path).query, keep_blank_values=True))


# --- addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ({}, "data/y25i01?mgroup.*=*&period.M=latest:12&hierarchy._nykom=/&format=json"),
        (
            {"by": "_nykom"},
            "data/y25i01?mgroup.*=*&period.M=latest:12&hierarchy._nykom=level:kom&format=json",
        ),
        (
            {"by": {"_nykom": "*"}, "periods": "2025M01"},
            "data/y25i01?mgroup.*=*&period.M=2025M01&hierarchy._nykom=*&format=json",
        ),
        (
            {"by": {"_akassebl": ["HK", "3F"]}, "periods": 1},
            "data/y25i01?mgroup.*=*&period.M=latest:1&hierarchy._nykom=/&hierarchy._akassebl=/1/,/2/&format=json",
        ),
        (
            {"by": ["_akassebl", "_region"], "periods": ["2025Q1", "2024Q03"]},
            "data/y25i01?mgroup.*=*&period.Q=2024Q3,2025Q01&hierarchy._region=level:reg&hierarchy._akassebl=level:fund&format=json",
        ),
        (
            {"measures": ["m3", "m1"], "periods": 2},
            "data/y25i01?mgroup.*=*&period.M=latest:2&hierarchy._nykom=/&format=json",
        ),
        (
            {"measures": "Ledige", "periods": 2},
            "data/y25i01?mgroup.*=*&period.M=latest:2&hierarchy._nykom=/&format=json",
        ),
    ],
)
def test_a_question_becomes_exactly_this_address(question, path):
    (request,) = plan(TABLE, **question).requests
    assert request.path == path


def test_danish_letters_and_signs_are_percent_encoded_and_stars_slashes_commas_and_colons_are_not():
    found = table(
        dimension(
            "_omrade",
            "Område",
            hierarchy(
                "_ø&m",
                "Øer",
                level("a b", "Top", [("/", "Alle"), ("/x/", "X")]),
                level("ål=1", "Øer", [("/ærø/", "Ærø"), ("/b c/", "B"), ("/d'/", "D")]),
            ),
        ),
        groups=[group("g+", "G", ("m#", "Antal"), ("m%", "Andel"))],
        periods=[period_type("Å", ["før"])],
        table_id="t/1?",
    )
    assert (
        plan(found, by="Øer", measures="m#", max_cells=4).requests[0].path
        == "data/t%2F1%3F?mgroup.g%2B=m%23&period.%C3%85=latest:1&hierarchy._%C3%B8%26m=level:%C3%A5l%3D1&format=json"
    )
    path = plan(found, by={"Øer": ["Ærø", "B", "/d'/"]}, periods=["før"], measures=["m%"]).requests[0].path
    assert "hierarchy._%C3%B8%26m=level:%C3%A5l%3D1&" in path
    path = (
        plan(found, by={"Øer": ["Ærø", "/d'/", "total"]}, periods=["før"], measures=["m%"], max_cells=3)
        .requests[0]
        .path
    )
    assert (
        path
        == "data/t%2F1%3F?mgroup.g%2B=m%25&period.%C3%85=latest:1&hierarchy._%C3%B8%26m=/,/%C3%A6r%C3%B8/,/d%27/&format=json"
    )


def test_a_level_that_repeats_the_total_or_what_stands_above_is_asked_for_by_its_id():
    item = dimension(
        "d",
        "D",
        hierarchy(
            "h",
            "H",
            total(),
            level("x", "X", [("/", "I alt"), ("/1/", "a"), ("/2/", "b")]),
            level("y", "Y", [("/", "I alt"), ("/1/", "a"), ("/1/1/", "c")]),
        ),
    )
    found = table(AREA, item)
    assert parameters(plan(found, by={"h": "level:x"}).requests[0])["hierarchy.h"] == "level:x"
    assert parameters(plan(found, by="h").requests[0])["hierarchy.h"] == "level:y"
    assert parameters(plan(found, by={"h": "*"}).requests[0])["hierarchy.h"] == "*"


def test_a_level_that_repeats_other_members_is_asked_for_with_a_star():
    item = dimension(
        "d",
        "D",
        hierarchy(
            "h",
            "H",
            total(),
            level("x", "X", [("/1/", "a"), ("/2/", "b")]),
            level("y", "Y", [("/2/", "b"), ("/3/", "c"), ("/4/", "d")]),
        ),
    )
    question = plan(table(AREA, item), by={"h": "level:y"})
    assert asked(question, "h") == ["/3/", "/4/"]
    assert parameters(question.requests[0])["hierarchy.h"] == "*"


@given(st.randoms(use_true_random=False))
def test_the_order_of_members_dimensions_measures_and_periods_changes_nothing(rng):
    members, measures, periods = ["HK", "3F", "total"], ["m1", "m3"], ["2025M02", "2024M12", "2025M01"]
    by = {"_akassebl": members, "_nykom": ["Odense", "Aarhus"], "_tilb": "Løntilskud"}
    straight = plan(TABLE, by=by, periods=periods, measures=measures)
    for items in (members := list(members), measures, periods):
        rng.shuffle(items)
    keys = list(by)
    rng.shuffle(keys)
    shuffled = {key: members if key == "_akassebl" else by[key] for key in keys}
    assert plan(TABLE, by=shuffled, periods=periods, measures=measures) == straight
    assert plan(TABLE, by=shuffled, periods=periods, measures=measures).urls == straight.urls


# --- by --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "paths"),
    [
        (None, ["/101/", "/461/", "/492/", "/751/", "/851/"]),
        ("*", ["/", "/101/", "/461/", "/492/", "/751/", "/851/"]),
        ("total", ["/"]),
        ("/", ["/"]),
        ("level:kom", ["/101/", "/461/", "/492/", "/751/", "/851/"]),
        ("level:Kommune", ["/101/", "/461/", "/492/", "/751/", "/851/"]),
        ("level: hele LANDET", ["/"]),
        ("Ærø", ["/492/"]),
        ("aeroe", ["/492/"]),
        ("ÅRHUS", ["/751/"]),
        ("/751/", ["/751/"]),
        (["Odense", "total", "København", "Odense"], ["/", "/101/", "/461/"]),
        (("level:land", "Odense"), ["/", "/461/"]),
        (pd.Index(["Odense"]), ["/461/"]),
        ({"Odense"}, ["/461/"]),
        ([461, "0751"], ["/461/", "/751/"]),
    ],
)
def test_members_are_named_by_name_id_level_or_star(members, paths):
    assert asked(plan(TABLE, by={"_nykom": members}), "_nykom") == paths


@pytest.mark.parametrize("by", ["_nykom", ["_nykom"], ("Kommune",), {"KOMMUNE": None}, pd.Index(["_nykom"])])
def test_a_plain_name_means_the_deepest_level(by):
    assert asked(plan(TABLE, by=by), "_nykom") == ["/101/", "/461/", "/492/", "/751/", "/851/"]


def test_the_area_is_sent_where_nobody_asked_for_one_and_has_no_column():
    question = plan(TABLE, by="_akassebl")
    assert [(s.hierarchy.id, s.shown) for s in question.selections] == [
        ("_nykom", False),
        ("_akassebl", True),
    ]
    assert [(s.hierarchy.id, s.shown) for s in plan(TABLE, by={"_region": "total"}).selections] == [
        ("_region", True)
    ]


def test_the_first_area_hierarchy_with_a_total_is_taken():
    area = dimension(
        "_omrade",
        "Område",
        hierarchy("a", "A", level("1", "x", [("/1/", "b")])),
        hierarchy("b", "B", total(), level("1", "x", [("/1/", "b")])),
    )
    assert plan(table(area)).selections[0].hierarchy.id == "b"
    assert plan(table(FUNDS)).selections == ()
    assert plan(table(FUNDS)).requests[0].path == "data/y25i01?mgroup.*=*&period.M=latest:12&format=json"


def test_an_area_total_that_is_not_listed_is_sent_of_the_whole_country_or_else_of_the_first():
    one = hierarchy("a", "A", level("1", "x", [("/1/", "b")]))
    two = hierarchy("_nykom", "B", level("1", "x", [("/1/", "b")]))
    country = hierarchy("_hele_landet", "C", level("1", "x", []))
    for hierarchies, sent in (((one, two), "a"), ((one, country, two), "_hele_landet")):
        question = plan(table(dimension("_omrade", "Område", *hierarchies)))
        assert parameters(question.requests[0])[f"hierarchy.{sent}"] == "/"
        assert f"hierarchy.{sent}=/&" in total_request(question, "2026M04").path


def test_a_table_without_an_area_total_wants_an_area():
    area = dimension("_omrade", "Område", hierarchy("a", "A", level("1", "x", [("/1/", "b"), ("/2/", "c")])))
    found = table(area).with_totals({"a": None})
    with pytest.raises(QueryError, match=r"no total over 'Område'.*'a' \(A\)"):
        plan(found)
    assert total_request(plan(found, by="a"), "2025M01") is None
    with pytest.raises(QueryError, match=r"has no total. Ask for its members: by='a'"):
        plan(found, by={"a": "total"})
    assert parameters(plan(found, by={"a": "*"}).requests[0])["hierarchy.a"] == "level:1"


def test_a_total_that_turns_out_to_be_missing_leaves_a_star_and_refuses_its_name():
    area = dimension("_omrade", "Område", hierarchy("a", "A", level("1", "x", [("/1/", "b"), ("/2/", "c")])))
    found = table(area)
    assert asked(plan(found, by={"a": "*"}).with_totals({"a": None}), "a") == ["/1/", "/2/"]
    assert asked(plan(found, by={"a": "*"}).with_totals({"a": "Danmark"}), "a") == ["/", "/1/", "/2/"]
    for members in ("total", ["total", "b"]):
        with pytest.raises(QueryError, match=r"has no total"):
            plan(found, by={"a": members}).with_totals({"a": None})


def test_two_hierarchies_of_one_dimension_are_refused():
    with pytest.raises(QueryError, match=r"'_nykom' and '_region' break down the same dimension, 'Område'"):
        plan(TABLE, by=["_nykom", "_region"])


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("Omraade", "2 hierarchies named 'Omraade': '_nykom'"),
        ("_nykomm", "Did you mean '_nykom'"),
        ({"_nykom": "Odens"}, "has no member 'Odens' .of 6.. Did you mean 'Odense'"),
        (
            {"_nykom": "level:komune"},
            "no level 'komune'. Did you mean 'Kommune'.*It has: 'land' .Hele landet.; 'kom'",
        ),
        ({"_nykom": []}, "names no member"),
        ({"_nykom": 4.61}, "4.61 is not a member of '_nykom'"),
        ({"_nykom": [True]}, "True is not a member of '_nykom'"),
        ({"_nykom": 999}, "has no member '999' "),
        ({"_nykom": [751, "0411"]}, "has no member '0411', the code of Christiansø "),
        ({"_nykom": b"461"}, "b'461' is not a member of '_nykom'"),
        ({5: "*"}, "5 is not a name of a dimension"),
        ([["_nykom"]], "is not a name of a dimension"),
        ([None], "None is not a name of a dimension"),
        (5, "give a name, a list of names, or a mapping"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(by, message):
    with pytest.raises(QueryError, match=message):
        plan(TABLE, by=by)


def test_names_that_collide_are_asked_for_level_by_level_and_by_id_within_a_level():
    question = plan(TABLE, by={"_tilb": "*"}, periods=1)
    assert [parameters(r)["hierarchy._tilb"] for r in question.requests] == [
        "/",
        "level:main",
        "/2/1/,/3/1/,/3/2/",
        "/1/1/",
    ]
    assert question.cells == 8 * 3
    for request in question.requests:
        (selection,) = [s for s in request.selections if s.hierarchy.id == "_tilb"]
        names = [selection.hierarchy.members[code].name for code in selection.codes]
        assert len(set(names)) == len(names)


def test_members_whose_names_are_distinct_among_those_asked_for_need_one_request():
    assert len(plan(TABLE, by={"_tilb": ["total", "level:main"]}).requests) == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "Nytteindsats i alt",
            r"2 members named .*'Nytteindsats i alt \[Hovedgruppe\]' or 'Nytteindsats i alt \[Undergruppe\]'",
        ),
        (
            "NYTTEINDSATS I ALT",
            r"'Nytteindsats i alt \[Hovedgruppe\]' or 'Nytteindsats i alt \[Undergruppe\]'",
        ),
        ("Stat", r"'Stat \[/3/1/\]' or 'Stat \[/1/1/\]'"),
    ],
)
def test_a_bare_name_that_collides_is_refused_with_both(name, message):
    with pytest.raises(QueryError, match=message):
        plan(TABLE, by={"_tilb": name})


@pytest.mark.parametrize(
    ("label", "path"),
    [
        ("Nytteindsats i alt [Undergruppe]", "/2/1/"),
        ("nytteindsats I ALT [undergruppe]", "/2/1/"),
        ("Stat [/3/1/]", "/3/1/"),
        ("/1/1/", "/1/1/"),
    ],
)
def test_the_label_of_a_colliding_name_or_its_id_is_understood(label, path):
    assert asked(plan(TABLE, by={"_tilb": label}), "_tilb") == [path]


def test_an_exact_name_goes_before_one_that_is_only_spelt_alike():
    item = dimension(
        "d", "D", hierarchy("h", "H", total(), level("x", "X", [("/1/", "Aarhus"), ("/2/", "Århus")]))
    )
    assert asked(plan(table(AREA, item), by={"h": "Århus"}), "h") == ["/2/"]
    with pytest.raises(QueryError, match=r"'Aarhus' or 'Århus'"):
        plan(table(AREA, item), by={"h": "ÅRHUS"})


def test_levels_that_share_a_name_are_refused_and_an_id_decides():
    item = dimension(
        "d", "D", hierarchy("h", "H", level("x", "X", [("/1/", "a")]), level("y", "X", [("/1/1/", "b")]))
    )
    with pytest.raises(QueryError, match=r"2 levels named 'X': 'x' \(X\); 'y' \(X\)"):
        plan(table(AREA, item), by={"h": "level:X"})
    assert asked(plan(table(AREA, item), by={"h": "level:x"}), "h") == ["/1/"]


# --- measures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measures", "ids"),
    [
        (None, ["m1", "m2", "m3"]),
        ("*", ["m1", "m2", "m3"]),
        ("m2", ["m2"]),
        ("M2", ["m2"]),
        ("Antal ledige personer", ["m1"]),
        ("ledige: antal ledige fuldtidspersoner", ["m2"]),
        ("Ledige", ["m1", "m2"]),
        ("mgrp2", ["m3"]),
        (["m3", "Ledige"], ["m1", "m2", "m3"]),
        (np.array(["m3", "m1"]), ["m1", "m3"]),
        (pd.Index(["m3"]), ["m3"]),
        (iter(["m3"]), ["m3"]),
    ],
)
def test_measures_are_named_by_id_name_column_or_group(measures, ids):
    assert [m.id for m in plan(TABLE, measures=measures).measures] == ids


@pytest.mark.parametrize(
    ("measures", "message"),
    [
        ("Antal ledige person", "Did you mean 'Antal ledige personer'"),
        ([], "names no measure"),
        ([5], "5 is not a name of a measure"),
        (5, "5 is not a name of a measure"),
        ("qqq", "has no measure 'qqq'. It has: 'Ledige: Antal"),
    ],
)
def test_measures_that_do_not_exist_are_refused(measures, message):
    with pytest.raises(QueryError, match=message):
        plan(TABLE, measures=measures)


def test_measures_of_one_name_are_refused_and_an_id_decides():
    twins = table(groups=[group("a", "A", ("x", "Antal")), group("b", "B", ("y", "Antal"))])
    with pytest.raises(QueryError, match=r"2 measures named 'Antal': 'x' \(A: Antal\); 'y' \(B: Antal\)"):
        plan(twins, measures="Antal")
    assert [m.id for m in plan(twins, measures=["y"]).measures] == ["y"]
    assert len(plan(twins).measures) == 2


def test_one_measure_id_in_two_groups_is_told_apart_by_the_group():
    twins = table(groups=[group("a", "A", ("x", "Antal")), group("b", "B", ("x", "Andel"))])
    assert [m.name for m in plan(twins, measures="b").measures] == ["Andel"]
    (request,) = plan(twins, by="_nykom", measures="Andel", max_cells=72).requests
    assert parameters(request)["mgroup.b"] == "x"
    assert "mgroup.a" not in parameters(request)


def test_all_measures_are_sent_unless_leaving_some_out_saves_a_request():
    for measures, most, sent in (
        (["m1", "m3"], 18, "mgroup.*"),
        (["m1", "m3"], 12, "mgroup.mgrp1"),
        (None, 12, "mgroup.*"),
    ):
        question = plan(TABLE, by="_nykom", periods=1, measures=measures, max_cells=most)
        assert sent in parameters(question.requests[0])


def test_measures_of_one_column_are_sent_by_their_ids_for_an_answer_could_not_tell_them_apart():
    twins = table(
        groups=[
            group("a", "A", ("x", "Antal")),
            group("b", "A", ("y", "Antal")),
            group("c", "C", ("z", "Andel")),
        ]
    )
    assert parameters(plan(twins, measures="y").requests[0])["mgroup.b"] == "y"
    assert "mgroup.*" in parameters(plan(twins, measures="z").requests[0])


def test_a_table_without_measures_has_nothing_to_ask_for():
    with pytest.raises(QueryError, match=r"lists no measures"):
        plan(table(groups=[]))


# --- splitting -------------------------------------------------------------------------------------------------------


def big(*sizes, periods=6, measures=1, word="Member"):
    """Make a table with a dimension of each size, its total apart."""
    dimensions = [
        dimension(
            f"d{i}", f"D{i}", hierarchy(f"h{i}", f"H{i}", total(), level("all", "All", numbered(size, word)))
        )
        for i, size in enumerate(sizes)
    ]
    return table(
        *dimensions,
        periods=[period_type("M", months(2020, periods))],
        groups=[group("g", "G", *[(f"m{i}", f"Antal {i}") for i in range(measures)])],
    )


def cells(request):
    return itertools.product(
        request.periods,
        *(selection.codes for selection in request.selections),
        (m.id for m in request.measures),
    )


def check(requests, whole, max_cells, room=ROOM):
    """The requests ask for every cell of the question once, and none is too large."""
    seen = [cell for request in requests for cell in cells(request)]
    assert len(seen) == len(set(seen)) == whole.cells
    assert set(seen) == set(cells(whole))
    for request in requests:
        assert 0 < request.cells <= request.answer_cells <= max_cells
        assert len(request.path) <= room


def whole_of(question):
    return DataRequest(
        question.table,
        question.period_type.id,
        question.periods,
        0,
        question.selections,
        question.measures,
    )


def fewest(periods, sizes, measures, max_cells):
    """Count the requests of lists alone: runs of periods, else one period along the largest dimension."""
    single = math.prod(sizes) * measures
    if single <= max_cells:
        return math.ceil(periods / (max_cells // single))
    largest = max(range(len(sizes)), key=lambda axis: (sizes[axis], -axis))
    if sizes[largest] == 1:
        return math.inf
    rest = [*sizes[:largest], 1, *sizes[largest + 1 :]]
    room = max_cells // (math.prod(rest) * measures)
    pieces = (
        math.ceil(sizes[largest] / room) if room else sizes[largest] * fewest(1, rest, measures, max_cells)
    )
    return periods * pieces


@settings(max_examples=150)
@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=3),
    st.integers(1, 6),
    st.integers(1, 2),
    st.integers(1, 200),
    st.booleans(),
    st.sampled_from(
        [EVERY_FORM, Dialect(level=0), Dialect(members=5, periods=1), Dialect(members=0, level=0)]
    ),
)
def test_the_parts_are_exactly_the_question_none_too_large_and_no_more_than_needed(
    sizes, periods, measures, max_cells, everything, dialect
):
    found = big(*sizes, periods=periods, measures=measures)
    by = {f"h{i}": "*" if everything else "level:all" for i in range(len(sizes))}
    if max_cells < measures:
        with pytest.raises(TooLargeError, match=r"max_cells"):
            plan(found, by=by, periods="*", max_cells=max_cells, dialect=dialect)
        return
    question = plan(found, by=by, periods="*", max_cells=max_cells, dialect=dialect)
    check(question.requests, whole_of(question), max_cells)
    assert len(question.requests) >= math.ceil(question.cells / max_cells)
    assert question.cells == whole_of(question).cells
    if dialect == EVERY_FORM:
        # The level's total may come unasked, and takes its room where a level is asked for as such.
        assert len(question.requests) <= fewest(periods, [size + 1 for size in sizes], measures, max_cells)


@settings(max_examples=25)
@given(
    st.integers(1, 900),
    st.integers(0, 400),
    st.integers(1, 400),
    st.integers(20, 5000),
    st.randoms(use_true_random=False),
)
def test_no_address_is_too_long(first, second, periods, max_cells, rng):
    found = big(first + 2, second + 2, periods=periods)
    by = {
        f"h{i}": [f"/{number}/" for number in rng.sample(range(1, size + 3), rng.randint(1, size + 2))]
        for i, size in enumerate((first, second))
    }
    ids = rng.sample(months(2020, periods), rng.randint(1, periods))
    question = plan(
        found,
        by=by,
        periods=ids,
        max_cells=max(max_cells, math.ceil(math.prod([len(ids), *map(len, by.values())]) / 100)),
    )
    for request in question.requests:
        assert request.cells <= max(max_cells, question.cells // 99 + 1)
        assert len(request.path) <= ROOM
    covered = np.zeros((periods, first + 3, second + 3), dtype=np.int8)
    for request in question.requests:
        covered[
            np.ix_(
                [question.period_type.periods.index(p) for p in request.periods],
                *(s.codes for s in request.selections),
            )
        ] += 1
    assert covered.max() == 1
    assert np.count_nonzero(covered) == question.cells == len(ids) * math.prod(map(len, by.values()))


@pytest.mark.parametrize("extra", [0, 1])
def test_a_list_of_members_that_just_fits_is_sent_and_one_letter_more_is_a_level(extra):
    bare = len(plan(big(2), by={"h0": ["/1/"]}, periods="2020M01").requests[0].path) - len("/1/")
    count = 20
    members = [(f"/{number:02d}{'x' * 60}/", f"n{number}") for number in range(count)]
    spare = ROOM - bare - sum(len(path) + 1 for path, _ in members) + 1
    members[0] = (members[0][0][:-1] + "y" * (spare + extra) + "/", "n0")
    item = dimension("d0", "D", hierarchy("h0", "H", total(), level("a", "A", [*members, ("/z/", "z")])))
    found = table(
        item, periods=[period_type("M", months(2020, 6))], groups=[group("g", "G", ("m0", "Antal"))]
    )
    question = plan(found, by={"h0": [path for path, _ in members]}, periods="2020M01")
    assert len(question.requests) == 1
    assert len(question.urls[0]) == MAX_URL if not extra else "level:a&" in question.urls[0]
    lists = plan(found, by={"h0": [path for path, _ in members]}, periods="2020M01", dialect=Dialect(level=0))
    assert len(lists.requests) == 1  # a star, where lists would take two


def test_a_whole_level_too_long_to_be_listed_is_asked_for_by_its_id():
    found = table(
        dimension(
            "d",
            "D",
            hierarchy(
                "h",
                "H",
                total(),
                level("main", "Main", numbered(20)),
                level("sub", "Sub", [(f"/1/{n}/", f"s{n}") for n in range(3000)]),
                level("more", "More", [(f"/1/1/{n}/", f"t{n}") for n in range(9)]),
            ),
        )
    )
    question = plan(found, by={"h": ["total", "level:sub", "Member 3", "t0", "t1"]}, periods=1)
    assert [parameters(request)["hierarchy.h"] for request in question.requests] == ["*"]
    (request,) = plan(found, by={"h": "level:sub"}, periods=1).requests
    assert parameters(request)["hierarchy.h"] == "level:sub"
    (request,) = plan(found, by={"h": [f"s{n}" for n in range(1, 3000, 2)]}, periods=1).requests
    assert parameters(request)["hierarchy.h"] == "level:sub"


def test_few_of_a_level_are_listed_and_names_that_stand_twice_in_it_are_asked_for_apart():
    titles = [(f"/{n}/", f"title {n % 40 if n < 80 else n}") for n in range(3000)]
    found = table(dimension("d", "D", hierarchy("h", "H", total(), level("all", "All", titles))))
    question = plan(found, by="h", periods=1)
    sent = [parameters(request)["hierarchy.h"] for request in question.requests]
    assert sent[0] == "level:all"
    assert [text.count(",") for text in sent[1:]] == [39, 39]
    check(question.requests, whole_of(question), MAX_CELLS)
    assert (
        parameters(plan(found, by={"h": ["title 99", "title 98"]}).requests[0])["hierarchy.h"] == "/98/,/99/"
    )


def test_two_lists_that_are_both_too_long_share_the_address():
    found = big(400, 400, periods=1)
    by = {name: [f"/{n}/" for n in range(1, 400)] for name in ("h0", "h1")}
    question = plan(found, by=by, max_cells=10**6)
    check(question.requests, whole_of(question), 10**6)
    assert len(question.requests) <= 12


def test_the_list_that_takes_most_room_is_cut_first():
    few = [(f"/{n}{'x' * 640}/", f"n{n}") for n in range(4)]
    found = table(
        dimension("a", "A", hierarchy("a", "A", total(), level("l", "L", few))),
        dimension("b", "B", hierarchy("b", "B", total(), level("l", "L", numbered(9)))),
    )
    question = plan(
        found,
        by={"a": [path for path, _ in few[:3]] + ["total"], "b": [f"/{n}/" for n in range(1, 9)]},
        periods=1,
    )
    assert len(question.requests) == 1  # the shorter list, and the longer one as a star
    without = plan(
        found,
        by={"a": [path for path, _ in few[:3]] + ["total"], "b": [f"/{n}/" for n in range(1, 9)]},
        periods=1,
        max_cells=108,
    )
    assert len(without.requests) == 2
    check(without.requests, whole_of(without), 108)


def test_many_named_periods_are_cut_where_the_address_ends():
    found = big(2, periods=600)
    question = plan(found, periods=months(2020, 600)[:-1], by="h0")
    check(question.requests, whole_of(question), 10**6)
    assert [request.latest for request in question.requests] == [600]
    scattered = plan(found, periods=months(2020, 600)[::3], by="h0")
    check(scattered.requests, whole_of(scattered), 10**6)
    assert {len(request.periods) for request in scattered.requests[:-1]} == {30}
    odd = table(FUNDS, periods=[period_type("X", [f"{n:03d}{'å' * (n % 7)}" for n in range(300)])])
    question = plan(odd, periods="000:")
    check(question.requests, whole_of(question), 10**6)


def test_an_address_too_long_for_its_measures_says_so():
    found = table(groups=[group("g", "G", *[(f"measure_{n:03d}", f"Antal {n}") for n in range(300)])])
    with pytest.raises(QueryError, match=r"3,\d{3} characters and 1,971 is the limit. Name fewer measures"):
        plan(found, measures=[f"measure_{n:03d}" for n in range(299)], periods=1, max_cells=299)
    assert len(plan(found, periods=1).requests) == 1
    with pytest.raises(QueryError, match=r"characters"):
        plan(found, by="_nykom", measures=[f"measure_{n:03d}" for n in range(299)], periods=1, max_cells=299)


def test_room_for_no_cell_is_refused():
    with pytest.raises(QueryError, match=r"max_cells is 0"):
        plan(TABLE, max_cells=0)
    with pytest.raises(TooLargeError, match=r"one period and member are 3 cells already, and max_cells is 2"):
        plan(TABLE, by="_nykom", max_cells=2)


def test_periods_of_a_part_are_named_one_by_one_and_the_newest_whole_question_is_not():
    question = plan(TABLE, by={"_nykom": "*"}, periods=4, max_cells=36)
    assert [parameters(r)["period.M"] for r in question.requests] == ["2026M01,2026M02", "2026M03,2026M04"]
    assert parameters(plan(TABLE, periods=4).requests[0])["period.M"] == "latest:4"


@settings(max_examples=100)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=3), st.integers(1, 6), st.booleans())
def test_halving_to_the_end_covers_exactly_the_request(sizes, periods, latest):
    found = big(*sizes)
    by = {f"h{i}": "level:all" for i in range(len(sizes))}
    (request,) = plan(found, by=by, periods=periods if latest else months(2020, periods)).requests
    waiting, done = [request], []
    while waiting:
        part = waiting.pop()
        halves = halve(part)
        if halves is None:
            done.append(part)
        else:
            assert len(halves) == 2
            assert abs(halves[0].cells - halves[1].cells) * 3 <= part.cells
            waiting += halves
    assert all(part.cells == 1 for part in done)
    check(done, request, max(part.answer_cells for part in done))
    newest = request.table.period_types[0].periods[-1:]
    assert all(part.periods == newest for part in done if part.latest)


def test_the_halves_of_a_star_fit_into_addresses():
    (request,) = plan(big(2000, periods=1), by={"h0": "*"}).requests
    halves = halve(request)
    assert len(halves) > 2
    check(halves, request, 1001)


# --- totals, and how a plan shows itself -----------------------------------------------------------------------------


def test_the_total_is_asked_for_from_a_period_to_the_newest_over_no_other_hierarchy():
    question = plan(
        TABLE, by={"_akassebl": "*", "_region": "Nordjylland"}, periods="2025M01:2025M03", measures="m1"
    )
    assert (
        total_request(question, "2026M03").path
        == "data/y25i01?mgroup.*=*&period.M=latest:2&hierarchy._nykom=/&format=json"
    )
    without = total_request(plan(table(FUNDS), by="_akasse"), "2026M04")
    assert without.path == "data/y25i01?mgroup.*=*&period.M=latest:1&format=json"


def test_the_names_of_totals_are_asked_for_beside_the_areas_total_or_not_at_all():
    question = plan(TABLE, by={"_akassebl": "*"})
    funds = [
        selection.hierarchy for selection in question.selections if selection.hierarchy.id == "_akassebl"
    ]
    request = names_request(question, funds)
    assert request.path.endswith("&period.M=latest:12&hierarchy._nykom=/&hierarchy._akassebl=/&format=json")
    area = dimension("_omrade", "Område", hierarchy("a", "A", level("1", "x", [("/1/", "b"), ("/2/", "c")])))
    without = plan(table(area, FUNDS).with_totals({"a": None}), by={"a": "*", "_akassebl": "*"})
    assert names_request(without, funds) is None


def test_a_printed_plan_shows_the_requests_the_cells_and_the_curl_commands():
    question = plan(TABLE, by={"_nykom": "*"}, periods=4, max_cells=36)
    text = repr(question)
    assert "y25i01 · Ledige og ledighedsprocent" in text
    assert "2026M01 to 2026M04 (4 of type M)" in text
    assert "_nykom · Kommune: Hele landet, København, Odense, … (6 members)" in text
    assert "2 requests, 72 cells" in text
    assert f'curl -sS -H "Authorization: Bearer $JOBINDSATS_API_TOKEN" \'{BASE_URL}/data/y25i01?' in text
    assert "sent because the API wants an area" in repr(plan(TABLE, periods="2025M01"))
    assert "2025M01 (1 of type M)" in repr(plan(TABLE, periods="2025M01"))
    assert "$env:JOBINDSATS_API_TOKEN" in question.powershell()
    assert question.powershell().count("Invoke-RestMethod") == 2
    assert repr(question.selections[0]) == "_nykom: 6 of 6 members"
    assert len(question.urls) == 2


def test_a_long_plan_shows_its_first_and_last_commands():
    lines = repr(plan(TABLE, by="_nykom", periods=20, max_cells=15)).split("\n")
    assert "… 11 more …" in lines
    assert sum(line.startswith("curl") for line in lines) == 9


EVIL = "x'; touch hacked; echo '<script>$(id)`id`\"\n\ncurl evil"


def evil_plan():
    found = table(
        dimension(
            "_omrade",
            EVIL,
            hierarchy(
                f"h{EVIL}",
                EVIL,
                level("t", EVIL, [("/", EVIL)]),
                level(f"l{EVIL}", EVIL, [(f"/1{EVIL}/", f"a{EVIL}"), ("/2/", "b")]),
            ),
        ),
        table_id=EVIL,
        table_name=EVIL,
        groups=[group(EVIL, EVIL, (EVIL, EVIL), ("m", "Antal"))],
        periods=[period_type(f"M{EVIL}", ["2025M01", "2025M02"])],
        update_freq="",
    )
    by = {f"h{EVIL}": [f"/1{EVIL}/", "total"]}
    return plan(found, by=by, periods=["2025M01"], measures=[EVIL], max_cells=2)


def test_a_command_pasted_into_bash_sends_the_address_and_runs_nothing_else(tmp_path):
    question = evil_plan()
    script = "curl() { printf '%s\\n' \"${@: -1}\"; }\n" + question.curl()
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert done.stdout.splitlines() == list(question.urls)
    assert list(tmp_path.iterdir()) == []
    assert unquote(question.urls[0]).count(EVIL) == 6


def test_hostile_names_are_only_text_in_a_plan():
    question = evil_plan()
    assert "<script" not in question._repr_html_()
    assert "&lt;script" in question._repr_html_()
    assert not any(line.startswith("curl evil") for line in repr(question).split("\n"))
    assert quote("'", safe="") in question.urls[0]


def test_a_plan_of_five_hundred_requests_is_made_fast():
    found = big(4999, periods=240, measures=3)
    question = plan(found, by={"h0": "*"}, periods="*", max_cells=7_200)
    by_period = plan(found, by={"h0": "*"}, periods="*", max_cells=15_000)
    assert len(by_period.requests) == 240
    assert len(question.requests) >= 500
    cost = effort(lambda: plan(found, by={"h0": "*"}, periods="*", max_cells=7_200))
    assert cost * 500 / len(question.requests) < 250


@pytest.mark.parametrize("spelt", ["path", "name", "case"])
def test_a_name_is_looked_up_not_searched_for(spelt):
    """Eight times the names among eight times the members: eight times the work, and 64 times if lists were searched."""

    def cost(members):
        found = big(members, periods=1)
        listed = found.hierarchy("h0").members
        names = {
            "path": [member.path for member in listed],
            "name": [member.name for member in listed],
            "case": [member.name.upper() for member in listed],
        }
        assert plan(found, by={"h0": names[spelt]}, periods="*").cells == members + 1
        return effort(lambda: plan(found, by={"h0": names[spelt]}, periods="*"))

    assert cost(4800) < 24 * cost(600)


def test_three_lists_that_only_together_are_too_long_are_cut():
    found = big(150, 150, 150, periods=1, word="Medlem")
    names = {h.id: [member.path for member in h.members[1:121]] for h in found.all_hierarchies}
    asked = plan(found, by=names, max_cells=10**9)
    assert all(len(url) <= MAX_URL for url in asked.urls)
    assert asked.cells == 120**3
