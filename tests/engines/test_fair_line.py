import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.engines.fair_line import FairLine, LineFullError, Urgency


def line(max_waiting=100, max_waiting_each=50):
    return FairLine(max_waiting=max_waiting, max_waiting_each=max_waiting_each)


def put(waiting, caller, call=None, urgency=Urgency.WAITED_FOR, now_s=0.0):
    return waiting.put(call or caller, caller=caller, urgency=urgency, now_s=now_s)


def taken(waiting):
    return [waiting.take() for _ in range(len(waiting))]


def test_callers_are_served_in_turn_however_much_one_of_them_asks():
    waiting = line()
    for now_s in range(6):
        put(waiting, "chatty", now_s=now_s)
    put(waiting, "shy", now_s=10)
    put(waiting, "other", now_s=11)

    assert taken(waiting)[:3] == ["chatty", "shy", "other"]


def test_a_caller_that_comes_late_is_served_before_the_second_call_of_another():
    waiting = line()
    put(waiting, "a", "a1", now_s=0)
    put(waiting, "a", "a2", now_s=1)
    assert waiting.take() == "a1"
    put(waiting, "b", "b1", now_s=2)
    put(waiting, "a", "a3", now_s=3)

    assert taken(waiting) == ["a2", "b1", "a3"]


def test_calls_of_one_caller_keep_their_order():
    waiting = line()
    for number in range(5):
        put(waiting, "a", number + 1, now_s=number)

    assert taken(waiting) == [1, 2, 3, 4, 5]


def test_who_is_waited_for_comes_before_what_is_made_ahead():
    waiting = line()
    put(waiting, "a", "one shot", Urgency.UNHURRIED, now_s=0)
    put(waiting, "b", "later piece", Urgency.AHEAD, now_s=1)
    put(waiting, "c", "first piece", Urgency.WAITED_FOR, now_s=2)

    assert taken(waiting) == ["first piece", "later piece", "one shot"]


def test_the_least_urgent_call_is_served_under_an_endless_stream_of_urgent_ones():
    waiting = line()
    put(waiting, "patient", "one shot", Urgency.UNHURRIED, now_s=0)
    served = []
    for now_s in range(1, 5):
        put(waiting, "urgent", now_s=now_s)
        served.append(waiting.take())

    assert served == ["urgent", "urgent", "urgent", "one shot"]


def test_a_call_that_was_taken_back_is_not_served():
    waiting = line()
    first = put(waiting, "a", "a1")
    put(waiting, "b", "b1")

    waiting.remove(first)
    waiting.remove(first)

    assert taken(waiting) == ["b1"]
    assert waiting.take() is None


def test_one_caller_cannot_fill_the_line_for_others():
    waiting = line(max_waiting_each=2)
    put(waiting, "a")
    put(waiting, "a", urgency=Urgency.AHEAD)

    with pytest.raises(LineFullError):
        put(waiting, "a")
    put(waiting, "b")


def test_the_whole_line_is_bounded():
    waiting = line(max_waiting=3)
    for caller in "abc":
        put(waiting, caller)

    with pytest.raises(LineFullError):
        put(waiting, "d")


def test_the_longest_wait_counts_only_calls_that_somebody_waits_for():
    waiting = line()
    assert waiting.longest_wait_s(9.0) == 0.0
    put(waiting, "a", urgency=Urgency.UNHURRIED, now_s=1.0)
    put(waiting, "b", now_s=5.0)
    put(waiting, "c", now_s=7.0)

    assert waiting.longest_wait_s(9.0) == 4.0


@given(
    calls=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(Urgency)), max_size=40),
    data=st.data(),
)
def test_every_call_is_served_once_or_taken_back(calls, data):
    waiting = line()
    places, served, removed = [], [], set()
    for number, (caller, urgency) in enumerate(calls, start=1):
        places.append(put(waiting, caller, number, urgency, now_s=number))
        if data.draw(st.booleans()):
            served.append(waiting.take())
        if data.draw(st.booleans()):
            chosen = data.draw(st.sampled_from(places))
            if chosen.call not in served:
                removed.add(chosen.call)
            waiting.remove(chosen)
    served += taken(waiting)

    assert len(waiting) == 0
    assert sorted(served) == sorted(set(range(1, len(calls) + 1)) - removed)
