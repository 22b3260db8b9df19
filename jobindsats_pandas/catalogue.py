"""What the data bank lists: its subjects, and its tables as the catalogue tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from jobindsats_pandas import arguments
from jobindsats_pandas import searching as words
from jobindsats_pandas.documents import Fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from jobindsats_pandas.metadata import Table

__all__ = [
    "CatalogueEntry",
    "find_members",
    "looked_through",
    "parse_subjects",
    "parse_tables",
    "search_tables",
]


def parse_subjects(body: bytes) -> pd.DataFrame:
    """Parse the answer of ``/subjects``.

    Returns
    -------
    DataFrame
        One row per subject: subject_group_id, subject_group_name, subject_id, subject_name, all str.
    """
    read = Fields("The list of subjects")
    rows = [
        (
            group_id,
            read.text(group, "subject_group_name"),
            read.identifier(subject, "subject_id"),
            read.text(subject, "subject_name"),
        )
        for group in (read.mapping(item, "subject group") for item in read.catalogue(body))
        for group_id in [read.identifier(group, "subject_group_id")]
        for subject in read.items(group, "subjects", optional=True)
    ]
    columns = ["subject_group_id", "subject_group_name", "subject_id", "subject_name"]
    return pd.DataFrame(rows, columns=columns, dtype="str")


_TABLE_COLUMNS = [
    "table_id",
    "table_name",
    "subject",
    "update_freq",
    "update_latest",
    "update_next",
    "link_tablepage",
    "link_infopage",
]


class CatalogueEntry(NamedTuple):
    """A table as the catalogue lists it; `subjects` are all it stands under."""

    id: str
    name: str
    subjects: tuple[str, ...]
    update_freq: str
    update_latest: date | None
    update_next: date | None
    link_tablepage: str
    link_infopage: str
    measures: tuple[str, ...]
    dimensions: tuple[str, ...]


def parse_tables(body: bytes) -> tuple[CatalogueEntry, ...]:
    """Parse the answer of ``/tables``; a table under several subjects comes once, with all of them."""
    read = Fields("The list of tables")
    entries: dict[str, CatalogueEntry] = {}
    for item in read.catalogue(body):
        subject = read.mapping(item, "subject")
        subject_name = read.text(subject, "subject_name")
        for group in read.items(subject, "table_groups", optional=True):
            for table in read.items(group, "tables", optional=True):
                entry = _catalogue_entry(table, subject_name)
                known = entries.get(entry.id.casefold())
                if known is None:
                    entries[entry.id.casefold()] = entry
                elif subject_name not in known.subjects:
                    entries[entry.id.casefold()] = known._replace(subjects=(*known.subjects, subject_name))
    if not entries:
        raise read.fail("table_groups", "holds no table in any subject")
    return tuple(entries.values())


def _catalogue_entry(table: Mapping[str, Any], subject_name: str) -> CatalogueEntry:
    table_id = Fields("The list of tables").identifier(table, "table_id")
    read = Fields(f"Table {table_id} in the list of tables")
    groups = read.items(table, "mgroups", optional=True)
    measures = [read.text(group, "mgroup_name") for group in groups]
    measures += [
        read.text(m, "measure_name") for group in groups for m in read.items(group, "measures", optional=True)
    ]
    _summarised_periods(table.get("periods"), read)
    return CatalogueEntry(
        id=table_id,
        name=read.text(table, "table_name", table_id),
        subjects=(subject_name,),
        update_freq=read.text(table, "update_freq"),
        update_latest=read.day(table, "update_latest"),
        update_next=read.day(table, "update_next"),
        link_tablepage=read.text(table, "link_tablepage"),
        link_infopage=read.text(table, "link_infopage"),
        measures=tuple(measures),
        dimensions=tuple(_names_of_dimensions(table.get("dimensions"), read)),
    )


def _names_of_dimensions(value: Any, read: Fields) -> Iterator[str]:
    """Names of dimensions and, where they are given, of hierarchies; the catalogue's form of them is not known."""
    for item in [] if value is None else read.sequence(value, "dimensions"):
        if isinstance(item, dict):
            yield read.text(item, "dimension_name")
            for hierarchy in read.items(item, "hierarchies", optional=True):
                yield read.text(hierarchy, "hierarchy_name")
        else:
            yield read.text({"dimensions": item}, "dimensions")


def _summarised_periods(value: Any, read: Fields) -> None:
    """Check the summary of periods: a list, or an object with ``periodtypes``; both forms are relied on by others."""
    if isinstance(value, dict):
        value = value.get("periodtypes")
    if value is not None:
        read.sequence(value, "periods")


def search_tables(
    entries: Sequence[CatalogueEntry], search: str | None = None, known: Mapping[str, Table] | None = None
) -> tuple[pd.DataFrame, str]:
    """Make the catalogue a frame, of all tables or of those that answer a search, the best first.

    Parameters
    ----------
    search : str, optional
        Words in any order and case, looked for in the id, the name, subjects, measures and dimensions, and in hierarchies
        and members too where these are known.
    known : mapping of str to Table, optional
        The tables whose metadata are at hand, by the id of the entry.

    Returns
    -------
    DataFrame
        As `jobindsats_pandas.tables` gives it.
    str
        What has to be told of the search; empty where it found what was asked.
    """
    known = known or {}
    asked = search is not None and bool(search.strip())
    found = words.search(search or "", entries, lambda entry: _searched(entry, known.get(entry.id)))
    hits = found.hits if asked else [words.Hit(entry, ()) for entry in entries]
    rows = [
        (
            e.id,
            e.name,
            "; ".join(e.subjects),
            e.update_freq,
            e.update_latest,
            e.update_next,
            e.link_tablepage,
            e.link_infopage,
            "; ".join(hit.texts),
        )
        for hit in hits
        for e in [hit.item]
    ]
    frame = pd.DataFrame(rows, columns=[*_TABLE_COLUMNS, "matched"])
    dates = {
        name: pd.to_datetime(frame[name]).astype("datetime64[s]") for name in ("update_latest", "update_next")
    }
    frame = frame.astype({name: "str" for name in frame.columns if name not in dates}).assign(**dates)
    if not asked:
        return frame[_TABLE_COLUMNS], ""
    told = _told(str(search), found, "table")
    return frame, f"{told} {looked_through(known, entries)}".strip() if found.nowhere else told


def find_members(known: Mapping[str, Table], search: str) -> tuple[pd.DataFrame, str]:
    """Find members in several tables, the best match first.

    Parameters
    ----------
    search : str
        Words in any order and case.

    Returns
    -------
    DataFrame
        table_id, table_name, hierarchy_id, member_id, label, level_name; all str.
    str
        What has to be told; empty where every word was found.
    """
    members = [
        (table.id, table.name, hierarchy.id, member.path, label, hierarchy.levels[member.level].name)
        for table in known.values()
        for hierarchy in table.all_hierarchies
        for member, label in zip(hierarchy.members, hierarchy.labels, strict=True)
    ]
    found = words.search(search, members, lambda member: [(member[4], 1.0)])
    columns = ["table_id", "table_name", "hierarchy_id", "member_id", "label", "level_name"]
    frame = pd.DataFrame([hit.item for hit in found.hits], columns=columns, dtype="str")
    return frame, _told(search, found, "member")


def looked_through(known: Mapping[str, Table], entries: Sequence[CatalogueEntry]) -> str:
    """Say in how many tables members were looked for, where not in all."""
    if len(known) == len(entries):
        return ""
    return (
        f"Members were looked for in {len(known)} of {len(entries)} tables: those that were looked at or read before."
        " ji.table(id) looks at another."
    )


def _told(asked: str, found: words.Findings[Any], what: str) -> str:
    """What a search has to tell besides what it found."""
    nowhere = ", ".join(map(arguments.shown, found.nowhere[:5])) + (" …" if len(found.nowhere) > 5 else "")
    if not found.hits:
        return f"No {what} holds {nowhere or arguments.shown(asked)}. Try fewer or other words."
    told = [f"No {what} holds {nowhere}; it was left out."] if nowhere else []
    if not found.every:
        told.append(f"No {what} holds all of the words; these hold at least half of them.")
    return " ".join(told)


def _searched(entry: CatalogueEntry, table: Table | None) -> list[tuple[str, float]]:
    """The texts that a search looks at, and how much a hit in each counts."""
    fields = [(entry.id, 8.0), (entry.name, 6.0)]
    fields += [(text, 5.0) for text in entry.measures]
    fields += [(text, 4.0) for text in entry.dimensions]
    fields += [(text, 3.0) for text in entry.subjects]
    if table is not None:
        fields += [(hierarchy.name, 2.0) for hierarchy in table.all_hierarchies]
        fields += [
            (f"{hierarchy.name}: {member.name}", 1.0)
            for hierarchy in table.all_hierarchies
            for member in hierarchy.members
        ]
    return fields
