import pytest

from voice.protocol.capabilities import LOCAL_CAPABILITIES, PLAIN_CAPABILITIES
from voice.protocol.dialects import Dialect
from voice.protocol.fitting import fitted
from voice.protocol.server_events import InputAudioBufferSpeechStopped
from voice.protocol.turn_causes import CAUSE_KEY, MAX_CAUSE, TURN_CAUSES_KEY, cause_of


def stopped(**fields):
    return InputAudioBufferSpeechStopped.model_validate(fields)


def test_the_cause_of_an_event_is_read():
    assert cause_of(stopped(**{CAUSE_KEY: "224 ms of silence"})) == "224 ms of silence"


@pytest.mark.parametrize("cause", [None, 7, ["a"], "two\nlines", ""])
def test_what_is_no_phrase_is_no_cause(cause):
    assert cause_of(stopped(**{CAUSE_KEY: cause})) == ""


def test_an_event_without_a_cause_has_none_and_a_long_one_is_cut():
    assert cause_of(stopped()) == ""
    assert len(cause_of(stopped(**{CAUSE_KEY: "a" * 900}))) == MAX_CAUSE


@pytest.mark.parametrize("dialect", Dialect)
def test_only_our_own_server_is_asked_for_causes(dialect):
    def asked(capabilities):
        event = {"type": "session.update", "session": {"type": "realtime"}}
        return TURN_CAUSES_KEY in fitted(event, dialect, capabilities)["session"]

    assert asked(LOCAL_CAPABILITIES)
    assert not asked(PLAIN_CAPABILITIES)
