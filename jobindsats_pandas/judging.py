"""What answers tell of themselves: figures not published yet, periods that did not come, sums that contradict. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jobindsats_pandas.answers import SPARSE, keys_of, period_positions
from jobindsats_pandas.kinds import ROUNDED_TABLES, Kind, is_count
from jobindsats_pandas.metadata import TOTAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobindsats_pandas.answers import Block
    from jobindsats_pandas.grids import Numbers
    from jobindsats_pandas.metadata import Level, Measure
    from jobindsats_pandas.queries import Plan

__all__ = [
    "NOTHING_MISSING",
    "Column",
    "Cube",
    "Missing",
    "asked_periods",
    "asks_whole_levels",
    "available",
    "contradiction",
    "missing",
    "negative_counts",
    "perhaps_before_the_first",
    "suspiciously_rounded",
    "unexplained_since",
]


#: So many cells of 5, and none of 1 to 4, are no chance.
MANY_FIVES = 20


def negative_counts(blocks: Sequence[Block], question: Plan) -> list[str]:
    """Columns of counts with numbers below 0, but for differences (netto), which may be."""
    return [
        measure.column
        for place, measure in enumerate(question.measures)
        if is_count(measure.name, measure.group_name)
        and "netto" not in f"{measure.group_name} {measure.name}".casefold()
        and any(block.values[place].values.min(initial=0) < 0 for block in blocks)
    ]


def suspiciously_rounded(blocks: Sequence[Block], question: Plan) -> list[str]:
    """Columns of counts that look as if the table hid by rounding, though it is not known to: many 5s, no 1 to 4."""
    if question.table.id.casefold() in ROUNDED_TABLES:
        return []
    found = []
    for place, measure in enumerate(question.measures):
        columns = [block.values[place] for block in blocks]
        if not is_count(measure.name, measure.group_name) or any(c.nulls is not None for c in columns):
            continue
        fives = sum(column.among(5, 5) for column in columns)
        if fives >= MANY_FIVES and not any(column.among(1, 4) for column in columns):
            found.append(measure.column)
    return found


# --- not available, or hidden ----------------------------------------------------------------------------------------


def unexplained_since(blocks: Sequence[Block], question: Plan) -> str | None:
    """Find the earliest period with a null that the answers' own total rows do not explain.

    A null is *not available* if the overall total is null in that period and in every later one the table has.
    Whether it is, the answers tell if they hold a total that is shown, or all totals up to the newest period.

    Returns
    -------
    str or None
        A period id; None if everything is explained.
    """
    present, shown = _totals(blocks, question)
    every_total = np.logical_and.accumulate(present[::-1])[::-1]
    shown_later = np.logical_or.accumulate(shown[:, ::-1], axis=1)[:, ::-1]
    unexplained = np.zeros(len(present), dtype=bool)
    unexplained[asked_periods(question)] = True
    earliest = len(present)
    for measure, explained in enumerate(shown_later | every_total):
        open_periods = unexplained & ~explained
        if not open_periods.any():
            continue
        for block in blocks:
            missing = np.zeros(len(present), dtype=bool)
            missing[block.periods_with_null(measure)] = True
            earliest = min([earliest, *np.flatnonzero(missing & open_periods)[:1].tolist()])
    return question.period_type.periods[earliest] if earliest < len(present) else None


def asked_periods(question: Plan) -> np.ndarray:
    """Positions of the periods that were asked for, oldest first."""
    positions = period_positions(question.period_type.periods)
    return np.array([positions[period] for period in question.periods], dtype=np.intp)


def _totals(blocks: Sequence[Block], question: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Tell in which periods the overall total has a row, and where (measure, period) that row shows a number."""
    count = len(question.period_type.periods)
    present = np.zeros(count, dtype=bool)
    shown = np.zeros((len(question.measures), count), dtype=bool)
    for block in blocks:
        present[block.total_periods] = True
        for measure, numbers in enumerate(block.total_numbers):
            shown[measure, block.total_periods[~np.isnan(numbers)]] = True
    return present, shown


def perhaps_before_the_first(blocks: Sequence[Block], question: Plan) -> bool:
    """Whether a null may be older than its measure, and the answers hold no totals of older periods, which would tell.

    A null is *not available* too if the overall total is null in that period and in every earlier one the table has: then
    the measure was not published yet, and no count was too small.
    """
    present, shown = _totals(blocks, question)
    every_earlier = np.logical_and.accumulate(present)
    shown_earlier = np.logical_or.accumulate(shown, axis=1)
    shown_later = np.logical_or.accumulate(shown[:, ::-1], axis=1)[:, ::-1]
    early = present & ~every_earlier & ~shown_earlier & shown_later
    return any(
        early[measure, block.periods_with_null(measure)].any()
        for measure in np.flatnonzero(early.any(axis=1)).tolist()
        for block in blocks
    )


def available(blocks: Sequence[Block], question: Plan) -> list[range]:
    """For each measure, the positions of the periods from the first to the last in which it is available."""
    present, shown = _totals(blocks, question)
    found = []
    for measure in range(len(question.measures)):
        periods = np.flatnonzero(~present | shown[measure])
        found.append(range(int(periods[0]), int(periods[-1]) + 1) if periods.size else range(0))
    return found


# --- what did not come ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Missing:
    """What was asked for and did not come, by positions of periods: not available, and never 0.

    Attributes
    ----------
    periods : frozenset of int
        Periods without any row.
    totals : frozenset of int
        Periods with rows, but without that of the overall total, which was asked for.
    """

    periods: frozenset[int] = frozenset()
    totals: frozenset[int] = frozenset()

    @property
    def all_periods(self) -> frozenset[int]:
        """Periods of which anything did not come."""
        return self.periods | self.totals


NOTHING_MISSING = Missing()


def missing(blocks: Sequence[Block], question: Plan) -> Missing:
    """Find the periods that did not come, or came without the overall total that was asked for.

    A hierarchy asked for with ``*`` that gives its total in no period has none in its answers: nothing is missing.
    """
    asked = set(asked_periods(question).tolist())
    seen = {period for block in blocks for period in block.seen}
    codes = [(s.hierarchy.codes.get(TOTAL), s.codes) for s in question.selections]
    if not all(total in wanted for total, wanted in codes):
        return Missing(frozenset(asked - seen))
    totals = {period for block in blocks for period in block.total_periods.tolist()} & asked
    by_star = any(s.form == "*" for request in question.requests for s in request.selections)
    lost = asked & seen - totals if totals or not by_star else set()
    return Missing(frozenset(asked - seen), frozenset(lost))


def asks_whole_levels(question: Plan) -> bool:
    """Whether every dimension stands at its total or at all members of a level: then a period without a row is missing.

    Named members alone may all be left out, which says that they are 0.
    """
    for selection in question.selections:
        hierarchy, codes = selection.hierarchy, set(selection.codes)
        if not any(codes.issuperset(hierarchy.level_codes(level)) for level in hierarchy.levels):
            return False
    return True


# --- totals against their parts ---


#: Kinds whose parts add up to the total, and by how much each rounded number may be off.
_ADDING = {Kind.FULL_TIME: 0.5, Kind.MONEY: 0.5, Kind.FLOW: 0.0, Kind.STOCK: 0.0}


def contradiction(measure: Measure, kind: Kind, question: Plan, cells: Cube | Column) -> str | None:
    """Say where a total and all parts of one level, none of them hidden, miss each other by more than rounding.

    Parameters
    ----------
    kind : Kind
        What of it adds up.
    cells : Cube or Column
        Its numbers.
    """
    if kind not in _ADDING or question.table.id.casefold() in ROUNDED_TABLES:
        return None
    found = None
    for axis, selection in enumerate(question.selections):
        hierarchy, codes = selection.hierarchy, set(selection.codes)
        if hierarchy.codes.get(TOTAL) not in codes:
            continue
        for level in hierarchy.levels:
            if level.stop - level.start == 1 or not codes.issuperset(hierarchy.level_codes(level)):
                continue
            tolerance = _ADDING[kind] * (1 + level.stop - level.start) + 1e-6
            missed = _missed_in_grid if isinstance(cells, Cube) else _missed
            off = missed(cells, question, axis, level, tolerance)  # type: ignore[arg-type] # one for each kind
            if off is not None:
                total, parts, count, period = off
                name = hierarchy.labels[hierarchy.codes[TOTAL]]
                found = (
                    f"Table {question.table.id}, {measure.column!r}: in {question.period_type.periods[period]} {name!r} is"
                    f" {total:,.10g} and the members of {level.name!r}, all of them visible, add up to {parts:,.10g}"
                    f" ({count:,} such case{'' if count == 1 else 's'}). One of them is not what its name says, or additive= names a wrong kind: look at"
                    " both before either is relied on."
                )
    return found


class Column(NamedTuple):
    """Numbers row by row, NaN where there is none, and what each is of: its period, then the members in each dimension."""

    numbers: np.ndarray
    codes: Sequence[np.ndarray]


class Cube(NamedTuple):
    """Numbers of all combinations of some periods, and some members in each dimension: much cheaper to look at.

    Attributes
    ----------
    axes : sequence of ndarray
        The periods, and the members.
    came : ndarray of bool, or None
        Which combinations have a row, where one without says nothing; None where it says 0.
    """

    numbers: Numbers
    axes: Sequence[np.ndarray]
    came: np.ndarray | None = None


def _missed_in_grid(
    cells: Cube, question: Plan, axis: int, level: Level, tolerance: float
) -> tuple[float, float, int, int] | None:
    """As `_missed`, where the rows are all combinations."""
    nulls, scale = cells.numbers.nulls, 10**cells.numbers.decimals
    codes, total = cells.axes[1 + axis], question.selections[axis].hierarchy.codes[TOTAL]
    at, start, stop = map(int, np.searchsorted(codes, (total, level.start, level.stop)))
    if at == len(codes) or codes[at] != total or stop - start < level.stop - level.start:
        return None  # a total that never came, or a level without some of its members
    parts = (slice(None),) * (1 + axis) + (slice(start, stop),)
    values = _with_room(cells.numbers.values, 1 + stop - start)
    totals, sums = values.take(at, 1 + axis), _along(values[parts], 1 + axis)
    missed = np.abs(totals - sums) > tolerance * scale
    if nulls is not None and missed.any():
        missed &= ~(nulls.take(at, 1 + axis) | _along(nulls[parts], 1 + axis))
    if cells.came is not None:
        missed &= cells.came.take(at, 1 + axis) & _along(cells.came[parts], 1 + axis)
    count = int(np.count_nonzero(missed))
    if not count:
        return None
    first = np.unravel_index(int(missed.argmax()), missed.shape)
    return float(totals[first]) / scale, float(sums[first]) / scale, count, int(cells.axes[0][first[0]])


def _with_room(values: np.ndarray, count: int) -> np.ndarray:
    """Whole numbers in a type that holds the sum of so many of them; others as they are."""
    if values.dtype.kind != "i":
        return values
    largest = count * max(int(values.max(initial=0)), -int(values.min(initial=0)))
    kind = np.min_scalar_type(-min(largest, np.iinfo(np.int64).max))
    return values.astype(np.result_type(values, kind), copy=False)


def _along(parts: np.ndarray, axis: int) -> np.ndarray:
    """Add up along an axis, or tell whether any is true: in half the time of `sum` and `any`, for which it is too short."""
    axes = list(range(parts.ndim))
    added: np.ndarray = np.einsum(parts, axes, [other for other in axes if other != axis])
    return added


def _missed(
    cells: Column, question: Plan, axis: int, level: Level, tolerance: float
) -> tuple[float, float, int, int] | None:
    """Find where the members of a level do not add up to the total: both figures, how often, and the first period."""
    numbers, periods, codes = cells.numbers, cells.codes[0], cells.codes[1 + axis]
    total = question.selections[axis].hierarchy.codes[TOTAL]
    at_total = np.flatnonzero(codes == total)
    of_level = np.flatnonzero((codes >= level.start) & (codes < level.stop))
    others = [other for place, other in enumerate(cells.codes) if place != 1 + axis]
    asked = [asked_periods(question)]
    asked += [
        np.array(s.codes, dtype=np.intp) for place, s in enumerate(question.selections) if place != axis
    ]
    key, combinations = keys_of(others, asked)
    if combinations > SPARSE * len(key):
        distinct, key = np.unique(key, return_inverse=True)
        combinations = len(distinct)
    sums = np.bincount(key[of_level], numbers[of_level], combinations)  # NaN wherever a part is hidden
    counts = np.bincount(key[of_level], minlength=combinations)
    keys = key[at_total]
    distance = np.abs(numbers[at_total] - sums[keys])
    off = np.flatnonzero((distance > tolerance) & (counts[keys] > 0))
    if not off.size:
        return None
    first = off[0]
    return (
        float(numbers[at_total[first]]),
        float(sums[keys[first]]),
        len(off),
        int(periods[at_total[first]]),
    )
