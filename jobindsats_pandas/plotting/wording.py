"""What a picture says: units, names in short, and the source."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from jobindsats_pandas.kinds import Kind
from jobindsats_pandas.provenance import Provenance, origin_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from jobindsats_pandas.disclosure import AddressMeasure, AddressSpace
    from jobindsats_pandas.plotting.language import Language

__all__ = ["decimals_needed", "plain", "source", "unit", "unknown_among", "wrapped"]


def decimals_needed(numbers: Any, most: int) -> int:
    """How many decimals tell all these numbers, up to `most`."""
    numbers = np.asarray(numbers)
    return next((d for d in range(most) if np.allclose(numbers.round(d), numbers, rtol=0, atol=1e-9)), most)


def unit(measure: AddressMeasure) -> str:
    """The unit of a measure in Danish, from its kind and its name; its name where neither tells."""
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


def unknown_among(names: Iterable[str], language: Language) -> str:
    """Those of some names that stand for what is not known of a person, as a clause; who adds up misses them."""
    found = [name for name in names if re.search(r"\b(?:uoplyst|ukendt)", name, re.IGNORECASE)]
    if not found:
        return ""
    listed = ", ".join(found[:3])
    if len(found) > 3:
        listed = language.say(
            "{names} og {count} andre uoplyste", names=", ".join(found[:2]), count=len(found) - 2
        )
    return language.say(", herunder {names},", names=listed)


def source(df: pd.DataFrame, space: AddressSpace, language: Language) -> str:
    """The line that tells where the numbers come from; the dates as long as the frame's attrs have them."""
    known = Provenance.from_attrs(df.attrs.get("jobindsats"))
    origin = origin_of(space.table_name, space.url)
    publisher = origin.danish if language.code == "da" else origin.english
    text = language.say(
        "Kilde: {publisher}, {table}", publisher=publisher, table=f"{space.table}: {space.table_name}"
    )
    if known and known.table == space.table:
        if updated := language.day(known.update_latest):
            text += language.say(", opdateret {day}", day=updated)
        if known.stale and (fetched := language.day(known.fetched_at)):
            text += language.say(" (ældre svar, hentet {day})", day=fetched)
    return f"{text}."


def wrapped(text: str, width: int) -> str:
    """A text in lines of so many letters; its own lines stay apart."""
    return "\n".join(line for own in text.split("\n") for line in textwrap.wrap(own, width))


def plain(text: str) -> str:
    """A text that matplotlib draws as it stands: what is between two dollar signs it takes for a formula."""
    return text.replace("$", r"\$")
