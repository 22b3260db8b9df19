"""What arithmetic makes of statuses and addresses. Pure; the numbers themselves are computed elsewhere.

Scaling keeps a cell's address, as a measure derived from its own and of the same kind; a multiple of a measure less
another is one too. Two measures of one and the same cell give a derived measure too: a ratio has no kind, nor has a product but for two; a difference of two measures
of one kind has theirs. Everything else is a number of unknown address.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Final

import numpy as np

from jobindsats_pandas.disclosure.addresses import (
    ESTIMATE,
    NOTHING,
    STATISTIC,
    UNKNOWN,
    AddressMeasure,
    Codes,
    Registry,
)
from jobindsats_pandas.disclosure.cells import Cells, CellStatus, aligned, is_missing
from jobindsats_pandas.kinds import Kind, kind_of_estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

__all__ = [
    "derived_status",
    "negated",
    "paired_addresses",
    "paired_status",
    "rounded_addresses",
    "scaled_addresses",
    "shifted_addresses",
    "undefined",
    "zero_where_left_out",
]

# The worse of two statuses stands; 0 is the best.
_RANK: Final = np.array([0, 7, 6, 4, 2, 1, 3, 5], dtype=np.uint8)
_STATUS: Final = np.argsort(_RANK).astype(np.uint8)


def derived_status(status: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The status of what is computed from cells one by one."""
    return np.where(status == CellStatus.OBSERVED, np.uint8(CellStatus.DERIVED), status)


def paired_status(left: Cells, right: Cells) -> NDArray[np.uint8]:
    """The status of what is computed from two cells: the worse one's.

    Beside a hole there is nothing to compute; a combination that the API left out counts as 0.
    """
    worse = _STATUS[np.maximum(_RANK[left.status], _RANK[right.status])]
    both = (left.status == CellStatus.ABSENT) & (right.status == CellStatus.ABSENT)
    result = derived_status(worse)
    result[(result == CellStatus.ABSENT) & ~both] = CellStatus.NOT_AVAILABLE
    return result


def scaled_addresses(cells: Cells, factor: float) -> tuple[Registry, Codes]:
    """Addresses of cells that are all multiplied by one number."""
    if factor == 1:
        return cells.registry, cells.addresses
    if not math.isfinite(factor):
        return cells.registry, _kept(cells.addresses, NOTHING, STATISTIC)
    return _of_each(cells, lambda known, measure: _scaled_measure(known, measure, factor))


def rounded_addresses(cells: Cells, decimals: int) -> tuple[Registry, Codes]:
    """Addresses of cells that are rounded."""

    def rounded(_: Sequence[AddressMeasure], one: AddressMeasure) -> AddressMeasure:
        return _measure("rounded", (one.id, str(decimals)), f"{one.name} rounded", one.kind, one)

    return _of_each(cells, rounded)


def shifted_addresses(cells: Cells, number: float | None) -> tuple[Registry, Codes]:
    """Addresses of cells that a number is added to (None: something else is done to them)."""
    if number == 0:
        return cells.registry, cells.addresses
    return cells.registry, _kept(cells.addresses, STATISTIC)


def paired_addresses(operation: str, left: Cells, right: Cells) -> tuple[Registry, Codes]:
    """Addresses of what is computed from two cells, pair by pair.

    Parameters
    ----------
    operation : str
        Only ``"truediv"``, ``"mul"`` and ``"sub"`` carry a meaning.
    """
    registry, (ours, theirs) = aligned(left, right)
    result = np.full(len(ours), UNKNOWN, dtype=np.int64)
    result[(ours == STATISTIC) | (theirs == STATISTIC)] = STATISTIC
    if operation not in {"truediv", "mul", "sub"}:
        return registry, result
    pairs = []
    for place, where, numbers in registry.split(ours):
        space = registry.spaces[place]
        others = theirs[where] - registry.offsets[place]
        of_one_cell = (numbers - others) % space.per_measure == 0
        same = np.flatnonzero((others >= 0) & (others < space.size) & of_one_cell)
        if len(same):
            pairs.append((place, np.arange(len(ours))[where][same], (numbers[same], others[same])))
    return _derived(registry, result, pairs, lambda *known: _paired_measure(operation, *known))


def _of_each(cells: Cells, derive: Callable[..., AddressMeasure]) -> tuple[Registry, Codes]:
    """The addresses of cells computed one by one."""
    found = [(place, where, (numbers,)) for place, where, numbers in cells.registry.split(cells.addresses)]
    return _derived(cells.registry, _kept(cells.addresses, NOTHING, STATISTIC), found, derive)


def _derived(
    registry: Registry,
    result: Codes,
    found: Iterable[tuple[int, NDArray[np.intp] | slice, tuple[Codes, ...]]],
    derive: Callable[..., AddressMeasure],
) -> tuple[Registry, Codes]:
    """Write the addresses of derived cells: those of their first operand, moved to the measure that is derived.

    Parameters
    ----------
    found : iterable of (place of a space, where in the result, numbers of each operand in the space)
    derive : callable
        Makes a measure of all those of the space and of one of each operand.
    """
    written: list[tuple[int, NDArray[np.intp] | slice, Codes]] = []
    for place, where, operands in found:
        space = registry.spaces[place]
        shape = [len(space.measures)] * len(operands)
        keys = np.ravel_multi_index([numbers // space.per_measure for numbers in operands], shape)
        present = np.flatnonzero(np.bincount(keys))
        for key in present:
            first, *others = np.unravel_index(key, shape)
            measure = derive(space.measures, *(space.measures[code] for code in (first, *others)))
            try:
                registry, code = registry.with_measure(place, measure)
            except ValueError:  # pragma: no cover - more derived measures than can be numbered
                continue
            numbers = operands[0] + (code - first) * space.per_measure
            if len(present) > 1:
                here = np.flatnonzero(keys == key)
                written.append((place, np.arange(len(result))[where][here], numbers[here]))
            else:
                written.append((place, where, numbers))
    # Only now is it known where each space begins.
    for place, where, numbers in written:
        result[where] = numbers + registry.offsets[place]
    return registry, result


def _paired_measure(
    operation: str, known: Sequence[AddressMeasure], left: AddressMeasure, right: AddressMeasure
) -> AddressMeasure:
    (base, times), (other, less) = _unscaled(known, left), _unscaled(known, right)
    if operation == "sub" and base.id == other.id:
        return _scaled_measure(known, base, times - less)
    sign = {"truediv": "/", "mul": "×", "sub": "−"}[operation]
    name, kind = f"{left.name} {sign} {right.name}", Kind.NONE
    if operation == "mul":
        kind, estimated = _kind_of_product(known, left, right)
        if estimated:
            operation, name = ESTIMATE, f"≈ {name}"
    elif operation == "sub" and left.kind is right.kind:
        kind = left.kind
    return _measure(operation, (left.id, right.id), name, kind, left, right)


def _kind_of_product(
    known: Sequence[AddressMeasure], left: AddressMeasure, right: AddressMeasure
) -> tuple[Kind, bool]:
    """A product has no kind, but for two: of a ratio and its denominator, and of what is so much for each and those.

    Of a ratio that was made here the numerator is known: times its denominator it is the numerator again, and adds as
    that does. Of a published rate nothing is known but its name; see `kind_of_estimate`. Then the product is known to
    within the rate's rounding, which the second value tells.
    """
    if Kind.NONE not in (left.kind, right.kind):
        return Kind.NONE, False
    rate, count = (left, right) if left.kind is Kind.NONE else (right, left)
    rate, _ = _unscaled(known, rate)
    if not rate.derived:
        kind = Kind.NONE if count.derived else kind_of_estimate(rate.name, count.name)
        return kind, kind is not Kind.NONE
    operation, numerator, denominator, *_ = rate.operation
    if operation == "truediv" and denominator == count.id:
        return next(one.kind for one in known if one.id == numerator), False
    return Kind.NONE, False


def _scaled_measure(
    known: Sequence[AddressMeasure], measure: AddressMeasure, factor: float
) -> AddressMeasure:
    """The measure times a number; the one that it was scaled from where that undoes the scaling."""
    base, before = _unscaled(known, measure)
    factor = float(before * factor)
    if factor == 1:
        return base
    return _measure("scaled", (base.id, repr(factor)), f"{base.name} × {factor:g}", base.kind, base)


def _unscaled(known: Sequence[AddressMeasure], measure: AddressMeasure) -> tuple[AddressMeasure, float]:
    """What a measure was scaled from, and by how much; itself, once, where it was not."""
    if measure.operation[:1] != ("scaled",):
        return measure, 1
    base, factor = measure.operation[1:3]
    return next(one for one in known if one.id == base), float(factor)


def _measure(
    operation: str, operands: tuple[str, ...], name: str, kind: Kind, *of: AddressMeasure
) -> AddressMeasure:
    """A measure made by arithmetic; what is made of an estimate is one too."""
    how = (operation, *operands)
    if operation != ESTIMATE and any(measure.approximate for measure in of):
        how = (*how, ESTIMATE)
    identifier = f"{operation}({','.join(operands)})"
    if len(identifier) > 120:
        # It does not grow without end when arithmetic is chained.
        digest = hashlib.blake2b(identifier.encode(), digest_size=12).hexdigest()
        identifier = f"{identifier[:80]}…{digest}"
    return AddressMeasure(identifier, name, kind, how)


def _kept(addresses: Codes, *special: int) -> Codes:
    return np.where(np.isin(addresses, special), addresses, UNKNOWN)


def negated(cells: Cells) -> bool:
    """Whether all cells were multiplied by a negative number: taking them away would be adding them."""
    measures = cells.registry.measures(cells.addresses)
    return bool(measures) and all(
        measure.operation[:1] == ("scaled",) and float(measure.operation[2]) < 0 for _, measure in measures
    )


def zero_where_left_out(cells: Cells) -> Cells:
    """Turn combinations that the API left out into the zeros they count as; holes stay holes."""
    left_out = cells.left_out
    if not left_out.any():
        return cells
    values, status = cells.values.copy(), cells.status.copy()
    values[left_out], status[left_out] = 0, CellStatus.DERIVED
    return Cells(values, status, cells.addresses, cells.registry, cells.dropped)


def undefined(values: NDArray[np.float64], status: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Statuses in which a number that is none (0 divided by 0) is not available."""
    wrong = np.isnan(values) & ~is_missing(status)
    return np.where(wrong, np.uint8(CellStatus.NOT_AVAILABLE), status) if wrong.any() else status
