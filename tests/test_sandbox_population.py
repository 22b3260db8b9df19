"""The truth behind the sandbox, and what disclosure control leaves of it."""

from __future__ import annotations

import ast
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobindsats_pandas.sandbox import population
from jobindsats_pandas.sandbox.population import Amount, Register
from jobindsats_pandas.sandbox.tables import draw_register

if TYPE_CHECKING:
    from collections.abc import Iterator

POPULATION = population(1)
TABLES = sorted(POPULATION)


def everything(table_id: str, kind: str, latest: int, **members: str) -> tuple[Any, ...]:
    """One wide answer as a dict from (period, path, …) to its measures, and the truths in the same order."""
    table = POPULATION[table_id]
    asked = {"mgroup.*": "*", f"period.{kind}": f"latest:{latest}"}
    asked |= {f"hierarchy.{name}": value for name, value in members.items()}
    selection = table.index.select(asked)
    _, rows = table.answer(selection)
    chosen = [selection.members[dimension] for dimension in sorted(selection.members)]
    hierarchies = [members.hierarchy for members in chosen]
    known = table.index.hierarchies
    paths = [{known[m.hierarchy].names[i]: known[m.hierarchy].paths[i] for i in m.positions} for m in chosen]
    keys = [(row[0], *[path[name] for path, name in zip(paths, row[1:], strict=False)]) for row in rows]
    found = dict(zip(keys, [row[len(members) + 1 :] for row in rows], strict=True))
    assert len(found) == len(rows)
    periods = table.index.periods[kind][-latest:]
    every = list(itertools.product(periods, *[path.values() for path in paths]))
    columns = list(zip(*every, strict=True))
    where = dict(zip(hierarchies, columns[1:], strict=True))
    truths = {m: table.truths(m, columns[0], where) for m in table.measure_ids}
    return table, every, found, truths


def rule(measure: Any, truth: float, persons: float) -> Any:
    """What may be shown of a number, written down a second time; None is hidden, ... is either."""
    if measure.kind in {"persons", "count"}:
        return int(truth) if truth >= 3 else None
    if measure.kind == "full-time":
        return int(truth + 0.5) if persons >= 3 and truth >= 3 else None
    if measure.kind == "money":
        return int(truth) if persons >= 3 else None
    if measure.kind == "rounded":
        return max(int(truth), 5)
    if np.isnan(truth):
        return None
    return pytest.approx(truth, abs=0.51 * 10**-measure.decimals) if persons >= 3 else ...


WIDE = [
    ("y25i01", "M", 2, {"_nykom": "*", "_ygrpi09": "*", "_akassebl": "/,/1/,/5/"}),
    ("y01c01", "M", 1, {"_akassedp": "*", "_nykom": "*", "_tilb_2ptv": "level:tilb_gruppe"}),
    ("y01h01", "Q", 2, {"_nykom": "*", "_akassedp": "*"}),
    ("y01h01", "Y", 2, {"_hele_landet": "/", "_akassedp": "*"}),
    ("y28a15", "Y", 3, {"_nykom": "*", "_akassedp": "*"}),
    ("y14d03", "M", 5, {"_nykom": "*", "_ygrpi09": "*", "_kon": "*"}),
    ("y25i06b", "M", 44, {"_nykom": "*", "_var13uger": "*"}),
    ("y25i06b", "MYTD", 14, {"_region": "*"}),
    ("ptv_a02", "QMAT", 3, {"_nykom": "*", "_ygrpi09": "*", "_kon": "*"}),
    ("y01u01", "M", 3, {"_nykom": "*", "_akassedp": "*"}),
    ("y25i14", "M", 2, {"_reko": "level:nykom", "_escostar_rs": "*"}),
    ("y25i09", "M", 2, {"_nykom": "*", "_ygrpi09": "*", "_alder_5i30_60s": "*"}),
    ("y07a02", "M", 2, {"_nykom": "*", "_varighed": "*", "_kon": "*"}),
    ("y60a02", "M", 2, {"_nykom": "*", "_viskat_1int": "*", "_aldera": "*"}),
    ("y30r21", "M", 1, {"_nykom": "*", "_aldera": "*", "_kon": "*", "_oprinda": "*"}),
]


@pytest.mark.parametrize(("table_id", "kind", "latest", "members"), WIDE)
def test_every_published_figure_follows_from_the_truth_by_the_rule(
    table_id: str, kind: str, latest: int, members: dict[str, str]
) -> None:
    table, every, found, truths = everything(table_id, kind, latest, **members)
    measures = table.design.measures
    additive = [m for m, measure in zip(table.measure_ids, measures, strict=True) if measure.kind != "rate"]
    guard = next(
        (m for m, measure in zip(table.measure_ids, measures, strict=True) if measure.kind == "persons"),
        additive[0],
    )
    newest = table.index.periods[kind]
    hidden = 0
    for i, key in enumerate(every):
        if all(truths[m][i] == 0 for m in additive):
            assert key not in found
            continue
        for m, measure, cell in zip(table.measure_ids, measures, found[key], strict=True):
            expected = rule(measure, truths[m][i], truths[guard][i])
            if newest.index(key[0]) >= len(newest) - measure.late:
                expected = None
            assert expected is ... or cell == expected, (key, m)
            assert cell is None or isinstance(cell, float if measure.kind == "rate" else int)
            hidden += cell is None
    assert hidden or table_id == "y25i14" or kind == "Y"


def test_rates_beside_hidden_counts_are_sometimes_hidden_too_and_never_elsewhere() -> None:
    _, every, found, _ = everything("y25i01", "M", 3, _nykom="*", _akassebl="*")
    beside = [found[key][2] is None for i, key in enumerate(every) if key in found and found[key][0] is None]
    elsewhere = [found[key][2] is None for key in every if key in found and found[key][0] is not None]
    assert 0.1 < np.mean(beside) < 0.5
    assert not any(elsewhere)


def test_a_hidden_full_time_cell_may_stand_for_nearly_three() -> None:
    table, every, found, truths = everything("y01c01", "M", 6, _nykom="*", _tilb_2ptv="level:tilb")
    hidden = [
        truths[table.measure_ids[1]][i]
        for i, key in enumerate(every)
        if key in found and found[key][1] is None
    ]
    assert 2.5 < max(hidden) < 3


def test_some_official_totals_are_hidden_and_some_combinations_left_out() -> None:
    _, every, found, _ = everything("y25i06b", "M", 44)
    assert len(found) == len(every)
    cases = [found[key][1] for key in every if key in found]
    assert None in cases
    assert cases[-1] is not None
    _, every, found, _ = everything("y25i06b", "M", 44, _region="*")
    assert len(found) < len(every)


def test_a_table_that_rounds_shows_five_for_every_small_cell_and_no_null() -> None:
    _, every, found, truths = everything("y25i14", "M", 3, _reko="level:nykom", _escostar_rs="*")
    small = [
        int(next(iter(truths.values()))[i])
        for i, key in enumerate(every)
        if key in found and found[key] == (5,)
    ]
    assert set(small) == {1, 2, 3, 4, 5}
    assert all(cell >= 5 for (cell,) in found.values())


def test_measures_that_look_ahead_are_null_in_every_row_of_the_newest_three_periods() -> None:
    table, _, found, _ = everything("y14d03", "M", 5, _ygrpi09="*")
    late = table.index.periods["M"][-3:]
    assert all((cells[1] is None) == (key[0] in late) for key, cells in found.items())
    assert all(cells[0] is not None for cells in found.values())


@pytest.mark.parametrize(
    ("table_id", "hierarchy", "level"),
    [
        ("y25i01", "_akassebl", "akassebl"),
        ("y25i01", "_nykom", "nykom"),
        ("y25i01", "_ygrpi09", "ygrpi09"),
        ("y01c01", "_tilb_2ptv", "tilb_hoved"),
    ],
)
def test_persons_in_two_funds_municipalities_benefits_or_offers_count_once_in_the_total(
    table_id: str, hierarchy: str, level: str
) -> None:
    table = POPULATION[table_id]
    positions = table.index.hierarchies[hierarchy].levels[level]
    paths = [table.index.hierarchies[hierarchy].paths[position] for position in positions]
    paths.remove("/")
    month = table.index.periods["M"][-1]
    persons = table.measure_ids[0]
    parts = table.truths(persons, [month] * len(paths), {hierarchy: paths})
    total = table.truth(persons, month)
    assert parts.max() < total < parts.sum()
    assert table.truth_of_union(persons, [(month, {hierarchy: path}) for path in paths]) == total


def test_persons_stay_from_month_to_month_so_that_months_do_not_add() -> None:
    table = POPULATION["y25i01"]
    months = table.index.periods["M"][-6:]
    persons = table.measure_ids[0]
    together = table.truth_of_union(persons, [(month, {}) for month in months])
    alone = table.truths(persons, months)
    assert alone.max() < together < 0.6 * alone.sum()


def test_courses_sanctions_and_money_add_exactly_and_full_time_persons_up_to_rounding() -> None:
    offers = POPULATION["y01c01"]
    main = ["/1/", "/2/", "/3/", "/4/"]
    month = offers.index.periods["M"][-1]
    courses, full_time = offers.measure_ids[3], offers.measure_ids[1]
    assert offers.truths(courses, [month] * 4, {"_tilb_2ptv": main}).sum() == offers.truth(courses, month)
    assert offers.truths(full_time, [month] * 4, {"_tilb_2ptv": main}).sum() == pytest.approx(
        offers.truth(full_time, month), abs=1e-6
    )
    assert offers.truth(courses, month) > offers.truth(offers.measure_ids[0], month)
    for table_id, parts in (("y01h01", "Q"), ("y01u01", "M")):
        table = POPULATION[table_id]
        measure = table.measure_ids[0]
        within = [period for period in table.index.periods[parts] if period.startswith("2025")]
        assert table.truths(measure, within).sum() == table.truth(measure, "2025Y01")


def test_sanctions_of_four_types_make_up_the_sanctions_in_all() -> None:
    table = POPULATION["y01h01"]
    total, *types = [table.truth(m, "2026Q01", {"_nykom": "/1/"}) for m in table.measure_ids[:5]]
    assert total == sum(types) > 0


def test_an_average_duration_lies_between_those_of_its_parts_and_a_share_between_nobody_and_everybody() -> (
    None
):
    table = POPULATION["y60a02"]
    weeks, months = table.measure_ids[3], table.index.periods["M"]
    parts = [table.truths(weeks, months, {"_viskat_1int": [path] * 44}) for path in ("/1/", "/2/", "/3/")]
    total = table.truths(weeks, months)
    assert (np.min(parts, axis=0) < total).all()
    assert (np.max(parts, axis=0) > total).all()
    long_term = POPULATION["y25i09"]
    shares = [long_term.truth(long_term.measure_ids[2], "2026M08", {"_nykom": path}) for path in PLACES]
    assert 5 < min(shares) < max(shares) < 80


def test_an_only_child_has_its_parents_name_and_figures() -> None:
    table = POPULATION["y01c01"]
    asked = {"mgroup.*": "*", "period.M": "latest:3", "hierarchy._tilb_2ptv": "/2/1/,/2/1/1/"}
    _, rows = table.answer(table.index.select(asked))
    assert len(rows) == 6
    assert rows[::2] == rows[1::2]
    names = table.index.hierarchies["_tilb_2ptv"].names
    assert sorted({name for name in names if names.count(name) > 1}) == [
        "Nytteindsats i alt",
        "Privat ansættelse med løntilskud",
        "Privat virksomhedspraktik",
        "Øvrige vejlednings- og opkvalificeringsforløb",
    ]


def test_every_table_says_that_it_is_synthetic() -> None:
    assert len(TABLES) >= 9
    assert all(POPULATION[table_id].metadata["table_name"].endswith(" (syntetisk)") for table_id in TABLES)


def test_the_large_table_has_several_million_cells() -> None:
    table = POPULATION["y30r21"]
    asked = {"mgroup.*": "*", "period.M": "*"}
    asked |= {f"hierarchy.{name}": "*" for name in ("_nykom", "_aldera", "_kon", "_oprinda")}
    assert table.index.select(asked).cells > 4_000_000


def test_the_same_seed_gives_the_same_figures_and_another_one_others() -> None:
    def newest(seed: int) -> Any:
        draw_register.cache_clear()
        return population(seed)["y28a15"].truths("measy28a15_1", ["2025Y01"] * 98, {"_nykom": PLACES})

    assert (newest(1) == newest(1)).all()
    assert (newest(1) != newest(2)).any()


PLACES = [f"/{i}/" for i in range(1, 99)]


def test_period_types_hold_complete_periods_in_time_order() -> None:
    rolling = POPULATION["ptv_a02"]
    assert rolling.index.periods["QMAT"][0] == "2023QMAT01"
    assert rolling.index.periods["QMAT"][-1] == "2026QMAT02"
    assert rolling.index.periods["Y"] == ("2023Y01", "2024Y01", "2025Y01")
    to_date = POPULATION["y25i06b"].spans["MYTD"]
    assert to_date["2026MYTD08"] == (36, 44)
    assert POPULATION["y01h01"].index.periods["Y"][0] == "2020Y01"
    assert all(stop - start == 12 for start, stop in rolling.spans["QMAT"].values())


def test_rates_and_full_time_persons_over_months_have_no_common_number() -> None:
    table = POPULATION["y25i01"]
    with pytest.raises(ValueError, match="no number"):
        table.truth_of_union(table.measure_ids[2], [("2026M08", {})])
    with pytest.raises(ValueError, match="no number"):
        table.truth_of_union(table.measure_ids[1], [("2026M08", {}), ("2026M07", {})])
    one = table.truth_of_union(
        table.measure_ids[1], [("2026M08", {"_nykom": "/1/"}), ("2026M08", {"_reko": "/1/1/"})]
    )
    assert one == pytest.approx(table.truth(table.measure_ids[1], "2026M08", {"_nykom": "/1/"}))


def test_what_is_published_can_be_asked_cell_by_cell() -> None:
    table = POPULATION["y25i01"]
    persons = table.measure_ids[0]
    states = [table.published(persons, "2026M08", {"_nykom": place, "_akassebl": "/19/"}) for place in PLACES]
    assert None in states
    assert any(isinstance(state, int) for state in states)
    assert table.published(persons, "2026M08", {"_ygrpi09": "/1/", "_akassebl": "/1/"}) == "absent"


def test_a_rate_over_nobody_has_no_truth() -> None:
    table = POPULATION["y01h01"]
    rates = table.truths(
        table.measure_ids[6], ["2026Q01"] * 98, {"_nykom": PLACES, "_akassedp": ["/10/"] * 98}
    )
    assert np.isnan(rates).any()


# Counting against a plain list of persons.


def ones(_rng: np.random.Generator, persons: Any) -> Any:
    return np.stack([persons * 2, persons * 3])


def everybody(register: Register, name: str = "persons") -> Iterator[tuple[Any, int, set[Any]]]:
    """Every person of a small register as (identity, base period, cells)."""
    for period, cells in enumerate(register.singles[name]):
        for cell, count in np.ndenumerate(cells):
            yield from ((("single", *cell, slot), period, {cell}) for slot in range(count))
    for who in np.flatnonzero(register.members[name]):
        here, there = tuple(register.here[:, who]), tuple(register.there[:, who])
        for period in range(register.first[who], register.last[who] + 1):
            yield ("crosser", who), period, {here, there}


NODES = (
    np.array([[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 1, 1], *np.eye(4)], dtype=bool),
    np.array([[1, 1, 1], *np.eye(3)], dtype=bool),
)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10**6),
    st.floats(0.2, 30),
    st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True),
    st.booleans(),
)
def test_distinct_persons_and_amounts_equal_a_count_person_by_person(
    seed: int, size: float, rows: list[int], republished: bool
) -> None:
    rng = np.random.default_rng(seed)
    amounts, subsets = (Amount(("two", "three"), ones),), {"some": 0.5}

    def populate(periods: int) -> Register:
        return Register.populate(
            seed=[seed, periods],
            expected=size * rng.gamma(0.5, size=(periods, 4, 3)),
            crossing={0: 0.2, 1: 0.3},
            amounts=amounts,
            subsets=subsets,
        )

    register = populate(6 if republished else 8)
    if republished:
        other = rng.integers(0, 5, (3, 4, 3))
        register = register.revised(rng, other, amounts=amounts, subsets=subsets).followed_by(populate(2))
        assert (register.singles["persons"][3:6] == other).all()
    nodes = [NODES[0][rows], NODES[1]]
    spans = [(0, 1), (2, 5), (0, 8)]
    for name in ("persons", "some"):
        people = list(everybody(register, name))
        counted = register.persons(name, spans, nodes)
        for s, (start, stop) in enumerate(spans):
            for i, j in np.ndindex(*counted.shape[1:]):
                cells = set(itertools.product(np.flatnonzero(nodes[0][i]), np.flatnonzero(nodes[1][j])))
                met = {who for who, period, where in people if start <= period < stop and where & cells}
                assert counted[s, i, j] == len(met)
    two = register.total("two", spans, nodes)
    assert (register.total("three", spans, nodes) * 2 == two * 3).all()
    people = list(everybody(register))
    whole = sum(2 * len(where) for _, _, where in people)
    assert register.total("two", [(0, 8)], [NODES[0][:1], NODES[1][:1]]).item() == whole

    masks = {period: rng.random((4, 3)) < 0.4 for period in (1, 2, 6)}
    met = {
        who for who, period, where in people if period in masks and any(masks[period][cell] for cell in where)
    }
    assert register.persons_in("persons", masks) == len(met)
    assert (register.singles["some"] <= register.singles["persons"]).all()


def test_a_person_who_crosses_fills_at_most_one_month() -> None:
    table = POPULATION["y25i01"]
    months = table.index.periods["M"]
    persons, full_time = (table.truths(m, months, {"_nykom": ["/60/"] * 44}) for m in table.measure_ids[:2])
    assert (full_time <= persons).all()


def test_the_sandbox_shares_no_code_with_the_client() -> None:
    package = Path(__file__).parents[1] / "jobindsats_pandas" / "sandbox"
    for path in package.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            ours = [name for name in names if name.startswith("jobindsats_pandas")]
            assert all(name.startswith("jobindsats_pandas.sandbox") for name in ours), path
            assert not any(getattr(node, "level", 0) for name in names), path


def test_an_answer_that_is_remembered_is_counted_once_and_cannot_be_written_to() -> None:
    table = POPULATION["y01h01"]
    nodes = [np.zeros(1, dtype=np.int64) for _ in table.design.axes]
    found, again = (table._publish(table.design.measures, "Q", [0, 1], nodes) for _ in range(2))
    assert found is again
    values, shown, left_out = found
    for array in (*values, *shown, left_out):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    other, _, _ = table._publish(table.design.measures, "Q", [1], nodes)
    assert [value.tolist() for value in other] == [value[1:].tolist() for value in values]


def test_the_population_is_as_large_as_the_number_of_its_tables() -> None:
    assert len(POPULATION) == len(TABLES) == len(set(TABLES))
