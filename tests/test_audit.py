"""How much a breakdown hides, and where."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import jobindsats_pandas as ji
from jobindsats_pandas import audit, layouts, totals
from jobindsats_pandas.disclosure import CellStatus, DiscretionisedArray

LABELS = [status.label for status in CellStatus]


def audited(frame: pd.DataFrame, by: list[str] | None = None) -> audit.Audit:
    return audit.audit(frame, by)


def test_an_audit_counts_every_cell_once(crossed: pd.DataFrame) -> None:
    found = audited(crossed)
    statuses = layouts.status(crossed)
    assert found.frame["measure"].astype(str).to_list() == list(statuses.columns)
    for row, name in zip(found.frame.to_dict("records"), statuses.columns, strict=True):
        counts = statuses[name].value_counts()
        assert (row["cells"], row["hidden"], row["shown"]) == (
            len(crossed),
            counts["discretionised"],
            counts["observed"],
        )
        assert row["share"] == row["hidden"] / (row["hidden"] + row["shown"])
    for table in (found.periods, found.levels[found.levels["dimension"] == "Område"]):
        assert table["cells"].sum() == crossed.shape[0] * 4
    assert found.periods["period"].to_list() == ["2026M06", "2026M07", "2026M08"]
    members = found.members[found.members["dimension"] == "Område"].set_index("member")
    assert "Hele landet" not in members.index
    assert members.loc["Fanø", "hidden"] == int(
        (statuses[crossed["Område"] == "Fanø"] == "discretionised").to_numpy().sum()
    )


def test_an_audit_goes_by_columns_and_dimensions(crossed: pd.DataFrame) -> None:
    by_label = audited(crossed, ["Ydelsesgrupper", "Periode"]).frame
    by_cell = audited(crossed.drop(columns=["Ydelsesgrupper"]), ["Ydelsesgrupper", "period"]).frame
    assert len(by_label) == 5 * 3 * 4
    assert by_label["hidden"].to_list() == by_cell["hidden"].to_list()
    flagged = crossed.assign(big=crossed[crossed.columns[3]].fillna(0) > 500)
    assert audited(flagged, ["big"]).frame["big"].to_list() == [False] * 4 + [True] * 4
    assert len(audited(crossed, ["measure"]).frame) == 4


def test_the_cost_of_a_breakdown_is_what_its_total_would_still_hide(reader: ji.Client) -> None:
    frame = totals.without_totals(
        reader.read("y25i01", by={"_nykom": None, "_ygrpi09": "*", "_akassebl": None}, periods=1)
    )
    costs = audited(frame).breakdowns.set_index("dimension")
    assert set(costs.index) == {"Område", "Ydelsesgrupper", "A-kasse"}
    hidden = layouts.is_discretionised(frame)
    shown = layouts.status(frame) == "observed"
    assert (costs["hidden"] == int(hidden.to_numpy().sum())).all()
    for dimension in costs.index:
        others = [name for name in ("Område", "Ydelsesgrupper", "A-kasse") if name != dimension]
        keys = [frame[name] for name in others]
        any_shown = shown.groupby(keys, observed=True).any()
        any_hidden = hidden.groupby(keys, observed=True).any()
        still = (any_hidden & ~any_shown).to_numpy().sum() / (any_hidden | any_shown).to_numpy().sum()
        assert costs.loc[dimension, "share_without"] == pytest.approx(still)
    assert audited(frame).breakdowns["share_without"].is_monotonic_increasing
    assert costs["share"].iloc[0] == pytest.approx(
        hidden.to_numpy().sum() / (hidden | shown).to_numpy().sum()
    )
    # The bound holds: what is read at the total hides no more than it says.
    collapsed = totals.without_totals(reader.read("y25i01", by={"_nykom": None, "_ygrpi09": "*"}, periods=1))
    counted = collapsed.columns[3:5]
    parts = audited(frame[[*frame.columns[:4], *counted]]).breakdowns.set_index("dimension")
    truly = layouts.is_discretionised(collapsed[counted]).to_numpy().mean()
    assert truly <= parts.loc["A-kasse", "share_without"] + 1e-9


def test_levels_are_not_mixed_in_the_cost(reader: ji.Client) -> None:
    frame = reader.read("y01c01", by={"_tilb_2ptv": "*", "_nykom": ["Læsø", "Fanø"]}, periods=2)
    costs = audited(frame).breakdowns.set_index("dimension")
    assert costs.loc["Tilbud", "level"] == "Tilbud"
    finest = totals.without_totals(frame)
    assert costs.loc["Tilbud", "hidden"] == int(layouts.is_discretionised(finest).to_numpy().sum())


def test_an_audit_reads_well_in_text_and_html(crossed: pd.DataFrame) -> None:
    found = audited(crossed)
    text = repr(found)
    assert text.splitlines()[0] == found.summary
    assert found.summary.endswith(" cells are hidden (discretionised): 1.5 %")
    assert "What each breakdown costs" in text
    assert "… 9 more" in text
    assert "not available" not in text
    assert max(map(len, text.splitlines())) < 110
    html = found._repr_html_()
    assert "<table" in html
    assert "What each breakdown costs" in html
    assert len(html) < 12_000


def test_an_audit_tells_not_available_and_rounded_apart(reader: ji.Client) -> None:
    later = audited(reader.read("y14d03", by={"_kon": "*"}, periods=2))
    assert later.summary.endswith("12 are not available")
    assert "–" in repr(later)
    frame = reader.read("y14d03", by={"_kon": "*"}, periods=2).iloc[:, [0, 1, 3]]
    nothing = audited(frame)
    assert nothing.summary == "0 of 0 cells are hidden (discretionised); 6 are not available"
    assert "costs" not in repr(later)
    adverts = audited(reader.read("y25i14", by={"_escostar_rs": "*"}, periods=1))
    assert "more are rounded" in adverts.summary


def test_months_with_gaps_are_counted_as_those_that_there_are(reader: ji.Client) -> None:
    found = audited(reader.read("y25i14", by="_region", periods="2025M06:2026M06"))
    assert found.periods["period"].tolist() == ["2025M06", "2025M09", "2025M12", "2026M03", "2026M06"]
    assert found.periods["cells"].tolist() == [6] * 5


def test_what_comes_from_the_wire_is_escaped() -> None:
    from jobindsats_pandas.disclosure import AddressDimension, AddressMeasure, AddressSpace, Registry
    from jobindsats_pandas.kinds import Kind

    dimension = AddressDimension.build(
        "_d", "<i>D</i>", [("_h", "1", "<u>L</u>", [("/1/", "<script>x</script>"), ("/2/", "b")])]
    )
    space = AddressSpace(
        "t", "T", (AddressMeasure("m", "<b>M</b>", Kind.FLOW),), (("M", "2026M01"),), (dimension,)
    )
    array = DiscretionisedArray(
        np.array([1, 1]),
        np.array([1, 0], np.uint8),
        space.encode(0, 0, [np.array([1, 2])]),
        Registry.of(space),
    )
    html = audited(pd.DataFrame({"x": array}))._repr_html_()
    for tag in ("<script>", "<i>", "<u>", "<b>M"):
        assert tag not in html


@pytest.mark.parametrize(
    "name", ["status", "measure", "period", "member", "level", "dimension", "hidden", "share"]
)
def test_a_dimension_may_be_called_as_a_column_of_the_audit(name: str) -> None:
    from jobindsats_pandas.disclosure import AddressDimension, AddressMeasure, AddressSpace, Registry
    from jobindsats_pandas.kinds import Kind

    def counted(called: str) -> audit.Audit:
        members = [("/1/", "a"), ("/2/", "b")]
        space = AddressSpace(
            "t",
            "T",
            (AddressMeasure("m", "M", Kind.FLOW),),
            (("M", "2026M01"), ("M", "2026M02")),
            (AddressDimension.build("_d", called, [("_h", "1", "L", members)]),),
        )
        addresses = space.encode(0, np.array([0, 0, 1]), [np.array([1, 2, 2])])
        status = np.array([0, 1, 0], np.uint8)
        return audited(
            pd.DataFrame(
                {"x": DiscretionisedArray(np.array([4, 0, 5]), status, addresses, Registry.of(space))}
            )
        )

    found, expected = counted(name), counted("Område")
    for table in ("frame", "levels", "members", "periods", "breakdowns"):
        ours, theirs = getattr(found, table), getattr(expected, table)
        if "dimension" in ours:
            ours, theirs = ours.drop(columns="dimension"), theirs.drop(columns="dimension")
        pd.testing.assert_frame_equal(ours, theirs)
    assert set(found.members["dimension"]) == {name}


def test_an_audit_goes_by_the_status_column_of_a_long_frame(crossed: pd.DataFrame) -> None:
    found = audited(layouts.to_long(crossed), ["status"]).frame
    assert set(found["status"]) == {"observed", "discretionised"}
    assert found.loc[found["status"] == "observed", "hidden"].sum() == 0


def test_an_empty_frame_is_audited_too(crossed: pd.DataFrame) -> None:
    with pytest.raises(ji.errors.ProvenanceError):
        audited(crossed.iloc[:0])
