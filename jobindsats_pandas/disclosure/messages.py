"""What a refused sum tells: how many cells, what follows, what to take instead, the way out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from jobindsats_pandas.disclosure.addresses import APART, UNKNOWN, AddressDimension, AddressMeasure, months_of
from jobindsats_pandas.disclosure.cells import CellStatus, is_hidden
from jobindsats_pandas.disclosure.sums import SumCheck, check_sums
from jobindsats_pandas.errors import InvalidSumError
from jobindsats_pandas.kinds import Kind, measure_kind
from jobindsats_pandas.notices import needs_client

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from jobindsats_pandas.disclosure.tables import TableCells

__all__ = ["OBJECTS_OF_PIVOT", "left_out", "some", "sum_error", "told_unseen"]

#: What is told where pandas makes objects of the cells of all columns.
OBJECTS_OF_PIVOT = (
    "a list of values= makes columns of objects, which no export takes and hardly anything guards. With one name,"
    " values='…', or without values= the cells stay guarded; df.jobindsats.to_wide(columns='…', measure='…') lays out one"
    " measure."
)


def sum_error(
    check: SumCheck,
    operation: str = "sum",
    *,
    units: str = "groups",
    keys: Sequence[str] = (),
    so_far: bool = False,
) -> InvalidSumError:
    """The error for a refused sum; of several groups, the first refused one is described.

    Parameters
    ----------
    check : SumCheck
    operation : str
        What was called, as the user knows it.
    units : str
        What the groups are to the user; ``"rows"`` where columns were added side by side.
    keys : sequence of str
        The names that the groups were made by.
    so_far : bool
        Whether these are only the first cells of a sum that goes on: their interval is not that of the sum.
    """
    bad = np.flatnonzero(check.bad)
    one = check
    if check.ids is not None:
        one = check_sums(check.cells[np.flatnonzero(check.ids == bad[0])])
    several = "after the first" if so_far else "for"
    if check.groups > 1:
        several = f"in {len(bad):,} of {check.groups:,} {units}; the first has"
    chosen = _Selection.of(one)
    advice = [*_instead(check, one, chosen, units, tuple(keys)), *_way_out(one)]
    if operation == "sum(axis=1)" and check.only_hidden_stand_against:
        right = check.groups - len(bad)
        advice.insert(
            0,
            f"df.sum(axis=1, skipna=False)  # {right:,} of {check.groups:,} rows are right, and the others hidden",
        )
    lines = [
        f"{operation}: refused {several} {_what(one).removeprefix('1 ' if so_far else '')}.",
        *(f"  {reason}: {_because(reason, one)}" for reason in one.reasons_of()),
        *([] if so_far else [_consequence(one)]),
        "Instead:",
        *(f"  {line}" for line in dict.fromkeys(advice)),
    ]
    url = next((table.space.url for table in one.tables if needs_client(table.space.url)), "")
    if url and any("client=client" in line for line in advice):
        lines.append(f"  # client: the ji.Client of {url}, where these cells come from")
    return InvalidSumError("\n".join(lines), reasons=check.reasons_of())


# ---- what was asked, and why not --------------------------------------------------------------------------------


def _measures(check: SumCheck) -> list[AddressMeasure]:
    return [measure for table in check.tables for measure, _ in table.by_measure()]


def _names(check: SumCheck) -> list[str]:
    """What the measures are called, of sums those that were added up."""
    return [
        table.space.measures[base].name
        for table in check.tables
        for base in np.unique(table.space.bases[table.measure])
    ]


def _what(check: SumCheck) -> str:
    """How many cells, of which measure and table."""
    count = int(check.count[0])
    names = _names(check)
    cells = f"{count:,} cell{'s' * (count != 1)}"
    if not names:
        return f"{cells} of no known measure"
    of = repr(names[0]) if len(names) == 1 else f"{len(names)} measures"
    return f"{cells} of {of} ({check.tables[0].space.table})"


def _because(reason: str, check: SumCheck) -> str:
    total, measures, dropped = int(check.count[0]), _measures(check), check.cells.dropped

    def of_all(count: int, one: str, several: str) -> str:
        return f"{count:,} of {total:,} cells {one if count == 1 else several}"

    def cells_are(status: CellStatus) -> str:
        return "the cell is" if total == 1 else of_all(int(check.count_of(status)[0]), "is", "are")

    match reason:
        case "measures":
            return f"{some(_names(check))} are different measures"
        case "rate":
            return _because_rate([measure for measure in measures if measure.kind is Kind.NONE])
        case "persons":
            text = "a person is counted once in every part he or she belongs to; a sum of parts counts some twice"
            return text + _told_otherwise(measures)
        case "unknown":
            unknown = of_all(int((check.active.addresses == UNKNOWN).sum()), "belongs", "belong")
            return f"{unknown} to no known cell of a table (built by hand, or computed with numbers or other cells)"
        case "levels":
            mixed = some(check.mixed_levels())
            return f"totals and their parts, or different levels, stand together in {mixed}"
        case "repeated":
            again = sum(len(table.numbers) - len(np.unique(table.numbers)) for table in check.tables)
            if not again:
                return "sums of some of the same cells stand together, or such a sum and its cell"
            return f"{of_all(again, 'repeats', 'repeat')} another one"
        case "periods":
            return _because_periods(check, measures)
        case "not_available":
            are = cells_are(CellStatus.NOT_AVAILABLE)
            return f"{are} not available (not published yet, or without meaning)"
        case "hidden":
            return f"{cells_are(CellStatus.DISCRETIONISED)} discretionised{_of_size(measures)}"
        case "rounded":
            return f"{cells_are(CellStatus.ROUNDED)} hidden by rounding: what is shown stands for any number up to it"
        case "filled":
            return f"{cells_are(CellStatus.FILLED)} hidden or unavailable, and filled with a guess"
    gone = f"{dropped:,} hidden {'cell' if dropped == 1 else 'cells'} beside {'this one' if total == 1 else 'these'}"
    return f"{gone} {'is' if dropped == 1 else 'are'} left out; the rest is not the whole"


def _because_rate(rates: list[AddressMeasure]) -> str:
    if not rates:
        return "means, medians and other statistics do not add"
    names = some([measure.name for measure in rates])
    if all(measure.derived for measure in rates):
        return f"{names}: ratios, products and the like do not add"
    text = f"{names}: rates, averages, durations and unknown names do not add"
    return text + _told_otherwise([measure for measure in rates if not measure.derived])


def _told_otherwise(measures: list[AddressMeasure]) -> str:
    """Whether the kind is not the one that the name tells."""
    told = any(not measure.derived and measure.kind is not measure_kind(measure.name) for measure in measures)
    return f" (of kind {str(measures[0].kind)!r} by additive= or by its group)" if told else ""


def _of_size(measures: list[AddressMeasure]) -> str:
    if len(measures) != 1 or measures[0].derived or not math.isfinite(measures[0].kind.largest_hidden):
        return ""
    full_time = measures[0].kind is Kind.FULL_TIME
    return " (3 full-time persons or fewer)" if full_time else " (a count of 0, 1 or 2)"


def _because_periods(check: SumCheck, measures: list[AddressMeasure]) -> str:
    periods = [table.space.periods[code] for table in check.tables for code in table.periods.keys.tolist()]
    names = some([period for _, period in periods])
    types = {period_type for period_type, _ in periods}
    if len(types) > 1:
        return f"periods of different types overlap ({names})"
    if not types <= {*APART}:
        return f"periods of the type {next(iter(types))} overlap ({names})"
    why = {
        Kind.PERSONS: "the same persons are counted in each period",
        Kind.FULL_TIME: "full-time persons are an average over each period",
        Kind.STOCK: "the same stock is counted in each period",
    }
    return f"{why.get(measures[0].kind, 'it does not add over periods')} ({names})"


def _consequence(check: SumCheck) -> str:
    bounds = check.bounds()
    low, high = float(bounds.low[0]), float(bounds.high[0])
    if np.isnan(low):
        return "The sum would be a wrong number, and no interval can be given for the true one."
    if np.isinf(high):
        return f"The true number is at least {_number(low)}; nothing bounds it from above."
    return f"The true number lies between {_number(low)} and {_number(high)}."


# ---- what to take instead ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Selection:
    """Published cells of one measure, and what they run over.

    Attributes
    ----------
    table : TableCells
        Combinations that were left out are among them: they are 0, and complete a selection.
    measure : AddressMeasure
    periods : list of (period type, period id)
    members : list of int array
        The distinct members in each dimension.
    """

    table: TableCells
    measure: AddressMeasure
    periods: list[tuple[str, str]]
    members: list[NDArray[np.integer]]

    @classmethod
    def of(cls, check: SumCheck) -> _Selection | None:
        """The selection of one group; None for cells of several measures, computed ones and unknown ones."""
        status = np.where(check.cells.left_out, np.uint8(CellStatus.OBSERVED), check.cells.status)
        check = check_sums(replace(check.cells, status=status))
        measures = _measures(check)
        if len(measures) != 1 or measures[0].derived or (check.active.addresses < 0).any():
            return None
        (table,) = check.tables
        periods, *members = map(np.unique, table.taken_apart)
        return cls(table, measures[0], [table.space.periods[code] for code in periods], members)

    @property
    def over(self) -> list[int]:
        """The dimensions in which there are several members."""
        return [place for place, here in enumerate(self.members) if len(here) > 1]

    @property
    def client(self) -> str:
        """What a call that asks the API must say besides."""
        return ", client=client" if needs_client(self.table.space.url) else ""

    @property
    def whole(self) -> bool:
        """Whether every combination of what there is is there."""
        combinations = math.prod((len(self.periods), *map(len, self.members)))
        return len(np.unique(self.table.numbers)) == combinations

    def published(self) -> list[str]:
        """The calls for the published number that stands for just these cells, whatever makes it up."""
        if not self.whole or not (self.over or len(self.periods) > 1):
            return []
        covering = [
            _covering_member(dimension, here)
            for dimension, here in zip(self.table.space.dimensions, self.members, strict=True)
        ]
        period = self.periods[0] if len(self.periods) == 1 else self._covering_period()
        if None in covering or period is None:
            return []
        if len(self.periods) == 1 and all(covering[place] == ("", "/") for place in self.over):
            return self.total(self.over)
        by = dict(one for one in covering if one and one[0])
        words = [repr(self.table.space.table), *([f"by={by!r}"] if by else []), f"periods={period[1]!r}"]
        if len(self.periods) > 1:
            words.append(f"period_type={period[0]!r}")
        call = f"ji.read_jobindsats({', '.join(words)}{self.client})"
        return [f"{call}  # the published number of what these make up"]

    def _covering_period(self) -> tuple[str, str] | None:
        """The published period of a coarser type that consists of just these."""
        months = [months_of(period) for _, period in self.periods]
        wanted = sorted(month for one in months for month in one)
        if not all(months) or len({period_type for period_type, _ in self.periods}) > 1:
            return None
        return next((one for one in self.table.space.periods if [*months_of(one[1])] == wanted), None)

    def total(self, over: list[int]) -> list[str]:
        """The calls for the published total over some dimensions; the first one works for whatever frame."""
        dimensions, digits = self.table.space.dimensions, self.table.taken_apart[1:]
        names = [dimension.name for dimension in dimensions]
        named = [names[place] if names.count(names[place]) == 1 else dimensions[place].id for place in over]
        arguments = f"{self.measure.name!r}, over={(named[0] if len(named) == 1 else named)!r}"
        there = f"df.jobindsats.official_total({arguments})"
        if np.all([digits[place] == 0 for place in over], axis=0).any():
            return [f"{there}  # the published total, which is among these"]
        each = " of each period" if len(self.periods) > 1 else ""
        return [
            f"ji.read_official_total(df, {arguments}{self.client})  # asks for the published total{each}",
            f"{there}  # where its row is in the frame",
        ]

    def total_of_all(self) -> list[str]:
        """The calls for the published totals of all that the cells run over; none where they are only some of it."""
        for dimension, here in zip(self.table.space.dimensions, self.members, strict=True):
            levels = dimension.level_of[here]
            deepest = max(set(levels.tolist()), key=lambda level: dimension.levels[level].depth)
            whole = np.count_nonzero(levels == deepest) == np.count_nonzero(dimension.level_of == deepest)
            if len(here) > 1 and (dimension.common(here) or not (whole and dimension.members[0].published)):
                return []
        return self.total(self.over) if self.over else []

    def mean(self, keys: tuple[str, ...]) -> list[str]:
        """Over periods, full-time persons have a mean."""
        types = {period_type for period_type, _ in self.periods}
        hidden = is_hidden(self.table.cells.status).any()
        if self.measure.kind is not Kind.FULL_TIME or self.over or hidden or len(self.periods) < 2:
            return []
        if len(types) > 1 or not types <= {*APART}:
            return []
        grouped = f".groupby({_one_or_more(keys)}, observed=True)" if keys else ""
        call = f"df{grouped}[{self.measure.name!r}].mean()"
        return [f"{call}  # full-time persons are an average; over periods it is one too"]

    def each_period(self, keys: tuple[str, ...]) -> list[str]:
        """How to add within each period, where it is the periods that do not add."""
        ids = np.unique(self.table.taken_apart[0], return_inverse=True)[1]
        each = check_sums(self.table.cells, ids, len(self.periods))
        if self.measure.kind in (Kind.PERSONS, Kind.NONE) or np.isnan(each.bounds().low).any():
            return []
        what = "one sum for each period" if each.valid else "the interval for each period"
        by = _one_or_more((*keys, "period"))
        return [f"df.jobindsats.sum_bounds({self.measure.name!r}, by={by})  # {what}"]


def _covering_member(dimension: AddressDimension, codes: NDArray[Any]) -> tuple[str, str] | None:
    """The hierarchy and path of the published member that consists of just these; the total has no hierarchy."""

    def known(code: int) -> tuple[str, str]:
        member = dimension.members[code]
        return dimension.levels[member.level].hierarchy, member.path

    if len(codes) == 1:
        return known(int(codes[0]))
    above, levels = dimension.common(codes), dimension.level_of[codes]
    if (levels != levels[0]).any():
        return None
    if dimension.members[above].published and np.array_equal(dimension.below(above, levels[0]), codes):
        return known(above)

    # Of another hierarchy, those that have below them just members of these names.
    def names_of(some: NDArray[np.integer]) -> list[str]:
        return sorted(dimension.members[code].name for code in some.tolist())

    names = names_of(codes)
    for code, member in enumerate(dimension.members):
        if member.name != names[0] or known(code)[0] == known(int(codes[0]))[0]:
            continue
        for above in dimension.ancestors[:0:-1, code].tolist():
            if 0 < above != code and names_of(dimension.below(above, member.level)) == names:
                return known(above)
    return None


def _one_or_more(names: Sequence[str]) -> str:
    return repr(names[0] if len(names) == 1 else list(names))


def _instead(
    check: SumCheck, one: SumCheck, chosen: _Selection | None, units: str, keys: tuple[str, ...]
) -> list[str]:
    """What to take instead: the interval and what is right, what is published, what to do about each reason."""
    measures, reasons = _measures(one), one.reasons_of()
    interval = _interval(check, units, keys) if units != "rows" else []
    mean = chosen.mean(keys) if chosen and units != "rows" else []
    published = [*mean, *chosen.published()] if chosen else []
    if chosen and not published and ("levels" in reasons or chosen.whole):
        published = chosen.total_of_all()
    published = published or ["(no published number is known for just this selection)"]
    lines = [*interval, *published] if check.groups > 1 else [*published, *interval]
    if "dropped" in reasons and len(measures) == 1 and units != "rows":
        lines.append(
            f"df.jobindsats.sum_bounds({measures[0].name!r})  # the interval, on the frame that still has the hidden cells"
        )
    if "levels" in reasons:
        lines.append("df.jobindsats.without_totals()  # or .level(dimension, level): rows of one level only")
    if "measures" in reasons and units != "rows":
        lines.append("df.jobindsats.to_wide()  # a column for each measure; sum within one of them")
    if "rate" in reasons and measures and not measures[0].derived:
        lines.append(
            "(rate * denominator).sum() / denominator.sum()  # weighted by the rate's denominator"
            " (arbejdsstyrken, befolkningen), if you have it; never by its numerator"
        )
    if "periods" in reasons and chosen and units != "rows":
        lines += chosen.each_period(keys)
    if (check.count <= 1).all() and not check.cells.dropped:
        lines.append("df.pivot(...)  # to reshape without adding")
    return lines


def _interval(check: SumCheck, units: str, keys: tuple[str, ...]) -> list[str]:
    """The call for the intervals, and for the sums of the groups that are right."""
    measures = _measures(check)
    if len(measures) != 1 or np.isnan(check.bounds().low).all():
        return []
    call = f".jobindsats.sum_bounds({measures[0].name!r}"
    if check.groups == 1:
        return [f"df{call})  # the interval"]
    right = int(np.count_nonzero(~check.bad & (check.count > 0)))
    what = "the interval of each group"
    if right:
        what = f"{right:,} of {check.groups:,} {units} are right: their sums, and the interval of each other"
    if not keys:
        return [f"(df.assign(key=…){call}, by='key'), with your groups as a column: {what})"]
    return [f"df{call}, by={_one_or_more(keys)})  # {what}"]


def _way_out(one: SumCheck) -> list[str]:
    measures, additive = _measures(one), []
    if one.reasons_of() == ("rate",) and measures and not measures[0].derived:
        call = f"ji.read_jobindsats(..., additive={{{measures[0].name!r}: 'stock'}})"
        additive = [f"{call}  # if you know that it adds"]
    return [
        "df.jobindsats.plain()  # ordinary numbers, with the statuses beside them",
        *additive,
        "with ji.allow_sums(): ...  # knowing all this",
    ]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def told_unseen(unseen: int, every: int, changed: int) -> str:
    """How many of some cells are hidden, or were before so many of them were filled or dropped."""
    changed_too = ", or were before they were filled or dropped" if changed else ""
    return (
        f"{unseen:,} of {every:,} cells {'is' if unseen == 1 else 'are'} hidden or not available{changed_too}"
    )


def left_out(operation: str, left: tuple[str, ...]) -> str:
    """What is said of a sum from which members left with their hidden cells."""
    return f"{operation}: hidden cells are not in it, for the rows of {some(list(left))} were left out."


def some(names: list[str], most: int = 4) -> str:
    """Some names, quoted, and how many more there are."""
    distinct = list(dict.fromkeys(names))
    shown = ", ".join(repr(name) for name in distinct[:most])
    return shown + (f" and {len(distinct) - most} more" if len(distinct) > most else "")
