from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tools.testing import ManualClock


def test_calls_come_in_order_at_their_times() -> None:
    clock = ManualClock()
    start = clock.now()
    seen: list[tuple[str, timedelta]] = []
    clock.call_later(20, lambda: seen.append(("late", clock.now() - start)))
    clock.call_later(10, lambda: seen.append(("early", clock.now() - start)))
    clock.call_later(15, lambda: seen.append(("never", clock.now() - start))).cancel()

    clock.advance(19)
    assert [name for name, _ in seen] == ["early"]
    clock.advance(11)

    assert seen == [("early", timedelta(seconds=10)), ("late", timedelta(seconds=20))]
    assert clock.now() - start == timedelta(seconds=30)


def test_a_callback_may_arrange_the_next() -> None:
    clock = ManualClock()
    count = 0

    def again() -> None:
        nonlocal count
        count += 1
        clock.call_later(10, again)

    again()
    clock.advance(35)

    assert count == 4


def test_a_jump_wakes_nobody() -> None:
    clock = ManualClock()
    rung: list[int] = []
    clock.call_later(10, lambda: rung.append(1))

    clock.jump(datetime(2030, 1, 1, tzinfo=UTC))
    assert rung == []
    clock.advance(0)
    assert rung == [1]
