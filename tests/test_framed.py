"""One room for names: every public function takes the same ones, and refuses the others in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import jobindsats_pandas as ji
from jobindsats_pandas.disclosure import (
    AddressDimension,
    AddressMeasure,
    AddressSpace,
    DiscretionisedArray,
    Registry,
)
from jobindsats_pandas.errors import JobindsatsError, QueryError
from jobindsats_pandas.framed import Framed
from jobindsats_pandas.kinds import Kind
from jobindsats_pandas.plotting.language import DANISH
from jobindsats_pandas.plotting.picture import compose
from jobindsats_pandas.plotting.shares import count_shares

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GROUP = "Antal sanktioner fordelt på type: "
SHORT = "Gentagelsesvirkning (arbejdskrav)"
LABELS = ["Periode", "Område", "A-kasse"]


@pytest.fixture(scope="module")
def client(api: Any, tmp_path_factory: pytest.TempPathFactory) -> ji.Client:
    return ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def as_read(client: ji.Client) -> pd.DataFrame:
    by = {"_nykom": ["total", "Aarhus"], "_akassedp": ["total", "FOAs A-kasse", "Min A-kasse"]}
    measures = ["measy01h01_1", "measy01h01_3", "measy01h01_4"]
    return client.read("y01h01", by=by, periods=1, measures=measures)


@pytest.fixture(scope="module")
def shapes(
    as_read: pd.DataFrame, client: ji.Client, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("files") / "x.parquet"
    as_read.jobindsats.to_parquet(path)
    bare = as_read.iloc[:, 3:].copy()
    bare.attrs.clear()
    column = f"{GROUP}{SHORT}"
    measure = "Antal sager, tilgang"
    other = client.read("y25i06b", by={"_nykom": ["total", "Aarhus"]}, periods="2026M05", measures=measure)
    return {
        "as read": as_read,
        "renamed": as_read.rename(
            columns={"Område": "Kommunen", "A-kasse": "Fond", "Periode": "Kvartal", column: "gentagelser"}
        ),
        "indexed": as_read.set_index(LABELS),
        "pivoted": as_read.pivot(index=["Periode", "Område"], columns="A-kasse", values=column),  # noqa: PD010
        "merged": as_read.merge(as_read[LABELS].assign(extra=1), on=LABELS),
        "merged with another table": as_read.merge(other.drop(columns="Periode"), on="Område"),
        "melted": as_read.melt(LABELS, var_name="measure"),
        "stacked": pd.concat([as_read.iloc[:4], as_read.iloc[4:]], ignore_index=True).jobindsats.to_long(),
        "from Parquet": ji.read_parquet(path),
        "bare": bare,
    }


SHAPES = ["as read", "renamed", "indexed", "pivoted", "merged", "merged with another table", "melted", "stacked",
          "from Parquet", "bare"]  # fmt: skip


def outcome(call: Callable[..., Any], *names: str) -> Any:
    """What a call gives, as text, column by column; or its error."""
    try:
        made = call(*names)
    except JobindsatsError as error:
        return f"{type(error).__name__}: {error}"
    if isinstance(made, pd.DataFrame):
        return [[str(cell) for cell in made.iloc[:, place]] for place in range(made.shape[1])]
    return made


# --- dimensions ------------------------------------------------------------------------------------------------------

#: Spellings of two dimensions; the first is what the others are held against.
FUNDS = ["_akassedp", "A-kasse", "a-kasse", " A-KASSE ", "_akasse", "_AKASSE", "_Akassedp", "a-Kasse"]
AREAS = ["_nykom", "Område", "OMRÅDE", "omraade", "_omrade", "_Omrade", "Kommune", "kommune"]
NO_DIMENSIONS = ["A-kase", "Omrade", "Alder", "", "Periodee", "Uddannelse"]


def of_a_dimension(frame: pd.DataFrame, beside: str) -> dict[str, Callable[[str], Any]]:
    """Every public function that takes a dimension, by name; what comes is compared without the name that was given."""
    ours = frame.jobindsats
    whole = Framed(frame).frame
    measure = "measy01h01_4"
    return {
        "parts": ours.parts,
        "totals": ours.totals,
        "level": lambda name: ours.level(name, "total"),
        "official_total": lambda name: ours.official_total(over=name),
        "sum_bounds": lambda name: ours.sum_bounds(measure, by=["period", beside, name]),
        "check_sum": lambda name: ours.check_sum(by=name),
        "audit": lambda name: ours.audit(by=name).frame,
        "plot": lambda name: compose(whole, measure, [name], DANISH, totals=True).names,
        "plot_audit": lambda name: count_shares(_one_table(frame), name, DANISH, len).names,
    }


def _one_table(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="Antal sager, tilgang", errors="ignore")


@pytest.mark.parametrize("shape", SHAPES)
def test_a_dimension_goes_by_the_same_names_in_every_function(shapes: dict[str, Any], shape: str) -> None:
    frame = shapes[shape]
    renamed = {"_akassedp": ["Fond"], "_nykom": ["Kommunen"]} if shape == "renamed" else {}
    for names, beside in ((FUNDS, "_nykom"), (AREAS, "_akassedp")):
        for function, call in of_a_dimension(frame, beside).items():
            if "another" in shape and function in {"check_sum", "audit"}:
                continue  # a column's labels stand beside the other table's cells too; their members they are not
            expected = outcome(call, names[0])
            assert not isinstance(expected, str) or "is not in the frame" in expected, (function, names[0])
            for name in [*names[1:], *renamed.get(names[0], [])]:
                found = outcome(call, name)
                if isinstance(found, str):
                    found, expected = found.replace(name, "…"), str(expected).replace(names[0], "…")
                assert found == expected, (function, name)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_no_dimension_is_refused_in_the_same_words(shapes: dict[str, Any], shape: str) -> None:
    frame = shapes[shape]
    for name in NO_DIMENSIONS:
        told = {function: outcome(call, name) for function, call in of_a_dimension(frame, "_nykom").items()}
        if "another" in shape:
            del told["plot_audit"]  # which shows the cells of one table
        assert len({*map(str, told.values())}) == 1, (name, told)
        assert str(told["parts"]).startswith(f"QueryError: The frame has no dimension {name!r}.")


def test_a_hierarchy_goes_by_its_name_as_in_a_question(client: ji.Client, tmp_path: Path) -> None:
    frame = client.read("y60a02", by="_alder_5i30_60s", periods="latest:2")
    frame.jobindsats.to_parquet(tmp_path / "ages")
    again = ji.read_parquet(tmp_path / "ages")
    joined = pd.concat([frame, client.read("y60a02", by="_aldera", periods="latest:2")])
    for one in (frame, again, joined):
        for name in ("Alder, tre grupper", "alder, TRE grupper"):
            assert one.jobindsats.parts(name).equals(one.jobindsats.parts("_alder_5i30_60s")), name
        assert outcome(one.jobindsats.parts, "Alder, to grupper").startswith(
            "QueryError: The frame has no dimension"
        )
    assert "Alder, tre grupper" in outcome(frame.jobindsats.parts, "Alder, to grupper")


def test_columns_are_found_by_the_names_of_what_stands_in_them(as_read: pd.DataFrame, tmp_path: Path) -> None:
    frame = as_read.rename(columns={"Område": "Kommunen", "A-kasse": "Fond"})
    for name in (*AREAS, "Kommunen"):
        assert frame.jobindsats.with_codes(name).columns[2] == "Kommunenkode", name
    for number, name in enumerate((*FUNDS, "Fond")):
        frame.jobindsats.to_parquet(tmp_path / str(number), partition_by=name)
        again = ji.read_parquet(tmp_path / str(number))
        pd.testing.assert_frame_equal(again, frame)
        assert all(
            path.name.startswith("Fond=") for path in (tmp_path / str(number)).iterdir() if path.is_dir()
        )
    for call in (frame.jobindsats.with_codes, lambda name: frame.jobindsats.to_parquet(tmp_path / "x", name)):
        assert str(outcome(call, "Alder")).startswith("QueryError: The frame has no dimension 'Alder'.")
    indexed = as_read.set_index("Område")
    with pytest.raises(QueryError, match=r"no column of the frame holds the members.*reset_index"):
        indexed.jobindsats.with_codes("_nykom")


def test_a_column_counts_for_what_it_holds_not_for_what_it_is_called(as_read: pd.DataFrame) -> None:
    swapped = as_read.rename(columns={"Område": "A-kasse", "A-kasse": "Område"})
    assert swapped.jobindsats.parts("A-kasse").index.equals(as_read.jobindsats.parts("Område").index)
    assert swapped.jobindsats.parts("_akassedp").index.equals(as_read.jobindsats.parts("A-kasse").index)
    # The labels were changed: then the name is all there is.
    spelt = as_read.assign(Område=as_read["Område"].astype(str) + " Kommune")
    assert spelt.jobindsats.parts("Område").index.equals(as_read.jobindsats.parts("Område").index)


@pytest.mark.filterwarnings(
    "ignore:read_official_total. the frame holds:jobindsats_pandas.errors.QueryWarning"
)
def test_a_question_takes_the_names_that_a_frame_takes(as_read: pd.DataFrame, client: ji.Client) -> None:
    table = client.table("y01h01")
    for name in FUNDS:
        assert table.hierarchy(name).id == "_akassedp", name
        assert len(client.plan("y01h01", by=name).selections[-1].codes) == 21
        total = ji.read_official_total(as_read, "measy01h01_1", over=["_nykom", name], client=client)
        assert len(total) == 1
    for name in NO_DIMENSIONS:
        for ask in (table.hierarchy, table.members, lambda name: client.plan("y01h01", by=name)):
            told = str(outcome(ask, name))
            assert told.startswith(f"QueryError: Table y01h01 has no dimension or hierarchy {name!r}."), told


# --- levels and members ----------------------------------------------------------------------------------------------

LEVELS = ["akassedp", "AKASSEDP", "A-kasse", "a-kasse", " A-Kasse "]
TOTALS = ["total", "/", "A-kasse i alt", "a-kasse I ALT"]
NO_LEVELS = ["A-kassse", "nykom", "", "Gade"]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_level_goes_by_the_same_names_after_whatever_pandas_did(
    shapes: dict[str, Any], shape: str, client: ji.Client
) -> None:
    ours = shapes[shape].jobindsats
    for name in LEVELS:
        assert outcome(ours.level, "A-kasse", name) == outcome(ours.parts, "_akassedp"), name
    for name in TOTALS:
        assert outcome(ours.level, "_akasse", name) == outcome(ours.totals, "_akassedp"), name
    for name in NO_LEVELS:
        told = str(outcome(ours.level, "_akassedp", name))
        assert told.startswith(f"QueryError: The dimension '_akassedp' has no level {name!r}."), told


def test_levels_and_members_of_a_question_go_by_the_same_names(client: ji.Client) -> None:
    def codes(member: str) -> Any:
        return outcome(lambda: list(client.plan("y01h01", by={"A-kasse": member}).selections[-1].paths))

    every = codes("level:akassedp")
    assert len(every) == 21
    for name in LEVELS:
        assert codes(f"level:{name}") == every, name
    for name in NO_LEVELS:
        assert f"has no level {name.strip()!r}." in codes(f"level:{name}")
    for name in TOTALS:
        assert codes(name) == ["/"], name
    area = client.table("y01h01").hierarchy("_nykom")
    path = area.members[area.codes_by_label["Ærø"]].path
    for name in ("Ærø", "ærø", "aeroe", "ÆRØ", " Ærø ", path):
        assert list(client.plan("y01h01", by={"Kommune": name}).selections[0].paths) == [path], name


# --- measures --------------------------------------------------------------------------------------------------------

MEASURES = [
    "measy01h01_4",
    f"{GROUP}{SHORT}",
    f"{GROUP}{SHORT}".upper(),
    SHORT,
    SHORT.lower(),
    f" {SHORT} ",
    "MEASY01H01_4",
]
NO_MEASURES = ["Gentagelsesvirkningen", "Antal sanktioner fordelt", "", "measy01h01_9", "Område"]


def of_a_measure(frame: pd.DataFrame) -> dict[str, Callable[[str], Any]]:
    ours = frame.jobindsats
    return {
        "official_total": ours.official_total,
        "sum_bounds": lambda name: ours.sum_bounds(name, by=["period", "_akassedp", "_nykom"]),
        "plot": lambda name: compose(
            frame, name, ["_akassedp", "_nykom"], DANISH, totals=True
        ).values.tolist(),
        "question": lambda name: ji.accessor.totals.question_for_total(frame, name),
    }


@pytest.mark.parametrize("shape", SHAPES)
def test_a_measure_goes_by_the_same_names_in_every_function(shapes: dict[str, Any], shape: str) -> None:
    frame = shapes[shape]
    names = [*MEASURES[1:], *(["gentagelser"] if shape == "renamed" else [])]
    for function, call in of_a_measure(frame).items():
        expected = outcome(call, MEASURES[0])
        assert not isinstance(expected, str), (function, expected)
        for name in names:
            assert str(outcome(call, name)) == str(expected), (function, name)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_no_measure_is_refused_in_the_same_words(
    shapes: dict[str, Any], shape: str, client: ji.Client
) -> None:
    for name in NO_MEASURES:
        told = {function: outcome(call, name) for function, call in of_a_measure(shapes[shape]).items()}
        assert len({*map(str, told.values())}) == 1, told
        assert str(told["plot"]).startswith(f"QueryError: The frame has no measure {name!r}.")


def test_a_question_takes_the_measures_that_a_frame_takes(client: ji.Client) -> None:
    for name in MEASURES:
        (found,) = client.plan("y01h01", measures=name).measures
        assert found.id == MEASURES[0], name
    for name in NO_MEASURES:
        told = str(outcome(lambda name: client.plan("y01h01", measures=name), name))
        assert told.startswith(f"QueryError: Table y01h01 has no measure {name!r}."), told


# --- what can be two things ------------------------------------------------------------------------------------------


def two_of_everything() -> pd.DataFrame:
    """Two measures of one short name, and two dimensions with a level of one name."""
    measures = tuple(
        AddressMeasure(f"m{n}", f"{group}: Unge", Kind.FLOW) for n, group in enumerate(("A", "B"))
    )
    dimensions = tuple(
        AddressDimension.build(
            f"_{n}", n.upper(), [(f"_h{n}", "l", "Gruppe", [("/", f"{n} i alt"), ("/1/", f"{n} et")])]
        )
        for n in ("x", "y")
    )
    space = AddressSpace("t01", "Tabel", measures, (("M", "2026M01"),), dimensions)
    columns = {
        measure.name: DiscretionisedArray(
            np.array([3, 4]),
            np.zeros(2, np.uint8),
            space.encode(code, 0, [np.array([0, 1]), 0]),
            Registry.of(space),
        )
        for code, measure in enumerate(measures)
    }
    return pd.DataFrame(columns)


def test_a_name_that_can_be_two_things_is_refused_with_both() -> None:
    frame = two_of_everything()
    for call in of_a_measure(frame).values():
        told = str(outcome(call, "unge"))
        assert told.startswith(
            "QueryError: The frame has 2 measures named 'unge': 'm0' (A: Unge); 'm1' (B: Unge)."
        ), told
    for call in of_a_dimension(frame, "X").values():
        told = str(outcome(call, "gruppe"))
        if "measure" not in told:
            assert told.startswith(
                "QueryError: The frame has 2 dimensions named 'gruppe': '_x' (X); '_y' (Y)."
            ), told
    assert len(frame.jobindsats.parts("X")) == 1


def test_labels_that_two_dimensions_bear_say_nothing_and_the_name_decides() -> None:
    space = AddressSpace(
        "t01",
        "Tabel",
        (AddressMeasure("m", "Antal", Kind.FLOW),),
        (("M", "2026M01"),),
        tuple(
            AddressDimension.build(
                f"_{n}", n.upper(), [(f"_h{n}", "l", "Trin", [("/", "I alt"), ("/1/", "Et")])]
            )
            for n in ("x", "y")
        ),
    )
    codes = np.array([0, 1])
    array = DiscretionisedArray(
        np.array([3, 4]), np.zeros(2, np.uint8), space.encode(0, 0, [codes, codes]), Registry.of(space)
    )
    frame = pd.DataFrame({"Y": ["I alt", "Et"], "antal": array})
    assert Framed(frame).dimension("Y")["t01"].place == 1
    with pytest.raises(QueryError, match="no dimension 'kolonne'"):
        frame.rename(columns={"Y": "kolonne"}).jobindsats.parts("kolonne")


def test_a_picture_of_one_table_has_no_dimension_of_the_other(shapes: dict[str, Any]) -> None:
    with pytest.raises(QueryError, match=r"no dimension '_var13uger'.*'A-kasse' \(_akasse, _akassedp\)\.$"):
        compose(shapes["merged with another table"], "measy01h01_4", ["_var13uger"], DANISH, totals=True)
