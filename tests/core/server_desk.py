"""A server core with an invented clock, and what it sent and ordered."""

import itertools

from voice.core import server_messages as msg
from voice.core.server import ServerCore
from voice.protocol import client_events as cl
from voice.protocol.client_events import AudioAppend
from voice.protocol.server_events import AudioDelta

FRAME_MS = 32


class Desk:
    """A core, an invented clock, and what the core sent and ordered."""

    def __init__(self, **options):
        numbers = itertools.count(1)
        self.core = ServerCore(
            new_id=lambda prefix: f"{prefix}_{next(numbers)}",
            model="m",
            voices=("heart",),
            **options,
        )
        self.now_ms = 0
        self.position_ms = 0
        self.actions = []
        self.give(msg.Opened())

    def give(self, event):
        """Feed one event; return what was sent for it."""
        actions = self.core.handle(event, self.now_ms)
        self.actions += actions
        return [action.event for action in actions if isinstance(action, msg.Send)]

    def client(self, type_, **fields):
        return self.give(cl.CLIENT_EVENTS[type_].model_validate({"type": type_, **fields}))

    def update(self, **session):
        return self.client("session.update", session={"type": "realtime", **session})

    def hear(self, probability, duration_ms):
        """Append audio whose frames score ``probability``."""
        sent = []
        for _ in range(duration_ms // FRAME_MS):
            self.position_ms += FRAME_MS
            self.now_ms += FRAME_MS
            sent += self.give(AudioAppend(audio=bytes(48 * FRAME_MS), event_id=None))
            sent += self.give(msg.SpeechScored(self.position_ms, probability))
        return sent

    def ordered(self, kind):
        return [action for action in self.actions if isinstance(action, kind)]

    def say_turn(self, text="What time is it?"):
        """Speak, fall silent, and let the recogniser answer."""
        sent = self.hear(0.9, 640) + self.hear(0.0, 1_024)
        return sent + self.recognise(text)

    def recognise(self, text):
        order = self.ordered(msg.Transcribe)[-1]
        return self.give(msg.Transcribed(order.item_id, order.generation, text, 0.9))

    def answer(self, text="It is noon. Enjoy.", *, end=True):
        """Speak an answer of 100 ms a word; return its response id and item id."""
        response_id = self.ordered(msg.StartResponse)[-1].response_id
        self.give(msg.AnswerBegun(response_id))
        sent = self.give(msg.SpeechBegun(response_id, text))
        words, end_ms = [], 0
        for index, word in enumerate(text.split(" ")):
            end_ms += 100
            words.append(msg.TimedText(word if index == 0 else f" {word}", end_ms))
        self.give(msg.SpeechMade(response_id, bytes(48 * end_ms), tuple(words)))
        if end:
            self.give(msg.AnswerEnded(response_id))
        item_id = next(e.item_id for e in sent if e.type.endswith("transcript.delta"))
        return response_id, item_id


def types(events):
    return [
        "response.output_audio.delta" if isinstance(event, AudioDelta) else event.type
        for event in events
    ]


def text_turn(desk, text="hello", **fields):
    content = [{"type": "input_text", "text": text}]
    item = {"type": "message", "role": "user", "content": content, **fields}
    return desk.client("conversation.item.create", item=item)


def error_of(events):
    (event,) = events
    assert event.type == "error"
    return event.error


def create(desk, event_id=None, **response):
    fields = {"response": response} if response else {}
    if event_id:
        fields["event_id"] = event_id
    return desk.client("response.create", **fields)


def started(desk):
    return desk.ordered(msg.StartResponse)[-1]


def done_of(sent):
    return next(e for e in sent if getattr(e, "type", "") == "response.done").to_wire()["response"]
