"""The surroundings of a process: each trouble its own error, that names the setting and the step."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from contextlib import ExitStack

import pytest
from bodies import BODY
from servers import Server, read_request

import jobindsats_pandas as ji
from jobindsats_pandas.errors import ConfigurationError, ServiceError
from jobindsats_pandas.transport import Patience, Transport

KEY, PASSWORD = "n0t-a-real-key", "hunter2"


@pytest.fixture
def transport(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.lower().endswith(("_proxy", "_ca_bundle"))]:
        monkeypatch.delenv(name)
    return Transport(
        token=KEY,
        base_url="https://api.example.invalid/v3",
        cache_dir=tmp_path,
        patience=Patience(pause=0.01, connect=1),
    )


def failure(transport, error):
    with pytest.raises(error) as caught:
        transport.fetch("data/x01?format=json", BODY)
    assert type(caught.value) is error
    told = f"{caught.value}\n{caught.value.report()}"
    assert KEY not in told
    assert PASSWORD not in told
    return str(caught.value)


def proxy_answering(status):
    def talk(connection, done):
        read_request(connection)
        connection.sendall(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())

    return Server(talk)


# Proxies.


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    ("status", "error", "step", "tries"),
    [
        (407, ConfigurationError, "wants a name and a password", 1),
        (403, ServiceError, "must allow the API's host", 1),
        (502, ServiceError, "did not reach the API", 4),
        (503, ServiceError, "did not reach the API", 4),
        (404, ServiceError, "did not reach the API", 1),
    ],
)
def test_each_answer_of_a_proxy_is_its_own_error(
    transport, monkeypatch, variable, status, error, step, tries
):
    with proxy_answering(status) as proxy:
        monkeypatch.setenv(variable, f"http://someone:{PASSWORD}@127.0.0.1:{proxy.port}")
        told = failure(transport, error)
    assert f"The proxy named in {variable} " in told
    assert step in told
    assert f"HTTP {status}" in told
    assert proxy.connections == tries


def test_a_proxy_that_is_not_there_is_named(transport, monkeypatch):
    monkeypatch.setenv("https_proxy", f"http://someone:{PASSWORD}@127.0.0.1:1")
    told = failure(transport, ServiceError)
    assert "The proxy named in https_proxy cannot be reached" in told
    assert "Tries: 4" in told


def test_a_socks_proxy_takes_a_package(transport, monkeypatch):
    monkeypatch.setitem(sys.modules, "socks", None)
    for name in [name for name in sys.modules if name.startswith("urllib3.contrib.socks")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr("requests.adapters.SOCKSProxyManager", missing_socks)
    monkeypatch.setenv("all_proxy", f"socks5://someone:{PASSWORD}@127.0.0.1:1")
    assert "all_proxy names a SOCKS proxy" in failure(transport, ConfigurationError)


def missing_socks(*args, **options):
    """As requests has it where the package is missing."""
    from requests.exceptions import InvalidSchema

    raise InvalidSchema("Missing dependencies for SOCKS support.")


@pytest.mark.parametrize("address", ["gopher://127.0.0.1:1", "http://", "http://:99999999", "http://[::1"])
def test_a_proxys_address_that_is_none_is_named_and_not_tried_again(transport, monkeypatch, address):
    monkeypatch.setenv("https_proxy", address)
    assert "https_proxy names a proxy, but not as http://host:port" in failure(transport, ConfigurationError)


def test_an_api_that_answers_as_a_proxy_would_is_taken_for_one(tmp_path):
    with proxy_answering(407) as server:
        transport = Transport(token=KEY, base_url=f"http://127.0.0.1:{server.port}/v3", cache_dir=tmp_path)
        assert "wants a name and a password" in failure(transport, ConfigurationError)
    assert server.connections == 1


# Certificates.


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize(
    "content", [None, b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nxx\n", "directory"]
)
def test_a_bundle_that_is_missing_or_holds_no_certificate_is_named_and_not_tried_again(
    transport, monkeypatch, tmp_path, variable, content
):
    bundle = tmp_path / "bundle.pem"
    if isinstance(content, bytes):
        bundle.write_bytes(content)
    monkeypatch.setenv(variable, str(bundle))
    with Server(lambda connection, done: done.wait()) as silent:
        transport = Transport(
            token=KEY,
            base_url=f"https://127.0.0.1:{silent.port}/v3",
            cache_dir=tmp_path,
            patience=Patience(connect=0.3),
        )
        if content == "directory":  # an empty one is none that can be told before a certificate is refused
            bundle.mkdir()
            failure(transport, ServiceError)
            return
        told = failure(transport, ConfigurationError)
    assert f"{variable} names {bundle}" in told
    assert ("does not exist" if content is None else "holds no certificate") in told
    assert "SSL_CERT_FILE" in told
    assert silent.connections <= 1


def test_a_missing_bundle_is_no_matter_where_nothing_is_encrypted(tmp_path, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "nowhere"))
    transport = Transport(
        token=KEY, base_url="http://127.0.0.1:1/v3", cache_dir=tmp_path, patience=Patience(pause=0.01)
    )
    assert "ConnectionRefusedError" in failure(transport, ServiceError)


# Homes.


def test_a_user_without_a_home_has_a_temporary_directory_and_one_warning(monkeypatch, tmp_path):
    def nobody():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("jobindsats_pandas.transport.session.default_directory", nobody)
    with pytest.warns(ji.errors.CacheWarning, match=r"no home directory.*JOBINDSATS_CACHE_DIR") as caught:
        client = ji.Client(token=KEY, base_url="https://api.example.invalid/v3")
    assert caught[0].filename == __file__
    assert client.cache.info().entries == 0
    assert str(client.cache.path).startswith(os.path.realpath("/tmp")) or client.cache.path.name.startswith(
        "jobindsats"
    )


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root becomes anybody")
def test_a_user_whom_the_system_does_not_know_can_read(tmp_path):
    program = """
        import os, warnings
        import jobindsats_pandas as ji
        os.environ.pop("HOME", None)
        os.setgid(54321)
        os.setuid(54321)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            client = ji.Client(token="x")
            print([warning.category.__name__ for warning in caught], client.cache.info().entries)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("['CacheWarning'] 0\n", "")


# Every environment as a process of its own meets it, from the variables to the words on the screen.


ASKING = """
    import sys
    sys.modules["socks"] = None  # as where the package is not installed
    import jobindsats_pandas as ji
    try:
        print(len(ji.subjects()), "subjects")
    except ji.JobindsatsError as error:
        print(f"{type(error).__name__}: {error}")
"""
FAILING_KEYRING = "def get_password(*_): raise BaseExceptionGroup('locked', [OSError(), KeyError()])"
ELSEWHERE = {"JOBINDSATS_API_URL": "https://api.example.invalid/v3"}
ENVIRONMENTS = {
    "a proxy that wants a password": (
        ELSEWHERE | {"https_proxy": "http://someone:hunter2@127.0.0.1:{407}"},
        ["ConfigurationError", "https_proxy", "wants a name and a password"],
    ),
    "a proxy that refuses": (
        ELSEWHERE | {"HTTPS_PROXY": "http://127.0.0.1:{403}"},
        ["ServiceError", "HTTPS_PROXY does not allow to ask the API"],
    ),
    "a proxy in trouble": (
        ELSEWHERE | {"all_proxy": "http://127.0.0.1:{502}"},
        ["ServiceError", "all_proxy"],
    ),
    "a proxy that is not there": (
        ELSEWHERE | {"https_proxy": "http://127.0.0.1:1"},
        ["ServiceError", "https_proxy cannot be reached"],
    ),
    "a proxy that takes a package": (
        ELSEWHERE | {"https_proxy": "socks5://127.0.0.1:1"},
        ["ConfigurationError", "https_proxy", "requests[socks]"],
    ),
    "a bundle that is missing": (
        ELSEWHERE | {"REQUESTS_CA_BUNDLE": "{folder}/nowhere.pem"},
        ["ConfigurationError", "REQUESTS_CA_BUNDLE", "nowhere.pem"],
    ),
    "a bundle that is none": (
        ELSEWHERE | {"REQUESTS_CA_BUNDLE": "{folder}/keyring.py"},
        ["ConfigurationError", "REQUESTS_CA_BUNDLE", "keyring.py"],
    ),
    "a key in quotes": ({"JOBINDSATS_API_TOKEN": ' "{token}"\n'}, [" subjects"]),
    "a key that cannot be one": (
        {"JOBINDSATS_API_TOKEN": "n0t-a-real-key with spaces"},
        ["ConfigurationError", "The key is no text, is empty, or holds spaces"],
    ),
    "a keyring that raises anything": (
        {"JOBINDSATS_API_TOKEN": ""},
        ["ConfigurationError", "No key is given", "offline=True"],
    ),
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_process_in_any_environment_says_what_is_wrong_with_it(tmp_path, name):
    settings, words = ENVIRONMENTS[name]
    (tmp_path / "keyring.py").write_text(FAILING_KEYRING)
    kept = {key: value for key, value in os.environ.items() if key.upper() in {"PATH", "SYSTEMROOT"}}
    with ExitStack() as stack:
        api = stack.enter_context(ji.sandbox.serve())
        ports = {
            f"{{{status}}}": str(stack.enter_context(proxy_answering(status)).port)
            for status in (407, 403, 502)
        }
        known = {"{folder}": str(tmp_path), "{token}": api.token, **ports}
        ours = {
            "JOBINDSATS_API_URL": api.url,
            "JOBINDSATS_API_TOKEN": KEY,
            "JOBINDSATS_CACHE_DIR": str(tmp_path / "cache"),
            "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)]),
        }
        for variable, value in settings.items():
            for mark, meant in known.items():
                value = value.replace(mark, meant)  # noqa: PLW2901
            ours[variable] = value
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(ASKING)],
            env=kept | ours,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    assert [word for word in words if word not in done.stdout] == [], done.stdout
    assert KEY not in done.stdout + done.stderr
    assert PASSWORD not in done.stdout + done.stderr
