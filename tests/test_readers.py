"""The public functions that only hand on, and the one line that examples need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import jobindsats_pandas as ji
from jobindsats_pandas.errors import ConfigurationError, ProvenanceError, QueryError

NEVER_CLOSED = """
import jobindsats_pandas as ji
{import_more}
serving = ji.sandbox_client()
client = serving.__enter__()
print(client.cache.path)
print(len(ji.read_jobindsats("y25i01", periods=2, client=client)))
{more}
"""


def test_the_local_api_serves_as_long_as_its_block_lasts() -> None:
    with ji.sandbox_client() as client:
        df = ji.read_jobindsats("y25i01", periods=1, client=client)
        place = client.cache.path
        assert place.is_dir()
    assert len(df) == 1
    assert not place.exists()
    with pytest.raises(ji.JobindsatsError), ji.sandbox_client() as other:
        ji.read_jobindsats("y25i01", client=ji.Client(token="x", base_url=other.base_url))


@pytest.mark.parametrize(
    ("import_more", "more", "status"),
    [("", "", 0), ("", "raise SystemExit(3)", 3), ("import builtins", "builtins.kept = serving", 0)],
)
def test_a_sandbox_that_is_never_closed_does_not_keep_the_interpreter(
    import_more: str, more: str, status: int, tmp_path: Path
) -> None:
    code = NEVER_CLOSED.format(import_more=import_more, more=more)
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path
    )
    assert (ended.returncode, ended.stderr) == (status, "")
    place, rows = ended.stdout.splitlines()
    assert rows == "2"
    assert not Path(place).exists(), "its cache stays behind"


def test_the_accessor_can_be_had_with_its_type() -> None:
    with ji.sandbox_client() as client:
        df = ji.read_jobindsats("y01h01", by="A-kasse", periods=1, client=client)
    assert repr(ji.frame(df).audit()) == repr(df.jobindsats.audit())
    with pytest.raises(QueryError, match="df=5: give a DataFrame"):
        ji.frame(5)  # type: ignore[arg-type]
    with pytest.raises(ProvenanceError, match="no discretionised columns"):
        ji.frame(pd.DataFrame({"a": [1]}))


def test_the_total_of_cells_from_elsewhere_is_not_asked_of_another_api(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JOBINDSATS_CACHE_DIR", str(tmp_path / "cache"))
    with ji.sandbox_client() as client, ji.sandbox.serve() as other:
        df = ji.read_jobindsats("y25i01", by="A-kasse", periods=1, client=client)
        monkeypatch.setenv("JOBINDSATS_API_TOKEN", other.token)
        monkeypatch.setenv("JOBINDSATS_API_URL", other.url)
        with pytest.raises(
            ConfigurationError, match=f"come from {client.base_url}, and the client asks {other.url}"
        ):
            ji.read_official_total(df, "Antal ledige personer")
        assert not other.requests
        assert len(ji.read_official_total(df, client=client)) == 1
