"""How long nothing has happened, judged by what was sent and asked."""

import pytest

from voice.core import server_messages as msg
from voice.core.idle_watch import IdleWatch
from voice.protocol import client_events as cl
from voice.protocol import server_events as ev
from voice.protocol.server_events import AudioDelta

PCM = {"type": "audio/pcm", "rate": 24_000}
PCMU = {"type": "audio/pcmu"}


class Talk:
    """A watch, and what a server sends."""

    def __init__(self):
        self.watch = IdleWatch()

    def sent(self, event, now_ms):
        self.watch.note_sent([msg.Send(event)], now_ms)

    def created(self, now_ms, wire_format=PCM):
        response = {"id": "r", "conversation_id": "c", "audio": {"output": {"format": wire_format}}}
        self.sent(ev.ResponseCreated.model_validate({"response": response}), now_ms)

    def sound(self, now_ms, audio):
        self.sent(AudioDelta("r", "i", 0, 0, audio), now_ms)

    def done(self, now_ms, status="completed", conversation_id="c"):
        response = {"id": "r", "status": status, "conversation_id": conversation_id}
        self.sent(ev.ResponseDone.model_validate({"response": response}), now_ms)


@pytest.fixture
def talk():
    return Talk()


def test_nothing_is_watched_before_the_first_answer(talk):
    talk.watch.stir(5)
    assert talk.watch.deadline_ms(1_000) is None


def test_no_timeout_is_no_deadline(talk):
    talk.done(0)
    assert talk.watch.deadline_ms(None) is None


@pytest.mark.parametrize(("wire_format", "bytes_per_ms"), [(PCM, 48), (PCMU, 8)])
def test_the_silence_begins_when_the_sound_that_was_sent_has_been_played(
    talk, wire_format, bytes_per_ms
):
    talk.created(0, wire_format)
    talk.sound(100, bytes(bytes_per_ms * 2_000))
    talk.sound(150, bytes(bytes_per_ms * 500))
    talk.done(200)
    assert talk.watch.deadline_ms(1_000) == 100 + 2_500 + 1_000


def test_sound_that_came_late_is_played_when_it_came(talk):
    talk.created(0)
    talk.sound(100, bytes(48 * 100))
    talk.sound(900, bytes(48 * 100))
    talk.done(950)
    assert talk.watch.deadline_ms(1_000) == 1_000 + 1_000


def test_a_written_answer_is_over_when_it_is_done(talk):
    talk.created(0)
    talk.done(300)
    assert talk.watch.deadline_ms(1_000) == 1_300


def test_an_answer_beside_the_conversation_starts_no_watch(talk):
    talk.done(300, conversation_id=None)
    assert talk.watch.deadline_ms(1_000) is None


def test_a_cancelled_answer_is_played_no_further(talk):
    talk.created(0)
    talk.sound(100, bytes(48 * 5_000))
    talk.done(400, status="cancelled")
    assert talk.watch.deadline_ms(1_000) == 1_400


def test_a_truncation_says_that_the_speaker_is_silent(talk):
    talk.created(0)
    talk.sound(100, bytes(48 * 5_000))
    talk.done(200)
    truncate = {"item_id": "i", "content_index": 0, "audio_end_ms": 300}
    talk.watch.note_asked(cl.ConversationItemTruncate.model_validate(truncate), 400)
    assert talk.watch.deadline_ms(1_000) == 1_400


def test_whatever_the_client_adds_counts_the_silence_anew(talk):
    talk.done(0)
    item = {"type": "message", "role": "user", "content": []}
    talk.watch.note_asked(cl.ConversationItemCreate.model_validate({"item": item}), 700)
    assert talk.watch.deadline_ms(1_000) == 1_700
