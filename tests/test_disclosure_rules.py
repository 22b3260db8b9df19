"""When cells add, and how far the truth can lie away: against a slow check that anyone can follow."""

from __future__ import annotations

import contextlib
import functools
import json
import operator
import pickle
import re
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from columns import make
from hypothesis import given, settings
from hypothesis import strategies as st

import jobindsats_pandas as ji
from jobindsats_pandas.disclosure import (
    NOTHING,
    REASONS,
    STATISTIC,
    UNKNOWN,
    AddressDimension,
    AddressMeasure,
    AddressSpace,
    Cells,
    CellStatus,
    DiscretionisedArray,
    Registry,
    allow_sums,
    check_sums,
    merge_registries,
    reductions,
    sums,
    tables,
    texts,
)
from jobindsats_pandas.errors import HiddenCellsWarning, InvalidSumError, QueryError
from jobindsats_pandas.kinds import Kind, is_count, measure_kind

SHARED = Path(__file__).parents[2] / "shared" / "recorded"

AREA = AddressDimension.build(
    "_omrade",
    "Område",
    [
        ("_nykom", "1", "Land", [("/", "Hele landet")]),
        ("_nykom", "2", "Region", [("/1/", "Nord"), ("/2/", "Syd")]),
        ("_nykom", "3", "Kommune", [("/1/1/", "A"), ("/1/2/", "B"), ("/2/3/", "C")]),
        ("_reko", "1", "Rekrutteringsområde", [("/1/", "Øst"), ("/2/", "Vest")]),
    ],
)
FUND = AddressDimension.build(
    "_akasse", "A-kasse", [("_akassedp", "2", "A-kasse", [("/1/", "X"), ("/2/", "Y")])]
)
MEASURES = tuple(AddressMeasure(kind.name, f"Måling {kind}", kind) for kind in Kind)
PERIODS = (
    *(("M", "2026M01"), ("M", "2026M02"), ("Q", "2026Q01"), ("Y", "2026Y01")),
    *(("W", "2026W01"), ("W", "2026W02"), ("QMAT", "2026QMAT01")),
)
SPACE = AddressSpace("y01", "Tabel", MEASURES, PERIODS, (AREA, FUND))
OTHER = AddressSpace("y02", "En anden", MEASURES[:2], PERIODS[:2], ())
REGISTRY, _ = merge_registries([Registry.of(SPACE), Registry.of(OTHER)])
OFFSET = REGISTRY.offsets[1]
FLOW = list(Kind).index(Kind.FLOW)


def known_addresses():
    one = st.builds(
        lambda m, p, a, f: int(SPACE.encode(m, p, [a, f])[0]),
        st.integers(0, len(MEASURES) - 1),
        st.integers(0, len(PERIODS) - 1),
        st.integers(0, len(AREA.members) - 1),
        st.integers(0, len(FUND.members) - 1),
    )
    other = st.builds(lambda m, p: OFFSET + int(OTHER.encode(m, p)[0]), st.integers(0, 1), st.integers(0, 1))
    return st.one_of(one, one, one, one, other, st.sampled_from([UNKNOWN, NOTHING, STATISTIC]))


@st.composite
def similar_addresses(draw):
    """Parts that often add: of one measure and one level each."""
    measure = draw(st.integers(0, len(MEASURES) - 1))
    level = draw(st.sampled_from([(1, 2), (3, 4, 5), (6, 7), (0,)]))
    periods = draw(st.sampled_from([(0,), (0, 1), (2,), (4,)]))
    member = st.sampled_from(level)
    fund = draw(st.sampled_from([(0,), (1, 2)]))
    return draw(
        st.lists(
            st.builds(
                lambda p, a, f: int(SPACE.encode(measure, p, [a, f])[0]),
                st.sampled_from(periods),
                member,
                st.sampled_from(fund),
            ),
            min_size=1,
            max_size=5,
            unique=draw(st.booleans()),
        )
    )


STATUSES = st.sampled_from([0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6])


@st.composite
def groups_of_cells(draw):
    addresses = draw(st.one_of(st.lists(known_addresses(), min_size=1, max_size=6), similar_addresses()))
    clean = draw(st.booleans())
    statuses = [0 if clean else draw(STATUSES) for _ in addresses]
    values = [draw(st.integers(0, 40)) for _ in addresses]
    values = [0 if address == NOTHING else value for address, value in zip(addresses, values, strict=True)]
    ids = [draw(st.integers(-1, 2)) for _ in addresses]
    return addresses, statuses, values, ids


def taken_apart(address):
    """Table, measure, period and members of an address, by counting in mixed radix."""
    if address >= OFFSET:
        number, space = address - OFFSET, OTHER
    else:
        number, space = address, SPACE
    number, period = divmod(number, len(space.periods))
    members = []
    for dimension in reversed(space.dimensions):
        number, code = divmod(number, len(dimension.members))
        members.append(dimension.members[code])
    return space, space.measures[number], space.periods[period], members[::-1]


def reasons_by_hand(addresses, statuses, dropped=0):
    """Why cells do not add, said as plainly as possible."""
    cells = [
        (address, status)
        for address, status in zip(addresses, statuses, strict=True)
        if status != CellStatus.ABSENT and address != NOTHING
    ]
    found = set()
    for _, status in cells:
        if status == CellStatus.DISCRETIONISED:
            found.add("hidden")
        if status == CellStatus.NOT_AVAILABLE:
            found.add("not_available")
        if status == CellStatus.FILLED:
            found.add("filled")
    if dropped:
        found.add("dropped")
    if len(cells) > 1:
        if any(status == CellStatus.ROUNDED for _, status in cells):
            found.add("rounded")
        if any(address == UNKNOWN for address, _ in cells):
            found.add("unknown")
        if any(address == STATISTIC for address, _ in cells):
            found.add("rate")
        known = [taken_apart(address) for address, _ in cells if address >= 0]
        if len({(space.table, measure.id) for space, measure, _, _ in known}) > 1:
            found.add("measures")
        if any(measure.kind is Kind.NONE for _, measure, _, _ in known):
            found.add("rate")
        if any(measure.kind is Kind.PERSONS for _, measure, _, _ in known):
            found.add("persons")
        if len({address for address, _ in cells if address >= 0}) < len(known):
            found.add("repeated")
        for table in (SPACE, OTHER):
            here = [one for one in known if one[0] is table]
            for place in range(len(table.dimensions)):
                if len({members[place].level for _, _, _, members in here}) > 1:
                    found.add("levels")
            periods = {period for _, _, period, _ in here}
            over = all(measure.kind in (Kind.FLOW, Kind.MONEY) for _, measure, _, _ in here)
            one_type = len({period_type for period_type, _ in periods}) == 1
            plain = all(period_type in ("M", "Q", "Y", "W") for period_type, _ in periods)
            if len(periods) > 1 and not (over and one_type and plain):
                found.add("periods")
    return tuple(reason for reason in REASONS if reason in found)


def arrays(addresses, statuses, values):
    return (
        np.array(values, dtype=np.int64),
        np.array(statuses, dtype=np.uint8),
        np.array(addresses, dtype=np.int64),
    )


@settings(max_examples=200, deadline=None)
@given(groups_of_cells(), st.sampled_from([0, 0, 0, 2]))
def test_the_vectorised_rules_say_what_the_plain_ones_say(groups, dropped):
    addresses, statuses, values, ids = groups
    cells = Cells(*arrays(addresses, statuses, values), REGISTRY, dropped)
    alone = check_sums(cells)
    assert alone.reasons_of() == reasons_by_hand(addresses, statuses, dropped)
    grouped = check_sums(cells, np.array(ids), 4)
    for group in range(4):
        of = [place for place, number in enumerate(ids) if number == group]
        expected = reasons_by_hand([addresses[i] for i in of], [statuses[i] for i in of], dropped)
        assert grouped.reasons_of(group) == expected
        shown = [values[i] for i in of if statuses[i] not in (1, 2, 3)]
        assert grouped.totals[group] == sum(shown)


@settings(max_examples=150, deadline=None)
@given(groups_of_cells())
def test_a_sum_goes_through_in_pandas_exactly_if_the_rules_allow_it(groups):
    addresses, statuses, values, ids = groups
    array = DiscretionisedArray(*arrays(addresses, statuses, values), REGISTRY)
    frame = pd.DataFrame({"key": ids, "value": array})
    reasons = reasons_by_hand(addresses, statuses)
    if reasons:
        with pytest.raises(InvalidSumError) as caught:
            frame.value.sum()
        assert caught.value.reasons == reasons
        assert caught.value.reason == reasons[0]
    else:
        shown = [value for value, status in zip(values, statuses, strict=True) if status not in (1, 2, 3)]
        assert frame.value.sum() == sum(shown)
    if any(
        reasons_by_hand(
            [address for address, number in zip(addresses, ids, strict=True) if number == key],
            [status for status, number in zip(statuses, ids, strict=True) if number == key],
        )
        for key in set(ids)
    ):
        with pytest.raises(InvalidSumError):
            frame.groupby("key").value.sum()
    else:
        assert frame.groupby("key").value.sum().array.visible.all()


@settings(max_examples=150, deadline=None)
@given(groups_of_cells())
def test_adding_single_cells_one_by_one_obeys_the_same_rules(groups):
    addresses, statuses, values, _ = groups
    array = DiscretionisedArray(*arrays(addresses, statuses, values), REGISTRY)
    if reasons_by_hand(addresses, statuses):
        # A cell that pandas made is a plain NaN, which makes the sum one too, if it comes before the trouble.
        with contextlib.suppress(InvalidSumError):
            assert np.isnan(sum(array))
    else:
        assert sum(value for value in array if not pd.isna(value)) == array.sum()


def ancestors_by_hand(dimension, member):
    """The member and all its ancestors, nearest first, by their paths."""
    hierarchy = dimension.levels[member.level].hierarchy
    by_path = {m.path: m for m in dimension.members if dimension.levels[m.level].hierarchy in (hierarchy, "")}
    steps = member.path.strip("/").split("/") if member.path != "/" else []
    paths = ["/" + "/".join(steps[:end]) + "/" for end in range(len(steps), 0, -1)] + ["/"]
    return [by_path[path] for path in paths if path in by_path]


def of_all_below(dimension, members, common):
    """Whether there are no other members of their level below what members have in common."""
    alike = {
        one
        for one in dimension.members
        if one.level == members[0].level and common in ancestors_by_hand(dimension, one)
    }
    return len(set(members)) == 1 or set(members) == alike


@settings(max_examples=150, deadline=None)
@given(similar_addresses())
def test_a_sum_keeps_its_period_and_the_nearest_common_ancestor_or_its_members(addresses):
    check = check_sums(Cells(*arrays(addresses, [0] * len(addresses), [1] * len(addresses)), REGISTRY))
    if len(addresses) == 1:
        assert check.placed[1][0] == addresses[0]
        return
    cells = [taken_apart(address) for address in addresses]
    registry, addresses_of_sums = check.placed
    if not check.valid:
        assert addresses_of_sums.tolist() == [UNKNOWN]
        return
    (found,) = registry.decode(addresses_of_sums, of_one_cell=False)
    measure, periods = found.space.measures[found.measure[0]], {period for _, _, period, _ in cells}
    ids = [period[1] for period in found.space.periods if period in periods] if len(periods) > 1 else []
    assert found.space.periods[found.period[0]] == max(periods, key=found.space.periods.index)
    members = [
        dimension.members[codes[0]]
        for dimension, codes in zip(found.space.dimensions, found.members, strict=True)
    ]
    of_dimensions = [[one[3][place] for one in cells] for place in range(len(SPACE.dimensions))]
    commons = []
    for dimension, here in zip(SPACE.dimensions, of_dimensions, strict=True):
        lines = [ancestors_by_hand(dimension, one) for one in here]
        commons.append(next(one for one in lines[0] if all(one in line for line in lines)))
    if all(map(of_all_below, SPACE.dimensions, of_dimensions, commons)):
        assert members == commons
        assert measure.operation == (("summed", cells[0][1].id, *ids) if ids else ())
        return
    *operation, together = measure.operation
    assert operation == ["summed", cells[0][1].id, *ids]
    together = json.loads(together)
    for dimension, here, first in zip(SPACE.dimensions, of_dimensions, members, strict=True):
        paths = sorted({one.path for one in here})
        of_these = [[path for _, path in group] for group in together.get(dimension.id, [])]
        assert of_these == ([paths] if len(paths) > 1 else [])
        assert first.path == paths[0]


def bounds_by_hand(addresses, statuses, values):
    """The interval of the true sum, or None."""
    reasons = reasons_by_hand(addresses, statuses)
    refused = {"measures", "rate", "unknown", "levels", "repeated", "not_available", "filled", "dropped"}
    if refused & set(reasons):
        return None
    low = high = 0.0
    largest = 0.0
    kind = None
    for address, status, value in zip(addresses, statuses, values, strict=True):
        if status == CellStatus.ABSENT or address == NOTHING:
            continue
        if address < 0:
            return None
        kind = taken_apart(address)[1].kind
        if kind is not Kind.PERSONS and "periods" in reasons:
            return None
        least = most = float(value)
        if kind is Kind.FULL_TIME:
            if status == CellStatus.DERIVED:
                return None
            least, most = max(value - 0.5, 0), value + 0.5
        if status == CellStatus.ROUNDED:
            least = 0.0
        if status == CellStatus.DISCRETIONISED:
            if kind is Kind.NONE:
                return None
            least, most = 0.0, {Kind.FULL_TIME: 3.0, Kind.MONEY: np.inf}.get(kind, 2.0)
        low, high, largest = low + least, high + most, max(largest, least)
    return (largest if kind is Kind.PERSONS else low), high


@settings(max_examples=200, deadline=None)
@given(groups_of_cells())
def test_bounds_are_those_of_the_rule_and_no_wider(groups):
    addresses, statuses, values, ids = groups
    cells = Cells(*arrays(addresses, statuses, values), REGISTRY)
    found = check_sums(cells, np.array(ids), 3).bounds()
    for group in range(3):
        of = [place for place, number in enumerate(ids) if number == group]
        expected = bounds_by_hand(*([column[i] for i in of] for column in (addresses, statuses, values)))
        if expected is None:
            assert np.isnan([found.low[group], found.high[group]]).all()
        else:
            assert (found.low[group], found.high[group]) == pytest.approx(expected)
        assert found.hidden[group] == sum(
            statuses[i] == CellStatus.DISCRETIONISED and addresses[i] != NOTHING for i in of
        )


@settings(max_examples=60, deadline=None)
@given(groups_of_cells(), st.permutations(range(6)))
def test_the_order_of_cells_changes_nothing(groups, order):
    addresses, statuses, values, ids = groups
    order = [place for place in order if place < len(addresses)]
    first = check_sums(Cells(*arrays(addresses, statuses, values), REGISTRY), np.array(ids), 3)
    moved = [[column[place] for place in order] for column in (addresses, statuses, values)]
    second = check_sums(Cells(*arrays(*moved), REGISTRY), np.array([ids[place] for place in order]), 3)
    assert first.reasons.tolist() == second.reasons.tolist()
    assert first.totals.tolist() == second.totals.tolist()
    assert first.placed[0] is second.placed[0]
    assert first.placed[1].tolist() == second.placed[1].tolist()


def test_many_groups_are_judged_as_few_are():
    # Beyond a size, keys are no longer marked off in a table but compared cell by cell.
    cells = 70_000
    addresses = np.tile(SPACE.encode(3, 0, [[3, 4], [1, 1]]), cells // 2)
    addresses[-1] = SPACE.encode(3, 0, [1, 1])[0]
    ids = np.repeat(np.arange(cells // 2), 2)
    values = np.full(cells, 7)
    check = check_sums(Cells(values, np.zeros(cells, dtype=np.uint8), addresses, REGISTRY), ids, cells)
    assert np.flatnonzero(check.bad).tolist() == [cells // 2 - 1]
    assert check.reasons_of(cells // 2 - 1) == ("levels",)
    assert (check.totals[: cells // 2] == 14).all()
    assert (check.placed[1][: cells // 2 - 1] == SPACE.encode(3, 0, [1, 1])[0]).all()
    assert (check.placed[1][cells // 2 :] == NOTHING).all()


def test_tables_of_very_many_cells_are_judged_alike():
    wide = [
        AddressDimension.build(
            f"d{n}", f"D{n}", [(f"_h{n}", "1", "alle", [(f"/{m}/", f"{m}") for m in range(3000)])]
        )
        for n in range(3)
    ]
    space = AddressSpace("y07", "T", MEASURES, PERIODS, tuple(wide))
    assert space.per_measure > 1 << 32
    members = [[3000, 1, 3000], [2, 2, 2], [7, 7, 7]]
    array = DiscretionisedArray(
        np.ones(3), np.zeros(3, np.uint8), space.encode(3, 0, members), Registry.of(space)
    )
    assert check_sums(array.cells).reasons_of() == ("repeated",)
    assert array[1:].sum() == 2
    assert array[[2, 1]].sum() == 2
    with pytest.raises(InvalidSumError, match="repeats another one"):
        pd.Series(array).groupby([0, 1, 0]).sum()


def test_groups_of_different_measures_each_keep_theirs():
    addresses = SPACE.encode([2, 2, 3, 3], 0, [[3, 4, 3, 4], 0])
    column = pd.Series(DiscretionisedArray(np.ones(4), np.zeros(4, np.uint8), addresses, REGISTRY))
    sums = column.groupby([0, 0, 1, 1]).sum()
    assert sums.array.addresses.tolist() == SPACE.encode([2, 3], 0, [1, 0]).tolist()


def test_sums_beyond_the_exact_range_of_floats_are_exact():
    addresses = SPACE.encode(3, 0, [[3, 4], [1, 1]])
    array = DiscretionisedArray(np.array([2**53, 1]), np.zeros(2, dtype=np.uint8), addresses, REGISTRY)
    assert pd.Series(array).groupby([0, 0]).sum().iloc[0] == 2**53 + 1
    assert array.sum() == 2**53 + 1
    assert check_sums(array.cells, np.array([1, 1]), 2).totals.tolist() == [0, 2**53 + 1]


# ---- the recorded responses -----------------------------------------------------------------------------------


def recorded(table):
    if not SHARED.exists():
        pytest.skip(f"the recorded responses are not at {SHARED}")
    response = json.loads((SHARED / f"{table}.json").read_text())["response"]
    return pd.DataFrame(response["rows"], columns=response["columns"])


def guarded(table, hierarchy, children):
    """A recorded answer as guarded columns; `children` gives the path of each member, by its name or place."""
    frame = recorded(table)
    dimension_name, paths, keys = children(frame)
    names = dict(zip(keys, frame[dimension_name], strict=True))
    levels = {}
    for key, path in paths.items():
        levels.setdefault(len([step for step in path.split("/") if step]), []).append((path, names[key]))
    dimension = AddressDimension.build(
        "_d",
        dimension_name,
        [(hierarchy, str(depth), f"niveau {depth}", of) for depth, of in sorted(levels.items())],
    )
    first = list(frame.columns).index(dimension_name) + 1
    names = list(frame.columns[first:])
    measures = tuple(AddressMeasure(name, name, measure_kind(name)) for name in names)
    types = {period: "Q" if "Q" in period else "M" for period in frame.Periode}
    space = AddressSpace(table, table, measures, tuple((types[p], p) for p in sorted(types)), (dimension,))
    members = np.array([dimension.code(paths[key], hierarchy) for key in keys])
    periods = np.array([space.period_codes[types[period], period] for period in frame.Periode])
    result = {
        "Periode": frame.Periode,
        "path": [paths[key] for key in keys],
        dimension_name: frame[dimension_name],
    }
    for place, name in enumerate(names):
        numbers = frame[name].astype("Float64")
        status = np.asarray(numbers.isna(), dtype=np.uint8)
        values = numbers.fillna(1).to_numpy(np.int64 if is_count(name) else np.float64)
        result[name] = DiscretionisedArray(
            values, status, space.encode(place, periods, [members]), Registry.of(space)
        )
    return pd.DataFrame(result)


def funds(column, total):
    def children(frame):
        names = list(dict.fromkeys(frame[column]))
        paths = {name: "/" if name == total else f"/{place}/" for place, name in enumerate(names, start=1)}
        return column, paths, list(frame[column])

    return children


FIRST_LEVEL = {
    ("Vejledning og opkvalificering i alt", 1),
    ("Ansættelse med løntilskud i alt", 1),
    ("Virksomhedspraktik i alt", 1),
    ("Nytteindsats i alt", 1),
}
SECOND_LEVEL = {
    ("Ordinær uddannelse i alt", 1),
    ("Øvrige vejlednings- og opkvalificeringsforløb", 1),
    ("Privat ansættelse med løntilskud", 1),
    ("Offentlig ansættelse med løntilskud i alt", 1),
    ("Privat virksomhedspraktik", 1),
    ("Offentlig virksomhedspraktik i alt", 1),
    ("Nytteindsats i alt", 2),
}


def offers(frame):
    """Paths of the offers of y01c01: rows stand in the order of the tree, and four names stand twice."""
    paths, keys, children = {}, [], {}
    for _, rows in frame.groupby("Periode", sort=False):
        line, seen = [], {}
        for name in rows.Tilbud:
            seen[name] = seen.get(name, 0) + 1
            key = (name, seen[name])
            depth = (
                0 if name == "Tilbud i alt" else 1 if key in FIRST_LEVEL else 2 if key in SECOND_LEVEL else 3
            )
            line = line[: max(depth - 1, 0)]
            if key not in paths:
                parent = "/" + "".join(f"{step}/" for step in line)
                children[parent] = children.get(parent, 0) + 1
                paths[key] = "/" if depth == 0 else f"{parent}{children[parent]}/"
            if depth:
                line.append(paths[key].strip("/").split("/")[-1])
            keys.append(key)
    return "Tilbud", paths, keys


def answers():
    return {
        "y01h01": lambda: guarded("y01h01", "_akassedp", funds("A-kasse", "A-kasse i alt")),
        "y25i01": lambda: guarded("y25i01", "_akassebl", funds("A-kasse", "I alt")),
        "y01c01": lambda: guarded("y01c01", "_tilb_2ptv", offers),
    }


def parent_of(path):
    steps = [step for step in path.split("/") if step]
    return "/" + "".join(f"{step}/" for step in steps[:-1])


@pytest.mark.parametrize("table", ["y01h01", "y25i01", "y01c01"])
def test_bounds_of_the_children_contain_the_published_parent(table):
    frame = answers()[table]()
    checked = accepted = 0
    for measure in frame.columns[3:]:
        for _, rows in frame.groupby("Periode"):
            published = rows.set_index("path")[measure]
            below = rows[rows.path != "/"]
            for parent, children in below.groupby(below.path.map(parent_of)):
                bounds = check_sums(children[measure].array.cells).bounds()
                checked += 1
                if np.isnan(bounds.low[0]) or pd.isna(published[parent]):
                    continue
                accepted += 1
                assert bounds.low[0] <= published[parent] <= bounds.high[0]
    print(f"{table}: {accepted} of {checked} parents lie within the bounds of their children")
    assert accepted >= {"y01h01": 10, "y25i01": 4, "y01c01": 150}[table]


def test_the_hidden_sanctions_of_one_kind_lie_between_74_and_96():
    frame = answers()["y01h01"]()
    column = "Antal sanktioner fordelt på type: Gentagelsesvirkning (arbejdskrav)"
    children = frame[(frame.Periode == "2025Q04") & (frame.path != "/")][column]
    bounds = check_sums(children.array.cells).bounds()
    assert (bounds.low[0], bounds.high[0], bounds.hidden[0]) == (74, 96, 11)
    with pytest.raises(InvalidSumError, match=r"between 74 and 96") as caught:
        children.sum()
    assert caught.value.reasons == ("hidden",)
    assert "official_total" in str(caught.value)
    assert "11 of 21 cells" in str(caught.value)


def test_persons_in_four_offers_are_between_15372_and_22746():
    frame = answers()["y01c01"]()
    rows = frame[(frame.Periode == "2026M05") & (frame.path.str.count("/") == 2)]
    bounds = check_sums(rows["Antal aktiverede"].array.cells).bounds()
    assert (bounds.low[0], bounds.high[0]) == (15372, 22746)
    with pytest.raises(InvalidSumError, match="15,372 and 22,746") as caught:
        rows["Antal aktiverede"].sum()
    assert caught.value.reasons == ("persons",)


def test_sanctions_that_are_all_visible_add_up_to_the_published_total():
    frame = answers()["y01h01"]()
    children = frame[(frame.Periode == "2025Q04") & (frame.path != "/")]["Antal sanktioner i alt"]
    assert children.sum() == 7834


def test_full_time_persons_add_up_within_a_month_alone():
    frame = answers()["y25i01"]()
    column = frame[frame.path != "/"]["Antal ledige fuldtidspersoner"]
    months = column.groupby(frame.Periode).sum()
    assert months.tolist() == [89612, 88081]
    with pytest.raises(InvalidSumError) as caught:
        column.sum()
    assert caught.value.reasons == ("periods",)


@pytest.mark.parametrize("table", ["y01h01", "y25i01", "y01c01"])
def test_a_plain_sum_of_any_recorded_column_is_refused(table):
    frame = answers()[table]()
    for measure in frame.columns[3:]:
        with pytest.raises(InvalidSumError) as caught:
            frame[measure].sum()
        assert "levels" in caught.value.reasons
        kind = measure_kind(measure)
        assert ("persons" in caught.value.reasons) == (kind is Kind.PERSONS)
        assert ("rate" in caught.value.reasons) == (kind is Kind.NONE)


def test_two_members_of_one_name_are_told_apart_by_their_level():
    frame = answers()["y01c01"]()
    month = frame[frame.Periode == "2026M05"]
    twice = month[month.Tilbud == "Privat virksomhedspraktik"]
    assert len(twice) == 2
    assert twice.path.str.count("/").tolist() == [3, 4]
    with pytest.raises(InvalidSumError) as caught:
        twice["Antal fuldtidsaktiverede"].sum()
    assert caught.value.reasons == ("levels",)


def test_the_long_layout_does_not_add_a_total_to_its_kinds():
    frame = answers()["y01h01"]()
    month = frame[(frame.Periode == "2025Q04") & (frame.path == "/")]
    long = month.melt(id_vars=["Periode", "path", "A-kasse"])
    counts = long[long.variable.str.startswith("Antal")]
    with pytest.raises(InvalidSumError) as caught:
        counts.value.sum()
    assert caught.value.reasons == ("measures",)
    assert counts.groupby("variable").value.sum().max() == 7834


# ---- what the error says --------------------------------------------------------------------------------------


def column(measure, members, *, periods=0, status=None, values=None, dropped=0):
    length = len(members)
    cells = Cells(
        np.array(values if values is not None else [10] * length),
        np.array(status if status is not None else [0] * length, dtype=np.uint8),
        SPACE.encode(list(Kind).index(measure), periods, [members, 0]),
        Registry.of(SPACE),
        dropped,
    )
    return DiscretionisedArray.unchecked(cells)


def message(array):
    with pytest.raises(InvalidSumError) as caught:
        array.sum()
    return str(caught.value)


def instead(array):
    text = message(array)
    lines = [line.strip() for line in text[text.index("Instead:") :].splitlines()[1:]]
    return [line for line in lines if not line.startswith(("df.jobindsats.plain()", "with ji.allow_sums()"))]


NONE_KNOWN = "(no published number is known for just this selection)"


def asked_for(measure, over="'Område'"):
    return [
        f"ji.read_official_total(df, 'Måling {measure}', over={over})  # asks for the published total",
        f"df.jobindsats.official_total('Måling {measure}', over={over})  # where its row is in the frame",
    ]


def test_the_error_offers_the_parent_of_a_complete_level_and_nothing_else():
    call = "ji.read_jobindsats('y01', by={'_nykom': '/1/'}, periods='2026M01')"
    interval = "df.jobindsats.sum_bounds('Måling flow')  # the interval"
    assert instead(column(Kind.FLOW, [3, 4], status=[0, 1])) == [
        f"{call}  # the published number of what these make up",
        interval,
    ]
    whole_country = instead(column(Kind.FLOW, [1, 2], status=[0, 1]))
    assert whole_country == [*asked_for("flow"), interval]
    assert instead(column(Kind.FLOW, [3, 5], status=[0, 1])) == [NONE_KNOWN, interval]


def test_combinations_that_were_left_out_complete_a_selection():
    # Both funds of both municipalities of a region, of which one was left out and counts as 0.
    array = of([[3, 3, 4, 4], [1, 2, 1, 2]], Kind.PERSONS, status=[0, 0, 0, 3])
    assert instead(array)[0] == NONE_KNOWN  # the funds have no published total
    assert instead(column(Kind.PERSONS, [1, 2, 2, 1], periods=[0, 0, 0, 0], status=[0, 3, 0, 0]))[:2] == (
        asked_for("persons")
    )
    assert instead(column(Kind.PERSONS, [3, 4, 5], status=[0, 0, 3]))[:2] == asked_for("persons")
    assert instead(column(Kind.PERSONS, [3, 4, 5], status=[0, 7, 0]))[:2] == [
        NONE_KNOWN,
        interval_of("persons"),
    ]


def interval_of(measure):
    return f"df.jobindsats.sum_bounds('Måling {measure}')  # the interval"


def of(members, kind=Kind.FLOW, status=None):
    """Cells of SPACE in the first month, by their area and fund."""
    addresses = SPACE.encode(list(Kind).index(kind), 0, members)
    status = np.zeros(len(addresses), np.uint8) if status is None else np.array(status, np.uint8)
    return DiscretionisedArray(np.ones(len(addresses)), status, addresses, Registry.of(SPACE))


def test_a_total_that_is_not_published_is_not_offered():
    array = of([0, [1, 2]], Kind.PERSONS)
    assert check_sums(array.cells).reasons_of() == ("persons",)
    assert instead(array)[0] == NONE_KNOWN


def test_every_selection_over_two_dimensions_must_be_whole():
    members = [[1, 1, 2, 2], [1, 2, 1, 2]]
    other = AddressDimension.build(
        "_b", "B", [("_h", "1", "alle", [("/", "I alt"), ("/1/", "x"), ("/2/", "y")])]
    )
    space = AddressSpace("y03", "T", MEASURES, PERIODS, (AREA, other))

    def found(kept):
        addresses = space.encode(0, 0, [np.array(codes)[kept] for codes in members])
        zeros = np.zeros(len(addresses), np.uint8)
        return instead(DiscretionisedArray(np.ones(len(addresses)), zeros, addresses, Registry.of(space)))

    assert found([0, 1, 2, 3])[:2] == asked_for("persons", over="['Område', 'B']")
    assert found([0, 1, 2])[0] == NONE_KNOWN


@pytest.mark.parametrize(
    ("array", "reason", "words"),
    [
        (
            column(Kind.FLOW, [3, 4], status=[0, 1], values=[9, 0]),
            "hidden",
            "1 of 2 cells is discretionised (a count",
        ),
        (column(Kind.FULL_TIME, [3, 4], status=[1, 1]), "hidden", "(3 full-time persons or fewer)"),
        (column(Kind.FLOW, [3, 4], status=[0, 2]), "not_available", "not published yet"),
        (column(Kind.FLOW, [3, 4], status=[0, 4]), "rounded", "hidden by rounding"),
        (column(Kind.FLOW, [3, 4], status=[0, 6]), "filled", "filled with a guess"),
        (column(Kind.FLOW, [3, 4], dropped=3), "dropped", "3 hidden cells beside these are left out"),
        (column(Kind.FLOW, [3, 3]), "repeated", "1 of 2 cells repeats another one"),
        (column(Kind.FLOW, [0, 3]), "levels", "different levels, stand together in 'Område'"),
        (column(Kind.STOCK, [3, 3], periods=[0, 1]), "periods", "the same stock is counted in each period"),
        (column(Kind.FULL_TIME, [3, 3], periods=[0, 1]), "periods", "an average over each period"),
        (column(Kind.FLOW, [3, 3], periods=[0, 2]), "periods", "periods of different types overlap"),
        (column(Kind.NONE, [3, 4]), "rate", "rates, averages, durations and unknown names do not add"),
        (column(Kind.PERSONS, [3, 4]), "persons", "counted once in every part"),
    ],
)
def test_the_error_says_why_in_words(array, reason, words):
    check = check_sums(array.cells)
    assert check.reasons_of() == (reason,)
    text = message(array)
    assert f"  {reason}: " in text
    assert words in text
    assert "allow_sums" in text
    assert "plain()" in text


def test_where_totals_stand_among_their_parts_the_published_total_comes_first():
    without = "df.jobindsats.without_totals()  # or .level(dimension, level): rows of one level only"
    there = "df.jobindsats.official_total('Måling flow', over='Område')  # the published total, which is among these"
    assert instead(column(Kind.FLOW, [0, 3, 4, 5])) == [there, without]
    # Regions and municipalities of the whole country, over several months.
    stock = column(Kind.STOCK, [1, 2, 3, 4, 5], periods=[0, 0, 1, 1, 1])
    asked, there_too = asked_for("stock")
    assert instead(stock)[:3] == [f"{asked} of each period", there_too, without]
    # Some municipalities are not the country, whether its row stands beside them or not.
    assert instead(column(Kind.FLOW, [0, 3])) == [NONE_KNOWN, without]
    # A region and its own municipalities: the country's total would be another number.
    assert instead(column(Kind.FLOW, [1, 3, 4])) == [NONE_KNOWN, without]
    # In one fund, that fund stays; a dimension without a published total has none to offer.
    assert instead(of([[0, 3, 4, 5], 1]))[0] == there
    assert instead(of([[0, 3, 4, 5], [1, 2, 1, 1]])) == [NONE_KNOWN, without]
    # Derived measures, several measures and unknown cells are published nowhere.
    assert instead(column(Kind.FLOW, [0, 3]) * 2)[0] == NONE_KNOWN
    both = DiscretionisedArray._concat_same_type([of([[0, 3], 0]), of([[0, 3], 0], Kind.STOCK)])
    assert instead(both)[0] == NONE_KNOWN
    unknown = DiscretionisedArray(np.ones(1), np.zeros(1, np.uint8))
    assert instead(DiscretionisedArray._concat_same_type([of([[0, 3], 0]), unknown]))[0] == NONE_KNOWN


def test_where_the_periods_alone_do_not_add_each_of_them_does():
    def lines(array):
        return [line for line in instead(array) if "each period" in line]

    twice = {"members": [3, 4, 3, 4], "periods": [0, 0, 1, 1]}
    for kind in (Kind.STOCK, Kind.FULL_TIME):
        call = f"df.jobindsats.sum_bounds('Måling {kind}', by='period')"
        assert lines(column(kind, **twice)) == [f"{call}  # one sum for each period"]
        assert lines(column(kind, **twice, status=[0, 1, 0, 0])) == [
            f"{call}  # the interval for each period"
        ]
    frame = pd.DataFrame({"Periode": list("aabb"), "x": column(Kind.STOCK, **twice)})
    assert frame.jobindsats.sum_bounds("Måling stock", by="period")["value"].tolist() == [20, 20]
    for refused in (
        column(Kind.PERSONS, **twice),
        column(Kind.NONE, **twice),
        column(Kind.STOCK, [0, 3, 3], periods=[0, 0, 1]),
        column(Kind.STOCK, **twice, dropped=1),
        column(Kind.FLOW, [3, 4], status=[0, 1]),
    ):
        assert "groupby" not in message(refused)
        assert lines(refused) == []


def test_one_cell_alone_is_spoken_of_as_one_and_is_better_pivoted():
    pivot = "df.pivot(...)  # to reshape without adding"
    for status, words in ((1, "hidden: the cell is discretionised"), (2, "the cell is not available")):
        alone = message(column(Kind.FLOW, [3], status=[status]))
        assert words in alone
        assert "1 of 1" not in alone
        assert pivot in alone
    frame = pd.DataFrame(
        {"a": list("xxy"), "b": list("pqp"), "value": column(Kind.FLOW, [3, 4, 5], status=[0, 1, 0])}
    )
    with pytest.raises(InvalidSumError) as caught:
        frame.pivot_table(index="a", columns="b", values="value", aggfunc="sum")
    assert pivot in str(caught.value)
    pivoted = frame.pivot(index="a", columns="b", values="value")  # noqa: PD010 - the call that is offered
    assert pivoted.shape == (2, 2)
    with pytest.raises(InvalidSumError) as caught:
        frame.groupby("b").value.sum()
    assert pivot not in str(caught.value)
    one = message(column(Kind.FLOW, [3], dropped=2))
    assert "2 hidden cells beside this one are left out" in one
    assert pivot not in one


def test_a_rate_is_to_be_weighted_by_what_it_is_a_rate_of():
    # Recruitment areas are of another hierarchy than regions: with them it is no selection of one level.
    some, parts, whole = (message(column(Kind.NONE, members)) for members in ([3, 5], [3, 4, 5], [1, 2]))
    for text in (some, parts, whole):
        assert "(rate * denominator).sum() / denominator.sum()" in text
        assert (
            "the rate's denominator (arbejdsstyrken, befolkningen), if you have it; never by its numer"
            in text
        )
        assert text.count("df.jobindsats.official_total('Måling none'") == (text is not some)
    assert "official_total" not in message(column(Kind.NONE, [3, 3], periods=[0, 1]))


def test_rolling_years_never_add_not_even_flows():
    space = AddressSpace("y04", "T", MEASURES, (("QMAT", "2025QMAT01"), ("QMAT", "2026QMAT01")), ())
    array = DiscretionisedArray(
        np.array([5, 6]), np.zeros(2, np.uint8), space.encode(3, [0, 1]), Registry.of(space)
    )
    assert check_sums(array.cells).reasons_of() == ("periods",)
    assert "periods of the type QMAT overlap" in message(array)


def test_weeks_do_not_overlap_but_each_lies_in_a_month():
    first, second, month = map(PERIODS.index, [("W", "2026W01"), ("W", "2026W02"), ("M", "2026M01")])

    def flows(*periods):
        addresses = SPACE.encode(FLOW, periods)
        return DiscretionisedArray(np.array([5, 6]), np.zeros(2, np.uint8), addresses, Registry.of(SPACE))

    weeks = flows(first, second)
    assert weeks.sum() == 11
    assert weeks[0] + weeks[1] == 11
    assert "periods of different types overlap" in message(flows(first, month))


def test_the_error_says_what_an_override_made_of_a_measure():
    space = AddressSpace(
        "y05", "T", (AddressMeasure("m", "Antal sanktioner", Kind.PERSONS),), PERIODS, (AREA,)
    )
    array = DiscretionisedArray(
        np.array([5, 6]), np.zeros(2, np.uint8), space.encode(0, 0, [[3, 4]]), Registry.of(space)
    )
    assert "of kind 'persons' by additive=" in message(array)


def test_money_has_no_upper_bound_and_full_time_persons_half_a_person():
    assert "at least 10; nothing bounds it" in message(column(Kind.MONEY, [3, 4], status=[0, 1]))
    assert "between 9.5 and 13.5" in message(column(Kind.FULL_TIME, [3, 4], status=[0, 1]))


def test_a_sum_beside_its_cells_is_told_of_by_the_name_of_what_was_added_up():
    cells = pd.Series(make([5, 6, 7, 8]))
    both = pd.concat([cells.groupby([0, 0, 1, 1]).sum(), cells[:1]])
    assert "refused for 3 cells of 'Måling flow' (t)" in message(both.array)


def test_many_names_are_cut_short():
    space = AddressSpace(
        "y06", "T", tuple(AddressMeasure(str(i), f"M{i}", Kind.FLOW) for i in range(9)), PERIODS, ()
    )
    array = DiscretionisedArray(
        np.ones(9), np.zeros(9, np.uint8), space.encode(np.arange(9), 0), Registry.of(space)
    )
    text = message(array)
    assert "'M0', 'M1', 'M2', 'M3' and 5 more are different measures" in text
    assert "to_wide()" in text


def test_a_group_that_is_refused_is_named_by_what_it_holds():
    frame = pd.DataFrame({"key": ["a", "a", "b"], "value": column(Kind.FLOW, [3, 4, 5], status=[0, 1, 0])})
    with pytest.raises(
        InvalidSumError, match=r"refused in 1 of 2 groups; the first has 2 cells of 'Måling flow' \(y01\)"
    ):
        frame.groupby("key").value.sum()


def test_a_sum_that_is_refused_on_its_way_tells_no_interval_of_what_it_has_seen():
    cells = column(Kind.FLOW, [3, 4, 5, 6], status=[0, 0, 0, 1])
    for add in (sum, lambda cells: pd.Series(cells).agg(sum), lambda cells: sum(list(cells)[2:])):
        with pytest.raises(
            InvalidSumError, match=r"^sum: refused after the first (\d cells|cell) of "
        ) as caught:
            add(cells)
        assert "true number" not in str(caught.value)
    with pytest.raises(InvalidSumError, match="The true number lies between 10 and 20"):
        column(Kind.PERSONS, [3])[0] + column(Kind.PERSONS, [4])[0]


GROUPED = {
    "by a column": (lambda df: df.groupby("area").value.sum(), "by='area'"),
    "by that very column": (lambda df: df.groupby(df["area"]).value.sum(), "by='area'"),
    "by two": (lambda df: df.groupby(["area", "day"]).value.sum(), "by=['area', 'day']"),
    "pivot_table": (lambda df: df.pivot_table("value", "area", "day", "sum"), "by=['area', 'day']"),
    "by what is made of one": (lambda df: df.groupby(df["area"] // 2).value.sum(), "by='key'"),
    "by years": (lambda df: df.groupby([df["day"].dt.year, "area"]).value.sum(), "by='key'"),
    "by a Grouper": (lambda df: df.groupby(["area", pd.Grouper(key="day", freq="YS")]).value.sum(), "by='key'"),
    "resample": (lambda df: df.set_index("day").value.resample("MS").sum(), "by='key'"),
    "crosstab": (lambda df: pd.crosstab(df["area"], df["day"], df.value, aggfunc="sum"), "by='key'"),
}  # fmt: skip


@pytest.mark.parametrize("name", GROUPED)
def test_the_advice_for_groups_names_their_keys_where_those_are_columns(name):
    group, keys = GROUPED[name]
    days = pd.to_datetime(["2026-01-01", "2026-02-01"] * 3)
    hidden = make([3, 4, 5, 6, 7, 8], [0, 1, 0, 0, 1, 0])
    with pytest.raises(InvalidSumError) as caught:
        group(pd.DataFrame({"area": [1, 1, 2, 2, 1, 1], "day": days, "value": hidden}))
    assert f"sum_bounds('Måling flow', {keys})" in str(caught.value)


def test_columns_that_were_put_side_by_side_are_no_groups():
    first, second = (pd.Series(column(Kind.PERSONS, [3, 4], periods=period)) for period in (0, 1))
    with pytest.raises(InvalidSumError, match=r"^\+: refused in 2 of 2 rows") as caught:
        first + second
    assert "your groups" not in str(caught.value)
    hidden = column(Kind.FLOW, [3, 4], status=[0, 1])
    wide = pd.DataFrame({"a": hidden, "b": column(Kind.FLOW, [3, 4], periods=1)})
    with pytest.raises(InvalidSumError, match=r"refused in 1 of 2 rows") as caught:
        wide.sum(axis=1)
    assert "Instead:\n  df.sum(axis=1, skipna=False)  # 1 of 2 rows are right" in str(caught.value)
    assert wide.sum(axis=1, skipna=False).isna().tolist() == [False, True]
    months = pd.DataFrame(
        {name: make([3.5, 4.5], kind=Kind.FULL_TIME, period=n) for n, name in enumerate("ab")}
    )
    with pytest.raises(InvalidSumError, match="in 2 of 2 rows") as caught:
        months.sum(axis=1)
    assert "mean()" not in str(caught.value)


def test_inside_allow_sums_everything_goes_through_and_adds_to_nothing_outside():
    array = column(Kind.PERSONS, [0, 3, 4], status=[0, 1, 0])
    with allow_sums():
        total = array.sum()
        assert total == 20
        assert sum(array) == 20
        assert pd.Series(array).groupby([0, 0, 1]).sum().tolist() == [10, 10]
    with pytest.raises(InvalidSumError, match="belongs to no known cell"):
        total + array[0]
    with pytest.raises(InvalidSumError):
        array.sum()


def test_allow_sums_holds_in_its_own_thread_alone():
    import threading

    outcomes = []

    def try_it():
        try:
            column(Kind.PERSONS, [3, 4]).sum()
        except InvalidSumError:
            outcomes.append("refused")

    with allow_sums():
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
        assert column(Kind.PERSONS, [3, 4]).sum() == 20
    assert outcomes == ["refused"]


def test_the_error_can_be_pickled():
    import pickle

    with pytest.raises(InvalidSumError) as caught:
        column(Kind.PERSONS, [3, 4]).sum()
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_coarser_period_that_is_covered_exactly_is_named_and_no_other():
    periods = (
        *(("M", f"2026M{m:02d}") for m in range(1, 13)),
        ("Q", "2026Q01"),
        ("Q", "2026Q02"),
        ("Y", "2026Y01"),
    )
    measures = (
        AddressMeasure("p", "Antal personer", Kind.PERSONS),
        AddressMeasure("f", "Antal fuldtidspersoner", Kind.FULL_TIME),
    )
    space = AddressSpace("y07", "T", measures, periods, (AREA,))

    def text(measure, months, member=3):
        addresses = space.encode(measure, np.array(months), [member])
        ones = np.full(len(addresses), 9)
        return message(
            DiscretionisedArray(ones, np.zeros(len(addresses), np.uint8), addresses, Registry.of(space))
        )

    quarter = "ji.read_jobindsats('y07', by={'_nykom': '/1/1/'}, periods='2026Q01', period_type='Q')"
    assert quarter in text(0, [0, 1, 2])
    assert "periods='2026Y01', period_type='Y'" in text(0, range(12))
    assert "ji.read_jobindsats('y07', periods='2026Q02', period_type='Q')" in text(0, [3, 4, 5], member=0)
    for months in ([0, 1], [1, 2, 3], [0, 1, 2, 3]):
        assert "period_type=" not in text(0, months)
    assert "df['Antal fuldtidspersoner'].mean()" in text(1, [0, 1])
    assert ".mean()" not in text(0, [0, 1])


def test_municipalities_that_make_up_a_region_of_another_hierarchy_are_told_of_it():
    area = AddressDimension.build(
        "_omrade",
        "Område",
        [
            ("_nykom", "1", "Land", [("/", "Hele landet")]),
            ("_nykom", "2", "Kommune", [("/1/", "A"), ("/2/", "B"), ("/3/", "C"), ("/4/", "Uoplyst område")]),
            ("_reko", "1", "Region", [("/1/", "Nord"), ("/2/", "Syd")]),
            ("_reko", "2", "Kommune", [("/1/1/", "A"), ("/1/2/", "B"), ("/2/3/", "C")]),
        ],
    )
    space = AddressSpace("y08", "T", (AddressMeasure("p", "Antal personer", Kind.PERSONS),), PERIODS, (area,))

    def text(members):
        addresses = space.encode(0, 0, [np.array(members)])
        ones = np.full(len(addresses), 9)
        return message(
            DiscretionisedArray(ones, np.zeros(len(addresses), np.uint8), addresses, Registry.of(space))
        )

    assert "ji.read_jobindsats('y08', by={'_reko': '/1/'}, periods='2026M01')" in text([1, 2])
    assert "_reko" not in text([1, 3])
    # "Uoplyst område" is a municipality like any other: without it the country is not whole.
    assert "official_total" not in text([1, 2, 3])
    assert "official_total" in text([1, 2, 3, 4])


def test_the_refusal_of_groups_names_how_many_are_right_and_the_call_that_gives_them():
    flow = column(Kind.FLOW, [3, 4, 5, 3, 4, 5], periods=[0, 0, 0, 1, 1, 1], status=[1, 0, 0, 0, 0, 0])
    frame = pd.DataFrame({"kommune": list("ABCABC"), "måned": list("111222"), "antal": flow})
    right = "df.jobindsats.sum_bounds('Måling flow', by='måned')  # 1 of 2 groups are right"
    with pytest.raises(InvalidSumError, match=re.escape(right)):
        frame.groupby("måned")["antal"].sum()
    with pytest.raises(InvalidSumError, match=re.escape("by=['måned', 'kommune'])  # 5 of 6")):
        frame.groupby(["måned", "kommune"])["antal"].sum()
    unnamed = "(df.assign(key=…).jobindsats.sum_bounds('Måling flow', by='key'), with your groups as a column: 1 of 2 groups"
    with pytest.raises(InvalidSumError, match=re.escape(unnamed)):
        frame.groupby([0, 0, 0, 1, 1, 1])["antal"].sum()
    wide = frame.pivot(index="kommune", columns="måned", values="antal")  # noqa: PD010
    with pytest.raises(InvalidSumError, match=r"sum\(axis=1\): refused in 1 of 3 rows") as caught:
        wide.sum(axis=1)
    assert "groupby" not in str(caught.value)
    with pytest.raises(InvalidSumError, match=r"^pivot_table: refused in 1 of 2 cells of the table"):
        frame.pivot_table(index="måned", values="antal", aggfunc="sum")
    persons = frame.assign(antal=column(Kind.PERSONS, [3, 4, 5, 3, 4, 5], periods=[0, 0, 0, 1, 1, 1]))
    with pytest.raises(InvalidSumError, match=r"^pivot_table\(margins=True\): refused for 6 cells"):
        persons.pivot_table(index="kommune", columns="måned", values="antal", aggfunc="sum", margins=True)


def test_bounds_have_the_sums_that_are_right_beside_those_that_are_hidden():
    flow = column(Kind.FLOW, [3, 4, 5, 3, 4, 5], periods=[0, 0, 0, 1, 1, 1], status=[1, 0, 0, 0, 0, 0])
    frame = pd.DataFrame({"kommune": list("ABCABC"), "måned": list("111222"), "antal": flow})
    bounds = frame.jobindsats.sum_bounds("antal", by="måned")
    assert bounds["value"].array.status.tolist() == [1, 5]
    assert bounds["value"].iloc[1] == 30
    assert bounds["low"].tolist() == [20, 30]
    assert bounds["high"].tolist() == [22, 30]
    assert bounds["why"].tolist() == ["1 hidden cell of 0 to 2", ""]
    levels = column(Kind.FLOW, [0, 3, 4, 5], periods=0)
    mixed = pd.DataFrame({"g": list("xyyy"), "antal": levels}).jobindsats.sum_bounds("antal", by="g")
    assert mixed["value"].tolist() == [10, 30]
    both = pd.DataFrame({"g": list("xxyy"), "antal": levels}).jobindsats.sum_bounds("antal", by="g")
    assert both["value"].array.status.tolist() == [1, 5]
    assert both["low"].isna().tolist() == [True, False]
    assert both["why"].tolist() == ["totals and their parts stand together", ""]


def test_a_sum_over_months_with_gaps_says_how_many_there_are() -> None:
    periods = tuple(("M", f"{2024 + n // 4}M{n % 4 * 3 + 3:02d}") for n in range(8))
    space = AddressSpace("y25", "T", (MEASURES[FLOW],), (*periods, ("Q", "2024Q01"), ("Q", "2024Q02")), ())

    def column(places: list[int]) -> pd.Series:
        addresses = space.encode(0, np.array(places))
        numbers, status = np.arange(len(places)) + 10, np.zeros(len(places), dtype=np.uint8)
        return pd.Series(DiscretionisedArray(numbers, status, addresses, Registry.of(space)))

    every = column(list(range(8)))
    told = "table y25 has 8 of the 22 periods of type M from 2024M03 to 2025M12"
    calls = (
        every.sum,
        lambda: every.rolling(4).sum(),
        every.cumsum,
        lambda: every.groupby([0, 0, 0, 0, 1, 1, 1, 1]).sum(),
    )
    for call in calls:
        with pytest.warns(HiddenCellsWarning, match=told) as caught:
            call()
        assert [one.filename for one in caught] == [__file__]
    # One period in each group, other types, and who says so: nothing to tell.
    every.groupby(list(range(8))).sum()
    column([8, 9]).sum()
    column([8, 9, 0]).groupby([0, 0, 1]).sum()  # each group of its own type
    with allow_sums():
        every.sum()


def test_the_country_is_not_offered_for_municipalities_that_are_not_the_whole_level():
    area = AddressDimension.build(
        "_omrade",
        "Område",
        [
            ("_nykom", "1", "Land", [("/", "Hele landet")]),
            ("_nykom", "2", "Kommune", [("/1/", "A"), ("/2/", "B"), ("/3/", "Uoplyst område")]),
        ],
    )
    space = AddressSpace("y09", "T", (AddressMeasure("p", "Antal personer", Kind.PERSONS),), PERIODS, (area,))

    def frame(members):
        addresses = space.encode(0, 0, [np.array(members)])
        ones = np.full(len(addresses), 9)
        array = DiscretionisedArray(ones, np.zeros(len(addresses), np.uint8), addresses, Registry.of(space))
        return pd.DataFrame({"Område": [area.members[code].name for code in members], "antal": array})

    for some in ([1], [1, 2], [1, 3]):
        with pytest.raises(
            QueryError, match=f"of just these: the frame holds {len(some)} of 3 members"
        ) as caught:
            frame(some).jobindsats.official_total()
        assert "The total of all of them, another number" in str(caught.value)
        if len(some) > 1:
            assert "official_total" not in message(frame(some)["antal"].array)
    with pytest.raises(QueryError, match="It is one call away"):
        frame([1, 2, 3]).jobindsats.official_total()
    assert "official_total" in message(frame([1, 2, 3])["antal"].array)


def test_what_is_made_of_an_estimate_is_one_too():
    """A published average times what it is an average of is right to within rounding, however it is computed on."""
    measures = (
        AddressMeasure("r", "Gnsn. udbetaling pr. person, kr.", Kind.NONE),
        AddressMeasure("n", "Antal personer", Kind.PERSONS),
    )
    registry = Registry.of(AddressSpace("y10", "T", measures, PERIODS, (AREA,)))

    def cells(measure, values):
        addresses = registry.spaces[0].encode(measure, 0, [[3, 4]])
        return DiscretionisedArray(np.array(values), np.zeros(2, np.uint8), addresses, registry)

    rate, count = cells(0, [100.0, 200.0]), cells(1, [3, 4])
    product = rate * count
    estimates = {
        "the product": product,
        "of a scaled rate": (rate / 1000) * count,
        "scaled": product / 1000,
        "scaled back": (product * 4) * 0.25,
        "rounded": product.round(1),
        "less another": product - product * 2,
        "of single cells": pd.array([a * b for a, b in zip(rate, count, strict=True)], dtype=rate.dtype),
    }
    for how, array in estimates.items():
        (measure,) = {measure for _, measure in array.registry.measures(array.addresses)}
        assert measure.approximate, how
        assert measure.kind is Kind.MONEY
        assert np.isnan(check_sums(array.cells).bounds().low).all()
        assert all(text.startswith("≈") for text in texts(array.cells))
    assert pd.Series(estimates["of a scaled rate"]).sum() == pytest.approx(1.1)
    # A ratio that was made here is exact.
    assert not ((count / rate) * rate).registry.measures(((count / rate) * rate).addresses)[0][1].approximate


# ---- the advice, followed ------------------------------------------------------------------------------------------


def told_where_from(frame, url):
    """The frame with cells that know the address they were read from."""
    frame = frame.copy()
    for place in range(frame.shape[1]):
        if isinstance(frame.iloc[:, place].array, DiscretionisedArray):
            cells = frame.iloc[:, place].array.cells
            registry = Registry([replace(space, url=url) for space in cells.registry.spaces])
            frame.isetitem(place, DiscretionisedArray.from_cells(replace(cells, registry=registry)))
    return frame


def hidden_column(frame):
    """A count of which cells are hidden."""
    return next(
        name
        for name in frame
        if isinstance(frame[name].array, DiscretionisedArray)
        and (frame[name].array.status == CellStatus.DISCRETIONISED).any()
        and name.startswith("Antal")
    )


def wide(frame):
    return frame.pivot(index="A-kasse", columns="Periode", values="Antal ledige personer")  # noqa: PD010


def refusal(call, frame):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(InvalidSumError) as caught:
            call(frame)
    return str(caught.value)


FUNDS = {"by": "A-kasse", "periods": "latest:2"}
ADVICE = {
    "a column of parts": ("y01h01", FUNDS, lambda df: df[hidden_column(df)].sum(), "ji.read_official_total"),
    "a column with its total": (
        "y01h01",
        {**FUNDS, "by": {"_akassedp": "*"}},
        lambda df: df[hidden_column(df)].sum(),
        "df.jobindsats.official_total",
    ),
    "rates": ("y01h01", FUNDS, lambda df: df[df.columns[-1]].sum(), "ji.read_official_total"),
    "groups": (
        "y01h01",
        FUNDS,
        lambda df: df.groupby("A-kasse", observed=True)[hidden_column(df)].sum(),
        "df.jobindsats.sum_bounds",
    ),
    "a pivot table": (
        "y01h01",
        FUNDS,
        lambda df: df.pivot_table(index="A-kasse", values=hidden_column(df), aggfunc="sum", observed=True),
        "df.jobindsats.sum_bounds",
    ),
    "margins": (
        "y25i01",
        FUNDS,
        lambda df: df.pivot_table(
            index="A-kasse",
            columns="Periode",
            values="Antal ledige personer",
            aggfunc="sum",
            margins=True,
            observed=True,
        ),
        "ji.read_official_total",
    ),
    "full-time persons over months": (
        "y25i01",
        {"periods": "latest:6"},
        lambda df: df["Antal ledige fuldtidspersoner"].sum(),
        "df['Antal ledige fuldtidspersoner'].mean()",
    ),
    "full-time persons over months, by fund": (
        "y25i01",
        FUNDS,
        lambda df: df.groupby("A-kasse", observed=True)["Antal ledige fuldtidspersoner"].sum(),
        "df.groupby('A-kasse', observed=True)['Antal ledige fuldtidspersoner'].mean()",
    ),
    "the months of a year": (
        "y01u01",
        {"periods": "2025M01:2025M12"},
        lambda df: df["Antal personer med udbetaling"].sum(),
        "ji.read_jobindsats('y01u01', periods='2025Y01', period_type='Y', client=client)",
    ),
    "the quarters of a year, of one fund": (
        "y01h01",
        {"by": {"_akassedp": "/1/"}, "periods": "2025Q01:2025Q04"},
        lambda df: df[df.columns[-1]].sum(),
        "ji.read_jobindsats('y01h01', by={'_akassedp': '/1/'}, periods='2025Y01', period_type='Y', client=client)",
    ),
    "all funds in the quarters of a year": (
        "y01h01",
        {"by": "A-kasse", "periods": "2025Q01:2025Q04"},
        lambda df: df[hidden_column(df)].sum(),
        "ji.read_jobindsats('y01h01', periods='2025Y01', period_type='Y', client=client)",
    ),
    "the quarters of a year but one": (
        "y01h01",
        {"periods": "2025Q02:2025Q04"},
        lambda df: df[df.columns[-1]].sum(),
        "df.jobindsats.plain()",
    ),
    "the municipalities of a labour market region": (
        "y25i01",
        {"by": {"_nykom": "those of a region"}, "periods": 1},
        lambda df: df["Antal ledige personer"].sum(),
        "ji.read_jobindsats('y25i01', by={'_reko': '/1/'}, periods='2026M08', client=client)",
    ),
    "some municipalities": (
        "y25i01",
        {"by": {"_nykom": ["Aarhus", "Odense"]}, "periods": 1},
        lambda df: df["Antal ledige personer"].sum(),
        "df.jobindsats.sum_bounds",
    ),
    "wide, side by side": (
        "y25i01",
        FUNDS,
        lambda df: wide(df).sum(axis=1),
        "df.jobindsats.plain()",
    ),
    "several measures in one row": (
        "y25i01",
        FUNDS,
        lambda df: df.set_index(["Periode", "A-kasse"]).sum(axis=1),
        "df.jobindsats.plain()",
    ),
}


@pytest.mark.parametrize("case", ADVICE)
def test_the_first_line_of_advice_works_for_the_frame(case, client):
    table, question, refused, expected = ADVICE[case]
    if question.get("by") == {"_nykom": "those of a region"}:
        below = client.table(table).hierarchy("_reko").members
        names = [member.name for member in below if member.path.startswith("/1/") and member.path != "/1/"]
        question = {**question, "by": {"_nykom": names}}
    frame = told_where_from(ji.read_jobindsats(table, **question, client=client), client.base_url)
    text = refusal(refused, frame)
    lines = [line.strip() for line in text[text.index("Instead:") :].splitlines()[1:]]
    first = next(line for line in lines if not line.startswith("("))
    assert first.startswith(expected)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = eval(first, {"df": frame, "ji": ji, "client": client})
    assert found.notna().any(axis=None) if hasattr(found, "notna") else found > 0
    # The client is asked for where the cells come from another address than the usual one, and only there.
    of_another = f"# client: the ji.Client of {client.base_url}, where these cells come from"
    assert (of_another in lines) is ("client=client" in text)
    usual = refusal(refused, told_where_from(frame, ""))
    assert "client" not in usual
    assert usual == text.replace(", client=client", "").replace(f"\n  {of_another}", "")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("JOBINDSATS_API_URL", client.base_url)
        assert refusal(refused, frame) == usual
    assert ("groupby" in text) is (case.startswith("groups") or "by fund" in case)


def months(count=3, *, kind=Kind.FLOW, members=4):
    """Months beside each other, of some municipalities."""
    return pd.DataFrame(
        {f"m{p}": make(10 * np.arange(1, members + 1) + p, kind=kind, period=p) for p in range(count)},
        index=[f"K{member}" for member in range(1, members + 1)],
    )


def test_a_sum_over_periods_is_added_to_others():
    wide = months()
    long = wide.reset_index(names="area").melt("area", var_name="month")
    by_area, total = long.groupby("area").value.sum(), 312
    assert long.value.sum() == total
    assert wide.sum().sum() == wide.sum(axis=1).sum() == by_area.sum() == total
    assert by_area.nlargest(2).sum() == by_area.iloc[2] + by_area.iloc[3] == 93 + 123
    assert sum(group.value.sum() for _, group in long.groupby("area")) == total
    assert (by_area / by_area.sum()).round(3).tolist() == [0.106, 0.202, 0.298, 0.394]
    assert (by_area * 2).sum() == 2 * total
    assert pickle.loads(pickle.dumps(by_area)).sum() == total


def test_sums_over_other_periods_are_added_and_over_the_same_ones_are_not():
    wide = months()
    first, last = wide[["m0", "m1"]].sum(axis=1), wide[["m1", "m2"]].sum(axis=1)
    assert (first + wide.m2).tolist() == wide.sum(axis=1).tolist()
    assert pd.concat([first, wide.m2]).sum() == (first + wide.m2).sum() == 312
    assert pd.concat([first.iloc[:2], last.iloc[2:]]).sum() == 21 + 41 + 63 + 83
    for overlapping in (
        lambda: first + last,
        lambda: pd.concat([first, last]).sum(),
        lambda: first + wide.m1,
    ):
        with pytest.raises(InvalidSumError, match="some of the same cells") as caught:
            overlapping()
        assert caught.value.reasons == ("repeated",)
    with pytest.raises(InvalidSumError, match="repeat"):
        pd.concat([first, first]).sum()


def test_cells_beside_a_sum_are_looked_at_one_by_one_too():
    wide = months()
    over_periods = wide[["m0", "m1"]].sum(axis=1)
    together = pd.concat([wide.m2[:1], over_periods[:1], wide.m0[1:], wide.m1[1:], wide.m0[:1]])
    cells = list(together)
    begun = cells[0] + cells[1]
    assert sum(cells[:-1]) == together[:-1].sum()
    assert (begun + cells[2], begun + cells[3]) == (53, 63)
    for twice in (lambda: sum(cells), lambda: begun + cells[-1], lambda: begun + cells[2] + cells[-1]):
        with pytest.raises(InvalidSumError) as caught:
            twice()
        assert caught.value.reasons == ("repeated",)


def test_a_sum_over_periods_is_no_cell_of_its_table():
    wide = months()
    total = wide.sum(axis=1)
    for column in (total, total * 2, total / total.sum()):
        array = column.array
        assert array.registry.decode(array.addresses) == array.registry.measures(array.addresses) == []
    with pytest.raises(InvalidSumError):
        months(kind=Kind.STOCK).sum().sum()


def test_what_was_left_out_belongs_to_the_periods_of_a_sum():
    wide = months()
    wide["m1"] = make([0, 21, 31, 41], [CellStatus.ABSENT, 0, 0, 0], period=1)
    assert wide.sum(axis=1).sum() == wide.sum().sum() == 301
    with pytest.raises(InvalidSumError):
        pd.concat([wide.sum(axis=1), wide.m1]).sum()


@pytest.mark.parametrize("limit", ["_MOST_SETS", "MOST_MARKS"])
def test_sums_over_many_different_periods_are_sums_of_no_known_cells(monkeypatch, limit):
    ragged = pd.concat([months(1, members=9)["m0"], months(3, members=9)["m2"]])
    numbers = ragged.groupby(level=0).sum()
    assert numbers.sum() == ragged.sum()
    monkeypatch.setattr(sums, limit, 1)
    with pytest.raises(InvalidSumError):
        pd.concat([ragged, months(2, members=2)["m1"]]).groupby(level=0).sum().sum()


def municipalities(periods=2, *, kind=Kind.FLOW, members=9):
    """Cells of municipalities by month, in groups of one's own; each number tells which cells are in a sum."""
    frames = [
        pd.DataFrame(
            {
                "month": f"m{period}",
                "area": range(members),
                "size": ["small", "large", "small"] * (members // 3),
                "value": make(4 ** (np.arange(members) + members * period), kind=kind, period=period),
            }
        )
        for period in range(periods)
    ]
    return pd.concat(frames, ignore_index=True)


def everything(frame):
    return int(frame.value.array.numbers.sum())


def test_sums_of_groups_of_ones_own_are_added():
    frame = municipalities()
    total = everything(frame)
    by_size = frame.groupby("size").value.sum()
    by_both = frame.groupby(["size", "month"]).value.sum()
    crossed = pd.crosstab(frame["size"], frame["month"], values=frame.value, aggfunc="sum")
    assert by_size.sum() == by_both.sum() == by_both.unstack().sum().sum() == total  # noqa: PD010 - a frame of the same cells
    assert by_both.groupby(level=0).sum().sum() == by_both.groupby(level=1).sum().sum() == total
    assert by_both.groupby(level=0).sum().tolist() == by_size.tolist()
    assert crossed.sum(axis=None) == crossed.sum(axis=1).sum() == crossed.sum().sum() == total
    assert (crossed.loc["large"] + crossed.loc["small"]).sum() == total
    shares = pd.crosstab(frame["size"], frame["month"], values=frame.value, aggfunc="sum", normalize="index")
    assert shares.iloc[0].tolist() == [number / by_size.iloc[0] for number in by_both["large"]]
    assert (2 * by_both).sum() == 2 * total
    assert pickle.loads(pickle.dumps(by_both)).sum() == total
    one_by_one = frame.groupby(["size", "month"]).value.agg(lambda group: group.sum())
    assert one_by_one.array.addresses.tolist() == by_both.array.addresses.tolist()
    assert frame.iloc[1:].groupby(["size", "month"]).value.sum().sum() == total - 1


def test_sums_of_ones_own_are_not_added_twice_nor_beside_what_is_in_them():
    frame = municipalities()
    by_both = frame.groupby(["size", "month"]).value.sum()
    small, large = frame[frame["size"] == "small"], frame[frame["size"] == "large"]
    thirds = frame.groupby([frame["area"] // 3, "month"]).value.sum()
    assert pd.concat([by_both["small"], large.value]).sum() == everything(frame)
    assert pd.concat([by_both["large"], thirds.loc[[0]].droplevel(0)[:0], small.value]).sum() == everything(
        frame
    )
    for twice in (
        lambda: pd.concat([by_both, by_both]).sum(),
        lambda: pd.concat([by_both["small"], small.value[:1]]).sum(),
        lambda: pd.concat([by_both["large"], thirds]).sum(),
        lambda: pd.concat([by_both, frame.groupby("size").value.sum()]).sum(),
        lambda: by_both + by_both,
    ):
        with pytest.raises(InvalidSumError) as caught:
            twice()
        assert caught.value.reasons == ("repeated",)
    with pytest.raises(InvalidSumError, match="some of the same cells"):
        pd.concat([by_both["small"], small.value[:1]]).sum()


def test_sums_of_ones_own_are_no_cells_and_add_as_their_measure_does():
    stock = municipalities(kind=Kind.STOCK)
    by_both = stock.groupby(["size", "month"]).value.sum()
    wide = by_both.unstack()  # noqa: PD010 - each cell once
    assert wide.sum().tolist() == stock.groupby("month").value.sum().tolist()
    with pytest.raises(InvalidSumError) as caught:
        by_both.sum()
    assert caught.value.reasons == ("periods",)
    array = by_both.array
    assert array.registry.decode(array.addresses) == array.registry.measures(array.addresses) == []
    assert (wide / 2)["m0"].sum() == stock[stock["month"] == "m0"].value.sum() / 2


def test_a_sum_of_all_below_a_member_stands_for_it():
    codes = [[3, 4, 5, 3, 4, 5], [0, 0, 0, 1, 1, 1]]
    addresses = SPACE.encode(FLOW, np.array(codes[1]), [np.array(codes[0]), 1])
    cells = Cells(*arrays(addresses, [0] * 6, [1, 2, 4, 8, 16, 32]), REGISTRY)
    # By region, of which one has a single municipality: its cell stays what it is, and so the levels differ.
    sums_of_regions = check_sums(cells, np.array([0, 0, 1, 0, 0, 1]), 2)
    assert sums_of_regions.valid
    by_month = check_sums(cells, np.array([0, 0, 0, 1, 1, 1]), 2)
    registry, placed = by_month.placed
    assert registry is REGISTRY
    assert placed.tolist() == SPACE.encode(FLOW, np.array([0, 1]), [0, 1]).tolist()
    frame = pd.DataFrame(
        {
            "region": [1, 1, 2] * 2,
            "month": codes[1],
            "value": DiscretionisedArray(*arrays(addresses, [0] * 6, [1, 2, 4, 8, 16, 32]), REGISTRY),
        }
    )
    assert (
        frame.groupby(["region", "month"]).value.sum().sum()
        == frame.groupby("region").value.sum().sum()
        == 63
    )


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_cell_is_in_a_sum_of_sums_twice(data):
    frame = municipalities(members=6)
    keys = st.lists(st.integers(0, 2), min_size=6, max_size=6)
    columns = []
    for _ in range(data.draw(st.integers(1, 2))):
        rows = frame[data.draw(st.lists(st.booleans(), min_size=12, max_size=12))]
        own = np.array(data.draw(keys))[rows.area] if data.draw(st.booleans()) else rows.index % 3
        for by in data.draw(
            st.lists(st.sampled_from(["own", "both", "month", "area"]), min_size=1, max_size=2)
        ):
            months_of_rows, areas = rows["month"].to_numpy(), rows["area"].to_numpy()
            grouped = {
                "own": [own],
                "both": [own, months_of_rows],
                "month": [months_of_rows],
                "area": [areas],
            }[by]
            found = rows.value.groupby(grouped).sum()
            columns.append(
                found[data.draw(st.lists(st.booleans(), min_size=len(found), max_size=len(found)))]
            )
    together = pd.concat(columns, ignore_index=True)
    with contextlib.suppress(InvalidSumError):
        if data.draw(st.booleans()):
            together = together.groupby(together.index % 2).sum()
        total, digits = int(sum(together) if data.draw(st.booleans()) else together.sum()), []
        while total:
            total, digit = divmod(total, 4)
            digits.append(digit)
        assert set(digits) <= {0, 1}


@pytest.mark.parametrize("remembered", [1 << 12, 1])
@settings(max_examples=100, deadline=None)
@given(
    masks=st.lists(st.lists(st.booleans(), min_size=12, max_size=12), min_size=2, max_size=4),
    built_in=st.booleans(),
)
def test_sums_add_as_the_cells_do_that_they_are_of(monkeypatch, remembered, masks, built_in):
    # Those of very many cells do not remember them: then some that would add are refused.
    monkeypatch.setattr(reductions, "_FEW", min(remembered, 64))
    monkeypatch.setattr(reductions, "_SEVERAL", remembered)
    frame = municipalities(members=6)
    sums = [frame[mask].value.sum() for mask in masks]
    times = np.sum(masks, axis=0)
    add = sum if built_in else functools.partial(functools.reduce, operator.add)
    if times.max() > 1:
        with pytest.raises(InvalidSumError):
            add(sums)
    elif remembered > 1:
        assert add(sums) == frame[times > 0].value.to_numpy().sum()
    else:
        with contextlib.suppress(InvalidSumError):
            assert add(sums) == frame[times > 0].value.to_numpy().sum()


def test_sums_of_parts_are_added_beside_each_other_and_not_to_what_they_are_in():
    frame = municipalities(members=6)
    january = frame[frame["month"] == "m0"].set_index("area").value
    first, second = january[:2].sum(), january[2:].sum()
    assert first + second == sum([first, second]) == january.sum()
    assert january[:2].sum() + january[2] + january[3:].sum() == january.sum()
    february = frame[frame["month"] == "m1"].set_index("area").value
    assert sum(january) + sum(february) == january.sum() + february.sum() == everything(frame)
    for twice in (
        lambda: first + january[0],
        lambda: first + january.sum(),
        lambda: sum([first, second, first]),
    ):
        with pytest.raises(InvalidSumError) as caught:
            twice()
        assert caught.value.reasons == ("repeated",)
    # A part of a level is no total, and does not add to one of another period.
    total_of_february = pd.Series(make([500], members=[0], period=1))
    for part in (first, frame[frame["area"] < 2].groupby("month").value.sum().iloc[0]):
        with pytest.raises(InvalidSumError) as caught:
            part + total_of_february[0]
        assert caught.value.reasons == ("levels",)
    wide = frame.pivot(index="month", columns="area", values="value")  # noqa: PD010 - each cell once
    assert (wide[[0, 1]].sum(axis=1) + wide[[2, 3, 4, 5]].sum(axis=1)).tolist() == wide.sum(axis=1).tolist()
    assert (wide.drop(columns=3).sum(axis=1) + wide[3]).tolist() == wide.sum(axis=1).tolist()
    with pytest.raises(InvalidSumError):
        wide[[0, 1]].sum(axis=1) + wide.sum(axis=1)


def test_sums_of_ones_own_stand_for_the_same_cells_however_members_are_numbered():
    names = ["b", "a", "d", "c"]

    def grouped(order, period, periods=("2026M01", "2026M02")):
        paths = [(f"/{name}/", name) for name in order]
        area = AddressDimension.build("_a", "Område", [("_h", "1", "Del", paths)])
        space = AddressSpace("t", "T", MEASURES, tuple(("M", one) for one in periods), (area,))
        codes = np.array([area.code(f"/{name}/", "_h") for name in names])
        cells = (np.arange(4) + 1, np.zeros(4, np.uint8), space.encode(FLOW, period, [codes]))
        return pd.Series(DiscretionisedArray(*cells, Registry.of(space))).groupby([0, 1, 1, 0]).sum()

    january, february = grouped("abcd", 0), grouped("dcxba", 1)
    assert january.tolist() == [5, 5]
    assert pd.concat([january, february]).sum() == (january + february).sum() == 20
    again = grouped("dcxba", 0)
    for twice in (lambda: pd.concat([january, again]).sum(), lambda: january + again):
        with pytest.raises(InvalidSumError) as caught:
            twice()
        assert caught.value.reasons == ("repeated",)
    registry = Registry.from_json(january.array.registry.to_json())
    assert registry is january.array.registry
    with pytest.raises(InvalidSumError):
        pd.concat([january[:1], grouped("dcxba", 0).iloc[:1]]).sum()


@pytest.mark.parametrize(("limit", "most"), [("_MOST_STEPS", 0), ("MOST_MARKS", 2), ("MOST_MARKS", 4)])
def test_sums_of_ones_own_that_take_too_long_to_tell_apart_are_refused(monkeypatch, limit, most):
    frame = municipalities(1)
    small, large = (frame[frame["size"] == size] for size in ("small", "large"))
    if limit == "_MOST_STEPS":
        monkeypatch.setattr(tables, limit, most)
    by_size = frame.groupby("size").value.sum()
    together = pd.concat([by_size[["large"]], small.value, large.value[:2]])
    monkeypatch.setattr(tables, limit, most)
    with pytest.raises(InvalidSumError):
        together.sum()
    with pytest.raises(InvalidSumError):
        (by_size if limit == "_MOST_STEPS" else together).groupby(lambda _: 0).sum()
