"""A short fuzz of the server, and proof that the fuzzer sees what is broken."""

import json
import random

import pytest

from tests.fuzz import server as fuzz_server
from tests.fuzz.checks import Checks, Violation
from tests.fuzz.client_events import ClientEvents, Known
from tests.fuzz.conversation import Conversation, Session
from tests.fuzz.mutations import KINDS
from tests.fuzz.server import BrokenAt, fuzz_core
from tests.fuzz.sockets import fuzz_sockets
from voice.core import server_messages as msg
from voice.core.refusals import Refusal
from voice.core.server import ServerCore
from voice.core.server_conversation import ServerConversation
from voice.errors import RemoteProtocolError
from voice.protocol.client_events import CLIENT_EVENTS
from voice.protocol.codec import ServerCodec
from voice.protocol.dialects import Dialect

EVENTS = 20_000
SOCKET_EVENTS = 400


def test_nothing_breaks_in_twenty_thousand_mutated_events():
    outcome, memory = fuzz_core(11, EVENTS)
    assert outcome.events == EVENTS
    assert {kind for kind, _ in outcome.kinds} == set(KINDS)
    assert len(outcome.errors) > 10
    assert memory.is_flat, memory


async def test_clients_beside_a_fuzzer_are_always_answered():
    outcome = await fuzz_sockets(11, SOCKET_EVENTS)
    assert outcome.events == SOCKET_EVENTS
    assert len(outcome.turns) >= SOCKET_EVENTS // 50
    assert all(why.startswith("1008 ") for why in outcome.closes)


@pytest.mark.parametrize("dialect", list(Dialect))
def test_every_client_event_is_made_and_valid_before_it_is_spoilt(dialect):
    events = ClientEvents(random.Random(1), dialect, Known())
    made = set()
    for _ in range(500):
        event = events.next()
        made.add(event["type"])
        assert ServerCodec(dialect).decode(json.dumps(event))
    missing = set(CLIENT_EVENTS) - made
    assert missing == (set() if dialect is Dialect.BETA else {"transcription_session.update"})


def test_a_seed_is_one_conversation():
    first, second = Conversation("a"), Conversation("a")
    for _ in range(150):
        first.step()
        second.step()
    assert first.log == second.log


def test_a_core_that_raises_is_caught_and_its_story_told(monkeypatch, capsys):
    def broken(self, event):
        raise KeyError("lost")

    monkeypatch.setattr(ServerConversation, "truncate", broken)
    with pytest.raises(BrokenAt, match=r"KeyError: 'lost'\nplay it again: --replay 3:") as caught:
        fuzz_core(3, 5_000)
    seed, _, index = str(caught.value).rpartition("--replay ")[2].partition(":")
    monkeypatch.setattr("sys.argv", ["fuzz", "--replay", f"{seed}:{index}"])
    with pytest.raises(SystemExit, match="1"):
        fuzz_server.main()
    told = capsys.readouterr().out.splitlines()
    assert "breaks: KeyError" in told[0]
    assert len(told) < 6
    assert "conversation.item.truncate" in told[-1]


@pytest.mark.parametrize("named", ["another", None])
def test_an_error_that_names_the_wrong_event_is_caught(monkeypatch, named):
    def decode(self, frame):
        raise RemoteProtocolError("bad", event_id=named)

    monkeypatch.setattr(ServerCodec, "decode", decode)
    with pytest.raises(Violation, match="errors name"):
        Session(Dialect.GA).give('{"type":"response.cancel","event_id":"mine"}')


def test_a_refused_update_that_changes_the_session_is_caught(monkeypatch):
    def handle(self, event, now_ms):
        self._session = {**self._session, "instructions": "half an update"}
        return [self.refuse(Refusal("invalid_value", "no"), event.event_id)]

    monkeypatch.setattr(ServerCore, "handle", handle)
    with pytest.raises(Violation, match="changed the session"):
        Session(Dialect.GA).give('{"type":"session.update","session":{"type":"realtime"}}')


def test_a_second_active_response_is_caught():
    session = Session(Dialect.GA)
    session.give(msg.Opened())
    event = ServerCodec(Dialect.GA).decode('{"type":"response.create"}')
    (created,) = [
        action.event
        for action in session.core.handle(event, 0)
        if isinstance(action, msg.Send) and action.event.type == "response.created"
    ]
    other = created.model_copy(update={"response": created.response.model_copy(update={"id": "b"})})
    checks = Checks(Dialect.GA)
    checks.event(created)
    with pytest.raises(Violation, match="another one was active"):
        checks.event(other)


def test_turns_are_heard_and_answered_between_the_mutations():
    conversation = Conversation("turns")
    for _ in range(600):
        conversation.step()
    given = {type(step.given) for step in conversation.log}
    assert {msg.SpeechScored, msg.Transcribed, msg.AnswerEnded, msg.SpeechMade} <= given
