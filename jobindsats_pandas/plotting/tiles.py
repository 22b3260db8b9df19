"""Denmark as a grid of 98 tiles, one a municipality, placed so that neighbours are near and Danes recognise it."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["TILES", "Tile"]

# West to east and north to south. The capital has as much room as its municipalities need, so the rest of Zealand lies
# further west than on a map; Bornholm stands below, as maps have it.
_MAP = """
... ... ... ... HJØ FRH ... LÆS ... ... ... ... ... ... ... ... ... ... ... ...
... ... THI JAM BRS AAL ... ... ... ... ... ... ... ... ... ... ... ... ... ...
... ... MOR VHI REB MAR ... ... ... ... ... ... ... ... ... ... ... ... ... ...
... ... STR SKI VIB RAN NDJ ... ... ... ... ... ... ... ... HAL GRI HEL ... ...
... LEM HOL IKA SIL FAV SYD ... ... ... ... ... ... ... ... FSD HIL FDB ... ...
... RKS HER SKA AAR ... ... ... ... ... ... ... ... ... ... EGE ALL HØR ... ...
... VAR BIL VEJ HOR ODD ... SAM ... ... ... ODS ... ... ... BAL FUR RUD ... ...
FAN ESB VJN KOL HED ... ... ... ... ... KAL HOB LEJ ROS HTA HRL GLA LYN GEN ...
... ... TØN HAD FRC ... MID NFY KER ... SLA SOR RIN GRE ALB GLO RØD FRB KBH ...
... ... ... AAB SØN ... ASS ODE NYB ... ... NÆS KØG SOL ISH VAL BRØ HVI TÅR DRA
... ... ... ... ... ... ... FAA SVE ... ... VOR FAX STE ... ... ... ... ... ...
... ... ... ... ... ... ... ÆRØ ... LAN LOL GUL ... ... ... ... ... ... BOR ...
"""

_CODES = """
101 KBH · 147 FRB · 151 BAL · 153 BRØ · 155 DRA · 157 GEN · 159 GLA · 161 GLO · 163 HRL · 165 ALB · 167 HVI · 169 HTA
173 LYN · 175 RØD · 183 ISH · 185 TÅR · 187 VAL · 190 FUR · 201 ALL · 210 FDB · 217 HEL · 219 HIL · 223 HØR · 230 RUD
240 EGE · 250 FSD · 253 GRE · 259 KØG · 260 HAL · 265 ROS · 269 SOL · 270 GRI · 306 ODS · 316 HOB · 320 FAX · 326 KAL
329 RIN · 330 SLA · 336 STE · 340 SOR · 350 LEJ · 360 LOL · 370 NÆS · 376 GUL · 390 VOR · 400 BOR · 410 MID · 420 ASS
430 FAA · 440 KER · 450 NYB · 461 ODE · 479 SVE · 480 NFY · 482 LAN · 492 ÆRØ · 510 HAD · 530 BIL · 540 SØN · 550 TØN
561 ESB · 563 FAN · 573 VAR · 575 VJN · 580 AAB · 607 FRC · 615 HOR · 621 KOL · 630 VEJ · 657 HER · 661 HOL · 665 LEM
671 STR · 706 SYD · 707 NDJ · 710 FAV · 727 ODD · 730 RAN · 740 SIL · 741 SAM · 746 SKA · 751 AAR · 756 IKA · 760 RKS
766 HED · 773 MOR · 779 SKI · 787 THI · 791 VIB · 810 BRS · 813 FRH · 820 VHI · 825 LÆS · 840 REB · 846 MAR · 849 JAM
851 AAL · 860 HJØ
"""


class Tile(NamedTuple):
    """Where a municipality stands, and what it is called there."""

    row: int
    column: int
    short: str


_PLACES = {
    short: (row, column)
    for row, line in enumerate(_MAP.split("\n")[1:-1])
    for column, short in enumerate(line.split())
    if short != "..."
}

TILES: dict[str, Tile] = {
    f"0{code}": Tile(*_PLACES[short], short) for code, short in re.findall(r"(\d{3}) (\w{3})", _CODES)
}
"""The 98 municipalities by their codes of four digits."""
