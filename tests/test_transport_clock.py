"""Danish time, by the machine's time zone data and where it has none."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime

import pytest

from jobindsats_pandas.transport import clock
from jobindsats_pandas.transport.clock import expiry_moment, opening_moment


@pytest.fixture(params=["the machine's", "tzdata's"])
def _zone(request):
    zoneinfo.reset_tzpath([] if request.param == "tzdata's" else None)
    zoneinfo.ZoneInfo.clear_cache()
    yield
    zoneinfo.reset_tzpath()
    zoneinfo.ZoneInfo.clear_cache()


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.usefixtures("_zone")
@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-07-01T19:59:59", None),  # summer: two hours ahead of UTC
        ("2026-07-01T20:00:00", "2026-07-01T23:00:00+02:00"),
        ("2026-07-01T20:59:59", "2026-07-01T23:00:00+02:00"),
        ("2026-07-01T21:00:00", None),
        ("2026-12-01T20:59:59", None),  # winter: one
        ("2026-12-01T21:00:00", "2026-12-01T23:00:00+01:00"),
        ("2026-12-01T21:59:59", "2026-12-01T23:00:00+01:00"),
        ("2026-12-01T22:00:00", None),
    ],
)
def test_the_api_is_closed_from_22_to_23_in_danish_time(now, opens):
    moment = opening_moment(utc(now))
    assert (moment and moment.isoformat()) == opens


@pytest.mark.usefixtures("_zone")
@pytest.mark.parametrize(
    ("update_next", "now", "expires"),
    [
        (date(2026, 12, 16), "2026-12-15T12:00:00", "2026-12-16T07:00:00"),  # 08:00 in winter
        (date(2026, 8, 27), "2026-08-26T12:00:00", "2026-08-27T06:00:00"),  # 08:00 in summer
        (date(2026, 3, 29), "2026-03-28T12:00:00", "2026-03-29T06:00:00"),  # the morning of the change
        (date(2027, 12, 16), "2026-12-15T12:00:00", "2026-12-22T12:00:00"),  # at most 7 days
        (date(2026, 12, 16), "2026-12-16T06:59:00", "2026-12-16T07:04:00"),  # at least 5 minutes
        (date(2026, 12, 16), "2026-12-16T06:59:59", "2026-12-16T07:04:59"),
        (date(2026, 12, 16), "2026-12-16T07:00:00", "2026-12-16T08:00:00"),  # due now, so late: hourly
        (date(2026, 12, 16), "2026-12-18T07:00:00", "2026-12-18T08:00:00"),  # two days late: hourly
        (None, "2026-12-18T07:00:00", "2026-12-19T07:00:00"),  # unknown: a day
    ],
)
def test_answers_expire_when_the_next_update_is_due(update_next, now, expires):
    assert expiry_moment(update_next, utc(now)) == utc(expires)
    assert expiry_moment(update_next, utc(now)).tzinfo is UTC


def test_the_present_moment_is_told_with_its_time_zone():
    assert clock.utc_now().tzinfo is UTC
