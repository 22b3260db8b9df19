"""From a plan to the answers: in a form that the host takes, from the disk or the network, few requests at a time.

Where a host refuses a form, the question is asked in another one, and once that has succeeded the refusal is remembered
for the host. Where the metadata do not list a total, one small request learns what it is called.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from jobindsats_pandas.answers import UnknownMemberError, label_count, match_rows, read_answer
from jobindsats_pandas.errors import NotCachedError, PayloadError, QueryError
from jobindsats_pandas.forms import EVERY_FORM, MAX_URL, PROVEN, Dialect, halve, single_requests
from jobindsats_pandas.gathering import gather
from jobindsats_pandas.metadata import TOTAL
from jobindsats_pandas.queries import in_dialect, names_request
from jobindsats_pandas.row_columns import VERSION, dump_rows, load_rows
from jobindsats_pandas.transport import Parser, expiry_moment
from jobindsats_pandas.transport.log import LOG

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jobindsats_pandas.answers import Block
    from jobindsats_pandas.fast_rows import Rows
    from jobindsats_pandas.forms import DataRequest
    from jobindsats_pandas.grids import Grid
    from jobindsats_pandas.metadata import Hierarchy, Table
    from jobindsats_pandas.queries import Plan
    from jobindsats_pandas.transport import Answer, Transport

__all__ = [
    "Asker",
    "Part",
    "expiry_of_table",
    "is_about_the_question",
    "remember_refusals",
    "remember_total",
]

#: After a first refusal the question is asked so many times more, each time in tighter forms.
FURTHER_TRIES = 3

#: Days that a refusal is remembered, and that a hierarchy is believed to have no total.
REMEMBERED = 30

#: A request that timed out is recognised on disk by its first piece, cut at most so many times.
CUTS_REMEMBERED = 4

#: An answer in which something is missing is asked for again after this.
UNFINISHED = timedelta(hours=1)

#: Statuses with which an API, or the hosting in front of it, refuses a form.
_REFUSALS = {404, 413, 414, 422}

#: Causes that are about the question itself, in whatever form it is asked.
_ABOUT_THE_QUESTION = re.compile(
    r"unknown (?:hierarch|period ?type|table)|periods? (?:is|are) available", re.IGNORECASE
)


class _Matched:
    """Matches the rows that the transport has to judge, and keeps what came of the last ones."""

    def __init__(self, request: DataRequest) -> None:
        self._request = request
        self._last: tuple[Rows | Grid, Block] | None = None

    def __call__(self, rows: Rows | Grid) -> datetime:
        """Match rows, and tell when their answer expires."""
        block = match_rows(rows, self._request)
        self._last = rows, block
        return _expiry_of(block, self._request)

    def of(self, answer: Answer[Rows | Grid]) -> Block:
        """What came of an answer; matched now if another thread's request brought it."""
        if self._last is not None and self._last[0] is answer.value:
            return self._last[1]
        return match_rows(answer.value, self._request)


class Part(NamedTuple):
    """The rows of one answer, and where they come from; its bytes are let go."""

    block: Block
    request: DataRequest
    edition: str
    fetched_at: datetime
    from_cache: bool
    stale: bool


class _RefusedError(QueryError):
    """The API refuses a data request, and perhaps only its form."""

    def __init__(self, request: DataRequest, refusal: QueryError) -> None:
        super().__init__(str(refusal), curl=refusal.curl, status=refusal.status, cause=refusal.cause)
        self.request = request
        self.refusal = refusal


@dataclass(frozen=True)
class Asker:
    """Asks the questions of one read.

    Parameters
    ----------
    max_cells, connections : int
        As for `Client`.
    refresh, offline, progress : bool
        As for `Client.read`.
    """

    transport: Transport
    max_cells: int
    connections: int
    max_requests: int = 500
    refresh: bool = False
    offline: bool = False
    progress: bool = False

    # --- names of totals ---------------------------------------------------------------------------------------------

    def with_known_totals(self, table: Table) -> Table:
        """Apply what was learned before of the table's provisional totals; nothing is sent."""
        return table.with_totals(dict(self._known_totals(table, table.all_hierarchies)))

    def _with_names(self, question: Plan, edition: str) -> Plan:
        """Learn what the totals are called that the question's answers may bring beside other members."""
        names = self._learn(question, _needing_names(question), edition)
        return (
            in_dialect(question.with_totals(names), question.dialect, self.max_cells) if names else question
        )

    def _known_totals(
        self, table: Table, hierarchies: Sequence[Hierarchy]
    ) -> Iterator[tuple[str, str | None]]:
        for hierarchy in hierarchies:
            if hierarchy.total == "provisional":
                known = self.transport.learned.recall(self.transport.base_url, _topic(table, hierarchy.id))
                if isinstance(known, dict) and isinstance(known.get("name"), str | None):
                    yield hierarchy.id, known.get("name")

    def _learn(self, question: Plan, hierarchies: Sequence[Hierarchy], edition: str) -> dict[str, str | None]:
        request = names_request(question, hierarchies) if hierarchies else None
        if request is None:
            return {}
        names: Mapping[str, str] = {}
        life = UNFINISHED / timedelta(days=1)  # of not knowing: perhaps the newest periods are late
        try:
            names = self.part(request, edition=edition).block.names
        except NotCachedError:
            return {}  # an answer on disk that holds a total without a known name is refused when it is matched
        except UnknownMemberError:
            raise
        except PayloadError:
            pass  # what came is no total; with none known, a row of an unknown name stays an error
        except QueryError as error:
            if error.status not in _REFUSALS:
                raise
            life = REMEMBERED
        if len(hierarchies) > 1 and len(names) < len(hierarchies):
            apart = [self._learn(question, [hierarchy], edition) for hierarchy in hierarchies]
            return {name: total for one in apart for name, total in one.items()}
        found = {hierarchy.id: names.get(hierarchy.id) for hierarchy in hierarchies}
        self._note_totals(question.table, found, life)
        return found

    def _note_totals(self, table: Table, names: Mapping[str, str | None], life: float) -> None:
        for hierarchy, name in names.items():
            remember_total(self.transport, table, hierarchy, name, life if name is None else None)

    # --- forms -------------------------------------------------------------------------------------------------------

    def in_known_forms(self, question: Plan) -> Plan:
        """Ask the question in forms that the host is not known to refuse."""
        refused = [entry["parts"] for entry in _refused(self.transport)]
        while True:  # each is tighter than the one before
            parts = [request.parts for request in question.requests]
            bad = next((known for known in refused for each in parts if _covers(each, known)), None)
            tighter = question.dialect.tighter(bad) if bad else question.dialect
            other = self._otherwise(question, tighter) if tighter != question.dialect else None
            if other is None:
                return question
            question = other

    def _otherwise(self, question: Plan, dialect: Dialect) -> Plan | None:
        """Ask the question in the forms of a dialect; None where it cannot be asked in them."""
        with suppress(QueryError):
            other = in_dialect(question, dialect, self.max_cells)
            return other if len(other.requests) <= max(self.max_requests, len(question.requests)) else None
        return None

    def _as_stored(self, question: Plan, edition: str) -> tuple[Plan, frozenset[str] | None]:
        """Choose a form in which the whole question is answered on disk, if there is one.

        With the paths that are answered there; None where nothing about the table is.
        """
        if not self.transport.has_any_like(question.requests[0].path):
            return question, None
        if self.refresh:
            return question, frozenset()
        edition_or_any = None if self.offline else edition

        def stored(request: DataRequest) -> bool:
            return self.transport.has(request.path, edition=edition_or_any)

        whole = frozenset(request.path for request in question.requests if stored(request))
        if len(whole) == len(question.requests):
            return question, whole
        cut = [
            piece
            for request in question.requests
            if request.path not in whole
            for piece in self.as_answered(request)
        ]
        pieces = frozenset(piece.path for piece in cut if stored(piece))
        other = (
            None if len(pieces) == len(cut) else next(filter(stored, single_requests(question.whole)), None)
        )
        if other is None:
            return question, whole | pieces
        return replace(question, requests=(other,)), frozenset({other.path})

    # --- answers -----------------------------------------------------------------------------------------------------

    def parts(self, question: Plan, edition: str) -> tuple[Plan, list[Part]]:
        """Answer a question, in other forms where the host refuses those of the plan.

        Returns
        -------
        Plan, list of Part
            The question in the forms that were answered, and a part for each request, in no particular order.

        Raises
        ------
        QueryError
            If the API refuses every form; the message names them, with the API's words.
        """
        question, stored = self._as_stored(question, edition)
        refusals: list[_RefusedError] = []
        while True:
            question = self._with_names(question, edition)
            requests: Iterable[DataRequest] = question.requests
            if stored is not None:
                requests = chain.from_iterable(
                    [request] if request.path in stored else self.as_answered(request) for request in requests
                )
            try:
                found = gather(
                    list(requests),
                    partial(self.part, edition=edition),
                    cut=partial(self.cut, dialect=question.dialect),
                    at_hand=lambda request: request.path in (stored or ()),
                    connections=self.connections,
                    progress=self.progress,
                    title=question.table.id,
                )
            except _RefusedError as refusal:
                refusals.append(refusal)
            else:
                break
            parts = refusals[-1].request.parts
            if not parts and len(refusals) == 1:
                raise refusals[0].refusal  # no part of it has another form
            other = self._otherwise(question, question.dialect.tighter(parts))
            if other is None or other.requests == question.requests or len(refusals) > FURTHER_TRIES:
                raise _exhausted(question, refusals)
            forms = refusals[-1].request.forms
            LOG.info("%s: refused (%s), asked in another form", question.table.id, forms)
            question = other
        if refusals:
            remember_refusals(self.transport, [refusal.request.parts for refusal in refusals])
        names = {name: total for part in found for name, total in part.block.names.items()}
        self._note_totals(question.table, names, REMEMBERED)
        return question.with_totals(names), found

    def part(self, request: DataRequest, *, edition: str) -> Part:
        """Answer one request."""
        matched = _Matched(request)
        try:
            answer = self._fetch(request, matched, edition)
        except QueryError as error:
            if error.status in _REFUSALS and not is_about_the_question(error.cause):
                raise _RefusedError(request, error) from None
            raise
        return Part(
            matched.of(answer), request, answer.edition, answer.fetched_at, answer.from_cache, answer.stale
        )

    def totals(self, request: DataRequest, *, edition: str) -> Part | None:
        """Answer a request for overall totals; None where the API refuses it, which is kept: what is on disk is then whole."""
        topic = _topic(request.table, f"overall {','.join(s.hierarchy.id for s in request.selections)}")
        learned, base_url = self.transport.learned, self.transport.base_url
        if not self.refresh and learned.recall(base_url, topic) == "refused":
            return None
        try:
            return self.part(request, edition=edition)
        except _RefusedError:
            learned.note(base_url, topic, "refused", days=REMEMBERED)
            return None
        except QueryError:
            return None

    def live_on(self, parts: Sequence[Part], table: Table) -> None:
        """Give answers in which nothing is missing after all the life of others."""
        for part in parts:
            if part.block.unfinished and not part.from_cache:
                self.transport.expire(part.request.path, expiry_of_table(table))

    def _fetch(self, request: DataRequest, matched: _Matched, edition: str) -> Answer[Rows | Grid]:
        parser = Parser(
            partial(read_answer, request=request),
            dump_rows,
            partial(load_rows, label_count=label_count(request)),
            VERSION,
        )
        return self.transport.fetch(
            request.path,
            parser,
            accept=matched,
            table=request.table.id,
            edition=edition,
            refresh=self.refresh,
            offline=self.offline,
        )

    def cut(self, request: DataRequest, dialect: Dialect = EVERY_FORM) -> tuple[DataRequest, ...] | None:
        """Cut a request that takes too long."""
        return halve(request, min(MAX_URL, dialect.address) - len(self.transport.base_url) - 1, dialect)

    def as_answered(self, request: DataRequest) -> list[DataRequest]:
        """A request that timed out before was cut and answered in pieces: ask for the pieces, which are on disk."""
        if self.transport.has(request.path):
            return [request]
        piece, pieces = request, self.cut(request)
        for _ in range(CUTS_REMEMBERED):
            smaller = self.cut(piece)
            if smaller is None:
                break
            piece = smaller[0]
            if pieces is not None and self.transport.has(piece.path):
                return [part for half in pieces for part in self.as_answered(half)]
        return [request]


def is_about_the_question(cause: str | None) -> bool:
    """Whether the API's words for a refusal are about the question itself, in whatever form it is asked."""
    return _ABOUT_THE_QUESTION.search(cause or "") is not None


def remember_total(
    transport: Transport, table: Table, hierarchy: str, name: str | None, days: float | None
) -> None:
    """Keep the name that was learned of a provisional total, None where the API has none, for so many days."""
    transport.learned.note(transport.base_url, _topic(table, hierarchy), {"name": name}, days=days)


def remember_refusals(
    transport: Transport, refused: Sequence[dict[str, int]], taken: Sequence[dict[str, int]] = ()
) -> list[dict[str, int]]:
    """Keep which forms the host refuses, for all questions to come.

    Parameters
    ----------
    refused, taken : sequence of dict
        `DataRequest.parts` of requests that were refused, and whose fall-backs succeeded, and of requests that were
        answered: what was held to be refused before, and is taken now, is forgotten.

    Returns
    -------
    list of dict
        What is kept of the refused ones.
    """
    now = datetime.now(UTC).isoformat()
    parts = [kept for each in refused if (kept := _remembered(each))]
    earlier = _refused(transport)
    known = [
        entry
        for entry in earlier
        if entry["parts"] not in parts and not any(_covers(each, entry["parts"]) for each in taken)
    ]
    entries = [*({"parts": each, "on": now} for each in parts), *known]
    if entries or earlier:
        transport.learned.note(transport.base_url, "refused", entries[:50], days=REMEMBERED)
    return parts


def _refused(transport: Transport) -> list[dict[str, Any]]:
    """The parts of requests that the host refused lately, and since when."""
    entries = transport.learned.recall(transport.base_url, "refused")
    oldest = (datetime.now(UTC) - timedelta(days=REMEMBERED)).isoformat()
    return [
        entry
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict) and isinstance(entry.get("parts"), dict) and str(entry.get("on")) > oldest
    ]


def _topic(table: Table, hierarchy: str) -> str:
    return f"total:{table.id.lower()}:{hierarchy}"


def _needing_names(question: Plan) -> list[Hierarchy]:
    """The hierarchies whose total, of a name not known yet, may stand in an answer beside other members."""
    needing = {
        selection.hierarchy.id: selection.hierarchy
        for request in question.requests
        for selection in request.selections
        if selection.hierarchy.total == "provisional"
        and (selection.form or (TOTAL in selection.paths and len(selection.codes) > 1))
    }
    return list(needing.values())


def _remembered(parts: dict[str, int]) -> dict[str, int]:
    """The parts that tell a refused request from others: an address of ordinary length does not."""
    return {name: size for name, size in parts.items() if name != "address" or size > PROVEN[name]}


def _covers(parts: dict[str, int], refused: dict[str, int]) -> bool:
    return bool(refused) and all(parts.get(name, 0) >= size for name, size in refused.items())


def expiry_of_table(table: Table) -> datetime:
    """When answers about a table fetched now are to be asked for again."""
    return expiry_moment(table.update_next, datetime.now(UTC))


def _expiry_of(block: Block, request: DataRequest) -> datetime:
    """When an answer is to be asked for again: soon, where a period is missing in it."""
    ordinary = expiry_of_table(request.table)
    return min(ordinary, datetime.now(UTC) + UNFINISHED) if block.unfinished else ordinary


def _exhausted(question: Plan, refusals: Sequence[_RefusedError]) -> QueryError:
    last = refusals[-1].refusal
    tried = "".join(
        f"\n  {number}. {refusal.request.forms}: HTTP {refusal.refusal.status}"
        f"{f', {refusal.refusal.cause!r}' if refusal.refusal.cause else ''}"
        for number, refusal in enumerate(refusals, start=1)
    )
    return type(last)(
        f"Table {question.table.id}: the API refuses this question in every form that is known. Tried:{tried}\n"
        "Ask for less in one call: whole levels instead of many members, the newest periods ('latest:12') instead of"
        " scattered ones, one period or member at a time. `jobindsats doctor` finds out which forms the API takes; this"
        " error's .report() is a text for STAR.",
        curl=last.curl,
        status=last.status,
        cause=last.cause,
        request_id=last.request_id,
    )
