"""The question that brings the published totals of a frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from jobindsats_pandas import arguments
from jobindsats_pandas.errors import ProvenanceError, QueryError
from jobindsats_pandas.kinds import measure_kind
from jobindsats_pandas.totals.cells import (
    axes_of,
    decode_columns,
    find_measure,
    guarded_columns,
    is_long,
    spaces_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from jobindsats_pandas.disclosure import AddressDimension, AddressMeasure, AddressSpace

__all__ = ["question_for_total"]


def question_for_total(
    frame: pd.DataFrame, measure: str | None = None, over: Sequence[str] | str | None = None
) -> dict[str, Any]:
    """Say what to ask `jobindsats_pandas.read_jobindsats` for the published totals that belong to a frame.

    Parameters
    ----------
    frame, measure, over
        As in `official_total`.

    Returns
    -------
    dict
        Keyword arguments: table, by, periods, period_type, measures, layout, additive. Dimensions that are summed
        over are left out of `by`, so the API answers with their totals.
    """
    spaces = spaces_of(frame)
    wanted = None if measure is None else find_measure(frame, measure)
    tables = {space.table for space in spaces} if wanted is None else {table for table, _ in wanted}
    if len(tables) > 1:
        raise QueryError(
            f"The frame holds cells of {len(tables)} tables ({', '.join(sorted(tables))}), and one call asks for one"
            " table. Name a measure, or keep the columns of one table."
        )
    seen = _Seen.of(frame, tables.pop(), wanted)
    if over is None:
        left_out = set(range(len(seen.space.dimensions)))
    else:
        left_out = {
            axes_of(frame, [seen.space], name)[seen.space.table].place
            for name in arguments.labels("over", over)
        }
    by = {}
    for place, dimension in enumerate(seen.space.dimensions):
        if place not in left_out and (members := seen.members[place]) != {0}:
            hierarchy, selection = _selection(dimension, members)
            by[hierarchy] = selection
    attrs = frame.attrs.get("jobindsats") or {}
    additive = attrs.get("additive") if attrs.get("table") == seen.space.table else None
    if additive is None:
        additive = {m.name: str(m.kind) for m in seen.measures if m.kind is not measure_kind(m.name)}
    published = [m for m in seen.space.measures if not m.derived]
    names = [m.name for m in published]
    return {
        "table": seen.space.table,
        "by": by or None,
        "periods": _period_text(seen),
        "period_type": seen.period_type,
        "measures": None
        if len(seen.measures) == len(published)
        else [m.name if names.count(m.name) == 1 else m.id for m in seen.measures],
        "layout": "long" if is_long(frame) else "wide",
        "additive": additive or None,
    }


@dataclass(frozen=True)
class _Seen:
    """What of one table a frame's cells are of."""

    space: AddressSpace
    measures: list[AddressMeasure]
    period_type: str
    periods: list[int]
    members: list[set[int]]

    @classmethod
    def of(cls, frame: pd.DataFrame, table: str, wanted: set[tuple[str, str]] | None) -> _Seen:
        space: AddressSpace | None = None
        measures: dict[str, AddressMeasure] = {}
        periods: set[tuple[str, str]] = set()
        members: list[set[int]] = []
        for cells in (one for found in decode_columns(a for _, a in guarded_columns(frame)) for one in found):
            if cells.space.table != table:
                continue
            space = cells.space
            members = members or [set() for _ in space.dimensions]
            here = {
                m.id: m for m in (space.measures[code] for code in np.unique(cells.measure)) if not m.derived
            }
            measures |= {key: m for key, m in here.items() if wanted is None or (table, key) in wanted}
            periods |= {space.periods[code] for code in np.unique(cells.period)}
            for found, codes in zip(members, cells.members, strict=True):
                found |= set(np.unique(codes).tolist())
        assert space is not None  # noqa: S101 - the caller names a table that is there
        types = {kind for kind, _ in periods}
        if len(types) > 1:
            raise QueryError(
                f"The frame holds periods of {len(types)} types ({', '.join(sorted(types))}), and one call asks for one"
                " type. Keep the rows of one type."
            )
        if not measures:
            raise ProvenanceError(
                "The frame's measures were all computed, so no published total belongs to them. Keep a column as it was"
                " read, or name the measure in ji.read_jobindsats."
            )
        order = {m.id: place for place, m in enumerate(space.measures)}
        places = sorted(space.period_code(*period) for period in periods)
        return cls(space, sorted(measures.values(), key=lambda m: order[m.id]), types.pop(), places, members)


def _period_text(seen: _Seen) -> str | list[str]:
    names = [seen.space.periods[code][1] for code in seen.periods]
    every = [name for kind, name in seen.space.periods if kind == seen.period_type]
    if len(names) == 1:
        return names[0]
    first = every.index(names[0])
    return f"{names[0]}:{names[-1]}" if every[first : first + len(names)] == names else names


def _selection(dimension: AddressDimension, members: set[int]) -> tuple[str, str | list[str]]:
    """Write members of a dimension as ``by`` takes them: whole levels by their id, others by name."""
    hierarchies = {dimension.levels[dimension.members[code].level].hierarchy for code in members if code}
    if len(hierarchies) > 1:
        raise QueryError(
            f"The frame holds several hierarchies of {dimension.name!r} ({', '.join(sorted(hierarchies))}), and one call"
            " asks for one. Keep the rows of one of them, with df.jobindsats.level(dimension, level)."
        )
    hierarchy = hierarchies.pop()
    levels = [n for n, known in enumerate(dimension.levels) if known.hierarchy == hierarchy]
    ids = [dimension.levels[number].id for number in levels]
    chosen: list[str] = ["total"] if 0 in members else []
    whole = 0
    for number in levels:
        here = set(np.flatnonzero(dimension.level_of == number).tolist())
        if here <= members and len(here) > 1 and ids.count(dimension.levels[number].id) == 1:
            chosen.append(f"level:{dimension.levels[number].id}")
        else:
            chosen += [_member_text(dimension, code) for code in sorted(here & members)]
        whole += here <= members
    if whole == len(levels) and 0 in members:
        return hierarchy, "*"
    return hierarchy, chosen[0] if len(chosen) == 1 else chosen


def _member_text(dimension: AddressDimension, code: int) -> str:
    member = dimension.members[code]
    # A name that `by` would read as something else is left for the path.
    odd = member.name in {"*", "total"} or member.name.startswith(("level:", "/"))
    return member.path if odd else member.name
