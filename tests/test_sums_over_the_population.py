"""Random sums over the sandbox's population: what goes through is the truth, what is refused was wrong."""

from __future__ import annotations

import math
import random
import warnings
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

import jobindsats_pandas as ji
from jobindsats_pandas.disclosure import REASONS, CellStatus, check_sums
from jobindsats_pandas.disclosure.arithmetic import kind_of_estimate
from jobindsats_pandas.errors import InvalidSumError
from jobindsats_pandas.kinds import ROUNDED_TABLES, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

QUESTIONS = 10_000

#: One list of reads for each pool of cells; the reads of a pool are concatenated.
POOLS: dict[str, list[dict[str, Any]]] = {
    "y25i01": [
        {"by": {"_nykom": "*", "_akassebl": ["/", "/1/", "/5/", "/9/", "/22/"]}, "periods": 2},
        {"by": {"_region": "*", "_akassebl": "*"}, "periods": 3},
        {"by": {"_reko": "*", "_ygrpi09": "*"}, "periods": 1},
    ],
    "y01c01": [
        {"by": {"_akassedp": "*", "_tilb_2ptv": "*"}, "periods": 3},
        {"by": {"_nykom": "*", "_tilb_2ptv": "level:tilb_hoved"}, "periods": 2, "complete": True},
    ],
    "y01h01": [
        {"by": {"_region": "*", "_akassedp": "*"}, "periods": 4},
        {"by": {"_nykom": "*", "_akassedp": ["/", "/2/", "/7/"]}, "periods": 3, "complete": True},
        {"by": {"_region": "*", "_akassedp": "*"}, "periods": 2, "period_type": "Y"},
    ],
    "y28a15": [{"by": {"_nykom": "*", "_akassedp": ["/", "/1/", "/3/", "/8/", "/20/"]}, "periods": 4}],
    "y14d03": [{"by": {"_nykom": "*", "_ygrpi09": "*"}, "periods": 5}],
    "y01u01": [
        {
            "by": {"_nykom": "*", "_akassedp": ["/", "/2/", "/4/", "/6/", "/19/"]},
            "periods": 3,
            "complete": True,
        },
        {"by": {"_akassedp": "*"}, "periods": 3, "period_type": "Y"},
    ],
    "y25i14": [
        {"by": {"_region": "*", "_escostar_rs": "*"}, "periods": 3},
        {"by": {"_reko": "*", "_escostar_rs": "level:escostar_omr"}, "periods": 2, "complete": True},
    ],
    "y30r21": [
        {"by": {"_region": "*", "_aldera": "*", "_kon": "*", "_oprinda": "*"}, "periods": 2},
        {"by": {"_nykom": "*", "_alder_5i30_60s": "*", "_oprinda": "*"}, "periods": 1},
    ],
    "ptv_a02": [
        {"by": {"_region": "*", "_ygrpi09": "*", "_kon": "*"}, "periods": 3},
        {"by": {"_nykom": "*", "_ygrpi09": "*"}, "periods": 2, "period_type": "Y"},
    ],
    "y25i06b": [
        {"by": {"_nykom": "*", "_var13uger": "*"}, "periods": 8},
        {"by": {"_region": "*", "_var13uger": "*"}, "periods": 12, "complete": True},
        {"by": {"_region": "*"}, "periods": 6, "period_type": "MYTD"},
    ],
}

TWO_TABLES = [("y01h01", "y01u01"), ("y25i01", "y01c01")]

# What the design of a table says of its measures, in the words of the rule.
KINDS = {
    "persons": "persons",
    "full-time": "full-time persons",
    "money": "money",
    "rate": "none",
    "rounded": "stock",
}
COUNTS = {"y01c01": "stock", "y01h01": "flow", "y25i06b": "flow"}


@dataclass(frozen=True)
class Fact:
    """One cell as its row's labels tell, and the truth behind it; nothing of it is read from the cell itself."""

    table: str
    measure: str
    kind: str
    period_type: str
    period: str
    members: dict[str, str]
    levels: tuple[tuple[str, int], ...]
    places: tuple[tuple[str, str], ...]
    status: str
    truth: float
    rounding: float


@dataclass
class Pool:
    """Cells of several reads in one column, and facts in the same order."""

    values: pd.Series
    facts: list[Fact]
    #: Positions that may be asked for together, by how they belong together.
    alike: list[list[int]] = field(default_factory=list)
    over_periods: list[list[int]] = field(default_factory=list)
    below_one_parent: list[list[int]] = field(default_factory=list)
    same_measure: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        assert len(self.values) == len(self.facts)
        groups: dict[str, dict[Any, list[int]]] = defaultdict(lambda: defaultdict(list))
        for position, fact in enumerate(self.facts):
            what = (fact.table, fact.measure)
            groups["alike"][*what, fact.period, fact.levels].append(position)
            groups["over_periods"][*what, fact.period_type, fact.levels].append(position)
            groups["same_measure"][what].append(position)
            for place, (hierarchy, path) in enumerate(fact.places):
                others = fact.places[:place] + fact.places[place + 1 :]
                for parent in ancestors(path):
                    key = (*what, fact.period, others, hierarchy, fact.levels[place], parent)
                    groups["below_one_parent"][key].append(position)
        for name, found in groups.items():
            setattr(self, name, list(found.values()))


@cache
def ancestors(path: str) -> tuple[str, ...]:
    """``/2/3/`` gives ``/`` and ``/2/``."""
    steps = path.strip("/").split("/") if path != "/" else []
    return tuple("/" + "".join(f"{step}/" for step in steps[:depth]) for depth in range(len(steps)))


def status_by_the_rule(measure: Any, truth: float, persons: float, late: bool, absent: bool) -> str:
    """What disclosure control leaves of a number; of a rate it is not known without looking."""
    if absent:
        return "absent"
    if late:
        return "not_available"
    if measure.kind == "rounded":
        return "rounded" if truth <= 5 else "shown"
    if measure.kind == "rate":
        return "look"
    hides = {
        "persons": truth < 3,
        "count": truth < 3,
        "full-time": truth < 3 or persons < 3,
        "money": persons < 3,
    }
    return "hidden" if hides[measure.kind] else "shown"


@cache
def placed(
    members: tuple[tuple[str, str], ...],
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, int], ...]]:
    """Where a row stands in each dimension, and on which levels; the total belongs to no hierarchy."""
    places = tuple(("", path) if path == "/" else (hierarchy, path) for hierarchy, path in members)
    return places, tuple((hierarchy, len(ancestors(path))) for hierarchy, path in places)


def facts_of(client: ji.Client, api: Any, frame: pd.DataFrame) -> dict[str, list[Fact]]:
    """For each measure's column of a wide frame the facts of its rows."""
    provenance = frame.attrs["jobindsats"]
    population = api.population[provenance["table"]]
    table = client.table(provenance["table"])
    names = table.periods(provenance["period_type"])
    period_ids = dict(zip(names["period"], names["period_id"], strict=True))
    periods = [period_ids[period] for period in frame.iloc[:, 0]]
    paths: dict[str, list[str]] = {}
    asked: dict[str, str] = {}
    for column, (dimension, identifier) in provenance["columns"]["dimensions"].items():
        hierarchy = table.hierarchy(identifier)
        asked[dimension] = identifier
        paths[identifier] = [hierarchy.members[hierarchy.codes_by_label[text]].path for text in frame[column]]
    designs = dict(zip(population.measure_ids, population.design.measures, strict=True))
    truths = {identifier: population.truths(identifier, periods, paths).tolist() for identifier in designs}
    persons = next(
        (truths[m] for m, design in designs.items() if design.kind == "persons"), [math.inf] * len(frame)
    )
    absent = [
        all(truths[m][row] == 0 for m, design in designs.items() if design.kind != "rate")
        for row in range(len(frame))
    ]
    newest = list(population.spans[provenance["period_type"]])
    members = [dict(zip(paths, row, strict=True)) for row in zip(*paths.values(), strict=True)]
    members = members or [{}] * len(frame)
    in_order = [asked.get(dimension.id, "") for dimension in table.structure]
    places = [placed(tuple((one, row.get(one, "/")) for one in in_order)) for row in members]
    found: dict[str, list[Fact]] = {}
    for measure in table.all_measures:
        design = designs[measure.id]
        late = set(newest[len(newest) - design.late :])
        found[measure.column] = facts = []
        seen = frame[measure.column].array
        for row, period in enumerate(periods):
            truth = truths[measure.id][row]
            status = status_by_the_rule(design, truth, persons[row], period in late, absent[row])
            if status == "look":
                shown = {CellStatus.OBSERVED: "shown", CellStatus.NOT_AVAILABLE: "not_available"}
                status = shown.get(seen.status[row], "hidden")
            facts.append(
                Fact(
                    table=table.id,
                    measure=measure.id,
                    kind=COUNTS[table.id] if design.kind == "count" else KINDS[design.kind],
                    period_type=provenance["period_type"],
                    period=period,
                    members=members[row],
                    levels=places[row][1],
                    places=places[row][0],
                    status=status,
                    truth=truth,
                    rounding={"full-time": 0.5, "rate": 0.5 * 10**-design.decimals}.get(design.kind, 0.0),
                )
            )
    return found


@dataclass(frozen=True)
class Answer:
    """One read in both layouts, with the facts of each measure's column of the wide one."""

    wide: pd.DataFrame
    long: pd.DataFrame
    facts: dict[str, list[Fact]]

    @property
    def facts_of_rows(self) -> list[Fact]:
        """In the order of the long layout."""
        rows = {column: iter(of_column) for column, of_column in self.facts.items()}
        return [next(rows[column]) for column in self.long["measure"]]


def long_pool(answers: Sequence[Answer]) -> Pool:
    """All cells of some reads, from the long layout."""
    values = pd.concat([answer.long["value"] for answer in answers], ignore_index=True)
    return Pool(values, [fact for answer in answers for fact in answer.facts_of_rows])


def wide_pool(answers: Sequence[Answer]) -> Pool:
    """All cells of some reads, the columns of the wide layout below each other."""
    together = pd.concat([answer.wide for answer in answers], ignore_index=True)
    columns = list(answers[0].facts)
    values = pd.concat([together[column] for column in columns], ignore_index=True)
    return Pool(values, [fact for column in columns for answer in answers for fact in answer.facts[column]])


@pytest.fixture(scope="module")
def answers(api: Any, tmp_path_factory: Any) -> dict[str, list[Answer]]:
    """Every read, once."""
    client = ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path_factory.mktemp("cache"))

    def answer(table: str, read: dict[str, Any]) -> Answer:
        wide = ji.read_jobindsats(table, **read, client=client)
        long = ji.read_jobindsats(table, **read, layout="long", client=client)
        return Answer(wide, long, facts_of(client, api, wide))

    return {table: [answer(table, read) for read in reads] for table, reads in POOLS.items()}


@pytest.fixture(scope="module")
def pools(answers: dict[str, list[Answer]]) -> dict[str, Pool]:
    """Every table as a pool of its own, long and wide in turns, and two pools of two tables each."""
    made = {
        table: (wide_pool if number % 2 else long_pool)(of_table)
        for number, (table, of_table) in enumerate(answers.items())
    }
    for one, other in TWO_TABLES:
        # The smaller of their reads: it is the two tables that matter.
        made[f"{one} and {other}"] = long_pool([answers[table][1] for table in (one, other)])
    return made


@pytest.fixture(scope="module")
def frames(answers: dict[str, list[Answer]]) -> list[tuple[pd.DataFrame, dict[str, list[Fact]]]]:
    """Wide frames as they are read, with the facts of each measure."""
    return [
        (one.wide, one.facts) for table, of_table in answers.items() if table != "ptv_a02" for one in of_table
    ]


# --- the rules, said once more as plainly as possible ----------------------------------------------------------------


def reasons_by_hand(facts: Sequence[Fact]) -> tuple[str, ...]:
    """Why these cells do not add."""
    facts = [fact for fact in facts if fact.status != "absent"]
    found = {fact.status for fact in facts} & {"hidden", "not_available"}
    if len(facts) > 1:
        found |= {fact.status for fact in facts} & {"rounded"}
        if len({(fact.table, fact.measure) for fact in facts}) > 1:
            found.add("measures")
        if any(fact.kind == "none" for fact in facts):
            found.add("rate")
        if any(fact.kind == "persons" for fact in facts):
            found.add("persons")
        cells = {(fact.table, fact.measure, fact.period, fact.places) for fact in facts}
        if len(cells) < len(facts):
            found.add("repeated")
        for table in {fact.table for fact in facts}:
            here = [fact for fact in facts if fact.table == table]
            if len({fact.levels for fact in here}) > 1:
                found.add("levels")
            types = {fact.period_type for fact in here}
            add_over_periods = (
                all(fact.kind in {"flow", "money"} for fact in here)
                and len(types) == 1
                and types <= {"M", "Q", "Y"}
            )
            if len({fact.period for fact in here}) > 1 and not add_over_periods:
                found.add("periods")
    return tuple(reason for reason in REASONS if reason in found)


def interval_by_hand(facts: Sequence[Fact], numbers: Sequence[float]) -> tuple[float, float] | None:
    """The interval of the sum by the rule, None where there is none."""
    reasons = set(reasons_by_hand(facts))
    persons = any(fact.kind == "persons" for fact in facts)
    if reasons & {"measures", "rate", "levels", "repeated", "not_available"} or (
        "periods" in reasons and not persons
    ):
        return None
    lows, highs = [0.0], [0.0]
    for fact, number in zip(facts, numbers, strict=True):
        if fact.status == "absent":
            continue
        if fact.kind == "none" and fact.status == "hidden":
            return None
        if fact.status == "hidden":
            lows.append(0)
            highs.append({"full-time persons": 3, "money": math.inf}.get(fact.kind, 2))
        elif fact.status == "rounded":
            lows.append(0)
            highs.append(number)
        elif fact.kind == "full-time persons":
            lows.append(max(number - 0.5, 0))
            highs.append(number + 0.5)
        else:
            lows.append(number)
            highs.append(number)
    return (max(lows) if persons else math.fsum(lows)), math.fsum(highs)


def truth_of(api: Any, facts: Sequence[Fact]) -> float:
    """The true number of the cells together; whoever is in two of them counts once."""
    taking_part = [fact for fact in facts if fact.status != "absent"]
    if not taking_part:
        return 0.0
    if len(taking_part) == 1:
        return taking_part[0].truth
    one = taking_part[0]
    union = api.population[one.table].truth_of_union
    if one.table in ROUNDED_TABLES:
        # The sandbox draws job adverts as it draws persons, who stay for months; an advert is of its month alone.
        months = {fact.period for fact in taking_part}
        return sum(
            union(one.measure, [(month, fact.members) for fact in taking_part if fact.period == month])
            for month in months
        )
    number: float = union(one.measure, [(fact.period, fact.members) for fact in taking_part])
    return number


def assert_is_the_truth(api: Any, facts: Sequence[Fact], total: float, truth: float | None = None) -> None:
    taking_part = [fact for fact in facts if fact.status != "absent"]
    truth = truth_of(api, facts) if truth is None else truth
    if [fact.status for fact in taking_part] == ["rounded"]:
        assert total == 5
        assert 0 <= truth <= 5
        return
    rounding = sum(fact.rounding for fact in taking_part)
    # Counts and money are exact; half a unit of what is rounded is not exact in binary.
    assert abs(total - truth) <= rounding * (1 + 1e-9) + (1e-9 * abs(truth) if rounding else 0), facts


# --- selections ------------------------------------------------------------------------------------------------------

WAYS = ("alike", "below_one_parent", "over_periods", "repeated", "levels", "measures", "any")


def select(way: str, pool: Pool, pick: Callable[[int], int]) -> list[int]:
    """Some cells that belong together in one way; `pick(n)` draws from ``range(n)``."""

    def some(positions: Sequence[int], most: int) -> list[int]:
        count = 1 + pick(min(most, len(positions)))
        return list(dict.fromkeys(positions[pick(len(positions))] for _ in range(count)))

    def one_of(groups: Sequence[list[int]]) -> list[int]:
        chosen = groups[pick(len(groups))]
        # Rates and persons would be most of the cells, and are refused alike.
        if pool.facts[chosen[0]].kind == "none" and pick(4):
            chosen = groups[pick(len(groups))]
        return chosen

    if way == "alike":
        return some(one_of(pool.alike), 10)
    if way == "below_one_parent":
        return list(one_of(pool.below_one_parent))
    if way == "over_periods":
        return some(one_of(pool.over_periods), 10)
    if way == "repeated":
        chosen = some(one_of(pool.alike), 6)
        return [*chosen, chosen[pick(len(chosen))]]
    if way == "levels":
        return some(one_of(pool.same_measure), 4)
    if way == "measures":
        # Several measures of one row, as in the long layout.
        chosen = some(one_of(pool.alike), 2)
        first = pool.facts[chosen[0]]
        return chosen + [
            position
            for position in some(range(len(pool.facts)), 40)
            if pool.facts[position].levels == first.levels and pool.facts[position].period == first.period
        ]
    return some(range(len(pool.facts)), 5)


NAMES = st.sampled_from([*POOLS, *(" and ".join(two) for two in TWO_TABLES)])
SEEDS = st.integers(0, 1 << 32)


# --- the proofs ------------------------------------------------------------------------------------------------------


def test_the_facts_agree_with_the_cells_and_every_kind_and_status_is_there(pools: dict[str, Pool]) -> None:
    of_status = {
        "shown": CellStatus.OBSERVED,
        "hidden": CellStatus.DISCRETIONISED,
        "not_available": CellStatus.NOT_AVAILABLE,
        "absent": CellStatus.ABSENT,
        "rounded": CellStatus.ROUNDED,
    }
    counted: Counter[tuple[str, str]] = Counter()
    for name, pool in pools.items():
        expected = [of_status[fact.status] for fact in pool.facts]
        different = np.flatnonzero(pool.values.array.status != np.array(expected))
        assert len(different) == 0, (name, [pool.facts[position] for position in different[:3]])
        counted.update((fact.kind, fact.status) for fact in pool.facts)
    print("\ncells by kind and status")
    for (kind, status), count in sorted(counted.items()):
        print(f"{kind:18} {status:14} {count:>8,}")
    for kind in ("persons", "full-time persons", "stock", "flow", "money"):
        assert counted[kind, "shown"]
        assert counted[kind, "hidden"]
    for kind, status in (
        ("persons", "not_available"),
        ("stock", "rounded"),
        ("money", "absent"),
        ("none", "shown"),
    ):
        assert counted[kind, status]


@settings(max_examples=400)
@given(name=NAMES, way=st.sampled_from([*WAYS, *WAYS[:3]]), seed=SEEDS)
def test_a_sum_is_the_truth_or_refused_for_reasons_that_hold(
    name: str, way: str, seed: int, api: Any, pools: dict[str, Pool]
) -> None:
    pool = pools[name]
    chosen = select(way, pool, random.Random(seed).randrange)
    facts = [pool.facts[position] for position in chosen]
    column = pool.values.iloc[chosen]
    reasons = reasons_by_hand(facts)
    if reasons:
        with pytest.raises(InvalidSumError) as caught:
            column.sum()
        assert caught.value.reasons == reasons
    else:
        assert_is_the_truth(api, facts, column.sum())


@settings(max_examples=200)
@given(name=NAMES, way=st.sampled_from([*WAYS, *WAYS[:3]]), seed=SEEDS, shown=st.booleans())
def test_sums_of_groups_are_the_truth_or_refused_for_reasons_that_hold(
    name: str, way: str, seed: int, shown: bool, api: Any, pools: dict[str, Pool]
) -> None:
    pool, rng = pools[name], random.Random(seed)
    chosen = select(way, pool, rng.randrange)
    if shown:
        chosen = [position for position in chosen if pool.facts[position].status in {"shown", "absent"}]
    keys = [rng.randrange(4) for _ in chosen]
    groups = {
        key: [pool.facts[p] for p, of in zip(chosen, keys, strict=True) if of == key]
        for key in sorted(set(keys))
    }
    found = {key: reasons_by_hand(facts) for key, facts in groups.items()}
    frame = pd.DataFrame({"key": keys, "value": pool.values.iloc[chosen].array})
    if any(found.values()):
        with pytest.raises(InvalidSumError) as caught:
            frame.groupby("key")["value"].sum()
        assert set(caught.value.reasons) == {reason for reasons in found.values() for reason in reasons}
    else:
        sums = frame.groupby("key")["value"].sum()
        assert sums.index.tolist() == list(groups)
        for key, facts in groups.items():
            assert_is_the_truth(api, facts, sums.loc[key])


FILLS: dict[str, Callable[[pd.Series, pd.Series], pd.Series]] = {
    "fillna number": lambda column, _: column.fillna(1),
    "fillna other cells": lambda column, other: column.fillna(other),
    "combine_first": lambda column, other: column.combine_first(other),
    "where": lambda column, other: column.where(column.notna(), other),
    "other where": lambda column, other: other.where(column.isna(), column),
    "setitem": lambda *columns: _written(*columns),  # noqa: PLW0108 - it is defined below
    "ffill": lambda column, _: column.ffill(),
    "bfill": lambda column, _: column.bfill(),
    "groupby ffill": lambda column, _: column.groupby([0] * len(column)).ffill(),
    "groupby bfill": lambda column, _: column.groupby([0] * len(column)).bfill(),
    "map": lambda column, _: column.map(lambda cell: 1 if cell != cell else cell),  # noqa: PLR0124 - the test for NaN
    "reversed and filled": lambda column, _: column[::-1].ffill()[::-1],
    "shifted in": lambda column, _: column.fillna(column.shift(1)).fillna(column.shift(-1)),
}


def _written(column: pd.Series, other: pd.Series) -> pd.Series:
    column = column.copy()
    column[column.isna()] = other[column.isna()]
    return column


@settings(max_examples=200)
@given(name=NAMES, way=st.sampled_from(WAYS[:3]), seed=SEEDS, fill=st.sampled_from(sorted(FILLS)))
def test_what_was_filled_is_never_taken_for_the_truth(
    name: str, way: str, seed: int, fill: str, api: Any, pools: dict[str, Pool]
) -> None:
    pool, pick = pools[name], random.Random(seed).randrange
    chosen = select(way, pool, pick)
    facts = [pool.facts[position] for position in chosen]
    column = pool.values.iloc[chosen].reset_index(drop=True)
    shown = [place for place, fact in enumerate(pool.facts) if fact.status == "shown"]
    others = pool.values.iloc[[shown[pick(len(shown))] for _ in chosen]].reset_index(drop=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        filled = FILLS[fill](column, others)
        try:
            total = filled.sum()
        except InvalidSumError:
            return
    if fill == "other where" and not any(fact.status == "shown" for fact in facts):
        return  # nothing of the column is left in it
    # Where nothing was hidden there was nothing to guess.
    assert not {fact.status for fact in facts} & {"hidden", "not_available"}
    if not reasons_by_hand(facts):
        assert_is_the_truth(api, facts, total)


@settings(max_examples=200)
@given(
    name=NAMES,
    way=st.sampled_from([*WAYS[:3], "levels"]),
    seed=SEEDS,
    by=st.sampled_from(["shown", "some", "level"]),
)
def test_what_was_selected_is_the_truth_of_itself_and_says_what_it_left_out(
    name: str, way: str, seed: int, by: str, api: Any, pools: dict[str, Pool]
) -> None:
    pool, rng = pools[name], random.Random(seed)
    chosen = select(way, pool, rng.randrange)
    facts = [pool.facts[position] for position in chosen]
    keep = {
        "shown": [fact.status == "shown" for fact in facts],
        "some": [rng.random() < 0.5 for _ in facts],
        "level": [fact.levels == facts[0].levels for fact in facts],
    }[by]
    column = pool.values.iloc[chosen].reset_index(drop=True)
    kept = [fact for fact, stays in zip(facts, keep, strict=True) if stays]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            total, refused = column[keep].sum(), ()
        except InvalidSumError as error:
            total, refused = None, error.reasons
    if refused:
        assert reasons_by_hand(kept) or refused == ("dropped",)
        return
    assert_is_the_truth(api, kept, total)
    left = {fact.status for fact, stays in zip(facts, keep, strict=True) if not stays}
    if by == "shown" and "hidden" in left and len({fact.levels for fact in facts}) == 1:
        # Just the hidden ones went, with all of their members: let through, and said.
        assert any("were left out" in str(one.message) for one in caught)


@settings(max_examples=100)
@given(
    name=NAMES,
    way=st.sampled_from(WAYS[:3]),
    seed=SEEDS,
    how=st.sampled_from(["mean", "first", "max", "pivot"]),
)
def test_pivots_of_single_cells_keep_them(
    name: str, way: str, seed: int, how: str, pools: dict[str, Pool]
) -> None:
    pool, rng = pools[name], random.Random(seed)
    chosen = select(way, pool, rng.randrange)
    column = pool.values.iloc[chosen].reset_index(drop=True)
    frame = pd.DataFrame({"row": [place // 3 for place in range(len(chosen))], "x": column})
    frame["column"] = [place % 3 for place in range(len(chosen))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wide = (
            frame.pivot(index="row", columns="column", values="x")  # noqa: PD010 - beside pivot_table
            if how == "pivot"
            else frame.pivot_table(index="row", columns="column", values="x", aggfunc=how)
        )
    for place, (row, number) in enumerate(zip(frame["row"], frame["column"], strict=True)):
        if (
            CellStatus(column.array.status[place]) is CellStatus.ABSENT
            and how != "pivot"
            and row not in wide.index
        ):
            continue
        found = wide[number].array[[wide.index.get_loc(row)]]
        assert found.status[0] == column.array.status[place]
        same = (
            found.registry.decode(found.addresses),
            column.array.registry.decode(column.array.addresses[[place]]),
        )
        assert [(one.space.table, one.measure, one.period, one.members) for one in same[0]] == [
            (one.space.table, one.measure, one.period, one.members) for one in same[1]
        ]


def test_products_of_published_measures_add_where_the_name_says_so_alone(pools: dict[str, Pool]) -> None:
    rng, tried = random.Random(20_261_125), 0
    for pool in pools.values():
        array = pool.values.array
        for decoded in array.registry.decode(array.addresses):
            space = decoded.space
            offset = dict(zip(array.registry.spaces, array.registry.offsets, strict=True))[space]
            within = (array.addresses[decoded.where] - offset) % space.per_measure
            places = dict(
                zip(zip(decoded.measure.tolist(), within.tolist(), strict=True), decoded.where, strict=True)
            )
            for left, one in enumerate(space.measures):
                for right, other in enumerate(space.measures):
                    keys = [key for measure, key in places if measure == left and (right, key) in places]
                    both = rng.sample(keys, min(5, len(keys)))
                    shown = [
                        key
                        for key in both
                        if {array.status[places[left, key]], array.status[places[right, key]]}
                        == {CellStatus.OBSERVED}
                    ]
                    if left == right or len(shown) < 2:
                        continue
                    columns = [array.take([places[which, key] for key in shown]) for which in (left, right)]
                    product = pd.Series(columns[0]) * pd.Series(columns[1])
                    (found,) = product.array.registry.measures(product.array.addresses)
                    tried += 1
                    rate, count = (one, other) if one.kind is Kind.NONE else (other, one)
                    if Kind.NONE not in (one.kind, other.kind) or one.kind is other.kind:
                        assert found[1].kind is Kind.NONE
                    else:
                        assert found[1].kind is kind_of_estimate(rate.name, count.name)
                        assert found[1].kind is Kind.NONE or " pr. " in rate.name
    assert tried > 50


def test_ten_thousand_sums_and_bounds(api: Any, pools: dict[str, Pool]) -> None:
    rng = np.random.default_rng(20_260_911)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    refusals: Counter[str] = Counter()
    wrong: list[Any] = []
    bounded = 0
    for turn in range(100):
        for name, pool in pools.items():
            # The years of ptv_a02 are dear to count: twelve months for each cell.
            many = 12 if name == "ptv_a02" else 100
            ways = rng.choice(len(WAYS), size=many, p=[0.33, 0.25, 0.2, 0.05, 0.05, 0.07, 0.05])
            draws = [select(WAYS[way], pool, lambda count: int(rng.integers(count))) for way in ways]
            ids = np.repeat(np.arange(many), [len(draw) for draw in draws])
            taken = pool.values.array.take(np.concatenate(draws))
            check = check_sums(taken.cells, ids, many)
            bounds = check.bounds()
            numbers = taken.numbers.astype(float)
            adding = ~check.bad[ids]
            sums = pd.Series(taken[adding]).groupby(ids[adding]).sum()
            for group, draw in enumerate(draws):
                facts = [pool.facts[position] for position in draw]
                taking_part = [fact for fact in facts if fact.status != "absent"]
                kinds = {fact.kind for fact in taking_part or facts}
                kind = kinds.pop() if len(kinds) == 1 else "several"
                count = counts[kind]
                count["questions"] += 1
                reasons = check.reasons_of(group)
                if reasons != reasons_by_hand(facts):
                    wrong.append(("reasons", name, reasons, facts))
                refusals.update(reasons)
                expected = interval_by_hand(facts, numbers[ids == group])
                low, high = bounds.low[group], bounds.high[group]
                if expected is None:
                    count["no bounds"] += 1
                    if not (np.isnan(low) and np.isnan(high)):
                        wrong.append(("bounds where there are none", name, low, high, facts))
                    continue
                count["bounds"] += 1
                count["with hidden"] += any(fact.status == "hidden" for fact in facts)
                bounded += 1
                if (low, high) != pytest.approx(expected, abs=1e-6):
                    count["not the rule's"] += 1
                    wrong.append(("bounds", name, (low, high), expected, facts))
                truth = truth_of(api, facts)
                # The bounds of full-time persons hold the rounding already; a rate alone has its own.
                rounding = sum(fact.rounding for fact in taking_part) if kind == "none" else 1e-6
                if not low - rounding * (1 + 1e-9) <= truth <= high + rounding * (1 + 1e-9):
                    count["misses"] += 1
                    wrong.append(("miss", name, low, high, truth, facts))
                if not reasons:
                    count["sums"] += 1
                    count["of several"] += len(taking_part) > 1
                    assert_is_the_truth(api, facts, sums.loc[group], truth)
        if bounded >= QUESTIONS and turn >= 5:
            break
    columns = (
        *("questions", "sums", "of several", "bounds", "with hidden", "no bounds"),
        *("misses", "not the rule's"),
    )
    counts["all"] = sum((Counter(count) for count in counts.values()), Counter())
    print("\n" + " " * 18 + "".join(f"{column:>15}" for column in columns))
    for kind, count in counts.items():
        print(f"{kind:18}" + "".join(f"{count[column]:>15,}" for column in columns))
    print("refused for", dict(refusals))
    assert wrong == []
    assert bounded >= QUESTIONS
    assert {"measures", "rate", "persons", "levels", "repeated", "periods", "hidden", "rounded"} <= set(
        refusals
    )
    for kind in ("persons", "full-time persons", "stock", "flow", "money"):
        assert counts[kind]["bounds"] >= 300
        assert counts[kind]["with hidden"] >= 20
        assert (counts[kind]["of several"] >= 100) is (kind != "persons")


def test_persons_not_published_yet_are_refused_without_a_word_from_numpy(client: ji.Client) -> None:
    long = ji.read_jobindsats("y14d03", by={"_nykom": "*"}, periods=1, layout="long", client=client)
    column = client.table("y14d03").all_measures[1].column
    values = long.loc[long["measure"] == column, "value"]
    for refused in (values.sum, values.jobindsats.sum_bounds, values.iloc[:1].sum):
        with pytest.raises(InvalidSumError) as caught:
            refused()
        assert "not_available" in caught.value.reasons


@settings(max_examples=60)
@given(data=st.data())
def test_the_accessors_intervals_are_the_rules_and_contain_the_truth(
    data: Any, api: Any, frames: list[tuple[pd.DataFrame, dict[str, list[Fact]]]]
) -> None:
    frame, found = frames[data.draw(st.integers(0, len(frames) - 1))]
    column = data.draw(st.sampled_from(sorted(found)))
    facts = found[column]
    # Rows of one level in all dimensions; sometimes also another one.
    levels = data.draw(
        st.sets(st.sampled_from(sorted({fact.levels for fact in facts})), min_size=1, max_size=1)
    )
    rows = [row for row, fact in enumerate(facts) if fact.levels in levels]
    rows = sorted(data.draw(st.sets(st.sampled_from(rows), min_size=1, max_size=60)))
    if data.draw(st.integers(0, 5)) == 0:
        rows.append(data.draw(st.integers(0, len(frame) - 1)))
    part = frame.iloc[rows].assign(key=[data.draw(st.integers(0, 2)) for _ in rows])
    part["period"] = [facts[row].period for row in rows]
    by = data.draw(st.sampled_from([["key"], ["period"], ["key", "period"], []]))
    groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for place in range(len(rows)):
        groups[tuple(part[name].iloc[place] for name in by)].append(place)
    numbers = part[column].array.numbers.astype(float)
    expected = {
        key: interval_by_hand([facts[rows[place]] for place in places], numbers[places])
        for key, places in groups.items()
    }
    checked = part.jobindsats.check_sum(by=by)
    checked = checked[checked["measure"] == column]
    assert len(checked) == len(groups)
    for row in checked.itertuples():
        of = [facts[rows[place]] for place in groups[tuple(getattr(row, name) for name in by)]]
        assert row.reasons == ", ".join(reasons_by_hand(of))
        assert row.valid is not bool(row.reasons)
    if set(expected.values()) == {None} and not checked["valid"].all():
        with pytest.raises(InvalidSumError):
            part.jobindsats.sum_bounds(column, by=by)
        return
    bounds = part.jobindsats.sum_bounds(column, by=by)
    assert len(bounds) == len(groups)
    for row in bounds.itertuples():
        key = tuple(getattr(row, name) for name in by)
        of = [facts[rows[place]] for place in groups[key]]
        right = not reasons_by_hand(of)
        assert (
            pd.notna(row.value) == (right and any(fact.status != "absent" for fact in of)) or row.value == 0
        )
        if expected[key] is None:
            assert pd.isna(row.low)
            assert pd.isna(row.high)
            continue
        low, high = expected[key]
        assert row.low == pytest.approx(low, abs=1e-6)
        if math.isinf(high):
            assert pd.isna(row.high)
        else:
            assert row.high == pytest.approx(high, abs=1e-6)
        assert row.hidden == sum(fact.status == "hidden" for fact in of)
        rounding = sum(fact.rounding for fact in of) if of[0].kind == "none" else 1e-6
        assert low - rounding <= truth_of(api, of) <= high + rounding


@pytest.mark.parametrize(
    ("what", "table", "by", "periods"),
    [
        ("funds", "y25i01", {"_akassebl": "level:akassebl"}, 1),
        ("offers", "y01c01", {"_tilb_2ptv": "level:tilb_hoved"}, 1),
        ("months", "y25i01", {"_nykom": ["/"]}, 2),
    ],
)
def test_persons_in_two_funds_offers_and_months_make_a_sum_of_persons_wrong(
    what: str, table: str, by: dict[str, Any], periods: int, api: Any, client: ji.Client
) -> None:
    frame = ji.read_jobindsats(table, by=by, periods=periods, client=client)
    column = client.table(table).all_measures[0].column
    facts = facts_of(client, api, frame)[column]
    assert {fact.kind for fact in facts} == {"persons"}
    assert {fact.status for fact in facts} == {"shown"}
    with pytest.raises(InvalidSumError) as caught:
        frame[column].sum()
    assert caught.value.reason == "persons"
    with ji.allow_sums():
        added = frame[column].sum()
    truth = truth_of(api, facts)
    bounds = frame.jobindsats.sum_bounds(column).iloc[0]
    print(
        f"\npersons in two {what}: {added:,} added, {truth:,} persons, {bounds['low']:,} to {bounds['high']:,}"
    )
    assert truth < added
    assert bounds["low"] <= truth <= bounds["high"]
