from datetime import date

import pytest

from voice.engines.offline_brain.calendar_values import clock_iso, date_iso

FRIDAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("said", "iso"),
    [
        ("today", "2026-11-20"),
        ("tomorrow morning", "2026-11-21"),
        ("day after tomorrow", "2026-11-22"),
        ("friday", "2026-11-27"),
        ("monday", "2026-11-23"),
        ("last monday", "2026-11-16"),
        ("december 24", "2026-12-24"),
        ("march 3", "2027-03-03"),
        ("february 29 2028", "2028-02-29"),
        ("in 3 days", "2026-11-23"),
        ("2027-01-05", "2027-01-05"),
        ("february 30", None),
        ("next week", None),
    ],
)
def test_days_are_reckoned_from_today(said, iso):
    assert date_iso(said, FRIDAY) == iso


def test_clocks_are_written_in_full():
    assert clock_iso(19 * 60 + 5) == "19:05:00"
    assert clock_iso(0) == "00:00:00"
