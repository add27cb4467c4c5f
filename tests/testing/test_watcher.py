"""The watcher names the property that a core breaks."""

import pytest

from voice.core import client_actions as act
from voice.core.updates import Ended, EndKind
from voice.protocol import client_events as said
from voice.protocol.items import FunctionCallOutput
from voice.testing import events
from voice.testing.clock import MovedClock
from voice.testing.sound import RecordingSpeaker
from voice.testing.watcher import PropertyBroken, Watcher


def watching() -> Watcher:
    return Watcher(RecordingSpeaker(MovedClock()), endpoint_interrupts=True)


def asking(event_id: str = "ask_1") -> act.SendEvent:
    return act.SendEvent(said.ResponseCreate(event_id=event_id))


def answering(call_id: str) -> act.SendEvent:
    output = FunctionCallOutput(id="o", call_id=call_id, output="")
    return act.SendEvent(said.ConversationItemCreate(item=output))


def test_property_1_two_requests_at_once() -> None:
    watcher = watching()
    watcher.action(asking())
    with pytest.raises(PropertyBroken, match="property 1: the core asked twice at once"):
        watcher.action(asking("ask_2"))


def test_property_1_a_request_during_a_response() -> None:
    watcher = watching()
    watcher.event(events.response_created("r1"), 0)
    with pytest.raises(PropertyBroken, match="property 1: the core asked during a response"):
        watcher.action(asking())


def test_property_1_a_request_while_the_user_speaks() -> None:
    watcher = watching()
    watcher.event(events.speech_started(), 0)
    with pytest.raises(PropertyBroken, match="property 1: .* while the user speaks"):
        watcher.action(asking())


def test_property_1_allows_a_request_after_a_refusal_or_an_end() -> None:
    watcher = watching()
    watcher.action(asking())
    watcher.event(events.error("rate_limit_exceeded", event_id="ask_1"), 0)
    watcher.action(asking("ask_2"))
    watcher.event(events.response_created("r1"), 0)
    watcher.event(events.response_done("r1"), 0)
    watcher.action(asking("ask_3"))


def test_property_2_sound_that_was_begun_before_a_flush() -> None:
    watcher = watching()
    watcher.event(events.audio_delta("r1", "i1", 20), 0)
    watcher.action(act.PlayAudio("i1", 0, bytes(960)))
    watcher.action(act.FlushPlayback())
    watcher.event(events.audio_delta("r1", "i1", 20), 0)
    with pytest.raises(PropertyBroken, match="property 2"):
        watcher.action(act.PlayAudio("i1", 0, bytes(960)))


def test_property_3_a_cut_beyond_what_was_heard() -> None:
    clock = MovedClock()
    speaker = RecordingSpeaker(clock)
    speaker.start(lambda: None)
    watcher = Watcher(speaker, endpoint_interrupts=True)
    watcher.event(events.audio_delta("r1", "i1", 100), 0)
    action = act.PlayAudio("i1", 0, bytes(4_800))
    watcher.action(action)
    speaker.play("i1", 0, action.audio)
    clock.advance(40)
    cut = said.ConversationItemTruncate(item_id="i1", content_index=0, audio_end_ms=41)
    with pytest.raises(PropertyBroken, match="property 3: the core cut at 41, heard 40"):
        watcher.action(act.SendEvent(cut))
    with pytest.raises(PropertyBroken, match="property 3: .* outside of what was received"):
        watcher.action(act.SendEvent(cut.model_copy(update={"audio_end_ms": 101})))


def test_property_4_two_answers_none_and_one_to_nobody() -> None:
    watcher = watching()
    with pytest.raises(PropertyBroken, match="property 4: the core answered a call nobody made"):
        watcher.action(answering("c9"))
    watcher.event(events.call_done("r1", "c1"), 0)
    with pytest.raises(PropertyBroken, match="property 4: the core never answered a call"):
        watcher.finish()
    watcher.action(answering("c1"))
    with pytest.raises(PropertyBroken, match="property 4: the core answered a call twice"):
        watcher.action(answering("c1"))


def test_property_4_one_effect() -> None:
    watcher = watching()
    watcher.action(act.StartTool("c1", "clock", "{}"))
    with pytest.raises(PropertyBroken, match="property 4: the core ran a call twice"):
        watcher.action(act.StartTool("c1", "clock", "{}"))


def test_property_5_an_action_after_the_end() -> None:
    watcher = watching()
    watcher.action(act.Publish(Ended(EndKind.HUNG_UP, 1000, "")))
    with pytest.raises(PropertyBroken, match="property 5"):
        watcher.action(asking())
