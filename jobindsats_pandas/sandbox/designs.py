"""What the sandbox's tables are: modelled on real ones, filled with synthetic persons."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from jobindsats_pandas.sandbox.description import Base, Measure, TableDesign
from jobindsats_pandas.sandbox.names import (
    AGES,
    BENEFITS,
    FUNDS,
    MUNICIPALITIES,
    OCCUPATIONS,
    OFFERS,
    ORIGINS,
)
from jobindsats_pandas.sandbox.population import Amount, Axis, Draw, Floats, Hierarchy, Integers, Level
from jobindsats_pandas.sandbox.tables import HOURS, Population, SyntheticTable

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DESIGNS", "population"]

REGIONS = len(MUNICIPALITIES)
INHABITANTS = (
    np.array([size for places in MUNICIPALITIES.values() for size in places.values()], dtype=float) * 1000
)


def _axis(
    axis_id: str,
    name: str,
    tree: Mapping[str, Mapping[str, float]],
    hierarchies: Mapping[str, tuple[str, tuple[str, ...], tuple[str, ...]]],
    total: str,
) -> Axis:
    """Build an axis from groups of leaves; each hierarchy gives its name, its level names, and what they hold."""
    leaves = [(group, leaf, size) for group, members in tree.items() for leaf, size in members.items()]
    top = np.ones((1, len(leaves)), dtype=bool)
    middle = np.array([[group == name for group, _, _ in leaves] for name in tree])
    nodes = np.concatenate([top, middle, np.eye(len(leaves), dtype=bool)])
    first = 1 + len(tree)
    paths: dict[str, dict[str, tuple[tuple[str, str, int], ...]]] = {}
    for hierarchy, (_, _, kinds) in hierarchies.items():
        nested = "groups" in kinds and "leaves" in kinds
        groups = tuple((f"/{i}/", group, i) for i, group in enumerate(tree, start=1))
        members, seen = [], dict.fromkeys(tree, 0)
        for i, (group, leaf, _) in enumerate(leaves):
            seen[group] += 1
            parent = list(tree).index(group) + 1
            members.append((f"/{parent}/{seen[group]}/" if nested else f"/{i + 1}/", leaf, first + i))
        paths[hierarchy] = {"total": (("/", total, 0),), "groups": groups, "leaves": tuple(members)}
    return Axis(
        axis_id,
        name,
        np.array([size for _, _, size in leaves]),
        nodes,
        tuple(
            Hierarchy(
                hierarchy,
                label,
                tuple(
                    Level(f"{hierarchy}_{number}", level, paths[hierarchy][kind])
                    for number, (level, kind) in enumerate(zip(levels, kinds, strict=True))
                ),
            )
            for hierarchy, (label, levels, kinds) in hierarchies.items()
        ),
    )


def _area(*wanted: str) -> Axis:
    known = {
        "_nykom": ("Kommune", ("Hele landet", "Kommune"), ("total", "leaves")),
        "_region": ("Region", ("Hele landet", "Region"), ("total", "groups")),
        "_reko": ("Region og kommune", ("Hele landet", "Region", "Kommune"), ("total", "groups", "leaves")),
        "_hele_landet": ("Hele landet", ("Hele landet",), ("total",)),
    }
    return _axis("_omrade", "Område", MUNICIPALITIES, {name: known[name] for name in wanted}, "Hele landet")


def _flat(axis_id: str, name: str, hierarchy: str, leaves: Mapping[str, float], total: str | None) -> Axis:
    """Build an axis of one level below its total; without a total's name, the hierarchy does not show it."""
    levels, kinds = ((name,), ("leaves",)) if total is None else ((total, name), ("total", "leaves"))
    return _axis(axis_id, name, {"": leaves}, {hierarchy: (name, levels, kinds)}, total or "")


def _offers() -> Axis:
    leaves = [
        (main, group, offer, size)
        for main, groups in OFFERS.items()
        for group, offers in groups.items()
        for offer, size in offers.items()
    ]
    levels: list[list[tuple[str, str, int]]] = [[("/", "Tilbud i alt", 0)], [], [], []]
    nodes = [np.ones(len(leaves), dtype=bool)]

    def add(depth: int, path: str, name: str, members: list[bool]) -> None:
        levels[depth].append((path, name, len(nodes)))
        nodes.append(np.array(members))

    for i, (main, groups) in enumerate(OFFERS.items(), start=1):
        add(1, f"/{i}/", main, [leaf[0] == main for leaf in leaves])
        for j, (group, offers) in enumerate(groups.items(), start=1):
            add(2, f"/{i}/{j}/", group, [leaf[:2] == (main, group) for leaf in leaves])
            for k, offer in enumerate(offers, start=1):
                add(3, f"/{i}/{j}/{k}/", offer, [leaf[:3] == (main, group, offer) for leaf in leaves])
    names = ("Tilbud i alt", "Hovedtilbud", "Tilbudsgruppe", "Tilbud")
    hierarchy = Hierarchy(
        "_tilb_2ptv",
        "Tilbud",
        tuple(
            Level(f"_tilb_2ptv_{number}", name, tuple(members))
            for number, (name, members) in enumerate(zip(names, levels, strict=True))
        ),
    )
    return Axis("_tilbud", "Tilbud", np.array([leaf[3] for leaf in leaves]), np.array(nodes), (hierarchy,))


def _insured() -> Axis:
    insured = {name: size for name, size in FUNDS.items() if name != "Ingen a-kasse"}
    return _flat("_akasse", "A-kasse", "_akassedp", insured, "A-kasse i alt")


def _ages() -> Axis:
    groups: dict[str, dict[str, float]] = {"Under 30 år": {}, "30-59 år": {}, "60 år og derover": {}}
    for age, size in AGES.items():
        group = "Under 30 år" if age < "30" else "30-59 år" if age < "60" else "60 år og derover"
        groups[group][age] = size
    return _axis(
        "_alder",
        "Alder",
        groups,
        {
            "_aldera": ("Alder, femårsintervaller", ("Alder i alt", "Alder"), ("total", "leaves")),
            "_alder_5i30_60s": ("Alder, tre grupper", ("Alder i alt", "Aldersgruppe"), ("total", "groups")),
        },
        "Alder i alt",
    )


def _sexes() -> Axis:
    return _flat("_koen", "Køn", "_kon", {"Kvinder": 49, "Mænd": 51}, "Køn i alt")


def _benefits() -> Axis:
    sizes = {name: size for name, (size, _) in BENEFITS.items()}
    return _flat("_ydelse", "Ydelsesgrupper", "_ygrpi09", sizes, "Ydelsesgrupper i alt")


def _benefit_by_fund() -> Floats:
    """Who has no fund, by benefit: nobody on A-dagpenge, nearly everybody on kontanthjælp."""
    without = np.array([[share] for _, share in BENEFITS.values()])
    return np.concatenate(
        [without, np.repeat((1 - without) / (len(FUNDS) - 1), len(FUNDS) - 1, axis=1)], axis=1
    )


def _hours(share: float) -> Amount:
    def draw(rng: np.random.Generator, persons: Integers) -> Integers:
        noise = 0.25 * rng.standard_normal(persons.shape, dtype=np.float32) / np.sqrt(np.maximum(persons, 1))
        return np.ceil(HOURS * persons * np.clip(share + noise, 0.05, 1)).astype(np.int64)[None]

    return Amount(("hours",), draw, shared=True)


def _one(name: str, draw: Draw) -> Amount:
    return Amount((name,), lambda rng, persons: draw(rng, persons)[None])


def _sanctions(rng: np.random.Generator, persons: Integers) -> Integers:
    several = persons + rng.binomial(persons, 0.07)
    return np.moveaxis(rng.multinomial(several, [0.3, 0.66, 0.013, 0.027]), -1, 0)


def _money(rng: np.random.Generator, persons: Integers) -> Integers:
    return persons * 11 + rng.binomial(persons * 6, 0.5)


LABOUR_FORCE = Base((0,), INHABITANTS * 0.52)
ADULTS = Base((0,), INHABITANTS * 0.65)


def _spread(total: float, *axes: Axis) -> Base:
    """Give a base that is known by the first axes, in proportion to their weights."""
    values = np.array(total)
    for axis in axes:
        values = np.multiply.outer(values, axis.weights / axis.weights.sum())
    return Base(tuple(range(len(axes))), values)


_LARGE = (
    _area("_nykom", "_region", "_hele_landet"),
    _ages(),
    _sexes(),
    _flat("_oprindelse", "Oprindelse", "_oprinda", ORIGINS, "Oprindelse i alt"),
)

DESIGNS = (
    TableDesign(
        id="y25i01",
        name="Ledige personer og ledige fuldtidspersoner",
        subjects=("Ledighed",),
        group="Antal ledige",
        axes=(
            _area("_nykom", "_region", "_reko", "_hele_landet"),
            _benefits(),
            _flat("_akasse", "A-kasse", "_akassebl", FUNDS, "I alt"),
        ),
        measures=(
            Measure("Antal ledige personer", "Antal ledige personer", "persons"),
            Measure("Antal ledige fuldtidspersoner", "Antal ledige fuldtidspersoner", "full-time", "hours"),
            Measure(
                "Ledige i pct. af arbejdsstyrken",
                "Ledige fuldtidspersoner i pct. af arbejdsstyrken 16-66 år",
                "rate",
                "full-time",
                "labour force",
            ),
            Measure(
                "Ledige i pct. af befolkningen",
                "Ledige fuldtidspersoner i pct. af befolkningen 16-66 år",
                "rate",
                "full-time",
                "adults",
            ),
        ),
        frequency="M",
        start=(2023, 1),
        count=44,
        size=100_000,
        update=("2026-09-10", "2026-10-08"),
        crossing={0: 0.002, 1: 0.002, 2: 0.004},
        amounts=(_hours(0.83),),
        bases={"labour force": LABOUR_FORCE, "adults": ADULTS},
        pairs=(1, 2, _benefit_by_fund()),
    ),
    TableDesign(
        id="y01c01",
        name="Aktiverede på a-dagpenge",
        subjects=("A-dagpenge", "Aktivering"),
        group="Aktivering",
        axes=(_area("_nykom", "_region", "_hele_landet"), _insured(), _offers()),
        measures=(
            Measure("Antal aktiverede", "Antal aktiverede", "persons"),
            Measure("Antal fuldtidsaktiverede", "Antal fuldtidsaktiverede", "full-time", "hours"),
            Measure(
                "Fuldtidsaktiverede i pct.",
                "Fuldtidsaktiverede i pct. af arbejdsstyrken",
                "rate",
                "full-time",
                "labour force",
            ),
            Measure("Antal forløb", "Antal aktiveringsforløb", "count", "courses"),
        ),
        frequency="M",
        start=(2024, 5),
        count=28,
        size=20_000,
        update=("2026-09-10", "2026-10-08"),
        crossing={0: 0.003, 2: 0.09},
        amounts=(_hours(0.4), _one("courses", lambda rng, persons: persons + rng.binomial(persons, 0.07))),
        bases={"labour force": LABOUR_FORCE},
        newest_first=True,
    ),
    TableDesign(
        id="y01h01",
        name="Sanktioner til dagpengemodtagere",
        subjects=("A-dagpenge",),
        group="Sanktioner",
        axes=(_area("_nykom", "_region", "_hele_landet"), _insured()),
        measures=(
            Measure(
                "Antal sanktioner", "Antal sanktioner i alt", "count", "exclusion+quarantine+repeat+other"
            ),
            *(
                Measure("Antal sanktioner fordelt på type", name, "count", of)
                for name, of in (
                    ("Udelukkes fra dagpenge i en periode", "exclusion"),
                    ("Karantæne (selvforskyldt ledighed)", "quarantine"),
                    ("Gentagelsesvirkning (arbejdskrav)", "repeat"),
                    ("Andre (arbejdskrav)", "other"),
                )
            ),
            Measure("Andel sanktionerede", "Andel sanktionerede ledige", "rate", "persons", "unemployed"),
            Measure(
                "Gnsn. antal sanktioner",
                "Gnsn. antal sanktioner pr. sanktioneret ledig",
                "rate",
                "exclusion+quarantine+repeat+other",
                "persons",
                factor=1,
                decimals=2,
            ),
        ),
        frequency="Q",
        start=(2019, 2),
        count=29,
        size=7_500,
        update=("2026-08-20", "2026-11-19"),
        crossing={0: 0.002, 1: 0.003},
        amounts=(Amount(("exclusion", "quarantine", "repeat", "other"), _sanctions),),
        bases={"unemployed": _spread(140_000, _area("_nykom"), _insured())},
        period_types=("Q", "Y"),
        order="member",
    ),
    TableDesign(
        id="y28a15",
        name="Antal og andel efterlønsbidragsbetalere blandt dagpengeforsikrede",
        subjects=("A-dagpenge",),
        group="Efterløn",
        axes=(_area("_nykom", "_hele_landet"), _insured()),
        measures=(
            Measure("Antal efterlønsbidragsbetalere", "Antal efterlønsbidragsbetalere", "persons"),
            Measure(
                "Andel efterlønsbidragsbetalere",
                "Andel efterlønsbidragsbetalere",
                "rate",
                "persons",
                "insured",
            ),
        ),
        frequency="Y",
        start=(2010, 1),
        count=16,
        size=300_000,
        update=("2025-12-16", "2026-12-16"),
        crossing={1: 0.004},
        bases={"insured": _spread(2_200_000, _area("_nykom"), _insured())},
        newest_first=True,
        order="backwards",
    ),
    TableDesign(
        id="y14d03",
        name="Beskæftigelse efter afsluttede forløb",
        subjects=("Effekter og veje",),
        group="Afsluttede forløb",
        axes=(_area("_nykom", "_hele_landet"), _benefits(), _sexes()),
        measures=(
            Measure("Afsluttede forløb", "Antal personer med afsluttet forløb", "persons"),
            Measure(
                "I beskæftigelse",
                "Antal i lønmodtagerbeskæftigelse / uddannelse 3 mdr. efter afsluttet forløb",
                "persons",
                "later",
                late=3,
            ),
            Measure(
                "Andel i beskæftigelse",
                "Andel i lønmodtagerbeskæftigelse / uddannelse 3 mdr. efter afsluttet forløb",
                "rate",
                "later",
                "persons",
                late=3,
            ),
        ),
        frequency="M",
        start=(2024, 1),
        count=32,
        size=9_000,
        update=("2026-09-24", "2026-10-22"),
        crossing={1: 0.01},
        subsets={"later": 0.45},
    ),
    TableDesign(
        id="y25i06b",
        name="Arbejdsfordeling, tilgang",
        subjects=("Ledighed",),
        group="Arbejdsfordeling",
        axes=(
            _area("_nykom", "_region"),
            _flat(
                "_arbejdsfordeling",
                "Arbejdsfordelingstype",
                "_var13uger",
                {"Supplerende dagpenge op til 13 uger": 5, "Supplerende dagpenge ud over 13 uger": 1},
                None,
            ),
        ),
        measures=(
            Measure("Antal personer", "Antal personer, tilgang", "persons"),
            Measure("Antal sager", "Antal sager, tilgang", "count", "cases"),
        ),
        frequency="M",
        start=(2023, 1),
        count=44,
        size=8,
        update=("2026-09-10", "2026-10-08"),
        crossing={1: 0.02},
        amounts=(
            _one(
                "cases",
                lambda rng, persons: np.ceil(persons / rng.integers(5, 60, persons.shape)).astype(np.int64),
            ),
        ),
        period_types=("M", "MYTD"),
        spread=0.004,
        volatility=1.3,
        order="mixed",
    ),
    TableDesign(
        id="ptv_a02",
        name="Personer på offentlig forsørgelse i løbet af et år",
        subjects=("Offentlig forsørgelse",),
        group="Rullende år",
        axes=(_area("_nykom", "_region", "_hele_landet"), _benefits(), _sexes()),
        measures=(
            Measure("Antal personer", "Antal personer", "persons"),
            Measure("Antal fuldtidspersoner", "Antal fuldtidspersoner", "full-time", "hours"),
            Measure(
                "Gnsn. varighed",
                "Gnsn. varighed (uger pr. person)",
                "rate",
                "full-time",
                "persons",
                factor=52,
            ),
        ),
        frequency="M",
        start=(2022, 4),
        count=51,
        size=60_000,
        update=("2026-08-13", "2026-11-12"),
        crossing={0: 0.01, 1: 0.03},
        amounts=(_hours(0.7),),
        period_types=("QMAT", "Y"),
        update_freq="Q",
        newest_first=True,
        volatility=0.1,
    ),
    TableDesign(
        id="y01u01",
        name="Udbetalte a-dagpenge",
        subjects=("A-dagpenge",),
        group="Udbetalinger",
        axes=(_area("_nykom", "_hele_landet"), _insured()),
        measures=(
            Measure("Udbetalt beløb", "Udbetalt beløb, 1.000 kr.", "money", "money"),
            Measure("Antal personer", "Antal personer med udbetaling", "persons"),
            Measure(
                "Gnsn. udbetaling",
                "Gnsn. udbetaling pr. person, kr.",
                "rate",
                "money",
                "persons",
                factor=1000,
                decimals=0,
            ),
        ),
        frequency="M",
        start=(2023, 1),
        count=43,
        size=80_000,
        update=("2026-08-27", None),
        crossing={1: 0.004},
        amounts=(_one("money", _money),),
        period_types=("M", "Y"),
        order="member",
    ),
    TableDesign(
        id="y25i14",
        name="Jobopslag efter erhverv",
        subjects=("Jobopslag",),
        group="Jobopslag",
        axes=(
            _area("_nykom", "_region"),
            _axis(
                "_erhverv",
                "Erhverv",
                OCCUPATIONS,
                {
                    "_escostar_rs": (
                        "Erhverv",
                        ("I alt", "Erhvervsområde", "Erhverv"),
                        ("total", "groups", "leaves"),
                    )
                },
                "Erhverv i alt",
            ),
        ),
        measures=(Measure("Jobopslag", "Jobopslag", "rounded"),),
        frequency="M",
        start=(2024, 1),
        count=32,
        size=20_000,
        update=("2026-09-03", "2026-10-01"),
        crossing={},
        newest_first=True,
        volatility=0.3,
    ),
    TableDesign(
        id="y30r21",
        name="Offentligt forsørgede",
        subjects=("Offentlig forsørgelse",),
        group="Offentligt forsørgede",
        axes=_LARGE,
        measures=(
            Measure("Antal personer", "Antal personer", "persons"),
            Measure("Antal fuldtidspersoner", "Antal fuldtidspersoner", "full-time", "hours"),
            Measure(
                "Fuldtidspersoner i pct. af befolkningen",
                "Fuldtidspersoner i pct. af befolkningen 16-66 år",
                "rate",
                "full-time",
                "adults",
            ),
        ),
        frequency="M",
        start=(2016, 9),
        count=120,
        size=600_000,
        update=("2026-09-10", "2026-10-08"),
        crossing={0: 0.001},
        amounts=(_hours(0.9),),
        bases={"adults": _spread(3_850_000, *_LARGE)},
    ),
)


@lru_cache(maxsize=4)
def population(seed: int = 1) -> Population:
    """Give the synthetic population of a seed; its tables are counted when they are first asked."""
    return Population([SyntheticTable(design, seed) for design in DESIGNS])
