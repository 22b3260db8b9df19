"""The requests of one examination: few, one at a time, and what is remembered of them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobindsats_pandas.answers import match
from jobindsats_pandas.asking import (
    is_about_the_question,
    remember_refusals,
    remember_total,
)
from jobindsats_pandas.errors import (
    PayloadError,
    ServiceError,
)
from jobindsats_pandas.forms import PROVEN
from jobindsats_pandas.metadata import TOTAL

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from jobindsats_pandas.answers import Block
    from jobindsats_pandas.doctor.checkup import Checkup
    from jobindsats_pandas.forms import DataRequest
    from jobindsats_pandas.metadata import Table
    from jobindsats_pandas.transport import Reply, Transport

__all__ = ["MOST_REQUESTS", "Outcome", "SpentError", "Visit"]

#: The most questions for data that one examination asks.
MOST_REQUESTS = 18


class SpentError(Exception):
    """As many questions were asked as one examination may."""


@dataclass(frozen=True)
class Outcome:
    """What came of one form: the rows where it was taken, else how it was not."""

    what: str
    block: Block | None = None


@dataclass
class Visit:
    """The requests of one examination, and what is to be remembered of them."""

    transport: Transport
    checkup: Checkup
    pause: float
    clock: Callable[[], datetime]
    tables: list[Table] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    totals: int = 0
    refused: list[dict[str, int]] = field(default_factory=list)
    unconfirmed: list[dict[str, int]] = field(default_factory=list)
    taken: list[dict[str, int]] = field(default_factory=list)
    cells: dict[Any, float | None] = field(default_factory=dict)
    sent: int = 0

    def wait(self) -> None:
        """Pause between two requests."""
        if self.sent:
            time.sleep(self.pause)
        self.sent += 1

    def probe(self, path: str) -> Reply:
        """Send one question for data."""
        if self.checkup.asked >= MOST_REQUESTS:
            raise SpentError
        self.checkup.asked += 1
        self.wait()
        return self.transport.probe(path)

    def ask(
        self, request: DataRequest, expected: set[tuple[int, ...]] | None = None, path: str = ""
    ) -> Outcome:
        """Ask in one form, and see whether what was asked for came.

        Parameters
        ----------
        expected : set of tuple
            The combinations of members that the answer has to hold; by default the first of each dimension.
        path : str
            The request as it is written, where that is not the client's own way.
        """
        path = path or request.path
        parts = request.parts | ({"address": len(path)} if request.parts else {})
        if expected is None:
            expected = {tuple(selection.codes[0] for selection in request.selections)}
        try:
            reply = self.probe(path)
        except ServiceError as error:
            if error.status != 200 or not self.cells:
                raise
            return self._not_taken(parts, "answered, but not with data")
        if reply.status != 200:
            told = f"refused (HTTP {reply.status}{self.words(reply)})"
            return Outcome(told) if is_about_the_question(reply.cause) else self._not_taken(parts, told)
        try:
            block = match(reply.body, request)
        except PayloadError:
            return self._not_taken(parts, "answered, but with other rows or columns than were asked for")
        problem = self._problem(block, request, expected)
        if problem:
            return self._not_taken(parts, f"answered, but {problem}")
        self.cells |= cells(block, request)
        self.confirm(parts)
        self._learn_totals(block, request)
        return Outcome("taken", block)

    def confirm(self, parts: dict[str, int]) -> None:
        """Note a right answer: what was refused before it was not refused because the API is down."""
        self.taken.append(parts)
        self.refused += self.unconfirmed
        self.unconfirmed = []

    def keep(self) -> None:
        """Remember what the host refuses, and forget what it takes again."""
        if not self.checkup.asked:
            return
        refused = remember_refusals(self.transport, self.refused, self.taken)
        kept = [", ".join(f"{name} {size:,}" for name, size in each.items()) for each in refused]
        seen = [f"refused forms: {'; '.join(kept)}"] if kept else []
        seen += [f"the names of {self.totals} totals"] if self.totals else []
        seen += [f"not the last {len(self.unconfirmed)} refusals, after which nothing was answered"] * bool(
            self.unconfirmed
        )
        self.checkup.add("Kept for the client", "; ".join(seen) or "nothing: there is nothing to avoid")

    def _not_taken(self, parts: dict[str, int], what: str) -> Outcome:
        # What was taken elsewhere, as large or larger, is not the reason by itself; where that leaves nothing, the parts
        # are the reason together, or in a way that their sizes do not tell.
        suspects = {
            name: size
            for name, size in parts.items()
            if not any(other.get(name, 0) >= size for other in self.taken)
        }
        if set(suspects) <= {"address"} and parts.get("address", 0) <= PROVEN["address"]:
            suspects = {name: size for name, size in parts.items() if name != "address"}
        if suspects := suspects or parts:
            self.unconfirmed.append(suspects)
        return Outcome(what)

    def _problem(self, block: Block, request: DataRequest, expected: set[tuple[int, ...]]) -> str:
        """Say what an answer lacks of what was asked, or has otherwise than the plain forms gave."""
        if not block.periods.size:
            return "without a row"
        # The newest periods can be announced before their rows come, and then no form brings them.
        if block.unfinished and not request.latest:
            return "without some of the periods that were asked for"
        came: set[tuple[int, ...]] = set(zip(*(codes.tolist() for codes in block.members), strict=True))
        if not request.selections:
            came = {()}
        if not expected <= came:
            return f"with {len(came & expected)} of {len(expected)} members"
        found = cells(block, request)
        if any(found[key] != self.cells[key] for key in found.keys() & self.cells.keys()):
            return "with other figures than the plain form gives"
        return ""

    def _learn_totals(self, block: Block, request: DataRequest) -> None:
        """Remember the names of totals that the metadata do not list."""
        for hierarchy, name in block.names.items():
            remember_total(self.transport, request.table, hierarchy, name, None)
        self.totals += len(block.names)
        self.names |= set(block.names.values())
        self.tables = [
            known.with_totals(block.names) if known.id == request.table.id else known for known in self.tables
        ]

    def words(self, reply: Reply) -> str:
        """The API's words, without the names of members and of this user's home."""
        if not reply.cause:
            return ", a page of the hosting" if reply.body.lstrip()[:1] == b"<" else ""
        words = reply.cause.replace(str(Path.home()), "~")
        for name in sorted(self.names, key=len, reverse=True):
            words = words.replace(name, "…")
        words = " ".join(words.split())
        return f": {words[:80]}{'…' if len(words) > 80 else ''}"


def cells(block: Block, request: DataRequest) -> dict[Any, float | None]:
    """The figures of an answer by table, period, members and measure; a dimension at its total is left out."""
    periods = request.table.period_type(request.period_type).periods
    axes = [
        (selection.hierarchy, codes.tolist())
        for selection, codes in zip(request.selections, block.members, strict=True)
    ]
    columns = [
        (measure, numbers.tolist()) for measure, numbers in zip(request.measures, block.numbers, strict=True)
    ]
    found: dict[Any, float | None] = {}
    for row, period in enumerate(block.periods.tolist()):
        members = [(hierarchy, hierarchy.members[codes[row]].path) for hierarchy, codes in axes]
        place = tuple((hierarchy.id, path) for hierarchy, path in members if path != TOTAL)
        for measure, numbers in columns:
            key = request.table.id, periods[period], place, measure.group_id, measure.id
            found[key] = None if isnan(numbers[row]) else float(numbers[row])
    return found
