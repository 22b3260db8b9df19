"""Why a try gave no answer: the one map from foreign exceptions and HTTP answers to our errors."""

from __future__ import annotations

import json
import socket
import ssl
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import requests
import urllib3.exceptions as u3

from jobindsats_pandas.errors import (
    AuthenticationError,
    ConfigurationError,
    JobindsatsError,
    QueryError,
    ServiceError,
    TimedOutError,
    TooLargeError,
)
from jobindsats_pandas.transport.credentials import HOW_TO_GET_A_KEY
from jobindsats_pandas.transport.validation import BYTE_ORDER_MARK, body_problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Failure:
    """One try that gave no answer, and what to make of it.

    Attributes
    ----------
    error : type
        What to raise when no other try is made.
    transient : bool
        Whether another try may succeed.
    slow : bool
        Whether time ran out: another try of the same question is then hardly worth it.
    wait : float or None
        Seconds that the server asks to wait before the next try.
    """

    error: type[JobindsatsError]
    message: str
    transient: bool = False
    slow: bool = False
    wait: float | None = None
    status: int | None = None
    cause: str | None = None
    request_id: str | None = None
    page: bool = False

    def exception(self, tries: int, seconds: float) -> JobindsatsError:
        """Make the error to raise after so many tries."""
        words = [self.message]
        if self.wait is not None:
            words.append(f"It asks to wait {self.wait:.0f} s before the next try.")
        if self.transient:
            words.append(f"Tries: {tries}, in {seconds:.0f} s.")
        error = TimedOutError if self.slow else self.error
        return error(
            " ".join(words),
            status=self.status,
            cause=self.cause,
            request_id=self.request_id,
            page=self.page,
        )


NETWORK = Failure(ServiceError, "The connection to the API failed.", transient=True)
CUT = Failure(ServiceError, "The API's answer broke off on the way.", transient=True)
TIME_OUT = Failure(
    ServiceError,
    "The API did not finish its answer in time. On some days it is slow whatever is asked: ask again later, or for"
    " fewer cells at once (split the question).",
    transient=True,
    slow=True,
)
CONNECT_TIME_OUT = Failure(ServiceError, "The API could not be reached in time.", transient=True)
PROXY = Failure(ServiceError, "The proxy between this machine and the API failed.", transient=True)
CERTIFICATE = Failure(
    ServiceError,
    "The API's certificate is not accepted. Where a company's own proxy opens encrypted traffic, its certificate "
    "must be named in REQUESTS_CA_BUNDLE.",
)
TLS = Failure(ServiceError, "The encrypted connection to the API failed.", transient=True)
NO_NAME = Failure(
    ServiceError,
    "The name of the API's host cannot be looked up: there is no network, or a proxy is missing. offline=True reads what"
    " is on disk.",
    transient=True,
)
ADDRESS = Failure(ConfigurationError, "The address of the API, or of a proxy, is none that can be asked.")
UNEXPECTED = Failure(ServiceError, "The HTTP library failed in an unexpected way.")

# Searched along an exception's classes, the nearest first.
FOREIGN: dict[type[BaseException], Failure] = {
    socket.gaierror: NO_NAME,
    ssl.SSLCertVerificationError: CERTIFICATE,
    ssl.SSLError: TLS,
    OSError: NETWORK,
    requests.ConnectionError: NETWORK,
    requests.exceptions.ProxyError: PROXY,
    requests.exceptions.SSLError: TLS,
    requests.Timeout: TIME_OUT,
    requests.ReadTimeout: TIME_OUT,
    requests.ConnectTimeout: CONNECT_TIME_OUT,
    requests.exceptions.ChunkedEncodingError: CUT,
    requests.exceptions.ContentDecodingError: CUT,
    requests.exceptions.InvalidURL: ADDRESS,
    requests.exceptions.InvalidProxyURL: ADDRESS,
    requests.exceptions.InvalidSchema: ADDRESS,
    requests.exceptions.MissingSchema: ADDRESS,
    requests.URLRequired: ADDRESS,
    requests.exceptions.InvalidHeader: UNEXPECTED,
    requests.exceptions.InvalidJSONError: UNEXPECTED,
    requests.HTTPError: UNEXPECTED,
    requests.TooManyRedirects: UNEXPECTED,
    requests.exceptions.StreamConsumedError: UNEXPECTED,
    requests.exceptions.RetryError: UNEXPECTED,
    requests.exceptions.UnrewindableBodyError: UNEXPECTED,
    u3.TimeoutError: TIME_OUT,
    u3.ReadTimeoutError: TIME_OUT,
    u3.ConnectTimeoutError: CONNECT_TIME_OUT,
    u3.NewConnectionError: NETWORK,
    u3.ProxyError: PROXY,
    u3.SSLError: TLS,
    u3.ProtocolError: CUT,
    u3.IncompleteRead: CUT,
    u3.InvalidChunkLength: CUT,
    u3.DecodeError: CUT,
    u3.HeaderParsingError: CUT,
    u3.InvalidHeader: CUT,
    u3.BodyNotHttplibCompatible: CUT,
    u3.PoolError: NETWORK,
    u3.ResponseError: NETWORK,
    u3.LocationValueError: ADDRESS,
    u3.ProxySchemeUnsupported: ADDRESS,
    u3.TimeoutStateError: UNEXPECTED,
    u3.UnrewindableBodyError: UNEXPECTED,
}


def failure_of_exception(error: Exception) -> Failure:
    """Translate an exception of requests, urllib3 or the operating system.

    Their own texts are left out: they can hold headers and proxies' passwords. The name of what lies at the root
    is kept, since it tells a missing network from a missing host.
    """
    chain = list(_chain(error))
    if any(isinstance(link, ssl.SSLCertVerificationError) for link in chain):
        known = CERTIFICATE
    elif any(isinstance(link, socket.gaierror) for link in chain):
        known = NO_NAME
    else:
        known = next((FOREIGN[base] for base in type(error).__mro__ if base in FOREIGN), UNEXPECTED)
    return Failure(
        known.error,
        f"{known.message[:-1]} ({type(chain[-1]).__name__}).",
        transient=known.transient,
        slow=known.slow,
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        inner = [getattr(link, "reason", None), *link.args, link.__cause__, link.__context__]
        link = next((each for each in inner if isinstance(each, BaseException)), None)


def failure_of_answer(url: str, status: int, headers: Mapping[str, str], body: bytes) -> Failure | None:
    """Judge an HTTP answer; None if it is whole, of the right shape and may be stored.

    The API refuses in JSON, or by a status that leaves no doubt. Everything else comes from the hosting in front
    of it, or was damaged on the way, and is worth another try.
    """
    if status == 200:
        problem = body_problem(url, body)
        if problem is None:
            return None
        kind = headers.get("Content-Type", "no content type")
        return Failure(
            ServiceError,
            f"The API's answer cannot be used: {problem} ({len(body)} bytes, {kind}).",
            transient=True,
        )
    told = _error_body(body)
    cause, request_id = _text(told, "cause"), _text(told, "request_id")
    error: type[JobindsatsError] = ServiceError
    message = f"The API, or the hosting in front of it, answered with HTTP {status}."
    if status == 401:
        error = AuthenticationError
        message = (
            "The API does not accept the key (HTTP 401). Keys are for version 3 of the API and go after the word "
            f"Bearer, which is added here: give the key alone, not in version 2's form. {HOW_TO_GET_A_KEY}"
        )
    elif status == 403 and told is not None:
        error, message = AuthenticationError, "The API does not allow this key to ask this (HTTP 403)."
    elif status == 403:
        message = (
            "The API's front door refuses everybody at the moment: often over within an hour "
            "(HTTP 403, from the hosting in front of the API)."
        )
    elif status in {413, 414}:
        error, message = TooLargeError, f"The question is too large for the API (HTTP {status}): split it."
    elif status in {404, 422} or (400 <= status < 500 and told is not None and status not in {408, 425, 429}):
        error, message = QueryError, f"The API refuses the question (HTTP {status})."
    return Failure(
        error,
        f"{message} The API's words: {cause}" if cause else message,
        transient=error is ServiceError,
        slow=status == 504,  # 408 says that the question did not arrive in time
        wait=_retry_after(headers.get("Retry-After")) if error is ServiceError else None,
        status=status,
        cause=cause,
        request_id=request_id,
        page=told is None,
    )


def failure_of_probe(url: str, status: int, headers: Mapping[str, str], body: bytes) -> Failure | None:
    """As `failure_of_answer`, but a refusal of the question is an answer too, and so is whatever comes as CSV."""
    if status == 200 and "format=csv" in url:
        return None
    if 400 <= status < 500 and status not in {401, 403, 408, 425, 429}:
        return None
    failure = failure_of_answer(url, status, headers, body)
    return failure and replace(failure, status=status)


def cause_of(body: bytes) -> str | None:
    """Return the API's own words in the body of an error."""
    return _text(_error_body(body), "cause")


def _error_body(body: bytes) -> dict[str, object] | None:
    try:
        content = json.loads(body.removeprefix(BYTE_ORDER_MARK).decode())
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _text(content: dict[str, object] | None, name: str) -> str | None:
    value = (content or {}).get(name)
    return None if value is None else str(value)


def _retry_after(value: str | None) -> float | None:
    """Seconds in a Retry-After header, which may also be a date; None if it is neither."""
    if value is None:
        return None
    try:
        return max(0.0, float(int(value)))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
