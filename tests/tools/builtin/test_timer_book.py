from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tools import ToolError
from tools.builtin.timer_book import Timer, TimerBook, after, describe
from tools.testing import ManualClock, make_context


def test_a_timer_that_cannot_be_written_is_not_set(tmp_path: Path) -> None:
    context = make_context(tmp_path / "data")
    book = TimerBook(context)
    (tmp_path / "data").rmdir()
    (tmp_path / "data").write_text("in the way")

    with pytest.raises(ToolError):
        book.add("timer", due=context.now() + timedelta(minutes=1), duration_s=60)

    (tmp_path / "data").unlink()
    assert book.running() == []


def test_two_books_of_one_folder_see_the_same(tmp_path: Path) -> None:
    clock = ManualClock()
    first = TimerBook(make_context(tmp_path, clock=clock))
    second = TimerBook(make_context(tmp_path, clock=clock))

    timer = first.add("alarm", due=clock.now() + timedelta(hours=1), label="tea")

    assert second.running() == [timer]
    second.remove([timer])
    assert first.running() == []


def test_a_long_absence_is_summed_up(tmp_path: Path) -> None:
    clock = ManualClock()
    book = TimerBook(make_context(tmp_path, clock=clock))
    for number in range(8):
        due = clock.now() + timedelta(minutes=number + 1)
        book.add("timer", due=due, label=f"number {number}", duration_s=60)
    clock.jump(clock.now() + timedelta(days=2))
    said: list[str] = []

    TimerBook(make_context(tmp_path, clock=clock, say=said.append)).rearm()

    assert len(said) == 1
    assert "your number 0 timer ended at 12:01 PM on Monday, March 2nd" in said[0]
    assert said[0].endswith("and 3 more came due.")


def test_times_are_described_from_now() -> None:
    now = datetime(2026, 3, 4, 15, tzinfo=UTC)
    book_time = after(now, 3600)

    assert book_time == now + timedelta(hours=1)
    assert describe(Timer("1", "alarm", "", book_time, 0.0), now) == "4 PM today"
