"""Where a frame comes from, and how to cite it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from jobindsats_pandas.errors import ProvenanceError, QueryError
from jobindsats_pandas.totals.lines import asked, read_line
from jobindsats_pandas.totals.questions import question_for_total

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Citation", "Source", "cite", "source"]


@dataclass(frozen=True)
class Source:
    """Where a frame comes from.

    Attributes
    ----------
    table, table_name : str
    link : str
        The table's page.
    update_latest : str
        Day of the publication, or the empty string where the API does not tell.
    fetched_at : str
        Moment of fetching, UTC; of the oldest part where there are several.
    query : str
        The call that reads it.
    api : str
        Address of the API.
    """

    table: str
    table_name: str
    link: str
    update_latest: str
    fetched_at: str
    query: str
    api: str

    def _facts(self) -> list[tuple[str, str]]:
        facts = [
            ("table", f"{self.table} · {self.table_name}"),
            ("page", self.link),
            ("updated", self.update_latest),
            ("fetched", f"{self.fetched_at} from {self.api}"),
            ("query", self.query),
        ]
        return [fact for fact in facts if fact[1]]

    def __repr__(self) -> str:
        return "\n".join(f"{name:<9}{text}" for name, text in self._facts())

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(name)}</th><td style='text-align:left'>{escape(text)}</td></tr>"
            for name, text in self._facts()
        )
        return f"<table>{rows}</table>"


@dataclass(frozen=True)
class Citation:
    """How to cite a frame: `text` for a foot of a figure, `bibtex` for a list of references."""

    text: str
    bibtex: str

    def __repr__(self) -> str:
        return f"{self.text}\n\n{self.bibtex}"


def source(frame: pd.DataFrame) -> Source:
    """Say where a frame comes from.

    Raises
    ------
    ProvenanceError
        If ``df.attrs["jobindsats"]`` was lost.
    """
    attrs = frame.attrs.get("jobindsats")
    if not isinstance(attrs, dict) or "table" not in attrs:
        try:
            read = f"read it again: {read_line(question_for_total(frame, None, ()))}"
        except (ProvenanceError, QueryError):
            read = "read it again with ji.read_jobindsats(table, …)"
        raise ProvenanceError(
            "df.attrs['jobindsats'], which says where the frame comes from, was lost (pandas drops it in pivot, and in"
            f" concat of frames from different questions). Copy it, df.attrs.update(the_frame_as_read.attrs), or {read}"
        )
    return Source(
        table=attrs["table"],
        table_name=attrs.get("table_name") or "",
        link=attrs.get("link") or "",
        update_latest=attrs.get("update_latest") or "",
        fetched_at=attrs.get("fetched_at") or "",
        query=read_line(asked(attrs)),
        api=attrs.get("url") or "",
    )


def cite(frame: pd.DataFrame) -> Citation:
    """Write a citation of a frame.

    Raises
    ------
    ProvenanceError
        If ``df.attrs["jobindsats"]`` was lost.
    """
    known = source(frame)
    year = (known.update_latest or known.fetched_at)[:4]
    updated = f", updated {known.update_latest}" if known.update_latest else ""
    fetched = known.fetched_at[:10]
    where = f" {known.link}" if known.link else ""
    text = (
        f"Styrelsen for Arbejdsmarked og Rekruttering ({year}): {known.table_name}. Jobindsats.dk, table"
        f" {known.table}{updated}.{where} (fetched {fetched})"
    )
    fields = {
        "author": "{Styrelsen for Arbejdsmarked og Rekruttering}",
        "title": f"{{{_tex(known.table_name)}}}",
        "year": year,
        "howpublished": f"Jobindsats.dk, table {_tex(known.table)}{updated}",
        "url": known.link.replace("{", "%7B").replace("}", "%7D"),
        "urldate": fetched,
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return Citation(text, "\n".join([f"@misc{{jobindsats_{known.table}_{year},", *lines, "}"]))


_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: "\\" + sign for sign in "&%$#_"},
}


def _tex(text: str) -> str:
    return "".join(_TEX.get(sign, sign) for sign in " ".join(text.split()))
