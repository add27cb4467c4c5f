"""Back-off, budget, and the moment to go elsewhere or to give up."""

import pytest

from voice.core.link import BACK_OFF_MS
from voice.core.reconnect import BUSY_MS, STABLE_MS, Attempts, Persistence


def attempts(jitter: float = 1.0, **rules: int) -> Attempts:
    return Attempts(Persistence(**rules), lambda: jitter)


def waits(made: Attempts, count: int) -> list[int]:
    """Return the waits of so many failures in a row, each as long as it says."""
    now_ms, found = 0, []
    for _ in range(count):
        made.failed(now_ms)
        found.append(made.wait_ms())
        now_ms += found[-1]
    return found


def test_the_first_try_comes_at_once_and_each_further_one_later() -> None:
    assert waits(attempts(), 6) == [*BACK_OFF_MS, BACK_OFF_MS[-1]]


def test_jitter_takes_any_part_of_the_wait() -> None:
    assert waits(attempts(0.5), 4) == [0, 250, 500, 1_000]
    assert waits(attempts(0.0), 4) == [0, 0, 0, 0]


def test_a_connection_that_does_not_hold_goes_on_with_the_streak() -> None:
    made = attempts()
    for now_ms in range(0, 60_000, 2_000):
        made.succeeded(now_ms)
        made.failed(now_ms + 100)
    assert made.count == 30
    made.succeeded(100_000)
    made.failed(100_000 + STABLE_MS)
    assert made.count == 1


@pytest.mark.parametrize("jitter", [0.0, 0.5, 0.99])
def test_ten_minutes_without_a_network_cost_sixty_tries_at_most(jitter: float) -> None:
    made = attempts(jitter)
    now_ms = tries = 0
    while now_ms < 600_000:
        tries += 1
        made.failed(now_ms)
        now_ms += made.wait_ms()
    assert 40 <= tries <= 61
    # And so it goes on, for as long as it takes.
    assert made.wait_ms() <= 18_000


def test_what_the_endpoint_asks_for_is_obeyed() -> None:
    made = attempts(0.0)
    made.failed(0)
    assert made.wait_ms(is_busy=True, retry_after_ms=7_000) == 7_000
    assert made.wait_ms(is_busy=True) >= BUSY_MS // 2
    assert made.wait_ms(retry_after_ms=10**9) == 600_000


def test_patience_ends_where_it_is_bounded() -> None:
    made = attempts(give_up_after_ms=30_000)
    made.failed(1_000)
    assert not made.is_hopeless(30_999)
    assert made.is_hopeless(31_000)
    forever = attempts()
    forever.failed(0)
    assert not forever.is_hopeless(10**9)


def test_another_endpoint_is_tried_after_three_failures_or_four_seconds() -> None:
    quick = attempts()
    for _ in range(3):
        assert not quick.should_switch(0)
        quick.failed(0)
    assert quick.should_switch(0)
    quick.switched()
    assert not quick.should_switch(3_999)
    assert quick.should_switch(4_000)


def test_a_try_that_hung_has_waited_already() -> None:
    made = attempts()
    now_ms = 0
    for _ in range(5):
        made.began(now_ms)
        now_ms += 4_000
        made.failed(now_ms)
        assert made.wait_ms() == 0


def test_a_try_that_was_refused_at_once_waits_its_whole_time() -> None:
    made = attempts()
    for expected in BACK_OFF_MS:
        made.began(0)
        made.failed(0)
        assert made.wait_ms() == expected
