"""The clock that stands still, and ids that count."""

from voice.testing.clock import MovedClock, SequentialIds


def test_time_passes_only_when_it_is_moved() -> None:
    clock = MovedClock(1_000)
    assert clock() == 1_000
    clock.advance(250)
    assert clock() == 1_250


def test_a_sleeper_is_woken_at_its_time() -> None:
    clock, woken = MovedClock(), []
    due = [300, 500, None]

    def wake() -> None:
        woken.append(clock())
        due.pop(0)

    clock.wake(lambda: due[0], wake)
    clock.advance(400)
    clock.advance(600)
    assert woken == [300, 500]
    assert clock() == 1_000


def test_a_sleeper_whose_time_is_past_does_not_stop_the_clock() -> None:
    clock, woken = MovedClock(10), []
    clock.wake(lambda: 5, lambda: woken.append(clock()))
    clock.advance(3)
    assert woken == [11, 12, 13]


def test_ids_count_by_kind() -> None:
    ids = SequentialIds()
    assert [ids("item"), ids("ask"), ids("item")] == ["item_1", "ask_1", "item_2"]
