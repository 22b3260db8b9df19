"""What files for people tell of their numbers: where they come from, what they count, how many are hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from jobindsats_pandas.danish import KINDS, STATUSES, danish_number
from jobindsats_pandas.disclosure import CellStatus
from jobindsats_pandas.errors import ProvenanceError
from jobindsats_pandas.kinds import Kind
from jobindsats_pandas.provenance import provenances

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from jobindsats_pandas.disclosure import DiscretionisedArray
    from jobindsats_pandas.provenance import Provenance

    Facts = Sequence[tuple[str, str]]

__all__ = [
    "citation",
    "counts",
    "footer",
    "measure_facts",
    "source_facts",
    "sources_of",
    "stands_for_members",
]


def sources_of(df: pd.DataFrame) -> Sequence[Provenance]:
    """Where the cells come from, of each table that is known."""
    try:
        return provenances(df)
    except ProvenanceError:
        return []


def source_facts(known: Sequence[Provenance]) -> list[tuple[str, str]]:
    """What is known of where the numbers come from, of each table that the cells are of."""
    facts: list[tuple[str, str]] = []
    for one in known:
        origin = one.origin
        publisher = f"{origin.author} (STAR), {origin.danish}" if origin.official else origin.danish
        by = "; ".join(f"{hierarchy}: {_selection(chosen)}" for hierarchy, chosen in one.by.items())
        fetched = f"{one.fetched_at} fra {one.url}" if one.fetched_at else ""
        facts += [
            ("Kilde", publisher),
            ("Tabel", f"{one.table}: {one.table_name}"),
            ("Side", one.link if origin.official else ""),
            ("Opdateret", one.update_latest),
            ("Hentet", fetched),
            ("Forespørgsel", one.call),
            ("Perioder", _span(one)),
            ("Opdelt på", by or ("ikke opdelt" if one.periods else "")),
            ("Måltal", "alle" if one.measures == "*" else _selection(list(one.measures))),
            ("Henvisning", citation(one)),
        ]
    return [fact for fact in facts if fact[1]] or [("Kilde", "ukendt")]


def footer(known: Sequence[Provenance]) -> str:
    """What stands below each page in print."""
    of = "; ".join(dict.fromkeys(one.origin.danish for one in known)) or "ukendt"
    tables = ", ".join(dict.fromkeys(one.table for one in known))
    return f"Kilde: {of}{tables and f', tabel {tables}'}. <3, ≤3, skjult: diskretioneret."


def _span(known: Provenance) -> str:
    if not known.periods:
        return ""
    return f"type {known.period_type}: {' til '.join(known.ends)} ({known.count} i alt)"


def _selection(chosen: Any) -> str:
    return ", ".join(map(str, chosen)) if isinstance(chosen, list) else str(chosen or "")


def citation(one: Provenance) -> str:
    """Name the table as its source."""
    dates = f", opdateret {one.update_latest}" if one.update_latest else ""
    dates += f", hentet {one.fetched_at[:10]}" if one.fetched_at else ""
    return f"{one.origin.author}: {one.table_name}. {one.origin.danish}, tabel {one.table}{dates}."


def stands_for_members(df: pd.DataFrame) -> bool:
    """Whether the columns are members or periods, whose labels have a name, as `to_wide(columns=…)` and `pivot` make them."""
    return any(name is not None for name in df.columns.names)


def measure_facts(df: pd.DataFrame, columns: Sequence[tuple[str, DiscretionisedArray]]) -> Facts:
    """Say what the measures of the columns count; where columns are members, their measures are told once."""
    if not stands_for_members(df):
        return [(name, _measure_text([array])) for name, array in columns]
    told: dict[str, list[DiscretionisedArray]] = {}
    for name, array in columns:
        known = dict.fromkeys(measure.name for _, measure in array.registry.measures(array.addresses))
        told.setdefault("; ".join(known) or name, []).append(array)
    return [(name, _measure_text(arrays)) for name, arrays in told.items()]


def _measure_text(arrays: Sequence[DiscretionisedArray]) -> str:
    """Say what measures count, what may be added, and how much is hidden."""
    known = [measure for array in arrays for _, measure in array.registry.measures(array.addresses)]
    kinds = list(dict.fromkeys(KINDS[measure.kind] for measure in known)) or [KINDS[Kind.NONE]]
    hidden = counts(arrays) or "ingen skjulte"
    return f"{'; '.join(kinds)}. {danish_number(sum(map(len, arrays)))} celler, heraf {hidden}."


def counts(arrays: Sequence[DiscretionisedArray]) -> str:
    """Say how many cells are text, and why; the empty string if none."""
    words = {**STATUSES, CellStatus.NOT_AVAILABLE: "uden tal (foreligger ikke)"}
    counted = {
        status: sum(int(np.count_nonzero(array.status == status)) for array in arrays)
        for status in (CellStatus.DISCRETIONISED, CellStatus.NOT_AVAILABLE, CellStatus.ROUNDED)
    }
    return ", ".join(f"{danish_number(count)} {words[status]}" for status, count in counted.items() if count)
