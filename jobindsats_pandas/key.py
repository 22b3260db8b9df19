"""The key, once: looked at with one small request, kept in the system's keyring, forgotten again."""

from __future__ import annotations

import os
import sys

from jobindsats_pandas.client import Client
from jobindsats_pandas.errors import ClosedHourError, ConfigurationError, ServiceError
from jobindsats_pandas.transport import Key, keyring_token
from jobindsats_pandas.transport.credentials import HOW_TO_GET_A_KEY, change_keyring

__all__ = ["check_key", "forget_key", "set_key", "source_of_the_key"]

VARIABLES = ("JOBINDSATS_API_TOKEN", "JOBINDSATS_API_KEY")


def set_key(token: str) -> str:
    """Check a key with one request, keep it in the system's keyring, and say so.

    Parameters
    ----------
    token : str
        Alone, without the word Bearer; white space and quotes around it are taken off.

    Returns
    -------
    str
        What was done, in a line or two.

    Raises
    ------
    ConfigurationError
        If it cannot be a key, or there is no keyring; the message then says where else a key can be put.
    AuthenticationError
        If the API does not accept it; it is not kept then.
    """
    key, token = Key(token), ""
    if not key.reveal():
        raise ConfigurationError(f"Nothing was given, so no key is kept. {HOW_TO_GET_A_KEY}")
    try:
        _ask(Client(token=key.reveal()))
        checked = "The API accepts the key"
    except (ServiceError, ClosedHourError) as error:
        checked = f"The key is unchecked, since the API could not be asked ({error})"
    if (problem := change_keyring(key)) is not None:
        raise ConfigurationError(
            f"{checked}, and it is kept nowhere: {problem}. `pip install keyring` brings the system's keyring to Python;"
            f" without it, {_how_without()}"
        )
    overruled = next(
        (f" {name} is set too, and goes before it." for name in VARIABLES if os.environ.get(name)), ""
    )
    return f"{checked}; it is kept in the system's keyring.{overruled}"


def check_key() -> str:
    """Say where the key comes from, and that the API accepts it.

    Raises
    ------
    ConfigurationError
        Without a key.
    AuthenticationError
        If the API does not accept it.
    ServiceError, ClosedHourError
        If the API cannot be asked.
    """
    source = source_of_the_key()
    if source is None:
        raise ConfigurationError(f"There is no key. {HOW_TO_GET_A_KEY}")
    _ask(Client())
    return f"The key {source} is accepted."


def forget_key() -> str:
    """Take the key out of the system's keyring, and say so.

    Raises
    ------
    ConfigurationError
        If there is no keyring, or none in it.
    """
    if keyring_token() is None:
        raise ConfigurationError(
            "The system's keyring holds no key of Jobindsats, so there is nothing to forget."
        )
    if (problem := change_keyring(None)) is not None:
        raise ConfigurationError(
            f"The key is still there: {problem}. Remove it with the system's own program for passwords."
        )
    left = next((f" {name} still holds one." for name in VARIABLES if os.environ.get(name)), "")
    return f"The key is gone from the system's keyring.{left}"


def source_of_the_key() -> str | None:
    """Where a client finds the key that is not given to it, as in *the key from …*; None if nowhere."""
    for name in VARIABLES:
        if os.environ.get(name):
            return f"from {name}"
    return None if keyring_token() is None else "from the system's keyring"


def _ask(client: Client) -> None:
    """Send the smallest request there is."""
    reply = client._transport.probe("subjects?format=json")  # noqa: SLF001 - the client's own seam
    if reply.status != 200:
        raise ServiceError(
            f"The API answered {reply.status}: {reply.cause}. Try again later; jobindsats doctor looks into it.",
            status=reply.status,
        )


def _how_without() -> str:
    if sys.platform == "win32":
        return "`setx JOBINDSATS_API_TOKEN …` keeps it for every window opened after it."
    return "put `export JOBINDSATS_API_TOKEN=…` into a file that your shell reads when it starts, such as ~/.profile."
