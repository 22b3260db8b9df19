"""What the sandbox's tables are: modelled on real ones, filled with synthetic persons."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from jobindsats_pandas.sandbox.axes import (
    INHABITANTS,
    ages,
    area,
    benefits,
    flat,
    grouped,
    insured,
    offers,
    sexes,
)
from jobindsats_pandas.sandbox.description import LEVELS, Base, Levels, Measure, TableDesign
from jobindsats_pandas.sandbox.names import BENEFITS, CATEGORIES, DURATIONS, FUNDS, OCCUPATIONS, ORIGINS
from jobindsats_pandas.sandbox.population import Amount, Axis, Draw, Floats, Integers
from jobindsats_pandas.sandbox.tables import HOURS, Population, SyntheticTable

__all__ = ["DESIGNS", "population"]


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


def _courses(rng: np.random.Generator, persons: Integers) -> Integers:
    """Courses, and the weeks that those have lasted: 58 on average."""
    courses = persons + rng.binomial(persons, 0.01)
    return np.stack([courses, rng.poisson(58 * courses * rng.uniform(0.6, 1.4, courses.shape))])


LABOUR_FORCE = Base((0,), INHABITANTS * 0.52)
ADULTS = Base((0,), INHABITANTS * 0.65)


def _spread(total: float, *axes: Axis) -> Base:
    """Give a base that is known by the first axes, in proportion to their weights."""
    values = np.array(total)
    for axis in axes:
        values = np.multiply.outer(values, axis.weights / axis.weights.sum())
    return Base(tuple(range(len(axes))), values)


_LARGE = (
    area("_nykom", "_region", "_hele_landet"),
    ages(),
    sexes(),
    flat("_oprindelse", "Oprindelse", "_oprinda", ORIGINS, "Oprindelse i alt"),
)

DESIGNS = (
    TableDesign(
        id="y25i01",
        name="Ledige personer og ledige fuldtidspersoner",
        subjects=("Ledighed",),
        group="Antal ledige",
        axes=(
            area("_nykom", "_region", "_reko", "_hele_landet"),
            benefits(),
            flat("_akasse", "A-kasse", "_akassebl", FUNDS, "I alt"),
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
        axes=(area("_nykom", "_region", "_hele_landet"), insured(), offers()),
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
        axes=(area("_nykom", "_region", "_hele_landet"), insured()),
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
        bases={"unemployed": _spread(140_000, area("_nykom"), insured())},
        period_types=("Q", "Y"),
        order="member",
    ),
    TableDesign(
        id="y28a15",
        name="Antal og andel efterlønsbidragsbetalere blandt dagpengeforsikrede",
        subjects=("A-dagpenge",),
        group="Efterløn",
        axes=(area("_nykom", "_hele_landet"), insured()),
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
        bases={"insured": _spread(2_200_000, area("_nykom"), insured())},
        newest_first=True,
        order="backwards",
    ),
    TableDesign(
        id="y14d03",
        name="Beskæftigelse efter afsluttede forløb",
        subjects=("Effekter og veje",),
        group="Afsluttede forløb",
        axes=(area("_nykom", "_hele_landet"), benefits(), sexes()),
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
            area("_nykom", "_region"),
            flat(
                "_arbejdsfordeling",
                "Arbejdsfordelingstype",
                "_var13uger",
                {"Supplerende dagpenge op til 13 uger": 5, "Supplerende dagpenge ud over 13 uger": 1},
                "",
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
        axes=(area("_nykom", "_region", "_hele_landet"), benefits(), sexes()),
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
        axes=(area("_nykom", "_hele_landet"), insured()),
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
            area("_region", "_reko"),
            grouped(
                "_erhverv",
                "Erhverv",
                OCCUPATIONS,
                {
                    "_escostar_rs": (
                        "Erhverv",
                        (("escostar_omr", "Erhvervsområde", "groups"), ("escostar_rs", "Erhverv", "leaves")),
                    )
                },
                "Erhverv i alt",
            ),
        ),
        measures=(Measure("Jobopslag", "Jobopslag", "rounded"),),
        frequency="M",
        start=(2019, 3),
        count=88,
        every=3,
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
    # The three that follow are there to be practised on; nobody here has seen an answer of theirs. Known are the
    # ids y25i09 and y60a02, that the latter counts persons and full-time persons by municipality, and the ids of
    # all hierarchies but _varighed.
    # invented: the id y07a02, what y60a02 counts, the names of measures (of the form of those that are known), the
    # members of durations and categories, and which dimensions each table has
    TableDesign(
        id="y25i09",
        name="Langtidsledige personer og fuldtidspersoner",
        subjects=("Ledighed",),
        group="Langtidsledige",
        axes=(area("_nykom", "_region", "_hele_landet"), benefits(), ages()),
        measures=(
            Measure("Antal langtidsledige personer", "Antal langtidsledige personer", "persons"),
            Measure(
                "Antal langtidsledige fuldtidspersoner",
                "Antal langtidsledige fuldtidspersoner",
                "full-time",
                "hours",
            ),
            Measure(
                "Langtidsledige i pct. af alle ledige",
                "Langtidsledige personer i pct. af alle ledige",
                "rate",
                "persons",
                "unemployed",
            ),
            Measure(
                "Langtidsledige i pct. af arbejdsstyrken",
                "Langtidsledige fuldtidspersoner i pct. af arbejdsstyrken 16-66 år",
                "rate",
                "full-time",
                "labour force",
            ),
        ),
        frequency="M",
        start=(2023, 1),
        count=44,
        size=22_000,
        update=("2026-09-10", "2026-10-08"),
        crossing={0: 0.002, 1: 0.003},
        amounts=(_hours(0.88),),
        bases={
            "labour force": LABOUR_FORCE,
            "unemployed": _spread(100_000, area("_nykom"), benefits(), ages()),
        },
    ),
    TableDesign(
        id="y07a02",
        name="Sygedagpengeforløb og sygedagpengemodtagere",
        subjects=("Sygedagpenge",),
        group="Antal sygedagpengemodtagere",
        axes=(
            area("_nykom", "_region", "_hele_landet"),
            flat("_varighed", "Varighed", "_varighed", DURATIONS, "Varighed i alt"),
            sexes(),
        ),
        measures=(
            Measure("Antal sygedagpengeforløb", "Antal sygedagpengeforløb", "count", "courses"),
            Measure("Antal personer", "Antal personer på sygedagpenge", "persons"),
            Measure("Antal fuldtidspersoner", "Antal fuldtidspersoner på sygedagpenge", "full-time", "hours"),
            Measure(
                "Fuldtidspersoner i pct. af arbejdsstyrken",
                "Fuldtidspersoner på sygedagpenge i pct. af arbejdsstyrken 16-66 år",
                "rate",
                "full-time",
                "labour force",
            ),
        ),
        frequency="M",
        start=(2023, 1),
        count=44,
        size=75_000,
        update=("2026-09-17", "2026-10-15"),
        # Whoever is ill for a fifth or a ninth week belongs to two durations in that month.
        crossing={0: 0.002, 1: 0.08},
        amounts=(_hours(0.72), _one("courses", lambda rng, persons: persons + rng.binomial(persons, 0.02))),
        bases={"labour force": LABOUR_FORCE},
        newest_first=True,
        order="member",
    ),
    TableDesign(
        id="y60a02",
        name="Kontanthjælpsmodtagere",
        subjects=("Kontanthjælp", "Offentlig forsørgelse"),
        group="Antal kontanthjælpsmodtagere",
        axes=(
            area("_nykom", "_region", "_hele_landet"),
            flat(
                "_viskat",
                "Visitationskategori",
                "_viskat_1int",
                CATEGORIES,
                "Visitationskategori i alt",
            ),
            ages(),
        ),
        measures=(
            Measure("Antal kontanthjælpsmodtagere", "Antal personer på kontanthjælp", "persons"),
            Measure(
                "Antal kontanthjælpsmodtagere",
                "Antal fuldtidspersoner på kontanthjælp",
                "full-time",
                "hours",
            ),
            Measure(
                "Kontanthjælpsmodtagere i pct. af befolkningen",
                "Fuldtidspersoner på kontanthjælp i pct. af befolkningen 16-66 år",
                "rate",
                "full-time",
                "adults",
            ),
            Measure(
                "Gnsn. varighed",
                "Gnsn. varighed af igangværende forløb (uger)",
                "rate",
                "weeks",
                "courses",
                factor=1,
            ),
        ),
        frequency="M",
        start=(2023, 1),
        count=44,
        size=65_000,
        update=("2026-09-10", "2026-10-08"),
        crossing={0: 0.003, 1: 0.02},
        amounts=(_hours(0.92), Amount(("courses", "weeks"), _courses)),
        bases={"adults": ADULTS},
        order="mixed",
    ),
)


@lru_cache(maxsize=12)
def population(seed: int = 1, levels: Levels = "inside") -> Population:
    """Give the synthetic population of a seed; its tables are counted when they are first asked.

    Parameters
    ----------
    seed : int, default 1
        The same seed gives the same figures.
    levels : {"inside", "apart", "unlisted"}, default "inside"
        Where metadata list the totals, as in :func:`jobindsats_pandas.sandbox.serve`; the figures are the same.
    """
    if levels not in LEVELS:
        raise ValueError(f"levels is one of {', '.join(map(repr, LEVELS))}, not {levels!r}.")
    return Population([SyntheticTable(design, seed, levels) for design in DESIGNS])
