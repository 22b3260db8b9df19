"""What the API answers to a right request: the catalogue, metadata, data as JSON or CSV."""

from __future__ import annotations

import csv
import io
import json
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from urllib.parse import unquote

from jobindsats_pandas.sandbox.faults import Fault, Faults, Response
from jobindsats_pandas.sandbox.fixed import FixedTable
from jobindsats_pandas.sandbox.query import RefusedError, parameters
from jobindsats_pandas.sandbox.tables import SyntheticTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jobindsats_pandas.sandbox.query import Selection, TableIndex

__all__ = ["BOM", "JSON", "Answer", "Tables", "answer"]

BOM = b"\xef\xbb\xbf"
JSON = {"Content-Type": "application/json; charset=utf-8"}
CSV = {"Content-Type": "text/csv; charset=utf-8"}

Tables: TypeAlias = "Mapping[str, SyntheticTable | FixedTable]"
Rows: TypeAlias = "list[tuple[Any, ...]]"
Renamed: TypeAlias = "Mapping[str, Mapping[str, str]]"


class Answer(NamedTuple):
    """A response, and what became of the question.

    Attributes
    ----------
    response : Response
        What is to be sent.
    cells : int
        For ``/data``, the cells that were asked for.
    fault : Fault, optional
        What so many cells meet.
    refused : str
        The refusal that `response` is, if it is one.
    """

    response: Response
    cells: int = 0
    fault: Fault | None = None
    refused: str = ""


def answer(tables: Tables, renamed: Renamed, faults: Faults, path: str, query: str) -> Answer:
    """Answer a request with the right key.

    Parameters
    ----------
    tables, renamed, faults
        What is served, under which names of columns, and what goes wrong.
    path, query : str
        Decoded, and as it was sent.

    Raises
    ------
    RefusedError
        Where the API answers with an error.
    """
    asked = parameters(query)
    endpoint, _, table_id = path.removeprefix("/v3/").partition("/")
    if "format" not in asked:
        raise RefusedError(422, "Missing parameter: format")  # invented
    if asked["format"] not in (("json", "csv") if endpoint == "data" else ("json",)):
        raise RefusedError(422, f"Unknown format: {asked['format']}")  # invented
    url = f"{path}?{query}"
    if path == "/v3/subjects":
        return Answer(_json(_subjects(tables), url))
    if path == "/v3/tables":
        return Answer(_json(_catalogue(tables, asked.get("subject_id")), url))
    if endpoint not in {"table", "data"} or not path.startswith("/v3/"):
        raise RefusedError(404, f"Unknown path: {path}")  # invented
    if table_id not in tables:
        raise RefusedError(404, f"Unknown table: {table_id}")  # invented
    table = tables[table_id]
    if endpoint == "table":
        return Answer(_json(table.metadata, url))
    if isinstance(table, FixedTable) and callable(table.rows):
        return _refused(faults, url, asked, table.metadata) or Answer(_json(table.rows(asked), url))
    selection = table.index.select(asked)
    cells = selection.cells
    if refused := _refused(faults, url, asked, table.metadata, cells):
        return refused
    if fault := faults.too_large(cells):
        return Answer(Response(200), cells, fault)
    columns, rows = _arrived(table.index, selection, faults, url, *table.answer(selection))
    names = renamed.get(table_id, {})
    columns = [names.get(column, column) for column in columns]
    if asked["format"] == "csv":
        return Answer(_csv(columns, rows), cells)
    return Answer(_json({"columns": columns, "rows": rows}, url), cells)


def _refused(
    faults: Faults, url: str, asked: Mapping[str, str], metadata: Any, cells: int = 0
) -> Answer | None:
    """Give the refusal of a form, if there is one; metadata that a test broke know no area."""
    areas: list[str] = []
    with suppress(LookupError, TypeError):
        areas = [
            hierarchy["hierarchy_id"]
            for dimension in metadata["dimensions"]
            for hierarchy in dimension["hierarchies"]
            if dimension["dimension_id"] == "_omrade"
        ]
    refusal = faults.refused(unquote(url), asked, areas)
    return Answer(refusal[1], cells, refused=refusal[0]) if refusal else None


def _arrived(
    index: TableIndex, selection: Selection, faults: Faults, url: str, columns: list[str], rows: Rows
) -> tuple[list[str], Rows]:
    """Take withheld periods out of an answer."""
    asked = {index.periods[selection.period_type][position] for position in selection.periods}
    withheld = faults.withheld(unquote(url), asked)
    if not withheld:
        return columns, rows
    totals = {
        index.dimensions[axis]: index.hierarchies[members.hierarchy].total
        for axis, members in selection.members.items()
    }
    dimensions = [name for name in columns[1 : 1 + len(totals)] if name in totals]
    corner = tuple(totals[name] for name in dimensions)
    return columns, [
        row
        for row in rows
        if row[0] not in withheld or (withheld[row[0]] == "total" and row[1 : 1 + len(corner)] != corner)
    ]


def _json(value: Any, url: str) -> Response:
    """Write a body; a third of all addresses answer with a byte order mark."""
    if isinstance(value, bytes):
        return Response(200, value, JSON)
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(200, (BOM if zlib.crc32(url.encode()) % 3 == 0 else b"") + body, JSON)


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(columns)
    for row in rows:
        # invented: the decimal comma, and the empty field of a hidden cell
        writer.writerow([str(cell).replace(".", ",") if isinstance(cell, float) else cell for cell in row])
    return Response(200, BOM + text.getvalue().encode(), CSV)


def _by_subject(tables: Tables) -> dict[str, dict[str, list[str]]]:
    """Give subject -> table group -> table ids; a table can stand under several subjects."""
    subjects: dict[str, dict[str, list[str]]] = {}
    for table_id, table in tables.items():
        names: tuple[str, ...] = ("Egne tabeller",)
        group = "Egne tabeller"
        if isinstance(table, SyntheticTable):
            names, group = table.design.subjects, table.design.group
        for name in names:
            subjects.setdefault(name, {}).setdefault(group, []).append(table_id)
    return subjects


def _subjects(tables: Tables) -> list[dict[str, Any]]:
    subjects = [
        {"subject_id": f"s{number:02}", "subject_name": name}
        for number, name in enumerate(_by_subject(tables), start=1)
    ]
    return [
        {"subject_group_id": 1, "subject_group_name": "Ydelser og indsats", "subjects": subjects[::2]},
        {"subject_group_id": 2, "subject_group_name": "Øvrige emner", "subjects": subjects[1::2]},
    ]


def _catalogue(tables: Tables, wanted: str | None) -> list[dict[str, Any]]:
    return [
        {
            "subject_id": f"s{number:02}",
            "subject_name": subject,
            "table_groups": [
                {
                    "table_group_id": place,
                    "table_group_name": name,
                    "tables": [_summary(table_id, tables[table_id].metadata) for table_id in ids],
                }
                for place, (name, ids) in enumerate(groups.items(), start=1)
            ],
        }
        for number, (subject, groups) in enumerate(_by_subject(tables).items(), start=1)
        if wanted is None or f"s{number:02}" in wanted.split(",")
    ]


def _summary(table_id: str, metadata: Any) -> dict[str, Any]:
    """Shorten a table's metadata as the catalogue does; metadata that a test broke give what they can."""
    if not isinstance(metadata, dict):
        return {"table_id": table_id}
    summary = {name: value for name, value in metadata.items() if not isinstance(value, list)}
    with suppress(LookupError, TypeError, ValueError):
        ids = {
            kind["periodtype_id"]: sorted(value["period_id"] for value in kind["values"])
            for kind in metadata["periods"]
        }
        # Both forms of `periods` are in use; a table always has the same one.
        if zlib.crc32(table_id.encode()) % 2:
            summary["periods"] = list(ids)
        else:
            summary["periods"] = {
                "period_first_date": f"{min(kind[0][:4] for kind in ids.values())}-01-01",
                "period_last_date": metadata["update_latest"],
                "periodtypes": [
                    {"periodtype_id": kind, "period_first": values[0], "period_last": values[-1]}
                    for kind, values in ids.items()
                ],
            }
        for name, kept in (
            ("mgroups", ("mgroup_id", "mgroup_name")),
            ("dimensions", ("dimension_id", "dimension_name")),
        ):
            summary[name] = [{key: entry[key] for key in kept} for entry in metadata[name]]
    return summary
