"""A real server with the real voice, a client of either dialect, and when each word sounds."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import websockets
from websockets.asyncio.client import ClientConnection

from voice.audio.wire import decode_wire
from voice.engines.ports import Engines, Pcm, Tts
from voice.engines.scripted import ScriptedBrain
from voice.protocol.formats import PCM16, PCMA, PCMU
from voice.server.serve import serving
from voice.server.speakable import SpeakableSplitter
from voice.server.state import ServerConfig

WAIT_S = 10
FORMATS = {"pcm16": PCM16, "g711_ulaw": PCMU, "g711_alaw": PCMA}
BETA_NAMES = {
    "response.audio.delta": "response.output_audio.delta",
    "response.audio_transcript.delta": "response.output_audio_transcript.delta",
    "conversation.item.created": "conversation.item.added",
}


@dataclass(frozen=True)
class Word:
    """One word of an answer as it is written, and when it has wholly sounded."""

    text: str
    end_ms: int
    is_spoken: bool = True


@dataclass
class Answer:
    """A spoken answer as a client received it."""

    item_id: str = ""
    audio: bytes = b""
    transcript: str = ""
    status: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)


@contextlib.asynccontextmanager
async def talking(
    engines: Engines, dialect: str = "ga", audio_format: str = "pcm16", **config: Any
) -> AsyncIterator[Talker]:
    """Yield a client of a server that answers with these engines."""

    async def load() -> Engines:
        return engines

    headers = {"OpenAI-Beta": "realtime=v1"} if dialect == "beta" else {}
    async with (
        serving(ServerConfig(port=0, **config), load) as running,
        websockets.connect(
            running.url, additional_headers=headers, compression=None, max_size=None
        ) as socket,
    ):
        talker = Talker(socket, dialect, audio_format, engines.brain)
        await talker.configure()
        yield talker


class Talker:
    """Speaks one dialect, and reads GA names in either."""

    def __init__(
        self, socket: ClientConnection, dialect: str, audio_format: str, brain: Any
    ) -> None:
        self.brain: ScriptedBrain = brain
        self._socket = socket
        self._is_beta = dialect == "beta"
        self._format = audio_format
        self._answer = Answer()
        self.events: list[dict[str, Any]] = []

    async def configure(self, **turn_detection: Any) -> None:
        """Ask for answers in the format; without turn detection unless it is given."""
        vad = turn_detection or None
        if self._is_beta:
            both = {"input_audio_format": "pcm16", "output_audio_format": self._format}
            session: dict[str, Any] = {**both, "turn_detection": vad}
        else:
            wire_format = FORMATS[self._format].to_ga()
            audio = {"input": {"turn_detection": vad}, "output": {"format": wire_format}}
            session = {"type": "realtime", "audio": audio}
        await self.send("session.update", session=session)
        await self.until("session.updated")

    async def send(self, kind: str, **fields: Any) -> None:
        await self._socket.send(json.dumps({"type": kind, **fields}))

    async def read(self) -> dict[str, Any]:
        async with asyncio.timeout(WAIT_S):
            event: dict[str, Any] = json.loads(await self._socket.recv())
        event["type"] = BETA_NAMES.get(event["type"], event["type"])
        assert event["type"] != "error", event
        self.events.append(event)
        self._note(event)
        return event

    async def until(self, *kinds: str) -> dict[str, Any]:
        while (event := await self.read())["type"] not in kinds:
            pass
        return event

    async def ask(self, text: str = "Go on.") -> None:
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        await self.send("conversation.item.create", item=item)
        await self.send("response.create")
        await self.until("response.created")

    async def hear(self, stop: Callable[[Answer], bool] | None = None) -> Answer:
        """Return the answer once it is done, or once ``stop`` says so."""
        answer = self._answer
        while not answer.status and not (stop and stop(answer)):
            await self.read()
        return answer

    async def speak(self, pcm: Pcm, *, silence_ms: int = 1_200) -> None:
        """Send speech (24 kHz) and the silence after it, in chunks of 100 ms."""
        whole = np.concatenate([pcm, np.zeros(24 * silence_ms, np.int16)])
        for start in range(0, len(whole), 2_400):
            audio = base64.b64encode(whole[start : start + 2_400].tobytes()).decode()
            await self.send("input_audio_buffer.append", audio=audio)

    async def truncate(self, item_id: str, end_ms: int) -> None:
        cut = {"item_id": item_id, "content_index": 0, "audio_end_ms": end_ms}
        await self.send("conversation.item.truncate", **cut)
        await self.until("conversation.item.truncated")

    async def kept(self, item_id: str) -> str:
        """Return what the server shows as said in an item."""
        await self.send("conversation.item.retrieve", item_id=item_id)
        item = (await self.until("conversation.item.retrieved"))["item"]
        return "".join(part.get("transcript") or "" for part in item["content"])

    async def prompt(self) -> list[tuple[str, str]]:
        """Let the brain answer in text beside the conversation; return what it was shown."""
        name = "modalities" if self._is_beta else "output_modalities"
        await self.send("response.create", response={"conversation": "none", name: ["text"]})
        await self.until("response.done")
        return [(message.role, message.text) for message in self.brain.requests[-1].messages]

    def _note(self, event: dict[str, Any]) -> None:
        answer = self._answer
        match event["type"]:
            case "response.created":
                answer = self._answer = Answer()
            case "response.output_audio.delta":
                answer.item_id = event["item_id"]
                answer.audio += base64.b64decode(event["delta"])
            case "response.output_audio_transcript.delta":
                answer.item_id = event["item_id"]
                answer.transcript += event["delta"]
            case "response.done":
                answer.status = event["response"]["status"]
        answer.events.append(event)


async def truth_of(text: str, tts: Tts) -> tuple[list[Word], Pcm]:
    """Return when each word of an answer sounds, and its audio, from the synthesiser alone."""
    splitter = SpeakableSplitter()
    words: list[Word] = []
    audio = [np.zeros(0, np.int16)]
    for piece in [*splitter.feed(text), *splitter.finish()]:
        before = sum(map(len, audio))
        chunks = [chunk async for chunk in tts.speak(piece.spoken)] if piece.spoken else []
        ends = [word.end_ms for chunk in chunks for word in chunk.words]
        audio += [chunk.pcm for chunk in chunks]
        at_ms = 1_000 * before / tts.rate_hz
        for token in piece.tokens:
            count = len(token.spoken.split())
            heard, ends = ends[:count], ends[count:]
            at_ms = max(at_ms, *(1_000 * before / tts.rate_hz + end for end in heard), 0)
            words.append(Word(token.source, int(at_ms), bool(count)))
    return words, np.concatenate(audio)


def at_16_khz(audio: bytes, audio_format: str) -> Pcm:
    """Return wire audio as the recogniser takes it."""
    return decode_wire(audio, FORMATS[audio_format], 16_000)


def seconds_of_silence(pcm: Pcm, seconds: float) -> Pcm:
    """Return 16 kHz audio with so much silence behind it."""
    return np.concatenate([pcm, np.zeros(int(16_000 * seconds), np.int16)])
