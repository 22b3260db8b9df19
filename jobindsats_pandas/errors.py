"""Errors and warnings, all of them.

::

    JobindsatsError
    ├── ConfigurationError (ValueError)    no key, a key that cannot be one, an address that is none
    ├── QueryError (ValueError)            the question names what does not exist, or cannot be asked
    │   └── TooLargeError                  more cells or requests than may be asked for at once
    ├── AuthenticationError                the API does not accept the key
    ├── ClosedHourError                    it fails from 22:00 to 23:00 Danish time, when it may be closed
    ├── ServiceError                       the network or the API fails
    │   └── TimedOutError                  the API did not finish in time: ask for less at once
    ├── PayloadError (ValueError)          the API answered something that cannot be understood
    ├── NotCachedError (LookupError)       asked offline, and not on disk
    ├── ProvenanceError (ValueError)       a frame no longer carries what a method needs
    └── InvalidSumError (ArithmeticError)  these cells must not be added

    JobindsatsWarning (UserWarning)
    ├── StaleDataWarning                   an older answer was served, because no newer one could be had
    ├── CacheWarning                       the cache on disk cannot be used; the data arrived all the same
    ├── QueryWarning                       the question was answered, but not quite as it was put
    ├── HiddenCellsWarning                 a statistic was computed on the visible cells only
    └── GuardRemovedWarning                hidden cells leave the guarded dtype

Every message says what was asked, what exists and what to do next. Nothing here ever holds the key.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Self

__all__ = [
    "AuthenticationError",
    "CacheWarning",
    "ClosedHourError",
    "ConfigurationError",
    "GuardRemovedWarning",
    "HiddenCellsWarning",
    "InvalidSumError",
    "JobindsatsError",
    "JobindsatsWarning",
    "NotCachedError",
    "PayloadError",
    "ProvenanceError",
    "QueryError",
    "QueryWarning",
    "ServiceError",
    "StaleDataWarning",
    "TimedOutError",
    "TooLargeError",
]


class JobindsatsError(Exception):
    """Base of every error this package raises on purpose.

    Parameters
    ----------
    message : str
        For a person: what was asked, what exists, what to do next.
    curl : str, optional
        The request as a curl command, the key standing as ``$JOBINDSATS_API_TOKEN``.
    status : int, optional
        HTTP status of the API's answer.
    cause : str, optional
        The API's own words, from its error body.
    request_id : str, optional
        The API's number for the request.
    page : bool
        Whether a refusal came as a page of the hosting in front of the API, or as nothing, instead of the API's JSON.

    Attributes
    ----------
    time : datetime
        When the error arose, with time zone.
    """

    # Message first, details by keyword with defaults: anything else breaks pickling.
    def __init__(
        self,
        message: str = "",
        *,
        curl: str | None = None,
        status: int | None = None,
        cause: str | None = None,
        request_id: str | None = None,
        page: bool = False,
    ) -> None:
        super().__init__(message)
        self.time = datetime.now(UTC).astimezone()
        self.curl = curl
        self.status = status
        self.cause = cause
        self.request_id = request_id
        self.page = page

    def at_request(self, curl: str) -> Self:
        """Give the error its request, unless it already has one; returns itself."""
        self.curl = self.curl or curl
        return self

    def report(self) -> str:
        """Text for a mail to jobindsats@star.dk, as STAR asks for it: time, cause, curl without the key.

        Examples
        --------
        >>> print(ServiceError("no answer", curl="curl https://api.jobindsats.dk/v3/subjects").report())
        To: jobindsats@star.dk
        Subject: vedr. fejl på api.jobindsats.dk
        <BLANKLINE>
        Time: ...
        Error: ServiceError: no answer
        Request: curl https://api.jobindsats.dk/v3/subjects
        """
        details = {
            "Time": self.time.isoformat(timespec="seconds"),
            "Error": f"{type(self).__name__}: {self}",
            "HTTP status": self.status,
            "Cause": self.cause,
            "Request id": self.request_id,
            "Request": self.curl,
        }
        lines = [f"{name}: {value}" for name, value in details.items() if value is not None]
        return "\n".join(["To: jobindsats@star.dk", "Subject: vedr. fejl på api.jobindsats.dk", "", *lines])


class ConfigurationError(JobindsatsError, ValueError):
    """The client cannot be set up as asked; nothing was sent."""


class QueryError(JobindsatsError, ValueError):
    """The question names what does not exist, or cannot be asked as it stands."""


class TooLargeError(QueryError):
    """More cells or requests than may be asked for at once."""


class AuthenticationError(JobindsatsError):
    """The API does not accept the key."""


class ClosedHourError(JobindsatsError):
    """The API failed between 22:00 and 23:00 Danish time, when it may be closed."""


class ServiceError(JobindsatsError):
    """The network or the API fails, also after trying again."""


class TimedOutError(ServiceError):
    """The API did not finish in time: ask for fewer cells at once."""


class PayloadError(JobindsatsError, ValueError):
    """The API answered something that cannot be understood; a wrong number would be worse."""


class BrokenAnswerError(PayloadError):
    """What came is no whole answer, but cut or a page of somebody else; it is worth another try, and then a `ServiceError`."""


class NotCachedError(JobindsatsError, LookupError):
    """The question was asked offline, and its answer is not on disk."""


class ProvenanceError(JobindsatsError, ValueError):
    """A frame no longer carries what a method needs to know about its cells."""


class InvalidSumError(JobindsatsError, ArithmeticError):
    """These cells must not be added: the result would be a wrong number.

    Attributes
    ----------
    reasons : tuple of str
        Every reason that applies, in the fixed order ``measures, rate, persons, unknown, levels, repeated,
        periods, not_available, hidden, rounded, filled, dropped``.
    reason : str
        The first of them.
    """

    # ArithmeticError, not TypeError: pandas' windows replace a TypeError by a message of their own.
    def __init__(self, message: str = "", *, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.reasons = reasons

    @property
    def reason(self) -> str:
        """The first reason, or the empty string."""
        return self.reasons[0] if self.reasons else ""


class JobindsatsWarning(UserWarning):
    """Base of every warning this package gives."""


class StaleDataWarning(JobindsatsWarning):
    """An older answer was served, because no newer one could be had."""


class CacheWarning(JobindsatsWarning):
    """The cache on disk cannot be used; the data arrived all the same."""


class QueryWarning(JobindsatsWarning):
    """The question was answered, but not quite as it was put."""


class HiddenCellsWarning(JobindsatsWarning):
    """A statistic was computed on the visible cells only."""


class GuardRemovedWarning(JobindsatsWarning):
    """Hidden cells leave the guarded dtype, and nothing guards their sums any more."""
