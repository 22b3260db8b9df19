"""Questions to a server written apart from the sandbox: wherever the total is listed, whatever form is refused."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import recordings
import worlds
from world_tables import (
    FUND_NAMES,
    FUNDS,
    NAMES,
    OCCUPATIONS,
    TITLES,
    Dimension,
    Hierarchy,
    RecordedTable,
    Table,
)

import jobindsats_pandas as ji
from jobindsats_pandas.errors import NotCachedError, PayloadError, QueryError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

#: Each world, and what ``level:`` brings there besides the level.
WORLDS = [("inside", "total"), ("apart", "total"), ("apart", "nothing"), ("unlisted", "total")]
world_of_each = pytest.mark.parametrize(
    ("world", "brings"), WORLDS, ids=["inside", "apart", "strict", "unlisted"]
)
temper_of_each = pytest.mark.parametrize("temper", worlds.TEMPERS)


def paths_of(table: Table, hierarchy: str) -> list[str]:
    return [path for path in table.hierarchies[hierarchy][1].names if path != "/"]


def names_of(table: Table, hierarchy: str, paths: Sequence[str]) -> list[str]:
    return [table.hierarchies[hierarchy][1].names[path] for path in paths]


EVERY_FUND = paths_of(FUNDS, "_akassedp")
MUNICIPALITIES = paths_of(FUNDS, "_nykom")
NEWEST = FUNDS.periods[-3:]
SCATTERED = [FUNDS.periods[place] for place in (1, 6, 7, 15, 20)]
ALL_MEASURES = list(FUNDS.measures)


def truth(
    table: Table,
    named: Mapping[str, Sequence[str]],
    periods: Sequence[str],
    measures: Sequence[str] | None = None,
) -> Counter[tuple[Any, ...]]:
    return Counter(table.rows(periods, named, list(table.measures) if measures is None else measures))


def period_text(period: pd.Period) -> str:
    quarter = period.freqstr.startswith("Q")
    return f"{period.year}Q{period.quarter:02d}" if quarter else f"{period.year}M{period.month:02d}"


def cells(frame: pd.DataFrame, dimensions: int) -> Counter[tuple[Any, ...]]:
    """Every row as the API would write it: labels without what tells equal names apart, None where nothing is shown."""
    columns = [frame.iloc[:, 0].map(period_text).to_list()]
    columns += [[str(label).partition(" [")[0] for label in frame.iloc[:, 1 + n]] for n in range(dimensions)]
    columns += [
        [
            None if missing else cell
            for cell, missing in zip(frame[name].array, frame[name].isna(), strict=True)
        ]
        for name in frame.columns[1 + dimensions :]
    ]
    return Counter(zip(*columns, strict=True))


def connect(server: worlds.Server, directory: Path) -> ji.Client:
    return ji.Client(token=server.token, base_url=server.url, cache_dir=directory)


def read_twice(server: worlds.Server, directory: Path, table: Table, **question: Any) -> pd.DataFrame:
    """Answer a question; again offline, by a new client and without a request, it is the same frame."""
    frame = ji.read_jobindsats(table.id, client=connect(server, directory), **question)
    sent = len(server.requests)
    again = ji.read_jobindsats(table.id, client=connect(server, directory), offline=True, **question)
    assert len(server.requests) == sent
    pd.testing.assert_frame_equal(again, frame)
    return frame


# --- the server itself -----------------------------------------------------------------------------------------------


def ask(server: worlds.Server, path: str, token: str = worlds.TOKEN) -> tuple[int, Any]:
    request = urllib.request.Request(f"{server.url}/{path}", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            body = error.read()
            return error.code, json.loads(body)["cause"] if body.startswith(b"{") else body


EVERYTHING = "mgroup.*=*&period.M=latest:1&hierarchy._nykom=/&format=json"


@world_of_each
def test_server_lists_the_total_as_its_world_does_and_answers_alike(world: str, brings: str) -> None:
    with worlds.serve(world, level_brings=brings) as server:
        _, listed = ask(server, "table/a01?format=json")
        levels = listed["dimensions"][1]["hierarchies"][0]["levels"]
        holding = [one["level_id"] for one in levels if any(v["value_id"] == "/" for v in one["values"])]
        assert holding == {"inside": ["akassedp"], "apart": ["i_alt"], "unlisted": []}[world]
        rows = {}
        for form in ("*", "level:akassedp", "/", "/1/,/22/"):
            status, answer = ask(server, f"data/a01?{EVERYTHING}&hierarchy._akassedp={form}")
            assert status == 200
            assert answer["columns"][:4] == ["Periode", "Område", "A-kasse", "Antal sanktioner"]
            assert answer["columns"][4] == "Ledige: Antal personer"
            rows[form] = {row[2]: row[3:] for row in answer["rows"]}
        total = {"A-kasse i alt"}
        assert rows["/"].keys() == total
        assert rows["/1/,/22/"].keys() == {"A-kasse 1", "Ingen a-kasse"}
        assert len(rows["*"]) == 23
        assert rows["*"].keys() - rows["level:akassedp"].keys() == (total if brings == "nothing" else set())
        parts = [cells for name, cells in rows["*"].items() if name not in total]
        cases, persons, full_time, _ = map(sum, zip(*parts, strict=True))
        published = rows["*"]["A-kasse i alt"]
        # The units of the newest month themselves, without anything that the server adds up by.
        assert published[0] == cases == FUNDS.units[-1].sum()
        assert published[1] < persons
        assert abs(published[2] - full_time) <= 11


def test_server_brings_ancestors_and_hides_and_leaves_out_small_cells() -> None:
    with worlds.serve("inside", level_brings="ancestors") as server:
        query = (
            "mgroup.*=*&period.M=latest:1&hierarchy._region=/&hierarchy._ygrpi09=level:ygrpi09&format=json"
        )
        _, answer = ask(server, f"data/b02?{query}")
        assert [row[2] for row in answer["rows"]] == sorted(NAMES.hierarchies["_ygrpi09"][1].names.values())
        query = "mgroup.*=*&period.M=2024M02&hierarchy._nykom=*&hierarchy._akassedp=*&format=json"
        _, answer = ask(server, f"data/a01?{query}")
        units = FUNDS.units[1]
        municipalities, funds = (
            names_of(FUNDS, "_nykom", MUNICIPALITIES),
            names_of(FUNDS, "_akassedp", EVERY_FUND),
        )
        shown = {row[1:3]: row[3:] for row in map(tuple, answer["rows"])}
        for (i, municipality), (j, fund) in product(enumerate(municipalities), enumerate(FUND_NAMES)):
            cases = units[i, j]
            assert ((municipality, fund) in shown) == bool(cases)
            if cases:
                assert shown[municipality, fund][0] == (None if cases < 3 else cases)
                assert shown[municipality, fund][3] is not None


@pytest.mark.parametrize(
    ("temper", "refused"),
    [
        ("all", {}),
        (
            "long",
            {
                "hierarchy._nykom": ",".join(MUNICIPALITIES[:21]),
                "period.M": ",".join(FUNDS.periods[:21]),
            },
        ),
        ("no level", {"hierarchy._nykom": "level:nykom"}),
        ("no lists", {"hierarchy._nykom": "/101/,/102/", "period.M": "2024M01,2024M05"}),
        ("no subsets", {"mgroup.*": "", "mgroup.mgrp_1": "meas_1", "mgroup.mgrp_2": "*"}),
    ],
)
@pytest.mark.parametrize("refusal", [404, 413, 414, 422])
def test_server_refuses_what_its_temper_refuses(temper: str, refused: dict[str, str], refusal: int) -> None:
    with worlds.serve("inside", temper, refusal=refusal) as server:
        plain = {"mgroup.*": "*", "period.M": "latest:1", "hierarchy._nykom": "/", "format": "json"}
        every = {
            "hierarchy._nykom": ["*", "level:nykom", "/101/", "/101/,/102/", ",".join(MUNICIPALITIES[:21])],
            "period.M": ["*", "2024M01", "2024M01,2024M05", ",".join(FUNDS.periods[:21])],
            "mgroup.mgrp_1": ["meas_1", "*"],
        }
        for name, values in every.items():
            for value in values:
                asked = plain | {name: value}
                if name.startswith("mgroup"):
                    del asked["mgroup.*"]
                status, answer = ask(server, "data/a01?" + "&".join(f"{k}={v}" for k, v in asked.items()))
                no_list = temper == "no lists" and "," in value
                no_subset = temper == "no subsets" and name.startswith("mgroup")
                if refused.get(name) == value or no_list or no_subset:
                    assert status == refusal
                    assert answer == ("Invalid value" if refusal == 422 else worlds.PAGE)
                else:
                    assert status == 200, (name, value)


def test_server_answers_other_mistakes_in_the_words_of_the_api() -> None:
    with worlds.serve("inside") as server:
        for query, cause in {
            "period.M=latest:1&hierarchy._omrade=/": "Unknown hierarchies: ['_omrade']",
            "period.X=latest:1&hierarchy._nykom=/": "Unknown period type: X",
            "period.M=latest:60&hierarchy._nykom=/": "Requested latest:60 for type M, but only 24 periods are available.",
        }.items():
            assert ask(server, f"data/a01?mgroup.*=*&{query}&format=json") == (422, cause)
        assert ask(server, "table/a01", token="another-key")[0] == 401
        assert ask(server, "table/zz9")[0] == 404


# --- three worlds, five tempers --------------------------------------------------------------------------------------

#: What is asked, which members that names, which periods, which measures, and whether a total's row comes along.
QUESTIONS: dict[str, tuple[dict[str, Any], dict[str, Sequence[str]], Sequence[str], list[str]]] = {
    "parts": ({"by": "A-kasse"}, {"_akassedp": EVERY_FUND}, NEWEST, ALL_MEASURES),
    "star": ({"by": {"A-kasse": "*"}}, {"_akassedp": ["/", *EVERY_FUND]}, NEWEST, ALL_MEASURES),
    "level": ({"by": {"A-kasse": "level:akassedp"}}, {"_akassedp": EVERY_FUND}, NEWEST, ALL_MEASURES),
    "total": ({"by": {"A-kasse": "total"}}, {"_akassedp": ["/"]}, NEWEST, ALL_MEASURES),
    "nine": (
        {"by": {"_nykom": names_of(FUNDS, "_nykom", MUNICIPALITIES[2:96:11])}},
        {"_nykom": MUNICIPALITIES[2:96:11]},
        NEWEST,
        ALL_MEASURES,
    ),
    "forty": (
        {"by": {"_nykom": MUNICIPALITIES[:80:2]}},
        {"_nykom": MUNICIPALITIES[:80:2]},
        NEWEST,
        ALL_MEASURES,
    ),
    "all but the total": ({"by": {"A-kasse": FUND_NAMES}}, {"_akassedp": EVERY_FUND}, NEWEST, ALL_MEASURES),
    "scattered periods": (
        {"by": "A-kasse", "periods": SCATTERED},
        {"_akassedp": EVERY_FUND},
        SCATTERED,
        ALL_MEASURES,
    ),
    "one measure": (
        {"by": "A-kasse", "measures": "Antal sanktioner"},
        {"_akassedp": EVERY_FUND},
        NEWEST,
        ["meas_1"],
    ),
    "one of two": ({"by": "A-kasse", "measures": "meas_3"}, {"_akassedp": EVERY_FUND}, NEWEST, ["meas_3"]),
    "two at once": (
        {"by": {"_nykom": MUNICIPALITIES[:5]}, "periods": SCATTERED, "measures": ["meas_1", "meas_4"]},
        {"_nykom": MUNICIPALITIES[:5]},
        SCATTERED,
        ["meas_1", "meas_4"],
    ),
}


@world_of_each
@temper_of_each
@pytest.mark.parametrize("asked", QUESTIONS)
def test_every_cell_is_right_in_every_world_and_temper(
    asked: str, temper: str, world: str, brings: str, tmp_path: Path
) -> None:
    question, named, periods, measures = QUESTIONS[asked]
    refusal = (404, 413, 414, 422)[(len(asked) + len(temper)) % 4]
    with worlds.serve(world, temper, level_brings=brings, refusal=refusal) as server:
        frame = read_twice(server, tmp_path, FUNDS, **{"periods": "latest:3"} | question)
        assert cells(frame, 1) == truth(FUNDS, named, periods, measures)
        assert frame.columns[1] == ("Område" if "_nykom" in named else "A-kasse")
        # The metadata and one request for data are the fewest; an unlisted total's name is one more.
        assert len(server.requests) <= 2 + (world == "unlisted") + 2
        assert sum("/table/" in request for request in server.requests) == 1


@world_of_each
@temper_of_each
def test_parts_of_what_adds_are_the_total(world: str, brings: str, temper: str, tmp_path: Path) -> None:
    with worlds.serve(world, temper, level_brings=brings) as server:
        client = connect(server, tmp_path)
        everything = ji.read_jobindsats("a01", by={"A-kasse": "*"}, periods="latest:1", client=client)
        parts = ji.read_jobindsats("a01", by="A-kasse", periods="latest:1", client=client)
        published = ji.read_official_total(parts, over="A-kasse", client=client)
        (cases,) = FUNDS.units[-1:].sum(axis=(1, 2))
        assert parts["Antal sanktioner"].sum() == cases
        assert published["Antal sanktioner"].to_list() == [cases]
        assert everything.jobindsats.official_total(over="A-kasse")["Antal sanktioner"].to_list() == [cases]
        for frame in (
            everything.jobindsats.parts("A-kasse"),
            everything.jobindsats.level("A-kasse", "akassedp"),
        ):
            assert frame["A-kasse"].to_list() == FUND_NAMES
            assert frame["Antal sanktioner"].sum() == cases
        assert everything.jobindsats.level("A-kasse", "total")["A-kasse"].to_list() == ["A-kasse i alt"]
        with pytest.raises(ji.InvalidSumError) as caught:
            everything["Antal sanktioner"].sum()
        assert caught.value.reason == "levels"
        with pytest.raises(ji.InvalidSumError):
            parts["Ledige: Antal personer"].sum()


@world_of_each
def test_municipalities_with_the_unknown_one_are_the_country(world: str, brings: str, tmp_path: Path) -> None:
    with worlds.serve(world, level_brings=brings) as server:
        client = connect(server, tmp_path)
        frame = ji.read_jobindsats("a01", by="_nykom", periods="latest:1", client=client)
        assert len(frame) == 99
        assert "Uoplyst område" in set(frame["Område"])
        assert frame["Antal sanktioner"].sum() == FUNDS.units[-1].sum()
        country = ji.read_jobindsats("a01", by={"_hele_landet": "total"}, periods="latest:1", client=client)
        assert cells(country, 1) == truth(FUNDS, {"_hele_landet": ["/"]}, FUNDS.periods[-1:])


@world_of_each
@temper_of_each
def test_hidden_cells_are_hidden_and_left_out_ones_are_no_rows(
    world: str, brings: str, temper: str, tmp_path: Path
) -> None:
    by = {"_nykom": "level:nykom", "_akassedp": "*"}
    named = {"_nykom": MUNICIPALITIES, "_akassedp": ["/", *EVERY_FUND]}
    with worlds.serve(world, temper, level_brings=brings) as server:
        frame = read_twice(server, tmp_path, FUNDS, by=by, periods="latest:2")
        assert cells(frame, 2) == truth(FUNDS, named, FUNDS.periods[-2:])
        status = frame.jobindsats.status["Antal sanktioner"]
        assert set(status[frame["Antal sanktioner"].isna()]) == {"discretionised"}
        assert set(status[frame["Antal sanktioner"].notna()]) == {"observed"}


@pytest.mark.parametrize("asked", QUESTIONS)
@pytest.mark.parametrize("world", worlds.WORLDS)
def test_where_only_the_proven_forms_are_taken_every_question_has_an_answer(
    asked: str, world: str, tmp_path: Path
) -> None:
    question, named, periods, measures = QUESTIONS[asked]
    with worlds.serve(world, " ".join(worlds.TEMPERS[1:]), refusal=422) as server:
        frame = read_twice(server, tmp_path, FUNDS, **{"periods": "latest:3"} | question)
        assert cells(frame, 1) == truth(FUNDS, named, periods, measures)
        # At most three further tries, and what the fewest would have been.
        assert len(server.requests) <= 2 + (world == "unlisted") + 3


@temper_of_each
@pytest.mark.parametrize("world", worlds.WORLDS)
def test_a_refused_form_is_not_sent_again(world: str, temper: str, tmp_path: Path) -> None:
    with worlds.serve(world, temper) as server:
        refused = []
        for periods in (3, 5):
            for asked in ("parts", "forty", "scattered periods", "one measure"):
                question = {"periods": periods} | QUESTIONS[asked][0]
                ji.read_jobindsats("a01", client=connect(server, tmp_path), refresh=True, **question)
            refused.append(len(server.refused))
        assert refused[0] == refused[1]


def test_a_mistake_in_the_question_is_not_asked_in_other_forms(tmp_path: Path) -> None:
    with worlds.serve("inside") as server:
        server.listed["a01"] = FUNDS
        server.tables["a01"] = replace(FUNDS, dimensions=FUNDS.dimensions[:1])
        with pytest.raises(QueryError, match="_akassedp"):
            connect(server, tmp_path).read("a01", by="A-kasse", periods=[*FUNDS.periods[:3], *NEWEST])
        assert len(server.data_requests) == 1


@pytest.mark.parametrize("refused", [True, False])
@pytest.mark.parametrize("temper", ["all", "no level", "no lists"])
@pytest.mark.parametrize("world", worlds.WORLDS)
def test_a_hierarchy_whose_total_is_in_no_answer_has_its_parts(
    world: str, temper: str, refused: bool, tmp_path: Path
) -> None:
    parts = {"_var13uger": paths_of(NAMES, "_var13uger")}
    with worlds.serve(world, temper, refuses_missing_totals=refused) as server:
        for by in ("_var13uger", {"_var13uger": "*"}):
            frame = read_twice(server, tmp_path, NAMES, by=by, periods=2)
            assert cells(frame, 1) == truth(NAMES, parts, NAMES.periods[-2:])
            assert frame["Antal sanktioner"].iloc[::2].sum() == NAMES.units[-2].sum()


# --- names -----------------------------------------------------------------------------------------------------------

LEVELS = [
    (hierarchy.id, level[0])
    for dimension in NAMES.dimensions
    for hierarchy in dimension.hierarchies
    for level in (*hierarchy.levels, "*")
    if hierarchy.id not in {"_hele_landet", "_region"}
]
#: Ancestors may come along too; where one has the name of a member asked for, nothing tells the rows apart.
LEVELS_IN_WORLDS = [
    *product(LEVELS, WORLDS),
    *product(
        [one for one in LEVELS if one[0] == "_ygrpi09"], [(world, "ancestors") for world in worlds.WORLDS]
    ),
]


@pytest.mark.parametrize(("asked", "world_and_brings"), LEVELS_IN_WORLDS)
@temper_of_each
def test_equal_names_and_subtotals_stay_apart(
    asked: tuple[str, str], world_and_brings: tuple[str, str], temper: str, tmp_path: Path
) -> None:
    (hierarchy, level), (world, brings) = asked, world_and_brings
    known = NAMES.hierarchies[hierarchy][1]
    paths = (
        [*known.names] if level == "*" else [p for one in known.levels if one[0] == level for p, _ in one[2]]
    )
    by = {hierarchy: "*" if level == "*" else f"level:{level}"}
    with worlds.serve(world, temper, level_brings=brings) as server:
        frame = read_twice(server, tmp_path, NAMES, by=by, periods="latest:1")
        assert cells(frame, 1) == truth(NAMES, {hierarchy: paths}, NAMES.periods[-1:])
        assert frame.iloc[:, 1].is_unique
        # The row that is the total is known as such; a subtotal never is.
        if level == "*" and hierarchy not in NAMES.without_total:
            assert frame.jobindsats.totals(hierarchy).iloc[:, 1].to_list() == [known.total]


@pytest.mark.parametrize("world", worlds.WORLDS)
@temper_of_each
def test_two_brothers_of_one_name_keep_their_own_numbers(world: str, temper: str, tmp_path: Path) -> None:
    with worlds.serve(world, temper) as server:
        frame = ji.read_jobindsats("b02", by="_arsag", periods="latest:1", client=connect(server, tmp_path))
        found = dict(zip(frame.iloc[:, 1], frame["Antal sanktioner"], strict=True))
        for path in ("/2/", "/4/"):
            ((_, _, cases, *_),) = truth(NAMES, {"_arsag": [path]}, NAMES.periods[-1:])
            assert found.pop(f"Andet [{path}]") == cases
        assert found.keys() == {"Sygdom", "Barsel"}


def renamed(table: Table, names: Mapping[str, str]) -> Table:
    """The table with other names for some funds."""
    area, funds = table.dimensions
    (hierarchy,) = funds.hierarchies
    ((level_id, level_name, members),) = hierarchy.levels
    members = tuple((path, names.get(path, name)) for path, name in members)
    members += tuple((path, name) for path, name in names.items() if path not in hierarchy.names)
    hierarchy = replace(hierarchy, levels=((level_id, level_name, members),))
    return replace(table, dimensions=(area, replace(funds, hierarchies=(hierarchy,))))


@pytest.mark.parametrize("world", worlds.WORLDS)
@temper_of_each
@pytest.mark.parametrize(
    "members", [["/5/", "/11/"], ["/6/", "/11/"], EVERY_FUND[:21]], ids=["new", "moved", "many"]
)
def test_names_that_moved_between_members_are_looked_up_anew(
    members: list[str], world: str, temper: str, tmp_path: Path
) -> None:
    with worlds.serve(world, temper) as server:
        client = connect(server, tmp_path)
        client.table("a01")
        server.tables["a01"] = moved = renamed(FUNDS, {"/5/": "Ny a-kasse", "/6/": "A-kasse 5"})
        frame = client.read("a01", by={"A-kasse": members}, periods=1)
        assert cells(frame, 1) == truth(moved, {"_akassedp": members}, NEWEST[-1:])


@pytest.mark.parametrize("temper", ["all", "no level", "no subsets"])
@pytest.mark.parametrize("world", worlds.WORLDS)
def test_names_that_changed_places_are_looked_up_anew(world: str, temper: str, tmp_path: Path) -> None:
    with worlds.serve(world, temper) as server:
        client = connect(server, tmp_path)
        client.table("a01")
        server.tables["a01"] = moved = renamed(FUNDS, {"/5/": "A-kasse 6", "/6/": "A-kasse 5"})
        frame = client.read("a01", by={"A-kasse": ["/5/", "/11/"]}, periods=1)
        assert cells(frame, 1) == truth(moved, {"_akassedp": ["/5/", "/11/"]}, NEWEST[-1:])


@pytest.mark.parametrize("world", worlds.WORLDS)
@pytest.mark.parametrize(
    ("by", "paths"),
    [
        ("A-kasse", [*EVERY_FUND, "/23/"]),
        ({"A-kasse": "*"}, ["/", *EVERY_FUND, "/23/"]),
        ({"A-kasse": ["/1/", "/23/"]}, ["/1/", "/23/"]),
    ],
    ids=["parts", "star", "list"],
)
@pytest.mark.parametrize("name", ["Ukendte i alt", "Hele landet", "I alt"])
def test_a_row_that_looks_like_a_total_and_is_not_listed_is_no_total(
    name: str, by: Any, paths: list[str], world: str, tmp_path: Path
) -> None:
    with worlds.serve(world) as server:
        server.tables["a01"] = more = renamed(FUNDS, {"/23/": name})
        server.listed["a01"] = (
            renamed(FUNDS, {"/23/": "Øvrige"}) if paths[0] == "/1/" and len(paths) == 2 else FUNDS
        )
        client = connect(server, tmp_path)
        with pytest.raises(PayloadError, match=name):
            client.read("a01", by=by, periods=1)
        del server.listed["a01"]
        assert cells(client.read("a01", by=by, periods=1), 1) == truth(
            more, {"_akassedp": paths}, NEWEST[-1:]
        )


# --- many members ----------------------------------------------------------------------------------------------------

EVERY_OCCUPATION = paths_of(OCCUPATIONS, "_escostar_rs")
EVERY_TITLE = paths_of(TITLES, "_esco_uri")
REGIONS = paths_of(OCCUPATIONS, "_region")
#: The table, what is asked, how many periods, which members that names, and the fewest requests at 150,000 cells each.
MANY: dict[str, tuple[Table, Any, int, dict[str, Sequence[str]], int]] = {
    "occupations": (OCCUPATIONS, "Stilling", 12, {"_escostar_rs": EVERY_OCCUPATION}, 1),
    "occupations, all there is": (OCCUPATIONS, "Stilling", 30, {"_escostar_rs": EVERY_OCCUPATION}, 1),
    "every second occupation": (OCCUPATIONS, {"Stilling": EVERY_OCCUPATION[::2]}, 12, {"_escostar_rs": EVERY_OCCUPATION[::2]}, 1),
    "occupations, regions": (OCCUPATIONS, ["_region", "Stilling"], 12, {"_region": REGIONS, "_escostar_rs": EVERY_OCCUPATION}, 1),
    "occupations, municipalities": (OCCUPATIONS, ["_nykom", "Stilling"], 2, {"_nykom": MUNICIPALITIES, "_escostar_rs": EVERY_OCCUPATION}, 2),
    "titles": (TITLES, "Titel", 12, {"_esco_uri": EVERY_TITLE}, 1),
    "all titles but one": (TITLES, {"Titel": EVERY_TITLE[1:]}, 3, {"_esco_uri": EVERY_TITLE[1:]}, 1),
    "every second title": (TITLES, {"Titel": EVERY_TITLE[::2]}, 3, {"_esco_uri": EVERY_TITLE[::2]}, 1),
    "titles, municipalities": (TITLES, ["_nykom", "Titel"], 1, {"_nykom": MUNICIPALITIES, "_esco_uri": EVERY_TITLE}, 2),
}  # fmt: skip


@pytest.mark.parametrize(
    ("world", "temper"), [*product(worlds.WORLDS, ["all"]), ("inside", "long"), ("unlisted", "long")]
)
@pytest.mark.parametrize("asked", MANY)
def test_many_members_take_few_requests(asked: str, world: str, temper: str, tmp_path: Path) -> None:
    table, by, periods, named, fewest = MANY[asked]
    if temper == "long" and asked == "titles, municipalities":
        # A list of five is the longest that a real client sent: 20 of them for 99 municipalities, once 50 are refused.
        fewest = 20
    with worlds.serve(world, temper) as server:
        client = connect(server, tmp_path)
        assert len(ji.plan(table.id, by, f"latest:{periods}", client=client).requests) <= fewest + 1
        frame = read_twice(server, tmp_path, table, by=by, periods=f"latest:{periods}")
        assert cells(frame, len(named)) == truth(table, named, table.periods[-periods:])
        # The total's name, and the totals that tell whether a hidden cell is only not there yet, are one each.
        assert len(server.data_requests) <= fewest + 2 + (world == "unlisted")
        assert all(len(request) <= 2_100 for request in server.requests)


# --- recorded answers ------------------------------------------------------------------------------------------------


def as_table(recording: recordings.Recording) -> RecordedTable:
    """A recording as a table of the server's, its metadata without a style of their own."""
    dimensions = []
    for one in recording.metadata["dimensions"]:
        (listed,) = one["hierarchies"]
        (total, *levels) = [
            (
                level["level_id"],
                level["level_name"],
                tuple((v["value_id"], v["value_name"]) for v in level["values"]),
            )
            for level in listed["levels"]
        ]
        names = (listed["hierarchy_id"], listed["hierarchy_name"], total[2][0][1])
        hierarchy = Hierarchy(*names, tuple(levels) or ((*total[:2], ()),))
        dimensions.append(Dimension(one["dimension_id"], one["dimension_name"], (hierarchy,)))
    groups = tuple(
        (
            g["mgroup_id"],
            g["mgroup_name"],
            tuple((m["measure_id"], m["measure_name"], "") for m in g["measures"]),
        )
        for g in recording.metadata["mgroups"]
    )
    (periods,) = recording.metadata["periods"]
    ids = tuple(sorted(value["period_id"] for value in periods["values"]))
    width = 1 + len(dimensions)
    held = {tuple(row[:width]): row[width:] for row in recording.rows}
    return RecordedTable(recording.table, ids, tuple(dimensions), groups, recording.period_type, cells=held)


@pytest.mark.parametrize("name", ["y01c01", "y01h01", "y01ud01di", "y25i01", "y25i06b"])
@pytest.mark.parametrize("temper", ["all", "no level", "no lists"])
@world_of_each
def test_recorded_answers_decode_as_before_however_the_total_is_listed(
    name: str, world: str, brings: str, temper: str, recorded: Path, tmp_path: Path
) -> None:
    recording = recordings.load(recorded, name)
    with worlds.serve(world, temper, level_brings=brings, tables=[as_table(recording)]) as server:
        frame = read_twice(server, tmp_path, as_table(recording), by=recording.by, periods="*")
        assert frame.columns.to_list() == recording.columns
        assert cells(frame, len(recording.by)) == Counter(map(tuple, recording.rows))


def test_offline_nothing_is_made_up(tmp_path: Path) -> None:
    with worlds.serve("inside") as server:
        client = connect(server, tmp_path)
        client.read("a01", by="A-kasse", periods=1)
        with pytest.raises(NotCachedError):
            client.read("a01", by="_nykom", periods=2, offline=True)
