"""The dimensions of the sandbox's tables: areas, funds, offers, ages, sexes, benefits.

Levels bear ids as the real ones do: the hierarchy's id without its underscore, or nearly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jobindsats_pandas.sandbox.names import AGES, BENEFITS, FUNDS, MUNICIPALITIES, OFFERS
from jobindsats_pandas.sandbox.population import Axis, Hierarchy, Level

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["INHABITANTS", "ages", "area", "benefits", "flat", "grouped", "insured", "offers", "sexes"]

INHABITANTS = (
    np.array([size for places in MUNICIPALITIES.values() for size in places.values()], dtype=float) * 1000
)
"""Of each leaf of the area."""

Shown = tuple[str, tuple[tuple[str, str, str], ...]]
"""A hierarchy's name, and for each level its id, its name, and whether it holds ``groups`` or ``leaves``."""


def grouped(
    axis_id: str,
    name: str,
    tree: Mapping[str, Mapping[str, float]],
    hierarchies: Mapping[str, Shown],
    total: str,
) -> Axis:
    """Build an axis from groups of leaves; without a total's name, its hierarchies do not show one."""
    leaves = [(group, leaf, size) for group, members in tree.items() for leaf, size in members.items()]
    top = np.ones((1, len(leaves)), dtype=bool)
    middle = np.array([[group == name for group, _, _ in leaves] for name in tree])
    nodes = np.concatenate([top, middle, np.eye(len(leaves), dtype=bool)])
    first = 1 + len(tree)
    groups = tuple((f"/{i}/", group, i) for i, group in enumerate(tree, start=1))
    flat_leaves, nested_leaves, seen = [], [], dict.fromkeys(tree, 0)
    for i, (group, leaf, _) in enumerate(leaves):
        seen[group] += 1
        parent = list(tree).index(group) + 1
        flat_leaves.append((f"/{i + 1}/", leaf, first + i))
        nested_leaves.append((f"/{parent}/{seen[group]}/", leaf, first + i))

    def members(kind: str, beside: int) -> tuple[tuple[str, str, int], ...]:
        return groups if kind == "groups" else tuple(nested_leaves if beside > 1 else flat_leaves)

    return Axis(
        axis_id,
        name,
        np.array([size for _, _, size in leaves]),
        nodes,
        tuple(
            Hierarchy(
                hierarchy,
                label,
                total,
                tuple(Level(level, title, members(kind, len(levels))) for level, title, kind in levels),
            )
            for hierarchy, (label, levels) in hierarchies.items()
        ),
    )


def flat(axis_id: str, name: str, hierarchy: str, leaves: Mapping[str, float], total: str) -> Axis:
    """Build an axis of one level below its total."""
    level = (hierarchy.removeprefix("_"), name, "leaves")
    return grouped(axis_id, name, {"": leaves}, {hierarchy: (name, (level,))}, total)


def area(*wanted: str) -> Axis:
    """Build the area, with the hierarchies that a table has."""
    region, municipality = ("region", "Region", "groups"), ("nykom", "Kommune", "leaves")
    known: dict[str, Shown] = {
        "_nykom": ("Kommune", (municipality,)),
        "_region": ("Region", (region,)),
        "_reko": ("Region og kommune", (region, municipality)),
        "_hele_landet": ("Hele landet", ()),
    }
    return grouped("_omrade", "Område", MUNICIPALITIES, {name: known[name] for name in wanted}, "Hele landet")


def offers() -> Axis:
    """Build the offers: three levels, in which a child may bear its parent's name."""
    leaves = [
        (main, group, offer, size)
        for main, groups in OFFERS.items()
        for group, offers in groups.items()
        for offer, size in offers.items()
    ]
    levels: list[list[tuple[str, str, int]]] = [[], [], []]
    nodes = [np.ones(len(leaves), dtype=bool)]

    def add(depth: int, path: str, name: str, members: list[bool]) -> None:
        levels[depth].append((path, name, len(nodes)))
        nodes.append(np.array(members))

    for i, (main, groups) in enumerate(OFFERS.items(), start=1):
        add(0, f"/{i}/", main, [leaf[0] == main for leaf in leaves])
        for j, (group, offers) in enumerate(groups.items(), start=1):
            add(1, f"/{i}/{j}/", group, [leaf[:2] == (main, group) for leaf in leaves])
            for k, offer in enumerate(offers, start=1):
                add(2, f"/{i}/{j}/{k}/", offer, [leaf[:3] == (main, group, offer) for leaf in leaves])
    known = (("tilb_hoved", "Hovedtilbud"), ("tilb_gruppe", "Tilbudsgruppe"), ("tilb", "Tilbud"))
    hierarchy = Hierarchy(
        "_tilb_2ptv",
        "Tilbud",
        "Tilbud i alt",
        tuple(
            Level(level_id, name, tuple(members))
            for (level_id, name), members in zip(known, levels, strict=True)
        ),
    )
    return Axis("_tilbud", "Tilbud", np.array([leaf[3] for leaf in leaves]), np.array(nodes), (hierarchy,))


def insured() -> Axis:
    """Build the funds without those who have none."""
    funds = {name: size for name, size in FUNDS.items() if name != "Ingen a-kasse"}
    return flat("_akasse", "A-kasse", "_akassedp", funds, "A-kasse i alt")


def ages() -> Axis:
    """Build the ages, in two hierarchies."""
    groups: dict[str, dict[str, float]] = {"Under 30 år": {}, "30-59 år": {}, "60 år og derover": {}}
    for age, size in AGES.items():
        group = "Under 30 år" if age < "30" else "30-59 år" if age < "60" else "60 år og derover"
        groups[group][age] = size
    hierarchies: dict[str, Shown] = {
        "_aldera": ("Alder, femårsintervaller", (("aldera", "Alder", "leaves"),)),
        "_alder_5i30_60s": ("Alder, tre grupper", (("alder5i", "Aldersgruppe", "groups"),)),
    }
    return grouped("_alder", "Alder", groups, hierarchies, "Alder i alt")


def sexes() -> Axis:
    """Build the sexes."""
    return flat("_koen", "Køn", "_kon", {"Kvinder": 49, "Mænd": 51}, "Køn i alt")


def benefits() -> Axis:
    """Build the groups of benefits."""
    sizes = {name: size for name, (size, _) in BENEFITS.items()}
    return flat("_ydelse", "Ydelsesgrupper", "_ygrpi09", sizes, "Ydelsesgrupper i alt")
