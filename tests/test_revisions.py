"""What changed between two frames of one question."""

from __future__ import annotations

import pickle
import re
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from effort import effort
from hypothesis import given
from hypothesis import strategies as st

import jobindsats_pandas as ji
from jobindsats_pandas.disclosure import (
    AddressDimension,
    AddressMeasure,
    AddressSpace,
    CellStatus,
    DiscretionisedArray,
    Registry,
)
from jobindsats_pandas.errors import ProvenanceError, QueryError
from jobindsats_pandas.kinds import Kind
from jobindsats_pandas.parquet import read_parquet, to_parquet
from jobindsats_pandas.revisions import CHANGES, Revisions, compare

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SHOWN, HIDDEN, MISSING, ABSENT = 0, 1, 2, 3
MEASURES = (
    AddressMeasure("m1", "Antal personer", Kind.PERSONS),
    AddressMeasure("m2", "Andel i pct.", Kind.NONE),
)


def members(count: int, word: str = "Kasse") -> AddressDimension:
    rows = [(f"/{number}/", f"{word} {number}") for number in range(1, count + 1)]
    return AddressDimension.build(
        "_fund", "A-kasse", [("_f", "0", "I alt", [("/", "I alt")]), ("_f", "1", "A-kasse", rows)]
    )


def space(count: int = 4, periods: Sequence[str] = ("2026M01", "2026M02"), **changed: Any) -> AddressSpace:
    fields = {
        "table": "x01",
        "table_name": "Ledige <b>",
        "measures": MEASURES,
        "periods": tuple(("M", period) for period in periods),
        "dimensions": (members(count),),
    }
    return AddressSpace(**fields | changed)


def frame(
    of: AddressSpace, cells: dict[tuple[int, int], tuple[float, int]], measures: int = 1
) -> pd.DataFrame:
    """Build a frame from {(member, period): (number, status)}, the same numbers for each measure."""
    codes = np.array(list(cells), dtype=np.int64).reshape(-1, 2)
    columns: dict[str, Any] = {
        "Periode": [of.periods[code][1] for code in codes[:, 1]],
        "A-kasse": [of.dimensions[0].members[code].name for code in codes[:, 0]],
    }
    for measure in range(measures):
        numbers = np.array([number for number, _ in cells.values()], dtype=np.int64)
        status = np.array([status for _, status in cells.values()], dtype=np.uint8)
        parts = of.encode(measure, codes[:, 1], [codes[:, 0]]) if len(codes) else np.empty(0, dtype=np.int64)
        columns[of.measures[measure].name] = DiscretionisedArray(numbers, status, parts, Registry.of(of))
    return pd.DataFrame(columns)


def told(revisions: Revisions) -> list[tuple[str, str, str, str, str]]:
    """Return each change as texts, as it is displayed."""
    changes = revisions.changes
    texts = changes[["old", "new"]].to_string(index=False, header=False).split("\n") if len(changes) else []
    return [
        (str(row["Periode"]), row["A-kasse"], row["change"], *text.split())
        for (_, row), text in zip(changes.iterrows(), texts, strict=True)
    ]


@pytest.fixture
def api() -> Iterator[Any]:
    """A sandbox of the test's own: these tests publish revisions."""
    with ji.sandbox.serve() as server:
        yield server


def question(api: Any, client: ji.Client, table: str, **how: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read a table before and after its next publication."""
    old = ji.read_jobindsats(table, client=client, **how)
    api.revise(table, "2026-10-08", "2026-11-05")
    return old, ji.read_jobindsats(table, client=client, refresh=True, **how)


# --- what can happen to a cell -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ((7, SHOWN), (7, SHOWN), None),
        ((7, SHOWN), (8, SHOWN), ("revised", "7", "8")),
        ((7, SHOWN), (0, HIDDEN), ("newly hidden", "n/a", "<3")),
        ((0, HIDDEN), (8, SHOWN), ("newly shown", "<3", "n/a")),
        ((0, HIDDEN), (0, HIDDEN), None),
        ((0, MISSING), (8, SHOWN), ("now available", "n/a", "8")),
        ((0, MISSING), (0, HIDDEN), ("now available", "n/a", "<3")),
        ((0, MISSING), (0, MISSING), None),
        ((7, SHOWN), (0, MISSING), ("no longer available", "7", "n/a")),
        ((0, HIDDEN), (0, MISSING), ("no longer available", "<3", "n/a")),
        ((0, ABSENT), (8, SHOWN), ("new", "n/a", "8")),
        (None, (0, HIDDEN), ("new", "n/a", "<3")),
        ((7, SHOWN), None, ("gone", "7", "n/a")),
        ((0, HIDDEN), (0, ABSENT), ("gone", "<3", "n/a")),
        (None, (0, ABSENT), None),
        ((5, CellStatus.ROUNDED), (5, SHOWN), None),
        ((5, CellStatus.ROUNDED), (7, SHOWN), ("revised", "≤5", "7")),
    ],
)
def test_every_change_of_a_cell_is_told_and_hidden_numbers_never(
    old: tuple[int, int] | None, new: tuple[int, int] | None, expected: tuple[str, str, str] | None
) -> None:
    of = space()
    base = {(1, 0): (11, SHOWN), (2, 0): (12, SHOWN)}
    revisions = compare(
        frame(of, base | ({(2, 1): old} if old else {})), frame(of, base | ({(2, 1): new} if new else {}))
    )
    assert told(revisions) == ([] if expected is None else [("2026-02", "Kasse 2", *expected)])
    assert len(revisions) == (expected is not None)
    assert revisions.counts == {change: int(bool(expected) and change == expected[0]) for change in CHANGES}


def test_no_number_stands_behind_a_cell_that_is_hidden_on_either_side() -> None:
    of = space()
    old = frame(of, {(1, 0): (7, SHOWN), (2, 0): (0, HIDDEN)})
    new = frame(of, {(1, 0): (0, HIDDEN), (2, 0): (9, SHOWN)})
    changes = compare(old, new).changes
    for column in ("old", "new"):
        assert changes[column].isna().all()
        assert set(changes[column].array.numbers.tolist()).isdisjoint({7, 9})
    assert changes["old"].array.status.tolist() == [MISSING, HIDDEN]
    assert changes["new"].array.status.tolist() == [HIDDEN, MISSING]


cells = st.dictionaries(
    st.tuples(st.integers(0, 4), st.integers(0, 1)),
    st.tuples(st.integers(3, 6), st.sampled_from([SHOWN, SHOWN, HIDDEN, MISSING, ABSENT])),
)


@given(cells, cells, st.randoms(use_true_random=False))
def test_changes_are_those_of_a_dictionary_whatever_the_order(old: Any, new: Any, random: Any) -> None:
    of = space()

    def state(side: Any, key: Any) -> Any:
        number, status = side.get(key, (0, ABSENT))
        return (status, number if status == SHOWN else None)

    def shuffled(side: Any) -> Any:
        keys = list(side)
        random.shuffle(keys)
        return {key: side[key] for key in keys}

    hierarchies = [any(key[0] and value[1] != ABSENT for key, value in side.items()) for side in (old, new)]
    empty = [all(status == ABSENT for _, status in side.values()) for side in (old, new)]
    frames = frame(of, shuffled(old), 2), frame(of, shuffled(new), 2)
    if hierarchies[0] != hierarchies[1] and not any(empty):
        with pytest.raises(QueryError, match="do not answer one question"):
            compare(*frames)
        return
    revisions = compare(*frames)
    differ = {key for key in old | new if state(old, key) != state(new, key)}
    assert len(revisions) == 2 * len(differ)
    both = revisions.changes[revisions.changes["change"] == "revised"]
    assert len(both) == 2 * sum(state(old, key)[0] == state(new, key)[0] == SHOWN for key in differ)
    assert (both["old"].array.numbers != both["new"].array.numbers).all()
    summary = revisions.summary
    assert summary[list(CHANGES)].to_numpy().sum() == len(revisions)
    assert summary["unchanged"].sum() + len(revisions) == 2 * sum(
        state(old, key)[0] != ABSENT or state(new, key)[0] != ABSENT for key in old | new
    )
    backward = compare(*reversed(frames)).counts
    pairs = {"new": "gone", "newly hidden": "newly shown", "now available": "no longer available"}
    mirror = pairs | {after: before for before, after in pairs.items()}
    assert backward == {change: revisions.counts[mirror.get(change, change)] for change in CHANGES}


# --- nothing false -----------------------------------------------------------------------------------------------------


def test_order_categories_dtype_layout_and_shape_make_no_difference(
    api: Any, client: ji.Client, tmp_path: Path
) -> None:
    how: Any = {"by": {"_region": "*", "_akassebl": "*"}, "periods": "latest:4", "client": client}
    df = ji.read_jobindsats("y25i01", **how)
    name = df.columns[3]
    shuffled = df.sample(frac=1, random_state=1)[df.columns[::-1]]
    recoded = df.assign(Område=df["Område"].astype("str").astype("category"))
    decimal = df.astype({name: "discretionised[Float64]"})
    long = ji.read_jobindsats("y25i01", layout="long", **how)
    complete = ji.read_jobindsats("y25i01", complete=True, **how)
    pivoted = df.set_index(["Periode", "Område", "A-kasse"])[[name]].unstack("A-kasse")  # noqa: PD010 - keeps the cells
    copied = pickle.loads(pickle.dumps(df))
    to_parquet(df, tmp_path / "a.parquet")
    stored = read_parquet(tmp_path / "a.parquet")
    assert len(compare(df[[name]], pivoted)) == len(compare(pivoted, df[[name]])) == 0
    for other in (shuffled, recoded, decimal, long, complete, copied, stored):
        revisions = compare(df, other)
        assert len(revisions) == 0, revisions
        assert not revisions
        assert len(compare(other, df)) == 0
        assert revisions.compared == df.iloc[:, 3:].size


def test_newer_metadata_make_no_difference() -> None:
    numbers = {
        (code, period): (10 * code + period + 3, SHOWN) for code, period in product(range(3), range(2))
    }
    old = frame(space(4, ("2026M01", "2026M02")), numbers, 2)
    grown = space(
        6,
        ("2025M12", "2026M01", "2026M02", "2026M03"),
        measures=(AddressMeasure("m0", "Antal sager", Kind.STOCK), *MEASURES),
        dimensions=(
            AddressDimension.build("_age", "Alder", [("_a", "1", "Alder", [("/1/", "unge")])]),
            members(6),
        ),
    )
    codes = np.array([code for code, _ in numbers])
    periods = np.array([period for _, period in numbers])
    new = old.copy()
    for measure, name in enumerate(["Antal personer", "Andel i pct."], start=1):
        parts = grown.encode(measure, periods + 1, [0, codes])
        array: Any = old[name].array
        new[name] = DiscretionisedArray(array.numbers.copy(), array.status.copy(), parts, Registry.of(grown))
    revisions = compare(old, new)
    assert len(revisions) == 0
    assert revisions.compared == 12


def test_a_frame_compared_with_itself_changed_nothing_for_every_table_of_the_sandbox(
    api: Any, client: ji.Client
) -> None:
    for table in ("y01c01", "y01h01", "y14d03", "y25i06b", "ptv_a02", "y01u01", "y25i14"):
        by = {"_var13uger": "*"} if table == "y25i06b" else {}
        first = ji.read_jobindsats(
            table, by=by | {"_region": "*"} if table == "y25i06b" else by, periods="latest:3", client=client
        )
        assert len(compare(first, first.copy())) == 0


# --- over the sandbox -------------------------------------------------------------------------------------------------


def test_a_revision_is_found_exactly_as_the_population_knows_it(api: Any, client: ji.Client) -> None:
    before = api.population["y25i01"]
    how: Any = {"by": {"_nykom": "level:nykom", "_akassebl": "*"}, "client": client}
    how["periods"] = "2026M05:2026M08"
    old = ji.read_jobindsats("y25i01", **how)
    after = api.revise("y25i01", "2026-10-08", "2026-11-05")
    revisions = compare(old, ji.read_jobindsats("y25i01", refresh=True, **how))
    array: Any = revisions.changes["old"].array
    (cells,) = array.registry.decode(array.addresses)
    of = cells.space
    assert of.table == "y25i01"
    places = {dimension.id: place for place, dimension in enumerate(of.dimensions)}
    rng = np.random.default_rng(3)
    changed = {
        (measure, period, area, fund)
        for measure, period, area, fund in zip(
            cells.measure,
            cells.period,
            cells.members[places["_omrade"]],
            cells.members[places["_akasse"]],
            strict=True,
        )
    }
    everything: Any = old.iloc[:, 3].array
    (known,) = everything.registry.decode(everything.addresses)
    seen = set()
    for row in rng.choice(len(old), 400, replace=False):
        area, fund = (known.members[places[name]][row] for name in ("_omrade", "_akasse"))
        where = {"_nykom": of.dimensions[places["_omrade"]].members[area].path}
        where["_akassebl"] = of.dimensions[places["_akasse"]].members[fund].path
        period = of.periods[known.period[row]][1]
        for measure, of_measure in enumerate(of.measures):
            numbers = [table.published(of_measure.id, period, where) for table in (before, after)]
            differs = numbers[0] != numbers[1]
            assert ((measure, known.period[row], area, fund) in changed) == differs, (
                of_measure,
                period,
                where,
                numbers,
            )
            seen.add(differs)
    assert seen == {True, False}


def test_measures_that_look_ahead_become_available(api: Any, client: ji.Client) -> None:
    old, new = question(api, client, "y14d03", periods="latest:6")
    revisions = compare(old.iloc[:3], new.iloc[:3])
    assert len(revisions) == 0
    late = old.copy()
    name = next(name for name in old.columns if "efter" in name)
    array: Any = old[name].array
    status = array.status.copy()
    status[:3] = CellStatus.NOT_AVAILABLE
    late[name] = DiscretionisedArray(array.numbers.copy(), status, array.addresses.copy(), array.registry)
    available = compare(late, old).changes
    assert available["change"].tolist() == ["now available"] * 3
    assert available["new"].array.numbers.tolist() == array.numbers[:3].tolist()


def test_a_window_that_moved_on_tells_which_periods_came_and_went(client: ji.Client) -> None:
    how: Any = {"by": "_region", "client": client}
    old = ji.read_jobindsats("y25i01", periods="2026M01:2026M06", **how)
    new = ji.read_jobindsats("y25i01", periods="2026M02:2026M08", **how)
    revisions = compare(old, new)
    assert revisions.periods_gone == ("2026M01",)
    assert revisions.periods_new == ("2026M07", "2026M08")
    assert revisions.counts == dict.fromkeys(CHANGES, 0) | {"gone": 24, "new": 48}
    assert "48 cells (2 periods, 2026M07 to 2026M08: only in the new frame)" in repr(revisions)
    assert "24 cells (2026M01: only in the old frame)" in repr(revisions)
    assert revisions.changes["Område"].cat.categories[0] == "Hele landet"
    assert revisions.changes.columns.tolist() == ["Periode", "Område", "measure", "change", "old", "new"]


def test_of_months_with_gaps_it_is_told_how_many_there_are(client: ji.Client) -> None:
    how: Any = {"by": {"_escostar_rs": "level:escostar_omr"}, "client": client}
    old = ji.read_jobindsats("y25i14", periods="latest:4", **how)
    new = ji.read_jobindsats("y25i14", periods="2019M03:2025M09", **how)
    revisions = compare(old, new)
    assert revisions.periods_gone == ("2025M12", "2026M03", "2026M06")
    assert len(revisions.periods_new) == 26
    assert revisions.counts["gone"] == 3 * 8
    assert "24 cells (3 periods, 2025M12 to 2026M06: only in the old frame)" in repr(revisions)
    assert "208 cells (26 periods, 2019M03 to 2025M06: only in the new frame)" in repr(revisions)
    assert "8 cells that both have" in repr(revisions)
    assert len(compare(old, old.copy())) == 0


def test_changes_stay_guarded_and_their_differences_work(api: Any, client: ji.Client) -> None:
    old, new = question(api, client, "y01h01", by="_akassedp", periods="latest:4")
    changes = compare(old, new).changes
    with pytest.raises(ji.InvalidSumError):
        changes["new"].sum()
    revised = changes[changes["change"] == "revised"]
    difference = revised["new"] - revised["old"]
    assert (difference.array.numbers == revised["new"].array.numbers - revised["old"].array.numbers).all()


def test_frames_whose_provenance_was_lost_are_compared_all_the_same(client: ji.Client) -> None:
    old = ji.read_jobindsats("y25i06b", by="_region", period_type="MYTD", periods="latest:3", client=client)
    bare = old.iloc[1:].copy()
    bare.attrs.clear()
    revisions = compare(bare, bare.iloc[:-1])
    assert revisions.changes["Periode"].dtype == "category"
    assert revisions.changes["Periode"].cat.ordered
    assert set(revisions.counts) == set(CHANGES)
    assert revisions.counts["gone"] == 2
    assert not revisions.old


def test_a_column_keeps_the_name_that_the_frames_give_it() -> None:
    of = space()
    old = frame(of, {(1, 0): (7, SHOWN)})
    new = frame(of, {(1, 0): (8, SHOWN)})
    new.attrs["jobindsats"] = {
        "table": of.table,
        "columns": {"period": "Month", "dimensions": {"Fund": ["_fund", "_f"], "Sex": ["_sex", "_s"]}},
    }
    assert compare(old, new).changes.columns[:2].tolist() == ["Month", "Fund"]


def test_equal_names_are_told_apart_by_their_path() -> None:
    twins = AddressDimension.build(
        "_o", "Tilbud", [("_t", "1", "A", [("/1/", "Støtte")]), ("_t", "2", "B", [("/1/1/", "Støtte")])]
    )
    doubled = (AddressMeasure("a", "Antal", Kind.FLOW), AddressMeasure("b", "Antal", Kind.FLOW))
    of = space(measures=doubled, dimensions=(twins,))
    parts = np.concatenate([of.encode(measure, 0, [np.array([1, 2])]) for measure in (0, 1)])
    status = np.zeros(4, dtype=np.uint8)
    old, new = (
        pd.DataFrame({"value": DiscretionisedArray(np.full(4, number), status, parts, Registry.of(of))})
        for number in (5, 6)
    )
    changes = compare(old, new).changes
    assert set(changes["Tilbud"]) == {"Støtte [/1/]", "Støtte [/1/1/]"}
    assert set(changes["measure"]) == {"Antal [a]", "Antal [b]"}
    assert "I alt" not in changes["Tilbud"].cat.categories


def test_two_hierarchies_of_one_dimension_are_told_apart() -> None:
    area = AddressDimension.build(
        "_o", "Område", [("_k", "1", "A", [("/1/", "Fyn")]), ("_r", "1", "B", [("/1/", "Fyn")])]
    )
    of = space(dimensions=(area,))
    parts = of.encode(0, 0, [np.array([1, 2])])
    old, new = (
        pd.DataFrame(
            {
                "value": DiscretionisedArray(
                    np.full(2, number), np.zeros(2, dtype=np.uint8), parts, Registry.of(of)
                )
            }
        )
        for number in (5, 6)
    )
    assert compare(old, new).changes["Område"].tolist() == ["Fyn [_k/1/]", "Fyn [_r/1/]"]


# --- how it looks -----------------------------------------------------------------------------------------------------


def test_of_many_measures_and_periods_the_newest_periods_of_all_measures_are_shown(
    api: Any, client: ji.Client
) -> None:
    revisions = compare(*question(api, client, "y01h01", by="A-kasse", periods="latest:6"))
    text = repr(revisions)
    assert re.search(r"\d more measures and periods", text)
    for measure in revisions.summary["measure"].unique():
        assert re.search(rf"{re.escape(measure[:40])}.* 2026Q2 ", text)


def test_the_text_says_what_was_compared_and_what_changed(api: Any, client: ji.Client) -> None:
    revisions = compare(*question(api, client, "y25i01", by="_region", periods="latest:6"))
    text = repr(revisions)
    assert text.startswith("Revisions of y25i01: Ledige")
    assert "old       updated 2026-09-10, fetched" in text
    assert "new       updated 2026-10-08, fetched" in text
    assert "compared  144 cells that both have" in text
    assert f"revised   {revisions.counts['revised']} cells" in text
    assert "newly hidden" not in text
    assert text.endswith("Every cell: .changes")
    assert max(map(len, text.splitlines())) < 120
    nothing = compare(api_free := space_frame(), api_free)
    assert "changes   none" in repr(nothing)
    assert "unchanged" not in repr(nothing)


def space_frame() -> pd.DataFrame:
    return frame(space(), {(1, 0): (7, SHOWN)})


def test_the_html_escapes_names_and_stays_small() -> None:
    many = tuple(f"20{year}M{month:02d}" for year in range(20, 26) for month in range(1, 13))
    of = space(periods=many, measures=(AddressMeasure("m", "<script>alert(1)</script>", Kind.FLOW),))
    old = frame(of, {(1, period): (7, SHOWN) for period in range(len(many))})
    new = frame(of, {(1, period): (8, SHOWN) for period in range(len(many))})
    html = compare(old, new)._repr_html_()
    assert "<script>" not in html
    assert "Ledige &lt;b&gt;" in html
    assert "60 more measures and periods: .summary" in html
    assert len(html) < 6000
    assert "<small>" not in compare(old, old)._repr_html_()


# --- what cannot be compared -------------------------------------------------------------------------------------------


def test_frames_that_are_no_frames_or_not_guarded_are_refused() -> None:
    good = space_frame()
    with pytest.raises(QueryError, match=r"old=\[.*\]: give a DataFrame"):
        compare([], good)  # type: ignore[arg-type]
    with pytest.raises(ProvenanceError, match="the new frame has no guarded columns"):
        compare(good, pd.DataFrame({"Antal": [1]}))
    built = pd.DataFrame({"Antal": pd.array([1, 2], dtype="discretionised[Int64]")})
    with pytest.raises(
        ProvenanceError, match="2 of 2 cells in column 'Antal' of the old frame are of unknown origin"
    ):
        compare(built, good)
    with pytest.raises(ProvenanceError, match="do not even know which table"):
        compare(built.iloc[:0], built.iloc[:0])


def test_computed_cells_are_refused_and_the_column_named(client: ji.Client) -> None:
    df = ji.read_jobindsats("y25i01", by="_region", periods="latest:1", client=client)
    df["pr. fuldtid"] = df.iloc[:, 2] / df.iloc[:, 3]
    with pytest.raises(
        ProvenanceError, match=r"computed or filled in.*new\.drop\(columns=\['pr. fuldtid'\]\)"
    ):
        compare(df.drop(columns="pr. fuldtid"), df)


def test_frames_of_different_tables_are_refused(client: ji.Client) -> None:
    one = ji.read_jobindsats("y25i01", by="_region", periods="latest:1", client=client)
    other = ji.read_jobindsats("y30r21", by="_region", periods="latest:1", client=client)
    with pytest.raises(QueryError, match="the old frame is of table y25i01, the new one of y30r21"):
        compare(one, other)
    with pytest.raises(QueryError, match="of table y25i01 and y30r21, the new one of y25i01"):
        compare(pd.concat([one, other.rename(columns={})]), one)


def test_frames_of_different_questions_are_refused(client: ji.Client) -> None:
    region = ji.read_jobindsats("y25i01", by="_region", periods="latest:1", client=client)
    municipality = ji.read_jobindsats("y25i01", by="_nykom", periods="latest:1", client=client)
    country = ji.read_jobindsats("y25i01", periods="latest:1", client=client)
    with pytest.raises(QueryError, match="'Område' is broken down in old by _region, new by _nykom"):
        compare(region, municipality)
    with pytest.raises(QueryError, match="new by its total alone"):
        compare(region, country)
    months = ji.read_jobindsats("y25i06b", by="_region", period_type="M", periods="latest:1", client=client)
    to_date = ji.read_jobindsats(
        "y25i06b", by="_region", period_type="MYTD", periods="latest:1", client=client
    )
    with pytest.raises(QueryError, match="old has M, new has MYTD"):
        compare(months, to_date)


def test_a_cell_that_stands_twice_is_named() -> None:
    of = space()
    old = frame(of, {(1, 0): (7, SHOWN), (2, 1): (8, SHOWN)})
    with pytest.raises(
        QueryError, match="the old frame has 'Antal personer', 2026M02, Kasse 2 more than once"
    ):
        compare(pd.concat([old, old.iloc[[1]]]), old)
    with pytest.raises(QueryError, match="the new frame has"):
        compare(old, pd.concat([old, old]))


def test_empty_frames_are_all_new_or_all_gone() -> None:
    full = space_frame()
    assert compare(full.iloc[:0], full).counts["new"] == 1
    assert compare(full, full.iloc[:0]).counts["gone"] == 1
    nothing = compare(full.iloc[:0], full.iloc[:0])
    assert len(nothing) == nothing.compared == 0
    assert nothing.changes.columns.tolist() == ["Periode", "measure", "change", "old", "new"]


# --- cost ----------------------------------------------------------------------------------------------------------


def test_a_million_cells_are_compared_in_seconds() -> None:
    of = space(
        4999, tuple(f"{year}M{month:02d}" for year in range(2010, 2019) for month in range(1, 13))[:100]
    )
    keys = np.indices((5000, 100)).reshape(2, -1)
    rng = np.random.default_rng(1)

    def big(seed_status: Any) -> pd.DataFrame:
        columns = {}
        for measure in range(2):
            parts = of.encode(measure, keys[1], [keys[0]])
            numbers = rng.integers(3, 9, len(parts))
            array = DiscretionisedArray(numbers, seed_status.copy(), parts, Registry.of(of))
            columns[str(measure)] = array[rng.permutation(len(parts))]
        return pd.DataFrame(columns)

    old, new = (big(rng.integers(0, 2, 500_000).astype(np.uint8)) for _ in range(2))
    found = []
    assert effort(lambda: found.append(compare(old, new)), times=1) < 10_000
    (revisions,) = found
    assert revisions.compared == 1_000_000
    assert len(revisions) > 500_000
