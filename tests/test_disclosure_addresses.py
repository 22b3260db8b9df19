"""The exact numbering of cells, and registries that merge."""

from __future__ import annotations

import base64
import copy
import pickle
import zlib
from dataclasses import replace

import numpy as np
import pandas as pd
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
from jobindsats_pandas.errors import HiddenCellsWarning, InvalidSumError
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
    assert SPACE.measure_codes["m"] == 0
    assert SPACE.period_codes["M", "2026M02"] == 1
    assert SPACE.period_types.tolist() == [0, 0, 1, 4]
    with pytest.raises(KeyError):
        SPACE.period_codes["M", "1999M01"]
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


#: A frame, a series computed from it, its array and two of its cells, pickled while an address was called a part.
OLD_PICKLE = (
    "c-oCt&2Jk;6t|uASK_o4Ep1LEAP$a%Tqi9Rl{k<OTFO$>))y|(YSugU+jzgUA8kz=l^&8N(g+S61QO*4S1!Pzd>zV_{{#US1PCE`"
    "Z+7jtCQZANJzsC$d-Hqm{bt_NKKx=Pr@l>D7sYPKTrNc^V4lSyDXMEMX6M!9J-Kj4l8|P&y-<pisZ68ehrD5XF%LcFL=BgDtj9y#"
    "TU&AbPXAIm#_i&Gw!?62GuqoC#bG1y0=v_9xM9*B5}wV3Ss1bb${bk^L;rd^4sEZuOmlk<RgHidN=}NIV8BSQfi|Q#WQ075(ZOu_"
    "o~*+$aVQ=H-01qD!5kY;iPmZk3wzv%lzO=(uS#9hb9!!F)?2uv8Vn3G>2}j|RLsP7V%sBp%t6eDx>xJD?8|3uA#10yR?Avtfqrlj"
    "o?q3LSC&^sQ+!>vV$~BR!y;ED6vRw=@-;O^AIjM|<%QdSraHIN9UayIj<6&qJSU2gV|Pd%&yv^kcj;UO`iEKZ!iI0!o)xh;GBT_!"
    "JL))olwd$JIFGL3RLEo7_w0yU6TnvtFL6y3?Bm!A1`R`HgPR~cnT8sMpyPXpY|@Fz^P-Z(6QIdVou1p0t9etBXLWQ`+mdiW6s_T5"
    "3-&8=cPCw)68TqUtJQk*U;Naco{OcqyE<Q+0AHIJOB54jj4_LoNWyuzNOnOVw|ZF=lErabxAwKAq0%X(uY}lz@#ECB(XGOSJHuQk"
    "j=NPwlzKLTguomen9N-No&-l!FXN~ku+CU{7Gq{QRKtVjA~YAJm{t>prz(58&AdK^6H{4KT+T>oM7m~3*QIn~Pg}vZq{zEcXzBhV"
    "%U;Z!`Djdw)<<upIPrhCX#sOX(@6m1sC6C8Se4pUKj0xF6>=dlw<w``X!|6dzk;Ks=F-bony2Nqgx%rj434((2$t<~FT$<L?^*JD"
    "Z8$aZ9ByK)eK%wl*3YIWzwL$(KeGrIhhO7PG=lFf8jg_(*yvc;0gOaW!cDjjn{XeKkq0qgrea-voLTq;qwfv+zKdcazog9QzUw9)"
    "n*3DHCnkDZc6nMNXm2`&n8rj!B7X`A>kaPkc?SXGF_md<Czf|4d|nq*rxtNNzbrAC#%Gskc4cq&u2cZdAb>^|P^p)M7TNEr&Y|Hf"
    "7N>==-jr}l&qcHe15q)o&<_G`p>a_(9NvxP0?sC$jST6^7WO-Sf@E!BUo(0vcv6aXxI?Tyy^3u+tv0OjGMPj4&Y|OlaW2}H$g*PY"
    "(d)$GH+a-ASwuN&c>KC?k>*ell3{V!SJ#n+SCoV!Sx}C`@jA@yN9ctSp%dxO4Y|6UwY7b@xt8S(qqN_LqoD~)aQYDvhO>%&H(QAs"
    "{e%urUu9m8k9m!&NX{{)1HrE09Tnh>LmiHtyxPeXqiY7TAl3_=GP|9t7|@uhW3MBhvN#SYs+f&khxJtV1aq*|BEw1oya8Cu4TqVO"
    "^*b1MQA{I5u)la<B%=;P9I1q92j#3@Llg_}05k8Z+$bQo)<=gY(t`)Pw8BLx!g?lVDTq=#?T$*b3>EQA8w2C;i8lfY)Yl2KpHq<F"
    "7d;2RqT1gwP#CVhmZ@2NJn7C&aDQc=y8zzVf4_nJUd$I2zk~I78$+GbSzFE8nQ<F^aKX>~4IzRU61WBfxG`d>Spu0`b@!#EMstBk"
    "<k?A%oqzbzJkrZ;*n({YR>@-#iz(cp${$&B2i}Jd;7j;QFTvM(Ev;_&2I2d50lsU&_bvDVeoRbuFuasT&Bo%H#$sAr49ie%97fzk"
    "NxjV|ZD^%*jX4Re9iz1hJ_!w6#(1B@1kuv^PFNBV2)}QXQ3(E^Y)$VW27e(9{f)nWcA|~fNkuU&F-p($UGOw<ewsV~pg0fj@q^<0"
    "G#5C=`N1P#<1sY#e0c&_rf;0dch>NkrvSj0((sjq#224EBO^0u{0Ep*J-h"
)


def test_pickles_of_before_addresses_had_their_name_are_read():
    old = pickle.loads(zlib.decompress(base64.b85decode(OLD_PICKLE)))
    column = old["frame"]["antal"]
    assert column.array.status.tolist() == [0, 1, 0, 3]
    assert old["frame"].dtypes["antal"] == old["type"] == column.dtype
    assert column.array.numbers[[0, 2]].tolist() == [12, 4]
    assert [words[3] for words in described(column.array.registry, column.array.addresses)] == [
        (("_omrade", ("_nykom", path)),) for path in ["/1/", "/2/"] * 2
    ]
    with pytest.raises(InvalidSumError, match=r"3 cells of 'Antal sanktioner' \(y01h01\)") as caught:
        column.sum()
    assert caught.value.reasons == ("hidden",)
    assert old["array"].equals(column.array)
    assert old["series"].array.status.tolist() == [5, 1, 5, 3]
    for of_one_member, total in ((column[[0, 2]], 16), (old["series"][[0, 2]], 32)):
        with pytest.warns(HiddenCellsWarning, match="the rows of 'B' were left out"):
            assert of_one_member.sum() == total
    shown, hidden = old["cells"]
    assert (shown, f"{hidden}") == (12, "<3")
    assert pickle.loads(pickle.dumps(old["frame"])).equals(old["frame"])
    # It joins what is read today.
    assert pd.concat([column[[0]], pickle.loads(pickle.dumps(column[[2]]))]).sum() == 16
