"""Frames one below the other: their labels stay those of the data bank."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import jobindsats_pandas as ji
from jobindsats_pandas.errors import QueryError

PERSONS = "Antal ledige personer"


def read(reader: ji.Client, areas: Any, **how: Any) -> pd.DataFrame:
    return reader.read("y25i01", by=how.pop("by", {"_nykom": areas}), periods=how.pop("periods", 2), **how)


def test_pandas_makes_text_of_unlike_categories_and_concat_keeps_the_order(reader: ji.Client) -> None:
    frames = [
        read(reader, ["Ærø", "Aarhus"]),
        read(reader, ["Odense", "Aarhus"], periods="2025M01"),
        read(reader, "total"),
    ]
    assert pd.concat(frames)["Område"].dtype != "category"
    joined = ji.concat(frames)
    assert joined["Område"].cat.categories.to_list() == ["Hele landet", "Odense", "Ærø", "Aarhus"]
    assert joined["Område"].to_list() == [name for one in frames for name in one["Område"]]
    assert joined.index.equals(pd.RangeIndex(sum(map(len, frames))))
    whole = read(reader, "*")
    order = whole["Område"].cat.categories
    assert joined["Område"].cat.categories.equals(order[order.isin(joined["Område"])])
    assert joined.groupby("Område", observed=False).size().to_list() == [2, 1, 2, 3]


def test_cells_are_guarded_and_attrs_are_kept_where_they_are_alike(reader: ji.Client) -> None:
    frame = read(reader, ["Ærø", "Aarhus"])
    assert ji.concat([frame, frame]).attrs == frame.attrs
    assert ji.concat(iter([frame])).equals(frame)
    with pytest.raises(ji.InvalidSumError, match="repeat"):
        ji.concat([frame, frame])["Antal ledige fuldtidspersoner"].sum()
    parts = ji.concat([frame, read(reader, "Odense")])
    assert parts.attrs == {}
    assert "Odense" in parts.jobindsats.source.query


def test_parts_of_a_frame_come_together_again(crossed: pd.DataFrame) -> None:
    accessor = crossed.jobindsats
    parts, totals = accessor.parts("Område"), accessor.totals("Område")
    assert parts["Ydelsesgrupper"].dtype == crossed["Ydelsesgrupper"].dtype
    joined = ji.concat([parts, totals])
    assert joined["Område"].dtype == crossed["Område"].dtype
    wide = crossed.pivot(index=["Periode", "Ydelsesgrupper"], columns="Område", values=PERSONS)  # noqa: PD010 - nothing is added
    assert wide.jobindsats.totals("Område").shape[1] == 1


def test_hierarchies_of_one_dimension_keep_each_its_own_order(reader: ji.Client) -> None:
    nested = read(reader, None, by={"_reko": "*"})
    joined = ji.concat([nested.head(8), nested.tail(8)])
    categories = nested["Område"].cat.categories
    assert joined["Område"].cat.categories.equals(categories)
    regions = read(reader, None, by={"_reko": ["Region Sjælland", "Region Hovedstaden"]})
    both = ji.concat([regions, read(reader, None, by={"_reko": ["Greve", "København"]})])[
        "Område"
    ].cat.categories
    assert both.equals(categories[categories.isin(both)])
    mixed = ji.concat([read(reader, "Greve"), regions])["Område"].cat.categories
    assert set(mixed) == {"Greve", "Region Sjælland", "Region Hovedstaden"}


def test_other_columns_are_joined_as_they_are(reader: ji.Client) -> None:
    one, other = read(reader, "Ærø"), read(reader, "Odense")
    one["egen"], other["egen"] = pd.Categorical(["b", "a"]), pd.Categorical(["c", "a"])
    one["tekst"], other["tekst"] = pd.Categorical(["b", "a"]), ["x", "y"]
    one["kun"] = pd.Categorical(["k", "k"])
    joined = ji.concat([one, other])
    assert joined["egen"].cat.categories.to_list() == ["a", "b", "c"]
    assert joined["tekst"].dtype != "category"
    assert joined["kun"].cat.categories.to_list() == ["k"]
    twice = pd.concat([one, one[["egen"]]], axis=1)
    assert ji.concat([twice, twice.head(1)]).shape == (3, twice.shape[1])
    named = ji.concat([one.set_index("Periode"), other.set_index("Periode")])
    assert isinstance(named.index, pd.PeriodIndex)


def test_periods_that_pandas_does_not_know_stay_in_order(reader: ji.Client) -> None:
    def years(which: str) -> pd.DataFrame:
        return reader.read("ptv_a02", by={"_kon": "*"}, period_type="QMAT", periods=which)

    joined = ji.concat([years("2026QMAT02"), years("2025QMAT04:2026QMAT01")])["Periode"]
    assert joined.cat.ordered
    assert joined.cat.categories.is_monotonic_increasing
    assert joined.min() == "2025QMAT04"


@pytest.mark.parametrize("wrong", [[], pd.DataFrame(), "x", {"a": pd.DataFrame()}, 5, [pd.DataFrame(), None]])
def test_what_is_no_list_of_frames_is_refused(wrong: Any) -> None:
    with pytest.raises(QueryError, match=r"^frames="):
        ji.concat(wrong)
