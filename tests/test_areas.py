"""Names and codes of areas, and periods as timestamps."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import jobindsats_pandas as ji
from jobindsats_pandas.area_codes import MUNICIPALITIES, REGION_OF, REGIONS
from jobindsats_pandas.areas import timestamps, with_codes, with_regions
from jobindsats_pandas.disclosure import (
    AddressDimension,
    AddressMeasure,
    AddressSpace,
    DiscretionisedArray,
    Registry,
)
from jobindsats_pandas.errors import ProvenanceError, QueryError, QueryWarning
from jobindsats_pandas.kinds import Kind
from jobindsats_pandas.sandbox.names import MUNICIPALITIES as SANDBOX_NAMES

if TYPE_CHECKING:
    from typing import Any


def test_there_are_98_municipalities_with_distinct_codes_and_names() -> None:
    assert len(MUNICIPALITIES) == len(set(MUNICIPALITIES.values())) == 98
    assert all(len(code) == 4 and 101 <= int(code) <= 860 for code in MUNICIPALITIES)
    assert list(REGIONS) == ["1081", "1082", "1083", "1084", "1085"]


def test_every_name_of_the_sandbox_is_known_and_none_is_missing_there() -> None:
    names = {name for members in SANDBOX_NAMES.values() for name in members}
    unknown = {"Uoplyst område"}
    assert unknown <= names & set(SANDBOX_NAMES)
    assert set(codes_of(*(names - unknown))) == set(MUNICIPALITIES)
    assert set(codes_of(*(set(SANDBOX_NAMES) - unknown))) == set(REGIONS)


def codes_of(*names: str) -> list[str | None]:
    """The codes that stand beside names in a column of areas; None where one has none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", QueryWarning)
        codes = with_codes(pd.DataFrame({"Område": list(names)}))["Områdekode"]
    return [None if pd.isna(code) else code for code in codes]


def code_of(name: str) -> str | None:
    (code,) = codes_of(name)
    return code


def test_every_name_is_understood_with_kommune_and_genitive_and_other_letters() -> None:
    spelled = []
    for code, name in MUNICIPALITIES.items():
        plain = name.replace("æ", "ae").replace("ø", "oe").replace("å", "aa").replace("Æ", "Ae")
        spellings = [
            name,
            f"{name} Kommune",
            f"{name}s Kommune",
            f"{name} Kommunes",
            name.upper(),
            f"  {plain} ",
            name.replace("aa", "å").replace("Aa", "Å"),
            name.replace("-", " "),
        ]
        spelled += [(spelling, code) for spelling in spellings]
    found = codes_of(*(spelling for spelling, _ in spelled))
    assert [(spelling, code) for (spelling, _), code in zip(spelled, found, strict=True)] == spelled


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("Århus", "Aarhus"),
        ("Københavns Kommune", "København"),
        ("Copenhagen", "København"),
        ("Bornholms Regionskommune", "Bornholm"),
        ("Vesthimmerland", "Vesthimmerlands"),
        ("Vesthimmerlands Kommune", "Vesthimmerlands"),
        ("Nordfyn", "Nordfyns"),
        ("Nordfyn Kommune", "Nordfyns"),
        ("Høje Taastrup", "Høje-Taastrup"),
        ("Høje-Tåstrup Kommune", "Høje-Taastrup"),
        ("Lyngby-Tårbæk", "Lyngby-Taarbæk"),
        ("Fåborg‑Midtfyn", "Faaborg-Midtfyn"),
        ("Åbenrå", "Aabenraa"),
        ("Randers Kommune", "Randers"),
        ("Brønderslev-Dronninglund", "Brønderslev"),
        ("region sjælland", "Region Sjælland"),
    ],
)
def test_other_spellings_have_the_code_of_the_name(spelling: str, name: str) -> None:
    assert (MUNICIPALITIES | REGIONS)[code_of(spelling) or ""] == name


@pytest.mark.parametrize(
    "name",
    [
        "Hele landet",
        "Uoplyst område",
        "Christiansø",
        "Kommune",
        "",
        "Sjælland",
        "Rander",
        "Københavns",
        "0411",
        "Aarhu",
    ],
)
def test_what_is_no_area_is_not_guessed(name: str) -> None:
    assert code_of(name) is None


def test_codes_stand_right_of_the_areas_and_the_cells_stay_guarded(client: ji.Client) -> None:
    df = ji.read_jobindsats(
        "y25i01", by={"_nykom": "*", "_akassebl": "total"}, periods="latest:2", client=client
    )
    with pytest.warns(QueryWarning, match="No code for 'Uoplyst område' in 'Område'"):
        coded = with_codes(df)
    assert list(coded.columns[:3]) == ["Periode", "Område", "Områdekode"]
    assert "Områdekode" not in df
    assert coded.attrs == df.attrs
    without = coded.loc[coded["Områdekode"].isna(), "Område"]
    assert without.tolist() == ["Hele landet"] * 2 + ["Uoplyst område"] * 2
    municipalities = coded.dropna(subset="Områdekode")
    assert municipalities["Områdekode"].map(MUNICIPALITIES).tolist() == municipalities["Område"].tolist()
    assert municipalities["Områdekode"].nunique() == 98
    assert coded.iloc[:, -1].array.addresses.tolist() == df.iloc[:, -1].array.addresses.tolist()
    joined = coded.merge(pd.DataFrame({"Områdekode": ["0751"], "indbyggere": [367_000]}), on="Områdekode")
    assert joined["Område"].unique().tolist() == ["Aarhus"]


def test_regions_have_codes_and_may_stand_without_the_word_in_their_own_hierarchy(client: ji.Client) -> None:
    df = ji.read_jobindsats("y25i01", by={"_region": "*"}, periods="latest:1", client=client)
    df = df[df["Område"] != "Uoplyst område"]
    assert with_codes(df)["Områdekode"].dropna().sort_values().tolist() == list(REGIONS)
    bare = df.assign(Område=df["Område"].astype(str).str.removeprefix("Region "))
    assert with_codes(bare)["Områdekode"].notna().sum() == 5
    bare.attrs.clear()
    with pytest.warns(QueryWarning, match="'Hovedstaden', 'Sjælland', 'Syddanmark' and 2 others in 'Område'"):
        assert with_codes(bare)["Områdekode"].isna().all()


# --- members without a code -------------------------------------------------------------------------------------------


def told(call: Any, *args: Any) -> list[str]:
    """What is warned of, each at this line."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call(*args)
    assert all(one.category is QueryWarning and one.filename == __file__ for one in caught)
    return [str(one.message) for one in caught]


@pytest.fixture
def reader(api: Any, tmp_path_factory: pytest.TempPathFactory) -> ji.Client:
    return ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path_factory.mktemp("cache"))


def test_a_join_on_the_code_loses_what_the_warning_says(reader: ji.Client) -> None:
    count = "Antal ledige fuldtidspersoner"
    df = reader.read("y25i01", by={"_nykom": "*"}, periods=1)
    with pytest.warns(QueryWarning) as caught:
        coded = df.jobindsats.with_codes()
    (one,) = caught
    assert one.filename == __file__
    assert str(one.message) == (
        "No code for 'Uoplyst område' in 'Område': this member is a part of its level like any other, and a join on"
        " 'Områdekode' loses it and what is counted there. To keep its rows, merge with how='left'; sums over the"
        " others alone miss the published total."
    )
    known = pd.DataFrame({"Områdekode": list(MUNICIPALITIES)})
    parts = coded.jobindsats.parts("Område")
    total = df.jobindsats.official_total()[count].iloc[0]
    lost = df.loc[df["Område"] == "Uoplyst område", count].iloc[0]
    joined, kept = (parts.merge(known, on="Områdekode", how=how)[count] for how in ("inner", "left"))  # type: ignore[call-overload]
    assert lost > 0
    assert (len(joined), len(kept)) == (98, 99)
    assert joined.jobindsats.sum_bounds()["high"].iloc[0] < total
    assert abs(kept.jobindsats.sum_bounds()["low"].iloc[0] - total) <= 1 + len(kept) / 2


def test_levels_are_named_where_the_unknown_area_stands_in_two(reader: ji.Client) -> None:
    df = reader.read("y25i01", by={"_reko": "*"}, periods=1)
    (message,) = told(with_codes, df)
    assert message.startswith(
        "No code for 'Uoplyst område [Region]', 'Uoplyst område [Kommune]' in 'Område': these members are parts"
    )


@pytest.mark.parametrize("layout", ["wide", "long"])
@pytest.mark.parametrize("by", ["_nykom", "_region"])
def test_the_warning_holds_for_every_shape_of_a_frame(reader: ji.Client, by: str, layout: Any) -> None:
    df = reader.read("y25i01", by={by: "*", "_ygrpi09": "*"}, periods=2, layout=layout)
    value = "value" if layout == "long" else df.columns[-1]
    newest = df[df["Periode"] == df["Periode"].max()]
    if layout == "long":
        newest = newest[newest["measure"] == newest["measure"].iloc[0]]
    flat = newest.pivot(index="Område", columns="Ydelsesgrupper", values=value).reset_index()  # noqa: PD010
    plain = df.jobindsats.plain()
    bare = plain.copy()
    bare.attrs.clear()
    renamed = df.rename(columns={"Område": "bopæl"})
    shapes = [(df,), (df.astype({"Område": object}),), (flat,), (plain,), (bare,), (renamed, "bopæl")]
    for shape in shapes:
        (message,) = told(with_codes, *shape)
        assert message.startswith("No code for 'Uoplyst område' in ")


def test_several_columns_of_areas_are_told_in_one_warning(reader: ji.Client) -> None:
    df = reader.read("y25i01", by="_nykom", periods=1)
    df["bopæl"] = df["Område"]
    df["arbejde"] = ["Odense"] * (len(df) - 1) + ["Udlandet"]
    (message,) = told(with_codes, df, ["bopæl", "arbejde"])
    assert message.startswith(
        "No code for 'Uoplyst område' in 'bopæl'; 'Udlandet' in 'arbejde': these members are parts of their levels"
    )
    assert "a join on 'bopælkode' or 'arbejdekode' loses them" in message


def test_nothing_is_told_where_nothing_is_lost(reader: ji.Client) -> None:
    for by in ({"_nykom": ["total", "Odense"]}, {"_hele_landet": "*"}, {"_region": "total"}):
        assert told(with_codes, reader.read("y25i01", by=by, periods=1)) == []
    whole = reader.read("y25i01", by={"_nykom": "*"}, periods=1)
    assert told(with_codes, whole[whole["Område"] != "Uoplyst område"]) == []
    assert told(with_codes, whole[whole["Område"] != "Uoplyst område"].jobindsats.plain()) == []
    assert told(with_codes, pd.DataFrame({"Område": ["Hele landet", None, "Aarhus"]})) == []


def areas_of(levels: list[tuple[str, str, str, list[tuple[str, str]]]], names: list[str]) -> pd.DataFrame:
    """A frame with a row for each name, whose cells know these levels."""
    dimension = AddressDimension.build("_omrade", "Område", levels)
    space = AddressSpace(
        "t", "T", (AddressMeasure("m", "Antal sager", Kind.FLOW),), (("M", "2026M01"),), (dimension,)
    )
    codes = {member.name: code for code, member in enumerate(dimension.members)}
    parts = space.encode(0, 0, [np.array([codes[name] for name in names])])
    numbers, status = np.full(len(names), 7), np.zeros(len(names), dtype=np.uint8)
    cells = DiscretionisedArray(numbers, status, parts, Registry.of(space))
    return pd.DataFrame({"Område": names, "Antal sager": cells})


def test_what_has_no_code_is_told_once_at_each_line_of_the_users() -> None:
    """Every whole level has an unknown area: who makes codes month by month has read it the first time."""
    df = pd.DataFrame({"Område": ["Aarhus", "Uoplyst område"]})
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("default")
        for _ in range(3):
            with_codes(df)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Python forgets what it said
        assert len(said) == 1
        with_codes(df)
        assert len(said) == 2
        with_codes(df.replace("Uoplyst område", "Udlandet"))
        assert len(said) == 3


def test_a_total_of_any_name_and_a_level_of_subtotals_without_codes_lose_nothing() -> None:
    levels = [
        ("_rar", "rar", "RAR-område", [("/", "Danmark"), ("/1/", "RAR Fyn"), ("/2/", "RAR Bornholm")]),
        ("_rar", "kom", "Kommune", [("/1/1/", "Odense"), ("/1/2/", "Nyborg"), ("/2/1/", "Bornholm")]),
    ]
    everything = ["Danmark", "RAR Fyn", "RAR Bornholm", "Odense", "Nyborg", "Bornholm"]
    assert told(with_codes, areas_of(levels, everything)) == []
    # Where no level below has codes, the level's members are the parts, and none of them can be joined.
    (message,) = told(with_codes, areas_of(levels[:1], everything[:3]))
    assert message.startswith("No code for 'RAR Fyn', 'RAR Bornholm' in 'Område': these members are parts")
    levels[1][3].append(("/2/2/", "Christiansø"))
    (message,) = told(with_codes, areas_of(levels, [*everything, "Christiansø"]))
    assert message.startswith("No code for 'Christiansø' in 'Område': this member")


def test_codes_can_be_added_twice_but_never_over_another_column() -> None:
    df = pd.DataFrame({"Område": ["Aarhus", None]})
    once = with_codes(df)
    pd.testing.assert_frame_equal(with_codes(once), once)
    with pytest.raises(QueryError, match="'Områdekode' already"):
        with_codes(df.assign(Områdekode=["A", "B"]))


def test_columns_of_areas_can_be_named() -> None:
    df = pd.DataFrame({"bopæl": ["Odense"], "arbejde": ["Ærø Kommune"]})
    assert with_codes(df, ["bopæl", "arbejde"]).iloc[0].tolist() == ["Odense", "0461", "Ærø Kommune", "0492"]
    assert with_codes(df, "bopæl").shape == (1, 3)
    with pytest.raises(QueryError, match=r"no column 'bopael'.*Did you mean 'bopæl'"):
        with_codes(df, "bopael")
    with pytest.raises(ProvenanceError, match="No column of areas among 'bopæl', 'arbejde'"):
        with_codes(df)


# --- time ------------------------------------------------------------------------------------------------------------


def test_periods_become_their_first_or_last_day(client: ji.Client) -> None:
    df = ji.read_jobindsats("y01h01", by="_akassedp", periods="2025Q01:2025Q04", client=client)
    starts, ends = timestamps(df), timestamps(df, "end")
    assert starts["Periode"].min() == pd.Timestamp("2025-01-01")
    assert ends["Periode"].max() == pd.Timestamp("2025-12-31")
    assert starts["Periode"].dtype.kind == "M"
    assert isinstance(df["Periode"].dtype, pd.PeriodDtype)
    assert starts.attrs == df.attrs
    pd.testing.assert_frame_equal(timestamps(starts), starts)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026M02", "2026-02-01", "2026-02-28"),
        ("2025Q04", "2025-10-01", "2025-12-31"),
        ("2024Y01", "2024-01-01", "2024-12-31"),
        ("2026MYTD03", "2026-01-01", "2026-03-31"),
        ("2026QYTD2", "2026-01-01", "2026-06-30"),
        ("2026QMAT01", "2025-04-01", "2026-03-31"),
        ("2024MMAT02", "2023-03-01", "2024-02-29"),
    ],
)
def test_every_known_type_has_a_first_and_a_last_day(text: str, start: str, end: str) -> None:
    df = pd.DataFrame({"Periode": pd.Categorical([text, None], ordered=True)})
    assert timestamps(df)["Periode"].tolist() == [pd.Timestamp(start), pd.NaT]
    assert timestamps(df, "end")["Periode"].tolist() == [pd.Timestamp(end), pd.NaT]


def test_the_ends_of_a_year_to_date_and_a_rolling_year_come_from_the_sandbox(client: ji.Client) -> None:
    to_date = ji.read_jobindsats(
        "y25i06b", by="_region", period_type="MYTD", periods="latest:2", client=client
    )
    rolling = ji.read_jobindsats("ptv_a02", period_type="QMAT", periods="latest:1", client=client)
    last = str(to_date["Periode"].iloc[-1])
    assert (
        timestamps(to_date, "end")["Periode"].max()
        == pd.Period(last.replace("MYTD", "-"), "M").end_time.normalize()
    )
    span = timestamps(rolling, "end")["Periode"].iloc[0] - timestamps(rolling)["Periode"].iloc[0]
    assert span.days in {364, 365}


def test_months_with_gaps_keep_their_own_first_and_last_days(client: ji.Client) -> None:
    df = ji.read_jobindsats("y25i14", periods="latest:3", client=client)
    days = {
        "start": ["2025-12-01", "2026-03-01", "2026-06-01"],
        "end": ["2025-12-31", "2026-03-31", "2026-06-30"],
    }
    for how, expected in days.items():
        assert timestamps(df, how)["Periode"].astype(str).tolist() == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["2026XYZ01", "2026M13", "2026QMAT05", "foråret", "2026D001", "2026YMAT02"])
def test_periods_of_unknown_length_are_refused(text: str) -> None:
    df = pd.DataFrame({"Periode": pd.Categorical([text], ordered=True)})
    with pytest.raises(QueryError, match=f"Period '{text}': nothing is known"):
        timestamps(df)


def test_only_columns_of_periods_change() -> None:
    df: Any = pd.DataFrame(
        {
            "fra": pd.Categorical(["2026M01"]),
            "Periode": ["2026M02"],
            "navn": ["2026M03"],
            "gruppe": pd.Categorical(["ung"]),
            "dag": pd.to_datetime(["2026-05-05"]),
            "antal": [1],
        }
    )
    made = timestamps(df)
    assert made.iloc[0].tolist() == [
        pd.Timestamp("2026-01-01"),
        pd.Timestamp("2026-02-01"),
        "2026M03",
        "ung",
        pd.Timestamp("2026-05-05"),
        1,
    ]
    assert timestamps(df.iloc[:0])["Periode"].dtype.kind == "M"
    with pytest.raises(ProvenanceError, match="No column of periods"):
        timestamps(df[["navn", "gruppe", "antal"]])
    with pytest.raises(ProvenanceError, match="No column of periods"):
        timestamps(df[["gruppe"]].iloc[:0])
    with pytest.raises(QueryError, match="'start' and 'end'"):
        timestamps(df, "middle")  # type: ignore[arg-type]


# --- codes of other sources ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("style", "codes"),
    [
        ("dst", {"Aarhus": "0751", "København": "0101", "Region Hovedstaden": "1084"}),
        ("statbank", {"Aarhus": "751", "København": "101", "Region Hovedstaden": "084"}),
        (int, {"Aarhus": 751, "København": 101, "Region Hovedstaden": 1084}),
    ],
)
def test_codes_come_in_the_spelling_of_the_source_to_join(
    reader: ji.Client, style: Any, codes: dict[str, Any]
) -> None:
    frame = reader.read("y25i01", by={"_reko": ["total", *codes]}, periods=1)
    coded = frame.jobindsats.with_codes(style=style)
    found = dict(zip(coded["Område"], coded["Områdekode"], strict=True))
    assert found.pop("Hele landet") is pd.NA or coded["Områdekode"].dtype == "str"
    assert found == codes
    assert coded["Områdekode"].dtype == ("Int64" if style is int else "str")
    assert coded.jobindsats.with_codes(style=style).equals(coded)
    with pytest.raises(QueryError, match=r"there are 'dst' and 'statbank'\. Or int"):
        frame.jobindsats.with_codes(style="nuts")


@pytest.mark.parametrize(
    ("table", "period_type", "codes"),
    [
        ("y25i01", "M", ["2026M07", "2026M08"]),
        ("y01h01", "Q", ["2026K1", "2026K2"]),
        ("y01h01", "Y", ["2024", "2025"]),
        ("ptv_a02", "QMAT", [None, None]),
    ],
)
def test_periods_get_the_spelling_of_statbank(
    reader: ji.Client, table: str, period_type: str, codes: list[str | None]
) -> None:
    areas = {"_nykom": "Aarhus"} if table != "y01h01" else {"_nykom": "total"}
    frame = reader.read(table, by=areas, periods=2, period_type=period_type)
    coded = frame.jobindsats.with_codes(style="statbank")
    assert coded["Periodekode"].astype(object).where(coded["Periodekode"].notna(), None).to_list() == codes
    assert coded.columns.to_list()[:4] == ["Periode", "Periodekode", "Område", "Områdekode"]
    assert "Periodekode" not in frame.jobindsats.with_codes()
    assert "Periodekode" not in frame.jobindsats.with_codes("Område", style="statbank")
    only = frame.jobindsats.with_codes("Periode", style="statbank")
    assert ("Periodekode" in only, "Områdekode" in only) == (True, False)


def test_a_table_of_statbank_is_joined_by_both_codes(reader: ji.Client) -> None:
    frame = reader.read("y25i01", by={"Kommune": ["Aarhus", "Ærø"]}, periods=["2026M07", "2026M08"])
    folk = pd.DataFrame(
        {
            "OMRÅDE": ["751", "751", "492", "492", "411"],
            "TID": ["2026M07", "2026M08"] * 2 + ["2026M08"],
            "INDHOLD": [373_388, 373_400, 5_964, 5_960, 88],
        }
    )
    joined = frame.jobindsats.with_codes(style="statbank").merge(
        folk, how="left", left_on=["Områdekode", "Periodekode"], right_on=["OMRÅDE", "TID"]
    )
    assert joined["INDHOLD"].notna().all()
    rate = joined["Antal ledige personer"] / joined["INDHOLD"] * 1000
    assert str(rate.dtype) == "discretionised[Float64]"
    assert (rate.dropna() > 1).all()


@pytest.mark.parametrize(
    ("hierarchy", "given", "names"),
    [
        ("Kommune", ["0751", 751, "751", "Aarhus"], ["Aarhus"]),
        ("Kommune", [101, "0492"], ["København", "Ærø"]),
        ("Kommune", np.int64(461), ["Odense"]),
        ("_region", ["1084", 85], ["Region Hovedstaden", "Region Sjælland"]),
        ("_reko", ["084", "101"], ["Region Hovedstaden", "København"]),
    ],
)
def test_areas_are_asked_for_by_their_codes(
    reader: ji.Client, hierarchy: str, given: Any, names: list[str]
) -> None:
    frame = reader.read("y25i01", by={hierarchy: given}, periods=1)
    assert frame["Område"].cat.categories.to_list() == names


@pytest.mark.parametrize(
    ("by", "told"),
    [
        ({"Kommune": "0411"}, "no member '0411', the code of Christiansø"),
        ({"Kommune": 1084}, "no member '1084', the code of Region Hovedstaden"),
        ({"Kommune": "999"}, r"no member '999' \(of"),
        ({"A-kasse": "0751"}, "no member '0751', the code of Aarhus"),
        ({"Kommune": [True]}, "True is not a member of 'Kommune'.* municipalities also by their codes"),
        ({"Kommune": [751.0]}, "751.0 is not a member"),
    ],
)
def test_codes_of_no_member_are_refused(reader: ji.Client, by: Any, told: str) -> None:
    with pytest.raises(QueryError, match=told):
        reader.read("y25i01", by=by, periods=1)


def test_every_municipality_is_in_the_region_that_the_data_bank_puts_it_in(reader: ji.Client) -> None:
    assert set(REGION_OF) == set(MUNICIPALITIES)
    nested = reader.table("y25i01").hierarchy("_reko")
    names = {member.path: member.name for member in nested.members}
    ours = {name: REGIONS[REGION_OF[code]] for code, name in MUNICIPALITIES.items()}
    above = {m.name: [names[path] for path in m.ancestors if path in names] for m in nested.members}
    theirs = {
        name: next(one for one in regions if one.startswith("Region"))
        for name, regions in above.items()
        if name in ours
    }
    assert theirs == ours
    order = list(dict.fromkeys(REGIONS[code] for code in REGION_OF.values()))
    assert order == [name for name in names.values() if name in order]


def test_the_region_stands_beside_the_municipality(reader: ji.Client) -> None:
    frame = reader.read("y25i01", by={"_reko": ["total", "Region Sjælland", "Greve", "Aarhus"]}, periods=1)
    told = frame.jobindsats.with_regions()
    assert told.columns.to_list()[:3] == ["Periode", "Område", "Region"]
    assert told["Region"].astype(object).fillna("").to_list() == [
        "",
        "Region Sjælland",
        "Region Sjælland",
        "Region Midtjylland",
    ]
    assert told["Region"].cat.categories.to_list() == ["Region Sjælland", "Region Midtjylland"]
    assert with_regions(told).equals(told)
    with pytest.raises(QueryError, match="a column 'Region' already"):
        with_regions(frame.assign(Region="x"))
    twice = frame.assign(andet=frame["Område"])
    assert {"Område: region", "andet: region"} < set(with_regions(twice, ["Område", "andet"]))


def test_full_time_persons_of_a_region_are_summed_under_guard(reader: ji.Client) -> None:
    frame = reader.read("y25i01", by="Kommune", periods=1)
    with pytest.warns(QueryWarning) as said:
        frame = frame.jobindsats.with_regions()
    assert str(said.pop().message) == (
        "No region for 'Uoplyst område' in 'Område': this member is a part of its level like any other, and groupby on"
        " 'Region' loses it and what is counted there. To keep its rows, say groupby(…, dropna=False); sums over the others"
        " alone miss the published total."
    )
    assert frame.groupby("Region", observed=True, dropna=False).size().iloc[-1] == 1
    name = "Antal ledige fuldtidspersoner"
    whole = frame[frame["Region"] == "Region Sjælland"]
    published = reader.read("y25i01", by={"_region": "Region Sjælland"}, periods=1)[name].iloc[0]
    bounds = whole.jobindsats.sum_bounds(name)
    assert bounds["low"].iloc[0] - 1 <= published <= bounds["high"].iloc[0] + 1
