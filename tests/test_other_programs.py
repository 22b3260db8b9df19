"""Other programs take the frame: each of them for real where the machine has it."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import subprocess
import warnings
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

import jobindsats_pandas as ji
from jobindsats_pandas.errors import GuardRemovedWarning, QueryError

if TYPE_CHECKING:
    from pathlib import Path

HIDING = "Antal sanktioner fordelt på type: Gentagelsesvirkning (arbejdskrav)"
ALL = "Antal sanktioner i alt"


@pytest.fixture
def parts(sanctions: pd.DataFrame) -> pd.DataFrame:
    return sanctions.jobindsats.parts("A-kasse")


@pytest.fixture
def shown(parts: pd.DataFrame) -> int:
    """How many cells of the measure that hides some are shown."""
    count = int(parts[HIDING].notna().sum())
    assert 0 < count < len(parts)
    return count


# --- in memory -------------------------------------------------------------------------------------------------------


def test_the_table_in_memory_is_the_one_on_disk(sanctions: pd.DataFrame, tmp_path: Path) -> None:
    sanctions.jobindsats.to_parquet(tmp_path / "x.parquet")
    table = sanctions.jobindsats.to_arrow()
    assert table.equals(pq.read_table(tmp_path / "x.parquet"))
    metadata = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    assert metadata["source"] == repr(sanctions.jobindsats.source)
    assert metadata["citation"] == repr(sanctions.jobindsats.cite())
    assert table.to_pandas()[HIDING].dtype == "Int64"
    assert table["Periode"].type == pa.dictionary(pa.int8(), pa.string())


def test_what_only_restores_the_frame_is_not_in_the_table(sanctions: pd.DataFrame) -> None:
    """Where labels do not tell the cells' addresses, a file has a column of them; no other program wants it."""
    alone = sanctions.drop(columns="A-kasse").rename_axis("række", axis=1)
    names = [*alone.columns[1:], *(f"{name}_status" for name in alone.columns[1:])]
    assert sorted(alone.jobindsats.to_arrow().column_names) == sorted(["Periode", "Periode_start", *names])
    made = pd.DataFrame(
        {"x": ji.DiscretionisedArray(np.array([1, 2]), np.array([0, 1], dtype=np.uint8))}
    ).jobindsats.to_arrow()
    assert made.to_pydict() == {"x": [1, None], "x_status": ["observed", "discretionised"]}
    assert set(made.schema.metadata) == {b"pandas"}
    with pytest.raises(QueryError, match="of a type that other programs cannot read"):
        alone.assign(x=[[1]] * len(alone)).jobindsats.to_arrow()


def test_arrow_goes_into_polars_duckdb_and_datasets(parts: pd.DataFrame, shown: int) -> None:
    accessor, rows = parts.jobindsats, parts.jobindsats.to_arrow()
    for read in (pl.DataFrame(accessor), pl.from_arrow(rows)):
        assert isinstance(read, pl.DataFrame)
        assert read[HIDING].count() == shown
        assert read.filter(pl.col(f"{HIDING}_status") == "discretionised")[HIDING].is_null().all()
    question = f'select count("{HIDING}"), min(Periode::text), min(Periode_start) from '
    found = [duckdb.sql(f"{question}accessor").fetchall(), duckdb.sql(f"{question}rows").fetchall()]
    start = parts["Periode"].min().start_time.date()
    assert found == [[(shown, "2025Q03", start)]] * 2
    assert pa.table(accessor).equals(rows)
    assert ds.dataset(rows).count_rows(filter=pa.compute.field(f"{HIDING}_status") == "observed") == shown


def test_the_plain_frame_goes_into_polars_and_duckdb(parts: pd.DataFrame, shown: int) -> None:
    plain = parts.jobindsats.plain()
    read = pl.from_pandas(plain)
    assert (read[HIDING].null_count(), read["Periode"].dtype) == (len(parts) - shown, pl.Datetime("us"))
    (row,) = duckdb.sql(f'select count("{HIDING}"), min(Periode) from plain').fetchall()
    assert row == (shown, parts["Periode"].min().start_time)


@pytest.mark.parametrize("periods", ["start", "end", "text"])
def test_sql_and_json_read_back_what_was_written(parts: pd.DataFrame, shown: int, periods: str) -> None:
    plain = parts.jobindsats.plain(periods=periods)
    with sqlite3.connect(":memory:") as connection:
        plain.to_sql("sanktioner", connection, index=False)
        found = connection.execute(f'select count("{HIDING}"), min("Periode") from sanktioner').fetchone()
    first = plain["Periode"].min()
    assert found == (shown, str(first))
    records = json.loads(plain.to_json(orient="records", date_format="iso"))
    assert sum(record[HIDING] is not None for record in records) == shown
    assert records[0][ALL] == plain[ALL].iloc[0]
    back = pd.read_json(io.StringIO(plain.to_json(orient="table", index=False)), orient="table")
    assert back[HIDING].equals(plain[HIDING].reset_index(drop=True))
    assert json.dumps(plain.astype({"Periode": str}).to_dict("records"), default=str)


def test_ibis_takes_the_table(parts: pd.DataFrame, shown: int) -> None:
    ibis = pytest.importorskip("ibis", reason="Ibis is not here")
    pytest.importorskip("ibis.backends.duckdb", reason="Ibis is here without DuckDB")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pandas, about Ibis' own lines
        for given in (parts.jobindsats.to_arrow(), parts.jobindsats.plain(), parts.jobindsats):
            table = ibis.memtable(given)
            hidden = table[f"{HIDING}_status"] == "discretionised"
            assert table.filter(hidden).count().execute() == len(parts) - shown
            assert table[HIDING].count().execute() == shown


def test_datafusion_takes_the_table(parts: pd.DataFrame, shown: int) -> None:
    datafusion = pytest.importorskip("datafusion", reason="DataFusion is not here")
    context = datafusion.SessionContext()
    for name, given in (("rows", parts.jobindsats.to_arrow()), ("accessor", parts.jobindsats)):
        context.from_arrow(given, name=name)
        (batch,) = context.sql(
            f'select count("{HIDING}") as n, min("Periode_start") as first from {name}'
        ).collect()
        assert batch.to_pylist() == [{"n": shown, "first": parts["Periode"].min().start_time.date()}]
    assert context.from_pandas(parts.jobindsats.plain(), name="plain").count() == len(parts)


def test_polars_sees_no_more_than_the_columns(parts: pd.DataFrame) -> None:
    schema = pl.DataFrame(parts.jobindsats).schema
    assert {type(dtype) for dtype in schema.values()} <= {pl.Categorical, pl.Date, pl.Int64, pl.Float64}
    assert len(str(schema)) < 100 * len(schema)


# --- statistics ------------------------------------------------------------------------------------------------------


def test_a_formula_fits_with_and_without_hidden_cells(parts: pd.DataFrame, shown: int) -> None:
    import statsmodels.formula.api as smf  # takes seconds: for the one process that runs this

    frame = parts.rename(columns={HIDING: "skjult", ALL: "alle", "A-kasse": "kasse"})
    plain = frame.jobindsats.plain()
    assert smf.ols("alle ~ skjult + C(Periode)", data=plain).fit().nobs == shown
    assert smf.ols("alle ~ np.log(alle) + C(Periode)", data=plain).fit().nobs == len(parts)
    hidden = len(parts) - shown
    with pytest.warns(GuardRemovedWarning, match=f"{hidden} of {len(parts)} cells") as told:
        fitted = smf.ols("alle ~ skjult", data=frame).fit()
    assert fitted.nobs == shown
    assert len(told) == 1, "said once a call"
    assert np.allclose(fitted.params, smf.ols("alle ~ skjult", data=plain).fit().params)


def test_a_matrix_of_numbers_alone(parts: pd.DataFrame, shown: int) -> None:
    bare = parts.jobindsats.plain(statuses=None).select_dtypes("number")
    matrix = bare.to_numpy()
    assert matrix.dtype == np.float64
    assert np.isfinite(matrix[:, list(bare).index(HIDING)]).sum() == shown


def test_scikit_learn_fits(parts: pd.DataFrame, shown: int) -> None:
    models = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not here")
    numbers = parts.jobindsats.plain(statuses=None)[[ALL, HIDING]].dropna()
    assert len(numbers) == shown
    assert np.isfinite(models.LinearRegression().fit(numbers[[ALL]], numbers[HIDING]).coef_).all()


# --- pictures --------------------------------------------------------------------------------------------------------


def test_plotly_draws(parts: pd.DataFrame) -> None:
    express = pytest.importorskip("plotly.express", reason="plotly is not here")
    figure = json.loads(express.line(parts.jobindsats.plain(), x="Periode", y=ALL, color="A-kasse").to_json())
    assert len(figure["data"]) == parts["A-kasse"].nunique()
    assert figure["data"][0]["x"][0].startswith("2025-07-01")
    page = express.line(parts.jobindsats.plain(), x="Periode", y=ALL, color="A-kasse").to_html(
        include_plotlyjs=False
    )
    assert "2025-07-01" in page


def test_altair_draws(parts: pd.DataFrame) -> None:
    altair = pytest.importorskip("altair", reason="altair is not here")
    plain = parts.jobindsats.plain().rename(columns={ALL: "antal"})
    chart: Any = altair.Chart(plain).mark_line().encode(x="Periode:T", y="antal:Q", color="A-kasse:N")
    (records,) = chart.to_dict()["datasets"].values()
    assert records[0]["Periode"].startswith("2025-07-01")
    pytest.importorskip("vl_convert", reason="what altair draws with is not here")
    drawn = io.BytesIO()
    chart.save(drawn, format="png")
    assert drawn.getvalue().startswith(b"\x89PNG")


# --- files, in the programs of colleagues ------------------------------------------------------------------------------


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on this machine")
    return found


def test_base_r_reads_plain_csv(parts: pd.DataFrame, shown: int, tmp_path: Path) -> None:
    rscript = program("Rscript")
    parts.jobindsats.to_csv(tmp_path / "sanktioner.csv")
    code = f"""
    d <- read.csv("sanktioner.csv", check.names = FALSE, encoding = "UTF-8")
    cat(class(d[["{ALL}"]]), class(d[["Andel sanktionerede ledige"]]), class(as.Date(d[["Periode_start"]])), "\\n")
    cat(sum(!is.na(d[["{HIDING}"]])), sum(d[["{HIDING}_status"]] == "discretionised"), "\\n")
    cat(max(nchar(d[["A-kasse"]])), sum(d[["{ALL}"]]), "\\n")
    """
    (tmp_path / "read.R").write_text(code, encoding="utf-8")
    ran = subprocess.run(
        [rscript, "--vanilla", "--encoding=UTF-8", "read.R"],
        cwd=tmp_path,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    types, counts, letters = ran.stdout.splitlines()
    assert types.split() == ["integer", "numeric", "Date"]
    assert counts.split() == [str(shown), str(len(parts) - shown)]
    longest = max(map(len, parts["A-kasse"].cat.categories))
    assert letters.split() == [str(longest), str(parts.jobindsats.plain()[ALL].sum())]


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What LibreOffice takes seconds to make at its first start."""
    return f"-env:UserInstallation={(tmp_path_factory.mktemp('libreoffice') / 'profile').as_uri()}"


def in_libreoffice(profile: str, path: Path, *options: str) -> list[list[tuple[str, str]]]:
    """The rows of the first sheet as LibreOffice opens it: the type of each cell, and its number or text."""
    command = [
        program("soffice"),
        profile,
        "--headless",
        *options,
        "--convert-to",
        "fods:OpenDocument Spreadsheet Flat XML",
    ]
    subprocess.run([*command, path.name], cwd=path.parent, check=True, capture_output=True, timeout=120)
    office = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
    table, text = office % "table", office % "text"
    root = ET.parse(path.with_suffix(".fods")).getroot()
    sheet = next(root.iter(f"{table}table"))

    def known(cell: ET.Element) -> list[tuple[str, str]]:
        number, paragraph = cell.get(f"{office % 'office'}value"), cell.find(f"{text}p")
        shown = "" if paragraph is None else "".join(paragraph.itertext())
        # Cells alike stand there once; of the empty ones behind the last, there are a thousand.
        times = min(int(cell.get(f"{table}number-columns-repeated", "1")), 20)
        return [(cell.get(f"{office % 'office'}value-type", ""), number or shown)] * times

    return [
        [one for cell in row.iter(f"{table}table-cell") for one in known(cell)]
        for row in sheet.iter(f"{table}table-row")
    ]


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_libreoffice_opens_the_sheet_of_a_colleague(
    parts: pd.DataFrame, tmp_path: Path, profile: str, ending: str
) -> None:
    wide = parts.jobindsats.to_wide(columns="Periode", measure=HIDING)
    path, options = tmp_path / f"ark{ending}", []
    if ending == ".xlsx":
        wide.jobindsats.to_excel(path)
    else:
        wide.jobindsats.to_csv(path, danish=True)
        options = ["--infilter=CSV:59,34,76,1,,1030"]  # semicolons, quotes, UTF-8, as in Denmark
    heading, *rows = in_libreoffice(profile, path, *options)
    assert [text for _, text in heading][:5] == ["A-kasse", *wide.columns]
    for row, (fund, cells) in zip(rows, wide.jobindsats.plain(statuses=None).iterrows(), strict=False):
        assert row[0] == ("string", fund)
        for found, cell in zip(row[1:], cells, strict=False):
            assert found == (("string", "<3") if pd.isna(cell) else ("float", f"{cell:g}"))


def test_libreoffice_reads_decimals_and_days_of_danish_csv(
    parts: pd.DataFrame, tmp_path: Path, profile: str
) -> None:
    path = tmp_path / "lang.csv"
    parts.jobindsats.to_csv(path, danish=True)
    heading, first, *_ = in_libreoffice(profile, path, "--infilter=CSV:59,34,76,1,,1030")
    cells = dict(zip([text for _, text in heading], first, strict=False))
    share = parts["Andel sanktionerede ledige"].iloc[0]
    assert cells["Andel sanktionerede ledige"] == ("float", str(share))
    assert cells["Periode_start"][0] == "date"
    assert cells[ALL] == ("float", str(parts[ALL].iloc[0]))
