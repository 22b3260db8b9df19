"""Files for people: workbooks and CSV, opened by other programs."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pytest

import jobindsats_pandas as ji
from jobindsats_pandas.disclosure import (
    AddressMeasure,
    AddressSpace,
    CellStatus,
    DiscretionisedArray,
    Registry,
)
from jobindsats_pandas.errors import ConfigurationError, QueryError, TooLargeError
from jobindsats_pandas.exports import excel, to_csv, to_excel
from jobindsats_pandas.kinds import Kind

if TYPE_CHECKING:
    from pathlib import Path

SMALL = ["total", "Fanø", "Samsø", "Læsø", "Ærø"]
LABELS = [status.label for status in CellStatus]
NASTY = [
    "=1+1",
    "+45 år",
    "-heraf",
    "@SUM(A1)",
    "æøå ÆØÅ",
    'med "anførsel"; og, tegn',
    "to\nlinjer",
    "\x07klokke",
]


def guarded(values: list[float], status: list[int], kind: Kind = Kind.FLOW) -> DiscretionisedArray:
    """Build cells of one measure, one for each period."""
    periods = tuple(("M", f"2026M{number:02d}") for number in range(1, len(values) + 1))
    of = AddressSpace("x01", "Ledige", (AddressMeasure("m", "Antal sager, tilgang", kind),), periods, ())
    numbers = np.array(values, dtype=np.int64 if all(isinstance(one, int) for one in values) else np.float64)
    return DiscretionisedArray(
        numbers, np.array(status, dtype=np.uint8), of.encode(0, np.arange(len(values))), Registry.of(of)
    )


@pytest.fixture
def hidden(client: ji.Client) -> pd.DataFrame:
    """A frame with hidden cells of every kind."""
    return ji.read_jobindsats(
        "y25i01", by={"_nykom": SMALL, "_akassebl": "*"}, periods="latest:2", client=client
    )


def rows_of(path: Path, sheet: str = "Data") -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(path)[sheet].values)


def about(path: Path) -> dict[str, str]:
    return {str(name): str(text) for name, text in rows_of(path, "Kilde og regler") if name}


# --- Excel -------------------------------------------------------------------------------------------------------------


def test_a_workbook_shows_every_number_exactly_and_every_hidden_cell_as_text(
    hidden: pd.DataFrame, tmp_path: Path
) -> None:
    to_excel(hidden, tmp_path / "a.xlsx")
    head, *rows = rows_of(tmp_path / "a.xlsx")
    assert head == ("Periode", "Periode_start", *hidden.columns[1:])
    assert len(rows) == len(hidden)
    marks = {0: {"<3"}, 1: {"≤3"}, 2: {"skjult"}, 3: {"skjult"}}
    for place in range(4):
        array: Any = hidden.iloc[:, 3 + place].array
        cells = [row[4 + place] for row in rows]
        assert [cell for cell, shown in zip(cells, array.visible, strict=True) if shown] == array.numbers[
            array.visible
        ].tolist()
        assert {cell for cell, shown in zip(cells, array.visible, strict=True) if not shown} == marks[place]
    assert {row[0] for row in rows} == {"2026M07", "2026M08"}
    assert {row[1] for row in rows} == {dt.datetime(2026, 7, 1), dt.datetime(2026, 8, 1)}  # noqa: DTZ001
    assert [row[2] for row in rows] == hidden["Område"].tolist()


def test_numbers_have_danish_formats_and_hidden_cells_a_style_of_their_own(tmp_path: Path) -> None:
    df = pd.DataFrame(
        {
            "antal": guarded([1200, 0, 0, 0, 5, 7], [0, 1, 2, 3, 4, 6]),
            "andel": guarded([12.25, 1.0, 0.5, 0.125, 2.0, 3.0], [0, 0, 0, 1, 0, 0], Kind.NONE),
            "kr": guarded([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [0] * 6, Kind.MONEY),
        }
    )
    to_excel(df, tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Data"]
    assert [cell.value for cell in sheet["A"]] == ["antal", 1200, "<3", "foreligger ikke", "–", "≤5", 7]
    assert [cell.number_format for cell in sheet[2]] == ["#,##0", "#,##0.00", "#,##0"]
    styles = [cell.style for cell in sheet["A"]]
    assert styles[1] == "jobindsats number"
    assert styles[2:6] == ["jobindsats mark"] * 4
    assert styles[6] == "jobindsats computed"
    assert sheet["A7"].number_format == "#,##0"
    assert sheet["A3"].font.italic
    assert sheet["A3"].fill.fgColor.rgb != sheet["A2"].fill.fgColor.rgb
    assert sheet["B5"].value == "skjult"


def test_the_heading_is_frozen_filtered_and_says_what_is_hidden(hidden: pd.DataFrame, tmp_path: Path) -> None:
    to_excel(hidden, tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Data"]
    assert sheet.freeze_panes == "A2"
    assert sheet.print_title_rows == "$1:$1"
    assert [sheet["A1"].alignment.horizontal, sheet.cell(1, sheet.max_column).alignment.horizontal] == [
        None,
        "right",
    ]
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.auto_filter.ref == f"A1:H{len(hidden) + 1}"
    assert all(10 <= sheet.column_dimensions[letter].width <= 50 for letter in "ABCDEFGH")
    assert sheet.row_dimensions[1].height > 30
    array: Any = hidden.iloc[:, 3].array
    count = f"{int(np.count_nonzero(array.status == 1)):,}".replace(",", ".")
    assert f"er {count} diskretioneret. SUM springer dem over" in sheet["E1"].comment.text
    assert sheet["A1"].comment is None
    assert "ikke STARs tal, tabel y25i01. <3, ≤3, skjult: diskretioneret." in sheet.oddFooter.left.text


def test_the_second_sheet_tells_source_query_citation_and_rules(hidden: pd.DataFrame, tmp_path: Path) -> None:
    to_excel(hidden, tmp_path / "a.xlsx")
    facts = about(tmp_path / "a.xlsx")
    assert facts["Tabel"].startswith("y25i01: Ledige")
    assert "Side" not in facts, "the page has other figures"
    assert facts["Kilde"] == "Syntetiske data fra sandkassen i jobindsats_pandas, ikke STARs tal"
    assert facts["Opdateret"] == "2026-09-10"
    assert facts["Perioder"] == "type M: 2026M07 til 2026M08 (2 i alt)"
    assert facts["Opdelt på"].endswith("; _akassebl: *")
    assert facts["Måltal"] == "alle"
    assert "tabel y25i01, opdateret 2026-09-10, hentet 20" in facts["Henvisning"]
    assert "ikke uden videre lægges sammen" in facts["1."]
    assert facts["<3"].startswith("Diskretioneret: tallet er 0, 1 eller 2")
    assert facts[hidden.columns[3]].startswith("personer: kan ikke lægges sammen. ")
    assert facts[hidden.columns[5]].startswith("andel, gennemsnit eller andet")
    assert facts["Forespørgsel"] == hidden.jobindsats.source.query
    assert facts["Forespørgsel"].startswith("ji.read_jobindsats('y25i01', by=")


def test_months_with_gaps_are_counted_and_written_as_they_are(client: ji.Client, tmp_path: Path) -> None:
    df = ji.read_jobindsats("y25i14", periods="latest:5", client=client)
    to_excel(df, tmp_path / "a.xlsx")
    assert about(tmp_path / "a.xlsx")["Perioder"] == "type M: 2025M06 til 2026M06 (5 i alt)"
    to_csv(df, tmp_path / "a.csv")
    rows = (tmp_path / "a.csv").read_text("utf-8").splitlines()[1:]
    months = [("2025M06", "2025-06-01"), ("2025M09", "2025-09-01"), ("2025M12", "2025-12-01")]
    months += [("2026M03", "2026-03-01"), ("2026M06", "2026-06-01")]
    assert [tuple(row.split(",")[:2]) for row in rows] == months


def test_one_measure_without_breakdown_is_described_in_words(client: ji.Client, tmp_path: Path) -> None:
    df = ji.read_jobindsats("y25i01", measures="Antal ledige personer", periods="latest:1", client=client)
    to_excel(df, tmp_path / "a.xlsx")
    facts = about(tmp_path / "a.xlsx")
    assert facts["Opdelt på"] == "ikke opdelt"
    assert facts["Måltal"] == "measy25i01_1"
    assert facts["Antal ledige personer"].endswith("1 celler, heraf ingen skjulte.")


def test_where_attrs_are_gone_the_sheet_tells_what_the_cells_know(
    hidden: pd.DataFrame, tmp_path: Path
) -> None:
    bare = hidden.copy()
    bare.attrs.clear()
    to_excel(bare, tmp_path / "a.xlsx")
    facts = about(tmp_path / "a.xlsx")
    assert facts["Tabel"].startswith("y25i01: Ledige")
    assert facts["Perioder"] == "type M: 2026M07 til 2026M08 (2 i alt)"
    assert facts["Forespørgsel"].startswith("ji.read_jobindsats('y25i01', by=")
    assert facts["Henvisning"].endswith("ikke STARs tal, tabel y25i01.")
    assert not {"Side", "Opdateret", "Hentet"} & set(facts)


def test_what_is_not_known_is_left_out(tmp_path: Path) -> None:
    to_excel(pd.DataFrame({"antal": guarded([4], [0])}), tmp_path / "a.xlsx")
    assert about(tmp_path / "a.xlsx")["Forespørgsel"] == "ji.read_jobindsats('x01', periods='2026M01')"
    built = pd.DataFrame({"antal": pd.array([4], dtype="discretionised[Int64]")})
    built.attrs["jobindsats"] = {"table": "x01"}
    to_excel(built, tmp_path / "a.xlsx")
    facts = about(tmp_path / "a.xlsx")
    assert facts["antal"].startswith("andel, gennemsnit eller andet: kan ikke lægges sammen")
    assert "Perioder" not in facts
    assert facts["Kilde"] == "Styrelsen for Arbejdsmarked og Rekruttering (STAR), Jobindsats.dk"
    assert facts["Henvisning"].endswith("Jobindsats.dk, tabel x01.")
    built.attrs.clear()
    to_excel(built, tmp_path / "a.xlsx")
    assert about(tmp_path / "a.xlsx")["Kilde"] == "ukendt"
    to_excel(pd.DataFrame(), tmp_path / "a.xlsx")
    assert rows_of(tmp_path / "a.xlsx") in ([], [()])


def test_no_text_becomes_a_formula(tmp_path: Path) -> None:
    df = pd.DataFrame(
        {"=HYPERLINK(1)": pd.Categorical(NASTY), "tekst": NASTY, "antal": guarded([3] * 8, [0] * 8)}
    )
    df.attrs["jobindsats"] = {"table": "x01", "table_name": "=cmd", "by": {"=a": ["=b", "@c"]}, "link": "=d"}
    to_excel(df, tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if "worksheets/sheet" in name]
        styles = archive.read("xl/styles.xml").decode()
    assert len(sheets) == 2
    assert not any("<f>" in sheet or "<f " in sheet for sheet in sheets)
    assert 'quotePrefix="1"' in styles
    head, *rows = rows_of(tmp_path / "a.xlsx")
    assert head[0] == "=HYPERLINK(1)"
    read = [row[0] for row in rows]
    assert read == [row[1] for row in rows]
    assert read[:-1] == NASTY[:-1]
    assert read[-1] == "\N{REPLACEMENT CHARACTER}klokke"
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Data"]
    assert {cell.data_type for cell in sheet["A"]} == {"s"}
    assert about(tmp_path / "a.xlsx")["Opdelt på"] == "=a: =b, @c"


def test_other_columns_keep_their_types(tmp_path: Path) -> None:
    df = pd.DataFrame(
        {
            "dag": pd.to_datetime(["2026-01-31", None]),
            "tid": pd.to_datetime(["2026-01-31 08:30", None]),
            "zone": pd.to_datetime(["2026-01-31 08:30+01:00", None]),
            "sand": [True, False],
            "måske": pd.array([True, None], dtype="boolean"),
            "heltal": pd.array([1200, None], dtype="Int64"),
            "decimal": [1 / 3, np.inf],
            "tekst": ["a", None],
            "gruppe": pd.Categorical(["b", None]),
            "uge": pd.PeriodIndex(["2026-01-05", None], freq="W"),
        }
    )
    to_excel(df, tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Data"]
    first, second = ([cell.value for cell in sheet[row]] for row in (2, 3))
    day = dt.datetime(2026, 1, 31)  # noqa: DTZ001
    assert first[:2] == [day, day.replace(hour=8, minute=30)]
    assert first[2] == "2026-01-31 08:30:00+01:00"
    assert first[3:9] == [True, True, 1200, 1 / 3, "a", "b"]
    assert first[9:] == ["2026-01-05/2026-01-11", dt.datetime(2026, 1, 5)]  # noqa: DTZ001
    assert second == [None, None, None, False, None, None, None, None, None, None, None]
    assert [cell.number_format for cell in sheet[2]][:2] == [r"dd\-mm\-yyyy", r"dd\-mm\-yyyy\ hh:mm:ss"]
    assert sheet["G2"].number_format == "#,##0.0000"


def test_an_index_and_headings_of_several_levels_come_along(tmp_path: Path) -> None:
    df = pd.DataFrame({"by": ["a", "b"], "antal": guarded([4, 5], [0, 0])}).set_index("by")
    df.columns = pd.MultiIndex.from_tuples([("antal", "")])
    to_excel(df, tmp_path / "a.xlsx")
    assert rows_of(tmp_path / "a.xlsx") == [("by", "antal"), ("a", 4), ("b", 5)]
    df.columns = pd.MultiIndex.from_tuples([("antal", "mænd")])
    df.index.name = None
    to_csv(df, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text(
        "utf-8"
    ) == "level_0,antal / mænd,antal / mænd_status\na,4,observed\nb,5,observed\n"


def test_a_workbook_opens_in_pandas_and_polars(hidden: pd.DataFrame, tmp_path: Path) -> None:
    few = hidden.iloc[:, [0, 1, 2, 3]]
    to_excel(few, tmp_path / "a.xlsx")
    in_pandas = pd.read_excel(tmp_path / "a.xlsx")
    in_polars = pl.read_excel(tmp_path / "a.xlsx", engine="openpyxl", infer_schema_length=None)
    assert in_pandas.shape == in_polars.shape == (len(few), 5)
    assert in_pandas["Område"].tolist() == in_polars["Område"].to_list() == few["Område"].tolist()
    column: Any = few.iloc[:, 3].array
    visible = in_pandas[column.visible].iloc[:, 4]
    assert visible.tolist() == column.numbers[column.visible].tolist()


def test_the_long_layout_keeps_one_column_of_statuses(client: ji.Client, tmp_path: Path) -> None:
    df = ji.read_jobindsats("y25i01", by="_region", periods="latest:1", layout="long", client=client)
    to_excel(df, tmp_path / "a.xlsx")
    assert rows_of(tmp_path / "a.xlsx")[0] == (
        "Periode",
        "Periode_start",
        "Område",
        "measure",
        "value",
        "status",
    )
    assert {row[5] for row in rows_of(tmp_path / "a.xlsx")[1:]} == {"vist"}
    to_csv(df, tmp_path / "a.csv")
    head, *rows = [line.split(",") for line in (tmp_path / "a.csv").read_text("utf-8").splitlines()]
    assert head == ["Periode", "Periode_start", "Område", "measure", "value", "status"]
    assert {row[5] for row in rows} == {"observed"}
    # Persons are whole also where rates stand between them, which keep their decimals.
    texts = {row[3]: row[4] for row in rows}
    assert "." not in texts["Antal ledige personer"]
    assert all("." in text for name, text in texts.items() if " i pct. " in name)
    to_csv(df, tmp_path / "b.csv", danish=True)
    danish = [line.split(";") for line in (tmp_path / "b.csv").read_text("utf-8-sig").splitlines()[1:]]
    assert [row[4] for row in danish] == [row[4].replace(".", ",") for row in rows]
    for changed in (
        df.assign(status="x"),
        df.assign(status=pd.Categorical(["x"] * len(df))),
        df.assign(value=1),
    ):
        to_csv(changed, tmp_path / "a.csv")
        names = (tmp_path / "a.csv").read_text("utf-8").splitlines()[0].split(",")
        assert ("value_status" in names) == (changed["value"].dtype == df["value"].dtype)


def test_a_frame_larger_than_a_sheet_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    tall = pd.DataFrame({"n": np.zeros(excel.MAX_ROWS, dtype=np.int8)})
    with pytest.raises(TooLargeError, match="1,048,576 rows and 1 columns do not fit"):
        to_excel(tall, tmp_path / "a.xlsx")
    wide = pd.DataFrame(np.zeros((1, excel.MAX_COLUMNS + 1), dtype=np.int8))
    with pytest.raises(TooLargeError, match="1 rows and 16,385 columns"):
        to_excel(wide, tmp_path / "a.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_without_openpyxl_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(ConfigurationError, match=re.escape("pip install openpyxl")):
        to_excel(pd.DataFrame({"n": [1]}), tmp_path / "a.xlsx")


def test_a_file_is_written_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("før", encoding="utf-8")
    df = pd.DataFrame({"n": ["a"]})

    def full(*_: Any) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", full)
        with pytest.raises(OSError, match="disk full"):
            to_csv(df, path)
        with pytest.raises(OSError, match="disk full"):
            to_excel(df, path)
    assert [file.name for file in tmp_path.iterdir()] == ["a"]
    assert path.read_text("utf-8") == "før"
    to_csv(df, path)
    assert path.read_text("utf-8") == "n\na\n"


# --- CSV ---------------------------------------------------------------------------------------------------------------


def test_plain_csv_has_the_statuses_beside_the_numbers_and_opens_in_duckdb_and_polars(
    hidden: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    to_csv(hidden, path)
    assert not path.read_bytes().startswith(b"\xef\xbb\xbf")
    in_duckdb = duckdb.sql(f"select * from read_csv('{path}')").df()
    in_polars = pl.read_csv(path, infer_schema_length=None, try_parse_dates=True)
    for name in hidden.columns[3:]:
        array: Any = hidden[name].array
        expected = np.where(array.visible, array.numbers, np.nan)
        np.testing.assert_array_equal(in_duckdb[name].to_numpy(dtype=float, na_value=np.nan), expected)
        np.testing.assert_array_equal(in_polars[name].cast(pl.Float64).fill_null(np.nan).to_numpy(), expected)
        statuses = [LABELS[status] for status in array.status]
        assert in_duckdb[f"{name}_status"].tolist() == in_polars[f"{name}_status"].to_list() == statuses
    assert in_polars["Periode_start"].dtype == pl.Date
    assert in_duckdb["Periode_start"].min() == pd.Timestamp("2026-07-01")
    assert in_duckdb["Område"].tolist() == hidden["Område"].tolist()


def test_danish_csv_has_semicolons_decimal_commas_and_a_mark_for_excel(
    hidden: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    to_csv(hidden, path, danish=True)
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfPeriode;Periode_start;")
    assert raw.count(b"\r\n") == len(hidden) + 1
    with path.open(encoding="utf-8-sig", newline="") as file:
        _, *rows = list(csv.reader(file, delimiter=";"))
    assert rows[0][:2] == ["2026M07", "01-07-2026"]
    for place, name in enumerate(hidden.columns[3:]):
        array: Any = hidden[name].array
        numbers = [row[4 + 2 * place] for row in rows]
        assert [float(text.replace(",", ".")) for text in numbers if text] == array.numbers[
            array.visible
        ].tolist()
        assert not any("." in text for text in numbers)
        assert {row[5 + 2 * place] for row, text in zip(rows, numbers, strict=True) if not text} == {
            "diskretioneret"
        }
    in_duckdb = duckdb.sql(f"select * from read_csv('{path}', delim=';', decimal_separator=',')").df()
    share: Any = hidden.iloc[:, 5].array
    np.testing.assert_array_equal(
        in_duckdb[hidden.columns[5]].to_numpy(dtype=float, na_value=np.nan),
        np.where(share.visible, share.numbers, np.nan),
    )


def test_every_number_reads_back_as_itself(tmp_path: Path) -> None:
    numbers = [0.1 + 0.2, 1e-9, 1.5e300, 123456789.123456789, -0.5, 1e16, 3.0, 5e-324]
    df = pd.DataFrame({"x": numbers, "n": [2**62 + number for number in range(8)]})
    for danish in (False, True):
        to_csv(df, tmp_path / "a.csv", danish=danish)
        with (tmp_path / "a.csv").open(encoding="utf-8-sig") as file:
            rows = list(csv.reader(file, delimiter=";" if danish else ","))[1:]
        assert [float(row[0].replace(",", ".")) for row in rows] == numbers
        assert [int(row[1]) for row in rows] == df["n"].tolist()
        assert not any("e" in row[0] for row in rows)


def test_every_status_has_a_word(tmp_path: Path) -> None:
    df = pd.DataFrame({"antal": guarded([4, 0, 0, 0, 5, 6, 7, 0], list(range(8)))})
    to_csv(df, tmp_path / "a.csv")
    rows = [line.split(",") for line in (tmp_path / "a.csv").read_text("utf-8").splitlines()[1:]]
    assert rows == [
        [text, label] for text, label in zip(["4", "", "", "", "5", "6", "7", ""], LABELS, strict=True)
    ]
    to_csv(df, tmp_path / "a.csv", danish=True)
    words = [line.split(";")[1] for line in (tmp_path / "a.csv").read_text("utf-8-sig").splitlines()[1:]]
    assert words == [
        "vist",
        "diskretioneret",
        "foreligger ikke",
        "udeladt",
        "afrundet",
        "beregnet",
        "udfyldt",
        "findes ikke i dette udtræk",
    ]


def test_names_survive_plain_csv_and_are_no_formulas_in_danish(tmp_path: Path) -> None:
    df = pd.DataFrame({"=navn": NASTY, "gruppe": pd.Categorical(NASTY), "n": range(8)})
    to_csv(df, tmp_path / "a.csv")
    assert (
        duckdb.sql(f"select * from read_csv('{tmp_path / 'a.csv'}', header=true)").fetchall()[4][0]
        == "æøå ÆØÅ"
    )
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = list(csv.reader(file))
    assert head[0] == "=navn"
    assert [row[0] for row in rows] == [row[1] for row in rows] == NASTY
    to_csv(df, tmp_path / "a.csv", danish=True)
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        head, *rows = list(csv.reader(file, delimiter=";"))
    assert head[0] == "'=navn"
    assert (
        [row[0] for row in rows] == [row[1] for row in rows] == [f"'{text}" for text in NASTY[:4]] + NASTY[4:]
    )


def test_other_columns_are_written_as_their_readers_know_them(tmp_path: Path) -> None:
    df = pd.DataFrame(
        {
            "dag": pd.to_datetime(["2026-01-31", None]),
            "tid": pd.to_datetime(["2026-01-31 08:30", None]),
            "zone": pd.to_datetime(["2026-01-31 08:30+01:00", None]),
            "måske": pd.array([True, None], dtype="boolean"),
            "heltal": pd.array([1200, None], dtype="Int64"),
            "gruppe": pd.Categorical([2.5, None]),
            "måned": pd.PeriodIndex(["2026-01", None], freq="M"),
        }
    )
    to_csv(df, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text("utf-8").splitlines() == [
        "dag,tid,zone,måske,heltal,gruppe,måned,måned_start",
        "2026-01-31,2026-01-31 08:30:00,2026-01-31 08:30:00+0100,True,1200,2.5,2026M01,2026-01-01",
        ",,,,,,,",
    ]
    to_csv(df, tmp_path / "a.csv", danish=True)
    assert (tmp_path / "a.csv").read_text("utf-8-sig").splitlines()[1] == (
        "31-01-2026;31-01-2026 08:30:00;31-01-2026 08:30:00+0100;SAND;1200;2,5;2026M01;01-01-2026"
    )


def test_a_year_to_date_stays_text_without_a_date(client: ji.Client, tmp_path: Path) -> None:
    df = ji.read_jobindsats("y25i06b", by="_region", period_type="MYTD", periods="latest:1", client=client)
    to_csv(df, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text("utf-8").startswith("Periode,Område,")
    to_excel(df, tmp_path / "a.xlsx")
    assert rows_of(tmp_path / "a.xlsx")[1][0] == "2026MYTD08"


# --- several frames in one workbook ------------------------------------------------------------------------------------


def headings(book: Any) -> list[str]:
    rows = book["Kilde og regler"].iter_rows(max_col=1)
    return [cell.value for (cell,) in rows if cell.style == "jobindsats heading"]


def test_several_frames_and_own_sheets_live_in_one_workbook(hidden: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    own = pd.DataFrame({"egne": [1, 2]})
    with pd.ExcelWriter(path, engine="openpyxl") as writer:
        own.to_excel(writer, sheet_name="Mine", index=False)
        hidden.jobindsats.to_excel(writer, sheet_name="Ledige")
        to_excel(hidden.head(3), writer, sheet_name="=1+1")
        own.to_excel(writer, sheet_name="Flere", index=False)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Mine", "Ledige", "=1+1", "Kilde og regler", "Flere"]
    assert list(book["Mine"].values) == list(book["Flere"].values) == [("egne",), (1,), (2,)]
    assert headings(book) == [
        "Kilde: Ledige",
        "Mål: Ledige",
        "Kilde: =1+1",
        "Mål: =1+1",
        "Regler for data",
        "Tegn i data",
    ]
    # The sheet is the one that a workbook of its own has, styles and all.
    to_excel(hidden, tmp_path / "b.xlsx")
    alone = openpyxl.load_workbook(tmp_path / "b.xlsx")["Data"]
    for ours, theirs in zip(book["Ledige"].iter_rows(), alone.iter_rows(), strict=True):
        for one, other in zip(ours, theirs, strict=True):
            assert (one.value, one.data_type, one.style, one.number_format, one.quotePrefix) == (
                other.value,
                other.data_type,
                other.style,
                other.number_format,
                other.quotePrefix,
            )
    assert book["Ledige"].auto_filter.ref == alone.auto_filter.ref
    assert book["Ledige"]["E1"].comment.text == alone["E1"].comment.text
    # A cell that somebody restyles takes no other with it.
    book["Ledige"]["E2"].number_format = "0.000"
    assert book["Ledige"]["E3"].number_format == alone["E3"].number_format


def test_a_sheet_of_a_workbook_that_is_there_is_replaced_on_demand(
    hidden: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "a.xlsx"
    to_excel(hidden, path, sheet_name="Ledige")
    with pd.ExcelWriter(path, engine="openpyxl", mode="a") as writer:
        pd.DataFrame({"egne": [1]}).to_excel(writer, sheet_name="Mine", index=False)
        with pytest.raises(QueryError, match=r"has a sheet 'Ledige'.*if_sheet_exists='replace'"):
            to_excel(hidden.head(2), writer, sheet_name="ledige")
        to_excel(hidden.head(4), writer, sheet_name="Nye")
    with pd.ExcelWriter(path, engine="openpyxl", mode="a", if_sheet_exists="replace") as writer:
        to_excel(hidden.head(2), writer, sheet_name="ledige")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["ledige", "Mine", "Nye", "Kilde og regler"]
    assert [book[name].max_row for name in ("ledige", "Nye")] == [3, 5]
    assert headings(book)[:4] == ["Kilde: Nye", "Mål: Nye", "Kilde: ledige", "Mål: ledige"]
    facts = about(path)
    assert facts["Tabel"].startswith("y25i01: Ledige")
    assert ". 2 celler, heraf" in facts[hidden.columns[3]]


def test_a_sheet_of_sources_that_is_somebody_elses_is_left_alone(
    hidden: pd.DataFrame, tmp_path: Path
) -> None:
    for own in (pd.DataFrame({"egne": [1]}), pd.DataFrame()):
        with pd.ExcelWriter(tmp_path / "a.xlsx", engine="openpyxl") as writer:
            own.to_excel(writer, sheet_name="Kilde og regler", index=False)
            with pytest.raises(QueryError, match="'Kilde og regler' that was not made here; rename it"):
                to_excel(hidden, writer)
        assert openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames == ["Kilde og regler"]


def test_other_engines_are_refused_with_what_to_say(hidden: pd.DataFrame, tmp_path: Path) -> None:
    class Other(pd.ExcelWriter):  # type: ignore[type-arg]
        engine = "other"
        supported_extensions = (".xlsx",)
        book = sheets = None

        def __new__(cls, *_: Any, **__: Any) -> Any:
            return object.__new__(cls)

        def _write_cells(self, *_: Any, **__: Any) -> None: ...

        def _save(self) -> None: ...

    with Other(tmp_path / "a.xlsx") as writer, pytest.raises(ConfigurationError, match="engine='openpyxl'"):
        to_excel(hidden, writer)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x" * 32,
        "🙂" * 16,
        "a/b",
        "a:b",
        "[a]",
        "a?",
        "a*",
        "a\\b",
        "'a",
        "a'",
        "a\x07",
        "history",
        "KILDE og regler",
    ],
)
def test_a_name_that_no_sheet_can_have_is_refused(name: str, hidden: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="Excel takes 1 to 31 letters"):
        to_excel(hidden, tmp_path / "a.xlsx", sheet_name=name)
    assert not list(tmp_path.glob("*.xlsx"))
    to_excel(hidden.head(1), tmp_path / "a.xlsx", sheet_name="🙂" * 15 + "æ")


WRONG_ENDINGS = [
    ("to_excel", "x.csv", r"to_excel writes \.xlsx\. For \.csv: df\.jobindsats\.to_csv\(path\)\."),
    ("to_excel", "x.XLS", r"to_excel writes \.xlsx\.$"),
    ("to_csv", "x.xlsx", r"to_csv writes \.csv\. For \.xlsx: df\.jobindsats\.to_excel\(path\)\."),
    ("to_csv", "x.csv.gz", r"to_csv writes \.csv\.$"),
    ("to_parquet", "x.csv", r"to_parquet writes \.parquet\. For \.csv: df\.jobindsats\.to_csv\(path\)\."),
    ("to_csv", "memory://x.parquet", r"For \.parquet: df\.jobindsats\.to_parquet\(path\)\."),
]


@pytest.mark.parametrize(("method", "name", "told"), WRONG_ENDINGS)
def test_a_file_is_not_called_what_it_is_not(
    hidden: pd.DataFrame, tmp_path: Path, method: str, name: str, told: str
) -> None:
    with pytest.raises(QueryError, match=told):
        getattr(hidden.jobindsats, method)(name if "://" in name else tmp_path / name)
    assert list(tmp_path.glob("x*")) == []


def test_a_file_may_be_called_anything_else(hidden: pd.DataFrame, tmp_path: Path) -> None:
    for method, name in {"to_csv": "x.txt", "to_excel": "x", "to_parquet": "x.pq"}.items():
        getattr(hidden.jobindsats, method)(tmp_path / name)
    assert len(list(tmp_path.glob("x*"))) == 3


# --- wide sheets -------------------------------------------------------------------------------------------------------

REPEATED = "Antal sanktioner fordelt på type: Gentagelsesvirkning (arbejdskrav)"


def test_a_wide_sheet_has_marks_and_says_once_what_it_counts(sanctions: pd.DataFrame, tmp_path: Path) -> None:
    wide = sanctions.jobindsats.to_wide(columns="Periode", measure=REPEATED)
    to_excel(wide, tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    heading, *rows = book["Data"].values
    assert heading == ("A-kasse", "2025Q03", "2025Q04", "2026Q01", "2026Q02")
    marks = [cell for row in rows for cell in row[1:] if isinstance(cell, str)]
    hidden = int(sanctions[REPEATED].isna().sum())
    assert marks == ["<3"] * hidden
    assert book["Data"].freeze_panes == "B2"
    about = [row[:2] for row in book["Kilde og regler"].values]
    place = about.index(("Mål: Data", None))
    assert about[place + 1] == (
        REPEATED,
        f"antal i perioden: kan lægges sammen over grupper og over perioder. {len(sanctions)} celler, heraf {hidden} diskretioneret.",
    )
    assert about[place + 2] == (None, None)
    assert ("Tabel", "y01h01: Sanktioner til dagpengemodtagere (syntetisk)") in about


def test_danish_csv_of_a_wide_sheet_has_marks_and_its_source_beneath(sanctions: pd.DataFrame) -> None:
    wide = sanctions.jobindsats.to_wide(columns="Periode", measure=REPEATED)
    file = io.StringIO()
    to_csv(wide, file, danish=True)
    heading, *rows = csv.reader(io.StringIO(file.getvalue()), delimiter=";")
    assert heading == ["A-kasse", "2025Q03", "2025Q04", "2026Q01", "2026Q02"]
    assert [cell for row in rows[: len(wide)] for cell in row[1:]].count("<3") == sanctions[
        REPEATED
    ].isna().sum()
    blank, measure, source, rules = rows[len(wide) :]
    assert blank == []
    assert measure[0].startswith(f"Måltal: {REPEATED} (antal i perioden")
    assert source[0].startswith(
        "Kilde: jobindsats_pandas: Sanktioner til dagpengemodtagere (syntetisk). Syntetiske data fra sandkassen"
    )
    assert rules[0].startswith("Regler: Data er diskretioneret")
    plain = io.StringIO()
    to_csv(wide, plain)
    assert plain.getvalue().splitlines()[0] == ",".join(
        ["A-kasse", *(f"{p},{p}_status" for p in wide.columns)]
    )


def test_what_is_left_out_rounded_or_no_cell_is_marked_in_a_wide_csv() -> None:
    codes = np.array(
        [CellStatus.ABSENT, CellStatus.ROUNDED, CellStatus.HOLE, CellStatus.OBSERVED], dtype=np.uint8
    )
    wide = pd.DataFrame({"2026M05": DiscretionisedArray(np.array([1, 5, 1, 7]), codes)}, index=list("abcd"))
    wide.columns.name = "Periode"
    file = io.StringIO()
    to_csv(wide, file, danish=True)
    assert [line.rpartition(";")[2] for line in file.getvalue().splitlines()[1:5]] == [
        "–",
        "5*",
        "ikke i udtrækket",
        "7",
    ]


def test_periods_that_pandas_laid_out_are_headings_too(sanctions: pd.DataFrame, tmp_path: Path) -> None:
    wide = sanctions.pivot(index="A-kasse", columns="Periode", values=REPEATED)  # noqa: PD010 - nothing is added
    to_excel(wide, tmp_path / "a.xlsx")
    assert next(openpyxl.load_workbook(tmp_path / "a.xlsx")["Data"].values)[1] == "2025Q03"
    nested = sanctions.pivot(index="A-kasse", columns="Periode")  # noqa: PD010 - nothing is added
    file = io.StringIO()
    to_csv(nested, file)
    assert file.getvalue().split(",")[1] == "Antal sanktioner i alt / 2025Q03"
