"""What a refused sum tells: how many cells, what follows, what to take instead, the way out."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from jobindsats_pandas.disclosure.addresses import (
    APART,
    UNKNOWN,
    AddressDimension,
    AddressMeasure,
    AddressSpace,
)
from jobindsats_pandas.disclosure.cells import CellStatus
from jobindsats_pandas.disclosure.sums import SumCheck, check_sums
from jobindsats_pandas.errors import InvalidSumError
from jobindsats_pandas.kinds import Kind, measure_kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Published", "published_cell", "some", "sum_error"]


@dataclass(frozen=True)
class Published:
    """The published cell that stands for a whole selection.

    Attributes
    ----------
    space : AddressSpace
    measure, period : int
    members : tuple of int
        One per dimension.
    over : tuple of int
        The dimensions that the selection runs over.
    """

    space: AddressSpace
    measure: int
    period: int
    members: tuple[int, ...]
    over: tuple[int, ...]

    def lines(self) -> list[str]:
        """How to get it, as lines to paste."""
        measure = self.space.measures[self.measure].name
        names = [self.space.dimensions[place].name for place in self.over]
        over = repr(names[0] if len(names) == 1 else names)
        if all(self.members[place] == 0 for place in self.over):
            return [
                f"df.jobindsats.official_total({measure!r}, over={over})",
                f"ji.read_official_total(df, over={over})  # where that row is not in the frame",
            ]
        by = {
            dimension.levels[member.level].hierarchy: member.path
            for dimension, code in zip(self.space.dimensions, self.members, strict=True)
            if (member := dimension.members[code]).level
        }
        period = self.space.periods[self.period][1]
        return [f"ji.read_jobindsats({self.space.table!r}, by={by!r}, periods={period!r})"]


def published_cell(check: SumCheck, group: int = 0) -> Published | None:
    """The published cell that stands for a group, if its cells are all members of a level below that one.

    Combinations that were left out count as members; they are 0 and complete the selection.
    """
    one = _only(check, group)
    left_out = (one.cells.status == CellStatus.ABSENT) & (one.cells.addresses >= 0)
    one = check_sums(replace(one.cells, status=np.where(left_out, np.uint8(0), one.cells.status)))
    if len(one.tables) != 1 or (one.active.addresses < 0).any():
        return None
    (table,) = one.tables
    space = table.space
    if table.one_measure < 0 or space.measures[table.one_measure].derived or table.over_periods:
        return None
    rest, period = divmod(int(table.common()[0]), len(space.periods))
    members, over, combinations = [], [], 1
    for place in reversed(range(len(space.dimensions))):
        dimension = space.dimensions[place]
        rest, member = divmod(rest, len(dimension.members))
        members.append(member)
        here = np.unique(table.members(place))
        if len(here) == 1:
            continue
        levels = np.unique(dimension.level_of[here])
        complete = len(levels) == 1 and len(here) == len(dimension.below(member, int(levels[0])))
        if not complete or not dimension.members[member].published:
            return None
        over.append(place)
        combinations *= len(here)
    if not over or len(np.unique(table.numbers)) != combinations:
        return None
    return Published(space, table.one_measure, period, tuple(reversed(members)), tuple(reversed(over)))


def sum_error(
    check: SumCheck, operation: str = "sum", *, units: str = "groups", keys: Sequence[str] = ()
) -> InvalidSumError:
    """The error for a refused sum; of several groups, the first refused one is described.

    Parameters
    ----------
    check : SumCheck
    operation : str
        What was called, as the user knows it.
    units : str
        What the groups are to the user.
    keys : sequence of str
        The names that the groups were made by.
    """
    bad = np.flatnonzero(check.bad)
    one = _only(check, int(bad[0]))
    if check.groups > 1:
        opening = (
            f"{operation}: refused in {len(bad):,} of {check.groups:,} {units}; the first has {_what(one)}."
        )
    else:
        opening = f"{operation}: refused for {_what(one)}."
    advice = [
        *_partly_right(check, units, keys),
        *_instead(one, grouped=bool(keys)),
        *_reshaping(check),
        *_way_out(one),
    ]
    lines = [
        opening,
        *(f"  {reason}: {_because(reason, one)}" for reason in one.reasons_of()),
        _consequence(one),
        "Instead:",
        *(f"  {line}" for line in dict.fromkeys(advice)),
    ]
    return InvalidSumError("\n".join(lines), reasons=check.reasons_of())


def _partly_right(check: SumCheck, units: str, keys: Sequence[str]) -> list[str]:
    """How many groups are right, and the call that gives those, with an interval for the others."""
    right = int(np.count_nonzero(~check.bad & (check.count > 0)))
    measures = _measures(check)
    if check.groups < 2 or not right or len(measures) != 1 or units == "rows":
        return []
    by = "[…]" if not keys else repr(keys[0] if len(keys) == 1 else list(keys))
    what = f"{right:,} of {check.groups:,} {units} are right: their sums, and the interval of each other one"
    return [f"df.jobindsats.sum_bounds({measures[0].name!r}, by={by})  # {what}"]


def _only(check: SumCheck, group: int) -> SumCheck:
    """The check of one group alone."""
    if check.ids is None:
        return check
    return check_sums(check.cells[np.flatnonzero(check.ids == group)])


def _measures(check: SumCheck) -> list[AddressMeasure]:
    return [measure for table in check.tables for measure, _ in table.by_measure()]


def _what(check: SumCheck) -> str:
    """How many cells, of which measure and table."""
    count = int(check.count[0])
    measures = _measures(check)
    cells = f"{count:,} cell{'s' * (count != 1)}"
    if not measures:
        return f"{cells} of no known measure"
    of = repr(measures[0].name) if len(measures) == 1 else f"{len(measures)} measures"
    return f"{cells} of {of} ({check.tables[0].space.table})"


def _because(reason: str, check: SumCheck) -> str:
    total = int(check.count[0])
    measures = _measures(check)

    def cells_are(status: CellStatus) -> str:
        count = int(check.count_of(status)[0])
        if total == 1:
            return "the cell is"
        return f"{count:,} of {total:,} cells {'is' if count == 1 else 'are'}"

    match reason:
        case "measures":
            return f"{some([measure.name for measure in measures])} are different measures"
        case "rate":
            return _because_rate([measure for measure in measures if measure.kind is Kind.NONE])
        case "persons":
            text = "a person is counted once in every part he or she belongs to; a sum of parts counts some twice"
            return text + _told_otherwise(measures)
        case "unknown":
            unknown = int((check.active.addresses == UNKNOWN).sum())
            return (
                f"{unknown:,} of {total:,} cells belong to no known cell of a table"
                " (built by hand, changed by a number, or summed over periods)"
            )
        case "levels":
            names = [
                table.space.dimensions[place].name for table in check.tables for place in table.mixed_levels()
            ]
            return f"totals and their parts, or different levels, stand together in {some(names)}"
        case "repeated":
            again = sum(len(table.numbers) - len(np.unique(table.numbers)) for table in check.tables)
            return f"{again:,} of {total:,} cells repeat{'s' * (again == 1)} another one"
        case "periods":
            return _because_periods(check, measures)
        case "not_available":
            return (
                f"{cells_are(CellStatus.NOT_AVAILABLE)} not available (not published yet, or without meaning)"
            )
        case "hidden":
            return f"{cells_are(CellStatus.DISCRETIONISED)} discretionised{_of_size(measures)}"
        case "rounded":
            return f"{cells_are(CellStatus.ROUNDED)} hidden by rounding: what is shown stands for any number up to it"
        case "filled":
            return f"{cells_are(CellStatus.FILLED)} hidden or unavailable, and filled with a guess"
        case _:
            dropped = check.cells.dropped
            cells, these = (
                f"{dropped:,} hidden cell{'s' * (dropped != 1)}",
                "this one" if total == 1 else "these",
            )
            return f"{cells} beside {these} dropped out; the rest is not the whole"


def _because_rate(rates: list[AddressMeasure]) -> str:
    if not rates:
        return "means, medians and other statistics do not add"
    names = some([measure.name for measure in rates])
    if all(measure.derived for measure in rates):
        return f"{names}: ratios do not add"
    text = f"{names}: rates, averages, durations and unknown names do not add"
    return text + _told_otherwise([measure for measure in rates if not measure.derived])


def _told_otherwise(measures: list[AddressMeasure]) -> str:
    """Whether the kind is not the one that the name tells."""
    told = any(not measure.derived and measure.kind is not measure_kind(measure.name) for measure in measures)
    return f" (of kind {str(measures[0].kind)!r} by additive= or by its group)" if told else ""


def _of_size(measures: list[AddressMeasure]) -> str:
    if len(measures) != 1 or measures[0].derived or measures[0].kind in (Kind.NONE, Kind.MONEY):
        return ""
    return (
        " (3 full-time persons or fewer)" if measures[0].kind is Kind.FULL_TIME else " (a count of 0, 1 or 2)"
    )


def _because_periods(check: SumCheck, measures: list[AddressMeasure]) -> str:
    periods = [table.space.periods[code] for table in check.tables for code in np.unique(table.period)]
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


def _instead(check: SumCheck, *, grouped: bool) -> list[str]:
    found = published_cell(check)
    measures, reasons = _measures(check), check.reasons_of()
    lines = found.lines() if found else [*_elsewhere(check)]
    if not lines:
        lines = ["(no published total exists for just this selection)"]
    if not grouped and len(measures) == 1 and not np.isnan(check.bounds().low[0]):
        lines.append(f"df.jobindsats.sum_bounds({measures[0].name!r})  # the interval")
    elif "dropped" in reasons and len(measures) == 1:
        lines.append(
            f"df.jobindsats.sum_bounds({measures[0].name!r})  # the interval, on the frame that still has the hidden cells"
        )
    elif "levels" in reasons:
        if total := _total_of_all(check):
            lines = [f"{total}  # the published total, if its row is in the frame"]
        lines.append("df.jobindsats.without_totals()  # or .level(dimension, level): rows of one level only")
    elif "measures" in reasons:
        lines.append("df.jobindsats.to_wide()  # a column for each measure; sum within one of them")
    elif "rate" in reasons and measures and not measures[0].derived:
        if not found and (total := _total_of_all(check)):
            lines.append(f"{total}  # the published rate of the whole, if its row is in the frame")
        lines.append(
            "(rate * denominator).sum() / denominator.sum()  # weighted by the rate's denominator"
            " (arbejdsstyrken, befolkningen), if you have it; never by its numerator"
        )
    return [*lines, *_for_each_period(check)]


def _elsewhere(check: SumCheck) -> list[str]:
    """The calls for published numbers of another period type, or another hierarchy, that stand for just these cells."""
    measures = _measures(check)
    if (
        len(measures) != 1
        or measures[0].derived
        or len(check.tables) != 1
        or (check.active.addresses < 0).any()
    ):
        return []
    (table,) = check.tables
    space, measure = table.space, measures[0]
    periods = [space.periods[code] for code in np.unique(table.period).tolist()]
    members = [np.unique(table.members(place)) for place in range(len(space.dimensions))]
    if len(np.unique(table.numbers)) != len(periods) * int(np.prod([len(here) for here in members])):
        return []
    over = [place for place, here in enumerate(members) if len(here) > 1]
    chosen = {
        dimension.levels[dimension.members[int(here[0])].level].hierarchy: dimension.members[
            int(here[0])
        ].path
        for dimension, here in zip(space.dimensions, members, strict=True)
        if len(here) == 1 and here[0]
    }
    lines = []
    if len(periods) > 1 and not over and measure.kind is Kind.FULL_TIME:
        lines.append(
            f"df[{measure.name!r}].mean()  # full-time persons are an average; over periods it is one too"
        )
    if len(periods) > 1 and not over and (whole := _covering_period(space, periods)):
        period_type, period = whole
        lines.append(
            f"ji.read_jobindsats({space.table!r}, by={chosen or None!r}, periods={period!r}, period_type={period_type!r})"
            "  # the published number of the whole period"
        )
    if len(periods) == 1 and len(over) == 1:
        dimension = space.dimensions[over[0]]
        for hierarchy, path in _covering_members(dimension, members[over[0]]):
            by = {**chosen, hierarchy: path}
            lines.append(
                f"ji.read_jobindsats({space.table!r}, by={by!r}, periods={periods[0][1]!r})"
                "  # the published number of what these make up"
            )
    return lines


def _covering_period(space: AddressSpace, periods: Sequence[tuple[str, str]]) -> tuple[str, str] | None:
    """The published period of a coarser type that consists of just these."""
    months = [_months(name) for _, name in periods]
    wanted = sorted(month for one in months for month in one)
    if not all(months) or len({kind for kind, _ in periods}) > 1:
        return None
    return next(
        (period for period in space.periods if period not in periods and _months(period[1]) == wanted), None
    )


def _months(period: str) -> list[int]:
    """The months of a month, a quarter or a year, numbered; none of another period."""
    found = _PERIOD.fullmatch(period)
    if not found:
        return []
    length = {"M": 1, "Q": 3, "Y": 12}[found["letter"]]
    first = int(found["year"]) * 12 + (int(found["number"]) - 1) * length
    return list(range(first, first + length))


_PERIOD = re.compile(r"(?P<year>\d{4})(?P<letter>[MQY])(?P<number>\d{1,2})")


def _covering_members(dimension: AddressDimension, members: NDArray[np.integer]) -> list[tuple[str, str]]:
    """Members of other hierarchies that have below them just members of these names."""
    names = {dimension.members[code].name for code in members.tolist()}
    if len(names) != len(members):
        return []
    hierarchies = {dimension.levels[dimension.members[code].level].hierarchy for code in members.tolist()}
    found = []
    for code, member in enumerate(dimension.members):
        hierarchy = dimension.levels[member.level].hierarchy
        if not member.published or not code or hierarchy in hierarchies:
            continue
        for level, known in enumerate(dimension.levels):
            if known.hierarchy == hierarchy and level != member.level:
                below = dimension.below(code, level)
                if (
                    len(below) == len(names)
                    and {dimension.members[one].name for one in below.tolist()} == names
                ):
                    found.append((hierarchy, member.path))
    return list(dict.fromkeys(found))


def _total_of_all(check: SumCheck) -> str:
    """The call for the published total of all that the cells vary over; empty if there is none.

    Where the cells are only some members of their level, the total of all of them is another number.
    """
    measures = _measures(check)
    if len(measures) != 1 or measures[0].derived or (check.active.addresses < 0).any():
        return ""
    (table,) = check.tables
    rest, fixed = int(table.above()[0]), False
    over: list[str] = []
    for place in reversed(range(len(table.space.dimensions))):
        dimension = table.space.dimensions[place]
        rest, common = divmod(rest, len(dimension.members))
        if len(np.unique(table.members(place))) == 1:
            fixed |= common != 0
        elif common == 0 and dimension.members[0].published and _whole_level(dimension, table.members(place)):
            over.insert(0, dimension.name)
        else:
            return ""
    if not over:
        return ""
    # Without over=, it is the total in every dimension.
    named = f", over={(over[0] if len(over) == 1 else over)!r}" if fixed else ""
    return f"df.jobindsats.official_total({measures[0].name!r}{named})"


def _whole_level(dimension: AddressDimension, members: NDArray[np.integer]) -> bool:
    """Whether these are all the members of the deepest level that any of them is of."""
    levels = dimension.level_of[members]
    deepest = max(set(levels.tolist()), key=lambda level: dimension.levels[level].depth)
    return len(np.unique(members[levels == deepest])) == int(np.count_nonzero(dimension.level_of == deepest))


def _for_each_period(check: SumCheck) -> list[str]:
    """How to add within each period, where it is the periods that do not add."""
    measures = _measures(check)
    if "periods" not in check.reasons_of() or len(measures) != 1 or (check.active.addresses < 0).any():
        return []
    if measures[0].kind in (Kind.PERSONS, Kind.NONE):
        return []
    periods, ids = np.unique(check.tables[0].period, return_inverse=True)
    each = check_sums(check.active, ids, len(periods))
    name = measures[0].name
    if each.valid:
        return [f'df.groupby("Periode", observed=True)[{name!r}].sum()  # one sum for each period']
    if not np.isnan(each.bounds().low).any():
        return [f'df.jobindsats.sum_bounds({name!r}, by="Periode")  # the interval for each period']
    return []


def _reshaping(check: SumCheck) -> list[str]:
    """What to do instead of adding single cells, such as to pivot them."""
    alone = (check.count <= 1).all() and not check.cells.dropped
    return ["df.pivot(...)  # to reshape without adding"] if alone else []


def _way_out(check: SumCheck) -> list[str]:
    lines = ["df.jobindsats.plain()  # ordinary numbers, with the statuses beside them"]
    measures = _measures(check)
    if check.reasons_of() == ("rate",) and measures and not measures[0].derived:
        lines.append(
            f"ji.read_jobindsats(..., additive={{{measures[0].name!r}: 'stock'}})  # if you know that it adds"
        )
    return [*lines, "with ji.allow_sums(): ...  # knowing all this"]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def some(names: list[str], most: int = 4) -> str:
    """Some names, quoted, and how many more there are."""
    distinct = list(dict.fromkeys(names))
    shown = ", ".join(repr(name) for name in distinct[:most])
    return shown + (f" and {len(distinct) - most} more" if len(distinct) > most else "")
