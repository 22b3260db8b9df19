"""The forms of requests: which are preferred, which replace a refused one, and how a request tells of its own."""

from __future__ import annotations

import builders
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobindsats_pandas.forms import EVERY_FORM, FEW, PROVEN, Dialect
from jobindsats_pandas.queries import in_dialect, plan

TITLES = builders.table(
    builders.AREA,
    builders.dimension(
        "_stilling",
        "Stilling",
        builders.hierarchy(
            "_esco_uri",
            "Titel",
            builders.level(
                "esco_uri", "Titel", [("/", "I alt"), *((f"/{n:058d}/", f"titel {n}") for n in range(3000))]
            ),
        ),
        builders.hierarchy(
            "_escostar_rs",
            "Stillingsbetegnelse",
            builders.level("omr", "Område", [("/", "I alt"), *builders.numbered(11, "Område")]),
            builders.level(
                "escostar_rs", "Stilling", [(f"/{1 + n % 11}/{n}/", f"stilling {n}") for n in range(1150)]
            ),
        ),
    ),
    periods=[builders.period_type("M", builders.months(2020, 30))],
    groups=[builders.group("g", "Jobopslag", ("m", "Antal jobopslag"))],
)


@pytest.mark.parametrize(
    ("by", "sent", "requests"),
    [
        ("_escostar_rs", "level:escostar_rs", 1),
        ({"_escostar_rs": "*"}, "*", 1),
        ({"_escostar_rs": ["level:omr", "level:escostar_rs"]}, "*", 1),
        ("_esco_uri", "level:esco_uri", 1),
        ({"_esco_uri": [f"titel {n}" for n in range(2999)]}, "level:esco_uri", 1),
        ({"_esco_uri": [f"titel {n}" for n in range(5)]}, None, 1),
        ({"_esco_uri": [f"titel {n}" for n in range(60)]}, "level:esco_uri", 1),
    ],
)
def test_many_members_are_one_request(by, sent, requests):
    question = plan(TITLES, by=by, periods=12)
    assert len(question.requests) == requests
    (selection,) = [s for s in question.requests[0].selections if s.shown]
    assert selection.form == (sent or "")


@pytest.mark.parametrize("hierarchy", ["_escostar_rs", "_esco_uri"])
def test_many_members_with_municipalities_take_hardly_more_requests_than_their_cells(hierarchy):
    question = plan(TITLES, by={hierarchy: None, "_nykom": "*"}, periods=12)
    fewest = -(-question.cells // 150_000)
    assert len(question.requests) <= fewest + 1


@pytest.mark.parametrize(
    ("by", "options", "words"),
    [
        (
            {"_nykom": "Odense", "_akassebl": "level:fund"},
            {"periods": 2, "measures": "m1"},
            "_nykom as 1 member by its id, _akassebl as level:fund (drops I alt), latest:2, all measures (drops 2 others)",
        ),
        (
            {"_nykom": ["Odense", "Ærø"]},
            {"periods": ["2025M01"]},
            "_nykom as a list of 2 members, 1 period by its id, all measures",
        ),
        (
            {"_nykom": ["Odense", "Ærø"]},
            {
                "periods": ["2026M01", "2026M03"],
                "dialect": Dialect(members=0, level=0, periods=0),
            },
            "_nykom as * (drops 4 others), latest:4 (drops 2 other periods), all measures",
        ),
        (
            {"_nykom": "level:kom"},
            {"periods": ["2025M01", "2025M03"], "measures": ["m1", "m3"], "max_cells": 24},
            "_nykom as level:kom (drops Hele landet), a list of 2 periods, 2 measures by their ids",
        ),
    ],
)
def test_a_plan_says_of_each_request_which_form_it_takes_and_what_is_dropped(by, options, words):
    question = plan(builders.table(), by=by, **options)
    assert question.requests[0].forms == words
    assert f"sends     {words}" in repr(question)


def test_a_plan_of_many_forms_shows_the_first():
    members = [(f"/{n % 7}/{n}/", f"m{n // 7}") for n in range(42)]
    found = builders.table(
        builders.dimension(
            "d", "D", builders.hierarchy("h", "H", builders.total(), builders.level("l", "L", members))
        )
    )
    question = plan(found, by={"h": "*"}, periods=[f"2025M{n:02d}" for n in (1, 3, 5)])
    lines = [line for line in repr(question).split("\n") if line.startswith("sends")]
    assert 1 < len(lines) <= 5
    assert len(question.requests) > 5


parts_of_requests = st.fixed_dictionaries(
    {},
    optional={
        "members": st.integers(1, 400),
        "periods": st.integers(1, 60),
        "measures": st.integers(1, 9),
        "level": st.just(1),
    },
)


@given(parts_of_requests, st.integers(100, 2000))
def test_tightening_leaves_out_what_was_refused_first_what_nobody_sent_and_then_everything(parts, address):
    refused = parts | {"address": address} if parts else {}
    once = EVERY_FORM.tighter(refused)
    doubtful = {name for name, size in refused.items() if size > PROVEN[name]}
    if doubtful:
        assert all(getattr(once, name) == PROVEN[name] for name in doubtful)
        assert all(
            getattr(once, name) == getattr(EVERY_FORM, name) for name in PROVEN if name not in doubtful
        )
    else:
        assert all(getattr(once, name) < size for name, size in parts.items())
    tight = EVERY_FORM
    for _ in range(3):
        tight = tight.tighter(
            {name: min(size, getattr(tight, name)) for name, size in refused.items() if getattr(tight, name)}
        )
    assert all(getattr(tight, name) == 0 for name in parts)


@pytest.mark.parametrize(
    ("by", "dialect", "sent"),
    [
        ("_nykom", Dialect(level=0), "*"),
        ({"_nykom": ["Odense", "Ærø"]}, Dialect(members=0), "level:kom"),
        ({"_nykom": ["Odense", "total"]}, Dialect(members=0), "*"),
        ({"_nykom": ["Odense", "Ærø"]}, Dialect(members=0, level=0), "*"),
        ("_tilb", Dialect(level=0), "/2/1/,/3/1/,/3/2/"),  # a star could not tell equal names apart
    ],
)
def test_where_a_host_refuses_a_form_there_is_another(by, dialect, sent):
    question = plan(builders.table(), by=by, periods=1, dialect=dialect)
    assert question.requests[0].selections[-1].text == sent


def test_a_question_keeps_its_cells_in_every_dialect():
    question = plan(
        builders.table(), by={"_tilb": "*", "_nykom": ["Odense", "total"]}, periods=["2025M02", "2026M01"]
    )
    for dialect in (
        Dialect(level=0),
        Dialect(members=1),
        Dialect(members=0, level=0, periods=1, measures=0, address=600),
    ):
        other = in_dialect(question, dialect)
        assert other.cells == question.cells
        assert other.dialect == dialect


def test_a_few_are_listed_and_many_are_not():
    few = plan(TITLES, by={"_escostar_rs": [f"stilling {n}" for n in range(FEW)]}, periods=1)
    assert few.requests[0].selections[-1].listed == FEW
