"""The response slot: its table, its deadlines, and requests that are given up."""

import pytest

from voice.core.responses import (
    ASK_DEADLINE_MS,
    CANCEL_DEADLINE_MS,
    IDLE_STREAM_DEADLINE_MS,
    ResponseSlot,
    SlotState,
)
from voice.errors import LocalProtocolError


def requested() -> ResponseSlot:
    slot = ResponseSlot()
    slot.ask("ask_1", 0)
    return slot


def active() -> ResponseSlot:
    slot = requested()
    slot.created("r1", 0)
    return slot


def test_a_response_that_we_ask_for_goes_round_the_table() -> None:
    slot = requested()
    assert slot.state is SlotState.REQUESTED
    slot.created("r1", 5)
    assert slot.state is SlotState.ACTIVE
    assert slot.done("r1")
    assert slot.is_idle


def test_the_server_may_start_a_response_by_itself() -> None:
    slot = ResponseSlot()
    slot.created("r1", 0)
    assert slot.state is SlotState.ACTIVE


def test_asking_twice_is_our_bug() -> None:
    with pytest.raises(LocalProtocolError, match="illegal while requested"):
        requested().ask("ask_2", 0)


def test_cancelling_an_idle_slot_is_our_bug() -> None:
    with pytest.raises(LocalProtocolError, match="illegal while idle"):
        ResponseSlot().cancel(0)


def test_a_refusal_of_our_request_frees_the_slot() -> None:
    slot = requested()
    assert slot.refused("ask_1")
    assert slot.is_idle


def test_a_refusal_of_something_else_does_not() -> None:
    slot = requested()
    assert not slot.refused("ask_0")
    assert not slot.refused(None)
    assert slot.state is SlotState.REQUESTED


def test_a_refusal_that_comes_after_the_response_is_ignored() -> None:
    slot = active()
    assert not slot.refused("ask_1")
    assert not slot.refused(None)


def test_a_request_given_up_is_to_be_cancelled_at_birth() -> None:
    slot = requested()
    slot.cancel(10)
    assert slot.is_unwanted
    assert slot.deadline_ms == ASK_DEADLINE_MS
    slot.created("r1", 20, dead=True)
    assert slot.state is SlotState.CANCELLING
    assert not slot.is_unwanted
    assert slot.deadline_ms == 20 + CANCEL_DEADLINE_MS


def test_a_request_given_up_may_still_be_refused() -> None:
    slot = requested()
    slot.cancel(10)
    assert slot.refused("ask_1")
    assert slot.is_idle


def test_a_cancelled_response_that_never_ends_frees_the_slot_in_time() -> None:
    slot = active()
    slot.cancel(100)
    assert not slot.expire(100 + CANCEL_DEADLINE_MS - 1)
    assert slot.expire(100 + CANCEL_DEADLINE_MS)
    assert slot.is_idle


def test_an_active_response_lives_as_long_as_it_shows_life() -> None:
    slot = active()
    slot.alive(50_000)
    assert not slot.expire(IDLE_STREAM_DEADLINE_MS)
    assert slot.expire(50_000 + IDLE_STREAM_DEADLINE_MS)


def test_the_end_of_another_response_changes_nothing() -> None:
    slot = active()
    assert not slot.done("r0")
    assert slot.state is SlotState.ACTIVE


def test_a_response_that_was_never_announced_ends_our_request() -> None:
    slot = requested()
    assert slot.done("r9")
    assert slot.is_idle


def test_a_second_end_is_harmless() -> None:
    slot = active()
    slot.done("r1")
    assert not slot.done("r1")
    assert not slot.done(None)
