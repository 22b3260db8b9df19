"""Answers as the API gives them, of any size: the table modelled on a recorded answer of y25i01.

Four columns of names, two counts and two rates with one decimal, 80 bytes a row, a part of the cells hidden. The
API's order: by period, then by the dimensions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from jobindsats_pandas.metadata import Table, parse_table
from jobindsats_pandas.queries import Plan, plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MEASURES = (
    "Antal ledige personer",
    "Antal ledige fuldtidspersoner",
    "Ledige fuldtidspersoner i pct. af arbejdsstyrken 16-66 år",
    "Ledige fuldtidspersoner i pct. af befolkningen 16-66 år",
)
AREAS, BENEFITS, FUNDS = 99, 5, 25
LABELS = ("Periode", "Område", "Ydelsesgrupper", "A-kasse")
BETWEEN, QUOTED = "\0", '","'
CELLS_PER_MONTH = AREAS * BENEFITS * FUNDS * len(MEASURES)


def hierarchy(name: str, total: str, words: list[str]) -> dict[str, Any]:
    """A hierarchy of a total and one level below."""
    members = [{"value_id": f"/{number}/", "value_name": word} for number, word in enumerate(words, start=1)]
    levels = [
        {"level_id": "0", "level_name": total, "values": [{"value_id": "/", "value_name": total}]},
        {"level_id": "1", "level_name": name, "values": members},
    ]
    return {"hierarchy_id": f"_{name}", "hierarchy_name": name, "levels": levels}


def with_totals(parts: np.ndarray) -> np.ndarray:
    """Parts along every dimension, with the totals in front of them; flat."""
    for axis in range(parts.ndim):
        parts = np.concatenate([parts.sum(axis, keepdims=True), parts], axis)
    return parts.ravel()


def document(months: int, areas: int = AREAS) -> dict[str, Any]:
    """The metadata of the table."""
    periods = [f"{1950 + month // 12}M{month % 12 + 1:02d}" for month in range(months)]
    names = {
        "Område": hierarchy("nykom", "Hele landet", [f"Kommune nr. {n}" for n in range(1, areas)]),
        "Ydelsesgrupper": hierarchy(
            "ygrp", "Ydelsesgrupper i alt", [f"Ydelsesgruppe {n}" for n in range(1, BENEFITS)]
        ),
        "A-kasse": hierarchy("akasse", "I alt", [f"Fag {n}s A-kasse" for n in range(1, FUNDS)]),
    }
    return {
        "table_id": "y25i01",
        "table_name": "Ledige personer og ledige fuldtidspersoner",
        "update_freq": "M",
        "periods": [
            {
                "periodtype_id": "M",
                "periodtype_name": "Måned",
                "values": [{"period_id": period, "period_name": period} for period in periods],
            }
        ],
        "mgroups": [
            {
                "mgroup_id": f"g{n}",
                "mgroup_name": name,
                "measures": [{"measure_id": f"m{n}", "measure_name": name}],
            }
            for n, name in enumerate(MEASURES)
        ],
        "dimensions": [
            {"dimension_id": f"d{n}", "dimension_name": name, "hierarchies": [found]}
            for n, (name, found) in enumerate(names.items())
        ],
    }


@dataclass(frozen=True)
class Case:
    """A question, and how its answers are made; `cells` are about those asked for."""

    cells: int
    most_in_one: int

    @property
    def months(self) -> int:
        """How many months the table has."""
        return max(1, round(self.cells / CELLS_PER_MONTH))

    @cached_property
    def table(self) -> Table:
        """The metadata, parsed."""
        return parse_table(json.dumps(self.metadata).encode())

    @cached_property
    def question(self) -> Plan:
        """The plan: all members of every dimension, in as many requests as `most_in_one` demands."""
        by = {hierarchy.id: "*" for hierarchy in self.table.all_hierarchies}
        return plan(self.table, by, "*", max_cells=self.most_in_one)

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata, as the API gives them."""
        # A small question is one about few areas, not about part of a month.
        return document(self.months, max(2, min(AREAS, round(AREAS * self.cells / CELLS_PER_MONTH))))

    def bodies(self) -> list[bytes]:
        """The answers to all requests."""
        return [self.json(request.periods) for request in self.question.requests]

    def json(self, periods: Sequence[str]) -> bytes:
        """The answer about some months: one line, no spaces, letters as they are."""
        columns = json.dumps([*LABELS, *MEASURES], ensure_ascii=False, separators=(",", ":"))
        rows = ",".join(
            f'["{name.replace(BETWEEN, QUOTED)}",{",".join("null" if n is None else str(n) for n in numbers)}]'
            for period in periods
            for name, numbers in self.rows(period)
        )
        return f'{{"columns":{columns},"rows":[{rows}]}}'.encode()

    def csv(self, periods: Sequence[str]) -> bytes:
        """The same answer as the API's CSV: a byte order mark, semicolons."""
        lines = [";".join((*LABELS, *MEASURES))]
        lines += [
            f"{name.replace(BETWEEN, ';')};{';'.join('' if n is None else str(n) for n in numbers)}"
            for period in periods
            for name, numbers in self.rows(period)
        ]
        return b"\xef\xbb\xbf" + "\r\n".join(lines).encode()

    def rows(self, period: str) -> Iterator[tuple[str, tuple[int | float | None, ...]]]:
        """The names and the numbers of every row of a month."""
        labels = [[member.name for member in h.members] for h in self.table.all_hierarchies]
        names = [BETWEEN.join((period, a, b, c)) for a in labels[0] for b in labels[1] for c in labels[2]]
        random = np.random.default_rng(self.table.period_types[0].periods.index(period))
        counts = [len(names) - 1 for names in labels]
        typical = np.multiply.outer(
            np.multiply.outer(3e5 / (1 + np.arange(counts[0])), 1 / (1 + np.arange(counts[1]))),
            1 / (10 + np.arange(counts[2])),
        )
        parts = random.poisson(typical / typical.sum() * 150_000)
        persons = with_totals(parts)
        # Full-time persons add up, but for each being rounded by itself.
        full_time = np.rint(with_totals(parts * random.uniform(0.7, 0.95, parts.shape))).astype(int)
        rate = np.round(random.gamma(3.0, 1.2, persons.size), 1)
        # What is hidden: counts below 3, and the rates beside them now and then.
        hidden = persons < 3
        beside = hidden & (random.random(persons.size) < 0.25)
        columns = [
            np.where(hidden, None, persons.astype(object)),
            np.where(hidden, None, full_time.astype(object)),
            np.where(beside, None, rate.astype(object)),
            np.where(beside, None, np.round(0.8 * rate, 1).astype(object)),
        ]
        return zip(names, zip(*(column.tolist() for column in columns), strict=True), strict=True)
