"""The five recorded answers of the real API, and metadata for them, so that a test server can answer from them.

The recordings lie beside the project; the metadata here are written from what the answers show.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Recording:
    """One recorded answer: what was asked, what came back, and metadata that fit."""

    table: str
    by: dict[str, str]
    period_type: str
    columns: list[str]
    rows: list[list[Any]]
    metadata: dict[str, Any]


def load(directory: Path, table: str) -> Recording:
    recorded = json.loads((directory / f"{table}.json").read_text(encoding="utf-8"))
    columns, rows = recorded["response"]["columns"], recorded["response"]["rows"]
    query = dict(part.split("=") for part in recorded["request"].split("?")[1].split("&"))
    by = {name.removeprefix("hierarchy."): v for name, v in query.items() if name.startswith("hierarchy.")}
    period_type = next(name.removeprefix("period.") for name in query if name.startswith("period."))
    metadata = {
        "table_id": table,
        "table_name": f"Måling {table}",
        "update_freq": period_type,
        "update_latest": "2026-07-20",
        "update_next": "2026-08-20",
        "periods": [
            {
                "periodtype_id": period_type,
                "periodtype_name": period_type,
                "values": [
                    {"period_id": p, "period_name": p} for p in sorted({row[0] for row in rows}, reverse=True)
                ],
            },
        ],
        "mgroups": _groups(table, columns[1 + len(by) :]),
        "dimensions": [
            {
                "dimension_id": f"{hierarchy}_dim" if position else "_omrade",
                "dimension_name": columns[1 + position],
                "hierarchies": [
                    {
                        "hierarchy_id": hierarchy,
                        "hierarchy_name": hierarchy,
                        "levels": _levels(hierarchy, list(dict.fromkeys(row[1 + position] for row in rows))),
                    },
                ],
            }
            for position, hierarchy in enumerate(by)
        ],
    }
    return Recording(table, by, period_type, columns, rows, metadata)


def _groups(table: str, columns: list[str]) -> list[dict[str, Any]]:
    groups: dict[str, list[str]] = {}
    for column in columns:
        group, separator, name = column.partition(": ")
        groups.setdefault(group, []).append(name if separator else column)
    return [
        {
            "mgroup_id": f"mgrp{table}_{number}",
            "mgroup_name": group,
            "measures": [
                {"measure_id": f"meas{table}_{number}_{i}", "measure_name": name}
                for i, name in enumerate(names)
            ],
        }
        for number, (group, names) in enumerate(groups.items())
    ]


def _levels(hierarchy: str, names: list[str]) -> list[dict[str, Any]]:
    if hierarchy == "_tilb_2ptv":
        return _offers()
    total = "Arbejdsfordelingstyper i alt" if hierarchy == "_var13uger" else names.pop(0)
    levels = [[("/", total)], [(f"/{number}/", name) for number, name in enumerate(names, start=1)]]
    return _level_documents(hierarchy, [level for level in levels if level])


def _level_documents(hierarchy: str, levels: list[list[tuple[str, str]]]) -> list[dict[str, Any]]:
    return [
        {
            "level_id": f"{hierarchy}_{number}",
            "level_name": f"Niveau {number}",
            "values": [{"value_id": path, "value_name": name} for path, name in level],
        }
        for number, level in enumerate(levels)
    ]


#: The offers of y01c01 as a tree; four names stand twice, a parent and its only child.
OFFERS: dict[str, dict[str, list[str]]] = {
    "Vejledning og opkvalificering i alt": {
        "Ordinær uddannelse i alt": [
            "Almen voksenuddannelse (AVU)",
            "Arbejdsmarkedsuddannelse (AMU)",
            "Erhversuddannelse (EUD) m.v.",
            "Social- og sundhedsuddannelser (SOSU)",
            "Udd. på videregående niveau (KVU, MVU, LVU)",
            "Læse-, skrive-, regne- og ordblindekurser",
            "Danskuddannelse",
        ],
        "Øvrige vejlednings- og opkvalificeringsforløb": ["Øvrige vejlednings- og opkvalificeringsforløb"],
    },
    "Ansættelse med løntilskud i alt": {
        "Privat ansættelse med løntilskud": ["Privat ansættelse med løntilskud"],
        "Offentlig ansættelse med løntilskud i alt": [
            "Ansættelse med løntilskud, stat",
            "Ansættelse med løntilskud, region",
            "Ansættelse med løntilskud, kommune",
        ],
    },
    "Virksomhedspraktik i alt": {
        "Privat virksomhedspraktik": ["Privat virksomhedspraktik"],
        "Offentlig virksomhedspraktik i alt": [
            "Virksomhedspraktik, stat",
            "Virksomhedspraktik, region",
            "Virksomhedspraktik, kommune",
        ],
    },
    "Nytteindsats i alt": {"Nytteindsats i alt": ["Nytteindsats, kommune", "Nytteindsats, stat"]},
}


def _offers() -> list[dict[str, Any]]:
    levels: list[list[tuple[str, str]]] = [[("/", "Tilbud i alt")], [], [], []]
    for i, (main, groups) in enumerate(OFFERS.items(), start=1):
        levels[1].append((f"/{i}/", main))
        for j, (group, offers) in enumerate(groups.items(), start=1):
            levels[2].append((f"/{i}/{j}/", group))
            levels[3] += [(f"/{i}/{j}/{k}/", offer) for k, offer in enumerate(offers, start=1)]
    return _level_documents("_tilb_2ptv", levels)
