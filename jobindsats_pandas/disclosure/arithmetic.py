"""What arithmetic makes of statuses and addresses. Pure; the numbers themselves are computed elsewhere.

Scaling keeps a cell's address, as a measure derived from its own and of the same kind. Two measures of one and the
same cell give a derived measure too: a ratio has no kind, nor has a product but for two; a difference of two measures
of one kind has theirs. Everything else is a number of unknown address.
"""

from __future__ import annotations

import hashlib
import math
import re
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
from jobindsats_pandas.kinds import Kind, measure_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = [
    "derived_status",
    "kind_of_estimate",
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
    """Parts of cells that are all multiplied by one number."""
    if factor == 1:
        return cells.registry, cells.addresses
    if not math.isfinite(factor) or factor == 0:
        return cells.registry, _kept(cells.addresses, NOTHING, STATISTIC)
    return _derived(cells.registry, cells.addresses, lambda measure: _scaled_measure(measure, factor))


def rounded_addresses(cells: Cells, decimals: int) -> tuple[Registry, Codes]:
    """Parts of cells that are rounded."""
    return _derived(
        cells.registry,
        cells.addresses,
        lambda measure: AddressMeasure(
            f"rounded({measure.id},{decimals})",
            f"{measure.name} rounded",
            measure.kind,
            ("rounded", measure.id, str(decimals)),
        ),
    )


def shifted_addresses(cells: Cells, number: float | None) -> tuple[Registry, Codes]:
    """Parts of cells that a number is added to (None: something else is done to them)."""
    if number == 0:
        return cells.registry, cells.addresses
    return cells.registry, _kept(cells.addresses, STATISTIC)


def paired_addresses(operation: str, left: Cells, right: Cells) -> tuple[Registry, Codes]:
    """Parts of what is computed from two cells, pair by pair.

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
    for place in range(len(registry.spaces)):
        registry, ours, theirs, result = _pair_in(place, operation, registry, ours, theirs, result)
    return registry, result


def _pair_in(
    place: int, operation: str, registry: Registry, ours: Codes, theirs: Codes, result: Codes
) -> tuple[Registry, Codes, Codes, Codes]:
    space, offset = registry.spaces[place], registry.offsets[place]
    inside = (
        (ours >= offset) & (ours < offset + space.size) & (theirs >= offset) & (theirs < offset + space.size)
    )
    if not inside.any():
        return registry, ours, theirs, result
    left, right = (ours[inside] - offset), (theirs[inside] - offset)
    same = left % space.per_measure == right % space.per_measure
    left, right = left[same], right[same]
    where = np.flatnonzero(inside)[same]
    pairs = np.unique(np.stack([left // space.per_measure, right // space.per_measure]), axis=1).T
    measures = space.measures
    for one, other in pairs:
        measure = _paired_measure(operation, measures[one], measures[other], measures)
        try:
            registry, code, recode = registry.with_measure(place, measure)
        except ValueError:  # pragma: no cover - more derived measures than can be numbered
            continue
        if recode is not None:
            ours, theirs, result = recode(ours), recode(theirs), recode(result)
        here = (left // space.per_measure == one) & (right // space.per_measure == other)
        number = code * space.per_measure + left[here] % space.per_measure
        result[where[here]] = number + registry.offsets[place]
    return registry, ours, theirs, result


def _paired_measure(
    operation: str, left: AddressMeasure, right: AddressMeasure, known: Sequence[AddressMeasure]
) -> AddressMeasure:
    estimate = False
    if operation == "truediv":
        kind, sign = Kind.NONE, "/"
    elif operation == "mul":
        kind, sign = _kind_of_product(left, right, known), "×"
        estimate = kind is not Kind.NONE and not (left.derived or right.derived)
    else:
        kind, sign = left.kind if left.kind is right.kind else Kind.NONE, "−"
    if estimate:
        operation = ESTIMATE
    return AddressMeasure(
        _short(f"{operation}({left.id},{right.id})"),
        f"{'≈ ' * estimate}{left.name} {sign} {right.name}",
        kind,
        (operation, left.id, right.id),
    )


def _kind_of_product(left: AddressMeasure, right: AddressMeasure, known: Sequence[AddressMeasure]) -> Kind:
    """A product has no kind, but for two: of a ratio and its denominator, and of what is so much for each and those.

    Of a ratio that was made here the numerator is known: times its denominator it is the numerator again, and adds as
    that does. Of a published rate nothing is known but its name; see `kind_of_estimate`.
    """
    if Kind.NONE not in (left.kind, right.kind):
        return Kind.NONE
    rate, count = (left, right) if left.kind is Kind.NONE else (right, left)
    by_id = {measure.id: measure for measure in known}
    if rate.operation and rate.operation[0] == "scaled":
        rate = by_id[rate.operation[1]]
    if not rate.derived:
        return Kind.NONE if count.derived else kind_of_estimate(rate.name, count.name)
    operation, *operands = rate.operation
    if operation == "truediv" and operands[1] == count.id:
        return by_id[operands[0]].kind
    return Kind.NONE


def kind_of_estimate(rate: str, count: str) -> Kind:
    """What a published rate times a count counts, where the rate's name says that it is per one of those counted.

    Parameters
    ----------
    rate, count : str
        Names of measures.

    Examples
    --------
    >>> kind_of_estimate("Gnsn. udbetaling pr. person, kr.", "Antal personer med udbetaling")
    <Kind.MONEY: 'money'>
    >>> kind_of_estimate("Gnsn. antal sanktioner pr. sanktioneret ledig", "Antal sanktioner i alt")
    <Kind.NONE: 'none'>
    """
    rate, count = (name.rpartition(": ")[2].casefold() for name in (rate, count))
    found = _PER.search(rate)
    words = _WORD.findall(count.partition(",")[0].partition("(")[0])
    if not found or words[:1] != ["antal"]:
        return Kind.NONE
    noun, counted = _WORD.findall(found["noun"]), words[1:]
    ends = counted[len(noun) : len(noun) + 1]
    if not noun or not all(map(_same_word, noun, counted)) or len(counted) < len(noun):
        return Kind.NONE
    if (ends and ends[0] not in _PREPOSITIONS) or "," in count:
        return Kind.NONE
    before = _AVERAGE.sub("", found["before"]).strip()
    return Kind.MONEY if _MONEY.search(rate) else measure_kind(before)


# "… pr. person", "… pr. sanktioneret ledig, kr.": what there is so much of for each.
_PER = re.compile(r"^(?P<before>.+?)\s+pr\.\s+(?P<noun>[^\W\d]+(?:\s+[^\W\d]+)*)\s*(?:,.*)?$")
_WORD = re.compile(r"[^\W\d_]+")
_AVERAGE = re.compile(r"^(?:gnsn\.?|gns\.?|gennemsnitlig[te]?)\s+")
_MONEY = re.compile(r"\bkr\b|udbetal\w*|udgift\w*|beløb\w*|\bydelse\w*|\bløn\w*|refusion\w*")
_PREPOSITIONS = frozenset(("af", "der", "for", "fra", "i", "med", "på", "som", "til", "uden"))
_ENDINGS = frozenset(("", "d", "de", "e", "en", "ene", "er", "erne", "et", "n", "ne", "r", "t", "te"))


def _same_word(one: str, other: str) -> bool:
    """Whether two Danish words differ by their endings alone."""
    common = next(
        (place for place, pair in enumerate(zip(one, other, strict=False)) if len(set(pair)) > 1),
        min(len(one), len(other)),
    )
    return common >= 4 and one[common:] in _ENDINGS and other[common:] in _ENDINGS


def _scaled_measure(measure: AddressMeasure, factor: float) -> AddressMeasure | str:
    """The measure times a number; the id of the measure that it was scaled from where that undoes the scaling."""
    base, name = measure.id, measure.name
    if measure.operation and measure.operation[0] == "scaled":
        base, factor, name = (
            measure.operation[1],
            float(measure.operation[2]) * factor,
            name.rpartition(" × ")[0],
        )
        if factor == 1:
            return base
    return AddressMeasure(
        _short(f"scaled({base},{factor!r})"),
        f"{name} × {factor:g}",
        measure.kind,
        ("scaled", base, repr(float(factor))),
    )


def _derived(
    registry: Registry, addresses: Codes, derive: Callable[[AddressMeasure], AddressMeasure | str]
) -> tuple[Registry, Codes]:
    """Move every cell of a known address to the measure derived from its own."""
    result = _kept(addresses, NOTHING, STATISTIC)
    for place in range(len(registry.spaces)):
        space, offset = registry.spaces[place], registry.offsets[place]
        where = np.flatnonzero((addresses >= offset) & (addresses < offset + space.size))
        if not len(where):
            continue
        numbers = addresses[where] - offset
        lowest, highest = int(numbers.min()) // space.per_measure, int(numbers.max()) // space.per_measure
        codes = [lowest] if lowest == highest else list(np.unique(numbers // space.per_measure))
        for old in codes:
            measure = derive(space.measures[old])
            if isinstance(measure, str):
                code, recode = space.measure_code(measure), None
            else:
                try:
                    registry, code, recode = registry.with_measure(place, measure)
                except ValueError:  # pragma: no cover - more derived measures than can be numbered
                    continue
            if recode is not None:
                addresses, result = recode(addresses), recode(result)
            here = slice(None) if lowest == highest else numbers // space.per_measure == old
            moved = numbers[here] + (code - old) * space.per_measure + registry.offsets[place]
            result[where[here]] = moved
    return registry, result


def _kept(addresses: Codes, *special: int) -> Codes:
    result = np.full(len(addresses), UNKNOWN, dtype=np.int64)
    for code in special:
        result[addresses == code] = code
    return result


def _short(text: str) -> str:
    """An id that does not grow without end when arithmetic is chained."""
    if len(text) <= 120:
        return text
    return f"{text[:80]}…{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"


def negated(cells: Cells) -> bool:
    """Whether all cells were multiplied by a negative number: taking them away would be adding them."""
    measures = cells.registry.measures(cells.addresses)
    return bool(measures) and all(
        measure.operation[:1] == ("scaled",) and float(measure.operation[2]) < 0 for _, measure in measures
    )


def zero_where_left_out(cells: Cells) -> Cells:
    """Turn combinations that the API left out into the zeros they count as; holes stay holes."""
    left_out = (cells.status == CellStatus.ABSENT) & (cells.addresses >= 0)
    if not left_out.any():
        return cells
    values, status = cells.values.copy(), cells.status.copy()
    values[left_out], status[left_out] = 0, CellStatus.DERIVED
    return Cells(values, status, cells.addresses, cells.registry, cells.dropped)


def undefined(values: NDArray[np.float64], status: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Statuses in which a number that is none (0 divided by 0) is not available."""
    wrong = np.isnan(values) & ~is_missing(status)
    return np.where(wrong, np.uint8(CellStatus.NOT_AVAILABLE), status) if wrong.any() else status
