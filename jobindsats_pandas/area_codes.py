"""Municipalities and regions by name and code: Statistics Denmark's classification, in force since 2007.

A name is recognised or it is not; nothing is guessed from likeness.
"""

from __future__ import annotations

import re

from jobindsats_pandas.matching import fold

__all__ = ["MUNICIPALITIES", "REGIONS", "code_of", "municipality_code", "region_code"]

REGIONS: dict[str, str] = {
    "1081": "Region Nordjylland",
    "1082": "Region Midtjylland",
    "1083": "Region Syddanmark",
    "1084": "Region Hovedstaden",
    "1085": "Region Sjælland",
}
"""The five regions by their codes."""

_NAMES = """
101 København · 147 Frederiksberg · 151 Ballerup · 153 Brøndby · 155 Dragør · 157 Gentofte · 159 Gladsaxe · 161 Glostrup
163 Herlev · 165 Albertslund · 167 Hvidovre · 169 Høje-Taastrup · 173 Lyngby-Taarbæk · 175 Rødovre · 183 Ishøj
185 Tårnby · 187 Vallensbæk · 190 Furesø · 201 Allerød · 210 Fredensborg · 217 Helsingør · 219 Hillerød · 223 Hørsholm
230 Rudersdal · 240 Egedal · 250 Frederikssund · 253 Greve · 259 Køge · 260 Halsnæs · 265 Roskilde · 269 Solrød
270 Gribskov · 306 Odsherred · 316 Holbæk · 320 Faxe · 326 Kalundborg · 329 Ringsted · 330 Slagelse · 336 Stevns
340 Sorø · 350 Lejre · 360 Lolland · 370 Næstved · 376 Guldborgsund · 390 Vordingborg · 400 Bornholm · 410 Middelfart
420 Assens · 430 Faaborg-Midtfyn · 440 Kerteminde · 450 Nyborg · 461 Odense · 479 Svendborg · 480 Nordfyns
482 Langeland · 492 Ærø · 510 Haderslev · 530 Billund · 540 Sønderborg · 550 Tønder · 561 Esbjerg · 563 Fanø · 573 Varde
575 Vejen · 580 Aabenraa · 607 Fredericia · 615 Horsens · 621 Kolding · 630 Vejle · 657 Herning · 661 Holstebro
665 Lemvig · 671 Struer · 706 Syddjurs · 707 Norddjurs · 710 Favrskov · 727 Odder · 730 Randers · 740 Silkeborg
741 Samsø · 746 Skanderborg · 751 Aarhus · 756 Ikast-Brande · 760 Ringkøbing-Skjern · 766 Hedensted · 773 Morsø
779 Skive · 787 Thisted · 791 Viborg · 810 Brønderslev · 813 Frederikshavn · 820 Vesthimmerlands · 825 Læsø · 840 Rebild
846 Mariagerfjord · 849 Jammerbugt · 851 Aalborg · 860 Hjørring
"""

MUNICIPALITIES: dict[str, str] = {
    f"0{code}": name for code, name in re.findall(r"(\d{3}) ([^·\n]+?)(?= ·|\n)", _NAMES)
}
"""The 98 municipalities by their codes of four digits."""

# Spellings that dropping "Kommune" and a genitive s cannot explain; two are names of 2007, changed since.
_OTHER_SPELLINGS = {
    "Nordfyn": "0480",
    "Vesthimmerland": "0820",
    "Bornholms Regionskommune": "0400",
    "Bornholms Regionskommunes": "0400",
    "Copenhagen": "0101",
    "Brønderslev-Dronninglund": "0810",
    "Frederiksværk-Hundested": "0260",
}


def _key(name: str) -> str:
    return " ".join(re.sub(r"[-‐‑–]", " ", fold(name)).split())


_MUNICIPALITY_KEYS = {_key(name): code for code, name in MUNICIPALITIES.items()} | {
    _key(name): code for name, code in _OTHER_SPELLINGS.items()
}
_REGION_KEYS = {_key(name): code for code, name in REGIONS.items()}


def municipality_code(name: str) -> str | None:
    """The code of a municipality, with or without *Kommune* behind its name.

    Examples
    --------
    >>> municipality_code("Aarhus Kommune"), municipality_code("Region Sjælland")
    ('0751', None)
    """
    key = _key(name)
    bare = re.sub(r" kommunes?$", "", key)
    found = _MUNICIPALITY_KEYS.get(bare)
    if found is None and bare != key:
        found = _MUNICIPALITY_KEYS.get(bare.removesuffix("s"))
    return found


def region_code(name: str, *, bare: bool = False) -> str | None:
    """The code of a region; `bare` where its name may stand without *Region*."""
    key = _key(name)
    return _REGION_KEYS.get(key) or (_REGION_KEYS.get(f"region {key}") if bare else None)


def code_of(name: str) -> str | None:
    """The code of the area that a name or a code of three or four digits stands for.

    Examples
    --------
    >>> code_of("751"), code_of("Copenhagen"), code_of("Nordjylland"), code_of("999")
    ('0751', '0101', '1081', None)
    """
    code = name.strip().zfill(4)
    if code in MUNICIPALITIES or code in REGIONS:
        return code
    return municipality_code(name) or region_code(name, bare=True)
