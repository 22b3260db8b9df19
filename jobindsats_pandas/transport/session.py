"""The one place that touches the network: a question becomes an answer from the disk or from the API."""

from __future__ import annotations

import copy
import os
import re
import shlex
import shutil
import tempfile
import threading
import time
import uuid
import weakref
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, cast
from urllib.parse import urlsplit

import platformdirs
import requests
from requests.structures import CaseInsensitiveDict
from requests_cache import CachedSession
from requests_cache.models.response import CachedResponse

from jobindsats_pandas.errors import (
    CacheWarning,
    ClosedHourError,
    ConfigurationError,
    JobindsatsError,
    NotCachedError,
    PayloadError,
    QueryError,
    ServiceError,
    StaleDataWarning,
)
from jobindsats_pandas.files import Directory
from jobindsats_pandas.notices import notify
from jobindsats_pandas.transport.adapter import ApiAdapter, Patience
from jobindsats_pandas.transport.clock import danish_zone, opening_moment, utc_now
from jobindsats_pandas.transport.credentials import (
    HOW_TO_GET_A_KEY,
    BearerAuth,
    Key,
    check_address,
    is_loopback,
)
from jobindsats_pandas.transport.entries import EDITION, stored_response
from jobindsats_pandas.transport.failures import BYTE_ORDER_MARK, cause_of, failure_of_probe, told
from jobindsats_pandas.transport.keys import DIGITS, cache_key, request_key
from jobindsats_pandas.transport.learned import Learned
from jobindsats_pandas.transport.log import LOG, named
from jobindsats_pandas.transport.parsing import reading
from jobindsats_pandas.transport.storage import DiskCache, KeptResponse
from jobindsats_pandas.transport.texts import printable, shortened
from jobindsats_pandas.transport.view import CacheView

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobindsats_pandas.transport.entries import Header
    from jobindsats_pandas.transport.parsing import Parser, Reading

T = TypeVar("T")

API_HOST = "api.jobindsats.dk"
DEFAULT_LIFE = timedelta(days=1)
CLOCK_SLACK = timedelta(minutes=5)
LOCAL = "loopback"
"""Sub-directory of answers that come from this machine itself."""
LONGEST_COMPLAINT = 5000
"""Letters of a message about a body."""
PLACE = re.compile(r"[a-z0-9_]+(/[a-z0-9_]+)?", re.ASCII)
"""Where questions are put: an endpoint, or the table of one."""


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What was made of an answer, and where it comes from.

    Attributes
    ----------
    value : object
        What the parser made of it.
    fetched_at : datetime
        In UTC.
    from_cache : bool
        True if nothing was sent for it.
    stale : bool
        True if a newer one should have been had; a `StaleDataWarning` has said so.
    edition : str
        The update it belongs to, as told when it was fetched.
    """

    value: T = field(repr=False)
    url: str
    fetched_at: datetime
    from_cache: bool
    stale: bool
    edition: str = ""


@dataclass(frozen=True)
class Reply:
    """What came to a probe.

    Attributes
    ----------
    status : int
        200, or the HTTP status of a refusal.
    body : bytes
        Without byte order mark.
    cause : str or None
        The API's words for a refusal.
    date : datetime or None
        The server's clock, where it tells.
    """

    status: int
    body: bytes = field(repr=False)
    cause: str | None
    date: datetime | None


@dataclass(frozen=True)
class Question(Generic[T]):
    """What is asked, and which stored answers are good enough for it."""

    name: str  # in the log
    url: str
    parser: Parser[T]
    accept: Callable[[T], datetime | None]
    edition: str

    @property
    def key(self) -> str:
        """Name of its answer on disk."""
        return cache_key(self.url)


class Landed(NamedTuple, Generic[T]):
    """What a request brought; the bytes, if they came now, for those who must not share what was made of them."""

    answer: Answer[T]
    body: bytes | None


class Flight:
    """One request in the air; whoever asks the same meanwhile waits for it and shares what it brings."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.outcome: Landed[Any] | JobindsatsError | None = None


class Transport:
    """Fetch answers of the API, from the disk where they are still good.

    Safe to share between threads and to use after a fork; pickled without the key.

    Parameters
    ----------
    token : str, Key or None
        The key; without one only the disk can answer.
    base_url : str
        Such as ``https://api.jobindsats.dk/v3``; the key goes nowhere else.
    cache_dir : Path or None
        None: the user's cache directory, or, for an API on this machine, a temporary one. In a directory that is named,
        an API on this machine has a sub-directory of its own: its answers never lie among real ones.
    max_cache_bytes : int or None
        The answers fetched longest ago are removed above this; None for no limit.
    max_answer_bytes : int
        A larger answer is not read.
    shared_cache : bool
        Believe also what others than the user can write to `cache_dir`, and let them read it.
    max_age_stale : timedelta
        The oldest answer to serve when the API fails.
    closed_hour : bool or None
        Whether the API may be down from 22:00 to 23:00 Danish time: it is asked then too, but once, and a failure is
        put down to the hour. None: only api.jobindsats.dk closes.
    patience : Patience
        Tries, pauses and time limits.
    clock : callable
        Returns the present moment, with time zone.

    Attributes
    ----------
    learned : Learned
        What was learned of a host and lies in no answer.
    lost_key : bool
        Whether this is the copy of one that had a key.

    Raises
    ------
    ConfigurationError
        If the key cannot be one, or the address would show it to others.
    """

    def __init__(
        self,
        *,
        token: str | Key | None,
        base_url: str,
        cache_dir: Path | None = None,
        max_cache_bytes: int | None = 2_000_000_000,
        max_answer_bytes: int = 1_000_000_000,
        shared_cache: bool = False,
        max_age_stale: timedelta = timedelta(days=90),
        closed_hour: bool | None = None,
        patience: Patience = Patience(),  # noqa: B008 - frozen
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        # At once: whatever is raised from here on, its frames do not hold the key.
        token = Key(token) if token is not None and not isinstance(token, Key) else token
        self.base_url = base_url = check_address(base_url)
        self._settings: dict[str, Any] = {
            "base_url": base_url,
            "cache_dir": cache_dir,
            "max_cache_bytes": max_cache_bytes,
            "max_answer_bytes": max_answer_bytes,
            "shared_cache": shared_cache,
            "max_age_stale": max_age_stale,
            "closed_hour": closed_hour,
            "patience": patience,
            "clock": clock,
        }
        self._auth = None if token is None else BearerAuth(token, self.base_url)
        self._max_age_stale = max_age_stale
        self._max_answer_bytes = max_answer_bytes
        self._closes = urlsplit(self.base_url).hostname == API_HOST if closed_hour is None else closed_hour
        # Not a method: the session would hold the transport, and its temporary directory would outlive both.
        self._patience = partial(_patience_now, patience, clock, closes=self._closes)
        self._clock = clock
        directory = Directory(self._place(cache_dir), shared=shared_cache)
        self._cache = DiskCache(directory, max_cache_bytes)
        self.learned = Learned(directory, clock)
        self._flights: dict[tuple[str, str], Flight] = {}
        self._session: CachedSession | None = None
        self.lost_key = False
        self._probing: requests.Session | None = None
        self._process = os.getpid()

    def __reduce__(self) -> tuple[Any, ...]:
        return _without_key, (self._settings, self.lost_key or self.has_key)

    def __repr__(self) -> str:
        if "_process" not in vars(self):  # in the traceback of its own making
            return "<Transport, unfinished>"
        return f"<Transport {self.base_url}, cache in {self._cache.responses.directory}>"

    @property
    def closed_for(self) -> float:
        """Seconds until the API opens; 0 while it is open."""
        now = self._clock()
        opens = opening_moment(now) if self._closes else None
        return 0.0 if opens is None else (opens - now).total_seconds()

    @property
    def has_key(self) -> bool:
        """Whether anything can be asked at all."""
        return self._auth is not None

    @property
    def cache(self) -> CacheView:
        """The answers on disk: ``info()``, ``list()``, ``clear()``."""
        return CacheView(self._cache.responses, self.learned)

    def curl(self, path: str) -> str:
        """Return the request as a command for bash, with the key as ``$JOBINDSATS_API_TOKEN``.

        Examples
        --------
        >>> print(Transport(token=None, base_url="https://api.jobindsats.dk/v3").curl("subjects?format=json"))
        curl --globoff -H "Authorization: Bearer $JOBINDSATS_API_TOKEN" 'https://api.jobindsats.dk/v3/subjects?format=json'
        """
        url = requests.utils.requote_uri(self._url(path))
        return f'curl --globoff -H "Authorization: Bearer $JOBINDSATS_API_TOKEN" {shlex.quote(url)}'

    def has(self, path: str, *, edition: str | None = None) -> bool:
        """Whether an answer to a question is on disk, judged from its header alone.

        Parameters
        ----------
        path : str
            As in `fetch`.
        edition : str, optional
            Only an answer of this edition that has not expired counts; without it any, however old.
        """
        url = self._url(path)
        header = self._cache.responses.header(cache_key(url))
        if header is None or edition is None:
            return header is not None
        return self._is_fresh(header.fetched_at, header.expires) and header.edition == edition

    def has_any_like(self, path: str) -> bool:
        """Whether answers about the same table may be on disk: seen at a glance, which a large cache does not allow."""
        return self._cache.responses.holds(cache_key(self._url(path))[:-DIGITS])

    def expire(self, path: str, moment: datetime) -> None:
        """Set anew when the stored answer to a question expires; quiet where there is none, or the disk refuses.

        Parameters
        ----------
        path : str
            As in `fetch`.
        moment : datetime
            With time zone.
        """
        self._cache.responses.expire(cache_key(self._url(path)), moment.astimezone(UTC))

    def fetch(
        self,
        path: str,
        parser: Parser[T],
        *,
        accept: Callable[[T], datetime | None] = lambda _: None,
        table: str | None = None,
        edition: str = "",
        refresh: bool = False,
        offline: bool = False,
    ) -> Answer[T]:
        """Answer a question from the disk if that is still good, else from the API, else from older answers.

        Parameters
        ----------
        path : str
            Path and query below the base address, percent-encoded where needed; sent as it stands.
        parser : Parser
            Makes of a body what is asked for. An answer that is none is asked for again.
        accept : callable, optional
            Gets what was made of every answer before that is stored or served. Raises `PayloadError` if it does not
            fit (a new answer is then not stored, a stored one counts as missing), or returns when it expires
            (None: after a day).
        table : str, optional
            What to call the question in messages.
        edition : str, optional
            Names the update that an answer fetched now belongs to. Stored answers of another one have expired,
            whatever they say themselves.
        refresh : bool
            Ask the API also where a stored answer is still good.
        offline : bool
            Ask the disk alone, and take what it has, however old.

        Returns
        -------
        Answer

        Raises
        ------
        NotCachedError
            Offline, and nothing on disk.
        ServiceError
            No answer can be had, and none young enough is on disk.
        ClosedHourError
            The same from 22:00 to 23:00 Danish time, when the API may be closed.
        AuthenticationError, QueryError
            The API refuses; an older answer would hide that. An answer that is too large counts as one, and so does a
            question that would leave the place of questions.
        PayloadError
            From `parser` or `accept`.
        """
        subject = f"table {table}" if table else path.partition("?")[0]
        if not PLACE.fullmatch(path.partition("?")[0]):
            raise QueryError(
                f"{path[:100]!r} is no question to this API: ids of tables are made of a-z, 0-9 and _."
            )
        question = Question(named(path), self._url(path), parser, accept, edition)
        kept = None if refresh and not offline else self._kept(question, stale=offline)
        answer = None if kept is None else self._from_disk(question, kept)
        if answer is not None and kept is not None and self._life(question, kept) > timedelta(0):
            LOG.info("%s: from disk, fetched %s", question.name, _moment(answer))
            return answer
        if offline:
            if answer is None:
                raise NotCachedError(
                    f"{subject}: this question is not on disk, and offline=True forbids to send it. Ask it once "
                    "without offline; ji.Client().cache.list() shows what is on disk.",
                    curl=self.curl(path),
                )
            return self._stale(answer, question, subject, "offline=True")
        try:
            return self._fetch_once(question, force=refresh or kept is not None)
        except JobindsatsError as error:
            failure = error.at_request(self.curl(path))
        LOG.info("%s: %s: %s", question.name, type(failure).__name__, failure)
        if not isinstance(failure, (ServiceError, ClosedHourError)):
            if isinstance(failure, PayloadError):
                failure.add_note(
                    "Ask again later; if it stays, error.report() is a text for jobindsats@star.dk."
                )
            raise failure
        older = self._kept(question, stale=True)
        if older is not None and self._clock() - older.fetched_at > self._max_age_stale:
            failure.add_note(f"The answer on disk is of {older.fetched_at:%Y-%m-%d}, too old to be shown.")
            raise failure
        answer = None if older is None else self._from_disk(question, older)
        if answer is None:
            raise failure
        return self._stale(answer, question, subject, str(failure))

    def probe(self, path: str) -> Reply:
        """Send a request as it stands and return what comes, a refusal too; the disk is neither read nor written.

        Parameters
        ----------
        path : str
            As in `fetch`; with ``format=csv`` the body is not judged.

        Raises
        ------
        ConfigurationError, AuthenticationError
            Without a key; where it is not accepted.
        ServiceError, ClosedHourError
            No answer can be had; with ``status=200`` where one comes that is none of this API's.
        """
        if self._auth is None:
            raise ConfigurationError(f"No key is given. {HOW_TO_GET_A_KEY}")
        self._renew_after_fork()
        auth, session = self._auth, self._probing
        if session is None:
            session = self._probing = requests.Session()
            patience_now = self._patience
            patience = lambda: patience_now().for_a_probe()  # noqa: E731 - without the transport, as `_patience` is
            self._prepare(session, ApiAdapter(patience, auth, self._max_answer_bytes, failure_of_probe), auth)
        try:
            headers = {"Accept": "*/*"} if "format=csv" in path else {}
            request = requests.Request("GET", self._url(path), headers=headers)
            response = self._exchange(session, request)
        except ServiceError as error:
            failure = (self._closed(error) or error).at_request(self.curl(path))
        else:
            body = response.content.removeprefix(BYTE_ORDER_MARK)
            date, echoes = _moment_of_text(response.headers.get("Date")), auth.is_in(body)
            if response.status_code != 200 or not echoes:
                return Reply(response.status_code, b"" if echoes else body, cause_of(body, auth), date)
            failure = ServiceError("The answer holds the key, so it is not used.", status=200)
        raise failure

    def close(self) -> None:
        """Close the connections; the transport can be used again."""
        sessions = self._session, self._probing
        self._session = self._probing = None
        for session in sessions:
            if session is not None and self._process == os.getpid():
                session.close()

    def _url(self, path: str) -> str:
        return f"{self.base_url}/{path.lstrip('/')}"

    def _from_disk(self, question: Question[T], header: Header) -> Answer[T] | None:
        """What is made of the stored answer; None if that is not whole, or does not fit."""
        try:
            found = self._cache.responses.parsed(question.key, header, question.parser)
            if found is None:
                return None
            value, header = found
            question.accept(value)
        except PayloadError:
            return None
        return Answer(value, header.url, header.fetched_at, True, False, header.edition)

    def _life(self, question: Question[Any], header: Header) -> timedelta:
        """How long a stored answer is still good for a question; nothing if it belongs to another update."""
        fitting = self._is_fresh(header.fetched_at, header.expires) and header.edition == question.edition
        return header.expires - self._clock() if fitting else timedelta(0)

    def _kept(self, question: Question[Any], *, stale: bool) -> Header | None:
        """Ask the session for what is on disk: a good answer, or with `stale` any."""
        if not stale and not self._cache.responses.has_file(question.key):
            return None  # the session will look again before it sends
        self._renew_after_fork()
        request = (
            requests.PreparedRequest()
        )  # bare, as nothing of it is sent: preparing one takes as long as a hit
        request.method, request.url, request.hooks = "GET", question.url, requests.hooks.default_hooks()
        request.headers = CaseInsensitiveDict({"Cache-Control": "stale-if-error"} if stale else {})
        with reading(question.parser.parse, partial(self._life, question)):
            response = self._open_session().send(request, only_if_cached=True)
        return response.header if isinstance(response, KeptResponse) else None

    def _is_fresh(self, fetched_at: datetime, expires: datetime) -> bool:
        now = self._clock()
        # An answer of the future was fetched while this machine's clock was ahead.
        return expires > now and fetched_at <= now + CLOCK_SLACK

    def _fetch_once(self, question: Question[T], *, force: bool) -> Answer[T]:
        """Send, unless the same question is in the air already; then share its outcome, good or bad."""
        self._renew_after_fork()
        name = (question.key, question.edition)
        flight = self._flights.setdefault(name, Flight())
        with flight.lock:
            outcome, shared = flight.outcome, flight.outcome is not None
            if outcome is None:
                outcome = self._land(question, force=force)
                # In this order: an interrupt in between leaves a flight that others fly again, not an old outcome.
                self._flights.pop(name, None)
                flight.outcome = outcome
        if isinstance(outcome, JobindsatsError):
            raise copy.copy(outcome)  # each thread its own, without the frames of the one that sent
        if not shared:
            return outcome.answer
        # Each its own: a frame made of shared arrays could be changed under another's hands.
        if outcome.body is not None:
            return replace(outcome.answer, value=question.parser.parse(outcome.body))
        return self._fetch_once(question, force=force)

    def _land(self, question: Question[T], *, force: bool) -> Landed[T] | JobindsatsError:
        if self._auth is None:
            what = (
                "A copy of a client, as another process gets one, is without its key: keys are never pickled. Put it in "
                "JOBINDSATS_API_TOKEN in every process, or make the client there."
                if self.lost_key
                else f"No key is given, and the disk alone cannot answer this. {HOW_TO_GET_A_KEY}"
            )
            return ConfigurationError(f"{what} offline=True takes what is on disk, however old.")
        began = time.monotonic()
        try:
            landed = self._send(question, self._auth, force=force)
        except ServiceError as error:
            return self._closed(error) or error
        except PayloadError as error:
            # What a check says may hold names from the body.
            error.args = (shortened("\n".join(map(printable, str(error).split("\n"))), LONGEST_COMPLAINT),)
            return error
        except JobindsatsError as error:
            return error
        took = time.monotonic() - began
        if landed.body is not None:
            LOG.info("%s: asked, %s bytes in %.1f s", question.name, f"{len(landed.body):,}", took)
        return landed

    def _send(self, question: Question[T], auth: BearerAuth, *, force: bool) -> Landed[T]:
        with reading(question.parser.parse, partial(self._life, question)) as parsed:
            hooks = {"response": partial(self._accept, question, auth, parsed)}
            request = requests.Request("GET", question.url, hooks=hooks)
            response = self._exchange(self._open_session(), request, force_refresh=force)
        if isinstance(response, KeptResponse):
            # Stored since we looked: by a flight that landed, or by another process.
            answer = self._from_disk(question, response.header)
            return self._send(question, auth, force=True) if answer is None else Landed(answer, None)
        # `_accept` has made it the answer that is stored, whatever the session's signature says.
        stored, value = cast("CachedResponse", response), cast("T", parsed.value)
        self._cache.responses.keep_columns(question.key, question.parser, value)
        edition = stored.headers[EDITION]
        return Landed(Answer(value, stored.url, stored.created_at, False, False, edition), stored.content)

    def _exchange(
        self, session: requests.Session, request: requests.Request, **more: Any
    ) -> requests.Response:
        try:
            prepared = session.prepare_request(request)
            options = session.merge_environment_settings(request.url, {}, None, None, None)
            if is_loopback(request.url):
                options["proxies"] = {}  # over plain http a proxy would read the key
            return session.send(prepared, allow_redirects=False, **more, **options)
        except KeyboardInterrupt:
            self._session = self._probing = None  # pools may hold a lock, or a connection with half an answer
        raise KeyboardInterrupt  # a new one: the frames of the first hold the key

    def _accept(
        self,
        question: Question[T],
        auth: BearerAuth,
        parsed: Reading[T],
        response: requests.Response,
        **_: Any,
    ) -> CachedResponse:
        """Turn a whole answer into the one that is stored: the hook between requests and requests-cache."""
        if isinstance(response, CachedResponse):
            return response  # requests-cache calls hooks a second time
        if "next" in response.links:
            raise PayloadError(
                "The answer's header 'Link' names a next page: it may be no more than a part of what was asked for, and the"
                " rest would count as 0. Ask for less in one call."
            )
        now = self._clock().astimezone(UTC)
        expires = question.accept(cast("T", parsed.value)) or now + DEFAULT_LIFE
        content_type = told(response.headers.get("Content-Type", ""), auth)
        return stored_response(response.url, response.content, now, expires, content_type, question.edition)

    def _open_session(self) -> CachedSession:
        session = self._session
        if session is None:
            session = CachedSession(backend=self._cache, key_fn=request_key)
            if self._auth is not None:
                self._prepare(
                    session, ApiAdapter(self._patience, self._auth, self._max_answer_bytes), self._auth
                )
            self._session = session
        return session

    def _prepare(self, session: requests.Session, adapter: ApiAdapter, auth: BearerAuth) -> None:
        session.auth = auth
        session.headers.update(
            {
                "User-Agent": "jobindsats-pandas",
                "Accept": "application/json",
                "Accept-Encoding": "gzip, deflate",
            }
        )
        for scheme in ("https://", "http://"):
            session.mount(scheme, adapter)

    def _renew_after_fork(self) -> None:
        if self._process != os.getpid():
            # The parent's sockets would mix its answers with ours; kept unused, since closing them is the parent's.
            self._inherited = self._session, self._probing
            self._session = self._probing = None
            self._flights, self._process = {}, os.getpid()

    def _closed(self, failure: ServiceError) -> ClosedHourError | None:
        """Put a failure down to the hour, if it is that hour."""
        now = self._clock()
        opens = opening_moment(now) if self._closes else None
        if opens is None:
            return None
        return ClosedHourError(
            f"{failure} The likely reason is the hour: {urlsplit(self.base_url).hostname} may be closed from 22:00 to "
            f"23:00 Danish time. Ask again after {opens:%H:%M}, in {_age(opens - now)}.",
            status=failure.status,
            cause=failure.cause,
            request_id=failure.request_id,
        )

    def _stale(self, answer: Answer[T], question: Question[T], subject: str, reason: str) -> Answer[T]:
        LOG.info("%s: from disk though it is old, fetched %s", question.name, _moment(answer))
        notify(
            f"{subject}: the answer shown was fetched on {_moment(answer)}, "
            f"{_age(self._clock() - answer.fetched_at)} ago, and may be out of date. Reason: {reason}",
            StaleDataWarning,
        )
        return replace(answer, stale=True)

    def _place(self, named: Path | None) -> Path:
        """Where the answers lie."""
        local = is_loopback(self.base_url)
        if named is None:
            try:
                return self._temporary_directory() if local else default_directory()
            except RuntimeError:  # no HOME, and a user without an entry in the system's list
                place = self._temporary_directory()
                notify(
                    f"This user has no home directory, so that answers are kept in {place} and only while the client lives."
                    " Name a directory that stays: JOBINDSATS_CACHE_DIR.",
                    CacheWarning,
                )
                return place
        try:
            if "\0" in str(named):
                raise ValueError  # noqa: TRY301 - as the system would, but at every use
            place = Path(named).expanduser()
        except (RuntimeError, ValueError):
            raise ConfigurationError(
                f"The cache directory {str(named)!r} is no path that can be. Give cache_dir= or JOBINDSATS_CACHE_DIR another."
            ) from None
        return place / LOCAL if local and place.name != LOCAL else place

    def _temporary_directory(self) -> Path:
        directory = Path(tempfile.gettempdir(), f"jobindsats_pandas-{uuid.uuid4().hex}")
        weakref.finalize(self, _remove_directory, directory, os.getpid())
        return directory


def _moment_of_text(text: str | None) -> datetime | None:
    """The moment that a Date header tells, in UTC; None if it tells none."""
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def _patience_now(patience: Patience, clock: Callable[[], datetime], *, closes: bool) -> Patience:
    closed = closes and opening_moment(clock()) is not None
    return patience.in_the_closed_hour() if closed else patience


def default_directory() -> Path:
    """Where this system keeps a user's cache."""
    return platformdirs.user_cache_path("jobindsats_pandas", appauthor=False)


def _without_key(settings: dict[str, Any], lost_key: bool) -> Transport:
    copied = Transport(token=None, **settings)
    copied.lost_key = lost_key
    return copied


def _remove_directory(directory: Path, owner: int) -> None:
    if os.getpid() == owner:  # not in a forked child, whose parent still uses it
        shutil.rmtree(directory, ignore_errors=True)


def _moment(answer: Answer[Any]) -> str:
    return f"{answer.fetched_at.astimezone(danish_zone()):%Y-%m-%d at %H:%M}"


def _age(span: timedelta) -> str:
    minutes = span / timedelta(minutes=1)
    for unit, length in (("days", 1440), ("hours", 60)):
        if minutes >= 2 * length:
            return f"{minutes // length:.0f} {unit}"
    return f"{max(minutes, 0):.0f} minutes"
