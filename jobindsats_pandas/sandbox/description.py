"""What a synthetic table is made of, and how its metadata read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from jobindsats_pandas.sandbox.names import MONTHS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jobindsats_pandas.sandbox.population import Amount, Axis, Floats, Hierarchy, Span

__all__ = ["LEVELS", "PER_YEAR", "Base", "Levels", "Measure", "TableDesign", "describe", "spans"]

Levels: TypeAlias = Literal["inside", "apart", "unlisted"]
LEVELS: tuple[Levels, ...] = ("inside", "apart", "unlisted")
"""Where metadata list a hierarchy's total: in its top level, in a level before it, or nowhere."""


@dataclass(frozen=True)
class Measure:
    """A measure, and how it is published.

    Attributes
    ----------
    kind : str
        ``persons`` (distinct), ``full-time``, ``count`` and ``money`` add up, ``rate`` is a quotient,
        ``rounded`` shows 5 for every small count.
    of, per : str
        The quantity counted, and for a rate the one it is divided by.
    factor : float
        What a rate is multiplied by.
    late : int
        For how many of the newest periods the measure is not available yet.
    """

    group: str
    name: str
    kind: Literal["persons", "full-time", "count", "money", "rate", "rounded"]
    of: str = "persons"
    per: str = ""
    factor: float = 100.0
    decimals: int = 1
    late: int = 0


@dataclass(frozen=True)
class Base:
    """A quantity that rates are relative to, such as the labour force: known by some axes only."""

    axes: tuple[int, ...]
    values: Floats


@dataclass(frozen=True, eq=False)
class TableDesign:
    """Everything that makes a synthetic table; each design is equal to itself alone.

    Attributes
    ----------
    frequency : str
        The base period: ``"M"``, ``"Q"`` or ``"Y"``.
    start : tuple of int
        Year and number of the first base period.
    count : int
        Number of base periods.
    every : int
        Of base periods that are months, only every so many-th is published, beginning with the first.
    size : float
        Expected number of persons in a base period.
    spread, volatility : float
        How uneven cells are (lower is more uneven), and how much each one changes from period to period.
    order : str
        How rows are ordered: ``period``, ``member``, ``backwards`` (newest period first) or ``mixed``.
    """

    id: str
    name: str
    subjects: tuple[str, ...]
    group: str
    axes: tuple[Axis, ...]
    measures: tuple[Measure, ...]
    frequency: str
    start: tuple[int, int]
    count: int
    size: float
    update: tuple[str, str | None]
    crossing: Mapping[int, float]
    amounts: Sequence[Amount] = ()
    subsets: Mapping[str, float] = field(default_factory=dict)
    bases: Mapping[str, Base] = field(default_factory=dict)
    period_types: tuple[str, ...] = ()
    update_freq: str = ""
    spread: float = 1.5
    volatility: float = 0.0
    pairs: tuple[int, int, Floats] | None = None
    order: Literal["period", "member", "backwards", "mixed"] = "period"
    newest_first: bool = False
    every: int = 1


_PERIOD_NAMES = {"M": "Måned", "Q": "Kvartal", "Y": "År", "QMAT": "Rullende år", "MYTD": "År til dato"}
PER_YEAR = {"M": 12, "Q": 4, "Y": 1}


def spans(design: TableDesign, kind: str) -> dict[str, Span]:
    """Give the complete periods of one type, oldest first, as spans of base periods."""
    per_year = PER_YEAR[design.frequency]
    offset = design.start[0] * per_year + design.start[1] - 1
    stop = offset + design.count
    length = {"M": 1, "Q": max(per_year // 4, 1), "Y": per_year, "QMAT": per_year, "MYTD": 0}[kind]
    step = {"M": 1, "Q": per_year // 4, "Y": per_year, "QMAT": per_year // 4, "MYTD": 1}[kind]
    found: dict[str, Span] = {}
    for end in range(offset + 1, stop + 1):
        year, within = divmod(end - 1, per_year)
        begin = year * per_year if kind == "MYTD" else end - length
        if end % step == 0 and begin >= offset and (end - offset - 1) % design.every == 0:
            found[f"{year}{kind}{within // step + 1:02}"] = (begin - offset, end - offset)
    return found


def _period_name(period_id: str, kind: str) -> str:
    year, number = period_id[:4], int(period_id[-2:])
    return {
        "M": f"{MONTHS[number - 1]} {year}",
        "Q": f"{number}. kvt. {year}",
        "Y": year,
        "QMAT": f"Rullende år til {number}. kvt. {year}",
        "MYTD": f"Jan-{MONTHS[number - 1]} {year}",
    }[kind]


def _listed(hierarchy: Hierarchy, levels: Levels) -> list[dict[str, Any]]:
    """Give a hierarchy's levels as metadata list them; one that holds nothing but its total always lists it."""
    listed = [(level.id, level.name, [member[:2] for member in level.members]) for level in hierarchy.levels]
    total = ("/", hierarchy.total)
    if not listed:
        listed = [(hierarchy.id.removeprefix("_"), hierarchy.total, [total])]
    elif hierarchy.total and levels == "inside":
        listed[0][2].insert(0, total)
    elif hierarchy.total and levels == "apart":
        listed.insert(0, (hierarchy.id.removeprefix("_") + "_ialt", hierarchy.total, [total]))  # invented
    return [
        {
            "level_id": level_id,
            "level_name": name,
            "values": [{"value_id": path, "value_name": member} for path, member in members],
        }
        for level_id, name, members in listed
    ]


def describe(design: TableDesign, levels: Levels) -> dict[str, Any]:
    """Give what ``/table/{id}`` answers."""
    kinds = design.period_types or (design.frequency,)
    way = -1 if design.newest_first else 1
    groups: dict[str, list[Measure]] = {}
    for measure in design.measures:
        groups.setdefault(measure.group, []).append(measure)
    number = iter(range(1, 1000))
    return {
        "table_id": design.id,
        "table_name": f"{design.name} (syntetisk)",
        "link_infopage": f"https://jobindsats.dk/information/{design.id}",
        "link_tablepage": f"https://jobindsats.dk/databank/{design.id}",
        "update_freq": design.update_freq or design.frequency,
        "update_latest": design.update[0],
        "update_next": design.update[1],
        "periods": [
            {
                "periodtype_id": kind,
                "periodtype_name": _PERIOD_NAMES[kind],
                "values": [
                    {"period_id": period_id, "period_name": _period_name(period_id, kind)}
                    for period_id in list(spans(design, kind))[::way]
                ],
            }
            for kind in kinds
        ],
        "mgroups": [
            {
                "mgroup_id": f"mgrp{design.id}_{position}",
                "mgroup_name": name,
                "measures": [
                    {"measure_id": f"meas{design.id}_{next(number)}", "measure_name": measure.name}
                    for measure in measures
                ],
            }
            for position, (name, measures) in enumerate(groups.items(), start=1)
        ],
        "dimensions": [
            {
                "dimension_id": axis.id,
                "dimension_name": axis.name,
                "hierarchies": [
                    {
                        "hierarchy_id": hierarchy.id,
                        "hierarchy_name": hierarchy.name,
                        "levels": _listed(hierarchy, levels),
                    }
                    for hierarchy in axis.hierarchies
                ],
            }
            for axis in design.axes
        ],
    }
