"""The sound over our voice: its table and its deadlines."""

import pytest

from voice.core.near_state import (
    DISPUTE_DEADLINE_MS,
    PAUSE_DEADLINE_MS,
    NearEvent,
    NearSound,
    NearState,
)


def after(*events: NearEvent) -> NearSound:
    near = NearSound()
    for event in events:
        near.move(event, 0)
    return near


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ((NearEvent.HEARD,), NearState.PAUSED),
        ((NearEvent.HEARD, NearEvent.HEARD), NearState.PAUSED),
        ((NearEvent.HEARD, NearEvent.RELEASED), NearState.JUDGED),
        ((NearEvent.HEARD, NearEvent.RELEASED, NearEvent.HEARD), NearState.PAUSED),
        ((NearEvent.HEARD, NearEvent.STARTED), NearState.DISPUTED),
        ((NearEvent.HEARD, NearEvent.STARTED, NearEvent.RELEASED), NearState.OVERRULED),
        ((NearEvent.HEARD, NearEvent.RELEASED, NearEvent.STARTED), NearState.OVERRULED),
        ((NearEvent.HEARD, NearEvent.STARTED, NearEvent.CUT), NearState.QUIET),
        ((NearEvent.HEARD, NearEvent.STARTED, NearEvent.LOST), NearState.PAUSED),
        ((NearEvent.HEARD, NearEvent.EXPIRED), NearState.QUIET),
        ((NearEvent.STARTED,), NearState.QUIET),
        ((NearEvent.RELEASED,), NearState.QUIET),
    ],
)
def test_the_table_leads_from_the_sound_to_what_it_means(
    events: tuple[NearEvent, ...], state: NearState
) -> None:
    assert after(*events).state is state


def test_a_verdict_is_waited_for_so_long_and_shorter_where_the_endpoint_hears_speech() -> None:
    near = after(NearEvent.HEARD)
    assert near.deadline_ms == PAUSE_DEADLINE_MS
    assert not near.is_late(PAUSE_DEADLINE_MS - 1)
    assert near.is_late(PAUSE_DEADLINE_MS)
    near.dispute("r1", 100)
    assert near.deadline_ms == 100 + DISPUTE_DEADLINE_MS


def test_only_the_disputed_response_is_cut_short_and_that_is_told_once() -> None:
    near = after(NearEvent.HEARD)
    near.dispute("r1", 0)
    near.cancelled("r2")
    assert not near.is_cut_short
    near.cancelled("r1")
    assert not near.take_cut_short(), "nobody judged yet"
    near.move(NearEvent.RELEASED, 100)
    assert near.take_cut_short()
    assert not near.take_cut_short()


def test_a_flush_forgets_what_was_disputed() -> None:
    near = after(NearEvent.HEARD)
    near.dispute("r1", 0)
    near.cancelled("r1")
    near.move(NearEvent.CUT, 100)
    assert not near.take_cut_short()
    assert not near.is_paused
