"""What a publication of a table brings that the one before it did not have."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from jobindsats_pandas.sandbox.description import Base, TableDesign, spans

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jobindsats_pandas.sandbox.population import Axis, Hierarchy, Level

__all__ = ["Release", "Split", "released"]

Split: TypeAlias = tuple[int, int]
"""An axis, and the leaf of it that half of the persons leave for a new one, the axis's last."""


@dataclass(frozen=True)
class Release:
    """What a publication brings that the one before it did not have.

    Which cells become hidden, shown, left out or new is not chosen: it follows from the new truth by the rule of
    disclosure. Everything follows from the population's seed and from how many publications there were before.

    Attributes
    ----------
    update_latest : str
        Its day, for instance ``"2026-10-08"``; the day of the publication before it, for a second one on one day.
    update_next : str, optional
        The day that the next one is announced for.
    revised : bool, default True
        Whether figures of the newest three base periods change a little.
    new_period : bool, default False
        Whether there is one period more of the table's first period type, and what that completes of the others.
    joined : mapping, default empty
        By hierarchy id and path of a member of the deepest level, the name of a new member beside it, to which
        half of its persons move in the newest three base periods and the new ones. Nobody has counted what its
        rates are relative to: they are hidden.
    renamed : mapping, default empty
        By hierarchy id and path, a member's new name; it changes in every hierarchy of the dimension.
    late : bool, default False
        Whether the metadata alone are published: the data stay those of the publication before, older names among
        them, and lack the periods and members that are new, until they arrive. (Where a period alone is to be
        late, and not what is revised: :meth:`Faults.withhold`.)

    Examples
    --------
    >>> from jobindsats_pandas import sandbox
    >>> october = sandbox.Release("2026-10-08", "2026-11-05", new_period=True, late=True)
    >>> with sandbox.serve() as api:
    ...     announced = api.publish("y25i01", october)
    ...     announced.published("measy25i01_1", "2026M09")
    ...     arrived = api.arrive("y25i01")
    ...     arrived.published("measy25i01_1", "2026M09") == arrived.truth("measy25i01_1", "2026M09")
    'absent'
    True
    """

    update_latest: str
    update_next: str | None = None
    revised: bool = True
    new_period: bool = False
    joined: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    renamed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    late: bool = False


def released(design: TableDesign, release: Release) -> tuple[TableDesign, tuple[Split, ...]]:
    """Give a table's design after a release, and which members it split.

    Raises
    ------
    ValueError
        Where the table has no such member, or one that is not of the deepest level is to be split.
    """
    splits = []
    for hierarchy, members in release.joined.items():
        for path, name in members.items():
            axis, node = _place(design, hierarchy, path)
            design, leaf = _split(design, axis, node, name)
            splits.append((axis, leaf))
    for hierarchy, members in release.renamed.items():
        for path, name in members.items():
            design = _renamed(design, *_place(design, hierarchy, path), name)
    if release.new_period:
        kind = (*design.period_types, design.frequency)[0]
        known = len(spans(design, kind))
        while len(spans(design, kind)) == known:
            design = replace(design, count=design.count + 1)
    return replace(design, update=(release.update_latest, release.update_next)), tuple(splits)


def _place(design: TableDesign, hierarchy_id: str, path: str) -> tuple[int, int]:
    """Give a member's axis and node."""
    for place, axis in enumerate(design.axes):
        for hierarchy in axis.hierarchies:
            for known, _, node in hierarchy.members:
                if (hierarchy.id, known) == (hierarchy_id, path):
                    return place, node
    raise ValueError(f"{design.id} has no member {path!r} in a hierarchy {hierarchy_id!r}.")


def _split(design: TableDesign, place: int, node: int, name: str) -> tuple[TableDesign, int]:
    """Give the design with a new leaf beside a member, and that member's leaf."""
    axis = design.axes[place]
    single = np.flatnonzero(axis.nodes.sum(axis=1) == 1)
    lowest = {int(np.flatnonzero(axis.nodes[row])[0]): int(row) for row in single}
    leaf = next((leaf for leaf, row in lowest.items() if row == node), None)
    if leaf is None:
        raise ValueError(
            f"Only members of the deepest level can be split; {name!r} is to stand beside others."
        )
    column = axis.nodes[:, leaf].copy()
    column[node] = False
    nodes = np.zeros((len(axis.nodes) + 1, len(axis.weights) + 1), dtype=bool)
    nodes[:-1, :-1], nodes[:-1, -1], nodes[-1, -1] = axis.nodes, column, True

    def beside(level: Level) -> Level:
        own = next((path for path, _, known in level.members if known == node), None)
        if own is None:
            return level
        siblings = [i for i, (path, _, _) in enumerate(level.members) if _parent(path) == _parent(own)]
        number = 1 + max(int(level.members[i][0].split("/")[-2]) for i in siblings)
        after = siblings[-1] + 1
        new = (f"{_parent(own)}{number}/", name, len(nodes) - 1)
        return replace(level, members=(*level.members[:after], new, *level.members[after:]))

    axis = _each_level(replace(axis, nodes=nodes, weights=np.append(axis.weights, 0)), beside)
    bases = {key: _widened(base, place) for key, base in design.bases.items()}
    return replace(design, axes=_put(design.axes, place, axis), bases=bases), leaf


def _renamed(design: TableDesign, place: int, node: int, name: str) -> TableDesign:
    def level(level: Level) -> Level:
        members = ((path, name if known == node else old, known) for path, old, known in level.members)
        return replace(level, members=tuple(members))

    def total(hierarchy: Hierarchy) -> Hierarchy:
        return replace(hierarchy, total=name) if hierarchy.total and node == 0 else hierarchy

    axis = _each_level(design.axes[place], level)
    axis = replace(axis, hierarchies=tuple(map(total, axis.hierarchies)))
    return replace(design, axes=_put(design.axes, place, axis))


def _parent(path: str) -> str:
    """``/`` of ``/5/``, ``/5/`` of ``/5/1/``."""
    return path[: path.rindex("/", 0, -1) + 1]


def _each_level(axis: Axis, change: Callable[[Level], Level]) -> Axis:
    hierarchies = (
        replace(hierarchy, levels=tuple(map(change, hierarchy.levels))) for hierarchy in axis.hierarchies
    )
    return replace(axis, hierarchies=tuple(hierarchies))


def _widened(base: Base, place: int) -> Base:
    if place not in base.axes:
        return base
    at = base.axes.index(place)
    return replace(base, values=np.concatenate([base.values, 0 * base.values.take([0], at)], at))


def _put(axes: tuple[Axis, ...], place: int, axis: Axis) -> tuple[Axis, ...]:
    return (*axes[:place], axis, *axes[place + 1 :])
