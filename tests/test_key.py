"""The key, once: set, checked, forgotten, with a keyring that is there, is not, or fails."""

from __future__ import annotations

import io
import sys
import types
from typing import Any

import pytest

import jobindsats_pandas as ji
from jobindsats_pandas.command_line import main
from jobindsats_pandas.errors import AuthenticationError, ConfigurationError, ServiceError
from jobindsats_pandas.key import check_key, forget_key, set_key, source_of_the_key


class Keyring(types.ModuleType):
    """A keyring in memory, since the machine's own may be locked, or a person's."""

    def __init__(self) -> None:
        super().__init__("keyring")
        self.kept: dict[tuple[str, str], str] = {}
        self.broken = self.read_only = False

    def _works(self) -> None:
        if self.broken:
            raise RuntimeError(f"the vault is shut: {self.kept}")

    def get_password(self, *names: str) -> str | None:
        self._works()
        return self.kept.get(names)  # type: ignore[call-overload]

    def set_password(self, service: str, name: str, token: str) -> None:
        self._works()
        self.kept[service, name] = token

    def delete_password(self, *names: str) -> None:
        self._works()
        if self.read_only:
            raise RuntimeError(f"may not be deleted: {self.kept}")
        del self.kept[names]  # type: ignore[arg-type]


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    made = Keyring()
    monkeypatch.setitem(sys.modules, "keyring", made)
    return made


@pytest.fixture(autouse=True)
def address(api: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBINDSATS_API_URL", api.url)
    monkeypatch.setenv("JOBINDSATS_CACHE_DIR", str(tmp_path))


def test_a_key_is_checked_kept_found_and_forgotten(api: Any, keyring: Keyring) -> None:
    before = len(api.requests)
    assert set_key(f" '{api.token}'\n") == "The API accepts the key; it is kept in the system's keyring."
    assert [request.path for request in api.requests[before:]] == ["/v3/subjects"]
    assert list(keyring.kept.values()) == [api.token]
    assert source_of_the_key() == "from the system's keyring"
    assert check_key() == "The key from the system's keyring is accepted."
    assert len(ji.Client().subjects())
    assert forget_key() == "The key is gone from the system's keyring."
    assert keyring.kept == {}
    with pytest.raises(ConfigurationError, match="nothing to forget"):
        forget_key()


def test_a_key_that_is_refused_or_none_is_not_kept(
    api: Any, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBINDSATS_API_TOKEN", api.token)
    with pytest.raises(AuthenticationError):
        set_key("another-key-than-this")
    with pytest.raises(ConfigurationError, match="holds spaces"):
        set_key("Bearer " + api.token)
    with pytest.raises(ConfigurationError, match="Nothing was given"):
        set_key("\n")
    assert keyring.kept == {}


def test_where_the_api_cannot_be_asked_the_key_is_kept_unchecked_and_that_is_said(
    api: Any, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBINDSATS_API_URL", "http://127.0.0.1:9/v3")
    said = set_key(api.token)
    assert said.startswith("The key is unchecked, since the API could not be asked")
    assert said.endswith("it is kept in the system's keyring.")
    assert list(keyring.kept.values()) == [api.token]


@pytest.mark.parametrize("missing", [True, False], ids=["no package", "no vault"])
def test_without_a_keyring_it_says_where_else_a_key_is_put(
    api: Any, keyring: Keyring, monkeypatch: pytest.MonkeyPatch, *, missing: bool
) -> None:
    if missing:
        monkeypatch.setitem(sys.modules, "keyring", None)
    keyring.broken = True
    with pytest.raises(ConfigurationError, match=r"pip install keyring.*JOBINDSATS_API_TOKEN") as caught:
        set_key(api.token)
    assert "kept nowhere" in str(caught.value)
    assert api.token not in str(caught.value)


def test_a_key_that_the_keyring_does_not_let_go_is_still_there(api: Any, keyring: Keyring) -> None:
    set_key(api.token)
    keyring.read_only = True
    with pytest.raises(ConfigurationError, match="The key is still there") as caught:
        forget_key()
    assert api.token not in str(caught.value)
    assert source_of_the_key() == "from the system's keyring"


def test_an_api_that_does_not_know_the_smallest_question_says_nothing_of_the_key(
    api: Any, keyring: Keyring
) -> None:
    api.faults.add("404", path="subjects", times=None, cause="moved away")
    try:
        said = set_key(api.token)
        with pytest.raises(ServiceError, match="The API answered 404: moved away") as caught:
            check_key()
    finally:
        api.faults.clear()
    assert caught.value.status == 404
    assert said.startswith("The key is unchecked, since the API could not be asked (The API answered 404")
    assert list(keyring.kept.values()) == [api.token]


def test_a_variable_goes_before_the_keyring_and_that_is_said(
    api: Any, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBINDSATS_API_KEY", api.token)
    assert set_key(api.token).endswith("JOBINDSATS_API_KEY is set too, and goes before it.")
    assert check_key() == "The key from JOBINDSATS_API_KEY is accepted."
    assert forget_key().endswith("JOBINDSATS_API_KEY still holds one.")


def test_the_command_shows_the_key_nowhere(
    api: Any, keyring: Keyring, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{api.token}\n"))
    assert main(["key", "set"]) == 0
    assert main(["key", "check"]) == 0
    assert main(["key", "forget"]) == 0
    assert main(["key", "check"]) == 1
    out, err = capsys.readouterr()
    assert api.token not in out + err
    assert out.count("\n") == 3
    assert "jobindsats key set" in err
    assert keyring.kept == {}
