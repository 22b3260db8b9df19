"""The exact numbering of cells, and registries that merge."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobindsats_pandas.disclosure import (
    AddressDimension,
    AddressMeasure,
    AddressSpace,
    Registry,
    merge_registries,
)
from jobindsats_pandas.kinds import Kind


def dimension(id_, members, hierarchy="_h"):
    return AddressDimension.build(
        id_, id_.title(), [(hierarchy, "1", "i alt", [("/", "I alt")]), (hierarchy, "2", "del", members)]
    )


@st.composite
def spaces(draw, table="t"):
    measures = draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=True))
    periods = draw(
        st.lists(
            st.sampled_from(["2026M01", "2026M02", "2026M03", "2025M12"]), min_size=1, max_size=4, unique=True
        )
    )
    names = draw(st.lists(st.sampled_from(["x", "y", "z"]), max_size=3, unique=True))
    dimensions = []
    for name in names:
        paths = draw(st.lists(st.sampled_from(["/1/", "/2/", "/3/", "/1/4/"]), max_size=4, unique=True))
        dimensions.append(dimension(name, [(path, f"{name} {path}") for path in paths]))
    return AddressSpace(
        draw(st.just(table)),
        "Tabel",
        tuple(AddressMeasure(name, name, Kind.FLOW) for name in measures),
        tuple(("M", period) for period in periods),
        tuple(dimensions),
    )


def described(registry, addresses):
    """Every address in words: table, measure, period, and the members that do not stand at their total."""
    words = [None] * len(addresses)
    for cells in registry.decode(addresses):
        space = cells.space
        for place, where in enumerate(cells.where):
            members = {}
            for dimension_, codes in zip(space.dimensions, cells.members, strict=True):
                member = dimension_.members[codes[place]]
                if member.path != "/":
                    members[dimension_.id] = (dimension_.levels[member.level].hierarchy, member.path)
            period = space.periods[cells.period[place]]
            words[where] = (
                space.table,
                space.measures[cells.measure[place]].id,
                period,
                tuple(sorted(members.items())),
            )
    return words


def every_address(registry):
    return np.concatenate(
        [
            np.arange(offset, offset + space.size)
            for space, offset in zip(registry.spaces, registry.offsets, strict=True)
        ]
    )


@settings(max_examples=80, deadline=None)
@given(spaces())
def test_numbers_and_cells_are_one_to_one(space):
    registry = Registry.of(space)
    addresses = every_address(registry)
    (cells,) = registry.decode(addresses)
    assert (space.encode(cells.measure, cells.period, cells.members) == addresses).all()
    assert len(set(described(registry, addresses))) == len(addresses) == space.size


@settings(max_examples=80, deadline=None)
@given(spaces(), spaces(), spaces(table="u"))
def test_merging_registries_renumbers_cells_without_changing_them(first, second, other):
    registries = [Registry([first]), Registry([other, second])]
    merged, recoders = merge_registries(registries)
    for registry, recode in zip(registries, recoders, strict=True):
        addresses = every_address(registry)
        with_specials = np.concatenate([addresses, [-1, -2, -3]])
        moved = with_specials if recode is None else recode(with_specials)
        assert described(merged, moved[:-3]) == described(registry, addresses)
        assert moved[-3:].tolist() == [-1, -2, -3]


@settings(max_examples=40, deadline=None)
@given(spaces(), spaces(table="u"))
def test_a_registry_survives_json_and_pickle(first, second):
    registry = Registry([first, second])
    again = Registry.from_json(registry.to_json())
    assert again == registry
    assert hash(again) == hash(registry)
    assert Registry.from_json(registry.to_json()) is again
    assert pickle.loads(pickle.dumps(registry)) == registry
    assert pickle.loads(pickle.dumps(Registry.of(first))) == Registry.of(first)


SPACE = AddressSpace(
    "t",
    "Tabel",
    (AddressMeasure("m", "Antal sanktioner", Kind.FLOW),),
    (("M", "2026M01"), ("M", "2026M02"), ("Q", "2026Q01"), ("QMAT", "2026QMAT01")),
    (dimension("x", [("/1/", "A"), ("/2/", "B")]),),
)


def test_the_registry_of_equal_spaces_is_one_object_and_is_never_copied():
    registry = Registry.of(SPACE)
    assert Registry.of(SPACE) is registry
    assert Registry([replace(SPACE)]) is registry
    assert Registry([replace(SPACE, url="http://127.0.0.1:1/v3")]) is not registry
    assert pickle.loads(pickle.dumps(registry)) is registry
    assert copy.copy(registry) is registry
    assert copy.deepcopy(registry) is registry
    assert copy.deepcopy(SPACE) is SPACE
    assert repr(registry) == "<Registry of t>"
    assert repr(Registry()) == "<Registry of nothing>"
    assert registry != "t"


def test_merging_what_is_the_same_costs_nothing():
    registry = Registry.of(SPACE)
    assert merge_registries([registry, registry]) == (registry, [None, None])
    assert merge_registries([Registry(), registry])[0] is registry
    assert merge_registries([])[0].spaces == ()
    twin = AddressSpace(SPACE.table, SPACE.table_name, SPACE.measures, SPACE.periods, SPACE.dimensions)
    merged, recoders = merge_registries([registry, Registry.of(twin)])
    assert merged is registry
    assert recoders == [None, None]


def test_derived_measures_are_appended_and_keep_all_numbers():
    registry = Registry.of(SPACE)
    ratio = AddressMeasure("ratio(m,m)", "m / m", Kind.NONE, ("ratio", "m", "m"))
    grown, code = registry.with_measure(0, ratio)
    assert code == 1
    assert registry.with_measure(0, ratio)[0] is grown
    merged, recoders = merge_registries([registry, grown])
    assert merged is grown
    assert recoders == [None, None]
    assert grown.with_measure(0, ratio) == (grown, 1)
    assert ratio.derived
    assert not SPACE.measures[0].derived


def test_a_derived_measure_before_another_table_renumbers_that_table():
    other = AddressSpace("u", "U", SPACE.measures, SPACE.periods, ())
    registry = Registry([SPACE, other])
    addresses = every_address(registry)
    grown, _ = registry.with_measure(0, AddressMeasure("n", "n", Kind.NONE, ("scaled", "m", "2.0")))
    merged, (recode, unchanged) = merge_registries([registry, grown])
    assert (merged, unchanged) == (grown, None)
    assert described(grown, recode(addresses)) == described(registry, addresses)


def test_overrides_of_one_read_do_not_loosen_another():
    loose = AddressSpace(
        "t", "Tabel", (AddressMeasure("m", "m", Kind.FLOW),), SPACE.periods, SPACE.dimensions[:0]
    )
    strict = AddressSpace(
        "t", "Tabel", (AddressMeasure("m", "m", Kind.PERSONS),), SPACE.periods, SPACE.dimensions
    )
    merged, _ = merge_registries([Registry.of(loose), Registry.of(strict)])
    assert merged.spaces[0].measures[0].kind is Kind.NONE


def test_levels_that_hold_a_member_and_its_ancestor_are_split():
    mixed = AddressDimension.build(
        "_d",
        "D",
        [("_h", "1", "alle", [("/", "I alt"), ("/1/", "A"), ("/1/2/", "AB"), ("/3/4/", "uden forælder")])],
    )
    assert [member.level for member in mixed.members] == [0, 1, 2, 2]
    assert [member.parent for member in mixed.members] == [0, 0, 1, 0]
    assert mixed.ancestors.tolist() == [[0, 0, 0, 0], [0, 1, 1, 0], [0, 1, 2, 3]]
    assert mixed.below(1, 2).tolist() == [2]
    assert mixed.below(0, 2).tolist() == [2, 3]


def test_one_path_in_two_hierarchies_is_two_members_but_the_total_is_one():
    both = AddressDimension.build(
        "_o",
        "Område",
        [
            ("_nykom", "1", "Kommune", [("/", "Hele landet"), ("/1/", "A")]),
            ("_reko", "1", "RAR", [("/", "Landet"), ("/1/", "Nord")]),
        ],
    )
    assert len(both.members) == 3
    assert both.code("/", "_nykom") == both.code("/", "_reko") == 0
    assert both.code("/1/", "_nykom") != both.code("/1/", "_reko")
    assert both.members[0].name == "Hele landet"
    assert both.members[0].published
    with pytest.raises(KeyError):
        both.code("/9/", "_reko")


def test_a_dimension_without_a_total_still_has_a_place_for_it():
    none = AddressDimension.build("_v", "Type", [("_h", "1", "Type", [("/1/", "A"), ("/1/", "A igen")])])
    assert [(member.path, member.published) for member in none.members] == [("/", False), ("/1/", True)]
    assert none.members[0].name == "Type i alt"


def test_a_dimension_keeps_its_unpublished_total_when_it_grows():
    first = AddressDimension.build("_v", "Type", [("_h", "1", "Type", [("/1/", "A")])])
    second = AddressDimension.build("_v", "Type", [("_h", "1", "Type", [("/2/", "B")])])
    registries = [
        Registry.of(AddressSpace("t", "T", SPACE.measures, SPACE.periods, (d,))) for d in (first, second)
    ]
    (merged,) = merge_registries(registries)[0].spaces
    assert [(m.path, m.published) for m in merged.dimensions[0].members] == [
        ("/", False),
        ("/1/", True),
        ("/2/", True),
    ]


def test_codes_are_looked_up_by_name():
    assert SPACE.measure_code("m") == 0
    assert SPACE.period_code("M", "2026M02") == 1
    assert SPACE.period_types.tolist() == [0, 0, 1, 4]
    with pytest.raises(KeyError):
        SPACE.period_code("M", "1999M01")
    assert SPACE.encode(0, 1).tolist() == [1]
    assert Registry.of(SPACE).locate(5) == (SPACE, 5)
    assert Registry.of(SPACE).locate(-1) is None
    assert Registry.of(SPACE).measures(np.array([-1, 3])) == [(SPACE, SPACE.measures[0])]


def test_a_table_without_measures_or_periods_is_none():
    with pytest.raises(ValueError, match="has no cells"):
        AddressSpace("t", "T", (), SPACE.periods, ())
    with pytest.raises(ValueError, match="has no cells"):
        AddressSpace("t", "T", SPACE.measures, (), ())


def test_the_memory_of_derived_measures_does_not_grow_without_end():
    registry = Registry([SPACE])
    for factor in range(600):
        registry.with_measure(0, AddressMeasure(f"s{factor}", "m", Kind.FLOW, ("scaled", "m", str(factor))))
    assert len(registry._grown) <= 256


def test_a_table_with_too_many_cells_keeps_the_dimensions_asked_for():
    wide = [dimension(f"d{n}", [(f"/{m}/", str(m)) for m in range(5000)]) for n in range(5)]
    with pytest.raises(ValueError, match="more than can be numbered"):
        AddressSpace("t", "T", SPACE.measures, SPACE.periods, tuple(wide))
    space = AddressSpace.fitting("t", "T", SPACE.measures, SPACE.periods, wide, needed=["d1", "d3"])
    assert [len(d.members) for d in space.dimensions] == [1, 5001, 1, 5001, 1]
    small = AddressSpace.fitting("t", "T", SPACE.measures, SPACE.periods, wide[:2])
    assert [len(d.members) for d in small.dimensions] == [5001, 5001]
