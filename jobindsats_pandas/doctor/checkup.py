"""What an examination found, as a table for its user and as a report for others."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Checkup", "Finding", "State"]

State = Literal["as assumed", "learned", "not tried", "mend"]

WIDTH = 100
LEFT = 38


@dataclass(frozen=True)
class Finding:
    """One line of the table.

    Attributes
    ----------
    assumption : str
        What the package holds to be so, or what was looked at.
    seen : str
        What was found; fit to be sent to others.
    state : {"as assumed", "learned", "not tried", "mend"}
        "learned" is otherwise than assumed; "mend" is what the user has to put right.
    private : str
        More for this user alone: paths, hosts.
    step : str
        What to do next, where something is to be done.
    """

    assumption: str
    seen: str
    state: State = "as assumed"
    private: str = ""
    step: str = ""


@dataclass
class Checkup:
    """What an examination found.

    Attributes
    ----------
    moment : datetime
        When it began.
    asked : int
        How many questions for data were sent.
    """

    moment: datetime
    findings: list[Finding] = field(default_factory=list)
    asked: int = 0

    @property
    def sound(self) -> bool:
        """Whether there is nothing that the user has to mend."""
        return all(finding.state != "mend" for finding in self.findings)

    def add(self, *about: Any, **more: Any) -> None:
        """Add a finding."""
        self.findings.append(Finding(*about, **more))

    def __str__(self) -> str:
        return self._table(private=True)

    def report(self, version: str) -> str:
        """Write a text to send in an issue: no key, no names of members, no user, no paths, no hosts but the API's.

        Parameters
        ----------
        version : str
            Of this package.
        """
        head = f"jobindsats doctor, {self.moment:%Y-%m-%d %H:%M} UTC, jobindsats-pandas {version}"
        return f"{head}\n{self.asked} questions for data were asked.\n\n{self._table(private=False)}\n"

    def to_json(self) -> str:
        """Write the findings as JSON, without what is private."""
        rows = [
            {"assumption": f.assumption, "seen": f.seen, "state": f.state, "step": f.step}
            for f in self.findings
        ]
        found = {
            "moment": self.moment.isoformat(),
            "sound": self.sound,
            "asked": self.asked,
            "findings": rows,
        }
        return json.dumps(found, ensure_ascii=False, indent=1)

    def _table(self, *, private: bool) -> str:
        lines = [f"{'assumption':<{LEFT}}  seen", f"{'-' * LEFT}  {'-' * (WIDTH - LEFT - 2)}"]
        for finding in self.findings:
            seen = finding.seen + (f" ({finding.private})" if private and finding.private else "")
            if finding.state in {"mend", "learned"}:
                seen = f"{'MEND' if finding.state == 'mend' else 'learned'}: {seen}"
            right = [
                line
                for text in (seen, f"Next: {finding.step}" if finding.step else "")
                for line in wrap(text, WIDTH - LEFT - 2, break_on_hyphens=False)
            ]
            rows = zip_longest(wrap(finding.assumption, LEFT), right, fillvalue="")
            lines += [f"{left:<{LEFT}}  {told}".rstrip() for left, told in rows]
        return "\n".join(lines)
