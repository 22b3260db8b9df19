"""What a refused sum tells: how many cells, what follows, what to take instead, the way out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from jobindsats_pandas.disclosure.cells import CellStatus
from jobindsats_pandas.disclosure.parts import APART, UNKNOWN, PartMeasure, PartSpace
from jobindsats_pandas.disclosure.sums import SumCheck, check_sums
from jobindsats_pandas.errors import InvalidSumError
from jobindsats_pandas.kinds import Kind, measure_kind

__all__ = ["Published", "published_cell", "some", "sum_error"]


@dataclass(frozen=True)
class Published:
    """The published cell that stands for a whole selection.

    Attributes
    ----------
    space : PartSpace
    measure, period : int
    members : tuple of int
        One per dimension.
    over : tuple of int
        The dimensions that the selection runs over.
    """

    space: PartSpace
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
    left_out = (one.cells.status == CellStatus.ABSENT) & (one.cells.parts >= 0)
    one = check_sums(replace(one.cells, status=np.where(left_out, np.uint8(0), one.cells.status)))
    if len(one.tables) != 1 or (one.active.parts < 0).any():
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


def sum_error(check: SumCheck, operation: str = "sum") -> InvalidSumError:
    """The error for a refused sum; of several groups, the first refused one is described."""
    bad = np.flatnonzero(check.bad)
    one = _only(check, int(bad[0]))
    if check.groups > 1:
        opening = (
            f"{operation}: refused in {len(bad):,} of {check.groups:,} groups; the first has {_what(one)}."
        )
    else:
        opening = f"{operation}: refused for {_what(one)}."
    lines = [
        opening,
        *(f"  {reason}: {_because(reason, one)}" for reason in one.reasons_of()),
        _consequence(one),
        "Instead:",
        *(f"  {line}" for line in (*_instead(one), *_reshaping(check), *_way_out(one))),
    ]
    return InvalidSumError("\n".join(lines), reasons=check.reasons_of())


def _only(check: SumCheck, group: int) -> SumCheck:
    """The check of one group alone."""
    if check.ids is None:
        return check
    return check_sums(check.cells[np.flatnonzero(check.ids == group)])


def _measures(check: SumCheck) -> list[PartMeasure]:
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
            unknown = int((check.active.parts == UNKNOWN).sum())
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


def _because_rate(rates: list[PartMeasure]) -> str:
    if not rates:
        return "means, medians and other statistics do not add"
    names = some([measure.name for measure in rates])
    if all(measure.derived for measure in rates):
        return f"{names}: ratios do not add"
    text = f"{names}: rates, averages, durations and unknown names do not add"
    return text + _told_otherwise([measure for measure in rates if not measure.derived])


def _told_otherwise(measures: list[PartMeasure]) -> str:
    """Whether the kind is not the one that the name tells."""
    told = any(not measure.derived and measure.kind is not measure_kind(measure.name) for measure in measures)
    return f" (of kind {str(measures[0].kind)!r} by additive= or by its group)" if told else ""


def _of_size(measures: list[PartMeasure]) -> str:
    if len(measures) != 1 or measures[0].derived or measures[0].kind in (Kind.NONE, Kind.MONEY):
        return ""
    return (
        " (3 full-time persons or fewer)" if measures[0].kind is Kind.FULL_TIME else " (a count of 0, 1 or 2)"
    )


def _because_periods(check: SumCheck, measures: list[PartMeasure]) -> str:
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


def _instead(check: SumCheck) -> list[str]:
    found = published_cell(check)
    lines = found.lines() if found else ["(no published total exists for just this selection)"]
    measures, reasons = _measures(check), check.reasons_of()
    if len(measures) == 1 and not np.isnan(check.bounds().low[0]):
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


def _total_of_all(check: SumCheck) -> str:
    """The call for the published total of all that the cells vary over; empty if there is none."""
    measures = _measures(check)
    if len(measures) != 1 or measures[0].derived or (check.active.parts < 0).any():
        return ""
    (table,) = check.tables
    rest, fixed = int(table.above()[0]), False
    over: list[str] = []
    for place in reversed(range(len(table.space.dimensions))):
        dimension = table.space.dimensions[place]
        rest, common = divmod(rest, len(dimension.members))
        if len(np.unique(table.members(place))) == 1:
            fixed |= common != 0
        elif common == 0 and dimension.members[0].published:
            over.insert(0, dimension.name)
        else:
            return ""
    if not over:
        return ""
    # Without over=, it is the total in every dimension.
    named = f", over={(over[0] if len(over) == 1 else over)!r}" if fixed else ""
    return f"df.jobindsats.official_total({measures[0].name!r}{named})"


def _for_each_period(check: SumCheck) -> list[str]:
    """How to add within each period, where it is the periods that do not add."""
    measures = _measures(check)
    if "periods" not in check.reasons_of() or len(measures) != 1 or (check.active.parts < 0).any():
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
