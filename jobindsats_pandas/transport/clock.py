"""Danish time: the hour the API is closed, and the moment a table's next update is due."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

CLOSING, OPENING = time(22), time(23)  # api-wide, summer and winter; STAR's rule
UPDATE = time(8)
HOUR = timedelta(hours=1)


def danish_zone() -> ZoneInfo:
    """Europe/Copenhagen; where the machine has no time zone data, tzdata has."""
    return ZoneInfo("Europe/Copenhagen")


def utc_now() -> datetime:
    """Return the present moment, in UTC."""
    return datetime.now(UTC)


def opening_moment(now: datetime) -> datetime | None:
    """When the API opens again, in Danish time; None while it is open.

    Examples
    --------
    >>> opening_moment(datetime(2026, 7, 1, 20, 30, tzinfo=UTC)).isoformat()
    '2026-07-01T23:00:00+02:00'
    >>> opening_moment(datetime(2026, 7, 1, 21, 0, tzinfo=UTC)) is None
    True
    """
    here = now.astimezone(danish_zone())
    if not CLOSING <= here.time() < OPENING:
        return None
    return datetime.combine(here.date(), OPENING, here.tzinfo)


def expiry_moment(update_next: date | None, now: datetime) -> datetime:
    """When an answer fetched now should be asked for again.

    Parameters
    ----------
    update_next : date or None
        The table's next update; it is due at 08:00 Danish time.
    now : datetime
        With time zone.

    Returns
    -------
    datetime
        In UTC: the next update, but at least 5 minutes and at most 7 days away; an hour away when the update
        is late; a day away when none is known.

    Examples
    --------
    >>> now = datetime(2026, 12, 15, 12, tzinfo=UTC)
    >>> expiry_moment(date(2026, 12, 16), now).isoformat()
    '2026-12-16T07:00:00+00:00'
    """
    now = now.astimezone(UTC)
    if update_next is None:
        return now + timedelta(days=1)
    due = datetime.combine(update_next, UPDATE, danish_zone()).astimezone(UTC)
    if due <= now:
        return now + HOUR
    return max(now + timedelta(minutes=5), min(due, now + timedelta(days=7)))
