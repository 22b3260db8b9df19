"""Municipalities and regions by name and code: Statistics Denmark's classification, in force since 2007.

A name is recognised or it is not; nothing is guessed from likeness.
"""

from __future__ import annotations

import re

from jobindsats_pandas.matching import fold

__all__ = [
    "MUNICIPALITIES",
    "REGIONS",
    "REGION_HIERARCHIES",
    "REGION_OF",
    "code_of",
    "code_of_member",
    "is_code",
    "municipality_code",
    "name_of",
    "region_code",
]

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

#: Area hierarchies in which a region's name may stand without "Region"; elsewhere other areas bear such names.
REGION_HIERARCHIES = {"_region", "_reko"}

_IN_REGIONS = {
    "1084": "101 147 151 153 155 157 159 161 163 165 167 169 173 175 183 185 187 190 201 210 217 219 223 230 240 250 260 270 400",
    "1085": "253 259 265 269 306 316 320 326 329 330 336 340 350 360 370 376 390",
    "1083": "410 420 430 440 450 461 479 480 482 492 510 530 540 550 561 563 573 575 580 607 621 630",
    "1082": "615 657 661 665 671 706 707 710 727 730 740 741 746 751 756 760 766 779 791",
    "1081": "773 787 810 813 820 825 840 846 849 851 860",
}

REGION_OF: dict[str, str] = {
    f"0{code}": region for region, codes in _IN_REGIONS.items() for code in codes.split()
}
"""The region that each municipality belongs to, code by code, in the order of the data bank."""


def municipality_code(name: str) -> str | None:
    """The code of four digits of a municipality; None for any other name.

    Examples
    --------
    >>> municipality_code("Århus Kommune"), municipality_code("Uoplyst område")
    ('0751', None)
    """
    key = _key(name)
    bare = re.sub(r" kommunes?$", "", key)
    found = _MUNICIPALITY_KEYS.get(bare)
    if found is None and bare != key:
        found = _MUNICIPALITY_KEYS.get(bare.removesuffix("s"))
    return found


def region_code(name: str, *, bare: bool = False) -> str | None:
    """The code of a region; where `bare`, also of one whose name stands without "Region"."""
    key = _key(name)
    return _REGION_KEYS.get(key) or (_REGION_KEYS.get(f"region {key}") if bare else None)


def is_code(text: str, name: str, *, bare: bool = False) -> bool:
    """Whether three or four digits are the code of the municipality or region of a name.

    Examples
    --------
    >>> is_code("751", "Aarhus"), is_code("0751", "Aarhus"), is_code("084", "Region Hovedstaden")
    (True, True, True)
    """
    code = municipality_code(name) or region_code(name, bare=bare)
    return code is not None and text.zfill(3) in {code, code[1:]}


def name_of(text: str) -> str | None:
    """What a code of three or four digits stands for; None for any other text.

    Examples
    --------
    >>> name_of("751"), name_of("1084"), name_of("0411"), name_of("999")
    ('Aarhus', 'Region Hovedstaden', 'Christiansø', None)
    """
    # Christiansø is no municipality, but Statistics Denmark counts it beside them.
    every = {**MUNICIPALITIES, **REGIONS, "0411": "Christiansø"}
    return next((name for code, name in every.items() if text.zfill(3) in {code, code[1:]}), None)


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


def code_of_member(name: str) -> str | None:
    """The code of a municipality or region by the name of a member, which may tell its level too.

    Examples
    --------
    >>> code_of_member("Aarhus"), code_of_member("Bornholm [Kommune]"), code_of_member("Uoplyst område")
    ('0751', '0400', None)
    """
    bare = re.sub(r" \[[^]]*\]$", "", name)
    return municipality_code(bare) or region_code(bare)
