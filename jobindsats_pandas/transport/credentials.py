"""The key: which ones can be one, where it may go, and that it shows nowhere else."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from jobindsats_pandas.errors import ConfigurationError

if TYPE_CHECKING:
    from requests import PreparedRequest

HOW_TO_GET_A_KEY = (
    "A key is had by mail to jobindsats@star.dk, within 14 days; put it in the environment variable "
    "JOBINDSATS_API_TOKEN. To try without one: ji.sandbox.serve() in Python, or `jobindsats sandbox` in a terminal, "
    "answers with synthetic data."
)


class BearerAuth(AuthBase):
    """Put the key on requests to one origin (scheme, host and port), and on no others.

    As the session's `auth` it also keeps .netrc from replacing the key.

    Parameters
    ----------
    token : str
        The key alone, without the word Bearer.
    address : str
        Any URL of the origin.
    """

    def __init__(self, token: str, address: str) -> None:
        if not re.fullmatch(r"[\x21-\x7e]+", token):
            # requests and http.client would print such a key in their own errors.
            raise ConfigurationError(
                "The key is empty, or holds spaces, line breaks or letters that no key has. Give the key alone, "
                f"without the word Bearer. {HOW_TO_GET_A_KEY}"
            )
        self.__token = token
        self._origin = urlsplit(address)[:2]

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the header, if the request goes to the key's own origin."""
        if urlsplit(str(request.url))[:2] == self._origin:
            request.headers["Authorization"] = f"Bearer {self.__token}"
        return request

    def cover(self, body: bytes) -> bytes:
        """Return a body in which the key, should it stand there, is made unreadable."""
        return body.replace(self.__token.encode(), b"***")

    def __repr__(self) -> str:
        return "BearerAuth(***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("the key is never pickled")


def check_address(address: str) -> str:
    """Return the API's address without a trailing slash, or refuse one that would show the key.

    Raises
    ------
    ConfigurationError
        If it is no URL, holds a name or password, or is neither https nor on this machine.
    """
    advice = "Give an address such as https://api.jobindsats.dk/v3 (http only for this machine itself)."
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


def keyring_token() -> str | None:
    """Return the key from the system's keyring, if keyring is installed and holds one.

    It is put there by ``keyring set jobindsats_pandas token``.
    """
    try:
        import keyring  # optional, and slow to import
        import keyring.errors
    except ImportError:
        return None
    try:
        token: str | None = keyring.get_password("jobindsats_pandas", "token")
    except keyring.errors.KeyringError:
        return None
    return token
