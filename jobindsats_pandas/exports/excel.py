"""A workbook for Excel: the data, and a sheet that says where they come from and how to read them."""

from __future__ import annotations

import io
import itertools
import re
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas import arguments, files
from jobindsats_pandas.danish import MARKS, MARKS_EXPLAINED, RULES, danish_number
from jobindsats_pandas.disclosure import CellStatus, DiscretionisedArray, DiscretionisedDtype, texts
from jobindsats_pandas.errors import ConfigurationError, QueryError, TooLargeError
from jobindsats_pandas.exports.columns import heading, ids_and_days, labelled_columns
from jobindsats_pandas.exports.sources import (
    counts,
    footer,
    measure_facts,
    source_facts,
    sources_of,
    stands_for_members,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from typing import IO

    Facts = Sequence[tuple[str, str]]

__all__ = ["MAX_COLUMNS", "MAX_ROWS", "to_excel"]

MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384
"""The size of an Excel sheet, heading included."""

_ABOUT = "Kilde og regler"
_ALWAYS_TOLD = {
    "Regler for data": [(f"{number}.", rule) for number, rule in enumerate(RULES, start=1)],
    "Tegn i data": MARKS_EXPLAINED,
}


def to_excel(
    df: pd.DataFrame,
    path: str | os.PathLike[str] | IO[bytes] | pd.ExcelWriter[Any],
    *,
    sheet_name: str = "Data",
) -> None:
    """Write a workbook for Excel, as `FrameAccessor.to_excel`; a frame without guarded columns is one, too.

    Examples
    --------
    >>> import tempfile, openpyxl
    >>> df = pd.DataFrame({"Område": ["Ærø", "=1+1"], "Antal": [1200, 3]})
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     to_excel(df, f"{directory}/a.xlsx")
    ...     book = openpyxl.load_workbook(f"{directory}/a.xlsx")
    >>> book.sheetnames, list(book["Data"].values)
    (['Data', 'Kilde og regler'], [('Område', 'Antal'), ('Ærø', 1200), ('=1+1', 3)])
    """
    try:
        from openpyxl import Workbook
    except ImportError:
        raise ConfigurationError("Excel files need openpyxl: pip install openpyxl") from None
    name = _sheet_name(sheet_name)
    place = path if isinstance(path, pd.ExcelWriter) else arguments.place("path", path, "write")
    arguments.written_as(place, ".xlsx")
    fits = len(df) < MAX_ROWS and len(df.columns) <= MAX_COLUMNS
    columns = _sheet_columns(df) if fits else []
    if not fits or len(columns) > MAX_COLUMNS:
        raise TooLargeError(
            f"{len(df):,} rows and {len(columns) or len(df.columns):,} columns do not fit into a sheet of Excel, which has {MAX_ROWS:,} rows"
            f" (one is the heading) and {MAX_COLUMNS:,} columns. Ask for less, or write Parquet or CSV:"
            " df.jobindsats.to_parquet(path)."
        )
    known = sources_of(df)
    told: dict[str, Facts] = {
        f"Kilde: {name}": source_facts(known),
        f"Mål: {name}": measure_facts(df, [(c.name, c.array) for c in columns if c.array is not None]),
    }
    # Of a wide sheet, what names the rows stays in sight.
    guarded = [number for number, column in enumerate(columns) if column.array is not None]
    frozen = guarded[0] if guarded and stands_for_members(df) else 0
    if isinstance(place, pd.ExcelWriter):
        book, sheet, before = _room_in(place, name)
        styles = _Styles(book)
        _write_data(sheet, columns, len(df), styles, footer(known), frozen)
        _write_about(book.create_sheet(_ABOUT), {**before, **told}, styles)
        return
    with files.writing(place) as file:
        book = Workbook(write_only=True)
        book.properties.creator = "jobindsats-pandas"
        book.properties.title = _cleaned(
            "; ".join(filter(None, dict.fromkeys(one.table_name for one in known))) or "Jobindsats"
        )
        styles = _Styles(book)
        _write_data(book.create_sheet(name), columns, len(df), styles, footer(known), frozen)
        _write_about(book.create_sheet(_ABOUT), told, styles)
        # An archive goes back to write its sizes, which a FIFO cannot.
        composed = io.BytesIO()
        book.save(composed)
        file.write(composed.getbuffer())


def _sheet_name(value: Any) -> str:
    """Take what Excel lets a sheet be called."""
    name = arguments.text("sheet_name", value)
    size = len(name.encode("utf-16-le", errors="replace")) // 2
    strange = re.search(r"[\[\]:*?/\\]", name) or name != _cleaned(name) or {name[:1], name[-1:]} & {"'"}
    if not 0 < size <= 31 or strange or name.casefold() in {"history", _ABOUT.casefold()}:
        raise QueryError(
            f"sheet_name={arguments.shown(value)}: Excel takes 1 to 31 letters, none of them []:*?/\\, no apostrophe at"
            f" either end, and not 'History'; {_ABOUT!r} is the sheet on the source."
        )
    return name


def _room_in(writer: pd.ExcelWriter[Any], name: str) -> tuple[Any, Any, dict[str, Facts]]:
    """Make room for a sheet in an open workbook; gives the workbook, the sheet, and what it tells of sources so far."""
    if writer.engine != "openpyxl":
        raise ConfigurationError(
            f"The workbook is open with {writer.engine}; open it with openpyxl, which can also add to a workbook that is"
            " there: pd.ExcelWriter(path, engine='openpyxl')."
        )
    book: Any = writer.book
    taken = {known.casefold(): known for known in book.sheetnames}
    known = _told_so_far(book[taken[_ABOUT.casefold()]]) if _ABOUT.casefold() in taken else {}
    place = None
    if name.casefold() in taken:
        old = book[taken[name.casefold()]]
        if writer.if_sheet_exists != "replace":
            raise QueryError(
                f"The workbook has a sheet {old.title!r}. Say sheet_name='…', or replace it:"
                " pd.ExcelWriter(path, mode='a', if_sheet_exists='replace')."
            )
        place = book.index(old)
        book.remove(old)
        known = {title: facts for title, facts in known.items() if title.partition(": ")[2] != old.title}
    sheet = book.create_sheet(name, place)
    if _ABOUT in book.sheetnames:
        book.remove(book[_ABOUT])  # written anew, at the end
    return book, sheet, known


def _told_so_far(sheet: Any) -> dict[str, Facts]:
    """What a sheet on sources tells, by the titles of its sections."""
    told: dict[str, list[tuple[str, str]]] = {}
    for name, text in sheet.iter_rows(max_col=2):
        if name.style == _Styles.named("heading"):
            told[name.value] = []
        elif name.value is not None and not told:
            break
        elif name.value is not None:
            told[[*told][-1]].append((name.value, text.value or ""))
    if not told:
        raise QueryError(f"The workbook has a sheet {sheet.title!r} that was not made here; rename it first.")
    return {title: facts for title, facts in told.items() if title not in _ALWAYS_TOLD}


@dataclass(frozen=True)
class _SheetColumn:
    """A column of a sheet.

    Attributes
    ----------
    style : str
        Of `_Styles`, for most cells.
    values : sequence
        What openpyxl writes: numbers, text, dates, None.
    others : dict of int to str
        The styles of cells that have another one, by row.
    array : DiscretionisedArray, optional
        Of a guarded column.
    """

    name: str
    style: str
    values: Sequence[Any]
    width: float
    others: dict[int, str] = field(default_factory=dict)
    array: DiscretionisedArray | None = None
    number_format: str = "General"


def _sheet_columns(df: pd.DataFrame) -> list[_SheetColumn]:
    columns = []
    for label, values in labelled_columns(df, danish=True):
        name = _cleaned(heading(label))
        if isinstance(values.dtype, DiscretionisedDtype):
            columns.append(_guarded_column(name, values.array))
        elif isinstance(values.dtype, pd.PeriodDtype):
            ids, days = ids_and_days(values)
            columns.append(_text_column(name, ids))
            columns.append(_SheetColumn(f"{name}_start", "date", _moments(days), 12))
        else:
            columns.append(_other_column(name, values))
    return columns


def _guarded_column(name: str, array: DiscretionisedArray) -> _SheetColumn:
    values: list[Any] = array.numbers.tolist()
    status = array.status
    others = dict.fromkeys(
        np.flatnonzero(np.isin(status, [CellStatus.DERIVED, CellStatus.FILLED])).tolist(), "computed"
    )
    marked = np.flatnonzero(~array.visible | (status == CellStatus.ROUNDED))
    for place, text in zip(marked.tolist(), texts(array.cells[marked]).tolist(), strict=True):
        values[place] = MARKS.get(text, text)
        others[place] = "mark"
    return _SheetColumn(
        name, "number", values, 15, others, array, _number_format(array.numbers[array.visible])
    )


def _number_format(numbers: Any) -> str:
    """Choose the format that shows all digits, up to four behind the comma."""
    if numbers.dtype.kind in "iu":
        return "#,##0"
    finite = numbers[np.isfinite(numbers)]
    digits = next((digits for digits in range(4) if (np.round(finite, digits) == finite).all()), 4)
    return f"#,##0.{'0' * digits}" if digits else "#,##0"


def _other_column(name: str, values: pd.Series) -> _SheetColumn:
    missing = values.isna().to_numpy()
    if isinstance(values.dtype, pd.CategoricalDtype):
        categories = [None if pd.isna(one) else str(one) for one in values.cat.categories]
        return _text_column(
            name, [categories[code] if code >= 0 else None for code in values.cat.codes.tolist()]
        )
    if pd.api.types.is_bool_dtype(values.dtype):
        return _SheetColumn(
            name,
            "plain",
            [None if gone else bool(one) for one, gone in zip(values, missing, strict=True)],
            12,
        )
    if pd.api.types.is_numeric_dtype(values.dtype) and values.dtype.kind in "iuf":
        numbers = values.fillna(0).to_numpy(dtype=values.dtype.kind + "8")
        # Excel knows no infinity.
        missing = missing | ~np.isfinite(numbers)
        found = [None if gone else one for one, gone in zip(numbers.tolist(), missing, strict=True)]
        return _SheetColumn(name, "number", found, 15, number_format=_number_format(numbers[~missing]))
    if values.dtype.kind == "M" and getattr(values.dtype, "tz", None) is None:
        days = values.tolist()
        whole = all(pd.isna(day) or day == day.normalize() for day in days)
        return _SheetColumn(name, "date" if whole else "moment", _moments(days), 12 if whole else 18)
    return _text_column(name, [None if gone else str(one) for one, gone in zip(values, missing, strict=True)])


def _moments(days: Sequence[Any]) -> list[Any]:
    return [None if pd.isna(day) else day.to_pydatetime(warn=False) for day in days]


def _text_column(name: str, values: Sequence[str | None]) -> _SheetColumn:
    clean: dict[str | None, str | None] = {
        text: None if text is None else _cleaned(text) for text in dict.fromkeys(values)
    }
    width = max((len(text) for text in clean.values() if text), default=0)
    return _SheetColumn(name, "text", [clean[text] for text in values], min(max(width + 2, 10), 50))


def _cleaned(text: str) -> str:
    """Replace what a workbook cannot hold."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "\N{REPLACEMENT CHARACTER}", text)


class _Styles:
    """The styles of a workbook, by name; `cell` gives a cell to write with."""

    def __init__(self, book: Any) -> None:
        from openpyxl.styles import Alignment, Font, NamedStyle, PatternFill

        top = Alignment(vertical="top", wrap_text=True)
        named = [
            NamedStyle(
                "heading", font=Font(bold=True), fill=PatternFill("solid", fgColor="E7EDF3"), alignment=top
            ),
            NamedStyle("text"),
            NamedStyle("plain"),
            NamedStyle("number"),
            NamedStyle("date", number_format="dd\\-mm\\-yyyy"),
            NamedStyle("moment", number_format="dd\\-mm\\-yyyy\\ hh:mm:ss"),
            NamedStyle(
                "mark",
                font=Font(italic=True, color="7A4B00"),
                fill=PatternFill("solid", fgColor="FFF4DC"),
                alignment=Alignment(horizontal="right"),
            ),
            NamedStyle("computed", font=Font(italic=True)),
            NamedStyle("about", alignment=top),
        ]
        for style in named:
            style.name = self.named(style.name)
            if style.name not in book.named_styles:
                book.add_named_style(style)

    @staticmethod
    def named(style: str) -> str:
        """Give a name of our own, so that it never meets one that Excel has."""
        return f"jobindsats {style}"

    def cell(self, sheet: Any, style: str, number_format: str | None = None) -> Any:
        """Give a cell in a style, whose value is still to be set."""
        from openpyxl.cell import WriteOnlyCell

        cell = WriteOnlyCell(sheet)
        cell.style = self.named(style)
        if number_format is not None:
            cell.number_format = number_format
        if style in {"text", "heading", "mark", "about"}:
            # As if typed with an apostrophe: editing the cell does not make it a formula either.
            cell.quotePrefix = True
        return cell

    def text(self, sheet: Any, text: str, style: str = "about") -> Any:
        """Give a cell with a text in it."""
        cell = self.cell(sheet, style)
        _put(cell, _cleaned(text))
        return cell


def _put(cell: Any, value: Any) -> None:
    """Set a cell's value; what looks like a formula or an error stays text."""
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"


def _write_data(
    sheet: Any, columns: Sequence[_SheetColumn], rows: int, styles: _Styles, foot: str, frozen: int
) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.freeze_panes = f"{get_column_letter(frozen + 1)}2"
    for place, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = column.width
    lines = max((-(-len(column.name) // int(column.width)) for column in columns), default=1)
    sheet.row_dimensions[1].height = 15 * (lines + 1)
    sheet.auto_filter.ref = f"A1:{get_column_letter(max(len(columns), 1))}{rows + 1}"
    sheet.oddFooter.left.text = _cleaned(foot).replace("&", "&&")
    # On paper: all columns beside each other, and the headings on each page.
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"
    sheet.append([_heading_cell(sheet, column, styles) for column in columns])
    # Where a row is written at once, each column needs only one cell for each of its styles; else they are copied.
    fleeting = sheet.parent.write_only
    cells = [
        {style: _styled(sheet, styles, style, column) for style in {column.style, *column.others.values()}}
        for column in columns
    ]
    for row in range(rows):
        line: list[Any] = []
        for column, known in zip(columns, cells, strict=True):
            value = column.values[row]
            if value is None:
                line.append(None)
                continue
            cell = known[column.others.get(row, column.style)]
            if not fleeting:
                cell = _copied(cell)
            _put(cell, value)
            line.append(cell)
        sheet.append(line)


def _copied(cell: Any) -> Any:
    made = copy(cell)
    made._style = copy(cell._style)  # noqa: SLF001 - by its name, a style is looked up again for every cell
    return made


def _styled(sheet: Any, styles: _Styles, style: str, column: _SheetColumn) -> Any:
    return styles.cell(sheet, style, column.number_format if style in {"number", "computed"} else None)


def _heading_cell(sheet: Any, column: _SheetColumn, styles: _Styles) -> Any:
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment

    cell = styles.text(sheet, column.name, "heading")
    if column.array is not None:  # above its numbers
        cell.alignment = Alignment(horizontal="right", vertical="top", wrap_text=True)
    if column.array is not None and (counted := counts([column.array])):
        note = Comment(
            f"Af {danish_number(len(column.array))} celler er {counted}. SUM springer dem over, så summen bliver for lille; + giver"
            " en fejl. Brug de offentliggjorte totaler. Se arket 'Kilde og regler'.",
            "jobindsats-pandas",
        )
        note.width, note.height = 320, 110
        cell.comment = note
    return cell


def _write_about(sheet: Any, told: Mapping[str, Facts], styles: _Styles) -> None:
    """Write the sheet on sources: what is told of each frame, and what holds for all."""
    sheet.column_dimensions["A"].width = 26
    width = 110
    sheet.column_dimensions["B"].width = width
    numbers = itertools.count(1)

    def line(*cells: Any, length: int = 0) -> None:
        # The height must be known before the row is written, and no program guesses it for wrapped text.
        sheet.row_dimensions[next(numbers)].height = 15 * max(1, -(-length // (width - 15)))
        sheet.append(list(cells))

    for title, facts in {**told, **_ALWAYS_TOLD}.items():
        line(styles.text(sheet, title, "heading"), styles.text(sheet, "", "heading"))
        for name, text in facts:
            line(styles.text(sheet, name), styles.text(sheet, text), length=len(text))
        line()
