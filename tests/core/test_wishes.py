"""Wishes for a response: at most one waits, and each one ends."""

from voice.core.wishes import MAX_ANNOUNCEMENTS, MAX_ATTEMPTS, Wishes


def test_wishes_join() -> None:
    wishes = Wishes()
    wishes.want(["a"])
    wishes.want(["b"])
    assert wishes.pending is not None
    assert wishes.pending.unacknowledged == {"a", "b"}


def test_a_response_fulfils_a_wish_whose_items_the_endpoint_had() -> None:
    wishes = Wishes()
    wishes.want(["a"])
    wishes.response_began()
    assert wishes.pending is not None
    wishes.acknowledged("a")
    wishes.response_began()
    assert wishes.pending is None


def test_a_wish_that_was_asked_waits_no_more() -> None:
    wishes = Wishes()
    wishes.want()
    wishes.asked("ask_1")
    assert wishes.pending is None


def test_a_refused_wish_waits_again_until_its_time() -> None:
    wishes = Wishes()
    wishes.want(["a"])
    wishes.asked("ask_1")
    assert not wishes.refused("ask_1", retry_at_ms=500)
    assert wishes.pending is not None
    assert (wishes.pending.not_before_ms, wishes.pending.unacknowledged) == (500, {"a"})


def test_a_refusal_of_something_else_is_not_of_this_wish() -> None:
    wishes = Wishes()
    wishes.want()
    wishes.asked("ask_1")
    assert not wishes.refused("ask_0", retry_at_ms=500)
    assert wishes.pending is None
    assert not wishes.refused(None, retry_at_ms=500)


def test_a_refusal_without_another_try_loses_the_wish() -> None:
    wishes = Wishes()
    wishes.want()
    wishes.asked("ask_1")
    assert wishes.refused("ask_1", retry_at_ms=None)
    assert wishes.pending is None


def test_a_wish_is_lost_after_too_many_tries() -> None:
    wishes = Wishes()
    wishes.want()
    lost = []
    for attempt in range(MAX_ATTEMPTS):
        wishes.asked(f"ask_{attempt}")
        lost.append(wishes.refused(f"ask_{attempt}", retry_at_ms=1))
    assert lost == [False] * (MAX_ATTEMPTS - 1) + [True]


def test_a_refused_wish_that_another_response_covers_is_over() -> None:
    wishes = Wishes()
    wishes.want(["a"])
    wishes.asked("ask_1")
    wishes.acknowledged("a")
    wishes.response_began()
    assert not wishes.refused("ask_1", retry_at_ms=1)
    assert wishes.pending is None


def test_a_refusal_after_the_response_is_over_is_ignored() -> None:
    wishes = Wishes()
    wishes.want()
    wishes.asked("ask_1")
    wishes.response_over()
    assert not wishes.refused("ask_1", retry_at_ms=1)
    assert wishes.pending is None


def test_announcements_come_in_order_and_are_bounded() -> None:
    wishes = Wishes()
    dropped = [wishes.announce(str(number)) for number in range(MAX_ANNOUNCEMENTS + 1)]
    assert dropped == [False] * MAX_ANNOUNCEMENTS + [True]
    assert wishes.next_announcement() == "1"


def test_no_announcement_is_none() -> None:
    assert Wishes().next_announcement() is None
