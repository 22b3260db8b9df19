"""Levels in the three worlds that the evidence allows: where the total is listed, and what ``level:`` brings."""

from __future__ import annotations

import functools
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from asking import ask

from jobindsats_pandas import sandbox
from jobindsats_pandas.sandbox import FixedTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobindsats_pandas.sandbox import Sandbox
    from jobindsats_pandas.sandbox.description import Levels

WORLDS: tuple[Levels, ...] = ("inside", "apart", "unlisted")
TABLES = sorted(sandbox.population(1))
TOTAL = {"Hele landet", "A-kasse i alt", "I alt", "Tilbud i alt", "Køn i alt", "Alder i alt", "Erhverv i alt"}
TOTAL |= {"Ydelsesgrupper i alt", "Oprindelse i alt", "Varighed i alt", "Visitationskategori i alt"}


@pytest.fixture(scope="module")
def worlds() -> Iterator[dict[str, Sandbox]]:
    with ExitStack() as stack:
        yield {levels: stack.enter_context(sandbox.serve(levels=levels)) for levels in WORLDS}


def hierarchies(api: Sandbox, table_id: str) -> dict[str, dict[str, list[tuple[str, str]]]]:
    """Hierarchy -> level -> its members in the metadata, as (path, name)."""
    return {
        hierarchy["hierarchy_id"]: {
            level["level_id"]: [(value["value_id"], value["value_name"]) for value in level["values"]]
            for level in hierarchy["levels"]
        }
        for dimension in ask(api, f"table/{table_id}?format=json").json["dimensions"]
        for hierarchy in dimension["hierarchies"]
    }


def names(
    api: Sandbox, table_id: str, members: str, period: str = "latest:1", measure: str = "*=*"
) -> list[str]:
    """The members of the answer's only column of members, in the order of its rows."""
    kind = next(iter(api.population[table_id].spans))
    path = f"data/{table_id}?mgroup.{measure}&period.{kind}={period}&hierarchy.{members}&format=json"
    return [row[1] for row in ask(api, path).json["rows"]]


@pytest.mark.parametrize("table_id", TABLES)
def test_the_total_is_listed_first_in_the_top_level_or_before_it_or_nowhere(
    worlds: dict[str, Sandbox], table_id: str
) -> None:
    inside, apart, unlisted = (hierarchies(worlds[levels], table_id) for levels in WORLDS)
    assert inside.keys() == apart.keys() == unlisted.keys()
    for name, levels in apart.items():
        first, *below = levels.values()
        if name in {"_hele_landet", "_var13uger"}:
            assert inside[name] == unlisted[name] == levels
            assert ("/" in dict(first)) == (name == "_hele_landet")
            continue
        assert [path for path, _ in first] == ["/"]
        assert first[0][1] in TOTAL
        assert list(unlisted[name].values()) == below
        assert list(inside[name].values()) == [first + below[0], *below[1:]]
        assert list(inside[name]) == list(unlisted[name]) == list(levels)[1:]


@pytest.mark.parametrize("table_id", TABLES)
def test_level_brings_the_total_too_unless_it_stands_apart(worlds: dict[str, Sandbox], table_id: str) -> None:
    total = {
        name: dict(next(iter(known.values()))).get("/")
        for name, known in hierarchies(worlds["apart"], table_id).items()
    }
    table = worlds["apart"].population[table_id]
    kind, spans = next(iter(table.spans.items()))
    period = list(spans)[-1]

    @functools.cache
    def is_absent(name: str, path: str) -> bool:
        return table.published(table.measure_ids[0], period, {name: path}) == "absent"

    for levels, api in worlds.items():
        for name, known in hierarchies(api, table_id).items():
            for level, members in known.items():
                brought = [member for _, member in members if member != total[name]]
                if total[name] and (levels != "apart" or not brought):
                    brought = [total[name], *brought]
                absent = {member for path, member in members if is_absent(name, path)}
                found = names(api, table_id, f"{name}=level:{level}", period)
                assert sorted(found) == sorted(member for member in brought if member not in absent), (
                    levels,
                    kind,
                    level,
                )


def test_the_funds_of_one_period_are_22_rows_as_recorded(worlds: dict[str, Sandbox]) -> None:
    rows = {levels: names(api, "y28a15", "_akassedp=level:akassedp") for levels, api in worlds.items()}
    assert {levels: len(found) for levels, found in rows.items()} == {
        "inside": 22,
        "apart": 21,
        "unlisted": 22,
    }
    assert rows["inside"] == rows["unlisted"] == ["A-kasse i alt", *rows["apart"]]
    bodies = [
        ask(api, "data/y01c01?mgroup.*=*&period.M=latest:1&hierarchy._nykom=level:nykom"
        "&hierarchy._tilb_2ptv=level:tilb&format=json").json["rows"]
        for api in worlds.values()
    ]  # fmt: skip
    corner = ["2026M08", "Hele landet", "Tilbud i alt"]
    assert [any(row[:3] == corner for row in rows) for rows in bodies] == [True, False, True]


@pytest.mark.parametrize(
    "members",
    ["_tilb_2ptv=*", "_tilb_2ptv=/", "_tilb_2ptv=/2/,/1/1/", "_tilb_2ptv=/,/4/", "_nykom=*", "_nykom=/99/"],
)
def test_stars_totals_and_lists_bring_the_same_in_every_world(
    worlds: dict[str, Sandbox], members: str
) -> None:
    answers = [names(api, "y01c01", members, "2026M08") for api in worlds.values()]
    assert answers[0] == answers[1] == answers[2]
    total = {"Hele landet", "Tilbud i alt"} & set(answers[0])
    assert bool(total) == members.endswith(("=*", "=/", "=/,/4/"))


def test_a_hierarchy_without_a_total_has_none_in_any_world(worlds: dict[str, Sandbox]) -> None:
    refused = "data/y25i06b?mgroup.*=*&period.M=2026M08&hierarchy._var13uger=/&format=json"
    for api in worlds.values():
        assert set(names(api, "y25i06b", "_var13uger=*", "*")) == {
            "Supplerende dagpenge op til 13 uger",
            "Supplerende dagpenge ud over 13 uger",
        }
        assert ask(api, refused).status == 422


def test_level_ids_are_the_hierarchys_without_the_underscore_or_nearly(worlds: dict[str, Sandbox]) -> None:
    real = {
        "akassedp": "_akassedp",
        "kon": "_kon",
        "oprinda": "_oprinda",
        "region": "_region",
        "nykom": "_nykom",
    }
    found: dict[str, set[str]] = {}
    for table_id in TABLES:
        for name, levels in hierarchies(worlds["inside"], table_id).items():
            for level in levels:
                assert not level.startswith("_")
                found.setdefault(level, set()).add(name)
    assert all(name in found[level] for level, name in real.items())
    assert found["region"] == {"_region", "_reko"}  # unique within a hierarchy alone


def test_figures_do_not_depend_on_the_world_and_a_publication_stays_in_its_own() -> None:
    revised = []
    for levels in WORLDS:
        with sandbox.serve(levels=levels) as api:
            assert api.population["y25i01"].register is sandbox.population(1)["y25i01"].register
            before = hierarchies(api, "y25i01")
            revised.append(api.revise("y25i01", "2026-10-08").truth("measy25i01_1", "2026M08"))
            assert hierarchies(api, "y25i01") == before
    assert (
        revised[0]
        == revised[1]
        == revised[2]
        != sandbox.population(1)["y25i01"].truth("measy25i01_1", "2026M08")
    )


def test_an_unknown_world_is_refused_with_those_there_are() -> None:
    with (
        pytest.raises(ValueError, match="'inside', 'apart', 'unlisted', not 'below'"),
        sandbox.serve(levels="below"),
    ):  # type: ignore[arg-type]
        pass


# Members that nobody can place.


@pytest.mark.parametrize("levels", WORLDS)
def test_the_98_municipalities_miss_the_country_by_those_whose_area_is_unknown(
    worlds: dict[str, Sandbox], levels: str
) -> None:
    api = worlds[levels]
    for name, level, known in (("_nykom", "nykom", 98), ("_region", "region", 5)):
        (listed,) = [m for i, m in hierarchies(api, "y25i01")[name].items() if i == level]
        parts = [(path, member) for path, member in listed if path != "/"]
        assert parts[-1] == (f"/{known + 1}/", "Uoplyst område")
        assert len(parts) == known + 1
    path = "data/y25i01?mgroup.mgrpy25i01_2=*&period.M=*&hierarchy._nykom=*&format=json"
    missing: dict[str, int] = {}
    unknown: dict[str, int] = {}
    for period, member, full_time in ask(api, path).json["rows"]:
        sign = {"Hele landet": 1, "Uoplyst område": 0}.get(member, -1)
        missing[period] = missing.get(period, 0) + sign * full_time
        if sign == 0:
            unknown[period] = full_time
    assert len(missing) == 44
    assert all(50 <= fewer <= 174 for fewer in missing.values())
    # Rounding apart: 98 cells and a total.
    assert all(abs(fewer - unknown[period]) < 30 for period, fewer in missing.items())


def test_unknown_members_stand_in_other_dimensions_too(worlds: dict[str, Sandbox]) -> None:
    api = worlds["inside"]
    assert "Uoplyst" in names(api, "y25i14", "_escostar_rs=level:escostar_rs")
    assert "Ingen a-kasse" in names(api, "y25i01", "_akassebl=level:akassebl")
    both = names(api, "y25i14", "_reko=*")
    assert both.count("Uoplyst område") == 2  # a region and its only municipality


# A table of gapped months.


def test_months_can_have_gaps_and_latest_counts_those_that_exist(worlds: dict[str, Sandbox]) -> None:
    api = worlds["inside"]
    metadata = ask(api, "table/y25i14?format=json").json
    (months,) = metadata["periods"]
    ids = sorted(value["period_id"] for value in months["values"])
    assert (months["periodtype_id"], len(ids), ids[:3], ids[-1]) == (
        "M",
        30,
        ["2019M03", "2019M06", "2019M09"],
        "2026M06",
    )
    assert {period[-2:] for period in ids} == {"03", "06", "09", "12"}
    assert list(hierarchies(api, "y25i14")) == ["_region", "_reko", "_escostar_rs"]
    path = "data/y25i14?mgroup.*=*&period.M={}&hierarchy._region=/&format=json"
    newest = ask(api, path.format("latest:3")).json
    assert sorted(row[0] for row in newest["rows"]) == ["2025M12", "2026M03", "2026M06"]
    assert ask(api, path.format("2026M05")).status == 422
    assert ask(api, path.format("latest:31")).status == 422


# Tables of one's own.


def small(*levels: list[tuple[str, str]]) -> dict[str, Any]:
    listed = [
        {
            "level_id": f"l{number}",
            "values": [{"value_id": path, "value_name": name} for path, name in members],
        }
        for number, members in enumerate(levels)
    ]
    return {
        "table_id": "x01",
        "periods": [{"periodtype_id": "M", "values": [{"period_id": "2026M01"}]}],
        "mgroups": [{"mgroup_id": "g", "mgroup_name": "G", "measures": [{"measure_id": "m", "measure_name": "M"}]}],
        "dimensions": [
            {"dimension_id": "_d", "dimension_name": "D", "hierarchies": [{"hierarchy_id": "_h", "levels": listed}]}
        ],
    }  # fmt: skip


TOP, GROUPS, LEAVES = [("/", "I alt")], [("/1/", "A"), ("/2/", "B")], [("/1/1/", "a"), ("/2/1/", "b")]


@pytest.mark.parametrize(
    ("listed", "totals", "brought"),
    [
        ((TOP, GROUPS, LEAVES), {}, [["I alt"], ["A", "B"], ["a", "b"]]),
        ((TOP + GROUPS, LEAVES), {}, [["I alt", "A", "B"], ["I alt", "a", "b"]]),
        ((GROUPS, LEAVES), {"_h": "I alt"}, [["I alt", "A", "B"], ["I alt", "a", "b"]]),
        ((GROUPS, LEAVES), {}, [["A", "B"], ["a", "b"]]),
    ],
)
@pytest.mark.parametrize("levels", WORLDS)
def test_a_table_of_ones_own_says_by_its_metadata_what_level_brings(
    levels: Levels, listed: Any, totals: dict[str, str], brought: list[list[str]]
) -> None:
    rows = [["2026M01", name, number] for number, name in enumerate(["I alt", "A", "B", "a", "b"])]
    table = FixedTable(small(*listed), rows=rows, totals=totals)
    with sandbox.serve(levels=levels, tables={"x01": table}) as api:
        path = "data/x01?mgroup.*=*&period.M=*&hierarchy._h={}&format=json"
        assert ask(api, "table/x01?format=json").json == small(*listed)
        for number, expected in enumerate(brought):
            reply = ask(api, path.format(f"level:l{number}")).json
            assert [row[1] for row in reply["rows"]] == expected
        has_total = bool(totals) or TOP[0] in [member for level in listed for member in level]
        assert ask(api, path.format("/")).status == (200 if has_total else 422)
        assert len(ask(api, path.format("*")).json["rows"]) == 4 + has_total
