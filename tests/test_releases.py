"""Releases kept in a folder: which there are, the one of a day, and what each said of one series."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import jobindsats_pandas as ji
from jobindsats_pandas.disclosure import CellStatus, DiscretionisedArray
from jobindsats_pandas.errors import ProvenanceError, QueryError
from jobindsats_pandas.provenance import Provenance
from jobindsats_pandas.releases import keep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

TOTAL, REPEATED = "Antal sanktioner i alt", "Gentagelsesvirkning (arbejdskrav)"


@pytest.fixture(scope="module")
def funds(reader: ji.Client) -> pd.DataFrame:
    return reader.read("y01h01", by={"_akassedp": "*"}, periods="latest:3", names="short")


@pytest.fixture
def kept(funds: pd.DataFrame, tmp_path: Path) -> Path:
    """Two releases of one question, of which the second hides more."""
    folder = tmp_path / "kept"
    folder.mkdir()
    funds.jobindsats.to_parquet(folder / "2026-08-20.parquet")
    later = funds.copy()
    cells = later[REPEATED].array.cells
    status = cells.status.copy()
    status[:3] = CellStatus.DISCRETIONISED
    later[REPEATED] = DiscretionisedArray(cells.values, status, cells.addresses, cells.registry)
    later.attrs = funds.attrs
    later.jobindsats.to_parquet(folder / "2026-11-19.parquet")
    return folder


def test_the_triangle_shows_no_cell_that_any_release_hides(kept: Path, funds: pd.DataFrame) -> None:
    triangle = ji.revision_triangle(kept, REPEATED, {"A-kasse": funds["A-kasse"].iloc[0]})
    assert list(triangle) == ["2026-08-20", "2026-11-19"]
    for column in triangle:
        assert (triangle[column].array.status == CellStatus.DISCRETIONISED).all()
    of_total = ji.revision_triangle(kept, TOTAL)
    numbers = funds.jobindsats.totals("A-kasse")[TOTAL].to_numpy(np.float64)
    assert of_total["2026-08-20"].to_numpy(np.float64).tolist() == numbers.tolist()


def test_a_folder_of_releases_is_no_frame_and_says_how_to_read_one(kept: Path) -> None:
    with pytest.raises(
        QueryError, match=r"holds the releases 2026-08-20, 2026-11-19\. Say which one: .*as_of='2026-11-19'"
    ):
        ji.read_parquet(kept)
    for day in range(1, 6):
        shutil.copy(kept / "2026-08-20.parquet", kept / f"2026-09-0{day}.parquet")
    with pytest.raises(QueryError, match=r"and older ones\. Say which one"):
        ji.read_parquet(kept)


def test_a_folder_without_releases_is_told_from_one_that_is_not_there(tmp_path: Path) -> None:
    asks: list[Callable[[Path], Any]] = [
        lambda folder: ji.read_parquet(folder, as_of="2026-10-01"),
        lambda folder: ji.revision_triangle(folder, TOTAL),
    ]
    for ask in asks:
        with pytest.raises(
            QueryError, match=r"holds no releases, which are files such as 2026-10-08\.parquet"
        ):
            ask(tmp_path)
    for ask in [*asks, ji.releases]:
        with pytest.raises(FileNotFoundError, match="There is no folder"):
            ask(tmp_path / "nowhere")
    assert ji.releases(tmp_path).empty


def test_releases_of_several_tables_are_no_triangle(kept: Path, reader: ji.Client) -> None:
    other = reader.read("y01c01", periods="latest:2")
    other.rename(columns={other.columns[-1]: TOTAL}).jobindsats.to_parquet(kept / "2026-12-01.parquet")
    with pytest.raises(ProvenanceError, match="holds releases of several tables: y01c01, y01h01"):
        ji.revision_triangle(kept, TOTAL)


def test_members_without_a_total_are_named(kept: Path, funds: pd.DataFrame, tmp_path: Path) -> None:
    parts = tmp_path / "parts"
    parts.mkdir()
    funds.jobindsats.parts("A-kasse").jobindsats.to_parquet(parts / "2026-08-20.parquet")
    with pytest.raises(
        QueryError, match=r"hold 21 members of 'A-kasse' and no total: name one, members=\{'A-kasse': '"
    ):
        ji.revision_triangle(parts, TOTAL)
    with pytest.raises(
        QueryError, match=r"has no single member of 'A-kasse' 'FOA'\. Did you mean 'FOAs A-kasse'"
    ):
        ji.revision_triangle(kept, TOTAL, {"A-kasse": "FOA"})


def test_a_release_of_no_day_is_not_kept(funds: pd.DataFrame, tmp_path: Path) -> None:
    known = replace(Provenance.of(funds), update_latest="")
    with pytest.raises(
        ProvenanceError, match=r"When table y01h01 was updated is not known, .*cannot be kept"
    ):
        keep(tmp_path / "kept", tmp_path / "x.parquet", funds, known)
    assert not (tmp_path / "kept").exists()
