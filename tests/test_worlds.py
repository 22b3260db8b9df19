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
import world_tables
import worlds
from frames import same_frames
from world_tables import FUND_NAMES, FUNDS, NAMES, OCCUPATIONS, TITLES, Table

import jobindsats_pandas as ji
from jobindsats_pandas.errors import PayloadError, QueryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

#: Each world, and what ``level:`` brings there besides the level.
WORLDS = [("inside", "total"), ("apart", "total"), ("apart", "nothing"), ("unlisted", "total")]
NAMES_OF_WORLDS = ["inside", "apart", "strict", "unlisted"]
world_of_each = pytest.mark.parametrize(("world", "brings"), WORLDS, ids=NAMES_OF_WORLDS)
temper_of_each = pytest.mark.parametrize("temper", worlds.TEMPERS)


def paths_of(table: Table, hierarchy: str) -> list[str]:
    return [path for path in table.hierarchies[hierarchy][1].names if path != "/"]


def names_of(table: Table, hierarchy: str, paths: Sequence[str]) -> list[str]:
    return [table.hierarchies[hierarchy][1].names[path] for path in paths]


EVERY_FUND = paths_of(FUNDS, "_akassedp")
MUNICIPALITIES = paths_of(FUNDS, "_nykom")
NEWEST = FUNDS.periods[-3:]
SCATTERED = [FUNDS.periods[place] for place in (1, 6, 7, 15, 20)]


def truth(
    table: Table, named: Mapping[str, Sequence[str]], periods: Any, measures: Any = None
) -> dict[Any, int]:
    return counted(table.rows(periods, named, measures or list(table.measures)))


def counted(rows: Iterable[Any]) -> dict[Any, int]:
    """How often each row is there, as a plain dict: Python compares counters one by one."""
    return dict(Counter(rows))


def period_text(period: pd.Period) -> str:
    quarter = period.freqstr.startswith("Q")
    return f"{period.year}Q{period.quarter:02d}" if quarter else f"{period.year}M{period.month:02d}"


def cells(frame: pd.DataFrame, dimensions: int) -> dict[Any, int]:
    """Every row as the API would write it: labels without what tells equal names apart, None where nothing is shown."""
    columns = []
    for n in range(1 + dimensions):
        codes, labels = pd.factorize(frame.iloc[:, n])
        assert (codes >= 0).all()
        texts = [label.partition(" [")[0] if n else period_text(label) for label in labels]
        columns.append([texts[code] for code in codes.tolist()])
    plain = frame.jobindsats.plain()
    for name in frame.columns[1 + dimensions :]:
        numbers, shown = plain[name].tolist(), frame[name].notna().tolist()
        columns.append([number if visible else None for number, visible in zip(numbers, shown, strict=True)])
    return counted(zip(*columns, strict=True))


def connect(server: worlds.Server, directory: Path) -> ji.Client:
    return ji.Client(token=server.token, base_url=server.url, cache_dir=directory)


def read_twice(server: worlds.Server, directory: Path, table: Table, **question: Any) -> pd.DataFrame:
    """Answer a question; again offline, by a new client and without a request, it is the same frame."""
    frame = ji.read_jobindsats(table.id, client=connect(server, directory), **question)
    sent = len(server.requests)
    again = ji.read_jobindsats(table.id, client=connect(server, directory), offline=True, **question)
    assert len(server.requests) == sent
    same_frames(again, frame)
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
            assert answer["columns"][2:5] == ["A-kasse", "Antal sanktioner", "Ledige: Antal personer"]
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
        query = "mgroup.*=*&format=json&hierarchy._{}&hierarchy._{}&period.M={}"
        _, answer = ask(server, "data/b02?" + query.format("region=/", "ygrpi09=level:ygrpi09", "latest:1"))
        assert [row[2] for row in answer["rows"]] == sorted(NAMES.hierarchies["_ygrpi09"][1].names.values())
        _, answer = ask(server, "data/a01?" + query.format("nykom=*", "akassedp=*", "2024M02"))
        shown = {row[1:3]: row[3:] for row in map(tuple, answer["rows"])}
        municipalities = enumerate(names_of(FUNDS, "_nykom", MUNICIPALITIES))
        for (i, municipality), (j, fund) in product(municipalities, enumerate(FUND_NAMES)):
            cases = FUNDS.units[1, i, j]
            assert ((municipality, fund) in shown) == bool(cases)
            if cases:
                assert shown[municipality, fund][0] == (None if cases < 3 else cases)
                assert shown[municipality, fund][3] is not None


#: Forms of a question, and the tempers that refuse them.
FORMS: list[tuple[dict[str, str], str]] = [
    ({"hierarchy._nykom": "*", "period.M": "*"}, ""),
    ({"hierarchy._nykom": "/101/", "period.M": "2024M01"}, ""),
    ({"hierarchy._nykom": "level:nykom"}, "no level"),
    ({"hierarchy._nykom": "/101/,/102/"}, "no lists"),
    ({"hierarchy._nykom": ",".join(MUNICIPALITIES[:21])}, "no lists, long"),
    ({"hierarchy._akassedp": "/1/", "period.M": "2024M01,2024M05"}, "no lists"),
    ({"hierarchy._akassedp": "/1/", "period.M": ",".join(FUNDS.periods[:21])}, "no lists, long"),
    ({"hierarchy._nykom": f"/101/{',/101/' * 19}", "mgroup.mgrp_1": "meas_1" + ",meas_1" * 80}, "no lists, long, no subsets"),
    ({"mgroup.mgrp_1": "meas_1"}, "no subsets"),
    ({"mgroup.mgrp_1": "*", "mgroup.mgrp_2": "meas_3"}, "no subsets"),
]  # fmt: skip


@temper_of_each
@pytest.mark.parametrize("refusal", [404, 413, 414, 422])
def test_server_refuses_what_its_temper_refuses(temper: str, refusal: int) -> None:
    with worlds.serve("inside", temper, refusal=refusal) as server:
        for form, refused in FORMS:
            asked = {"hierarchy._nykom": "/", "period.M": "latest:1", **form, "format": "json"}
            asked |= {} if any(name.startswith("mgroup") for name in form) else {"mgroup.*": "*"}
            status, answer = ask(server, "data/a01?" + "&".join(f"{name}={asked[name]}" for name in asked))
            if temper in refused:
                assert (status, answer) == (refusal, "Invalid value" if refusal == 422 else worlds.PAGE)
            else:
                assert status == 200, form
                assert answer["rows"]


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

NINE, FORTY = MUNICIPALITIES[2:96:11], MUNICIPALITIES[:80:2]
#: What to break down by, the hierarchy and the members that means, and what else is asked.
QUESTIONS: dict[str, tuple[Any, str, list[str], dict[str, Any]]] = {
    "parts": ("A-kasse", "_akassedp", EVERY_FUND, {}),
    "star": ({"A-kasse": "*"}, "_akassedp", ["/", *EVERY_FUND], {}),
    "level": ({"A-kasse": "level:akassedp"}, "_akassedp", EVERY_FUND, {}),
    "total": ({"A-kasse": "total"}, "_akassedp", ["/"], {}),
    "nine": ({"_nykom": names_of(FUNDS, "_nykom", NINE)}, "_nykom", NINE, {}),
    "forty": ({"_nykom": FORTY}, "_nykom", FORTY, {}),
    "all but the total": ({"A-kasse": FUND_NAMES}, "_akassedp", EVERY_FUND, {}),
    "scattered periods": ("A-kasse", "_akassedp", EVERY_FUND, {"periods": SCATTERED}),
    "one measure": ("A-kasse", "_akassedp", EVERY_FUND, {"measures": ["meas_1"]}),
    "one of two": ("A-kasse", "_akassedp", EVERY_FUND, {"measures": ["meas_3"]}),
    "several": ({"_nykom": NINE}, "_nykom", NINE, {"periods": SCATTERED, "measures": ["meas_1", "meas_4"]}),
}


def is_answered(server: worlds.Server, directory: Path, asked: str, requests: int) -> None:
    by, hierarchy, paths, more = QUESTIONS[asked]
    frame = read_twice(server, directory, FUNDS, by=by, **{"periods": "latest:3", **more})
    assert cells(frame, 1) == truth(
        FUNDS, {hierarchy: paths}, more.get("periods", NEWEST), more.get("measures")
    )
    assert frame.columns[1] == ("Område" if hierarchy == "_nykom" else "A-kasse")
    # The metadata and one request for data are the fewest; an unlisted total's name is one more.
    assert len(server.requests) <= 2 + (server.world == "unlisted") + requests


@world_of_each
@temper_of_each
@pytest.mark.parametrize("asked", QUESTIONS)
def test_every_cell_is_right_in_every_world_and_temper(
    asked: str, temper: str, world: str, brings: str, tmp_path: Path
) -> None:
    refusal = (404, 413, 414, 422)[(len(asked) + len(temper)) % 4]
    with worlds.serve(world, temper, level_brings=brings, refusal=refusal) as server:
        is_answered(server, tmp_path, asked, requests=2)


@pytest.mark.parametrize("asked", QUESTIONS)
@pytest.mark.parametrize("world", worlds.WORLDS)
def test_where_only_the_proven_forms_are_taken_every_question_has_an_answer(
    asked: str, world: str, tmp_path: Path
) -> None:
    with worlds.serve(world, " ".join(worlds.TEMPERS[1:]), refusal=422) as server:
        is_answered(server, tmp_path, asked, requests=3)


@world_of_each
@temper_of_each
def test_parts_of_what_adds_are_the_total(world: str, brings: str, temper: str, tmp_path: Path) -> None:
    with worlds.serve(world, temper, level_brings=brings) as server:
        client = connect(server, tmp_path)
        everything = client.read("a01", by={"A-kasse": "*"}, periods="latest:1")
        parts = client.read("a01", by="A-kasse", periods="latest:1")
        published = ji.read_official_total(parts, over="A-kasse", client=client)
        cases = FUNDS.units[-1].sum()
        assert parts["Antal sanktioner"].sum() == cases
        assert published["Antal sanktioner"].to_list() == [cases]
        assert everything.jobindsats.official_total(over="A-kasse")["Antal sanktioner"].to_list() == [cases]
        by_level = everything.jobindsats
        for frame in (by_level.parts("A-kasse"), by_level.level("A-kasse", "akassedp")):
            assert frame["A-kasse"].to_list() == FUND_NAMES
            assert frame["Antal sanktioner"].sum() == cases
        assert by_level.level("A-kasse", "total")["A-kasse"].to_list() == ["A-kasse i alt"]
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
        frame = read_twice(server, tmp_path, FUNDS, by=by, periods="latest:1")
        assert cells(frame, 2) == truth(FUNDS, named, FUNDS.periods[-1:])
        status = frame.jobindsats.status["Antal sanktioner"]
        assert set(status[frame["Antal sanktioner"].isna()]) == {"discretionised"}
        assert set(status[frame["Antal sanktioner"].notna()]) == {"observed"}


@temper_of_each
@pytest.mark.parametrize("world", worlds.WORLDS)
def test_a_refused_form_is_not_sent_again(world: str, temper: str, tmp_path: Path) -> None:
    with worlds.serve(world, temper) as server:
        refused = []
        for periods in (3, 5):
            for by, _, _, more in (QUESTIONS["parts"], QUESTIONS["forty"], QUESTIONS["several"]):
                how = {"by": by, "periods": periods, **more}
                ji.read_jobindsats("a01", client=connect(server, tmp_path), refresh=True, **how)
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
    (hierarchy, level)
    for hierarchy in ("_reko", "_tilb_2ptv", "_ygrpi09", "_arsag", "_var13uger")
    for level in (*(one[0] for one in NAMES.hierarchies[hierarchy][1].levels), "*")
]
#: Ancestors may come along too; where one has the name of a member asked for, nothing tells the rows apart.
WITH_ANCESTORS = product(LEVELS[7:10], [(world, "ancestors") for world in worlds.WORLDS])
LEVELS_IN_WORLDS = [*product(LEVELS, WORLDS), *WITH_ANCESTORS]


@pytest.mark.parametrize(("asked", "world_and_brings"), LEVELS_IN_WORLDS)
@pytest.mark.parametrize("temper", worlds.TEMPERS[:-1])
def test_equal_names_and_subtotals_stay_apart(
    asked: tuple[str, str], world_and_brings: tuple[str, str], temper: str, tmp_path: Path
) -> None:
    (hierarchy, level), (world, brings) = asked, world_and_brings
    known = NAMES.hierarchies[hierarchy][1]
    members = {one[0]: [path for path, _ in one[2]] for one in known.levels} | {"*": list(known.names)}
    by = {hierarchy: "*" if level == "*" else f"level:{level}"}
    with worlds.serve(world, temper, level_brings=brings) as server:
        frame = read_twice(server, tmp_path, NAMES, by=by, periods="latest:1")
        assert cells(frame, 1) == truth(NAMES, {hierarchy: members[level]}, NAMES.periods[-1:])
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


#: Names of later metadata, and what is asked by path.
MOVES = {
    "new": ({"/5/": "Ny a-kasse", "/6/": "A-kasse 5"}, ["/5/", "/11/"]),
    "moved": ({"/5/": "Ny a-kasse", "/6/": "A-kasse 5"}, ["/6/", "/11/"]),
    "many": ({"/5/": "Ny a-kasse", "/6/": "A-kasse 5"}, EVERY_FUND[:21]),
    "changed places": ({"/5/": "A-kasse 6", "/6/": "A-kasse 5"}, ["/5/", "/11/"]),
}
# A whole level with the same names gives nothing away.
MOVES_IN_TEMPERS = [one for one in product(MOVES, worlds.TEMPERS) if one != ("changed places", "no lists")]


@pytest.mark.parametrize("world", worlds.WORLDS)
@pytest.mark.parametrize(("move", "temper"), MOVES_IN_TEMPERS)
def test_names_that_moved_between_members_are_looked_up_anew(
    move: str, temper: str, world: str, tmp_path: Path
) -> None:
    names, paths = MOVES[move]
    with worlds.serve(world, temper) as server:
        client = connect(server, tmp_path)
        client.table("a01")
        server.tables["a01"] = moved = renamed(FUNDS, names)
        frame = client.read("a01", by={"A-kasse": paths}, periods=1)
        assert cells(frame, 1) == truth(moved, {"_akassedp": paths}, NEWEST[-1:])


@pytest.mark.parametrize("world", worlds.WORLDS)
@pytest.mark.parametrize("asked", ["parts", "star", "list"])
@pytest.mark.parametrize("name", ["Ukendte i alt", "Hele landet", "I alt"])
def test_a_row_that_looks_like_a_total_and_is_not_listed_is_no_total(
    name: str, asked: str, world: str, tmp_path: Path
) -> None:
    by, _, paths, _ = QUESTIONS.get(asked, ({"A-kasse": ["/1/", "/23/"]}, "", ["/1/"], {}))
    paths = [*paths, "/23/"]
    with worlds.serve(world) as server:
        server.tables["a01"] = more = renamed(FUNDS, {"/23/": name})
        # In a list the member is known by another name, else not at all.
        server.listed["a01"] = renamed(FUNDS, {"/23/": "Øvrige"}) if asked == "list" else FUNDS
        client = connect(server, tmp_path)
        with pytest.raises(PayloadError, match=name):
            client.read("a01", by=by, periods=1)
        del server.listed["a01"]
        frame = client.read("a01", by=by, periods=1)
        assert cells(frame, 1) == truth(more, {"_akassedp": paths}, NEWEST[-1:])


# --- many members ----------------------------------------------------------------------------------------------------

EVERY_OCCUPATION = paths_of(OCCUPATIONS, "_escostar_rs")
EVERY_TITLE = paths_of(TITLES, "_esco_uri")
REGIONS = paths_of(OCCUPATIONS, "_region")
#: The table, what is asked, how many periods, which members that names, and the fewest requests at 150,000 cells each.
MANY: dict[str, tuple[Table, Any, int, dict[str, list[str]], int]] = {
    "occupations": (OCCUPATIONS, "Stilling", 12, {"_escostar_rs": EVERY_OCCUPATION}, 1),
    "all there is": (OCCUPATIONS, "Stilling", 30, {"_escostar_rs": EVERY_OCCUPATION}, 1),
    "every second": (OCCUPATIONS, {"Stilling": EVERY_OCCUPATION[::2]}, 12, {"_escostar_rs": EVERY_OCCUPATION[::2]}, 1),
    "with regions": (OCCUPATIONS, ["_region", "Stilling"], 3, {"_region": REGIONS, "_escostar_rs": EVERY_OCCUPATION}, 1),
    "with municipalities": (OCCUPATIONS, ["_nykom", "Stilling"], 1, {"_nykom": MUNICIPALITIES, "_escostar_rs": EVERY_OCCUPATION}, 1),
    "titles": (TITLES, "Titel", 12, {"_esco_uri": EVERY_TITLE}, 1),
    "all titles but one": (TITLES, {"Titel": EVERY_TITLE[1:]}, 3, {"_esco_uri": EVERY_TITLE[1:]}, 1),
    "every second title": (TITLES, {"Titel": EVERY_TITLE[::2]}, 3, {"_esco_uri": EVERY_TITLE[::2]}, 1),
    "titles with municipalities": (TITLES, ["_nykom", "Titel"], 1, {"_nykom": MUNICIPALITIES, "_esco_uri": EVERY_TITLE}, 2),
}  # fmt: skip
FEW_AND_MANY = [
    (asked, world, temper)
    for asked, (world, temper) in product(MANY, [*product(worlds.WORLDS, ["all"]), ("unlisted", "long")])
    # Numbers by the hundred thousand are read in two worlds alone.
    if "municipalities" not in asked or (world, temper) in {("inside", "all"), ("unlisted", "long")}
]


@pytest.mark.parametrize(("asked", "world", "temper"), FEW_AND_MANY)
def test_many_members_take_few_requests(asked: str, world: str, temper: str, tmp_path: Path) -> None:
    table, by, periods, named, fewest = MANY[asked]
    if temper == "long" and asked == "titles with municipalities":
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


def as_table(recording: recordings.Recording) -> Table:
    """A recording as a table of the server's, its metadata without a style of their own."""

    def pairs(listed: Any, what: str) -> tuple[tuple[str, str], ...]:
        return tuple((one[f"{what}_id"], one[f"{what}_name"]) for one in listed)

    dimensions = []
    for one in recording.metadata["dimensions"]:
        (listed,) = one["hierarchies"]
        total, *levels = [(*pairs([x], "level")[0], pairs(x["values"], "value")) for x in listed["levels"]]
        levels = levels or [(*total[:2], ())]
        hierarchy = world_tables.Hierarchy(*pairs([listed], "hierarchy")[0], total[2][0][1], tuple(levels))
        dimensions.append(world_tables.Dimension(*pairs([one], "dimension")[0], (hierarchy,)))
    groups = tuple(
        (*pairs([one], "mgroup")[0], tuple((*measure, "") for measure in pairs(one["measures"], "measure")))
        for one in recording.metadata["mgroups"]
    )
    held = {tuple(row[: 1 + len(dimensions)]): row[1 + len(dimensions) :] for row in recording.rows}
    periods = tuple(sorted({row[0] for row in recording.rows}))
    what = (recording.table, periods, tuple(dimensions), groups, recording.period_type)
    return world_tables.RecordedTable(*what, cells=held)


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
        assert cells(frame, len(recording.by)) == counted(map(tuple, recording.rows))
