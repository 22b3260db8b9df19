"""What a picture says in Danish: numbers, dates, units and the source."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from jobindsats_pandas.danish import danish_number
from jobindsats_pandas.kinds import Kind
from jobindsats_pandas.provenance import Provenance, origin_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from jobindsats_pandas.disclosure import AddressMeasure, AddressSpace

__all__ = ["decimals_needed", "plain", "source", "unit", "unknown_among", "wrapped"]


def decimals_needed(numbers: Any, most: int) -> int:
    """How many decimals tell all these numbers, up to `most`."""
    numbers = np.asarray(numbers)
    return next((d for d in range(most) if np.allclose(numbers.round(d), numbers, rtol=0, atol=1e-9)), most)


def unit(measure: AddressMeasure) -> str:
    """The unit of a measure, from its kind and its name; its name where neither tells."""
    if measure.derived:
        return "beregnet"
    name = measure.name.casefold()
    if measure.kind is Kind.FULL_TIME:
        return "fuldtidspersoner"
    if measure.kind is Kind.PERSONS:
        firms = re.search(r"virksomheder|arbejdsgivere|arbejdssteder|arbejdspladser", name)
        return firms[0] if firms else "personer"
    if measure.kind in (Kind.STOCK, Kind.FLOW):
        noun = re.search(
            r"\w*(?:sanktioner|samtaler|opslag|forløb|sager|tilbud|stillinger|opsigelser|underretninger|klager"
            r"|afgørelser|henvisninger)\b",
            name,
        )
        return noun[0] if noun else "antal"
    found = re.search(r"\b(?:pr\.|per) \w+", name)
    per = f" {found[0]}" if found else ""
    if crowns := re.search(r"(?:1\.000 |mio\. |mia\. )?kr\b", name):
        return f"{crowns[0]}.{per}"
    if re.search(r"\bpct\b|procent|%|\bandel|grad(?:en)?\b|frekvens", name):
        return "pct."
    if time := re.search(r"\b(?:dage|uger|måneder|timer)\b", name):
        return f"{time[0]}{per}"
    if counted := re.search(r"\bantal (\w+ (?:pr\.|per) .+)", name):
        return counted[1]
    return "kr." if measure.kind is Kind.MONEY else measure.name


def unknown_among(names: Iterable[str]) -> str:
    """Those of some names that stand for what is not known of a person, as a list; who adds up misses them.

    Examples
    --------
    >>> unknown_among(["Læsø", "Uoplyst område"]), unknown_among(["Læsø"])
    ('Uoplyst område', '')
    """
    found = [name for name in names if re.search(r"\b(?:uoplyst|ukendt)", name, re.IGNORECASE)]
    if len(found) <= 3:
        return ", ".join(found)
    return f"{', '.join(found[:2])} og {danish_number(len(found) - 2)} andre uoplyste"


def source(df: pd.DataFrame, space: AddressSpace) -> str:
    """The line that tells where the numbers come from; the dates as long as the frame's attrs have them."""
    known = Provenance.from_attrs(df.attrs.get("jobindsats"))
    origin = origin_of(space.table_name, space.url)
    text = f"Kilde: {origin.danish}, {space.table}: {space.table_name}"
    if known and known.table == space.table:
        if updated := _date(known.update_latest):
            text += f", opdateret {updated}"
        if known.stale and (fetched := _date(known.fetched_at)):
            text += f" (ældre svar, hentet {fetched})"
    return f"{text}."


def _date(text: object) -> str:
    found = re.match(r"(\d{4})-(\d\d)-(\d\d)", str(text))
    return f"{int(found[3])}.{int(found[2])}.{found[1]}" if found else ""


def wrapped(text: str, width: int) -> str:
    """A text in lines of so many letters; its own lines stay apart."""
    return "\n".join(line for own in text.split("\n") for line in textwrap.wrap(own, width))


def plain(text: str) -> str:
    """A text that matplotlib draws as it stands: what is between two dollar signs it takes for a formula."""
    return text.replace("$", r"\$")
