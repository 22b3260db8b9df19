"""Single cells: numbers that remember where they come from.

A visible cell is an `int` or a `float`, a hidden one a NaN with a name. They keep the guard alive where pandas falls
back to plain Python objects: rows, ``df.T``, ``stack``, columns mixed with text, and the builtin ``sum``.
"""

# ruff: noqa: SLF001 - cells and their running sums are one thing in two parts

from __future__ import annotations

import math
import operator
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from jobindsats_pandas.disclosure.addresses import APART, EMPTY, NOTHING, UNKNOWN, Registry, merge_registries
from jobindsats_pandas.disclosure.arithmetic import (
    paired_addresses,
    paired_status,
    scaled_addresses,
    shifted_addresses,
)
from jobindsats_pandas.disclosure.callers import (
    Addition,
    addition,
    in_picture,
    in_statistic,
    made_bare,
    warn_removed,
)
from jobindsats_pandas.disclosure.cells import Cells, CellStatus, aligned, count_hidden, is_missing
from jobindsats_pandas.disclosure.display import texts
from jobindsats_pandas.disclosure.messages import sum_error
from jobindsats_pandas.disclosure.sums import check_sums, sums_allowed
from jobindsats_pandas.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["Cell", "DecimalCell", "HiddenCell", "IntegerCell", "cell", "scalars_of", "small_sum"]

_OPERATORS = {
    "add": "add",
    "subtract": "sub",
    "multiply": "mul",
    "divide": "truediv",
    "true_divide": "truediv",
    "floor_divide": "floordiv",
    "remainder": "mod",
    "power": "pow",
    "negative": "neg",
    "positive": "pos",
    "absolute": "abs",
}
_NAMES: dict[int, str] = {
    CellStatus.DISCRETIONISED: "<hidden>",
    CellStatus.NOT_AVAILABLE: "<not available>",
    CellStatus.ABSENT: "<absent>",
}

# Fill, alignment and width of a format; it matches anything.
_SPEC = re.compile(
    r"(?:(?P<fill>.)?(?P<align>[<>=^]))?[-+ ]?z?#?0?(?P<width>\d+)?[,_]?(?:\.\d+)?(?P<text>s)?", re.DOTALL
)


class _Origin:
    """Where cells come from: their statuses and addresses, and how many hidden and visible ones stood together there."""

    __slots__ = ("addresses", "hidden", "registry", "status", "visible")

    def __init__(
        self, status: Any, addresses: Any, registry: Registry, hidden: int = 0, visible: int = 0
    ) -> None:
        self.status, self.addresses, self.registry = status, addresses, registry
        self.hidden, self.visible = hidden, visible

    def among(self, status: int, address: int | None, registry: Registry) -> _Origin:
        """A cell made of one of these, which stands where that one stood."""
        return _Origin((status,), (address,), registry, self.hidden, self.visible)


_NOWHERE = _Origin((CellStatus.DERIVED,), (UNKNOWN,), EMPTY)
_STATUS = list(CellStatus)


class Cell:
    """What all single cells share: a status, an address, and arithmetic that minds them."""

    # Two names and no more: millions of cells are made, most of them to be looked at once.
    _origin: _Origin = _NOWHERE
    _place: int = 0
    _sum: _RunningSum | None = None
    _length: int = 0

    @property
    def status(self) -> CellStatus:
        """What the cell is."""
        status: int = self._origin.status[self._place]
        return _STATUS[status]

    @property
    def address(self) -> int:
        """The cell's address, numbered in `registry`; that of a sum is worked out when somebody asks."""
        address = self._origin.addresses[self._place]
        if address is None:
            assert self._sum is not None  # noqa: S101 - only sums put it off
            address = self._sum.upto(self._length).address()
            self._origin.addresses = (address,)
        known: int = address
        return known

    @property
    def registry(self) -> Registry:
        """What the address is numbered in."""
        return self._origin.registry

    @property
    def beside(self) -> int:
        """How many hidden cells stood in the column when this cell was taken out of it with all the others."""
        return self._origin.hidden

    @property
    def number(self) -> float:
        """The plain number; NaN if hidden."""
        return math.nan

    @property
    def dtype(self) -> np.dtype[Any]:
        """What numpy would make of it; `DataFrame.eval` asks."""
        return np.dtype(np.int64 if isinstance(self, IntegerCell) else np.float64)

    def as_cells(self) -> Cells:
        """The cell as an array of one."""
        number = self.number
        hidden = isinstance(self, HiddenCell)
        whole = isinstance(self, IntegerCell)
        values: Any = np.array([0 if hidden else number], dtype=np.int64 if whole else np.float64)
        return Cells(
            values, np.array([self.status], np.uint8), np.array([self.address], np.int64), self.registry
        )

    def __add__(self, other: Any) -> Any:
        how = addition()
        if how is not Addition.OWN and (plain := self._in_picture_or_statistic(other, how)) is not None:
            return plain
        if isinstance(other, Cell):
            return _add(self, other, bulk=how is Addition.BULK)
        if _is_zero(other) and how is Addition.BULK:
            # Summing objects, pandas and numpy put a zero in the place of what is missing.
            raise _skipped(self)
        return _combined("add", self, other, reflected=False)

    def __radd__(self, other: Any) -> Any:
        how = addition()
        if how is not Addition.OWN and (plain := self._in_picture_or_statistic(other, how)) is not None:
            return plain
        if not _is_zero(other):
            return _combined("add", self, other, reflected=True)
        if how is Addition.BULK:
            raise _skipped(self)
        return _started(self)

    def _in_picture_or_statistic(self, other: Any, how: Addition) -> Any:
        """The bare number where a picture is laid out, or a quantile worked out; None elsewhere."""
        both = [one for one in (self, other) if isinstance(one, Cell)]
        whole = not any(isinstance(one, HiddenCell) or one.beside for one in both)
        if not isinstance(other, int | float | np.generic):
            return None
        if how is Addition.BULK and not ((whole and in_statistic()) or in_picture()):
            return None
        added: Any = other.number if isinstance(other, Cell) else other
        return self.number + added

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Let numpy's functions and its own scalars work on cells as Python's operators do."""
        name = _OPERATORS.get(ufunc.__name__)
        plain = not any(isinstance(one, np.ndarray) and one.ndim for one in inputs)
        if method == "__call__" and name is not None and plain and not kwargs:
            return getattr(operator, name)(
                *(one.item() if isinstance(one, np.generic | np.ndarray) else one for one in inputs)
            )
        numbers = (one.number if isinstance(one, Cell) else one for one in inputs)
        return getattr(ufunc, method)(*numbers, **kwargs)

    def __neg__(self) -> Any:
        return _combined("mul", self, -1, reflected=False)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return -self if self.number < 0 else self

    def __invert__(self) -> Any:
        raise TypeError("bad operand type for unary ~: a cell of a table is no set of bits")

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (
            cell,
            (self.number, int(self.status), self.address, self.registry, isinstance(self, IntegerCell)),
        )


def _method(name: str, *, reflected: bool) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        return _combined(name, self, other, reflected=reflected)

    method.__name__ = f"__{'r' if reflected else ''}{name}__"
    return method


for _name in ("sub", "mul", "truediv", "floordiv", "mod", "pow"):
    for _reflected in (False, True):
        _function = _method(_name, reflected=_reflected)
        setattr(Cell, _function.__name__, _function)


class IntegerCell(Cell, int):
    """A visible cell that holds a whole number."""

    @property
    def number(self) -> int:
        """The plain number."""
        return int.__index__(self)

    def __float__(self) -> float:
        if self._origin.hidden and made_bare():
            _warn_bare(self)
        return float(int.__index__(self))

    def __int__(self) -> int:
        if self._origin.hidden and made_bare():
            _warn_bare(self)
        return int.__index__(self)

    def __hash__(self) -> int:
        return int.__hash__(self)


class DecimalCell(Cell, float):
    """A visible cell that holds a decimal number."""

    @property
    def number(self) -> float:
        """The plain number."""
        return float.__float__(self)

    def __float__(self) -> float:
        if self._origin.hidden and made_bare():
            _warn_bare(self)
        return float.__float__(self)

    def __hash__(self) -> int:
        return float.__hash__(self)


class HiddenCell(Cell, float):
    """A cell that shows nothing: a NaN that says why."""

    def __repr__(self) -> str:
        return _NAMES[self.status]

    def __str__(self) -> str:
        return str(texts(self.as_cells())[0])

    def __float__(self) -> float:
        if self.status != CellStatus.ABSENT and made_bare():
            _warn_bare(self)
        return math.nan

    def __format__(self, spec: str) -> str:
        # As in a frame: the name in angle brackets would be a tag in the HTML of df.style.
        text = str(self)
        # Width and alignment are those of the numbers beside it; signs, decimals and the like have no meaning here.
        fill, align, width, left = _SPEC.match(spec).group("fill", "align", "width", "text")  # type: ignore[union-attr]
        align = {None: "<" if left else ">", "=": ">"}.get(align, align)
        return f"{text:{fill or ' '}{align}{width or 0}}"

    def __hash__(self) -> int:
        return hash(self.status)


def _warn_bare(one: Any) -> None:
    hidden = max(one.beside, 1)
    warn_removed(
        f"cells: {hidden:,} hidden or not available {'cell' if hidden == 1 else 'cells'} among them, or beside them;"
        " bare numbers are made of all, and nothing guards their sums. Give the new column the dtype of the old one."
    )


def cell(
    number: float,
    status: int,
    address: int = UNKNOWN,
    registry: Registry = EMPTY,
    whole: bool = False,
    beside: int = 0,
) -> Any:
    """Make one cell of the right class."""
    return _made(number, _Origin((status,), (address,), registry, beside), whole=whole)


def _made(number: float, origin: _Origin, *, whole: bool) -> Any:
    """Make the first cell of an origin."""
    made: Any
    if origin.status[0] in _NAMES:
        made = HiddenCell(math.nan)
    elif whole:
        made = int.__new__(IntegerCell, number)
    else:
        made = float.__new__(DecimalCell, number)
    made._origin = origin
    return made


def scalars_of(cells: Cells) -> Iterator[Any]:
    """All the cells, one by one, each knowing how many hidden ones stand beside it."""
    hidden = count_hidden(cells.status) + cells.dropped
    missing = is_missing(cells.status)
    visible = len(cells) - int(np.count_nonzero(missing))
    # Copies: what is written into the column later is no business of the cells that were taken out before.
    origin = _Origin(cells.status.tolist(), cells.addresses.tolist(), cells.registry, hidden, visible)
    visible_class: Any = IntegerCell if cells.values.dtype.kind == "i" else DecimalCell
    make: Any = int.__new__ if visible_class is IntegerCell else float.__new__
    if not missing.any():
        for place, number in enumerate(cells.values.tolist()):
            one = make(visible_class, number)
            one._origin, one._place = origin, place
            yield one
        return
    holes = (cells.status == CellStatus.HOLE).tolist()
    for place, (number, gone) in enumerate(zip(cells.values.tolist(), missing.tolist(), strict=True)):
        if gone and holes[place]:
            yield math.nan
            continue
        one = HiddenCell(math.nan) if gone else make(visible_class, number)
        one._origin, one._place = origin, place
        yield one


class _RunningSum:
    """What a sum of single cells consists of so far; grows in place, so that a long sum stays linear."""

    __slots__ = ("_seen", "_signature", "addresses", "closed", "numbers", "registry", "started", "statuses")

    def __init__(self, first: Any, *, started: bool) -> None:
        self.registry: Registry = first.registry
        self.numbers: list[float] = [first.number]
        self.statuses: list[int] = [first.status]
        self.addresses: list[int] = [first.address]
        self.started, self.closed = started, False
        self._seen = {first.address}
        self._signature = signature(first.registry, first.address, first.status)

    @classmethod
    def of(cls, cells: Cells) -> _RunningSum | None:
        """The sum of a few cells, if a look at each of them is enough to see that they add; else None."""
        addresses, registry = cells.addresses.tolist(), cells.registry
        if cells.dropped or cells.left or len(set(addresses)) < len(addresses):
            return None
        statuses = cells.status.tolist()
        first = signature(registry, addresses[0], statuses[0])
        if first is None or any(
            signature(registry, address, status) != first
            for address, status in zip(addresses[1:], statuses[1:], strict=True)
        ):
            return None
        made = object.__new__(cls)
        made.registry, made.started, made.closed, made._signature = registry, False, True, first
        made.numbers, made.statuses, made.addresses, made._seen = (
            cells.values.tolist(),
            statuses,
            addresses,
            set(addresses),
        )
        return made

    def add(self, other: Any) -> None:
        """Add one more cell; raises where that may not be."""
        new, status = other.address, other._origin.status[other._place]
        if (
            other._origin.registry is not self.registry
            or new in self._seen
            or self._signature is None
            or signature(self.registry, new, status) != self._signature
        ):
            registry, recoders = merge_registries([self.registry, other.registry])
            both = [np.array(self.addresses), np.array([other.address])]
            both = [p if recode is None else recode(p) for p, recode in zip(both, recoders, strict=True)]
            addresses = np.concatenate(both)
            check = check_sums(
                self._cells(
                    [*self.numbers, other.number], [*self.statuses, other.status], addresses, registry
                )
            )
            if not check.valid:
                raise sum_error(check)
            self.addresses = addresses[:-1].tolist()
            self.registry = registry
            self._seen = set(self.addresses)
            new = int(addresses[-1])
        self.numbers.append(other.number)
        self.statuses.append(status)
        self.addresses.append(new)
        self._seen.add(new)

    @property
    def is_nothing(self) -> bool:
        """Whether nothing has been added yet but what counts as 0."""
        return all(address == NOTHING for address in self.addresses)

    def address(self) -> int:
        """The address of the sum as it stands."""
        cells = self._cells(self.numbers, self.statuses, np.array(self.addresses), self.registry)
        return int(check_sums(cells).addresses[0])

    def upto(self, length: int) -> _RunningSum:
        """Return this sum, or a copy of its beginning if others have added to it since."""
        if length == len(self.addresses):
            return self
        copy = object.__new__(_RunningSum)
        copy.registry, copy.started, copy._signature = self.registry, self.started, self._signature
        copy.closed = self.closed
        copy.numbers, copy.statuses, copy.addresses = (
            self.numbers[:length],
            self.statuses[:length],
            self.addresses[:length],
        )
        copy._seen = set(copy.addresses)
        return copy

    @staticmethod
    def _cells(
        numbers: Sequence[float], statuses: Sequence[int], addresses: NDArray[np.int64], registry: Registry
    ) -> Cells:
        return Cells(
            np.array(numbers, dtype=np.float64), np.array(statuses, dtype=np.uint8), addresses, registry
        )


def signature(registry: Registry, address: int, status: int) -> tuple[Any, ...] | None:
    """What cells must have in common to add, and the period with its type; None if the cell adds to nothing."""
    if status not in (0, 5):  # observed, derived
        return None
    located = registry.locate(address)
    if located is None:
        return None
    space, number = located
    rest, period = divmod(number, len(space.periods))
    levels = []
    for members in space.levels_of_members:
        rest, member = divmod(rest, len(members))
        levels.append(members[member])
    kind = space.measures[rest].kind
    if kind in (Kind.NONE, Kind.PERSONS):
        return None
    period_type = space.types_of_periods[period]
    over_periods = kind in (Kind.FLOW, Kind.MONEY) and period_type < len(APART) and not space.has_gaps
    return space.table, rest, levels, period_type if over_periods else -1 - period


def small_sum(cells: Cells) -> Any:
    """The sum of a few cells as a single one, if they are seen to add at once; else None."""
    running = _RunningSum.of(cells)
    if running is None:
        return None
    number = sum(running.numbers)
    near = _Origin((), (), cells.registry)
    return _sum_cell(running, number, near)


def _add(left: Any, right: Any, *, bulk: bool) -> Any:
    if not _runs(left) and _runs(right):
        # What is added to a sum that runs is one more of its cells, on whichever side it stands.
        left, right = right, left
    running = left._sum if _runs(left) else None
    bulk = bulk or (running is not None and running.started)
    if sums_allowed():
        return _plain_sum(left, right)
    if _is_nothing(right, bulk=bulk):
        return left
    if _is_nothing(left, bulk=bulk):
        return _started(right) if bulk else right
    if isinstance(left, HiddenCell) or isinstance(right, HiddenCell):
        if bulk:
            raise _error(left, right)
        status = paired_status(left.as_cells(), right.as_cells())[0]
        return cell(math.nan, int(status))
    if bulk and (left.beside or right.beside):
        raise _skipped(left if left.beside else right)
    running = running.upto(left._length) if running is not None else _RunningSum(left, started=False)
    running.add(right)
    origin = left._origin if left._origin.hidden >= right._origin.hidden else right._origin
    if origin.hidden and len(running.addresses) >= origin.visible > 2:
        # All that is visible of a column, one by one: the hidden ones were left out.
        raise _skipped(left if left.beside else right)
    return _sum_cell(running, left.number + right.number, origin)


def _runs(one: Any) -> bool:
    """Whether it is a sum that grows cell by cell."""
    return one._sum is not None and not one._sum.closed


def _is_nothing(one: Any, *, bulk: bool) -> bool:
    """Whether a cell counts as 0; beside a single other one, nobody knows what a cell that pandas made stands for."""
    if one._sum is not None:
        # A sum that runs stands for its cells: to work its own address out would look at all of them again.
        return bool(one._sum.is_nothing)
    return one.address == NOTHING or (one.status == CellStatus.ABSENT and (bulk or one.address != UNKNOWN))


def _sum_cell(running: _RunningSum, number: float, near: _Origin) -> Any:
    whole = isinstance(number, int)
    made = _made(number, near.among(CellStatus.DERIVED, None, running.registry), whole=whole)
    made._sum, made._length = running, len(running.addresses)
    return made


def _started(first: Any) -> Any:
    """The first cell of a builtin ``sum``, which adds it to 0."""
    if sums_allowed():
        return cell(0, CellStatus.DERIVED, NOTHING, whole=True) if isinstance(first, HiddenCell) else first
    if first.status == CellStatus.ABSENT:
        made = cell(0, CellStatus.DERIVED, NOTHING, whole=True)
        made._sum, made._length = _RunningSum(made, started=True), 1
        return made
    check = check_sums(first.as_cells())
    if not check.valid:
        raise sum_error(check)
    origin = first._origin.among(first.status, first.address, first.registry)
    made = _made(first.number, origin, whole=isinstance(first, IntegerCell))
    made._sum, made._length = _RunningSum(first, started=True), 1
    return made


def _plain_sum(left: Any, right: Any) -> Any:
    numbers = [0 if isinstance(one, HiddenCell) else one.number for one in (left, right)]
    return cell(sum(numbers), CellStatus.DERIVED, UNKNOWN, whole=isinstance(sum(numbers), int))


def _error(left: Any, right: Any) -> Exception:
    both = [left.as_cells(), right.as_cells()]
    return sum_error(check_sums(_joined(both)))


def _skipped(one: Any) -> Exception:
    """The error for a sum of plain objects from which hidden cells were, or may have been, left out."""
    cells = one.as_cells()
    dropped = Cells(cells.values, cells.status, cells.addresses, cells.registry, max(one.beside, 1))
    return sum_error(check_sums(dropped))


def _joined(several: Iterable[Cells]) -> Cells:
    several = list(several)
    registry, addresses = aligned(*several)
    return Cells(
        np.concatenate([c.values.astype(np.float64) for c in several]),
        np.concatenate([c.status for c in several]),
        np.concatenate(addresses),
        registry,
    )


def _combined(name: str, one: Any, other: Any, *, reflected: bool) -> Any:
    function = getattr(operator, name)
    if type(other) in (int, float) and not math.isnan(other):
        return _with_number(name, function, one, other, reflected=reflected)
    if isinstance(other, np.generic):
        other = other.item()
    if isinstance(other, np.ndarray):
        return function(other, one.number) if reflected else function(one.number, other)
    if isinstance(other, bool) or not isinstance(other, int | float):
        return NotImplemented
    theirs = other.number if isinstance(other, Cell) else other
    left, right = (theirs, one.number) if reflected else (one.number, theirs)
    with np.errstate(all="ignore"):
        try:
            number = function(left, right)
        except (ZeroDivisionError, OverflowError):
            number = float(function(np.float64(left), np.float64(right)))
    if isinstance(number, complex):
        return number
    mine = one.as_cells()
    if isinstance(other, Cell):
        pair = (other.as_cells(), mine) if reflected else (mine, other.as_cells())
        status = int(paired_status(*pair)[0])
        registry, addresses = paired_addresses(name, *pair)
    elif math.isnan(theirs):
        status, registry, addresses = CellStatus.NOT_AVAILABLE, EMPTY, np.array([UNKNOWN])
    else:
        registry, addresses = scalar_addresses(name, mine, theirs, reflected=reflected)
        status = one.status if addresses[0] == mine.addresses[0] else one.status or CellStatus.DERIVED
    if status not in _NAMES and math.isnan(number):
        status = CellStatus.NOT_AVAILABLE
    origin = one._origin.among(int(status), int(addresses[0]), registry)
    return _made(number, origin, whole=isinstance(number, int))


def _with_number(name: str, function: Any, one: Any, other: float, *, reflected: bool) -> Any:
    """A cell and a plain number; cells of one measure all move alike, so the way is worked out for the first."""
    origin, address = one._origin, one.address
    registry: Registry = origin.registry
    located = registry.locate(address)
    try:
        number = function(other, one.number) if reflected else function(one.number, other)
    except (ZeroDivisionError, OverflowError):
        with np.errstate(all="ignore"):
            left, right = (other, one.number) if reflected else (one.number, other)
            number = float(function(np.float64(left), np.float64(right)))
    if isinstance(number, complex):
        return number
    key = (
        name,
        reflected,
        other,
        *((located[0].table, located[1] // located[0].per_measure) if located else (address,)),
    )
    step = registry.steps.get(key)
    if step is None:
        if len(registry.steps) >= 1024:
            registry.steps.clear()
        moved, addresses = scalar_addresses(name, one.as_cells(), other, reflected=reflected)
        target = int(addresses[0])
        step = registry.steps[key] = (moved, target - address if target >= 0 else None, target)
    moved, by, target = step
    new = target if by is None else address + by
    status = int(origin.status[one._place])
    if status in _NAMES:
        return _made(math.nan, _Origin((status,), (new,), moved, origin.hidden, origin.visible), whole=False)
    if math.isnan(number):
        status = CellStatus.NOT_AVAILABLE
    elif status == CellStatus.OBSERVED and not (new == address and moved is registry):
        status = CellStatus.DERIVED
    return _made(
        number,
        _Origin((int(status),), (new,), moved, origin.hidden, origin.visible),
        whole=isinstance(number, int),
    )


def scalar_addresses(
    name: str, cells: Cells, number: float, *, reflected: bool
) -> tuple[Registry, NDArray[np.int64]]:
    """Parts of cells after an operation with a plain number."""
    if name == "mul":
        return scaled_addresses(cells, number)
    if name == "truediv" and not reflected and number != 0:
        return scaled_addresses(cells, 1 / number)
    if name in {"add", "sub"} and not (reflected and name == "sub"):
        return shifted_addresses(cells, number)
    return shifted_addresses(cells, None)


def _is_zero(other: Any) -> bool:
    return not isinstance(other, Cell) and isinstance(other, int | float | np.number) and other == 0
