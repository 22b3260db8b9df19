"""Releases of the sandbox: what each kind of publication brings, and the list of changes between two of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from asking import ask
from effort import effort
from hypothesis import given, settings
from hypothesis import strategies as st

from jobindsats_pandas import sandbox
from jobindsats_pandas.sandbox import FixedTable, Release, changes
from jobindsats_pandas.sandbox.tables import REACH, draw_register

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobindsats_pandas.sandbox import Sandbox
    from jobindsats_pandas.sandbox.tables import SyntheticTable

POPULATION = sandbox.population(1)
TABLES = sorted(POPULATION)
DAY = "2026-10-08"
PERSONS = "measy25i01_1"

TEN = (
    Release("2026-10-08", "2026-11-05"),
    Release("2026-11-05", "2026-12-03", new_period=True),
    Release("2026-11-05", "2026-12-03"),
    Release("2026-12-03", "2027-01-07", new_period=True, late=True),
    Release("2026-12-05", "2027-01-07", joined={"_nykom": {"/1/": "Amager"}}),
    Release("2027-01-07", new_period=True, renamed={"_nykom": {"/2/": "Frederiksberg C", "/": "Danmark"}}),
    Release("2027-02-04", renamed={"_nykom": {"/3/": "Måløv"}}, late=True),
    Release("2027-03-04", revised=False),
    Release("2027-04-08", new_period=True, joined={"_nykom": {"/100/": "Dragør Havn", "/98/": "Skagen"}}),
    Release("2027-05-06", new_period=True, revised=False),
)
"""A schedule in which everything happens that a table of municipalities can meet."""


@pytest.fixture
def api() -> Iterator[Sandbox]:
    with sandbox.serve() as api:
        yield api


def publish(api: Sandbox, table_id: str, release: Release) -> None:
    api.publish(table_id, release)
    if release.late:
        api.arrive(table_id)


def served(
    api: Sandbox, table_id: str, kind: str, hierarchies: list[str]
) -> dict[tuple[str, ...], list[Any]]:
    """Everything that comes over the wire: (period, path, …) to the measures' cells."""
    path = f"data/{table_id}?mgroup.*=*&period.{kind}=*&" + "".join(f"hierarchy.{h}=*&" for h in hierarchies)
    table: Any = api.tables[table_id]
    known = [table.index.hierarchies[hierarchy] for hierarchy in hierarchies]
    if table.late:
        known = [table.earlier.index.hierarchies[hierarchy] for hierarchy in hierarchies]
    order = np.argsort([hierarchy.dimension for hierarchy in known])
    paths = [dict(zip(known[at].names, known[at].paths, strict=True)) for at in order]
    found = {}
    for period, *rest in ask(api, path + "format=json").json["rows"]:
        places = [path[name] for path, name in zip(paths, rest, strict=False)]
        found[(period, *[places[at] for at in np.argsort(order)])] = rest[len(paths) :]
    return found


def differences(table: SyntheticTable, before: dict[Any, list[Any]], after: dict[Any, list[Any]]) -> set[Any]:
    """What differs between two such answers, as a set of (measure, period, paths, before, after)."""
    absent = ["absent"] * len(table.measure_ids)
    return {
        (measure, key[0], key[1:], old, new)
        for key in before.keys() | after.keys()
        for measure, old, new in zip(
            table.measure_ids, before.get(key, absent), after.get(key, absent), strict=True
        )
        if old != new
    }


def listed(found: sandbox.Changes) -> set[Any]:
    """The sandbox's own list in the same form."""
    cells = {(c.measure_id, c.period_id, tuple(c.members.values()), c.before, c.after) for c in found.cells}
    assert len(cells) == len(found.cells)
    return cells


def _state(cell: Any) -> Any:
    return cell if cell in {None, "absent"} else "shown"


# The list of changes.


@pytest.mark.parametrize(
    ("table_id", "kind", "hierarchies"),
    [
        ("y25i01", "M", ["_nykom"]),
        ("y01h01", "Q", ["_akassedp", "_region"]),
        ("y01h01", "Y", ["_nykom"]),
        ("y14d03", "M", ["_kon", "_hele_landet"]),
        ("ptv_a02", "QMAT", ["_ygrpi09"]),
        ("y25i06b", "MYTD", ["_nykom", "_var13uger"]),
    ],
)
def test_after_ten_releases_every_list_of_changes_is_what_came_over_the_wire(
    api: Sandbox, table_id: str, kind: str, hierarchies: list[str]
) -> None:
    answers = [served(api, table_id, kind, hierarchies)]
    for release in TEN:
        api.publish(table_id, release)
        answers.append(served(api, table_id, kind, hierarchies))
        if release.late:
            api.arrive(table_id)
            answers.append(served(api, table_id, kind, hierarchies))
    releases = api.releases[table_id]
    assert len(releases) == len(answers) == 13
    seen: set[Any] = set()
    for number, table in enumerate(releases[1:], start=1):
        found = changes(releases[number - 1], table, kind, hierarchies)
        assert listed(found) == differences(table, answers[number - 1], answers[number])
        seen |= {tuple(_state(cell) for cell in change[-2:]) for change in found.cells}
    if (table_id, kind) == ("y01h01", "Q"):
        states = {None, "absent", "shown"}
        assert seen == {(one, other) for one in states for other in states} - {(None, None), ("absent",) * 2}
    # Neighbours or not, and backwards.
    for one, other in ((0, 12), (12, 0), (5, 9), (9, 2)):
        found = changes(releases[one], releases[other], kind, hierarchies)
        assert listed(found) == differences(releases[other], answers[one], answers[other])


RELEASES = st.builds(
    Release,
    st.just(DAY),
    revised=st.booleans(),
    new_period=st.booleans(),
    renamed=st.sampled_from([{}, {"_nykom": {"/4/": "Ballerup og Skovlunde"}}, {"_nykom": {"/": "Danmark"}}]),
    late=st.booleans(),
)


@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from([("y01h01", "Q"), ("y01c01", "M"), ("y28a15", "Y"), ("y01u01", "M")]),
    st.lists(RELEASES, min_size=1, max_size=3),
    st.sets(st.integers(0, 2)),
    st.booleans(),
)
def test_whatever_is_published_the_list_of_changes_is_what_came_over_the_wire(
    asked: tuple[str, str], releases: list[Release], joined: set[int], arrive: bool
) -> None:
    table_id, kind = asked
    with sandbox.serve() as api:
        before = served(api, table_id, kind, ["_nykom"])
        for number, release in enumerate(releases):
            new = {"_nykom": {"/4/": f"Skovlunde {number}"}} if number in joined else {}
            api.publish(table_id, replace(release, joined=new))
            if release.late and arrive:
                api.arrive(table_id)
        after = served(api, table_id, kind, ["_nykom"])
        first, *_, last = api.releases[table_id]
        assert listed(changes(first, last, kind, ["_nykom"])) == differences(last, before, after)


def test_what_becomes_available_lies_within_the_periods_that_a_publication_touches() -> None:
    ahead = [table.design for table in POPULATION.values() if any(m.late for m in table.design.measures)]
    assert ahead
    for design in ahead:
        assert all(measure.late <= REACH for measure in design.measures)
        assert {*design.period_types, design.frequency} == {design.frequency}


def test_tables_without_a_common_publication_are_compared_whole() -> None:
    one, other, apart = (sandbox.population(*how)["y28a15"] for how in ((1,), (2,), (1, "apart")))
    persons, years = one.measure_ids[0], one.index.periods["Y"]
    found = {cell.period_id: cell[-2:] for cell in changes(one, other, "Y", []).cells if cell[0] == persons}
    assert found == {year: (one.truth(persons, year), other.truth(persons, year)) for year in years}
    assert changes(one, apart, "Y", ["_akassedp"]).cells == []


def test_changes_bear_the_arguments_of_published_and_what_it_gives(api: Sandbox) -> None:
    publish(api, "y25i01", TEN[1])
    old, new = api.releases["y25i01"]
    found = changes(old, new, "M", ["_akassebl", "_region"])
    rng = np.random.default_rng(1)
    for at in rng.choice(len(found.cells), 60, replace=False):
        cell = found.cells[at]
        assert (new.published(*cell[:3]), type(cell.after)) == (cell.after, type(new.published(*cell[:3])))
        if cell.period_id not in found.periods_new:
            assert old.published(*cell[:3]) == cell.before
        else:
            with pytest.raises(LookupError, match="no period 2026M09 when it was published on 2026-09-10"):
                old.published(*cell[:3])
    assert {cell.before for cell in found.cells if cell.period_id in found.periods_new} == {"absent"}


def test_periods_and_members_that_came_or_went_are_told_by_id_path_and_name(api: Sandbox) -> None:
    for release in TEN:
        publish(api, "y25i01", release)
    first, *_, last = api.releases["y25i01"]
    found = changes(first, last, "M", ["_nykom", "_ygrpi09"])
    assert found.periods_new == ("2026M09", "2026M10", "2026M11", "2026M12", "2027M01")
    assert found.members_new == (
        ("_nykom", "/100/", "Amager"),
        ("_nykom", "/101/", "Dragør Havn"),
        ("_nykom", "/102/", "Skagen"),
    )
    assert found.members_renamed == (
        ("_nykom", "/", "Hele landet", "Danmark"),
        ("_nykom", "/2/", "Frederiksberg", "Frederiksberg C"),
        ("_nykom", "/3/", "Ballerup", "Måløv"),
    )
    assert found.periods_gone == found.members_gone == ()
    back = changes(last, first, "M", ["_nykom", "_ygrpi09"])
    assert (back.periods_gone, back.members_gone) == (found.periods_new, found.members_new)
    assert changes(last, last, "M", ["_nykom"]).cells == []


# Reproducible, readable, cheap.


def grids(releases: list[SyntheticTable]) -> list[Any]:
    paths = {"_nykom": [f"/{number}/" for number in range(1, 104)]}
    return [table.shown("M", ["2026M06", "2026M09", "2026M12", "2027M01"], paths) for table in releases]


def test_the_same_releases_give_the_same_figures_and_older_publications_stay_readable() -> None:
    runs = []
    for _ in range(2):
        draw_register.cache_clear()
        with sandbox.serve() as api:
            at_once = [grids([table]) for table in api.releases["y25i01"]]
            for release in TEN:
                at_once.append(grids([api.publish("y25i01", release)]))
                if release.late:
                    at_once.append(grids([api.arrive("y25i01")]))
            np.testing.assert_equal([[grid] for grid in grids(api.releases["y25i01"])], at_once)
            runs.append(at_once)
    np.testing.assert_equal(runs[0], runs[1])


def test_a_new_month_is_the_same_whatever_was_published_before_it() -> None:
    tables = [POPULATION["y25i01"].next(Release(DAY, new_period=True))]
    tables.append(POPULATION["y25i01"].next(Release(DAY)).next(Release(DAY)).next(TEN[1]))
    numbers = [table.truths(PERSONS, ["2026M09"] * 99, {"_nykom": PLACES}) for table in tables]
    assert (numbers[0] == numbers[1]).all()
    assert (numbers[0] != POPULATION["y25i01"].truths(PERSONS, ["2026M08"] * 99, {"_nykom": PLACES})).any()


PLACES = [f"/{number}/" for number in range(1, 100)]


@pytest.mark.parametrize(("table_id", "kind"), [("y25i01", "M"), ("y01h01", "Q")])
def test_ten_releases_are_cheap(table_id: str, kind: str) -> None:
    _ = POPULATION[table_id].register

    def ten() -> None:
        table = POPULATION[table_id]
        for release in TEN:
            table = table.next(release).arrived()
            assert table.published(table.measure_ids[0], table.index.periods[kind][-1]) is not None

    assert effort(ten, times=1) < 5000


# Each kind of publication.


@pytest.mark.parametrize("table_id", TABLES)
def test_a_revision_touches_the_newest_three_base_periods_alone_and_every_measure_there(
    table_id: str,
) -> None:
    old, new = POPULATION[table_id], POPULATION[table_id].next(Release("2026-10-08"))
    assert (new.metadata["update_latest"], new.metadata["update_next"]) == ("2026-10-08", None)
    dates = {"update_latest", "update_next"}
    assert {k: v for k, v in new.metadata.items() if k not in dates} == {
        k: v for k, v in old.metadata.items() if k not in dates
    }
    for before, after in (
        (old.register.singles, new.register.singles),
        (old.register.amounts, new.register.amounts),
    ):
        for name, numbers in before.items():
            assert (numbers[:-3] == after[name][:-3]).all(), name
            assert all((numbers[-at] != after[name][-at]).any() for at in (1, 2, 3)), name
            assert (after[name] >= 0).all()


def test_revised_amounts_still_belong_to_the_revised_persons() -> None:
    def newest(table_id: str) -> Any:
        table = POPULATION[table_id].next(Release(DAY)).next(Release(DAY, new_period=True))
        kind, periods = next(iter(table.index.periods.items()))
        paths = {"_nykom": PLACES * 3}
        ids = [period for period in periods[-3:] for _ in PLACES]
        measures = zip(table.design.measures, table.measure_ids, strict=True)
        return kind, {m.name: table.truths(name, ids, paths) for m, name in measures}

    _, unemployed = newest("y25i01")
    assert (unemployed["Antal ledige fuldtidspersoner"] <= unemployed["Antal ledige personer"]).all()
    _, offers = newest("y01c01")
    assert (offers["Antal aktiveringsforløb"] >= offers["Antal aktiverede"]).all()
    _, later = newest("y14d03")
    ended = later["Antal personer med afsluttet forløb"]
    assert (
        later["Antal i lønmodtagerbeskæftigelse / uddannelse 3 mdr. efter afsluttet forløb"] <= ended
    ).all()
    kind, sanctions = newest("y01h01")
    assert kind == "Q"
    each = sanctions["Gnsn. antal sanktioner pr. sanktioneret ledig"]
    assert (each[~np.isnan(each)] >= 1).all()


@pytest.mark.parametrize("table_id", TABLES)
def test_a_new_period_is_one_more_of_the_first_type_and_has_a_truth(table_id: str) -> None:
    old = POPULATION[table_id]
    new = old.next(Release(DAY, revised=False, new_period=True))
    kind, periods = next(iter(old.index.periods.items()))
    assert new.index.periods[kind][:-1] == periods
    (added,) = set(new.index.periods[kind]) - set(periods)
    assert (new.metadata["periods"][0]["values"][0]["period_id"] == added) == old.design.newest_first
    persons = old.measure_ids[0]
    before, after = old.truth(persons, periods[-1]), new.truth(persons, added)
    assert before / 3 < after < before * 3 or table_id == "y25i06b"
    assert (new.truths(persons, periods) == old.truths(persons, periods)).all()


def test_longer_periods_come_when_they_are_complete() -> None:
    table = POPULATION["y01h01"]
    years = []
    for _ in range(3):
        table = table.next(Release(DAY, new_period=True))
        years.append(table.index.periods["Y"][-1])
    assert table.index.periods["Q"][-3:] == ("2026Q03", "2026Q04", "2027Q01")
    assert years == ["2025Y01", "2026Y01", "2026Y01"]


def test_persons_in_two_funds_count_once_in_a_new_period_too() -> None:
    table = POPULATION["y01c01"].next(Release(DAY, new_period=True))
    persons, main = table.measure_ids[0], ["/1/", "/2/", "/3/", "/4/"]
    share = []
    for month in table.index.periods["M"][-6:]:
        parts, total = (
            table.truths(persons, [month] * 4, {"_tilb_2ptv": main}).sum(),
            table.truth(persons, month),
        )
        assert table.truth_of_union(persons, [(month, {"_tilb_2ptv": path}) for path in main]) == total
        share.append(parts / total)
    assert min(share) > 1.02
    assert 0.5 < (share[-1] - 1) / (np.mean(share[:-1]) - 1) < 2


def test_a_late_publication_has_the_new_metadata_and_the_old_data_until_they_arrive(api: Sandbox) -> None:
    path = "data/y25i01?mgroup.*=*&period.M={}&hierarchy._nykom=*&format=json"
    before = ask(api, path.format("*")).json["rows"]
    late = api.publish("y25i01", Release(
        DAY, "2026-11-05", new_period=True, late=True,
        joined={"_nykom": {"/1/": "Amager"}}, renamed={"_nykom": {"/2/": "Frb."}},
    ))  # fmt: skip
    metadata = ask(api, "table/y25i01?format=json").json
    assert (metadata["update_latest"], metadata["update_next"]) == (DAY, "2026-11-05")
    assert metadata["periods"][0]["values"][-1]["period_id"] == "2026M09"
    members = {
        v["value_id"]: v["value_name"]
        for v in metadata["dimensions"][0]["hierarchies"][0]["levels"][0]["values"]
    }
    assert (members["/2/"], members["/100/"]) == ("Frb.", "Amager")
    assert ask(api, path.format("*")).json["rows"] == before
    assert ask(api, path.format("2026M09")).json["rows"] == []
    assert {row[0] for row in ask(api, path.format("latest:3")).json["rows"]} == {"2026M07", "2026M08"}
    assert (
        late.published(PERSONS, "2026M09")
        == late.published(PERSONS, "2026M08", {"_nykom": "/100/"})
        == "absent"
    )
    with pytest.raises(LookupError, match="2026M09 has arrived"):
        late.truth(PERSONS, "2026M09")

    arrived = api.arrive("y25i01")
    assert ask(api, "table/y25i01?format=json").json == metadata
    rows = ask(api, path.format("2026M09")).json["rows"]
    assert {row[1] for row in rows} == set(members.values())
    assert rows[0][2] == arrived.truth(PERSONS, "2026M09") == arrived.published(PERSONS, "2026M09")
    assert ask(api, path.format("*")).json["rows"][: len(before)] != before
    assert (late.late, arrived.late) == (True, False)
    with pytest.raises(ValueError, match="Nothing of y25i01 is late"):
        api.arrive("y25i01")


def test_measures_that_look_ahead_wait_for_the_data_not_for_the_metadata(api: Sandbox) -> None:
    table = api.publish("y14d03", Release(DAY, new_period=True, late=True))
    ahead = table.measure_ids[1]
    months = ["2026M05", "2026M06"]
    assert [table.published(ahead, month) is None for month in months] == [False, True]
    table = api.arrive("y14d03")
    assert [table.published(ahead, month) is None for month in months] == [False, False]


def test_what_is_late_comes_with_the_next_publication_at_the_latest(api: Sandbox) -> None:
    api.publish("y25i01", Release("2026-10-08", new_period=True, late=True))
    table = api.publish("y25i01", Release("2026-11-05", new_period=True, late=True))
    assert table.published(PERSONS, "2026M09") == table.truth(PERSONS, "2026M09")
    assert table.published(PERSONS, "2026M10") == "absent"


@pytest.mark.parametrize("levels", ["inside", "apart", "unlisted"])
def test_a_new_member_stands_beside_its_neighbours_and_takes_half_of_ones_persons(levels: Any) -> None:
    with sandbox.serve(levels=levels) as api:
        old = api.population["y25i01"]
        new = api.publish("y25i01", Release(DAY, revised=False, joined={"_nykom": {"/1/": "Amager"}}))
        new = api.publish("y25i01", Release(DAY, revised=False, new_period=True))
        for hierarchy, path in (("_nykom", "/100/"), ("_reko", "/1/30/")):
            known, before = new.index.hierarchies[hierarchy], old.index.hierarchies[hierarchy]
            assert set(known.paths) - set(before.paths) == {path}
            assert known.names[known.paths.index(path)] == "Amager"
            assert len(known.levels["nykom"]) == len(before.levels["nykom"]) + 1
            new_only = [known.paths[at] for at in known.levels["nykom"]]
            assert (
                new_only.index(path)
                > max(at for at, other in enumerate(new_only) if other.startswith(path[:3]) and other != path)
                or hierarchy == "_nykom"
            )
        months = ["2026M05", "2026M06", "2026M07", "2026M08", "2026M09"]
        amager, copenhagen = (
            new.truths(PERSONS, months, {"_nykom": [path] * 5}) for path in ("/100/", "/1/")
        )
        assert new.published(PERSONS, "2026M05", {"_nykom": "/100/"}) == "absent"
        assert amager[0] == 0 < amager[1:].min()
        assert 0.4 < (amager / (amager + copenhagen))[1:].min() < 0.5
        for month in months[:4]:
            for where in ({}, {"_region": "/1/"}, {"_akassebl": "/5/"}):
                assert new.truth(PERSONS, month, where) == old.truth(PERSONS, month, where)
        cells = [("2026M09", {"_reko": f"/1/{number}/"}) for number in range(1, 31)]
        assert new.truth_of_union(PERSONS, cells) == new.truth(PERSONS, "2026M09", {"_region": "/1/"})
        shown = [new.published(measure, "2026M09", {"_nykom": "/100/"}) for measure in new.measure_ids]
        assert [cell is None for cell in shown] == [False, False, True, True]


def test_a_new_member_can_stand_deep_in_a_hierarchy(api: Sandbox) -> None:
    table = api.publish("y01c01", Release(DAY, joined={"_tilb_2ptv": {"/2/1/1/": "Mesterlære"}}))
    known = table.index.hierarchies["_tilb_2ptv"]
    assert known.names[known.paths.index("/2/1/2/")] == "Mesterlære"
    persons, month = table.measure_ids[0], table.index.periods["M"][-1]
    children = [("/2/1/1/"), ("/2/1/2/")]
    assert (table.truths(persons, [month] * 2, {"_tilb_2ptv": children}) > 0).all()
    cells = [(month, {"_tilb_2ptv": path}) for path in children]
    assert table.truth_of_union(persons, cells) == table.truth(persons, month, {"_tilb_2ptv": "/2/1/"})


@pytest.mark.parametrize(
    ("release", "message"),
    [
        (
            Release(DAY, joined={"_nykom": {"/500/": "A"}}),
            "y25i01 has no member '/500/' in a hierarchy '_nykom'",
        ),
        (Release(DAY, renamed={"_kommune": {"/1/": "A"}}), "no member '/1/' in a hierarchy '_kommune'"),
        (Release(DAY, joined={"_region": {"/1/": "A"}}), "members of the deepest level"),
        (Release(DAY, joined={"_reko": {"/6/": "A"}}), "members of the deepest level"),
    ],
)
def test_members_that_are_not_there_or_not_deepest_are_refused(
    api: Sandbox, release: Release, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        api.publish("y25i01", release)
    assert api.tables["y25i01"] is api.population["y25i01"]


def test_a_renamed_member_keeps_its_path_and_figures_in_every_hierarchy(api: Sandbox) -> None:
    new = api.publish("y25i01", Release(DAY, revised=False, renamed={"_nykom": {"/1/": "Hovedstaden"}}))
    found = changes(api.population["y25i01"], new, "M", ["_reko"])
    assert (found.cells, found.members_new, found.members_gone) == ([], (), ())
    assert found.members_renamed == (("_reko", "/1/1/", "København", "Hovedstaden"),)
    path = "data/y25i01?mgroup.*=*&period.M=latest:1&hierarchy._reko=/1/1/,/1/2/&format=json"
    assert [row[1] for row in ask(api, path).json["rows"]] == ["Hovedstaden", "Frederiksberg"]


def test_a_withdrawn_table_is_unknown_until_it_is_put_back(api: Sandbox) -> None:
    api.revise("y25i01", DAY)
    withdrawn = api.tables.pop("y25i01")
    for path in (
        "table/y25i01?format=json",
        "data/y25i01?mgroup.*=*&period.M=*&hierarchy._nykom=/&format=json",
    ):
        reply, unknown = ask(api, path), ask(api, path.replace("y25i01", "y99x99"))
        assert reply.status == unknown.status == 404
        assert reply.json["cause"].replace("y25i01", "y99x99") == unknown.json["cause"]
    assert b"y25i01" not in ask(api, "tables?format=json").body
    assert api.releases["y25i01"][-1].published(PERSONS, "2026M08") is not None
    api.tables["y25i01"] = withdrawn
    assert ask(api, "table/y25i01?format=json").json["update_latest"] == DAY


def test_a_table_may_be_withdrawn_while_the_catalogue_is_written(api: Sandbox) -> None:
    class Withdrawing(dict[str, Any]):
        def items(self) -> Any:
            api.tables.pop("y25i01", None)
            return super().items()

    api.tables = {"x01": FixedTable(Withdrawing(table_id="x01")), **api.tables}
    for listed in (True, False):
        reply = ask(api, "tables?format=json")
        assert (reply.status, b"y25i01" in reply.body) == (200, listed)


def test_a_second_publication_of_one_day_is_another_one(api: Sandbox) -> None:
    first, second = api.revise("y25i01", DAY), api.revise("y25i01", DAY)
    assert first.metadata == second.metadata
    assert len(changes(first, second, "M", ["_nykom"]).cells) > 100
    assert api.releases["y25i01"] == [api.population["y25i01"], first, second]
