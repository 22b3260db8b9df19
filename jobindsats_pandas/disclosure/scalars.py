"""Single cells: numbers that remember where they come from.

A visible cell is an `int` or a `float`, a hidden one a NaN with a name. They keep the guard alive where pandas falls
back to plain Python objects: rows, ``df.T``, ``stack``, columns mixed with text, and the builtin ``sum``.
"""

# ruff: noqa: SLF001 - cells and their running sums are one thing in two parts

from __future__ import annotations

import ctypes
import math
import operator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from jobindsats_pandas.disclosure.addresses import EMPTY, NOTHING, UNKNOWN, Registry
from jobindsats_pandas.disclosure.arithmetic import (
    paired_addresses,
    paired_status,
    rounded_addresses,
    scaled_addresses,
    shifted_addresses,
)
from jobindsats_pandas.disclosure.callers import Addition, addition, made_bare, warn_hidden, warn_removed
from jobindsats_pandas.disclosure.cells import Cells, CellStatus, concatenated, counted
from jobindsats_pandas.disclosure.display import Mark, texts
from jobindsats_pandas.disclosure.messages import OBJECTS_OF_PIVOT, left_out, sum_error
from jobindsats_pandas.disclosure.running import Row, RunningSum, SumAtOnce, cells_of, rows_of
from jobindsats_pandas.disclosure.sums import SumCheck, check_sums, sums_allowed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

__all__ = [
    "OPERATORS",
    "Cell",
    "DecimalCell",
    "HiddenCell",
    "IntegerCell",
    "cell",
    "place_together",
    "scalar_addresses",
    "scalars_of",
    "small_sum",
    "sum_at_once",
]

# numpy's names of what has an operator in Python.
OPERATORS: Final = {
    "add": "add", "subtract": "sub", "multiply": "mul", "divide": "truediv", "floor_divide": "floordiv",
    "remainder": "mod", "power": "pow", "negative": "neg", "positive": "pos", "absolute": "abs",
}  # fmt: skip
_NAMES: Final[dict[int, str]] = {
    CellStatus.DISCRETIONISED: "<hidden>",
    CellStatus.NOT_AVAILABLE: "<not available>",
    CellStatus.ABSENT: "<absent>",
}
_STATUS: Final = list(CellStatus)
_BARE: Final = frozenset({int, float})
_COMPUTED: Final = frozenset({CellStatus.OBSERVED, CellStatus.DERIVED})
# The hidden cells of each registry that were taken out by themselves, and that somebody still holds.
_HELD: Final[dict[int, set[int]]] = {}


class _Step(NamedTuple):
    """What an operation with a number does to the cells of a measure, whose addresses begin at `low`."""

    low: int
    high: int
    registry: Registry
    by: int | None
    target: int


class _Near(NamedTuple):
    """What stood together in the column that a cell was taken out of, with all the others."""

    hidden: int = 0
    visible: int = 0
    dropped: int = 0  # of the hidden ones, so many had been dropped before, and are known of any part
    left: tuple[str, ...] = ()


_NEAR_NOTHING: Final = _Near()


class _Origin:
    """Where cells come from: their statuses and addresses, and what stood beside them there."""

    __slots__ = ("_moved", "_step", "_steps", "addresses", "near", "registry", "status")

    def __init__(self, status: Any, addresses: Any, registry: Registry, near: _Near = _NEAR_NOTHING) -> None:
        self.status, self.addresses, self.registry, self.near = status, addresses, registry, near
        self._step: _Step | None = None

    def moved(self, step: _Step) -> _Origin | None:
        """Where all of these come to stand by a step; None until so many of them take it that it pays to look."""
        if step is not self._step:
            self._step, self._steps = step, 0
            self._moved: _Origin | None = None
        self._steps += 1
        if self._moved is None and step.by is not None and self._steps > max(len(self.status) >> 4, 1):
            status = np.array(self.status, np.uint8)
            if step.by or step.registry is not self.registry:
                status[status == CellStatus.OBSERVED] = CellStatus.DERIVED
            addresses = np.array(self.addresses, np.int64) + step.by
            self._moved = _Origin(status.data, addresses.data, step.registry, self.near)
        return self._moved

    def among(self, status: int, address: int | None, registry: Registry) -> _Origin:
        """A cell made of one of these, which stands where that one stood."""
        return _Origin((status,), (address,), registry, self.near)


class _Alone(_Origin):
    """Where one hidden cell comes from; known for as long as somebody holds it."""

    __slots__ = ("_others",)

    def __init__(self, origin: _Origin) -> None:
        super().__init__(origin.status, origin.addresses, origin.registry, origin.near)
        self._others = _HELD.setdefault(id(origin.registry), set())
        self._others.add(id(self))

    def __del__(self) -> None:
        self._others.discard(id(self))


def _rounded(one: Any, ndigits: int | None = None) -> Any:
    rounded = one.round(ndigits or 0)
    if ndigits is not None or not isinstance(rounded, DecimalCell):
        return rounded
    return _visible(int(rounded.number), rounded._origin, rounded._place)


class Cell:
    """What all single cells share: a status, an address, and arithmetic that minds them."""

    # Two names and no more: millions of cells are made, most of them to be looked at once.
    _origin: _Origin = _Origin((CellStatus.DERIVED,), (UNKNOWN,), EMPTY)
    _place: int = 0
    _sum: RunningSum | SumAtOnce | None = None
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
            place_together([self])
            (address,) = self._origin.addresses
        known: int = address
        return known

    @property
    def registry(self) -> Registry:
        """What the address is numbered in; of a sum over periods that is known with it."""
        if self._origin.addresses[self._place] is None:
            _ = self.address
        return self._origin.registry

    @property
    def beside(self) -> int:
        """How many hidden cells stood in the column when this cell was taken out of it with all the others."""
        return self._origin.near.hidden

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
        whole = isinstance(self, IntegerCell)
        values: Any = np.array([self.number], dtype=np.int64 if whole else np.float64)
        return Cells(
            values, np.array([self.status], np.uint8), np.array([self.address], np.int64), self.registry
        )

    def __float__(self) -> float:
        origin = self._origin
        hidden = max(origin.near.hidden, len(_HELD.get(id(origin.registry), ())))
        if hidden and made_bare():
            warn_removed(
                lambda called: (
                    f"cells: {OBJECTS_OF_PIVOT}"
                    if called == "pivot"
                    else f"cells: {hidden:,} hidden or not available {'cell' if hidden == 1 else 'cells'} among them, or taken"
                    " out with them; bare numbers are made of all, and nothing guards their sums. Give the new column the"
                    " dtype of the old one."
                )
            )
        return float(self.number)

    def __add__(self, other: Any) -> Any:
        if _refused:
            _raise_pending()
        return _plus(self, other, addition(), reflected=False)

    def __radd__(self, other: Any) -> Any:
        if _refused:
            _raise_pending()
        return _plus(self, other, addition(), reflected=True)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Let numpy's functions and its own scalars work on cells as Python's operators do."""
        name = OPERATORS.get(ufunc.__name__)
        plain = not any(isinstance(one, np.ndarray) and one.ndim for one in inputs)
        if method == "__call__" and name is not None and plain and not kwargs:
            first, *others = (
                one.item() if isinstance(one, np.generic | np.ndarray) else one for one in inputs
            )
            if others and not isinstance(first, Cell):
                # A number of Python's would add a cell to itself as if that were one too.
                return getattr(others[0], f"__r{name}__")(first)
            return getattr(operator, name)(first, *others)
        numbers = (one.number if isinstance(one, Cell) else one for one in inputs)
        found = getattr(ufunc, method)(*numbers, **kwargs)
        cells = [one for one in inputs if isinstance(one, Cell)]
        one = next((one for one in cells if isinstance(one, HiddenCell)), cells[0])
        return tuple(_of_one(one, part) for part in found) if type(found) is tuple else _of_one(one, found)

    def __neg__(self) -> Any:
        return _combined("mul", self, -1, reflected=False)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return -self if self.number < 0 else self

    __round__: Any = _rounded

    def round(self, decimals: int = 0, out: None = None) -> Any:
        """Round as numpy's own numbers do; a whole number stays what it is."""
        if isinstance(self, IntegerCell) and decimals >= 0:
            return self
        return _combined("round", self, decimals, reflected=False)

    def __floor__(self) -> Any:
        return self if isinstance(self, HiddenCell) else _of_one(self, math.floor(self.number))

    def __ceil__(self) -> Any:
        return self if isinstance(self, HiddenCell) else _of_one(self, math.ceil(self.number))

    def __trunc__(self) -> Any:
        return self if isinstance(self, HiddenCell) else _of_one(self, math.trunc(self.number))

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def conjugate(self) -> Any:
        """Return the cell itself, as of any real number; `numpy.vdot` asks for it."""
        return self

    @property
    def real(self) -> Any:
        """The cell itself."""
        return self

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
        if _refused:
            _raise_pending()
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

    def __int__(self) -> int:
        float(self)  # says where cells become bare numbers
        return int.__index__(self)

    def __hash__(self) -> int:
        return int.__hash__(self)


class DecimalCell(Cell, float):
    """A visible cell that holds a decimal number."""

    @property
    def number(self) -> float:
        """The plain number."""
        return float.__float__(self)

    def __hash__(self) -> int:
        return float.__hash__(self)


class HiddenCell(Cell, float):
    """A cell that shows nothing: a NaN that says why."""

    def __repr__(self) -> str:
        return _NAMES[self.status]

    def __str__(self) -> str:
        return str(texts(self.as_cells())[0])

    def __format__(self, spec: str) -> str:
        # As in a frame: the name in angle brackets would be a tag in the HTML of df.style.
        return format(Mark(self), spec)

    def __hash__(self) -> int:
        return hash(self.status)


# Found at once, and not by way of what they inherit from: that look-up clears an error that is on its way.
for _class in (IntegerCell, DecimalCell, HiddenCell):
    for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
        for _dunder in (f"__{_name}__", f"__r{_name}__"):
            setattr(_class, _dunder, Cell.__dict__[_dunder])


# ---- making cells -------------------------------------------------------------------------------------------------


def cell(
    number: float,
    status: int,
    address: int | None = UNKNOWN,
    registry: Registry = EMPTY,
    whole: bool = False,
    hidden: int = 0,
) -> Any:
    """Make one cell of the right class; so many hidden ones had been dropped from beside it."""
    return _made(number, _Origin((status,), (address,), registry, _Near(hidden, dropped=hidden)), whole=whole)


def _made(number: float, origin: _Origin, *, whole: bool) -> Any:
    """Make the first cell of an origin."""
    if origin.status[0] not in _NAMES:
        return _visible(number if whole else float(number), origin, 0)
    made = HiddenCell(math.nan)
    made._origin = origin if origin.status[0] == CellStatus.ABSENT else _Alone(origin)
    return made


def _visible(number: float, origin: _Origin, place: int) -> Any:
    """Make the cell that stands at a place of an origin, a whole number or a decimal one."""
    made: Any = (
        int.__new__(IntegerCell, number) if isinstance(number, int) else float.__new__(DecimalCell, number)
    )
    made._origin, made._place = origin, place
    return made


def _of_one(one: Any, found: Any) -> Any:
    """What a function made of one cell: that cell if it is its very number, else one of no known measure."""
    number = found.item() if isinstance(found, np.generic) else found
    if type(number) not in _BARE:
        return found
    if number == one.number:
        _ = one.address  # a sum puts it off, and only the sum itself can work it out
        return _visible(number, one._origin, one._place)
    status: int = CellStatus.DERIVED
    if number != number:  # noqa: PLR0124 - NaN, faster than asking math
        status = one.status if isinstance(one, HiddenCell) else CellStatus.NOT_AVAILABLE
    return _made(number, one._origin.among(status, UNKNOWN, one.registry), whole=type(number) is int)


def scalars_of(cells: Cells) -> Iterator[Any]:
    """All the cells, one by one, each knowing how many hidden ones stand beside it."""
    missing = cells.missing
    hidden, visible = counted(cells.status)
    # Copies: what is written into the column later is no business of the cells that were taken out before.
    status, addresses = cells.status.copy().data, cells.addresses.copy().data
    near = _Near(hidden + cells.dropped, visible, cells.dropped, cells.left)
    origin = _Origin(status, addresses, cells.registry, near)
    visible_class: Any = IntegerCell if cells.whole else DecimalCell
    make: Any = int.__new__ if visible_class is IntegerCell else float.__new__
    gone = missing.tolist() if missing.any() else None
    for place, number in enumerate(cells.values.tolist()):
        if gone is None or not gone[place]:
            one = make(visible_class, number)
        elif status[place] == CellStatus.HOLE:
            yield math.nan
            continue
        else:
            one = HiddenCell(math.nan)
        one._origin = origin
        one._place = place
        yield one


# ---- sums, cell by cell -------------------------------------------------------------------------------------------


def place_together(cells: Sequence[Any]) -> None:
    """Work out the addresses of sums, among cells, that put theirs off: together, as those of groups."""
    of_registry: dict[Registry, dict[_Origin, list[Row]]] = {}
    for one in cells:
        if isinstance(one, Cell) and one._origin.addresses[one._place] is None:
            assert one._sum is not None  # noqa: S101 - only sums put it off
            running = one._sum.upto(one._length)
            of_registry.setdefault(running.registry, {})[one._origin] = running.rows
    for registry, sums in of_registry.items():
        ids = np.repeat(np.arange(len(sums)), [len(rows) for rows in sums.values()])
        together = cells_of([row for rows in sums.values() for row in rows], registry)
        found, addresses = check_sums(together, ids, len(sums)).placed
        for origin, address in zip(sums, addresses.tolist(), strict=True):
            origin.registry, origin.addresses = found, (address,)


def _row(one: Any) -> Row:
    return one.number, one._origin.status[one._place], one.address


def _consists_of(one: Any) -> tuple[Registry, list[Row]]:
    """The cells that a sum consists of, or the cell itself."""
    if one._sum is None:
        return one.registry, [_row(one)]
    made = one._sum.upto(one._length)
    return made.registry, made.rows


def small_sum(cells: Cells) -> Any:
    """The sum of a few cells as a single one, if they are seen to add at once; else None."""
    if cells.dropped or cells.left:
        return None
    running = RunningSum(cells.registry, rows_of(cells), closed=True)
    return sum_at_once(cells, sum(cells.values.tolist()), running) if running.adds_at_sight else None


def sum_at_once(cells: Cells, number: float, made: RunningSum | None = None) -> Any:
    """The sum of cells that were seen to add, which can be added to other sums as those cells can."""
    return _sum_cell(made or SumAtOnce(cells), number, _Origin((), (), cells.registry), len(cells))


def _plus(one: Any, other: Any, how: Addition, *, reflected: bool) -> Any:
    if how is not Addition.OWN and isinstance(other, int | float | np.generic):
        cells = [cell for cell in (one, other) if isinstance(cell, Cell)]
        whole = not any(isinstance(cell, HiddenCell) or cell.beside for cell in cells)
        if how is Addition.PLAIN or (how is Addition.STATISTIC and whole):
            return one.number + (other.number if isinstance(other, Cell) else other)
    bulk = how is not Addition.OWN
    if isinstance(other, Cell):
        return _add(one, other, bulk=bulk)
    if not _is_zero(other):
        return _combined("add", one, other, reflected=reflected)
    if bulk:
        # Summing objects, pandas and numpy put a zero in the place of what is missing; or it is a number of the user's.
        zero = cell(0, CellStatus.DERIVED)
        raise (
            _skipped(one)
            if one.beside
            else _error(check_sums(concatenated([one.as_cells(), zero.as_cells()])))
        )
    if _runs(one):
        return one
    return _started(one) if reflected else _combined("add", one, other, reflected=False)


def _add(left: Any, right: Any, *, bulk: bool) -> Any:
    if not _runs(left) and _runs(right):
        # What is added to a sum that runs is one more of its cells, on whichever side it stands.
        left, right = right, left
    running = left._sum if _runs(left) else None
    bulk = bulk or (running is not None and running.started)
    if sums_allowed():
        number = sum(0 if isinstance(one, HiddenCell) else one.number for one in (left, right))
        return cell(number, CellStatus.DERIVED, whole=isinstance(number, int))
    if _is_nothing(right, bulk=bulk):
        return left
    if _is_nothing(left, bulk=bulk):
        return _started(right) if bulk else right
    if isinstance(left, HiddenCell) or isinstance(right, HiddenCell):
        if bulk:
            registry, rows = _consists_of(left)
            together = [cells_of(rows, registry), right.as_cells()]
            raise _error(check_sums(concatenated(together)), so_far=True)
        return cell(math.nan, int(paired_status(left.as_cells(), right.as_cells())[0]))
    if bulk and (left.beside or right.beside):
        raise _skipped(left if left.beside else right)
    if running is None:
        _tell_who_left(left)
        registry, rows = _consists_of(left)
        running = RunningSum(registry, [*rows])
    else:
        running = running.upto(left._length)
    if (check := running.add(*_consists_of(right))) is not None:
        raise _error(check, so_far=running.started)
    origin = left._origin if left.beside >= right.beside else right._origin
    if origin.near.hidden and len(running.rows) >= origin.near.visible > 2:
        # All that is visible of a column, one by one: the hidden ones were left out.
        raise _skipped(left if left.beside else right)
    return _sum_cell(running, left.number + right.number, origin, len(running.rows))


def _tell_who_left(first: Any) -> None:
    """Warn where a sum of single cells begins in a column from which members left with their hidden cells."""
    if first._origin.near.left:
        warn_hidden(left_out("sum", first._origin.near.left))


def _runs(one: Any) -> bool:
    """Whether it is a sum that grows cell by cell."""
    return one._sum is not None and not one._sum.closed


def _is_nothing(one: Any, *, bulk: bool) -> bool:
    """Whether a cell counts as 0; beside a single other one, nobody knows what a cell that pandas made stands for."""
    if one._sum is not None:
        # A sum that runs stands for its cells: to work its own address out would look at all of them again.
        return bool(one._sum.is_nothing)
    return one.address == NOTHING or (one.status == CellStatus.ABSENT and (bulk or one.address != UNKNOWN))


def _sum_cell(running: RunningSum | SumAtOnce, number: float, near: _Origin, length: int) -> Any:
    whole = isinstance(number, int)
    made = _made(number, near.among(CellStatus.DERIVED, None, running.registry), whole=whole)
    made._sum, made._length = running, length
    return made


def _started(first: Any) -> Any:
    """The first cell of a builtin ``sum``, which adds it to 0."""
    nothing = cell(0, CellStatus.DERIVED, NOTHING, whole=True)
    if sums_allowed():
        return nothing if isinstance(first, HiddenCell) else first
    if first._sum is not None:
        registry, rows = _consists_of(first)
        return _sum_cell(RunningSum(registry, [*rows], started=True), first.number, first._origin, len(rows))
    if first.status == CellStatus.ABSENT:
        made = first = nothing
    else:
        check = check_sums(first.as_cells())
        if not check.valid:
            raise _error(check)
        _tell_who_left(first)
        origin = first._origin.among(first.status, first.address, first.registry)
        made = _made(first.number, origin, whole=isinstance(first, IntegerCell))
    made._sum, made._length = RunningSum(first.registry, [_row(first)], started=True), 1
    return made


def _skipped(one: Any) -> Exception:
    """The error for a sum of plain objects from which hidden cells were, or may have been, left out."""
    return _error(check_sums(replace(one.as_cells(), dropped=max(one.beside, 1))), so_far=True)


# Whether a sum of single cells was refused, and nobody has looked since whether the error is still on its way.
_refused = False
_look: Final = ctypes.pythonapi.PyErr_Occurred


def _error(check: SumCheck, *, so_far: bool = False) -> Exception:
    """The error for a sum of single cells."""
    global _refused  # noqa: PLW0603 - it is the interpreter that has one error on its way
    _refused = True
    return sum_error(check, so_far=so_far)


def _raise_pending() -> None:
    """Raise the refusal that is on its way already: numpy's products of objects go on behind one, and would lose it."""
    global _refused  # noqa: PLW0603
    _look()  # ctypes raises what it finds
    _refused = False


# ---- all other arithmetic -----------------------------------------------------------------------------------------


def _combined(name: str, one: Any, other: Any, *, reflected: bool) -> Any:
    theirs = other
    if type(other) not in _BARE:
        other = other.item() if isinstance(other, np.generic) else other
        if not isinstance(other, int | float):
            return NotImplemented
        theirs = other.number if isinstance(other, Cell) else other
    mine = one.number
    function: Any = round if name == "round" else getattr(operator, name)
    try:
        number = function(theirs, mine) if reflected else function(mine, theirs)
    except (ZeroDivisionError, OverflowError):
        left, right = (theirs, mine) if reflected else (mine, theirs)
        with np.errstate(all="ignore"):
            number = float(function(np.float64(left), np.float64(right)))
    if type(number) is complex:
        return number
    origin = one._origin
    if other is not theirs:
        status, registry, moved = _paired(name, *((other, one) if reflected else (one, other)))
    elif theirs != theirs:  # noqa: PLR0124 - NaN, faster than asking math
        status, registry, moved = CellStatus.NOT_AVAILABLE, EMPTY, UNKNOWN
    else:
        address, status = one.address, origin.status[one._place]
        registry = origin.registry
        key = (name, reflected, other)
        step = _known_step(registry, key, address) or _new_step(
            registry, key, address, *scalar_addresses(name, one.as_cells(), other, reflected=reflected)
        )
        if mine == mine and number == number and (together := origin.moved(step)) is not None:  # noqa: PLR0124
            return _visible(number, together, one._place)
        registry, moved = step.registry, step.target if step.by is None else address + step.by
        if status == CellStatus.OBSERVED and not (moved == address and registry is origin.registry):
            status = CellStatus.DERIVED
    if number != number and status not in _NAMES:  # noqa: PLR0124
        status = CellStatus.NOT_AVAILABLE
    return _made(number, origin.among(status, moved, registry), whole=isinstance(number, int))


def _paired(name: str, first: Any, second: Any) -> tuple[int, Registry, int]:
    """The status and the address of what is computed from two cells, and what that is numbered in."""
    address, other = first.address, second.address
    registry: Registry = first._origin.registry
    if (
        registry is second._origin.registry
        and {first.status, second.status} <= _COMPUTED
        and (located := registry.locate(address)) is not None
        and (others := registry.locate(other)) is not None
    ):
        space = located[0]
        if others[0] is not space or (other - address) % space.per_measure:
            return CellStatus.DERIVED, registry, UNKNOWN
        # Measures of one cell: all of its neighbours move as it does.
        key = (name, "beside", other - address)
        step = _known_step(registry, key, address) or _new_step(
            registry, key, address, *paired_addresses(name, first.as_cells(), second.as_cells())
        )
        return CellStatus.DERIVED, step.registry, step.target if step.by is None else address + step.by
    pair = first.as_cells(), second.as_cells()
    found, addresses = paired_addresses(name, *pair)
    return int(paired_status(*pair)[0]), found, int(addresses[0])


def _known_step(registry: Registry, key: tuple[Any, ...], address: int) -> _Step | None:
    """How a cell moves when computed with a number; cells of one measure move alike, so one is looked at."""
    steps: tuple[_Step, ...] = registry.steps.get(key, ())
    for known in steps:
        if known.low <= address < known.high:
            return known
    return None


def _new_step(
    registry: Registry, key: tuple[Any, ...], address: int, moved: Registry, addresses: NDArray[np.int64]
) -> _Step:
    """Remember where one cell was moved to."""
    if len(registry.steps) >= 1024:
        registry.steps.clear()
    target = int(addresses[0])
    low, high = address, address + 1
    if (located := registry.locate(address)) is not None:
        low = address - located[1] % located[0].per_measure
        high = low + located[0].per_measure
    step = _Step(low, high, moved, target - address if target >= 0 else None, target)
    registry.steps[key] = (*registry.steps.get(key, ()), step)
    return step


def scalar_addresses(
    name: str, cells: Cells, number: float, *, reflected: bool
) -> tuple[Registry, NDArray[np.int64]]:
    """Addresses of cells after an operation with a plain number."""
    if name == "mul":
        return scaled_addresses(cells, number)
    if name == "round":
        return rounded_addresses(cells, int(number))
    if name == "truediv" and not reflected and number != 0:
        return scaled_addresses(cells, 1 / number)
    if name in {"add", "sub"} and not (reflected and name == "sub"):
        return shifted_addresses(cells, number)
    return shifted_addresses(cells, None)


def _is_zero(other: Any) -> bool:
    return not isinstance(other, Cell) and isinstance(other, int | float | np.number) and other == 0
