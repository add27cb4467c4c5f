"""One fuzzed conversation without a socket: the server's codec and core, and invented engines."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

import orjson

from tests.fuzz.checks import Checks, Violation, Wire
from tests.fuzz.client_events import ClientEvents, Known
from tests.fuzz.invented_engines import InventedEngines
from tests.fuzz.mutations import Frame, Mutator
from voice.core import server_messages as msg
from voice.core.refusals import Refusal
from voice.core.server import ServerCore
from voice.errors import RemoteProtocolError
from voice.protocol.codec import ServerCodec
from voice.protocol.dialects import Dialect
from voice.testing.clock import SequentialIds

VOICE = "heart"
PROBE_EVERY = 40
SETTLE_STEPS = 5_000


@dataclass(frozen=True, slots=True)
class Step:
    """What was given to the server: a client's frame, or what an engine said; and when."""

    now_ms: int
    given: Frame | msg.ServerInput


class Session:
    """A server's core and codec behind which anything may be said; checks all that it sends."""

    def __init__(self, dialect: Dialect) -> None:
        """Open a session."""
        ids = SequentialIds()
        self.core = ServerCore(new_id=ids, model="gpt-realtime", voices=(VOICE,))
        self.codec = ServerCodec(dialect, new_event_id=lambda: ids("event"))
        self.checks = Checks(dialect)
        self.now_ms = 0
        self.orders: list[msg.ServerAction] = []
        """What the core ordered since the last ``give``, but for what it sent."""

    def give(self, given: Frame | msg.ServerInput) -> list[Wire]:
        """Give it a frame or an input, as a connection does; return what it sends."""
        self.orders = []
        if isinstance(given, str | bytes):
            return self._take_frame(given)
        sent = self._perform(self.core.handle(given, self.now_ms))
        self.checks.answer(None, sent)
        return sent

    def _take_frame(self, frame: Frame) -> list[Wire]:
        client_event = object_of(frame)
        before = self.core.view.session
        try:
            event = self.codec.decode(frame)
        except RemoteProtocolError as error:
            refusal = Refusal(error.code, str(error), param=error.param)
            sent = self._perform([self.core.refuse(refusal, error.event_id)])
        else:
            sent = self._perform(self.core.handle(event, self.now_ms))
        is_refused = self.checks.answer(client_event, sent)
        if is_refused and self.core.view.session != before:
            raise Violation("a refused event changed the session")
        return sent

    def _perform(self, actions: list[msg.ServerAction]) -> list[Wire]:
        sent = []
        for action in actions:
            if isinstance(action, msg.Send):
                self.checks.event(action.event)
                self.checks.follow(self.codec.dialect)
                sent += [self.checks.frame(text) for text in self.codec.encode(action.event)]
            else:
                if isinstance(action, msg.StartResponse):
                    self.checks.prompt(action)
                self.orders.append(action)
        return sent

    def expect(self, frame: Frame, *kinds: str) -> list[Wire]:
        """Give a frame that must be answered with events of these types, in this order."""
        sent = self.give(frame)
        got = [wire["type"] for wire in sent]
        names = iter(got)
        if not all(kind in names for kind in kinds):
            raise Violation(f"a valid event was answered with {got} and not with {list(kinds)}")
        return sent


class Neighbour:
    """A well-behaved session in the same process: always answered, with its own words."""

    def __init__(self) -> None:
        """Open it, answering in text."""
        self._session = Session(Dialect.GA)
        self._turns = 0
        self._session.give(msg.Opened())
        update = {"type": "realtime", "output_modalities": ["text"]}
        self._send({"type": "session.update", "session": update}, "session.updated")

    def take_a_turn(self) -> None:
        """Ask and be answered."""
        self._turns += 1
        text = f"Question {self._turns}?"
        content = [{"type": "input_text", "text": text}]
        item = {"id": "asked", "type": "message", "role": "user", "content": content}
        self._send({"type": "conversation.item.create", "item": item}, "conversation.item.done")
        self._send({"type": "response.create"}, "response.created")
        (start,) = [o for o in self._session.orders if isinstance(o, msg.StartResponse)]
        asked = [entry.text for entry in start.prompt.entries]
        if asked != [text]:
            raise Violation(f"the well-behaved session asked {text!r}, and its brain reads {asked}")
        self._session.give(msg.TextWritten(start.response_id, text))
        (*_, done, _) = self._session.give(msg.AnswerEnded(start.response_id))
        (answer,) = done["response"]["output"]
        if answer["content"][0]["text"] != text:
            raise Violation(f"the well-behaved session was answered {answer['content']}")
        for item_id in ("asked", answer["id"]):
            delete = {"type": "conversation.item.delete", "item_id": item_id}
            self._send(delete, "conversation.item.deleted")

    def _send(self, event: Wire, *kinds: str) -> None:
        self._session.expect(orjson.dumps(event).decode(), *kinds)


class Conversation:
    """A session, a fuzzing client, and engines; ``step`` sends one more client frame."""

    def __init__(self, seed: str) -> None:
        """Start a conversation; the same seed gives the same one."""
        self._rng = random.Random(seed)
        self.first_dialect = dialect = self._rng.choice((Dialect.GA, Dialect.BETA))
        self.session = Session(dialect)
        self.log: list[Step] = []
        self.kinds: Counter[tuple[str, str]] = Counter()
        """How often each mutation was accepted, and how often refused."""
        self._known = Known()
        self._events = ClientEvents(self._rng, dialect, self._known)
        self._mutator = Mutator(self._rng)
        self._engines = InventedEngines(self._rng)
        self._frames = 0
        self._give(msg.Opened())

    def step(self) -> None:
        """Let some time pass, some engines speak, and the client send one frame."""
        self._pass_time(self._rng.choice((0, 1, 20, 100, 2_000)))
        for _ in range(self._rng.choice((0, 0, 1, 2, 6))):
            self._let_engine_speak()
        self._events.dialect = self.session.codec.dialect
        mutant = self._mutator.spoil(self._events.next())
        sent = self._give(mutant.frame)
        is_refused = any(wire["type"] == "error" for wire in sent)
        self.kinds[mutant.kind, "refused" if is_refused else "taken"] += 1
        self._frames += 1
        if self._frames % PROBE_EVERY == 0:
            self.probe()

    def probe(self) -> None:
        """A well-formed event is still answered as documented, whatever came before."""
        item_id = f"probe_{self._frames}"
        kind = "conversation.item." + ("created" if self._is_beta else "added")
        content = [{"type": "input_text", "text": "Still there?"}]
        item = {"id": item_id, "type": "message", "role": "user", "content": content}
        self._expect({"type": "conversation.item.create", "item": item}, kind)
        for verb, answer in (("retrieve", "retrieved"), ("delete", "deleted")):
            ask = {"type": f"conversation.item.{verb}", "item_id": item_id}
            self._expect(ask, f"conversation.item.{answer}")
        self.session.checks.ledger(self.session.core.ledger)

    def finish(self) -> None:
        """Let everything come to rest; then a text turn is answered, and nothing is left over."""
        # Without it the server speaks for ever: its idle timeout is one of the things tried.
        if self._is_beta:
            session: Wire = {"modalities": ["text"], "tools": [], "turn_detection": None}
        else:
            audio = {"input": {"turn_detection": None}}
            text = {"type": "realtime", "output_modalities": ["text"], "tools": []}
            session = {**text, "audio": audio}
        self._expect({"type": "session.update", "session": session}, "session.updated")
        self._settle()
        self._expect({"type": "response.create", "response": {"input": []}}, "response.created")
        self._settle()
        if self.session.checks.running:
            raise Violation(f"responses never ended: {sorted(self.session.checks.running)}")
        self.session.checks.ledger(self.session.core.ledger)

    # --- steps ------------------------------------------------------------------------------------

    @property
    def _is_beta(self) -> bool:
        return self.session.codec.dialect is Dialect.BETA

    def _settle(self) -> None:
        self._expect({"type": "input_audio_buffer.clear"}, "input_audio_buffer.cleared")
        for _ in range(SETTLE_STEPS):
            deadline_ms = self.session.core.next_deadline_ms()
            if self._engines.is_idle and (deadline_ms is None or not self.session.checks.running):
                return
            self._let_engine_speak()
            if self._engines.is_idle and deadline_ms is not None:
                self._pass_time(max(0, deadline_ms - self.session.now_ms))
        raise Violation("the conversation never comes to rest")

    def _let_engine_speak(self) -> None:
        said = self._engines.next()
        if said is not None:
            self._give(said)

    def _pass_time(self, passed_ms: int) -> None:
        self.session.now_ms += passed_ms
        deadline_ms = self.session.core.next_deadline_ms()
        if deadline_ms is not None and self.session.now_ms >= deadline_ms:
            self._give(msg.Tick())

    def _expect(self, event: Wire, *kinds: str) -> None:
        frame = orjson.dumps(event).decode()
        self.log.append(Step(self.session.now_ms, frame))
        self._learn(self.session.expect(frame, *kinds))
        self._obey()

    def _give(self, given: Frame | msg.ServerInput) -> list[Wire]:
        self.log.append(Step(self.session.now_ms, given))
        sent = self.session.give(given)
        self._learn(sent)
        self._obey()
        return sent

    def _obey(self) -> None:
        for order in self.session.orders:
            self._engines.take(order)

    def _learn(self, sent: list[Wire]) -> None:
        known = self._known
        for wire in sent:
            kind = wire["type"]
            if kind == "response.created":
                known.responses.append(wire["response"]["id"])
            elif kind in ("conversation.item.added", "conversation.item.created"):
                known.items.append(wire["item"]["id"])
            elif kind == "response.function_call_arguments.done":
                known.calls.append(wire["call_id"])
            elif kind == "response.content_part.added" and wire["part"]["type"] == "audio":
                known.spoken.append(wire["item_id"])


def object_of(frame: Frame) -> Wire:
    """Return the JSON object in a frame; an empty one where there is none."""
    if isinstance(frame, bytes):
        return {}
    try:
        data = orjson.loads(frame)
    except orjson.JSONDecodeError:
        return {}
    return data if isinstance(data, dict) else {}
