"""What this machine's settings do to a connection: proxies and certificates, told by the name of the setting."""

from __future__ import annotations

import os
import re
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import requests
import urllib3.exceptions as u3

from jobindsats_pandas.errors import ConfigurationError, ServiceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobindsats_pandas.errors import JobindsatsError

# As requests looks for them, the first that is set.
BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
PROXIES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")

Trouble = tuple["type[JobindsatsError]", str, bool]
"""The error it is, what to say, and whether another try may succeed."""


def named_by(variables: Sequence[str]) -> str:
    """Name of the first variable that is set; where none is, the system's own settings say it."""
    return next((name for name in variables if os.environ.get(name)), "the settings of this system")


def trouble_with_bundle(bundle: str) -> Trouble | None:
    """Say what is wrong with the file or directory of certificates that the environment names."""
    variable = named_by(BUNDLES)
    ways = "Correct the variable or remove it; SSL_CERT_FILE and SSL_CERT_DIR are not looked at (requests' own rule)."
    path = Path(bundle)
    if not path.exists():
        return ConfigurationError, f"{variable} names {bundle}, which does not exist. {ways}", False
    try:
        if path.is_dir():
            return None
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=bundle)
    except OSError:  # an SSLError is one
        return (
            ConfigurationError,
            f"{variable} names {bundle}, which holds no certificate that can be read. {ways}",
            False,
        )
    return None


def trouble_with_proxy(chain: Sequence[BaseException]) -> Trouble | None:
    """Say what is wrong with the proxy, if that is what failed."""
    variable = named_by(PROXIES)
    answers = (re.match(r"Tunnel connection failed: (\d{3})\b", _said(link)) for link in chain)
    status = next((answer[1] for answer in answers if answer), None)
    if status is not None:
        return trouble_of_proxys_answer(int(status))
    if any(isinstance(link, requests.exceptions.InvalidSchema) and "SOCKS" in _said(link) for link in chain):
        return (
            ConfigurationError,
            f"{variable} names a SOCKS proxy, which takes a package that is missing: pip install 'requests[socks]'.",
            False,
        )
    # The API's own address was checked before.
    kinds = (
        requests.exceptions.InvalidURL,
        u3.LocationValueError,
        u3.ProxySchemeUnknown,
        u3.ProxySchemeUnsupported,
    )
    if any(isinstance(link, kinds) for link in chain):
        return ConfigurationError, f"{variable} names a proxy, but not as http://host:port.", False
    if any(isinstance(link, (requests.exceptions.ProxyError, u3.ProxyError)) for link in chain):
        return (
            ServiceError,
            f"The proxy named in {variable} cannot be reached, or does not let this connection through.",
            True,
        )
    return None


def _said(error: BaseException) -> str:
    """Words of an exception; some of urllib3's cannot be turned into text."""
    return error.args[0] if error.args and isinstance(error.args[0], str) else ""


def trouble_of_proxys_answer(status: int) -> Trouble:
    """Say what a proxy means that answers by itself instead of leading to the API."""
    variable = named_by(PROXIES)
    if status == 407:
        return (
            ConfigurationError,
            (
                f"The proxy named in {variable} wants a name and a password (HTTP 407): give them there, as"
                " http://name:password@host:port."
            ),
            False,
        )
    if status == 403:
        return (
            ServiceError,
            (
                f"The proxy named in {variable} does not allow to ask the API (HTTP 403): whoever runs it must allow the"
                " API's host."
            ),
            False,
        )
    return (
        ServiceError,
        f"The proxy named in {variable} did not reach the API (HTTP {status}).",
        status >= 500,
    )
