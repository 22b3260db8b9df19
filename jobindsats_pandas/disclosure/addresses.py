"""The exact numbering of cells: which table, measure, period and members a number belongs to.

A `AddressSpace` numbers every cell that a measurement table can have, in mixed radix: the measure is the most
significant digit (so that measures derived from others can be appended without touching a number), then the
dimensions in order, and the period last (so that a frame sorted as the reader sorts it has rising numbers).
A `Registry` holds the spaces of one array. Both are immutable and shared; arrays carry a reference.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Any, ClassVar, Final, NamedTuple
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from jobindsats_pandas.kinds import Kind

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
"""The address of a number whose cell is not known: built by hand, shifted by a scalar."""
NOTHING: Final = -2
"""The address of a zero that stands for no cell: an empty sum, a combination left out and filled with 0."""
ESTIMATE: Final = "estimate"
"""The operation of a published average times what it is an average of: right to within the average's rounding."""
SUMMED: Final = "summed"
"""The operation of a measure that was added up over periods or members; what follows are the measure, the periods, and
as JSON the members of each dimension that stand together."""
STATISTIC: Final = -3
"""The address of a mean, a median and their like: of kind none, and of no cell."""

_LARGEST: Final = 1 << 62
_MONTHS: Final = {"M": 1, "Q": 3, "Y": 12}
_PERIOD: Final = re.compile(r"(\d{4})([MQY])(\d{1,2})", re.ASCII)


def months_of(period: str) -> range:
    """The months of a month, a quarter or a year, counted from year 0; none of a period of another type.

    Examples
    --------
    >>> months_of("0002Q03"), len(months_of("2026Y01")), len(months_of("2026W07"))
    (range(30, 33), 12, 0)
    """
    found = _PERIOD.fullmatch(period)
    if not found:
        return range(0)
    length = _MONTHS[found[2]]
    first = int(found[1]) * 12 + (int(found[3]) - 1) * length
    return range(first, first + length)


def taken_apart(numbers: Any, radices: Iterable[int]) -> Iterator[Any]:
    """The digits of numbers in mixed radix, the least significant first; what is left comes last."""
    for radix in radices:
        # A quotient and a product are vectorised in numpy, the remainder is not.
        quotient = numbers // radix
        yield numbers - quotient * radix
        numbers = quotient
    yield numbers


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
        """Whether it is, or is made of, a published and rounded average times what it is an average of."""
        return ESTIMATE in self.operation


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
    """A dimension with the members of all its hierarchies. Member 0 is the total, path ``/``.

    Attributes
    ----------
    hierarchies : tuple of (hierarchy id, name)
        What the hierarchies are called, where that is known.
    """

    id: str
    name: str
    levels: tuple[AddressLevel, ...]
    members: tuple[AddressMember, ...]
    hierarchies: tuple[tuple[str, str], ...] = ()

    @classmethod
    def build(
        cls,
        id: str,  # noqa: A002 - as the attribute is called
        name: str,
        levels: Iterable[tuple[str, str, str, Iterable[tuple[str, str]]]] = (),
        hierarchies: Iterable[tuple[str, str]] = (),
    ) -> AddressDimension:
        """Build a dimension from levels as the metadata gives them.

        Parameters
        ----------
        id, name : str
            Of the dimension.
        levels : iterable of (hierarchy id, level id, level name, iterable of (path, member name))
            Of all hierarchies. The total may stand in any of them; levels that hold a member and its ancestor
            are split by depth.
        hierarchies : iterable of (hierarchy id, name)

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
        total_name, total_found = "", False
        numbers: dict[tuple[str, str, str, int], int] = {("", "", "", 0): 0}
        rows: dict[tuple[str, str], tuple[str, int]] = {}
        for hierarchy, level_id, level_name, members in levels:
            for path, member_name in members:
                if path == "/":
                    total_name, total_found = total_name or member_name, True
                elif (hierarchy, path) not in rows:
                    level = (hierarchy, level_id, level_name, len(_steps(path)))
                    rows[hierarchy, path] = (member_name, numbers.setdefault(level, len(numbers)))
        codes = {key: code for code, key in enumerate(rows, start=1)}
        built = [AddressMember("/", total_name or f"{name} i alt", 0, 0, total_found)]
        for (hierarchy, path), (member_name, number) in rows.items():
            steps = _steps(path)
            above = (f"/{'/'.join(steps[:end])}/" for end in range(len(steps) - 1, 0, -1))
            parent = next((codes[hierarchy, one] for one in above if (hierarchy, one) in codes), 0)
            built.append(AddressMember(path, member_name, number, parent))
        known = tuple(AddressLevel(*level) for level in numbers)
        return cls(id, name, known, tuple(built), tuple(hierarchies))

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
        depth = np.array([len(_steps(member.path)) for member in self.members])
        rows = [np.arange(len(self.members), dtype=np.int32)]
        for limit in range(int(depth.max()) - 1, -1, -1):
            rows.append(np.where(depth[rows[-1]] > limit, parent[rows[-1]], rows[-1]))
        return np.array(rows[::-1])

    @cached_property
    def in_order(self) -> NDArray[np.intp]:
        """The members in the order of their names, which is the same however they are numbered."""
        return np.array(sorted(range(len(self.members)), key=[*self.codes].__getitem__))

    def together(self, first: NDArray[np.integer]) -> list[list[tuple[str, str]]]:
        """The members that have the same first one, by name, the first one first; none that stand alone."""
        keys, found = [*self.codes], dict[int, list[tuple[str, str]]]()
        for code in self.in_order.tolist():
            found.setdefault(int(first[code]), []).append(keys[code])
        return [group for group in found.values() if len(group) > 1]

    def first_of(self, together: Iterable[Sequence[Sequence[str]]]) -> NDArray[np.intp]:
        """Of each member the first one of those that it stands together with; itself if it stands alone."""
        first = np.arange(len(self.members))
        for group in together:
            codes = [self.codes[hierarchy, path] for hierarchy, path in group]
            first[codes] = codes[0]
        return first

    def common(self, codes: NDArray[np.integer]) -> int:
        """The nearest common ancestor of members; 0, the total, for want of another."""
        return next(int(row[codes[0]]) for row in self.ancestors[::-1] if len(set(row[codes].tolist())) == 1)

    @cached_property
    def numbers_below(self) -> NDArray[np.int64]:
        """How many members of each level stand below each member."""
        depth = np.array([len(_steps(member.path)) for member in self.members])
        numbers = np.zeros((len(self.levels), len(self.members)), dtype=np.int64)
        for limit, row in enumerate(self.ancestors):
            there = depth[row] == limit
            np.add.at(numbers, (self.level_of[there], row[there]), 1)
        return numbers

    def below(self, ancestor: int, level: int) -> NDArray[np.intp]:
        """The numbers of all members of a level that stand below a member."""
        column = self.ancestors[len(_steps(self.members[ancestor].path))]
        return np.flatnonzero((self.level_of == level) & (column == ancestor))


class Summed(NamedTuple):
    """What the cells of a measure are sums of.

    Attributes
    ----------
    measure : int
        The measure that was added up.
    periods : bool array
        Over which of the periods; none where each is of the one that it stands at.
    first : tuple of int array
        In each dimension, of each member the first one of those that stand together; empty where none do.
    """

    measure: int
    periods: NDArray[np.bool_]
    first: tuple[NDArray[np.intp], ...]


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
    url : str
        The address of the API that it was read from, where that is not the usual one.

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
    url: str = ""

    def __post_init__(self) -> None:
        if not (self.measures and self.periods):
            raise ValueError(f"table {self.table!r} has no cells: it needs a measure and a period at least")
        if self.size >= _LARGEST:
            raise ValueError(
                f"table {self.table!r} has {self.size:.1e} possible cells, more than can be numbered;"
                " keep only the dimensions that are asked for, with AddressSpace.fitting(...)"
            )

    def __hash__(self) -> int:
        # Hashing thousands of members would cost more than comparing those few spaces that agree in this.
        return hash((self.table, self.size, self.measures[-1].id))

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
        url: str = "",
    ) -> AddressSpace:
        """A space of all dimensions, or where those are too many, of the needed ones; others stand at their total."""
        size = len(measures) * len(periods) * math.prod(len(d.members) for d in dimensions)
        if size >= _LARGEST >> 8:
            keep = set(needed)
            dimensions = [
                d if d.id in keep else replace(d, levels=d.levels[:1], members=d.members[:1])
                for d in dimensions
            ]
        return cls(table, table_name, tuple(measures), tuple(periods), tuple(dimensions), url)

    def encode(
        self, measure: int | Codes, periods: int | Codes, members: Sequence[int | NDArray[np.integer]] = ()
    ) -> Codes:
        """Number cells.

        Parameters
        ----------
        measure, periods : int or int64 array
            Index of the measure and of the period.
        members : sequence of int or int64 array
            One per dimension; 0 is the total. Missing ones at the end are totals.

        Returns
        -------
        int64 array
            Addresses, to be given to an array with `Registry.of(space)`.
        """
        codes: Any = np.asarray(measure, dtype=np.int64)
        for index, dimension in enumerate(self.dimensions):
            here = members[index] if index < len(members) else 0
            codes = codes * len(dimension.members) + np.asarray(here, dtype=np.int64)
        return np.atleast_1d(codes * len(self.periods) + np.asarray(periods, dtype=np.int64))

    @cached_property
    def radices(self) -> list[int]:
        """How many there are of each digit of an address but the measure: periods, then the dimensions from the last."""
        return [len(self.periods), *(len(d.members) for d in reversed(self.dimensions))]

    @cached_property
    def per_measure(self) -> int:
        """How many cells each measure has."""
        return math.prod(self.radices)

    @cached_property
    def size(self) -> int:
        """How many cells there are."""
        return self.per_measure * len(self.measures)

    @cached_property
    def period_types(self) -> NDArray[np.int32]:
        """A number for the type of each period: its place in `APART`, and from ``len(APART)`` on the others."""
        numbers = {kind: place for place, kind in enumerate(APART)}
        return np.array([numbers.setdefault(kind, len(numbers)) for kind, _ in self.periods], dtype=np.int32)

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
        months = [months_of(period) for _, period in self.periods]
        return np.array([m.start // len(m) if m else place for place, m in enumerate(months)])

    def gaps(self, periods: NDArray[np.integer]) -> str:
        """What is said of a sum over periods between which the table has none, type by type; else empty."""
        for number in np.unique(self.period_types[periods]):
            known = self.ordinals[periods[self.period_types[periods] == number]]
            first, last = int(known.min()), int(known.max())
            alike = (self.period_types == number) & (self.ordinals >= first) & (self.ordinals <= last)
            has, span = np.flatnonzero(alike), last - first + 1
            if len(has) < span:
                in_order = has[np.argsort(self.ordinals[has])]
                (_, start), (kind, end) = self.periods[in_order[0]], self.periods[in_order[-1]]
                return (
                    f"table {self.table} has {len(has):,} of the {span:,} periods of type {kind} from {start} to {end};"
                    " what is added is not the whole time between them."
                )
        return ""

    @cached_property
    def has_gaps(self) -> bool:
        """Whether the calendar has periods between those of a type that the table does not have."""
        return bool(self.gaps(np.arange(len(self.periods))))

    def summed_measure(
        self, measure: int, periods: NDArray[np.bool_], first: Sequence[NDArray[np.integer]] = ()
    ) -> AddressMeasure:
        """A measure added up over several of the periods, or over members that stand together, or both.

        Its cells stand at the last of the periods, and at the first member of those that stand together.
        """
        base, of = self.measures[measure], [self.periods[place][1] for place in np.flatnonzero(periods)]
        name = f"{base.name} over {len(of)} periods" if of else f"{base.name} over members"
        if first:
            groups = {d.id: d.together(one) for d, one in zip(self.dimensions, first, strict=True)}
            of.append(json.dumps({key: group for key, group in groups.items() if group}, ensure_ascii=False))
        digest = hashlib.blake2b(" ".join(of).encode(), digest_size=12).hexdigest()
        how = (SUMMED, base.id, *of, *([ESTIMATE] if base.approximate else []))
        return AddressMeasure(f"{SUMMED}({base.id},{digest})", name, base.kind, how)

    @cached_property
    def summed(self) -> dict[int, Summed]:
        """What the cells of each measure that was added up are sums of."""
        ids, found = np.array([period for _, period in self.periods]), {}
        for place, measure in enumerate(self.measures):
            if measure.operation[:1] == (SUMMED,):
                _, base, *of = (one for one in measure.operation if one != ESTIMATE)
                groups = json.loads(of.pop()) if of[-1].startswith("{") else {}
                first = (
                    tuple(one.first_of(groups.get(one.id, ())) for one in self.dimensions) if groups else ()
                )
                found[place] = Summed(self.measure_codes[base], np.isin(ids, of), first)
        return found

    @cached_property
    def bases(self) -> Codes:
        """For each measure the one that it adds up; for others itself."""
        codes = np.arange(len(self.measures))
        codes[list(self.summed)] = [summed.measure for summed in self.summed.values()]
        return codes

    @cached_property
    def of_one_cell(self) -> NDArray[np.bool_]:
        """Which measures tell of one cell of the table: not those that were added up, nor what is made of those."""
        several: set[str] = set()
        for measure in self.measures:
            if measure.operation[:1] == (SUMMED,) or not several.isdisjoint(measure.operation[1:]):
                several.add(measure.id)
        return np.array([measure.id not in several for measure in self.measures])

    @cached_property
    def measure_codes(self) -> dict[str, int]:
        """Measure id to index."""
        return {measure.id: index for index, measure in enumerate(self.measures)}

    @cached_property
    def period_codes(self) -> dict[tuple[str, str], int]:
        """(period type, period id) to index."""
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

    # Of equal spaces there is one registry: so registries compare by identity, and merging what is the same is free.
    _known: ClassVar[WeakValueDictionary[tuple[AddressSpace, ...], Registry]] = WeakValueDictionary()

    spaces: tuple[AddressSpace, ...]
    offsets: tuple[int, ...]
    steps: dict[tuple[Any, ...], tuple[Any, ...]]
    _grown: dict[tuple[int, AddressMeasure], tuple[Registry, int]]

    def __new__(cls, spaces: Iterable[AddressSpace] = ()) -> Registry:  # noqa: PYI034 - there are no others
        """The registry of these spaces: the same object for equal ones."""
        spaces = tuple(spaces)
        if (known := cls._known.get(spaces)) is not None:
            return known
        self = super().__new__(cls)
        *offsets, size = accumulate((space.size for space in spaces), initial=0)
        if size >= 2 * _LARGEST:  # pragma: no cover - needs astronomically many
            raise ValueError(
                "these tables together have more cells than can be numbered; combine fewer of them"
            )
        self.spaces, self.offsets = spaces, tuple(offsets)
        # By how much the address of a cell moves when the cell is computed with a number; single cells keep it here.
        self.steps = {}
        # Arithmetic derives the same few measures again and again.
        self._grown = {}
        return cls._known.setdefault(spaces, self)

    @classmethod
    def of(cls, space: AddressSpace) -> Registry:
        """The registry of one space."""
        return cls((space,))

    def __repr__(self) -> str:
        return f"<Registry of {', '.join(space.table for space in self.spaces) or 'nothing'}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Registry, (self.spaces,)

    def split(self, addresses: Codes) -> Iterator[tuple[int, Any, Codes]]:
        """For each space that has any of the addresses its place, which of them it has, and their numbers in it.

        Special addresses (below 0) are in none.
        """
        if not len(addresses):
            return
        lowest, highest = int(addresses.min()), int(addresses.max())
        for place, (space, offset) in enumerate(zip(self.spaces, self.offsets, strict=True)):
            if offset <= lowest and highest < offset + space.size:
                yield place, slice(None), addresses - offset if offset else addresses
            elif lowest < offset + space.size and highest >= offset:
                where = np.flatnonzero((addresses >= offset) & (addresses < offset + space.size))
                if len(where):
                    yield place, where, addresses[where] - offset

    def decode(self, addresses: Codes, *, of_one_cell: bool = True) -> list[Decoded]:
        """Take addresses apart: one `Decoded` for each space that has any; special addresses (below 0) are in none.

        Sums over several periods, or over members that one chose, are no cells of their table, and are left out but for
        those who ask for them.
        """
        addresses = np.asarray(addresses, dtype=np.int64)
        decoded = []
        for place, where, numbers in self.split(addresses):
            space = self.spaces[place]
            digits = [*taken_apart(numbers, space.radices)]
            positions = np.arange(len(addresses))[where]
            if of_one_cell and not space.of_one_cell.all():
                known = space.of_one_cell[digits[-1]]
                digits, positions = [digit[known] for digit in digits], positions[known]
            if len(positions):
                period, *members, measure = digits
                decoded.append(Decoded(space, positions, measure, period, tuple(reversed(members))))
        return decoded

    def measures(self, addresses: Codes) -> list[tuple[AddressSpace, AddressMeasure]]:
        """The measures that addresses belong to, in the order of the registry; as `decode` leaves some out, so does this."""
        return [
            (space, space.measures[code])
            for place, _, numbers in self.split(addresses)
            for space in [self.spaces[place]]
            for code in np.unique(numbers // space.per_measure)
            if space.of_one_cell[code]
        ]

    def locate(self, address: int) -> tuple[AddressSpace, int] | None:
        """The space of one address and its number there; None for a special address."""
        if address < 0:
            return None
        place = bisect_right(self.offsets, address) - 1
        return self.spaces[place], address - self.offsets[place]

    def with_measure(self, place: int, measure: AddressMeasure) -> tuple[Registry, int]:
        """The registry whose space number `place` has one more measure, and its index; numbers within spaces stay."""
        key = (place, measure)
        if key not in self._grown:
            # Scaling by ever new numbers would make this grow without end.
            if len(self._grown) >= 256:
                self._grown.clear()
            space = self.spaces[place]
            index = space.measure_codes.get(measure.id, len(space.measures))
            if index == len(space.measures):
                space = replace(space, measures=(*space.measures, measure))
            grown = Registry((*self.spaces[:place], space, *self.spaces[place + 1 :]))
            self._grown[key] = (grown, index)
        return self._grown[key]

    def to_json(self) -> str:
        """Everything, as plain JSON."""
        return json.dumps(self.spaces, default=_plain, ensure_ascii=False, separators=(",", ":"))

    @staticmethod
    @lru_cache(maxsize=64)
    def from_json(text: str) -> Registry:
        """What `to_json` wrote."""

        def dimension(levels: Any, members: Any, hierarchies: Any = (), **others: str) -> AddressDimension:
            return AddressDimension(
                levels=tuple(AddressLevel(*level) for level in levels),
                members=tuple(AddressMember(*member) for member in members),
                hierarchies=tuple((hierarchy, name) for hierarchy, name in hierarchies),
                **others,
            )

        def space(measures: Any, periods: Any, dimensions: Any, **others: str) -> AddressSpace:
            return AddressSpace(
                measures=tuple(
                    AddressMeasure(i, name, Kind(kind), tuple(how)) for i, name, kind, how in measures
                ),
                periods=tuple((period_type, period) for period_type, period in periods),
                dimensions=tuple(dimension(**one) for one in dimensions),
                **others,
            )

        return Registry(space(**one) for one in json.loads(text))


def _plain(one: Any) -> Any:
    """What JSON is to hold of a dataclass: of the large ones their fields by name."""
    named = {field.name: getattr(one, field.name) for field in fields(one)}
    return named if isinstance(one, AddressSpace | AddressDimension) else list(named.values())


EMPTY: Final = Registry()
"""The registry of arrays that know nothing of their cells."""


def merge_registries(registries: Sequence[Registry]) -> tuple[Registry, list[Recoder | None]]:
    """One registry for several, and how to recode the addresses of each; None where they stay as they are.

    Identical registries cost nothing. Tables that stand in several with different metadata get the union of their
    measures, periods and members.
    """
    distinct = tuple(dict.fromkeys(registry for registry in registries if registry.spaces))
    if len(distinct) < 2:
        return (*distinct, EMPTY)[0], [None] * len(registries)
    merged, recoders = _merged(distinct)
    recoder_of = dict(zip(distinct, recoders, strict=True))
    return merged, [recoder_of.get(registry) for registry in registries]


@lru_cache(maxsize=64)
def _merged(registries: tuple[Registry, ...]) -> tuple[Registry, list[Recoder | None]]:
    spaces: dict[str, AddressSpace] = {}
    for space in (space for registry in registries for space in registry.spaces):
        spaces[space.table] = _union(spaces[space.table], space) if space.table in spaces else space
    merged = Registry(spaces.values())
    return merged, [_recoder(registry, merged) for registry in registries]


def _steps(path: str) -> list[str]:
    return [step for step in path.split("/") if step]


def _union(first: AddressSpace, second: AddressSpace) -> AddressSpace:
    # Of a measure that both have, the stricter kind stands: overrides of one read must not loosen another.
    measures = {measure.id: measure for measure in first.measures}
    for measure in second.measures:
        known = measures.setdefault(measure.id, measure)
        if known.kind is not measure.kind:
            measures[measure.id] = replace(known, kind=Kind.NONE)
    dimensions = {dimension.id: dimension for dimension in first.dimensions}
    for dimension in second.dimensions:
        known_dimension = dimensions.setdefault(dimension.id, dimension)
        dimensions[dimension.id] = _union_of_dimensions(known_dimension, dimension)
    return replace(
        first,
        measures=tuple(measures.values()),
        periods=tuple(dict.fromkeys((*first.periods, *second.periods))),
        dimensions=tuple(dimensions.values()),
        url=first.url if first.url == second.url else "",
    )


def _union_of_dimensions(first: AddressDimension, second: AddressDimension) -> AddressDimension:
    if first is second or first == second:
        return first
    levels = [
        (level.hierarchy, level.id, level.name, [(member.path, member.name)])
        for dimension in (first, second)
        for member in dimension.members
        for level in [dimension.levels[member.level]]
        if member.published
    ]
    hierarchies = dict((*second.hierarchies, *first.hierarchies)).items()
    return AddressDimension.build(first.id, first.name, levels, hierarchies)


def _recoder(old: Registry, new: Registry) -> Recoder | None:
    """How addresses numbered in one registry are numbered in another, which knows all their cells."""
    targets = {space.table: (space, offset) for space, offset in zip(new.spaces, new.offsets, strict=True)}

    def stays(space: AddressSpace, offset: int) -> bool:
        target, new_offset = targets[space.table]
        ids, new_ids = ([measure.id for measure in one.measures] for one in (space, target))
        alike = (space.dimensions, space.periods) == (target.dimensions, target.periods)
        return offset == new_offset and (space is target or (alike and new_ids[: len(ids)] == ids))

    def recode(addresses: Codes) -> Codes:
        result = addresses.copy()
        for cells in old.decode(addresses, of_one_cell=False):
            target, offset = targets[cells.space.table]
            measures = np.array([target.measure_codes[m.id] for m in cells.space.measures])
            periods = np.array([target.period_codes[p] for p in cells.space.periods])
            members: dict[str, Any] = {}
            for source, codes in zip(cells.space.dimensions, cells.members, strict=True):
                known = next(one for one in target.dimensions if one.id == source.id)
                members[source.id] = np.array([known.codes[key] for key in source.codes])[codes]
            in_order = [members.get(dimension.id, 0) for dimension in target.dimensions]
            result[cells.where] = offset + target.encode(
                measures[cells.measure], periods[cells.period], in_order
            )
        return result

    return None if all(map(stays, old.spaces, old.offsets)) else recode
