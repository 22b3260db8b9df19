"""Real names of municipalities, unemployment funds, benefit groups, offers and occupations, with rough weights.

The weights only give the synthetic population a plausible shape; no figure here is taken from Jobindsats.
"""

from __future__ import annotations

__all__ = [
    "AGES",
    "BENEFITS",
    "CATEGORIES",
    "DURATIONS",
    "FUNDS",
    "MONTHS",
    "MUNICIPALITIES",
    "OCCUPATIONS",
    "OFFERS",
    "ORIGINS",
]

MONTHS = ("Jan", "Feb", "Mar", "Apr", "Maj", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dec")

# Region -> municipality -> thousands of inhabitants, roughly.
MUNICIPALITIES: dict[str, dict[str, int]] = {
    "Region Hovedstaden": {
        "København": 660, "Frederiksberg": 105, "Ballerup": 52, "Brøndby": 39, "Dragør": 14, "Gentofte": 75,
        "Gladsaxe": 70, "Glostrup": 24, "Herlev": 29, "Albertslund": 28, "Hvidovre": 53, "Høje-Taastrup": 56,
        "Lyngby-Taarbæk": 58, "Rødovre": 44, "Ishøj": 24, "Tårnby": 43, "Vallensbæk": 17, "Furesø": 42,
        "Allerød": 26, "Fredensborg": 42, "Helsingør": 64, "Hillerød": 54, "Hørsholm": 25, "Rudersdal": 57,
        "Egedal": 45, "Frederikssund": 46, "Halsnæs": 32, "Gribskov": 42, "Bornholm": 39,
    },
    "Region Sjælland": {
        "Greve": 51, "Køge": 62, "Roskilde": 90, "Solrød": 24, "Odsherred": 33, "Holbæk": 74, "Faxe": 37,
        "Kalundborg": 48, "Ringsted": 35, "Slagelse": 80, "Stevns": 24, "Sorø": 30, "Lejre": 29, "Lolland": 40,
        "Næstved": 84, "Guldborgsund": 60, "Vordingborg": 45,
    },
    "Region Syddanmark": {
        "Middelfart": 40, "Assens": 40, "Faaborg-Midtfyn": 52, "Kerteminde": 24, "Nyborg": 32, "Odense": 208,
        "Svendborg": 59, "Nordfyns": 30, "Langeland": 12, "Ærø": 6, "Haderslev": 55, "Billund": 27,
        "Sønderborg": 74, "Tønder": 37, "Esbjerg": 115, "Fanø": 3, "Varde": 50, "Vejen": 43, "Aabenraa": 59,
        "Fredericia": 52, "Kolding": 95, "Vejle": 121,
    },
    "Region Midtjylland": {
        "Horsens": 96, "Herning": 90, "Holstebro": 59, "Lemvig": 19, "Struer": 21, "Syddjurs": 44,
        "Norddjurs": 37, "Favrskov": 50, "Odder": 24, "Randers": 100, "Silkeborg": 100, "Samsø": 4,
        "Skanderborg": 65, "Aarhus": 367, "Ikast-Brande": 43, "Ringkøbing-Skjern": 56, "Hedensted": 48,
        "Skive": 45, "Viborg": 98,
    },
    "Region Nordjylland": {
        "Morsø": 20, "Thisted": 43, "Brønderslev": 37, "Frederikshavn": 58, "Vesthimmerlands": 36, "Læsø": 2,
        "Rebild": 31, "Mariagerfjord": 42, "Jammerbugt": 39, "Aalborg": 223, "Hjørring": 63,
    },
    # Whose address is not known: an ordinary member of both levels, without which the parts miss the country.
    "Uoplyst område": {"Uoplyst område": 6},
}  # fmt: skip

# "Ingen a-kasse" stands first where a table counts the uninsured too.
FUNDS: dict[str, float] = {
    "Ingen a-kasse": 18,
    "A-kassen for Journalistik, Komm. og Sprog": 2,
    "Socialpædagogernes A-Kasse": 1,
    "Faglig Fælles (3F) A-kasse": 12,
    "FOAs A-kasse": 4,
    "Lærernes A-kasse": 2,
    "Det Faglige Hus A-kasse": 10,
    "Metalarbejdernes A-Kasse": 3,
    "Din Faglige A-Kasse": 2,
    "HK /Danmarks A-kasse": 9,
    "Min A-kasse": 4,
    "Lederne A-kasse": 4,
    "Teknikernes A-Kasse": 1,
    "Kristelig A-Kasse": 8,
    "Din Sundhedsfaglige A-kasse": 2,
    "BUPL A-kasse": 1.5,
    "A-kassen Frie": 2,
    "Akademikernes A-kasse": 13,
    "Magistrenes A-kasse": 5,
    "A-kassen A&Til": 6,
    "A-kassen Ase": 7,
    "CA A-kasse": 3,
}

# Weight, and the share of the group that has no fund.
BENEFITS: dict[str, tuple[float, float]] = {
    "A-dagpenge": (80, 0.0),
    "Kontanthjælp": (15, 0.9),
    "Uddannelseshjælp": (3, 0.8),
    "Selvforsørgelses- og hjemrejseydelse": (2, 1.0),
}

# Main offer -> subgroup -> offer. A subgroup can bear its main offer's name, and an only child its parent's.
OFFERS: dict[str, dict[str, dict[str, float]]] = {
    "Vejledning og opkvalificering i alt": {
        "Ordinær uddannelse i alt": {
            "Almen voksenuddannelse (AVU)": 4,
            "Arbejdsmarkedsuddannelse (AMU)": 16,
            "Erhversuddannelse (EUD) m.v.": 7,
            "Social- og sundhedsuddannelser (SOSU)": 0.5,
            "Udd. på videregående niveau (KVU, MVU, LVU)": 5,
            "Læse-, skrive-, regne- og ordblindekurser": 1,
            "Danskuddannelse": 8,
        },
        "Øvrige vejlednings- og opkvalificeringsforløb": {
            "Øvrige vejlednings- og opkvalificeringsforløb": 110
        },
    },
    "Ansættelse med løntilskud i alt": {
        "Privat ansættelse med løntilskud": {"Privat ansættelse med løntilskud": 9},
        "Offentlig ansættelse med løntilskud i alt": {
            "Ansættelse med løntilskud, stat": 0.4,
            "Ansættelse med løntilskud, region": 0.3,
            "Ansættelse med løntilskud, kommune": 3,
        },
    },
    "Virksomhedspraktik i alt": {
        "Privat virksomhedspraktik": {"Privat virksomhedspraktik": 50},
        "Offentlig virksomhedspraktik i alt": {
            "Virksomhedspraktik, stat": 2,
            "Virksomhedspraktik, region": 1,
            "Virksomhedspraktik, kommune": 14,
        },
    },
    "Nytteindsats i alt": {
        "Nytteindsats i alt": {"Nytteindsats, stat": 0.01, "Nytteindsats, kommune": 0.6},
    },
}

AGES: dict[str, float] = {
    "16-19 år": 3,
    "20-24 år": 9,
    "25-29 år": 11,
    "30-34 år": 11,
    "35-39 år": 10,
    "40-44 år": 9,
    "45-49 år": 9,
    "50-54 år": 11,
    "55-59 år": 12,
    "60 år og derover": 15,
}

ORIGINS: dict[str, float] = {
    "Personer med dansk oprindelse": 78,
    "Personer med vestlig oprindelse": 7,
    "Personer med ikke-vestlig oprindelse": 15,
}

DURATIONS: dict[str, float] = {
    "Under 5 uger": 20,
    "5-8 uger": 16,
    "9-26 uger": 34,
    "27-52 uger": 18,
    "Over 52 uger": 12,
}

CATEGORIES: dict[str, float] = {"Jobparat": 32, "Aktivitetsparat": 64, "Uoplyst visitationskategori": 4}

OCCUPATIONS: dict[str, dict[str, float]] = {
    "Akademisk arbejde": {
        "Ingeniør": 20, "Jurist": 12, "Læge": 16, "Økonom": 9, "Arkitekt": 5, "Bibliotekar": 1, "Geolog": 0.2,
        "Meteorolog": 0.05,
    },
    "Bygge og anlæg": {
        "Tømrer": 18, "Murer": 9, "Elektriker": 15, "VVS-montør": 11, "Maler": 7, "Glarmester": 0.7,
        "Stenhugger": 0.1,
    },
    "Hotel, restauration og køkken": {"Kok": 20, "Tjener": 24, "Opvasker": 8, "Sommelier": 0.3},
    "Industri": {"Smed": 14, "Industritekniker": 10, "Bådebygger": 0.3, "Orgelbygger": 0.03, "Garver": 0.02},
    "Salg og handel": {"Butiksassistent": 60, "Sælger": 30, "Dekoratør": 1, "Fiskehandler": 0.4, "Urmager": 0.2},
    "Sundhed, omsorg og personlig pleje": {
        "Sygeplejerske": 55, "Social- og sundhedshjælper": 45, "Fysioterapeut": 9, "Jordemoder": 2, "Tandlæge": 3,
        "Fodterapeut": 0.5,
    },
    "Undervisning og vejledning": {"Lærer": 28, "Pædagog": 40, "Danselærer": 0.3, "Svømmelærer": 0.8},
    "Øvrige erhverv": {"Uoplyst": 2},
}  # fmt: skip
