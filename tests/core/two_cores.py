"""A ClientCore and a ServerCore wired back to back: random delays, invented engines, a moved clock.

Every event crosses as the text that the codecs write: the wire is real but for the socket.
"""

import random
from collections import deque

from voice.core import server_messages as server
from voice.core.client_actions import Close, Connect, SendAudio, SendEvent, StartTool
from voice.core.client_inputs import DialectDetected, LinkDown, LinkUp, MicFrame, ToolFinished
from voice.core.server import ServerCore
from voice.protocol.codec import ClientCodec, ServerCodec
from voice.protocol.dialects import Dialect
from voice.protocol.session_config import SessionConfig
from voice.testing.clock import SequentialIds
from voice.testing.pure_shell import PureShell

FRAME_MS = 32
WORD_MS = 120
ANSWERS = (
    "It is a quarter to four.",
    "Well, yes. I think that the weather will be fine tomorrow morning.",
    "No.",
)


class Wire:
    """Delivers in order, each message after a random delay."""

    def __init__(self, rng, deliver):
        self._rng = rng
        self._deliver = deliver
        self._due = deque()

    def put(self, message, now_ms):
        earliest = self._due[-1][0] if self._due else 0
        self._due.append((max(earliest, now_ms + self._rng.randint(0, 40)), message))

    def move(self, now_ms):
        while self._due and self._due[0][0] <= now_ms:
            self._deliver(self._due.popleft()[1])

    @property
    def due_ms(self):
        return self._due[0][0] if self._due else None


class TwoCores(PureShell):
    """The client's shell, with a server and its engines behind the wire."""

    def __init__(self, seed, dialect=Dialect.GA):
        tool = {"type": "function", "name": "look", "parameters": {"type": "object"}}
        audio = {"input": {"transcription": {"model": "any"}}}
        super().__init__(SessionConfig.model_validate({"tools": [tool], "audio": audio}))
        self.rng = random.Random(seed)
        self.dialect = dialect
        self.new_server()
        self.is_user_loud = False
        self._last_frame_ms = 0
        self.clock.wake(self._next_due_ms, self._move)

    def new_server(self):
        """Put a server on the other side that knows nothing and counts its ids from one."""
        ids = SequentialIds()
        # Endpoints may count everything anew but calls: two of one id cannot be told apart.
        self.call_kind = f"call{len(self.steps)}"
        self.server = ServerCore(
            new_id=lambda kind: f"server_{ids(kind)}", model="m", voices=("heart",)
        )
        self.server_codec = ServerCodec(self.dialect)
        self.client_codec = ClientCodec(self.dialect)
        self.up = Wire(self.rng, self._reach_server)
        self.down = Wire(self.rng, self._reach_client)
        self.plans = []
        self.has_greeted = False

    def lose(self):
        """Break the connection off; whatever was under way is gone, but for the client's tools."""
        tools = [plan for plan in self.plans if plan[3]]
        self.new_server()
        self.plans = tools
        self.feed(LinkDown(1006, "broke off"))

    # --- the client's side ---

    def perform(self, action):
        now_ms = self.clock()
        match action:
            case SendEvent(event):
                for frame in self.client_codec.encode(event):
                    self.up.put(frame, now_ms)
            case SendAudio(audio):
                self.up.put(self.client_codec.encode_append(audio), now_ms)
            case StartTool(call_id, _, _):
                finished = ToolFinished(call_id, '{"spoken": "Found."}')
                self._plan(self.rng.randint(1, 400), lambda: self.feed(finished), is_tool=True)
            case Connect():
                self._plan(20, self._open, is_tool=True)
        assert not isinstance(action, Close), "the conversation ended by itself"
        return super().perform(action)

    def _open(self):
        self.feed(LinkUp())
        self.serve(server.Opened())

    def _reach_client(self, frame):
        if not self.has_greeted:
            self.has_greeted = True
            event = self.client_codec.decode(frame)
            self.feed(DialectDetected(self.client_codec.dialect))
            self.feed(event)
        else:
            self.feed(self.client_codec.decode(frame))

    # --- the server's side ---

    def _reach_server(self, frame):
        self.serve(self.server_codec.decode(frame))

    def serve(self, event):
        waiting = deque([event])
        while waiting:
            waiting.extend(self._perform_server(waiting.popleft()))

    def _perform_server(self, event):
        """Perform what the server orders; return what its ears heard at once."""
        scores = []
        for action in self.server.handle(event, self.clock()):
            match action:
                case server.Send(sent):
                    for frame in self.server_codec.encode(sent):
                        self.down.put(frame, self.clock())
                case server.ScoreSpeech(_, end_ms):
                    probability = 0.9 if self.is_user_loud else 0.0
                    scores.append(server.SpeechScored(end_ms, probability))
                case server.Transcribe():
                    words = self.rng.choice(("What time is it?", "Look it up.", ""))
                    verdict = self.rng.choice((0.9, 0.5, 0.1))
                    heard = server.Transcribed(action.item_id, action.generation, words, verdict)
                    self._later(heard, self.rng.randint(1, 150))
                case server.StartResponse():
                    self._answer(action)
        return scores

    def _answer(self, start):
        rid, rng = start.response_id, self.rng
        at_ms = rng.randint(1, 60)
        self._later(server.AnswerBegun(rid), at_ms)
        last = start.prompt.entries[-1] if start.prompt.entries else None
        if last is not None and last.role == "user" and rng.random() < 0.4:
            self._later(server.CallMade(rid, f"{self.call_kind}_{rid}", "look", "{}"), at_ms)
            self._later(server.AnswerEnded(rid, "tool_calls"), at_ms)
            return
        for piece in self._pieces(rng.choice(ANSWERS)):
            self._later(server.SpeechBegun(rid, "".join(word for word, _ in piece)), at_ms)
            for word, end_ms in piece:
                at_ms += rng.randint(0, 150)
                timed = (server.TimedText(word, end_ms),)
                self._later(server.SpeechMade(rid, bytes(48 * WORD_MS), timed), at_ms)
        self._later(server.AnswerEnded(rid), at_ms + 1)

    @staticmethod
    def _pieces(text):
        words = text.split(" ")
        timed = [
            (word if index == 0 else f" {word}", (index + 1) * WORD_MS)
            for index, word in enumerate(words)
        ]
        middle = max(1, len(timed) // 2)
        return [piece for piece in (timed[:middle], timed[middle:]) if piece]

    def _later(self, event, delay_ms):
        self._plan(delay_ms, lambda: self.serve(event))

    def _plan(self, delay_ms, work, *, is_tool=False):
        self.plans.append((self.clock() + delay_ms, len(self.plans), work, is_tool))
        self.plans.sort(key=lambda plan: plan[0])

    # --- time ---

    def _next_due_ms(self):
        dues = [
            self._last_frame_ms + FRAME_MS,
            self.up.due_ms,
            self.down.due_ms,
            self.server.next_deadline_ms(),
            self.plans[0][0] if self.plans else None,
        ]
        return min(due for due in dues if due is not None)

    def _move(self):
        now_ms = self.clock()
        while self.plans and self.plans[0][0] <= now_ms:
            self.plans.pop(0)[2]()
        self.up.move(now_ms)
        self.down.move(now_ms)
        deadline_ms = self.server.next_deadline_ms()
        if deadline_ms is not None and now_ms >= deadline_ms:
            self.serve(server.Tick())
        if now_ms - self._last_frame_ms >= FRAME_MS:
            self._last_frame_ms = now_ms
            self.feed(MicFrame(bytes(48 * FRAME_MS)))

    @property
    def is_quiet(self):
        """Whether nothing is on its way, nobody speaks, and no answer runs or waits."""
        return (
            not self.plans and self.core.phase.value == "listening" and not self.speaker.queued_ms
        )

    def settle(self, limit_ms=60_000):
        """Let everything come to rest, then let the wires run dry."""
        self.is_user_loud = False
        quiet_ms = 0
        for _ in range(limit_ms // 10):
            self.advance(10)
            quiet_ms = quiet_ms + 10 if self.is_quiet else 0
            if quiet_ms >= 3_000:
                return
        raise AssertionError(f"never came to rest: {self.core.phase}, {self.plans}")


def shown(ledger):
    """What both sides must agree on."""
    return [(entry.item_id, entry.kind, entry.role, entry.text, entry.call_id) for entry in ledger]
