"""The exact numbering of cells: which table, measure, period and members a number belongs to.

A `AddressSpace` numbers every cell that a measurement table can have, in mixed radix: the measure is the most
significant digit (so that measures derived from others can be appended without touching a number), then the
dimensions in order, and the period last (so that a frame sorted as the reader sorts it has rising numbers).
A `Registry` holds the spaces of one array. Both are immutable and shared; arrays carry a reference.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Any, Final, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from jobindsats_pandas.kinds import Kind
from jobindsats_pandas.periods import frequency, period_values

__all__ = [
    "APART",
    "EMPTY",
    "NOTHING",
    "STATISTIC",
    "UNKNOWN",
    "AddressDimension",
    "AddressLevel",
    "AddressMeasure",
    "AddressMember",
    "AddressSpace",
    "Decoded",
    "Registry",
    "merge_registries",
]

Codes = NDArray[np.int64]
Recoder = Callable[[Codes], Codes]

APART: Final = ("M", "Q", "Y", "W")
"""The period types whose periods do not overlap: months, quarters, years, weeks."""
UNKNOWN: Final = -1
"""The address of a number whose cell is not known: built by hand, shifted by a scalar, summed over periods."""
NOTHING: Final = -2
"""The address of a zero that stands for no cell: an empty sum, a combination left out and filled with 0."""
ESTIMATE: Final = "estimate"
"""The operation of a published average times what it is an average of: right to within the average's rounding."""
STATISTIC: Final = -3
"""The address of a mean, a median and their like: of kind none, and of no cell."""

_LARGEST: Final = 1 << 62


@dataclass(frozen=True)
class AddressMeasure:
    """A measure of a table, or one derived from others by arithmetic.

    Attributes
    ----------
    id, name : str
        As the API gives them; made up for a derived measure.
    kind : Kind
        What may be added. Overrides (``additive=``) are set here by the reader.
    operation : tuple of str
        How it was derived, such as ``("ratio", "a", "b")``; empty as published.
    """

    id: str
    name: str
    kind: Kind
    operation: tuple[str, ...] = ()

    @property
    def derived(self) -> bool:
        """Whether arithmetic made this measure; no rule bounds its hidden cells."""
        return bool(self.operation)

    @property
    def approximate(self) -> bool:
        """Whether it is a published, rounded average times what it is an average of."""
        return self.operation[:1] == (ESTIMATE,)


@dataclass(frozen=True)
class AddressLevel:
    """A level of a hierarchy. Level 0 of every dimension is that of the total alone."""

    hierarchy: str
    id: str
    name: str
    depth: int = 0


class AddressMember(NamedTuple):
    """A member of a dimension.

    Attributes
    ----------
    path, name : str
        As the API gives them.
    level : int
        Index into the dimension's levels; 0 for the total.
    parent : int
        Index of the nearest ancestor that exists; 0, the total, for want of another.
    published : bool
        False for the total of a dimension whose hierarchies have none.
    """

    path: str
    name: str
    level: int
    parent: int = 0
    published: bool = True


@dataclass(frozen=True)
class AddressDimension:
    """A dimension with the members of all its hierarchies. Member 0 is the total, path ``/``."""

    id: str
    name: str
    levels: tuple[AddressLevel, ...]
    members: tuple[AddressMember, ...]

    @classmethod
    def build(
        cls,
        id: str,  # noqa: A002 - as the attribute is called
        name: str,
        levels: Iterable[tuple[str, str, str, Iterable[tuple[str, str]]]] = (),
    ) -> AddressDimension:
        """Build a dimension from levels as the metadata gives them.

        Parameters
        ----------
        id, name : str
            Of the dimension.
        levels : iterable of (hierarchy id, level id, level name, iterable of (path, member name))
            Of all hierarchies. The total may stand in any of them; levels that hold a member and its ancestor
            are split by depth.

        Examples
        --------
        >>> fund = AddressDimension.build("_a_kasse", "A-kasse", [
        ...     ("_akassedp", "1", "I alt", [("/", "A-kasse i alt")]),
        ...     ("_akassedp", "2", "A-kasse", [("/1/", "FOAs A-kasse"), ("/2/", "Min A-kasse")]),
        ... ])
        >>> [member.name for member in fund.members]
        ['A-kasse i alt', 'FOAs A-kasse', 'Min A-kasse']
        >>> fund.code("/2/", "_akassedp")
        2
        """
        total_name = ""
        total_found = False
        numbers: dict[tuple[str, str, str, int], int] = {("", "", "", 0): 0}
        rows: dict[tuple[str, str], tuple[str, int, int]] = {}
        for hierarchy, level_id, level_name, members in levels:
            for path, member_name in members:
                if path == "/":
                    total_name, total_found = total_name or member_name, True
                elif (hierarchy, path) not in rows:
                    depth = _depth(path)
                    level = (hierarchy, level_id, level_name, depth)
                    rows[hierarchy, path] = (member_name, numbers.setdefault(level, len(numbers)), depth)
        codes = {key: code for code, key in enumerate(rows, start=1)}
        built = [AddressMember("/", total_name or f"{name} i alt", 0, 0, total_found)]
        for (hierarchy, path), (member_name, number, depth) in rows.items():
            above = _ancestors(path) if depth > 1 else []
            parent = next((codes[hierarchy, a] for a in above if (hierarchy, a) in codes), 0)
            built.append(AddressMember(path, member_name, number, parent))
        return cls(id, name, tuple(AddressLevel(*level) for level in numbers), tuple(built))

    def code(self, path: str, hierarchy: str) -> int:
        """The number of a member; `KeyError` if there is none."""
        return self.codes[hierarchy if path != "/" else "", path]

    @cached_property
    def codes(self) -> dict[tuple[str, str], int]:
        """(hierarchy id, path) to member number; the total under ``("", "/")``."""
        return {(self.levels[m.level].hierarchy, m.path): code for code, m in enumerate(self.members)}

    @cached_property
    def level_of(self) -> NDArray[np.int32]:
        """Level number of each member."""
        return np.array([member.level for member in self.members], dtype=np.int32)

    @cached_property
    def ancestors(self) -> NDArray[np.int32]:
        """Row d: each member's nearest existing ancestor, or itself, of depth d or less; row 0 is the total."""
        parent = np.array([member.parent for member in self.members], dtype=np.int32)
        depth = np.array([_depth(member.path) for member in self.members])
        rows = [np.arange(len(self.members), dtype=np.int32)]
        for limit in range(int(depth.max()) - 1, -1, -1):
            row = rows[0].copy()
            while (deep := depth[row] > limit).any():
                row[deep] = parent[row[deep]]
            rows.insert(0, row)
        return np.array(rows)

    def below(self, ancestor: int, level: int) -> NDArray[np.intp]:
        """The numbers of all members of a level that stand below a member."""
        column = self.ancestors[_depth(self.members[ancestor].path)]
        return np.flatnonzero((self.level_of == level) & (column == ancestor))


@dataclass(frozen=True)
class AddressSpace:
    """Every cell a measurement table can have, numbered. Built from all of its metadata, not from a question.

    Attributes
    ----------
    table, table_name : str
        Id and name of the table.
    measures : tuple of AddressMeasure
    periods : tuple of (period type, period id)
        Such as ``("M", "2026M05")``, of all period types, oldest first within each.
    dimensions : tuple of AddressDimension

    Raises
    ------
    ValueError
        If the table has no cells, or more than can be numbered; see `fitting`.
    """

    table: str
    table_name: str
    measures: tuple[AddressMeasure, ...]
    periods: tuple[tuple[str, str], ...]
    dimensions: tuple[AddressDimension, ...]

    def __post_init__(self) -> None:
        if not (self.measures and self.periods):
            raise ValueError(f"table {self.table!r} has no cells: it needs a measure and a period at least")
        if self.size >= _LARGEST:
            raise ValueError(
                f"table {self.table!r} has {self.size:.1e} possible cells, more than can be numbered;"
                " keep only the dimensions that are asked for, with AddressSpace.fitting(...)"
            )

    @classmethod
    def fitting(
        cls,
        table: str,
        table_name: str,
        measures: Sequence[AddressMeasure],
        periods: Sequence[tuple[str, str]],
        dimensions: Sequence[AddressDimension],
        *,
        needed: Iterable[str] = (),
    ) -> AddressSpace:
        """A space of all dimensions, or where those are too many, of the needed ones; others stand at their total."""
        measures, periods, dimensions = tuple(measures), tuple(periods), tuple(dimensions)
        size = len(measures) * len(periods) * math.prod(len(d.members) for d in dimensions)
        if size >= _LARGEST >> 8:
            keep = set(needed)
            dimensions = tuple(
                d if d.id in keep else AddressDimension(d.id, d.name, d.levels[:1], d.members[:1])
                for d in dimensions
            )
        return cls(table, table_name, measures, periods, dimensions)

    def encode(
        self, measure: int | Codes, periods: int | Codes, members: Sequence[int | NDArray[np.integer]] = ()
    ) -> Codes:
        """Number cells.

        Parameters
        ----------
        measure, periods : int or int64 array
            Index of the measure and of the period (`period_code`).
        members : sequence of int or int64 array
            One per dimension; 0 is the total. Missing ones at the end are totals.

        Returns
        -------
        int64 array
            Parts, to be given to an array with `Registry.of(space)`.
        """
        codes: Any = np.asarray(measure, dtype=np.int64)
        for index, dimension in enumerate(self.dimensions):
            codes = codes * len(dimension.members) + np.asarray(
                members[index] if index < len(members) else 0, dtype=np.int64
            )
        codes = codes * len(self.periods) + np.asarray(periods, dtype=np.int64)
        return np.atleast_1d(codes)

    def measure_code(self, id: str) -> int:  # noqa: A002 - as the attribute is called
        """The index of a measure by its id; `KeyError` if there is none."""
        return self._measure_codes[id]

    def period_code(self, period_type: str, period_id: str) -> int:
        """The index of a period; `KeyError` if there is none."""
        return self._period_codes[period_type, period_id]

    def with_measure(self, measure: AddressMeasure) -> tuple[AddressSpace, int]:
        """The space with one more measure, and that measure's index; the same space if it is there already."""
        index = self._measure_codes.get(measure.id)
        if index is not None:
            return self, index
        grown = AddressSpace(
            self.table, self.table_name, (*self.measures, measure), self.periods, self.dimensions
        )
        return grown, len(self.measures)

    @cached_property
    def per_measure(self) -> int:
        """How many cells each measure has."""
        return len(self.periods) * math.prod(len(d.members) for d in self.dimensions)

    @cached_property
    def size(self) -> int:
        """How many cells there are."""
        return self.per_measure * len(self.measures)

    @cached_property
    def period_types(self) -> NDArray[np.int32]:
        """A number for the type of each period: its place in `APART`, and from ``len(APART)`` on the others."""
        numbers = {kind: place for place, kind in enumerate(APART)}
        return np.array(
            [numbers.setdefault(kind, len(numbers)) for kind, _ in self.periods] or [len(APART)],
            dtype=np.int32,
        )

    @cached_property
    def types_of_periods(self) -> list[int]:
        """`period_types` as a list, which is faster to look one up in."""
        return self.period_types.tolist()  # type: ignore[no-any-return]

    @cached_property
    def levels_of_members(self) -> list[list[int]]:
        """The level of each member of each dimension, the last dimension first, as addresses are taken apart."""
        return [dimension.level_of.tolist() for dimension in reversed(self.dimensions)]

    @cached_property
    def ordinals(self) -> Codes:
        """Each period as the calendar counts periods of its type; where it does not, its place among them."""
        result = np.arange(len(self.periods))
        for number in np.unique(self.period_types):
            where = np.flatnonzero(self.period_types == number)
            ids = [self.periods[place][1] for place in where]
            if frequency(ids) is not None:
                result[where] = cast("Any", period_values(ids)).asi8
        return result

    @cached_property
    def has_gaps(self) -> bool:
        """Whether the calendar has periods between those of a type that the table does not have."""
        return any(
            int(np.ptp(self.ordinals[where])) + 1 > len(where)
            for number in np.unique(self.period_types)
            if len(where := np.flatnonzero(self.period_types == number))
        )

    @cached_property
    def _measure_codes(self) -> dict[str, int]:
        return {measure.id: index for index, measure in enumerate(self.measures)}

    @cached_property
    def _period_codes(self) -> dict[tuple[str, str], int]:
        return {period: index for index, period in enumerate(self.periods)}

    def __deepcopy__(self, memo: dict[int, Any]) -> AddressSpace:
        return self


@dataclass(frozen=True)
class Decoded:
    """The cells of one space within an array of addresses.

    Attributes
    ----------
    space : AddressSpace
    where : intp array
        The positions of these cells in the array.
    measure, period : int64 array
        Indices into the space's measures and periods.
    members : tuple of int64 array
        One per dimension.
    """

    space: AddressSpace
    where: NDArray[np.intp]
    measure: Codes
    period: Codes
    members: tuple[Codes, ...]


class Registry:
    """The spaces that the addresses of an array are numbered in. Immutable, and shared between arrays.

    Examples
    --------
    >>> space = AddressSpace("y01h01", "Sanktioner", (AddressMeasure("m", "Antal sanktioner", Kind.FLOW),),
    ...                   (("Q", "2025Q03"), ("Q", "2025Q04")), ())
    >>> registry = Registry.of(space)
    >>> registry.decode(space.encode(0, [0, 1]))[0].period
    array([0, 1])
    """

    __slots__ = ("__weakref__", "_grown", "offsets", "spaces", "steps")

    def __init__(self, spaces: Iterable[AddressSpace] = ()) -> None:
        self.spaces = tuple(spaces)
        self.offsets: tuple[int, ...] = tuple(accumulate((s.size for s in self.spaces), initial=0))[:-1]
        if (
            sum(space.size for space in self.spaces) >= 2 * _LARGEST
        ):  # pragma: no cover - needs astronomically many
            raise ValueError(
                "these tables together have more cells than can be numbered; combine fewer of them"
            )
        # Arithmetic derives the same few measures again and again; the identical registry makes merging free.
        # By how much the address of a cell moves when the cell is computed with a number; single cells keep it here.
        self.steps: dict[tuple[Any, ...], Any] = {}
        self._grown: dict[tuple[int, AddressMeasure], tuple[Registry, int]] = {}

    @classmethod
    def of(cls, space: AddressSpace) -> Registry:
        """The registry of one space: the same object for the same space."""
        return _registry_of(_Same(space))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Registry) and (self is other or self.spaces == other.spaces)

    def __hash__(self) -> int:
        return hash(tuple((space.table, space.size) for space in self.spaces))

    def __repr__(self) -> str:
        return f"<Registry of {', '.join(space.table for space in self.spaces) or 'nothing'}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_registry, self.spaces)

    def __copy__(self) -> Registry:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Registry:
        return self

    def decode(self, addresses: Codes) -> list[Decoded]:
        """Take addresses apart: one `Decoded` for each space that has any; special addresses (below 0) are in none."""
        addresses = np.asarray(addresses, dtype=np.int64)
        decoded = []
        for space, offset in zip(self.spaces, self.offsets, strict=True):
            where = np.flatnonzero((addresses >= offset) & (addresses < offset + space.size))
            if not len(where):
                continue
            rest = addresses[where] - offset
            digits = []
            for radix in (len(space.periods), *(len(d.members) for d in reversed(space.dimensions))):
                quotient = rest // radix
                digits.append(rest - quotient * radix)
                rest = quotient
            decoded.append(Decoded(space, where, rest, digits[0], tuple(reversed(digits[1:]))))
        return decoded

    def measures(self, addresses: Codes) -> list[tuple[AddressSpace, AddressMeasure]]:
        """The measures that addresses belong to, in the order of the registry; special addresses belong to none."""
        found = []
        for space, offset in zip(self.spaces, self.offsets, strict=True):
            inside = addresses[(addresses >= offset) & (addresses < offset + space.size)]
            if len(inside):
                codes = np.unique((inside - offset) // space.per_measure)
                found += [(space, space.measures[code]) for code in codes]
        return found

    def locate(self, address: int) -> tuple[AddressSpace, int] | None:
        """The space of one address and its number there; None for a special address."""
        for space, offset in zip(self.spaces, self.offsets, strict=True):
            if offset <= address < offset + space.size:
                return space, address - offset
        return None

    def with_measure(self, place: int, measure: AddressMeasure) -> tuple[Registry, int, Recoder | None]:
        """The registry whose space number `place` has one more measure, its index, and how to recode old addresses."""
        key = (place, measure)
        if key not in self._grown:
            # Scaling by ever new numbers would make this grow without end.
            if len(self._grown) >= 256:
                self._grown.clear()
            space, index = self.spaces[place].with_measure(measure)
            spaces = list(self.spaces)
            spaces[place] = space
            self._grown[key] = (self if space is self.spaces[place] else Registry(spaces), index)
        grown, index = self._grown[key]
        return grown, index, None if grown.offsets == self.offsets else _recoder(self, grown)

    def to_json(self) -> str:
        """Everything, as plain JSON."""
        return json.dumps(
            [_space_to_plain(space) for space in self.spaces], ensure_ascii=False, separators=(",", ":")
        )

    @classmethod
    def from_json(cls, text: str) -> Registry:
        """What `to_json` wrote; the same object for the same text."""
        return _registry_from_json(text)


EMPTY: Final = Registry()
"""The registry of arrays that know nothing of their cells."""


def merge_registries(registries: Sequence[Registry]) -> tuple[Registry, list[Recoder | None]]:
    """One registry for several, and how to recode the addresses of each; None where they stay as they are.

    Identical registries cost nothing. Tables that stand in several with different metadata get the union of their
    measures, periods and members.
    """
    distinct = list({id(r): r for r in registries if r.spaces}.values())
    if not distinct:
        return (registries[0] if registries else Registry()), [None] * len(registries)
    if len(distinct) == 1:
        return distinct[0], [None] * len(registries)
    merged, maps = _merge(tuple(distinct))
    by_id = dict(zip((id(r) for r in distinct), maps, strict=True))
    return merged, [by_id.get(id(registry)) for registry in registries]


@lru_cache(maxsize=64)
def _merge_identical(registries: tuple[_Same, ...]) -> tuple[Registry, list[Recoder | None]]:
    spaces: dict[str, AddressSpace] = {}
    for registry in registries:
        for space in registry.value.spaces:
            known = spaces.get(space.table)
            spaces[space.table] = space if known is None else _union(known, space)
    merged = next((r.value for r in registries if r.value.spaces == tuple(spaces.values())), None)
    merged = merged or Registry(spaces.values())
    return merged, [_recoder(registry.value, merged) for registry in registries]


def _merge(registries: tuple[Registry, ...]) -> tuple[Registry, list[Recoder | None]]:
    return _merge_identical(tuple(_Same(registry) for registry in registries))


class _Same:
    """Holds an object as a key by identity: hashing thousands of members would cost more than it saves."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.value is other.value


@lru_cache(maxsize=64)
def _registry_of(space: _Same) -> Registry:
    return Registry((space.value,))


@lru_cache(maxsize=64)
def _registry_from_json(text: str) -> Registry:
    return Registry(_space_from_plain(plain) for plain in json.loads(text))


def _registry(*spaces: AddressSpace) -> Registry:
    return Registry.of(spaces[0]) if len(spaces) == 1 else Registry(spaces)


def _depth(path: str) -> int:
    return len([step for step in path.split("/") if step])


def _ancestors(path: str) -> list[str]:
    """Proper ancestors but the total, nearest first: ``/2/3/4/`` gives ``/2/3/`` and ``/2/``."""
    steps = [step for step in path.split("/") if step]
    return [f"/{'/'.join(steps[:end])}/" for end in range(len(steps) - 1, 0, -1)]


def _union(first: AddressSpace, second: AddressSpace) -> AddressSpace:
    if first is second or first == second:
        return first
    shorter, longer = sorted((first, second), key=lambda space: len(space.measures))
    if (
        shorter.dimensions == longer.dimensions
        and shorter.periods == longer.periods
        and longer.measures[: len(shorter.measures)] == shorter.measures
    ):
        return longer
    # Of a measure that both have, the stricter kind stands: overrides of one read must not loosen another.
    measures = {measure.id: measure for measure in first.measures}
    for measure in second.measures:
        known = measures.setdefault(measure.id, measure)
        if known.kind is not measure.kind:
            measures[measure.id] = AddressMeasure(known.id, known.name, Kind.NONE, known.operation)
    dimensions = {dimension.id: dimension for dimension in first.dimensions}
    for dimension in second.dimensions:
        known_dimension = dimensions.setdefault(dimension.id, dimension)
        dimensions[dimension.id] = _union_of_dimensions(known_dimension, dimension)
    return AddressSpace(
        first.table,
        first.table_name,
        tuple(measures.values()),
        tuple(dict.fromkeys((*first.periods, *second.periods))),
        tuple(dimensions.values()),
    )


def _union_of_dimensions(first: AddressDimension, second: AddressDimension) -> AddressDimension:
    if first is second or first == second:
        return first
    levels: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for dimension in (first, second):
        for member in dimension.members:
            level = dimension.levels[member.level]
            if member.published or member.path != "/":
                levels.setdefault((level.hierarchy, level.id, level.name), []).append(
                    (member.path, member.name)
                )
    return AddressDimension.build(first.id, first.name, [(*key, members) for key, members in levels.items()])


def _recoder(old: Registry, new: Registry) -> Recoder | None:
    """How addresses numbered in one registry are numbered in another, which knows all their cells."""
    targets = {space.table: (space, offset) for space, offset in zip(new.spaces, new.offsets, strict=True)}
    steps: list[tuple[AddressSpace, int, AddressSpace, int]] = []
    unchanged = True
    for space, offset in zip(old.spaces, old.offsets, strict=True):
        target, target_offset = targets[space.table]
        steps.append((space, offset, target, target_offset))
        unchanged &= offset == target_offset and _keeps_numbers(space, target)
    if unchanged:
        return None

    def recode(addresses: Codes) -> Codes:
        result = addresses.copy()
        for (_, _, target, target_offset), decoded in _pair(steps, old.decode(addresses)):
            space = decoded.space
            measures = np.array([target.measure_code(m.id) for m in space.measures])
            periods = np.array([target.period_code(*p) for p in space.periods])
            places = {dimension.id: place for place, dimension in enumerate(space.dimensions)}
            members: list[Any] = []
            for dimension in target.dimensions:
                if dimension.id not in places:
                    members.append(0)
                    continue
                source = space.dimensions[places[dimension.id]]
                table = np.array([dimension.codes[key] for key in source.codes])
                members.append(table[decoded.members[places[dimension.id]]])
            result[decoded.where] = target_offset + target.encode(
                measures[decoded.measure], periods[decoded.period], members
            )
        return result

    return recode


def _pair(
    steps: list[tuple[AddressSpace, int, AddressSpace, int]], decoded: list[Decoded]
) -> list[tuple[tuple[AddressSpace, int, AddressSpace, int], Decoded]]:
    by_table = {step[0].table: step for step in steps}
    return [(by_table[cells.space.table], cells) for cells in decoded]


def _keeps_numbers(space: AddressSpace, target: AddressSpace) -> bool:
    return space is target or (
        space.dimensions == target.dimensions
        and space.periods == target.periods
        and [m.id for m in target.measures[: len(space.measures)]] == [m.id for m in space.measures]
    )


def _space_to_plain(space: AddressSpace) -> dict[str, Any]:
    return {
        "table": space.table,
        "table_name": space.table_name,
        "measures": [[m.id, m.name, m.kind.value, list(m.operation)] for m in space.measures],
        "periods": space.periods,
        "dimensions": [
            {
                "id": dimension.id,
                "name": dimension.name,
                "levels": [
                    [level.hierarchy, level.id, level.name, level.depth] for level in dimension.levels
                ],
                "members": [[m.path, m.name, m.level, m.parent, m.published] for m in dimension.members],
            }
            for dimension in space.dimensions
        ],
    }


def _space_from_plain(plain: dict[str, Any]) -> AddressSpace:
    return AddressSpace(
        plain["table"],
        plain["table_name"],
        tuple(
            AddressMeasure(measure_id, name, Kind(kind), tuple(operation))
            for measure_id, name, kind, operation in plain["measures"]
        ),
        tuple((period_type, period) for period_type, period in plain["periods"]),
        tuple(
            AddressDimension(
                dimension["id"],
                dimension["name"],
                tuple(AddressLevel(*level) for level in dimension["levels"]),
                tuple(AddressMember(*member) for member in dimension["members"]),
            )
            for dimension in plain["dimensions"]
        ),
    )
