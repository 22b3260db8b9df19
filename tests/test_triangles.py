"""The picture of a revision triangle: every number where it belongs, coloured by how it moved, hidden cells never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import jobindsats_pandas as ji
from jobindsats_pandas.errors import QueryError
from jobindsats_pandas.triangles import _COLOURS, _classes

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("matplotlib", reason="matplotlib is not on this machine")
HIDDEN = "Antal sanktioner fordelt på type: Gentagelsesvirkning (arbejdskrav)"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fourteen releases."""
    place = tmp_path_factory.mktemp("x")
    with ji.sandbox.serve() as api:
        client = ji.Client(api.token, api.url, place / "cache")
        client.read("y01h01", by={"A-kasse": "*"}, periods="2025Q01:").jobindsats.to_parquet(
            place / "x.parquet"
        )
        for day in range(1, 14):
            api.publish(
                "y01h01", ji.sandbox.Release(f"2026-11-{day:02d}", "2027-02-01", new_period=day % 5 == 0)
            )
            ji.update(place / "x.parquet", releases=place / "kept", client=client)
    return place / "kept"


def texts(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_every_number_that_is_shown_stands_in_its_tile(kept: Path) -> None:
    triangle = ji.revision_triangle(kept, "Antal sanktioner i alt")
    ax = ji.plot_revision_triangle(triangle)
    shown = triangle.iloc[:, -12:]
    expected = [
        f"{int(number):,}".replace(",", ".")
        for row in shown.to_numpy(object)
        for number in row
        if not pd.isna(number)
    ]
    assert texts(ax) == expected
    assert [label.get_text() for label in ax.get_yticklabels()] == [str(period) for period in triangle.index]
    assert [label.get_text() for label in ax.get_xticklabels()] == list(shown.columns)
    assert ax.get_title(loc="left").startswith("Antal sanktioner i alt: hvad hver udgivelse viste")
    assert "Ikke vist: 0 ældre perioder og 2 ældre udgivelser." in ax.get_xlabel().replace("\n", " ")
    assert "y01h01: Sanktioner til dagpengemodtagere" in ax.get_xlabel()


def test_what_a_release_hides_is_hatched_and_no_number_of_it_is_shown(kept: Path) -> None:
    for name in ji.read_parquet(kept, as_of="2026-11-13")["A-kasse"].unique():
        triangle = ji.revision_triangle(kept, HIDDEN, {"A-kasse": name})
        hidden = (
            (triangle.iloc[:, -12:].apply(lambda c: c.array.status) == ji.CellStatus.DISCRETIONISED)
            .sum()
            .sum()
        )
        if hidden and triangle.notna().any().any():
            break
    ax = ji.plot_revision_triangle(triangle)
    assert len([patch for patch in ax.patches if patch.get_hatch()]) == hidden
    assert len(ax.texts) == triangle.iloc[:, -12:].notna().sum().sum()
    assert name in ax.get_title(loc="left")
    assert "skjult i en udgivelse" in [text.get_text() for text in ax.get_legend().get_texts()]
    assert "Hvad en udgivelse skjuler" in ax.get_xlabel()


def test_colours_tell_how_far_a_number_is_from_the_first() -> None:
    numbers = np.array(
        [
            [100, 100, 100.5, 101, 103, 105, 106],
            [np.nan, 100, 99.5, 99, 97, 95, 94],
            [0, 0, 1, -1, np.nan, 0, 0],
        ]
    )
    assert _classes(numbers).tolist() == [
        [3, 3, 4, 4, 5, 5, 6],
        [-1, 3, 2, 2, 1, 1, 0],
        [3, 3, 6, 0, -1, 3, 3],
    ]
    assert len(_COLOURS) == 7


def test_it_draws_into_axes_that_are_given(kept: Path) -> None:
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    triangle = ji.revision_triangle(kept, "Antal sanktioner i alt").iloc[:, :3]
    assert ji.plot_revision_triangle(triangle, ax=ax) is ax
    assert len(ax.texts) == triangle.notna().sum().sum()


@pytest.mark.parametrize(
    "wrong", [lambda df: df.iloc[:0], lambda df: df.reset_index(), lambda df: df.jobindsats.plain()]
)
def test_what_is_no_triangle_is_refused(kept: Path, wrong: Any) -> None:
    with pytest.raises(QueryError, match=r"give what ji\.revision_triangle"):
        ji.plot_revision_triangle(wrong(ji.revision_triangle(kept, "Antal sanktioner i alt")))
