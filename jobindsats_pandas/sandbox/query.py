"""The query language of ``/data``: parameters against a table's metadata.

Works on the metadata exactly as they are sent over the wire, so that the same code serves synthetic tables and
tables that a test wrote by hand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Members", "RefusedError", "Selection", "TableIndex", "parameters"]


class RefusedError(Exception):
    """A request that the API answers with an error.

    Attributes
    ----------
    status : int
        HTTP status.
    cause : str
        The API's words; where nobody has seen them, they are marked as invented.
    """

    def __init__(self, status: int, cause: str) -> None:
        super().__init__(cause)
        self.status = status
        self.cause = cause


def parameters(query: str) -> dict[str, str]:
    """Decode a query string, literal or percent-encoded.

    >>> parameters("mgroup.*=*&hierarchy%2E_nykom=%2F5%2F,/11/")
    {'mgroup.*': '*', 'hierarchy._nykom': '/5/,/11/'}
    """
    found: dict[str, str] = {}
    for part in filter(None, query.split("&")):
        key, _, value = part.partition("=")
        key = unquote_plus(key)
        if key in found:
            raise RefusedError(422, f"Repeated parameter: {key}")  # invented
        found[key] = unquote_plus(value)
    return found


@dataclass(frozen=True)
class Members:
    """The members one hierarchy was asked for, by their position in its metadata."""

    hierarchy: str
    positions: tuple[int, ...]


@dataclass(frozen=True)
class Selection:
    """What a request to ``/data`` asks for, in metadata order.

    Attributes
    ----------
    measures : tuple of int
        Positions in the table's measures.
    period_type : str
        For instance ``"M"``.
    periods : tuple of int
        Positions in the period type's ids, oldest first.
    members : dict
        By position of the dimension; a dimension that is not named is missing.
    """

    measures: tuple[int, ...]
    period_type: str
    periods: tuple[int, ...]
    members: dict[int, Members]

    @property
    def cells(self) -> int:
        """Number of cells asked for, whether they exist or not."""
        return (
            len(self.measures)
            * len(self.periods)
            * math.prod(len(m.positions) for m in self.members.values())
        )


@dataclass(frozen=True)
class _Hierarchy:
    """A hierarchy's members, and for each level the positions of those that ``level:`` brings."""

    dimension: int
    paths: tuple[str, ...]
    names: tuple[str, ...]
    levels: dict[str, tuple[int, ...]]

    @cached_property
    def places(self) -> dict[str, int]:
        """Each path's first position."""
        return {path: position for position, path in reversed(list(enumerate(self.paths)))}

    @cached_property
    def named(self) -> dict[str, list[int]]:
        """Each name's positions."""
        named: dict[str, list[int]] = {}
        for position, name in enumerate(self.names):
            named.setdefault(name, []).append(position)
        return named

    @property
    def total(self) -> str | None:
        """The name of the total, where there is one."""
        return self.names[self.places["/"]] if "/" in self.places else None


def _index(dimension: int, listed: list[dict[str, Any]], total: str | None) -> _Hierarchy:
    """Index a hierarchy, whose total has the name given where its levels do not list it."""
    values = [(value["value_id"], value["value_name"]) for level in listed for value in level["values"]]
    start = 0
    if total is not None and "/" not in dict(values):
        values.insert(0, ("/", total))
        start = 1
    apart = any([value["value_id"] for value in level["values"]] == ["/"] for level in listed)
    brought = {position for position, (path, _) in enumerate(values) if path == "/" and not apart}
    levels = {}
    for level in listed:
        stop = start + len(level["values"])
        levels[level["level_id"]] = tuple(sorted(brought.union(range(start, stop))))
        start = stop
    paths, names = zip(*values, strict=True) if values else ((), ())
    return _Hierarchy(dimension, paths, names, levels)


class TableIndex:
    """A table's metadata, indexed for questions.

    Parameters
    ----------
    metadata : dict
        As ``/table/{id}`` answers.
    totals : mapping of str to str, optional
        Names of totals by hierarchy id, for hierarchies whose metadata do not list ``/``.

    Notes
    -----
    ``level:`` brings the total's row too, unless the metadata list the total in a level of its own.
    """

    def __init__(self, metadata: dict[str, Any], totals: Mapping[str, str] | None = None) -> None:
        # Ids of one period type have one width, so that text order is time order whatever order the metadata have.
        self.periods = {
            kind["periodtype_id"]: tuple(sorted(value["period_id"] for value in kind["values"]))
            for kind in metadata["periods"]
        }
        self.columns: list[str] = []
        self.groups: dict[str, dict[str, int]] = {}
        for group in metadata["mgroups"]:
            ids: dict[str, int] = {}
            for measure in group["measures"]:
                ids[measure["measure_id"]] = len(self.columns)
                prefix = f"{group['mgroup_name']}: " if len(group["measures"]) > 1 else ""
                self.columns.append(prefix + measure["measure_name"])
            self.groups[group["mgroup_id"]] = ids
        self.dimensions = [dimension["dimension_name"] for dimension in metadata["dimensions"]]
        self.hierarchies: dict[str, _Hierarchy] = {}
        for position, dimension in enumerate(metadata["dimensions"]):
            for hierarchy in dimension["hierarchies"]:
                hierarchy_id = hierarchy["hierarchy_id"]
                self.hierarchies[hierarchy_id] = _index(
                    position, hierarchy["levels"], (totals or {}).get(hierarchy_id)
                )

    def select(self, asked: dict[str, str]) -> Selection:
        """Resolve the parameters of a request.

        Raises
        ------
        RefusedError
            With the API's own words where they are known, else with invented ones.
        """
        members = self._members({k[10:]: v for k, v in asked.items() if k.startswith("hierarchy.")})
        period_type, periods = self._periods({k[7:]: v for k, v in asked.items() if k.startswith("period.")})
        measures = self._measures({k[7:]: v for k, v in asked.items() if k.startswith("mgroup.")})
        return Selection(measures, period_type, periods, members)

    def _members(self, asked: dict[str, str]) -> dict[int, Members]:
        if unknown := [name for name in asked if name not in self.hierarchies]:
            raise RefusedError(422, f"Unknown hierarchies: {unknown}")
        members: dict[int, Members] = {}
        for name, value in asked.items():
            hierarchy = self.hierarchies[name]
            if hierarchy.dimension in members:
                raise RefusedError(422, f"Several hierarchies of one dimension: {list(asked)}")  # invented
            if value == "*":
                positions = tuple(range(len(hierarchy.paths)))
            elif value.startswith("level:"):
                if value[6:] not in hierarchy.levels:
                    raise RefusedError(422, f"Unknown levels: {[value[6:]]}")  # invented
                positions = hierarchy.levels[value[6:]]
            else:
                paths = value.split(",")
                if unknown := [path for path in paths if path not in hierarchy.places]:
                    raise RefusedError(422, f"Unknown values: {unknown}")  # invented
                positions = tuple(sorted({hierarchy.places[path] for path in paths}))
            members[hierarchy.dimension] = Members(name, positions)
        return members

    def _periods(self, asked: dict[str, str]) -> tuple[str, tuple[int, ...]]:
        if len(asked) != 1:
            raise RefusedError(422, f"Not exactly one period type: {list(asked)}")  # invented
        ((kind, value),) = asked.items()
        if kind not in self.periods:
            raise RefusedError(422, f"Unknown period type: {kind}")
        ids = self.periods[kind]
        if value == "*":
            return kind, tuple(range(len(ids)))
        if value.startswith("latest:"):
            if not value[7:].isdecimal() or int(value[7:]) < 1:
                raise RefusedError(422, f"Unknown periods: {[value]}")  # invented
            if (count := int(value[7:])) > len(ids):
                raise RefusedError(
                    422,
                    f"Requested latest:{count} for type {kind}, but only {len(ids)} periods are available.",
                )
            return kind, tuple(range(len(ids) - count, len(ids)))
        wanted = value.split(",")
        if unknown := [period for period in wanted if period not in ids]:
            raise RefusedError(422, f"Unknown periods: {unknown}")  # invented
        return kind, tuple(sorted({ids.index(period) for period in wanted}))

    def _measures(self, asked: dict[str, str]) -> tuple[int, ...]:
        if not asked:
            raise RefusedError(422, "Missing parameter: mgroup")  # invented
        positions: set[int] = set()
        for group, value in asked.items():
            if group == "*" and value == "*":
                positions.update(range(len(self.columns)))
                continue
            if group not in self.groups:
                raise RefusedError(422, f"Unknown measure groups: {[group]}")  # invented
            ids = self.groups[group]
            wanted = list(ids) if value == "*" else value.split(",")
            if unknown := [measure for measure in wanted if measure not in ids]:
                raise RefusedError(422, f"Unknown measures: {unknown}")  # invented
            positions.update(ids[measure] for measure in wanted)
        return tuple(sorted(positions))
