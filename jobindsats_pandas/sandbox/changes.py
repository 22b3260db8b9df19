"""What differs between two publications of a table, from the truth and the rule: what a log of revisions must say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import numpy as np

from jobindsats_pandas.sandbox.tables import ABSENT, REACH, SHOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jobindsats_pandas.sandbox.tables import SyntheticTable

__all__ = ["Change", "Changes", "changes"]

Shown: TypeAlias = "float | Literal['absent'] | None"
"""As :meth:`SyntheticTable.published` gives it."""


class Change(NamedTuple):
    """One cell that two publications show differently.

    Attributes
    ----------
    measure_id, period_id : str
        As in the metadata.
    members : dict
        A path for each hierarchy.
    before, after : int, float, None or "absent"
        What was shown: a number, None for null, or that the row was left out or the period or member not there.
    """

    measure_id: str
    period_id: str
    members: dict[str, str]
    before: Shown
    after: Shown


@dataclass(frozen=True)
class Changes:
    """What differs between two publications of a table.

    Attributes
    ----------
    cells : list of Change
        By measure, then period, then members.
    periods_new, periods_gone : tuple of str
        Ids that only the later or only the earlier metadata list.
    members_new, members_gone : tuple of tuple
        Hierarchy id, path and name of members that only one of them lists.
    members_renamed : tuple of tuple
        Hierarchy id, path, old name and new name.
    """

    cells: list[Change]
    periods_new: tuple[str, ...]
    periods_gone: tuple[str, ...]
    members_new: tuple[tuple[str, str, str], ...]
    members_gone: tuple[tuple[str, str, str], ...]
    members_renamed: tuple[tuple[str, str, str, str], ...]


def changes(
    before: SyntheticTable, after: SyntheticTable, period_type: str, hierarchies: Sequence[str]
) -> Changes:
    """Compare everything that two publications of a table show over some hierarchies.

    Parameters
    ----------
    before, after : SyntheticTable
        Two of ``api.releases[table_id]``, neighbours or not.
    period_type : str
        For instance ``"M"``.
    hierarchies : sequence of str
        One at most of each dimension: cells of every member are compared, totals too. Dimensions that are not
        named stand at their total.

    Returns
    -------
    Changes

    Examples
    --------
    >>> from jobindsats_pandas import sandbox
    >>> with sandbox.serve() as api:
    ...     new = api.publish("y25i01", sandbox.Release("2026-10-08", renamed={"_region": {"/1/": "Hovedstaden"}}))
    ...     found = sandbox.changes(api.releases["y25i01"][0], new, "M", ["_region"])
    >>> found.members_renamed
    (('_region', '/1/', 'Region Hovedstaden', 'Hovedstaden'),)
    >>> cell = found.cells[0]
    >>> cell.before == api.population["y25i01"].published(*cell[:3])
    True
    """
    names = [{name: _names(table, name) for name in hierarchies} for table in (before, after)]
    old_periods, new_periods = (list(table.spans[period_type]) for table in (before, after))
    periods = _touched(before, after, period_type)
    paths = {name: list({**names[1][name], **names[0][name]}) for name in hierarchies}
    old, old_state = before.shown(period_type, periods, paths)
    new, new_state = after.shown(period_type, periods, paths)
    kinds = [float if measure.kind == "rate" else int for measure in after.design.measures]

    def cell(number: float, state: int, measure: int) -> Shown:
        return kinds[measure](number) if state == SHOWN else "absent" if state == ABSENT else None

    differs = np.nonzero((old_state != new_state) | ((new_state == SHOWN) & (old != new)))
    found = zip(*differs, old[differs], old_state[differs], new[differs], new_state[differs], strict=True)
    cells = [
        Change(
            after.measure_ids[measure],
            periods[period],
            {name: paths[name][place] for name, place in zip(hierarchies, places, strict=True)},
            cell(number, state, measure),
            cell(new_number, new_state, measure),
        )
        for measure, period, *places, number, state, new_number, new_state in found
    ]
    return Changes(
        cells,
        tuple(period for period in new_periods if period not in old_periods),
        tuple(period for period in old_periods if period not in new_periods),
        _only(names[1], names[0]),
        _only(names[0], names[1]),
        tuple(
            (name, path, label, names[1][name][path])
            for name in hierarchies
            for path, label in names[0][name].items()
            if names[1][name].get(path, label) != label
        ),
    )


def _names(table: SyntheticTable, hierarchy: str) -> dict[str, str]:
    """Give a hierarchy's members, path to name."""
    known = table.index.hierarchies[hierarchy]
    return dict(zip(known.paths, known.names, strict=True))


def _only(
    one: dict[str, dict[str, str]], other: dict[str, dict[str, str]]
) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (hierarchy, path, name)
        for hierarchy, members in one.items()
        for path, name in members.items()
        if path not in other[hierarchy]
    )


def _touched(before: SyntheticTable, after: SyntheticTable, period_type: str) -> list[str]:
    """Give the periods of both, without those that no publication between them touches."""
    line = list(_line(after))
    common = next((table for table in _line(before) if table in line), None)
    spans = {**before.spans[period_type], **after.spans[period_type]}
    if common is None:
        return list(spans)
    start = common.design.count - REACH
    return [period for period, (_, stop) in spans.items() if stop > start]


def _line(table: SyntheticTable | None) -> Iterator[SyntheticTable]:
    """Give a publication and those before it."""
    while table is not None:
        yield table
        table = table.earlier
