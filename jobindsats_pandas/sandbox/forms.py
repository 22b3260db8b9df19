"""The forms that a question can take, each as a number that a server may refuse beyond a limit.

Nobody here knows which of them the real API takes: ``Faults.refuse`` lets a test decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

__all__ = ["FORMS", "forms"]


def forms(asked: Mapping[str, str], areas: Collection[str]) -> dict[str, int]:
    """Count the forms in the parameters of a request.

    Parameters
    ----------
    asked : mapping of str to str
        Parameters, decoded.
    areas : collection of str
        The hierarchies of the table's area.

    Examples
    --------
    >>> found = forms({"mgroup.*": "*", "period.M": "latest:3", "hierarchy._kon": "/1/,/2/"}, ["_nykom"])
    >>> [form for form in found if found[form]], found["members"]
    (['members', 'no area', 'latest'], 2)
    """
    hierarchies, periods, groups = (
        {key.removeprefix(family): value for key, value in asked.items() if key.startswith(family)}
        for family in ("hierarchy.", "period.", "mgroup.")
    )
    groups.pop("*", None)
    return {
        "members": _longest(hierarchies.values()),
        "total": sum(value == "/" for value in hierarchies.values()),
        "level": sum(value.startswith("level:") for value in hierarchies.values()),
        "no area": int(bool(areas) and hierarchies.keys().isdisjoint(areas)),
        "periods": _longest(periods.values()),
        "latest": sum(value.startswith("latest:") for value in periods.values()),
        "every period": sum(value == "*" for value in periods.values()),
        "measures": _longest(groups.values()),
        "groups": len(groups),
        "whole group": sum(value == "*" for value in groups.values()),
    }


def _longest(values: Iterable[str]) -> int:
    """Count what the longest list names: ``/`` alone, ``*``, ``level:`` and ``latest:`` name nothing."""
    return max(
        (
            value.count(",") + 1
            for value in values
            if value not in {"/", "*"} and not value.startswith(("level:", "latest:"))
        ),
        default=0,
    )


FORMS = tuple(forms({}, ()))
"""Their names."""
