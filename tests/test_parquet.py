"""Parquet: restored exactly here, plain for everybody else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import hypothesis
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.parquet as pq
import pytest
from frames import same_frames
from hypothesis import strategies as st

import jobindsats_pandas as ji
from jobindsats_pandas import layouts, parquet, totals
from jobindsats_pandas.disclosure import (
    AddressDimension,
    AddressMeasure,
    AddressSpace,
    CellStatus,
    DiscretionisedArray,
    DiscretionisedDtype,
    Registry,
)
from jobindsats_pandas.errors import InvalidSumError, JobindsatsWarning, ProvenanceError, QueryError
from jobindsats_pandas.kinds import Kind


def assert_same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    """Assert that two frames are the same to the last bit that can be asked for."""
    same_frames(left, right, check_column_type="exact", check_index_type="exact", check_freq=True)
    assert left.attrs == right.attrs
    for place in range(left.shape[1]):
        ours, theirs = left.iloc[:, place], right.iloc[:, place]
        assert ours.dtype == theirs.dtype
        if isinstance(ours.dtype, pd.CategoricalDtype):
            assert ours.dtype.categories.equals(theirs.dtype.categories)  # type: ignore[union-attr]
        if isinstance(ours.dtype, DiscretionisedDtype):
            a, b = ours.array, theirs.array
            assert isinstance(a, DiscretionisedArray)
            assert isinstance(b, DiscretionisedArray)
            assert a.status.tolist() == b.status.tolist()
            assert a.addresses.tolist() == b.addresses.tolist()
            assert a.registry == b.registry
            assert a.dropped == b.dropped
            assert a.numbers[a.visible].tolist() == b.numbers[b.visible].tolist()


def restored(frame: pd.DataFrame, path: Path, partition_by: Any = None) -> pd.DataFrame:
    parquet.to_parquet(frame, path, partition_by)
    return parquet.read_parquet(path)


def extra_columns(path: Path) -> list[str]:
    return [name for name in pq.read_schema(path).names if name.endswith("_part")]


# --- restored exactly ------------------------------------------------------------------------------------------------

QUESTIONS = [
    {"table": "y25i01", "by": {"_nykom": "*", "_ygrpi09": "*"}, "periods": 2},
    {"table": "y25i01", "by": {"_nykom": "*"}, "periods": 2, "layout": "long"},
    {"table": "y01c01", "by": {"_tilb_2ptv": "*"}, "periods": 3, "complete": True},
    {"table": "ptv_a02", "by": {"_kon": "*"}, "periods": 3},
    {"table": "y25i06b", "by": {"_var13uger": "*"}, "periods": 4, "period_type": "MYTD"},
    {"table": "y14d03", "by": "_kon", "periods": 5},
    {"table": "y25i14", "by": {"_escostar_rs": "*"}, "periods": 2},
    {"table": "y28a15", "periods": 3},
    {
        "table": "y01u01",
        "by": ["_nykom", "_akassedp"],
        "periods": 1,
        "additive": {"Udbetalt beløb, 1.000 kr.": "none"},
    },
]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["table"])
def test_frames_as_read_come_back_exactly(
    reader: ji.Client, tmp_path: Path, question: dict[str, Any]
) -> None:
    frame = reader.read(**question)
    assert_same(frame, restored(frame, tmp_path / "x.parquet"))
    # What a cell belongs to follows from its labels: nothing of it stands in the file.
    assert not extra_columns(tmp_path / "x.parquet")


def shapes(crossed: pd.DataFrame, sanctions: pd.DataFrame) -> dict[str, pd.DataFrame]:
    parts = totals.parts(sanctions, "A-kasse")
    name = "Antal sanktioner i alt"
    by_labels = crossed.set_index(["Periode", "Område", "Ydelsesgrupper"]).iloc[:, 0]
    twice = pd.concat([crossed, crossed.iloc[:, [3]]], axis=1)
    long = [layouts.to_long(frame) for frame in (crossed.head(9), sanctions.head(9))]
    numbered = sanctions.copy()
    numbered.columns = pd.RangeIndex(sanctions.shape[1])
    dated = sanctions.copy()
    dated.columns = pd.date_range("2026-01-01", periods=sanctions.shape[1])
    odd = sanctions.iloc[:, :3].copy()
    odd.columns = pd.Index(["Periode", 7, ("a", 1)], dtype=object)
    return {
        "filtered": crossed[crossed["Område"] == "Fanø"],
        "shuffled": crossed.sample(frac=1, random_state=1),
        "empty": crossed.iloc[:0],
        "no columns of labels": crossed.iloc[:, 3:],
        "indexed": crossed.set_index(["Periode", "Område", "Ydelsesgrupper"]),
        "indexed by period": crossed.set_index("Periode"),
        "named range": sanctions.rename_axis("row").iloc[4:20:2],
        "pivoted": parts.pivot(index="Periode", columns="A-kasse", values=name),  # noqa: PD010
        "pivoted, all": parts.pivot(index="A-kasse", columns="Periode"),  # noqa: PD010
        "unstacked with holes": by_labels.unstack("Område"),  # noqa: PD010
        "stacked tables": pd.concat([crossed, sanctions]),
        "merged": crossed.merge(sanctions.drop(columns="Periode").head(3), how="cross"),
        "dropped": crossed.dropna(),
        "labels twice": twice,
        "odd labels": odd,
        "numbered labels": numbered,
        "dated labels": dated,
        "dated rows": sanctions.set_index(pd.date_range("2026-01-01", periods=len(sanctions), freq="D")),
        "long of two tables": pd.concat(long, ignore_index=True),
        "computed": crossed.assign(
            share=crossed.iloc[:, 4] / crossed.iloc[:, 3], twice=crossed.iloc[:, 3] * 2
        ),
        "summed": crossed.iloc[:9].groupby(["Periode", "Område"], observed=True)[[crossed.columns[3]]].max(),
        "filled": crossed.fillna({crossed.columns[3]: 0}),
        "others": sanctions.assign(
            n=1,
            text="æøå",
            missing=None,
            objects=pd.Series(["x"] * len(sanctions), dtype=object),
            flag=True,
            when=pd.Timestamp("2026-01-01T12:00", tz="Europe/Copenhagen"),
            cut=pd.cut(np.arange(len(sanctions)), 3),
            interval=pd.arrays.IntervalArray.from_breaks(range(len(sanctions) + 1)),
            days=pd.period_range("2026-01-01", periods=len(sanctions), freq="D"),
            hours=pd.period_range("2026-01-01", periods=len(sanctions), freq="h"),
            ordered=pd.Categorical([3, 1] * 44, categories=[3, 2, 1], ordered=True),
            whole=pd.array([1, None] * 44, dtype="Int64"),
        ),
        "periods missing": crossed.reindex([0, 99_999, 1]),
    }


SHAPES = [
    "filtered", "shuffled", "empty", "no columns of labels", "indexed", "indexed by period", "named range", "pivoted",
    "pivoted, all", "unstacked with holes", "stacked tables", "merged", "dropped", "labels twice", "odd labels", "numbered labels", "dated labels", "dated rows", "long of two tables", "computed",
    "summed", "filled", "others", "periods missing",
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_frames_come_back_exactly_whatever_was_done_to_them(
    crossed: pd.DataFrame, sanctions: pd.DataFrame, tmp_path: Path, shape: str
) -> None:
    made = shapes(crossed, sanctions)
    assert set(made) == set(SHAPES)
    frame = made[shape]
    if shape == "stacked tables":
        # Monthly and quarterly periods in one column are objects.
        assert frame["Periode"].dtype == object
    assert_same(frame, restored(frame, tmp_path / "x.parquet"))


def test_the_guard_is_the_same_after_a_round_trip(crossed: pd.DataFrame, tmp_path: Path) -> None:
    frame = totals.without_totals(crossed).dropna()
    back = restored(frame, tmp_path / "x.parquet")
    for one in (frame, back):
        with pytest.raises(InvalidSumError) as raised:
            one.groupby("Periode")[crossed.columns[4]].sum()
        assert raised.value.reasons == ("dropped",)
    joined = pd.concat(
        [restored(totals.without_totals(crossed), tmp_path / "y.parquet"), totals.without_totals(crossed)]
    )
    with pytest.raises(InvalidSumError) as raised:
        joined.groupby("Periode")[crossed.columns[4]].sum()
    assert "repeated" in raised.value.reasons


NAMES = st.text(alphabet="abæøå /%=.\"'<é漢", min_size=1, max_size=6)


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    """Frames that a table with odd names could give, in any order, with any statuses."""
    members = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    dimension = AddressDimension.build(
        "_d",
        draw(NAMES),
        [
            ("_h", "0", "i alt", [("/", "I alt")]),
            ("_h", "1", "n", [(f"/{i}/", m) for i, m in enumerate(members)]),
        ],
    )
    kind = draw(st.sampled_from(["M", "Q", "Y", "QMAT"]))
    ids = {
        "M": ["2025M11", "2025M12", "2026M01"],
        "Q": ["2025Q04", "2026Q01"],
        "Y": ["2025Y01"],
        "QMAT": ["2025QMAT01", "2025QMAT02"],
    }[kind]
    measures = draw(st.lists(NAMES, min_size=1, max_size=3))
    space = AddressSpace(
        draw(NAMES),
        draw(NAMES),
        tuple(AddressMeasure(f"m{i}", name, draw(st.sampled_from(Kind))) for i, name in enumerate(measures)),
        tuple((kind, period) for period in ids),
        (dimension,),
    )
    count = draw(st.integers(0, 12))
    periods = np.array(
        draw(st.lists(st.integers(0, len(ids) - 1), min_size=count, max_size=count)), dtype=np.int64
    )
    codes = np.array(
        draw(st.lists(st.integers(0, len(members)), min_size=count, max_size=count)), dtype=np.int64
    )
    labels = ["I alt ", *members]
    from jobindsats_pandas.periods import period_values

    columns: list[Any] = [
        period_values(ids, periods).array,
        pd.Categorical.from_codes(codes, pd.Index(labels, dtype="str"), ordered=draw(st.booleans())),
    ]
    for place in range(len(measures)):
        status = np.array(draw(st.lists(st.integers(0, 6), min_size=count, max_size=count)), dtype=np.uint8)
        numbers = st.integers(-(2**53), 2**53) if draw(st.booleans()) else st.floats(allow_nan=False)
        values = np.array(draw(st.lists(numbers, min_size=count, max_size=count)))
        values = values.astype(np.float64 if values.dtype.kind == "f" else np.int64)
        parts = space.encode(place, periods, [codes]) if count else np.empty(0, dtype=np.int64)
        if draw(st.booleans()):
            parts = np.where(
                np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)), dtype=bool),
                parts,
                draw(st.sampled_from([-1, -2, -3])),
            )
        columns.append(DiscretionisedArray(values, status, parts, Registry.of(space)))
    frame = pd.DataFrame(dict(enumerate(columns)))
    frame.columns = pd.Index([draw(NAMES), draw(NAMES), *measures], dtype="str")
    frame.attrs = draw(
        st.dictionaries(NAMES, st.one_of(st.none(), st.integers(), NAMES, st.lists(NAMES)), max_size=3)
    )
    if draw(st.booleans()):
        frame.index = pd.Index(
            draw(
                st.lists(st.integers(), min_size=count, max_size=count).filter(
                    lambda x: all(abs(i) < 2**62 for i in x)
                )
            ),
            dtype="int64",
            name=draw(st.one_of(st.none(), NAMES)),
        )
    return frame


@hypothesis.settings(max_examples=60)
@hypothesis.given(frame=frames())
def test_any_frame_comes_back_exactly(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("any")
    assert_same(frame, restored(frame, path / "x.parquet"))
    dimension = str(frame.columns[1])
    if list(frame.columns).count(dimension) == 1 and frame.index.name != dimension:
        assert_same(frame, restored(frame, path / "dir", dimension))
    for field in pq.read_schema(path / "x.parquet"):
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        assert kind in (pa.string(), pa.int64(), pa.float64(), pa.date32())


# --- directories -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["Periode", "Område", ["Periode", "Område"], "note"])
def test_a_partitioned_directory_comes_back_exactly(crossed: pd.DataFrame, tmp_path: Path, by: Any) -> None:
    frame = crossed[crossed["Område"].isin(["Aarhus", "Ærø", "Hele landet"])].sample(frac=1, random_state=2)
    frame["note"] = np.where(np.arange(len(frame)) % 2, "a/b=c%", None)
    assert_same(frame, restored(frame, tmp_path / "x", by))
    # Once more over the old one, and other things in the directory stay away from it.
    assert_same(frame.head(3), restored(frame.head(3), tmp_path / "x", by))
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_directories_are_named_as_other_programs_expect(crossed: pd.DataFrame, tmp_path: Path) -> None:
    parquet.to_parquet(crossed, tmp_path / "x", ["Periode", "Område"])
    assert sorted(path.name for path in (tmp_path / "x").iterdir()) == [
        *(f"Periode=2026M{m:02d}" for m in (6, 7, 8)),
        "_jobindsats_manifest.json",
    ]
    assert (tmp_path / "x" / "Periode=2026M06" / "Område=Ærø" / "part-0.parquet").is_file()
    plain = layouts.plain(crossed)
    name = crossed.columns[3]
    dataset = pads.dataset(tmp_path / "x", partitioning="hive").to_table().to_pandas()
    assert (
        dataset.loc[dataset["Område"] == "Ærø", name].sum() == plain.loc[plain["Område"] == "Ærø", name].sum()
    )
    found = duckdb.sql(
        f"SELECT sum(\"{name}\") FROM read_parquet('{tmp_path}/x/**/*.parquet', hive_partitioning=true) WHERE \"Område\" = 'Ærø'"
    ).fetchall()
    assert found[0] == (plain.loc[plain["Område"] == "Ærø", name].sum(),)
    lazy = pl.scan_parquet(tmp_path / "x" / "**" / "*.parquet", hive_partitioning=True)
    assert lazy.filter(pl.col("Område") == "Ærø").select(pl.col(name).sum()).collect().item() == found[0][0]
    back = pd.read_parquet(tmp_path / "x")
    assert set(back["Periode"]) == {"2026M06", "2026M07", "2026M08"}


def test_months_with_gaps_come_back_with_their_gaps(reader: ji.Client, tmp_path: Path) -> None:
    frame = reader.read("y25i14", by="_region", periods="latest:6")
    assert_same(restored(frame, tmp_path / "plain.parquet"), frame)
    indexed = frame.set_index("Periode")
    assert_same(restored(indexed, tmp_path / "indexed.parquet"), indexed)
    assert restored(frame, tmp_path / "parts", "Periode")["Periode"].nunique() == 6


def test_one_file_of_a_directory_is_a_frame_of_its_own(crossed: pd.DataFrame, tmp_path: Path) -> None:
    parquet.to_parquet(crossed, tmp_path / "x", "Periode")
    one = parquet.read_parquet(tmp_path / "x" / "Periode=2026M07" / "part-0.parquet")
    expected = crossed[crossed["Periode"] == "2026-07"].reset_index(drop=True)
    assert_same(one, expected)


def test_a_directory_with_missing_files_is_refused(crossed: pd.DataFrame, tmp_path: Path) -> None:
    parquet.to_parquet(crossed, tmp_path / "x", "Periode")
    (tmp_path / "x" / "Periode=2026M07" / "part-0.parquet").unlink()
    with pytest.raises(ProvenanceError, match=r"its 'Periode=2026M07/part-0.parquet' is missing"):
        parquet.read_parquet(tmp_path / "x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ProvenanceError, match="holds no Parquet files"):
        parquet.read_parquet(tmp_path / "empty")


def test_partitions_are_by_columns_of_labels(
    crossed: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for by in ("Region", crossed.columns[3]):
        with pytest.raises(QueryError, match="There are: 'Periode', 'Område', 'Ydelsesgrupper'"):
            parquet.to_parquet(crossed, tmp_path / "x", by)
    with pytest.raises(QueryError, match="names one twice"):
        parquet.to_parquet(crossed, tmp_path / "x", ["Område", "Område"])
    monkeypatch.setattr(parquet.directories, "MAX_PARTITIONS", 50)
    with pytest.raises(QueryError, match="makes 100 files, more than 50"):
        parquet.to_parquet(crossed, tmp_path / "x", "Område")
    assert not list(tmp_path.iterdir())


def test_of_a_directory_as_large_as_a_disk_not_everything_is_looked_at(
    crossed: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        (tmp_path / f"{number}" / "below").mkdir(parents=True)
        (tmp_path / f"{number}" / "below" / "x.txt").touch()
    monkeypatch.setattr("jobindsats_pandas.parquet.manifest.MOST_ENTRIES", 5)
    for tried in (
        lambda: parquet.read_parquet(tmp_path),
        lambda: ji.update(tmp_path, client=ji.Client("key", "http://127.0.0.1:1/v3")),
        lambda: parquet.to_parquet(crossed, tmp_path, "Periode"),
    ):
        with pytest.raises((QueryError, ProvenanceError), match="holds more than 5 files"):
            tried()


def test_what_lies_there_already_is_not_thrown_away(crossed: pd.DataFrame, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(QueryError, match=r"exists and holds 'thesis\.txt', and no"):
        parquet.to_parquet(crossed, tmp_path / "mine", "Periode")
    pd.DataFrame({"x": [1]}).to_parquet(tmp_path / "foreign.parquet")
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign.parquet").rename(tmp_path / "foreign" / "x.parquet")
    with pytest.raises(QueryError, match=r"exists and holds 'x\.parquet', and no"):
        parquet.to_parquet(crossed, tmp_path / "foreign", "Periode")
    with pytest.raises(QueryError, match="is a directory"):
        parquet.to_parquet(crossed, tmp_path / "mine")
    parquet.to_parquet(crossed, tmp_path / "file.parquet")
    with pytest.raises(QueryError, match="exists and is no directory"):
        parquet.to_parquet(crossed, tmp_path / "file.parquet", "Periode")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


# --- for everybody ---------------------------------------------------------------------------------------------------


def test_the_schema_is_plain(crossed: pd.DataFrame, tmp_path: Path) -> None:
    parquet.to_parquet(crossed, tmp_path / "x.parquet")
    schema = pq.read_schema(tmp_path / "x.parquet")
    name = crossed.columns[3]
    assert schema.names[:6] == [
        "Periode",
        "Periode_start",
        "Område",
        "Ydelsesgrupper",
        name,
        f"{name}_status",
    ]
    assert [str(schema.field(place).type) for place in range(6)] == [
        "dictionary<values=string, indices=int8, ordered=0>",
        "date32[day]",
        "dictionary<values=string, indices=int8, ordered=0>",
        "dictionary<values=string, indices=int8, ordered=0>",
        "int64",
        "dictionary<values=string, indices=int8, ordered=0>",
    ]
    # What R's arrow, Power BI and others see without Arrow's own schema: texts, numbers, dates.
    file = pq.ParquetFile(tmp_path / "x.parquet")
    logical = {file.schema.column(place).logical_type.type for place in range(len(schema.names))}
    assert logical == {"STRING", "DATE", "NONE"}
    assert {file.metadata.row_group(0).column(place).compression for place in range(len(schema.names))} == {
        "ZSTD"
    }


def test_the_ranges_that_others_skip_by_are_there(crossed: pd.DataFrame, tmp_path: Path) -> None:
    parquet.to_parquet(crossed, tmp_path / "x.parquet")
    group = pq.ParquetFile(tmp_path / "x.parquet").metadata.row_group(0)
    ranged = {
        column.path_in_schema: column.statistics
        for column in map(group.column, range(group.num_columns))
        if column.is_stats_set
    }
    assert len(ranged) == group.num_columns
    assert (ranged["Periode"].min, ranged["Periode"].max) == ("2026M06", "2026M08")
    statuses = ranged[f"{crossed.columns[3]}_status"]
    assert {statuses.min, statuses.max} <= set(crossed[crossed.columns[3]].jobindsats.status)
    start = ranged["Periode_start"]
    assert (str(start.min), str(start.max)) == ("2026-06-01", "2026-08-01")
    assert ranged["Område"].min == min(crossed["Område"])


def test_dates_stand_beside_periods_however_far_off(tmp_path: Path) -> None:
    frame = pd.DataFrame({"p": pd.PeriodIndex(["0001-01", "9999-12", None], freq="M")})
    assert_same(frame, restored(frame, tmp_path / "x.parquet"))
    days = pq.read_table(tmp_path / "x.parquet")["p_start"].to_pylist()
    assert [day and day.isoformat() for day in days] == ["0001-01-01", "9999-12-01", None]


def test_every_program_shows_plain_numbers(crossed: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "æøå.parquet"
    parquet.to_parquet(crossed, path)
    name, plain = crossed.columns[3], layouts.plain(crossed)
    hidden = (plain[f"{name}_status"] == "discretionised").to_numpy()
    numbers = plain[name].to_numpy(dtype=object, na_value=None).tolist()
    table = pq.read_table(path)
    assert table[name].to_pylist() == numbers
    assert table["Periode"].to_pylist() == [f"{p.year}M{p.month:02d}" for p in crossed["Periode"]]
    assert [str(day) for day in table["Periode_start"].to_pylist()] == [
        f"{p.year}-{p.month:02d}-01" for p in crossed["Periode"]
    ]
    assert pl.read_parquet(path)[name].to_list() == numbers
    rows = duckdb.sql(f'SELECT "{name}", "{name}_status" FROM \'{path}\'').fetchall()
    assert [row[0] for row in rows] == numbers
    assert [row[1] == "discretionised" for row in rows] == hidden.tolist()
    assert hidden.any()


def test_pandas_opens_it_without_this_package(crossed: pd.DataFrame, tmp_path: Path) -> None:
    parquet.to_parquet(crossed, tmp_path / "x.parquet", notes={"source": "y25i01", "citation": "STAR"})
    script = """
import json, sys
import pandas as pd, pyarrow.parquet as pq
df = pd.read_parquet(sys.argv[1])
assert "jobindsats_pandas" not in sys.modules
name = df.columns[4]
print(json.dumps([str(df.dtypes.iloc[4]), str(df.dtypes.iloc[0]), int(df[name].isna().sum()), df["Periode"].iloc[0],
    df[f"{name}_status"].iloc[0], pq.read_metadata(sys.argv[1]).metadata[b"citation"].decode()]))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, str(tmp_path / "x.parquet")],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    missing = int(crossed.iloc[:, 3].isna().sum())
    assert json.loads(done.stdout) == ["Int64", "category", missing, "2026M06", "observed", "STAR"]


def test_the_long_layout_keeps_one_column_of_statuses(crossed: pd.DataFrame, tmp_path: Path) -> None:
    long = layouts.to_long(crossed)
    parquet.to_parquet(long, tmp_path / "x.parquet")
    assert pq.read_schema(tmp_path / "x.parquet").names == [
        "Periode",
        "Periode_start",
        "Område",
        "Ydelsesgrupper",
        "measure",
        "value",
        "status",
    ]
    # A status column that somebody changed is not the cells' own any more.
    changed = long.assign(status=long["status"].where(long["status"] != "discretionised", "observed"))
    assert_same(changed, restored(changed, tmp_path / "y.parquet"))
    assert "value_status" in pq.read_schema(tmp_path / "y.parquet").names


def test_a_file_is_hardly_larger_than_a_plain_one(reader: ji.Client, tmp_path: Path) -> None:
    frame = reader.read("y30r21", by={"_nykom": "*", "_aldera": "*"}, periods=40)
    parquet.to_parquet(frame, tmp_path / "ours.parquet")
    plain = layouts.plain(frame).loc[:, lambda made: ~made.columns.str.endswith("_status")]
    plain.to_parquet(tmp_path / "plain.parquet", compression="zstd")
    assert (tmp_path / "ours.parquet").stat().st_size <= 1.3 * (tmp_path / "plain.parquet").stat().st_size


@pytest.mark.parametrize("row", [1_234, 45_678])
def test_a_cell_that_does_not_follow_from_its_labels_is_never_lost(tmp_path: Path, row: int) -> None:
    count = 50_000
    dimension = AddressDimension.build("_d", "D", [("_h", "1", "n", [("/1/", "a"), ("/2/", "b")])])
    space = AddressSpace("t", "T", (AddressMeasure("m", "M", Kind.FLOW),), (("M", "2026M01"),), (dimension,))
    codes = np.ones(count, dtype=np.int64)
    codes[count // 2 :] = 2
    labels = pd.Categorical.from_codes(codes - 1, ["a", "b"])
    # One row of fifty thousand says a and is b, or says b and is a.
    codes[row] = 3 - codes[row]
    array = DiscretionisedArray(
        np.ones(count, np.int64), np.zeros(count, np.uint8), space.encode(0, 0, [codes]), Registry.of(space)
    )
    frame = pd.DataFrame({"D": labels, "x": array})
    assert_same(frame, restored(frame, tmp_path / "x.parquet"))
    assert extra_columns(tmp_path / "x.parquet") == ["x_part"]


def test_a_label_of_a_single_row_is_enough_to_tell_its_cell(tmp_path: Path) -> None:
    count, names = 50_000, ["a", "b", "c", "d", "never"]
    dimension = AddressDimension.build(
        "_d", "D", [("_h", "1", "n", [(f"/{i}/", name) for i, name in enumerate(names)])]
    )
    space = AddressSpace("t", "T", (AddressMeasure("m", "M", Kind.FLOW),), (("M", "2026M01"),), (dimension,))
    codes = np.arange(count) % 2
    codes[[4_321, 44_444]] = 2, 3
    array = DiscretionisedArray(
        np.ones(count, np.int64),
        np.zeros(count, np.uint8),
        space.encode(0, 0, [codes + 1]),
        Registry.of(space),
    )
    frame = pd.DataFrame({"D": pd.Categorical.from_codes(np.where(codes < 3, codes, -1), names), "x": array})
    assert_same(frame, restored(frame, tmp_path / "x.parquet"))
    assert not extra_columns(tmp_path / "x.parquet")


def test_names_that_meet_are_told_apart(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "x": DiscretionisedArray(np.array([1]), np.array([1], np.uint8)),
            "x_status": ["mine"],
            "row_number": [3],
        }
    )
    assert_same(frame, restored(frame, tmp_path / "x.parquet"))
    assert (
        pq.read_schema(tmp_path / "x.parquet").names
        == ["x", "x_status", "x_status.1", "row_number.1", "x_part"][:4]
    )


# --- what cannot be kept ---------------------------------------------------------------------------------------------


def test_attrs_that_are_no_json_are_left_out_with_a_warning(sanctions: pd.DataFrame, tmp_path: Path) -> None:
    frame = sanctions.copy()
    frame.attrs = {"ok": [1, {"a": None}], "set": {1}, "tuple": (1,), 3: "x", "nan": float("nan")}
    with pytest.warns(
        JobindsatsWarning,
        match=r"attrs\['set'\], df.attrs\['tuple'\], df.attrs\[3\], df.attrs\['nan'\] is not",
    ):
        parquet.to_parquet(frame, tmp_path / "x.parquet")
    assert parquet.read_parquet(tmp_path / "x.parquet").attrs == {"ok": [1, {"a": None}]}


def test_columns_that_no_program_could_read_are_refused(sanctions: pd.DataFrame, tmp_path: Path) -> None:
    nothing = pd.Series([object()] * len(sanctions), dtype=object)
    for column, problem in {
        "mixed": pd.Series([1, "a"] * 44, dtype=object),
        "lists": pd.Series([[1]] * 88, dtype=object),
        "objects": nothing,
        "complex": pd.Series([1j] * 88),
    }.items():
        with pytest.raises(QueryError, match=f"column '{column}'"):
            parquet.to_parquet(sanctions.assign(**{column: problem}), tmp_path / "x.parquet")
    alike = sanctions.assign(c=pd.Categorical([1, "1"] * 44))
    with pytest.raises(QueryError, match="read alike"):
        parquet.to_parquet(alike, tmp_path / "x.parquet")
    labelled = sanctions.rename(columns={"A-kasse": frozenset()})
    with pytest.raises(QueryError, match="label frozenset"):
        parquet.to_parquet(labelled, tmp_path / "x.parquet")
    assert not list(tmp_path.iterdir())


# --- files that are not ours, or not whole ---------------------------------------------------------------------------


def test_other_files_are_refused_with_what_to_do(crossed: pd.DataFrame, tmp_path: Path) -> None:
    pd.DataFrame({"x": [1]}).to_parquet(tmp_path / "foreign.parquet")
    for look in (parquet.read_parquet, parquet.attrs_of):
        with pytest.raises(FileNotFoundError, match=r"no file or directory .*none\.parquet\.$"):
            look(tmp_path / "none.parquet")
        for name in ("forein.parquet", "foreign"):
            with pytest.raises(FileNotFoundError, match=rf"/{name}\. Did you mean 'foreign\.parquet'\?"):
                look(tmp_path / name)
        with pytest.raises(FileNotFoundError, match=r"foreign\.parquet\.$"):
            look(tmp_path / "nowhere" / "foreign.parquet")
    with pytest.raises(
        ProvenanceError, match=r"was not written by df.jobindsats.to_parquet.*pd.read_parquet\(path\)"
    ):
        parquet.read_parquet(tmp_path / "foreign.parquet")
    (tmp_path / "text.parquet").write_text("hello")
    with pytest.raises(ProvenanceError, match="is not a Parquet file, or was cut short"):
        parquet.read_parquet(tmp_path / "text.parquet")
    parquet.to_parquet(crossed, tmp_path / "x.parquet")
    whole = (tmp_path / "x.parquet").read_bytes()
    (tmp_path / "x.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ProvenanceError, match=r"cut short: .*[^.]\. Take it"):
        parquet.read_parquet(tmp_path / "x.parquet")


def test_a_newer_format_is_not_guessed_at(
    crossed: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(parquet.metadata, "FORMAT", parquet.metadata.FORMAT + 1)
        parquet.to_parquet(crossed, tmp_path / "x.parquet")
    with pytest.raises(
        ProvenanceError,
        match=r"newer version of jobindsats_pandas \(format 4; this one reads 3\)\. Install a newer",
    ):
        parquet.read_parquet(tmp_path / "x.parquet")


@pytest.mark.parametrize("by", [None, "Periode"])
def test_a_write_that_fails_leaves_the_old_one(
    crossed: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str | None
) -> None:
    target = tmp_path / "x"
    parquet.to_parquet(crossed, target, by)

    class Full(pq.ParquetWriter):  # type: ignore[misc]
        def write_table(self, table: pa.Table, row_group_size: int | None = None) -> None:
            super().write_table(table.slice(0, 1), row_group_size)
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "ParquetWriter", Full)
    with pytest.raises(OSError, match="No space left"):
        parquet.to_parquet(crossed.head(3), target, by)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert_same(crossed, parquet.read_parquet(target))


def test_a_process_that_is_killed_leaves_the_old_file(crossed: pd.DataFrame, tmp_path: Path) -> None:
    target = tmp_path / "x.parquet"
    parquet.to_parquet(crossed, target)
    script = """
import os, sys
import pyarrow.parquet as pq
from jobindsats_pandas import parquet
frame = parquet.read_parquet(sys.argv[1]).head(3)
write = pq.ParquetWriter.write_table
def killed(self, *args, **kwargs):
    write(self, *args, **kwargs)
    os.kill(os.getpid(), 9)
pq.ParquetWriter.write_table = killed
parquet.to_parquet(frame, sys.argv[1])
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(target)], check=False, cwd=Path(__file__).parents[1]
    )
    assert done.returncode == -9
    assert_same(crossed, parquet.read_parquet(target))


def test_a_file_has_the_rights_of_any_file(crossed: pd.DataFrame, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("")
    parquet.to_parquet(crossed, tmp_path / "x.parquet")
    assert (tmp_path / "x.parquet").stat().st_mode == (tmp_path / "other").stat().st_mode
    parquet.to_parquet(crossed, str(tmp_path / "dir"), "Periode")
    (tmp_path / "plain").mkdir()
    assert (tmp_path / "dir").stat().st_mode == (tmp_path / "plain").stat().st_mode
    assert CellStatus.OBSERVED.label == "observed"
