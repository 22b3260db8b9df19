"""The key: which ones can be one, where it may go, and that it shows nowhere else."""

from __future__ import annotations

import html
import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import quote, urlsplit

import requests
from requests.auth import AuthBase

from jobindsats_pandas.errors import ConfigurationError

if TYPE_CHECKING:
    from requests import PreparedRequest

HOW_TO_GET_A_KEY = (
    "A key comes by mail from jobindsats@star.dk, within 14 days: `jobindsats key set` in a terminal keeps it, or the "
    "environment variable JOBINDSATS_API_TOKEN.\nWithout one: `jobindsats sandbox` in a terminal, or "
    "ji.sandbox_client() in Python (with client=client in each call), answers with synthetic data."
)


SHORTEST = 6
"""Letters of the shortest key that is looked for in answers; a shorter one is no secret, and stands in many words."""

BEARER = re.compile(r"""(bearer)(?:\s|%20|[+:="'])+[^\s"',;<>&]+""", re.IGNORECASE)


class Key:
    r"""A key that shows nowhere, least of all in the locals of a traceback; white space and quotes around it are gone.

    Examples
    --------
    >>> Key(" 'sekret'\n")
    Key(***)
    """

    def __init__(self, token: object) -> None:
        self.__token = token.strip().strip("'\"").strip() if isinstance(token, str) else ""

    def reveal(self) -> str:
        """Return the key itself, for the one that sends it."""
        return self.__token

    @property
    def can_be_one(self) -> bool:
        """Whether it is made as keys are; requests and http.client would print others in their own errors."""
        return re.fullmatch(r"[\x21-\x7e]+", self.__token) is not None

    def __repr__(self) -> str:
        return "Key(***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("the key is never pickled")


class BearerAuth(AuthBase):
    """Put the key on requests to one origin (scheme, host and port), and on no others.

    As the session's `auth` it also keeps .netrc from replacing the key.

    Parameters
    ----------
    key : Key
        Alone, without the word Bearer.
    address : str
        Any URL of the origin.
    """

    def __init__(self, key: Key, address: str) -> None:
        if not key.can_be_one:
            raise ConfigurationError(
                "The key is no text, is empty, or holds spaces, line breaks or letters that no key has. Give the key "
                f"alone, without the word Bearer. {HOW_TO_GET_A_KEY}"
            )
        self.__token = token = key.reveal()
        self._origin = urlsplit(address)[:2]
        forms = {token, quote(token, safe=""), quote(token), html.escape(token), token.replace("/", r"\/")}
        self.__forms = sorted(forms, key=len, reverse=True) if len(token) >= SHORTEST else []

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the header, if the request goes to the key's own origin."""
        if urlsplit(str(request.url))[:2] == self._origin:
            request.headers["Authorization"] = f"Bearer {self.__token}"
        return request

    def hide(self, text: str) -> str:
        """Replace the key, and whatever follows the word Bearer, in a text that came back."""
        for form in self.__forms:
            text = re.sub(re.escape(form), "***", text, flags=re.IGNORECASE)
        return BEARER.sub(r"\1 ***", text)

    def is_in(self, body: bytes) -> bool:
        """Whether a body holds the key."""
        return any(form.encode() in body for form in self.__forms)

    def __repr__(self) -> str:
        return "BearerAuth(***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("the key is never pickled")


@lru_cache(maxsize=16)  # a script without a client of its own makes one for every read
def check_address(address: str) -> str:
    """Return the API's address without a trailing slash, or refuse one that would show the key.

    Raises
    ------
    ConfigurationError
        If it is no URL, holds a name or password, or is neither https nor on this machine.
    """
    advice = (
        "Give base_url=, or JOBINDSATS_API_URL, an address such as https://api.jobindsats.dk/v3 (http only for this machine"
        " itself)."
    )
    try:
        parts = urlsplit(requests.Request("GET", address).prepare().url or "")
        host, user, _ = parts.hostname or "", parts.username, parts.port
    except (requests.RequestException, ValueError):
        host, user = "", None
    if not host:
        problem = "The API's address is no URL."
    elif user is not None or parts.query or parts.fragment:
        problem = "The API's address holds more than scheme, host and path."
    elif parts.scheme != "https" and not is_loopback(address):
        problem = (
            f"The API's address ({parts.scheme}://{host}) would send the key for everyone on the way to read."
        )
    else:
        return address.rstrip("/")
    raise ConfigurationError(f"{problem} {advice}")


def is_loopback(address: str) -> bool:
    """Whether an address leads to this machine itself.

    Examples
    --------
    >>> is_loopback("http://127.0.0.1:8000/v3"), is_loopback("https://api.jobindsats.dk/v3")
    (True, False)
    """
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


#: Under what names the system's keyring holds the key.
_IN_KEYRING = ("jobindsats_pandas", "token")


def keyring_token() -> str | None:
    """Return the key from the system's keyring, if keyring is installed and holds one.

    It is put there by ``jobindsats key set``, or ``keyring set jobindsats_pandas token``.
    """
    try:
        import keyring  # optional, and slow to import

        token: str | None = keyring.get_password(*_IN_KEYRING)
    except Exception:  # noqa: BLE001 - not installed, locked, or a backend that raises its own kinds
        return None
    return token


def change_keyring(key: Key | None) -> str | None:
    """Put a key into the system's keyring, or take it out with None; say what went wrong, None if nothing did."""
    try:
        import keyring
    except ImportError:
        return "the package keyring is not installed"
    try:
        if key is None:
            keyring.delete_password(*_IN_KEYRING)
        else:
            keyring.set_password(*_IN_KEYRING, key.reveal())
    except Exception as error:  # noqa: BLE001 - locked, absent, or a backend that raises its own kinds
        # Its words may hold what it was given.
        return f"the keyring did not take it ({type(error).__name__})"
    return None
