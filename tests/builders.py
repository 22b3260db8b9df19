"""Metadata written by hand, in the API's form, for tests of what is pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jobindsats_pandas.metadata import parse_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jobindsats_pandas.metadata import Table

    Members = Sequence[tuple[Any, str]]
    Document = dict[str, Any]


def months(first_year: int, count: int) -> list[str]:
    return [f"{first_year + number // 12}M{number % 12 + 1:02d}" for number in range(count)]


def period_type(type_id: str, ids: Iterable[Any], name: str = "") -> Document:
    values = [{"period_id": period, "period_name": f"period {period}"} for period in ids]
    return {"periodtype_id": type_id, "periodtype_name": name or type_id, "values": values}


def level(level_id: Any, name: str, members: Members) -> Document:
    values = [{"value_id": path, "value_name": member} for path, member in members]
    return {"level_id": level_id, "level_name": name, "values": values}


def hierarchy(hierarchy_id: Any, name: str, *levels: Document) -> Document:
    return {"hierarchy_id": hierarchy_id, "hierarchy_name": name, "levels": list(levels)}


def dimension(dimension_id: Any, name: str, *hierarchies: Document) -> Document:
    return {"dimension_id": dimension_id, "dimension_name": name, "hierarchies": list(hierarchies)}


def group(group_id: Any, name: str, *measures: tuple[Any, str]) -> Document:
    listed = [{"measure_id": measure, "measure_name": text} for measure, text in measures]
    return {"mgroup_id": group_id, "mgroup_name": name, "measures": listed}


def total(name: str = "I alt") -> Document:
    return level("total", name, [("/", name)])


def numbered(count: int, word: str = "Member") -> list[tuple[str, str]]:
    return [(f"/{number}/", f"{word} {number}") for number in range(1, count + 1)]


MUNICIPALITIES = [
    ("/101/", "København"),
    ("/461/", "Odense"),
    ("/492/", "Ærø"),
    ("/751/", "Aarhus"),
    ("/851/", "Aalborg"),
]

AREA = dimension(
    "_omrade",
    "Område",
    hierarchy(
        "_nykom",
        "Kommune",
        level("land", "Hele landet", [("/", "Hele landet")]),
        level("kom", "Kommune", MUNICIPALITIES),
    ),
    hierarchy(
        "_region",
        "Region",
        total("Hele landet"),
        level("reg", "Region", [("/1/", "Nordjylland"), ("/2/", "Syddanmark")]),
    ),
)

FUNDS = dimension(
    "_akasse",
    "A-kasse",
    hierarchy(
        "_akassebl",
        "A-kasser",
        total(),
        level("fund", "A-kasse", [("/1/", "3F"), ("/2/", "HK"), ("/3/", "Øvrige")]),
    ),
)

# Four names stand twice, a parent and its only child, as in the recorded answer of a table of offers.
OFFERS = dimension(
    "_tilbud",
    "Tilbud",
    hierarchy(
        "_tilb",
        "Tilbudstype",
        total("Tilbud i alt"),
        level(
            "main",
            "Hovedgruppe",
            [("/1/", "Vejledning"), ("/2/", "Nytteindsats i alt"), ("/3/", "Løntilskud")],
        ),
        level(
            "sub",
            "Undergruppe",
            [("/2/1/", "Nytteindsats i alt"), ("/3/1/", "Stat"), ("/3/2/", "Kommune"), ("/1/1/", "Stat")],
        ),
    ),
)


def table_document(
    *dimensions: Document,
    table_id: str = "y25i01",
    periods: Any = None,
    groups: Sequence[Document] | None = None,
    **fields: Any,
) -> Document:
    """Write the answer of ``/table/{table_id}``."""
    return {
        "table_id": table_id,
        "table_name": "Ledige og ledighedsprocent",
        "link_infopage": "https://jobindsats.dk/information/",
        "link_tablepage": "https://jobindsats.dk/databank/",
        "update_freq": "M",
        "update_latest": "2026-07-26",
        "update_next": "2026-08-27",
        "periods": [
            period_type("M", months(2024, 28), "Måned"),
            period_type("Q", ["2024Q01", "2024Q02", "2024Q3", "2024Q04", "2025Q01"], "Kvartal"),
            period_type("Y", ["2023Y01", "2024Y01", "2025Y01"], "År"),
            period_type("QMAT", ["2023QMAT02", "2023QMAT01", "2022QMAT04"], "Rullende år"),
        ]
        if periods is None
        else periods,
        "mgroups": [
            group(
                "mgrp1", "Ledige", ("m1", "Antal ledige personer"), ("m2", "Antal ledige fuldtidspersoner")
            ),
            group("mgrp2", "Ledighedsprocent", ("m3", "Ledighed i pct. af arbejdsstyrken")),
        ]
        if groups is None
        else list(groups),
        "dimensions": list(dimensions or (AREA, FUNDS, OFFERS)),
        **fields,
    }


def table(*dimensions: Document, **fields: Any) -> Table:
    return parse(table_document(*dimensions, **fields))


def parse(document: Any) -> Table:
    return parse_table(encode(document))


def encode(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def catalogue_table(table_id: Any = "y25i01", name: str = "Ledige", **fields: Any) -> Document:
    return {
        "table_id": table_id,
        "table_name": name,
        "link_infopage": "https://jobindsats.dk/information/",
        "link_tablepage": "https://jobindsats.dk/databank/",
        "update_freq": "M",
        "update_latest": "2026-07-26",
        "update_next": "2026-08-27",
        "mgroups": [{"mgroup_id": "g", "mgroup_name": "Antal berørte"}],
        "periods": [{"periodtype_id": "M"}],
        "dimensions": [{"dimension_id": "_omrade", "dimension_name": "Område"}],
        **fields,
    }


def subject(name: str, *tables: Document, subject_id: Any = 1) -> Document:
    groups = [{"table_group_id": 1, "table_group_name": "Alle", "tables": list(tables)}]
    return {"subject_id": subject_id, "subject_name": name, "table_groups": groups}
