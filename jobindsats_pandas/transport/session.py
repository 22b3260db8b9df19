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
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import platformdirs
import requests
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
from jobindsats_pandas.transport.failures import cause_of, failure_of_probe, told
from jobindsats_pandas.transport.files import Directory
from jobindsats_pandas.transport.keys import cache_key, request_key
from jobindsats_pandas.transport.learned import Learned
from jobindsats_pandas.transport.log import LOG, named
from jobindsats_pandas.transport.notices import notify
from jobindsats_pandas.transport.storage import DiskCache
from jobindsats_pandas.transport.texts import printable, shortened
from jobindsats_pandas.transport.validation import BYTE_ORDER_MARK
from jobindsats_pandas.transport.view import CacheView

if TYPE_CHECKING:
    from collections.abc import Callable

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
class Answer:
    """The body of an answer, and where it comes from.

    Attributes
    ----------
    body : bytes
        As the API sent it, without byte order mark.
    fetched_at : datetime
        In UTC.
    from_cache : bool
        True if nothing was sent for it.
    stale : bool
        True if a newer one should have been had; a `StaleDataWarning` has said so.
    edition : str
        The update it belongs to, as told when it was fetched.
    """

    body: bytes = field(repr=False)
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
class Question:
    """What is asked, and which stored answers are good enough for it."""

    name: str  # in the log
    url: str
    check: Callable[[bytes], datetime | None]
    edition: str
    after: datetime | None  # answers must be fetched later than this

    @property
    def key(self) -> str:
        """Name of its answer on disk."""
        return cache_key(self.url)


class Flight:
    """One request in the air; whoever asks the same meanwhile waits for it and shares what it brings."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.outcome: Answer | JobindsatsError | None = None


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
        self._settings: dict[str, Any] = {
            "base_url": check_address(base_url),
            "cache_dir": cache_dir,
            "max_cache_bytes": max_cache_bytes,
            "max_answer_bytes": max_answer_bytes,
            "shared_cache": shared_cache,
            "max_age_stale": max_age_stale,
            "closed_hour": closed_hour,
            "patience": patience,
            "clock": clock,
        }
        self.base_url = check_address(base_url)
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
        *,
        check: Callable[[bytes], datetime | None],
        table: str | None = None,
        edition: str = "",
        refresh: bool = False,
        offline: bool = False,
    ) -> Answer:
        """Answer a question from the disk if that is still good, else from the API, else from older answers.

        Parameters
        ----------
        path : str
            Path and query below the base address, percent-encoded where needed; sent as it stands.
        check : callable
            Gets the body of every answer before it is stored or served. Raises `PayloadError` if it makes no
            sense (a new answer is then not stored, a stored one counts as missing), or returns when it expires
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
            From `check`.
        """
        subject = f"table {table}" if table else path.partition("?")[0]
        if not PLACE.fullmatch(path.partition("?")[0]):
            raise QueryError(
                f"{path[:100]!r} is no question to this API: ids of tables are made of a-z, 0-9 and _."
            )
        question = Question(named(path), self._url(path), check, edition, self._clock() if refresh else None)
        stored = self._stored(question)
        if stored is not None and self._is_good(stored, question):
            LOG.info("%s: from disk, fetched %s", question.name, _moment(stored))
            return _answer(stored, from_cache=True)
        if offline:
            if stored is None:
                raise NotCachedError(
                    f"{subject}: this question is not on disk, and offline=True forbids to send it. Ask it once "
                    "without offline; Client.cache.list() shows what is on disk.",
                    curl=self.curl(path),
                )
            return self._stale(stored, question, subject, "offline=True")
        try:
            return self._fetch_once(question)
        except JobindsatsError as error:
            failure = error.at_request(self.curl(path))
        LOG.info("%s: %s: %s", question.name, type(failure).__name__, failure)
        if stored is None or not isinstance(failure, (ServiceError, ClosedHourError)):
            raise failure
        if self._clock() - stored.created_at > self._max_age_stale:
            failure.add_note(f"The answer on disk is of {stored.created_at:%Y-%m-%d}, too old to be shown.")
            raise failure
        return self._stale(stored, question, subject, str(failure))

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

    def _stored(self, question: Question) -> CachedResponse | None:
        response = self._cache.get_response(question.key)
        if response is not None:
            try:
                question.check(response.content)
            except PayloadError:
                return None
        return response

    def _is_good(self, response: CachedResponse, question: Question) -> bool:
        return (
            self._is_fresh(response.created_at, cast("datetime", response.expires))
            and response.headers.get(EDITION, "") == question.edition
            and (question.after is None or response.created_at > question.after)
        )

    def _is_fresh(self, fetched_at: datetime, expires: datetime) -> bool:
        now = self._clock()
        # An answer of the future was fetched while this machine's clock was ahead.
        return expires > now and fetched_at <= now + CLOCK_SLACK

    def _fetch_once(self, question: Question) -> Answer:
        """Send, unless the same question is in the air already; then share its outcome, good or bad."""
        self._renew_after_fork()
        name = (question.key, question.edition)
        flight = self._flights.setdefault(name, Flight())
        with flight.lock:
            outcome = flight.outcome
            if outcome is None:
                outcome = self._land(question)
                # In this order: an interrupt in between leaves a flight that others fly again, not an old outcome.
                self._flights.pop(name, None)
                flight.outcome = outcome
        if isinstance(outcome, JobindsatsError):
            raise copy.copy(outcome)  # each thread its own, without the frames of the one that sent
        return outcome

    def _land(self, question: Question) -> Answer | JobindsatsError:
        stored = self._stored(question)  # of a flight that landed since we looked, or of another process
        if stored is not None and self._is_good(stored, question):
            return _answer(stored, from_cache=True)
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
            answer = _answer(self._send(question, self._auth), from_cache=False)
        except ServiceError as error:
            return self._closed(error) or error
        except PayloadError as error:
            # What a check says may hold names from the body.
            error.args = (shortened("\n".join(map(printable, str(error).split("\n"))), LONGEST_COMPLAINT),)
            return error
        except JobindsatsError as error:
            return error
        took = time.monotonic() - began
        LOG.info("%s: asked, %s bytes in %.1f s", question.name, f"{len(answer.body):,}", took)
        return answer

    def _send(self, question: Question, auth: BearerAuth) -> CachedResponse:
        hooks = {"response": partial(self._accept, question, auth)}
        request = requests.Request("GET", question.url, hooks=hooks)
        # `_accept` has made it the answer that is stored, whatever the session's signature says.
        return cast("CachedResponse", self._exchange(self._open_session(auth), request, force_refresh=True))

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
        self, question: Question, auth: BearerAuth, response: requests.Response, **_: Any
    ) -> CachedResponse:
        """Turn a whole answer into the one that is stored: the hook between requests and requests-cache."""
        if isinstance(response, CachedResponse):
            return response  # requests-cache calls hooks a second time
        body = response.content.removeprefix(BYTE_ORDER_MARK)
        now = self._clock().astimezone(UTC)
        expires = question.check(body) or now + DEFAULT_LIFE
        content_type = told(response.headers.get("Content-Type", ""), auth)
        return stored_response(response.url, body, now, expires, content_type, question.edition)

    def _open_session(self, auth: BearerAuth) -> CachedSession:
        session = self._session
        if session is None:
            session = CachedSession(backend=self._cache, key_fn=request_key)
            self._prepare(session, ApiAdapter(self._patience, auth, self._max_answer_bytes), auth)
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

    def _stale(self, stored: CachedResponse, question: Question, subject: str, reason: str) -> Answer:
        LOG.info("%s: from disk though it is old, fetched %s", question.name, _moment(stored))
        notify(
            f"{subject}: the answer shown was fetched on {_moment(stored)}, "
            f"{_age(self._clock() - stored.created_at)} ago, and may be out of date. Reason: {reason}",
            StaleDataWarning,
        )
        return _answer(stored, from_cache=True, stale=True)

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
                    " JOBINDSATS_CACHE_DIR names a directory that stays.",
                    CacheWarning,
                )
                return place
        try:
            if "\0" in str(named):
                raise ValueError  # noqa: TRY301 - as the system would, but at every use
            place = Path(named).expanduser()
        except (RuntimeError, ValueError):
            raise ConfigurationError(f"The cache directory {str(named)!r} is no path that can be.") from None
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


def _moment(stored: CachedResponse) -> str:
    return f"{stored.created_at.astimezone(danish_zone()):%Y-%m-%d at %H:%M}"


def _answer(response: CachedResponse, *, from_cache: bool, stale: bool = False) -> Answer:
    return Answer(
        response.content, response.url, response.created_at, from_cache, stale, response.headers[EDITION]
    )


def _age(span: timedelta) -> str:
    minutes = span / timedelta(minutes=1)
    for unit, length in (("days", 1440), ("hours", 60)):
        if minutes >= 2 * length:
            return f"{minutes // length:.0f} {unit}"
    return f"{max(minutes, 0):.0f} minutes"
