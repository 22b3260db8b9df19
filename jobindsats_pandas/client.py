"""The one place where metadata, plan and network meet: a question goes out, a frame comes back."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never, TypeVar

from jobindsats_pandas import arguments
from jobindsats_pandas.answers import UnknownMemberError
from jobindsats_pandas.asking import Asker, expiry_of_table
from jobindsats_pandas.catalogue import (
    find_members,
    looked_through,
    parse_subjects,
    parse_tables,
    search_tables,
)
from jobindsats_pandas.decoding import to_frame
from jobindsats_pandas.errors import (
    ConfigurationError,
    JobindsatsError,
    PayloadError,
    QueryError,
    QueryWarning,
    ServiceError,
    TooLargeError,
)
from jobindsats_pandas.forms import BASE_URL, MAX_CELLS, members_text
from jobindsats_pandas.gathering import shows_progress
from jobindsats_pandas.guarded import tally
from jobindsats_pandas.judging import (
    asks_whole_levels,
    missing,
    negative_counts,
    perhaps_before_the_first,
    suspiciously_rounded,
    unexplained_since,
)
from jobindsats_pandas.kinds import Kind
from jobindsats_pandas.matching import did_you_mean, fold
from jobindsats_pandas.metadata import TOTAL, Table, parse_table
from jobindsats_pandas.notices import held_back, notify, tell
from jobindsats_pandas.provenance import Provenance
from jobindsats_pandas.queries import in_dialect, plan, read_question, resolve_measure, total_request
from jobindsats_pandas.transport import Key, Parser, Transport, keyring_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd

    from jobindsats_pandas.answers import Block
    from jobindsats_pandas.asking import Part
    from jobindsats_pandas.catalogue import CatalogueEntry
    from jobindsats_pandas.forms import Selection
    from jobindsats_pandas.judging import Missing
    from jobindsats_pandas.queries import Names, Plan
    from jobindsats_pandas.transport import CacheView

__all__ = ["Client", "UpdatedMeanwhileError"]

T = TypeVar("T")

CONNECTIONS_CAP = 4
LAYOUTS = ("wide", "long")
NAMES = ("full", "short", "id")

_TABLE_ID = re.compile(r"[a-z0-9_]+", re.ASCII)


class Client:
    """A connection to Jobindsats: key, address, cache and limits. Immutable; safe to share between threads.

    Parameters
    ----------
    token : str, optional
        The key. By default from the environment, ``JOBINDSATS_API_TOKEN`` or ``JOBINDSATS_API_KEY``, else from the
        system's keyring if `keyring` is installed. Without one, what is on disk can still be read.
    base_url : str, optional
        By default ``JOBINDSATS_API_URL``, else the agency's own. https, or an address of this machine.
    cache_dir : str or Path, optional
        By default ``JOBINDSATS_CACHE_DIR``, else the user's cache directory; for an address of this machine a
        temporary one, or a sub-directory, so that answers of a sandbox are never taken for the agency's.
    max_cells : int, default 150,000
        Larger questions are split: the API can time out from about 200,000 cells.
    connections : int, default 2
        How many requests are in the air at once, 4 at most: this is a public body's server.
    max_cache_bytes : int, optional
        Size of the cache; the answers fetched longest ago go first.
    max_answer_bytes : int, default 1,000,000,000
        A larger answer is not read.
    shared_cache : bool, default False
        Believe also what others than you can write to the cache directory, and let them read what you write.
    max_stale_days : float, default 90
        The oldest answer to fall back on where the API fails.
    ignore_closed_hour : bool, optional
        Does nothing any more: the API is asked from 22:00 to 23:00 too. Deprecated.
    closed_hour : bool, optional
        Whether the API may be down from 22:00 to 23:00 Danish time: it is asked then too, but once, and a failure is
        put down to the hour. By default only api.jobindsats.dk closes.

    Raises
    ------
    ConfigurationError
        If the key cannot be one, or the address would show it to others.

    Examples
    --------
    >>> from jobindsats_pandas import sandbox
    >>> with sandbox.serve() as api:
    ...     client = Client(token=api.token, base_url=api.url)
    ...     client.table("y25i01").name
    '... (syntetisk)'
    """

    def __init__(
        self,
        token: str | None = None,
        base_url: str | None = None,
        cache_dir: str | Path | None = None,
        *,
        max_cells: int = MAX_CELLS,
        connections: int = 2,
        max_cache_bytes: int | None = 2_000_000_000,
        max_answer_bytes: int = 1_000_000_000,
        shared_cache: bool = False,
        max_stale_days: float = 90,
        ignore_closed_hour: bool | None = None,
        closed_hour: bool | None = None,
        **unknown: Never,
    ) -> None:
        _refuse(unknown)
        environment = os.environ.get
        if token is None or (isinstance(token, str) and not token):
            token = environment("JOBINDSATS_API_TOKEN") or environment("JOBINDSATS_API_KEY")
            token = token or keyring_token()
        key, token = None if token is None else Key(token), None  # no local that a traceback could show
        wrong = ConfigurationError
        base_url = arguments.optional(
            arguments.text, "base_url", base_url, "an address such as 'https://api.jobindsats.dk/v3'", wrong
        )
        max_cells = arguments.whole_number("max_cells", max_cells, 1, wrong)
        connections = arguments.whole_number("connections", connections, 1, wrong)
        max_cache_bytes = arguments.optional(
            arguments.whole_number, "max_cache_bytes", max_cache_bytes, 0, wrong
        )
        max_answer_bytes = arguments.whole_number("max_answer_bytes", max_answer_bytes, 1, wrong)
        shared_cache = arguments.flag("shared_cache", shared_cache, wrong)
        max_stale_days = arguments.number("max_stale_days", max_stale_days, 0, timedelta.max.days, wrong)
        closed_hour = arguments.optional(arguments.flag, "closed_hour", closed_hour, wrong)
        self._settings: dict[str, Any] = {
            "base_url": base_url,
            "cache_dir": cache_dir,
            "max_cells": max_cells,
            "connections": connections,
            "max_cache_bytes": max_cache_bytes,
            "max_answer_bytes": max_answer_bytes,
            "shared_cache": shared_cache,
            "max_stale_days": max_stale_days,
            "closed_hour": closed_hour,
        }
        self._transport = Transport(
            token=key,
            base_url=base_url or environment("JOBINDSATS_API_URL") or BASE_URL,
            cache_dir=_directory(cache_dir),
            max_cache_bytes=max_cache_bytes,
            max_answer_bytes=max_answer_bytes,
            shared_cache=shared_cache,
            max_age_stale=timedelta(days=max_stale_days),
            closed_hour=closed_hour,
        )
        _tell_of_ignore_closed_hour(ignore_closed_hour)
        self._max_cells = max_cells
        self._connections = min(connections, CONNECTIONS_CAP)

    def __reduce__(self) -> tuple[Any, ...]:
        # Without the key, which the copy looks for in its own environment.
        return _without_key, (self._settings, self._transport.lost_key or self._transport.has_key)

    def __repr__(self) -> str:
        if "_transport" not in vars(self):  # in the traceback of its own making
            return "<Client, unfinished>"
        return f"<Client of {self._transport.base_url}, cache in {self.cache.path}>"

    @property
    def base_url(self) -> str:
        """Address of the API."""
        return self._transport.base_url

    @property
    def closed_for(self) -> float:
        """Seconds until the API opens, from 22:00 to 23:00 Danish time, if it closes then; else 0."""
        return self._transport.closed_for

    @property
    def cache(self) -> CacheView:
        """The answers on disk: ``info()``, ``list()``, ``clear(table=None)``."""
        return self._transport.cache

    def subjects(self, *, refresh: bool = False, offline: bool = False) -> pd.DataFrame:
        """Subjects in their groups, as `jobindsats_pandas.subjects`."""
        refresh, offline = _when(refresh=refresh, offline=offline)
        return self._transport.fetch(
            "subjects?format=json", Parser(parse_subjects), refresh=refresh, offline=offline
        ).value

    def tables(
        self, search: str | None = None, *, refresh: bool = False, offline: bool = False
    ) -> pd.DataFrame:
        """Tables of the data bank, as `jobindsats_pandas.tables`."""
        search = arguments.optional(arguments.text, "search", search, "words to look for")
        refresh, offline = _when(refresh=refresh, offline=offline)
        entries = self._catalogue(refresh=refresh, offline=offline)
        frame, told = search_tables(entries, search, self._known_tables(entries) if search else None)
        if told:
            notify(f"tables({arguments.shown(search)}): {told}", QueryWarning)
        return frame

    def find(self, search: str, *, offline: bool = False) -> pd.DataFrame:
        """Members of the tables whose metadata are on disk, as `jobindsats_pandas.find`."""
        search = arguments.text("search", search, "words to look for")
        entries = self._catalogue(offline=arguments.flag("offline", offline))
        known = self._known_tables(entries)
        frame, told = find_members(known, search)
        if told := " ".join(filter(None, (told, looked_through(known, entries)))):
            notify(f"find({arguments.shown(search)}): {told}", QueryWarning)
        return frame

    def _known_tables(self, entries: Sequence[CatalogueEntry]) -> dict[str, Table]:
        """The tables whose metadata are on disk, however old; nothing is asked."""
        known = {}
        with held_back():
            for entry in entries:
                path = f"table/{entry.id.lower()}?format=json"
                if self._transport.has(path):
                    with suppress(JobindsatsError):  # not known, then, and counted as such
                        known[entry.id] = self._metadata(entry.id, offline=True)
        return known

    def table(self, table: str, *, refresh: bool = False, offline: bool = False) -> Table:
        """What a table offers, as `jobindsats_pandas.table`."""
        refresh, offline = _when(refresh=refresh, offline=offline)
        found = self._metadata(table, refresh=refresh, offline=offline)
        return self._asker().with_known_totals(found)

    def plan(
        self,
        table: str,
        by: Any = None,
        periods: Any = None,
        period_type: str | None = None,
        measures: Any = None,
        *,
        offline: bool = False,
    ) -> Plan:
        """What a question would send, as `jobindsats_pandas.plan`."""
        question = read_question(by, periods, period_type, measures)
        found = self.table(table, offline=offline)
        return self._asker().in_known_forms(self._plan(found, *question))

    def read(
        self,
        table: str,
        by: Any = None,
        periods: Any = None,
        period_type: str | None = None,
        measures: Any = None,
        *,
        layout: str = "wide",
        names: str = "full",
        complete: bool = False,
        additive: Mapping[str, str] | None = None,
        refresh: bool = False,
        offline: bool = False,
        progress: bool | None = None,
        max_requests: int = 500,
    ) -> pd.DataFrame:
        """Answer a question with a frame, as `jobindsats_pandas.read_jobindsats`."""
        asked = read_question(by, periods, period_type, measures)
        names = arguments.choice("names", names, NAMES)
        layout = arguments.choice("layout", layout, LAYOUTS)
        complete = arguments.flag("complete", complete)
        overrides = _overrides(additive)
        refresh, offline = _when(refresh=refresh, offline=offline)
        progress = shows_progress(arguments.optional(arguments.flag, "progress", progress))
        max_requests = arguments.whole_number("max_requests", max_requests)
        asker = self._asker(max_requests=max_requests, refresh=refresh, offline=offline, progress=progress)

        def ask(found: Table, *, again: bool = False) -> pd.DataFrame:
            # Where an answer held what the metadata do not know, the name of a total may be new too.
            known = found if again else asker.with_known_totals(found)
            question = asker.in_known_forms(self._plan(known, *asked))
            _refuse_many(question, max_requests)
            answering = _Answering(asker, asked, found, _kinds(found, overrides), names, layout, complete)
            _, frame, provenance = self._answered(question, answering)
            frame.attrs["jobindsats"] = replace(provenance, cells=tally(frame, as_read=True)).to_attrs()
            return frame

        found = self._metadata(table, refresh=refresh, offline=offline)
        try:
            return ask(found)
        except (UnknownMemberError, UpdatedMeanwhileError):
            # The answers are newer than what is known of the table: look again, once.
            return ask(self._metadata(table, refresh=not offline, offline=offline), again=True)

    def pieces(
        self,
        table: str,
        by: Any = None,
        periods: Any = "*",
        period_type: str | None = None,
        measures: Any = None,
        *,
        names: str = "full",
        additive: Mapping[str, str] | None = None,
        refresh: bool = False,
        max_requests: int = 500,
    ) -> Iterator[tuple[pd.DataFrame, Provenance]]:
        """Answer a question with a frame for each of some runs of periods, the oldest first: what is larger than memory.

        Parameters
        ----------
        table, by, periods, period_type, measures, names, additive, refresh, max_requests
            As in `jobindsats_pandas.read_jobindsats`; all periods by default.

        Yields
        ------
        DataFrame, Provenance
            The rows of a run, and where they come from.

        Raises
        ------
        UpdatedMeanwhileError
            After the last, if the table was updated since the first. (An older answer that had to do is told by a warning, as
            in `read`, and by `Provenance.stale`.)

        Examples
        --------
        >>> import jobindsats_pandas as ji
        >>> with ji.sandbox_client() as client:
        ...     [len(frame) for frame, _ in client.pieces("y25i01", periods="latest:3")]
        [3]
        """
        asked = read_question(by, periods, period_type, measures)
        names = arguments.choice("names", names, NAMES)
        overrides = _overrides(additive)
        asker = self._asker(
            max_requests=arguments.whole_number("max_requests", max_requests), refresh=refresh
        )
        found = self._metadata(table, refresh=True)
        question = self._plan(asker.with_known_totals(found), *asked)
        _refuse_many(question, max_requests)
        kinds = _kinds(found, overrides)
        answering = _Answering(asker, asked, found, kinds, names, checked=False)
        from_cache = True
        for run in _runs(question, self._max_cells * self._connections):
            part = in_dialect(replace(question, periods=run), question.dialect, self._max_cells)
            answered, frame, provenance = self._answered(asker.in_known_forms(part), answering)
            # What was learned of totals and forms holds for the next run too.
            question = replace(answered, periods=question.periods)
            from_cache &= bool(provenance.from_cache)
            yield frame, provenance
        if not from_cache:
            self._refuse_update(found)

    def _answered(self, question: Plan, how: _Answering) -> tuple[Plan, pd.DataFrame, Provenance]:
        """Ask what a plan asks, and make a frame of it; with the plan in the forms that were answered."""
        question, parts = how.asker.parts(question, _edition(how.table))
        if how.checked and len(parts) > 1 and not all(part.from_cache for part in parts):
            self._refuse_update(how.table)
        _refuse_mixture(parts, how.table)
        shape: dict[str, Any] = {"layout": how.layout, "complete": how.complete}
        frame, lacking = self._decoded(
            question, parts, how, additive=how.kinds, columns=_columns(question, how.names), **shape
        )
        provenance = replace(
            _provenance(question, parts, self.base_url),
            **shape,
            asked=how.asked._asdict() | ({} if how.names == "full" else {"names": how.names}),
            additive={name: str(kind) for name, kind in how.kinds.items()},
            missing=tuple(question.period_type.periods[place] for place in sorted(lacking.all_periods)),
        )
        return question, frame, provenance

    def _decoded(
        self, question: Plan, parts: Sequence[Part], how: _Answering, **shape: Any
    ) -> tuple[pd.DataFrame, Missing]:
        """Make the parts a frame, and tell of what is odd in them and of what did not come."""
        blocks, table = [part.block for part in parts], how.table
        lacking, totals = self._what_is_missing(parts, question, how)
        for column in negative_counts(blocks, question):
            told = (
                f"Table {table.id}: {column!r} counts, and has numbers below 0; they are shown as they came."
            )
            tell([(told, QueryWarning)])
        for column in suspiciously_rounded(blocks, question):
            tell([(_rounded(table, column), QueryWarning)])
        doubts: list[str] = []
        frame = to_frame(blocks, question, totals=totals, lacking=lacking, doubt=doubts.append, **shape)
        tell([(doubt, QueryWarning) for doubt in doubts])
        return frame, lacking

    def _asker(self, **options: Any) -> Asker:
        return Asker(self._transport, self._max_cells, self._connections, **options)

    def _plan(self, table: Table, by: Any, periods: Any, period_type: str | None, measures: Any) -> Plan:
        return plan(
            table, by, periods, period_type, measures, max_cells=self._max_cells, base_url=self.base_url
        )

    def _catalogue(self, *, refresh: bool = False, offline: bool = False) -> tuple[CatalogueEntry, ...]:
        parser = Parser(parse_tables)
        return self._transport.fetch("tables?format=json", parser, refresh=refresh, offline=offline).value

    def _metadata(self, table: str, *, refresh: bool = False, offline: bool = False) -> Table:
        table_id = self._table_id(table, offline=offline)
        try:
            answer = self._transport.fetch(
                f"table/{table_id}?format=json",
                Parser(partial(_parsed_table, table_id=table_id)),
                accept=expiry_of_table,
                table=table_id,
                refresh=refresh,
                offline=offline,
            )
        except QueryError as error:
            entries = self._catalogue(offline=offline)
            if any(entry.id.casefold() == table_id for entry in entries):
                raise
            error.args = (_no_such_table(table, entries),)
            raise
        return answer.value

    def _table_id(self, table: str | Table, *, offline: bool) -> str:
        """Return the id in lower case; what may be a table's name, as ids hold a digit, is looked up in the catalogue."""
        example = table.id if isinstance(table, Table) else "y25i01"
        wanted = (
            arguments.text("table", table, f"the id or name of a table, such as {example!r}").strip().lower()
        )
        may_be_id = _TABLE_ID.fullmatch(wanted) is not None
        if may_be_id and re.search("[0-9]", wanted):
            return wanted
        entries = self._catalogue(offline=offline)
        named = [entry.id for entry in entries if entry.id.lower() == wanted]
        named = named or [entry.id for entry in entries if fold(entry.name) == fold(wanted)]
        if may_be_id and not named:
            return wanted
        if len(named) != 1:
            told = f"{arguments.shown(table)} names {', '.join(named)}. Say one of these ids."
            raise QueryError(told if named else _no_such_table(str(table).strip(), entries))
        return named[0].lower()

    def _refuse_update(self, table: Table) -> None:
        """Look whether the table was updated while, or since, its parts were fetched: one small request."""
        with held_back():
            try:
                newest = self._metadata(table.id, refresh=True)
            except JobindsatsError:
                # Nobody can tell now; the parts themselves arrived.
                return
        if _edition(newest) != _edition(table):
            raise UpdatedMeanwhileError(f"Table {table.id} was updated while it was read.")

    def _what_is_missing(
        self, parts: Sequence[Part], question: Plan, how: _Answering
    ) -> tuple[Missing, Block | None]:
        """Find what did not come, and tell of it; with the overall totals, where they were needed to judge by.

        The totals tell whether a null is not available yet, where the answers' own rows do not; and whether members
        that were asked for by name, and have no row in a period, are 0 there.
        """
        blocks = [part.block for part in parts]
        lacking = missing(blocks, question)
        judged_by_totals = bool(lacking.periods) and not asks_whole_levels(question)
        unexplained = unexplained_since(blocks, question) or perhaps_before_the_first(blocks, question)
        totals = None
        if judged_by_totals or unexplained:
            totals = self._totals(question, how, parts[0].edition)
        if judged_by_totals and totals is not None:
            lacking = replace(lacking, periods=lacking.periods - totals.seen)
        if lacking.periods or lacking.totals:
            tell([(_missing_text(lacking, question), QueryWarning)])
        if not lacking.periods:
            how.asker.live_on(parts, how.table)
        return lacking, totals

    def _totals(self, question: Plan, how: _Answering, edition: str) -> Block | None:
        """Ask for the overall totals, of the edition of the other answers: of all periods, once for whatever is read of a table."""
        request = total_request(question, question.period_type.periods[0])
        if request is None:
            return None
        try:
            part = how.asker.totals(request, edition=_edition(how.table))
        except PayloadError as error:
            told = f"{error} Asked for its totals, to tell what is not available yet from what is hidden; all counts as hidden."
            tell([(told, QueryWarning)])
            return None
        # Without a total no null can be told from a hidden count, and each counts as one. Totals of another update tell nothing
        # of these figures.
        return part.block if part is not None and part.edition == edition else None


def _refuse(unknown: Iterable[str]) -> None:
    if names := ", ".join(f"{name}=" for name in unknown):
        raise TypeError(
            f"Client() takes no {names}; the key is token=, the address base_url=, and help(ji.Client) tells of the others."
            " offline= and refresh= belong to a call: client.read(table, offline=True)."
        )


def _directory(cache_dir: str | Path | None) -> Path | None:
    """The directory that was given, else that of the environment."""
    if cache_dir is None or (isinstance(cache_dir, str) and not cache_dir):
        named = os.environ.get("JOBINDSATS_CACHE_DIR")
        return Path(named) if named else None
    return arguments.path("cache_dir", cache_dir, ConfigurationError)


def _tell_of_ignore_closed_hour(given: Any) -> None:
    if arguments.optional(arguments.flag, "ignore_closed_hour", given, ConfigurationError) is not None:
        told = "ignore_closed_hour does nothing any more: the API is asked from 22:00 to 23:00 too. Leave it out."
        tell([(told, DeprecationWarning)])


def _without_key(settings: dict[str, Any], lost_key: bool) -> Client:
    client = Client(**settings)
    client._transport.lost_key = lost_key  # noqa: SLF001 - its own
    return client


@lru_cache(maxsize=16)
def _parsed_table(body: bytes, table_id: str) -> Table:
    """Parse metadata, once for each that differ: what is derived from a table stays with it, too."""
    return parse_table(body, table_id)


def _edition(table: Table) -> str:
    """The update that metadata tell of: data of another one do not fit to them."""
    return str(table.update_latest or "")


class UpdatedMeanwhileError(ServiceError):
    """The table was updated while it was read."""


@dataclass(frozen=True)
class _Answering:
    """How a question is answered.

    Attributes
    ----------
    checked : bool
        Whether parts that were fetched apart are known to fit together only after a look at the metadata.
    """

    asker: Asker
    asked: Names
    table: Table
    kinds: Mapping[str, Kind]
    names: str
    layout: str = "wide"
    complete: bool = False
    checked: bool = True


def _runs(question: Plan, cells: int) -> Iterator[tuple[str, ...]]:
    """The periods of a question in runs of so many cells, one period at least."""
    count = max(1, cells * len(question.periods) // question.cells)
    for start in range(0, len(question.periods), count):
        yield question.periods[start : start + count]


def _refuse_many(question: Plan, most: int) -> None:
    """A question takes no more requests than it may."""
    if len(question.requests) > most:
        raise TooLargeError(
            f"Table {question.table.id}: the question takes {question.summary}, more than max_requests={most}. Ask for"
            " less, or raise max_requests= on purpose: this is a public body's server.",
        )


def _refuse_mixture(parts: Sequence[Part], table: Table) -> None:
    """Parts of different updates of a table never join."""
    editions = sorted({part.edition for part in parts})
    if len(editions) > 1:
        raise ServiceError(
            f"Table {table.id} has been updated, and some parts of the question could not be fetched again since: they"
            f" are of {editions[0] or 'an unknown day'}, others of {editions[-1]}. Parts of different updates do not fit"
            " together. Ask again later; everything that was fetched is kept.",
        )


def _provenance(question: Plan, parts: Sequence[Part], base_url: str) -> Provenance:
    """Say where a frame comes from."""
    table = question.table
    shown = [selection for selection in question.selections if selection.shown]
    hidden = [selection.hierarchy.id for selection in question.selections if not selection.shown]
    names = parts[0].block.columns
    everything = len(question.measures) == len(table.all_measures)
    first, last = question.periods[0], question.periods[-1]
    return Provenance(
        table=table.id,
        table_name=table.name,
        link=table.link_tablepage,
        url=base_url,
        # Of the answers: where they are older ones that had to be served, the metadata may be newer.
        update_latest=parts[0].edition,
        fetched_at=min(part.fetched_at for part in parts).isoformat(timespec="seconds"),
        from_cache=all(part.from_cache for part in parts),
        stale=any(part.stale for part in parts),
        period_type=question.period_type.id,
        periods=first if first == last else f"{first}:{last}",
        count=len(question.periods),
        by={selection.hierarchy.id: _selection_text(selection) for selection in shown},
        area=hidden[0] if hidden else "",
        measures="*" if everything else tuple(measure.id for measure in question.measures),
        period_column=names[0],
        dimensions={
            name: (selection.hierarchy.dimension_id, selection.hierarchy.id)
            for name, selection in zip(names[1:], question.selections, strict=False)
            if selection.shown
        },
    )


def _columns(question: Plan, names: str) -> list[str] | None:
    """What the measures are to be called; None as in the answers."""
    if names == "full":
        return None
    short = question.table.short_names
    return [measure.id if names == "id" else short[measure.id] for measure in question.measures]


def _missing_text(lacking: Missing, question: Plan) -> str:
    """Say which periods did not come, and what that means."""
    table, every = question.table, question.period_type.periods

    def listed(periods: frozenset[int]) -> str:
        names = [every[period] for period in sorted(periods)]
        return (
            ", ".join(names)
            if len(names) <= 6
            else f"{', '.join(names[:5])} … {names[-1]} ({len(names)} periods)"
        )

    words = [f"Table {table.id}:"]
    if lacking.periods:
        words.append(
            f"the answer has no row for {listed(lacking.periods)}, although the data bank lists"
            f" {'this period' if len(lacking.periods) == 1 else 'these periods'}."
        )
    if lacking.totals:
        words.append(f"the official total that was asked for is left out in {listed(lacking.totals)}.")
    words.append(
        "Such figures are not available (yet); they are not 0. The answer is kept for an hour at most: ask again later."
    )
    return " ".join(words)


def _selection_text(selection: Selection) -> str | list[str]:
    """Write a selection as it could be asked for again; a long list of members as how many they are."""
    text = members_text(selection)
    if "," not in text:
        return "total" if text == TOTAL else text
    members = text.split(",")
    return members if len(members) <= 20 else f"{len(members)} members"


def _rounded(table: Table, column: str) -> str:
    return (
        f"Table {table.id}: many cells of {column!r} show 5, none 1 to 4, and none is hidden. The table may hide by rounding,"
        " as y25i14 does; then a 5 stands for less too, and adding many of them up gives too much."
    )


def _when(*, refresh: bool, offline: bool) -> tuple[bool, bool]:
    """Check whether to ask anew, or not at all."""
    refresh, offline = arguments.flag("refresh", refresh), arguments.flag("offline", offline)
    if refresh and offline:
        raise QueryError(
            "refresh=True asks the API anew, and offline=True forbids to ask it; take one of them."
        )
    return refresh, offline


def _kinds(table: Table, overrides: Mapping[str, Kind]) -> dict[str, Kind]:
    """The overrides by the measures' columns."""
    return {m.column: kind for name, kind in overrides.items() for m in resolve_measure(table, name)}


def _overrides(additive: Mapping[str, str] | None) -> dict[str, Kind]:
    """Read overrides of kinds: measures by name or id, kinds by their word."""
    words = {str(kind): kind for kind in Kind}
    if additive is not None and not isinstance(additive, Mapping):
        raise QueryError(
            f"additive={arguments.shown(additive)}: give a mapping from measures to kinds, {{'<measure>': 'flow'}} for instance."
        )
    for name, kind in (additive or {}).items():
        arguments.text("a key of additive", name, "the name or id of a measure")
        if not isinstance(kind, str) or kind not in words:
            known = ", ".join(map(repr, words))
            raise QueryError(
                f"additive={{{arguments.shown(name)}: {arguments.shown(kind)}}}: the kinds are {known}."
            )
    return {name: words[kind] for name, kind in (additive or {}).items()}


def _no_such_table(table: str, entries: Sequence[CatalogueEntry]) -> str:
    pieces = set(re.split(r"\W+", table.lower()))  # of an address, for instance
    within = next((f" Did you mean {entry.id!r}?" for entry in entries if entry.id.lower() in pieces), "")
    near = within or did_you_mean(table, [text for entry in entries for text in (entry.id, entry.name)])
    return f"There is no table {arguments.shown(table)} among the {len(entries)} there are.{near} ji.tables('words') searches them."
