"""Why a try gave no answer: the one map from foreign exceptions and HTTP answers to our errors."""

from __future__ import annotations

import json
import re
import socket
import ssl
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import requests
import urllib3.exceptions as u3

from jobindsats_pandas.documents import parse_json
from jobindsats_pandas.errors import (
    AuthenticationError,
    BrokenAnswerError,
    ConfigurationError,
    JobindsatsError,
    PayloadError,
    QueryError,
    ServiceError,
    TimedOutError,
    TooLargeError,
)
from jobindsats_pandas.transport.credentials import HOW_TO_GET_A_KEY
from jobindsats_pandas.transport.surroundings import (
    trouble_of_proxys_answer,
    trouble_with_bundle,
    trouble_with_proxy,
)
from jobindsats_pandas.transport.texts import printable, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jobindsats_pandas.transport.credentials import BearerAuth


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


BYTE_ORDER_MARK = b"\xef\xbb\xbf"

LONGEST_WAIT = 1e9
"""Seconds, some thirty years: enough for never."""

NETWORK = Failure(ServiceError, "The connection to the API failed.", transient=True)
REFUSED = Failure(
    ServiceError,
    "The connection to the API failed: nothing listens at its address. If it is that of a sandbox which was stopped,"
    " start it again, and paste its lines anew.",
    transient=True,
)
CUT = Failure(ServiceError, "The API's answer broke off on the way.", transient=True)
TIME_OUT = Failure(
    ServiceError,
    "The API did not finish its answer in time. On some days it is slow whatever is asked: ask again later, or for"
    " fewer cells at once (split the question).",
    transient=True,
    slow=True,
)
CONNECT_TIME_OUT = Failure(
    ServiceError, "The API, or a proxy on the way to it, could not be reached in time.", transient=True
)
PROXY = Failure(ServiceError, "The proxy between this machine and the API failed.", transient=True)
CERTIFICATE = Failure(
    ServiceError,
    "The API's certificate is not accepted. Where a company's own proxy opens encrypted traffic, its certificate "
    "must be named in REQUESTS_CA_BUNDLE; SSL_CERT_FILE is not looked at.",
)
TLS = Failure(ServiceError, "The encrypted connection to the API failed.", transient=True)
NO_NAME = Failure(
    ServiceError,
    "The name of the API's host cannot be looked up: there is no network, or a proxy is missing. offline=True reads what"
    " is on disk.",
    transient=True,
)
ADDRESS = Failure(ConfigurationError, "The address of the API, or of a proxy, is none that can be asked.")
CODED = Failure(ServiceError, "The API's answer is coded in a way that was not asked for, and was not read.")
ECHO = Failure(
    PayloadError,
    "The API's answer holds the key, and is neither used nor stored. Such a page is made for finding faults: tell"
    " jobindsats@star.dk, and ask for another key if others may have seen it.",
)
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
    requests.ConnectTimeout: CONNECT_TIME_OUT,
    requests.exceptions.ChunkedEncodingError: CUT,
    requests.exceptions.ContentDecodingError: CUT,
    requests.exceptions.InvalidURL: ADDRESS,
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


def failure_of_exception(error: Exception, *, sent: bool = True, bundle: str | None = None) -> Failure:
    """Translate an exception of requests, urllib3 or the operating system.

    Where the request was not sent yet, time ran out for the connection, and fewer cells would not help. `bundle` is
    the file of certificates that the environment names, if encryption needs one.
    Their own texts are left out: they can hold headers and proxies' passwords. The name of what lies at the root
    is kept, since it tells a missing network from a missing host.
    """
    chain = list(_chain(error))
    trouble = trouble_with_proxy(chain)
    if trouble is None and bundle is not None and not sent:
        trouble = trouble_with_bundle(bundle)
    if trouble is not None:
        kind, message, transient = trouble
        return Failure(kind, message, transient=transient)
    if any(isinstance(link, ssl.SSLCertVerificationError) for link in chain):
        known = CERTIFICATE
    elif any(isinstance(link, socket.gaierror) for link in chain):
        known = NO_NAME
    elif isinstance(chain[-1], ConnectionRefusedError):
        known = REFUSED
    else:
        known = next((FOREIGN[base] for base in type(error).__mro__ if base in FOREIGN), UNEXPECTED)
    if known.slow and not sent:
        known = CONNECT_TIME_OUT
    return replace(known, message=f"{known.message[:-1]} ({type(chain[-1]).__name__}).")


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        inner = [getattr(link, "reason", None), *link.args, link.__cause__, link.__context__]
        link = next((each for each in inner if isinstance(each, BaseException)), None)


def failure_of_size(most: int) -> Failure:
    """Say that an answer is larger than any that is read."""
    return Failure(
        TooLargeError,
        f"The API's answer has more than {most:,} bytes, and was not read to its end: ask for less at once, or raise"
        " max_answer_bytes= on purpose.",
    )


def failure_of_body(problem: str, size: int, content_type: str, *, auth: BearerAuth) -> Failure:
    """Say that what came as a success is no whole answer: it was damaged on the way, or is somebody else's page."""
    return Failure(
        ServiceError,
        f"The API's answer cannot be used: {told(problem, auth)} ({size} bytes,"
        f" {told(content_type, auth) or 'no content type'}).",
        transient=True,
    )


def failure_of_answer(status: int, headers: Mapping[str, str], body: bytes, *, auth: BearerAuth) -> Failure:
    """Judge an HTTP answer that is no success.

    The API refuses in JSON, or by a status that leaves no doubt. Everything else comes from the hosting in front
    of it, or was damaged on the way, and is worth another try.
    """
    content = _error_body(body)
    cause, request_id = (
        None if value is None else told(str(value), auth)
        for value in map((content or {}).get, ("cause", "request_id"))
    )
    error: type[JobindsatsError] = ServiceError
    message = f"The API, or the hosting in front of it, answered with HTTP {status}."
    if status == 401:
        error = AuthenticationError
        message = (
            "The API does not accept the key (HTTP 401). Keys are for version 3 of the API and go after the word "
            f"Bearer, which is added here: give the key alone, not in version 2's form. {HOW_TO_GET_A_KEY}"
        )
    elif status == 403 and content is not None:
        error, message = AuthenticationError, "The API does not allow this key to ask this (HTTP 403)."
    elif status == 403:
        message = (
            "The API's front door refuses everybody at the moment: often over within an hour "
            "(HTTP 403, from the hosting in front of the API)."
        )
    elif status == 407:
        error, message, _ = trouble_of_proxys_answer(status)
    elif status in {413, 414}:
        error, message = TooLargeError, f"The question is too large for the API (HTTP {status}): split it."
    elif status in {404, 422} or (
        400 <= status < 500 and content is not None and status not in {408, 425, 429}
    ):
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
        page=content is None,
    )


def failure_of_probe(
    url: str, status: int, headers: Mapping[str, str], body: bytes, *, auth: BearerAuth
) -> Failure | None:
    """Judge what came to a probe: a refusal of the question is an answer too, and so is whatever comes as CSV."""
    if 400 <= status < 500 and status not in {401, 403, 408, 425, 429}:
        return None
    if status != 200:
        return replace(failure_of_answer(status, headers, body, auth=auth), status=status)
    if "format=csv" in url:
        return None
    failure = ECHO if auth.is_in(body) else _failure_of_document(url, headers, body, auth)
    return failure and replace(failure, status=status)


def _failure_of_document(
    url: str, headers: Mapping[str, str], body: bytes, auth: BearerAuth
) -> Failure | None:
    try:
        content = parse_json(body)
    except BrokenAnswerError as broken:
        problem = str(broken)
    except PayloadError as error:
        return Failure(PayloadError, told(str(error), auth))
    else:
        rows = isinstance(content, dict) and {"columns", "rows"} <= content.keys()
        if content and (rows if "/data/" in url else isinstance(content, (dict, list))):
            return None
        problem = "it is no answer of this API's"
    return failure_of_body(problem, len(body), headers.get("Content-Type", ""), auth=auth)


def cause_of(body: bytes, auth: BearerAuth) -> str | None:
    """Return the API's own words in the body of an error, fit to be shown."""
    cause = (_error_body(body) or {}).get("cause")
    return None if cause is None else told(str(cause), auth)


def _error_body(body: bytes) -> dict[str, object] | None:
    try:
        content = json.loads(body.removeprefix(BYTE_ORDER_MARK).decode())
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def told(text: str, auth: BearerAuth) -> str:
    """Make a text of an answer fit to be shown: without the key, short, on one line."""
    return printable(shortened(auth.hide(text)))


def _retry_after(value: str | None) -> float | None:
    """Seconds in a Retry-After header, which may also be a date; None if it is neither."""
    if value is None:
        return None
    if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value.strip()):
        return min(max(0.0, float(value)), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return min(max(0.0, (moment - datetime.now(UTC)).total_seconds()), LONGEST_WAIT)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
