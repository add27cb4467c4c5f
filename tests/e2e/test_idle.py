"""An idle conversation at a real socket: nothing is sent, and speech finds a connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.client.session_kit import Reader
from voice.client.attention import Attention
from voice.client.session import Session
from voice.core.updates import ConnectionLost, Phase, PhaseChanged, Reconnected, Update
from voice.protocol.endpoints import resolve
from voice.testing.endpoint import Peer, ScriptedEndpoint
from voice.testing.sound import BYTES_PER_MS, ScriptedMicrophone

FRAME_MS = 20
IDLE_MS = 1_000
MINUTE_MS = 60_000
SPEECH = b"\x01\x00" * (FRAME_MS * BYTES_PER_MS // 2)


class AttentiveMicrophone:
    """A microphone whose sound leaves where the attention lets it; speech is what is not zero."""

    def __init__(self, microphone: ScriptedMicrophone, attention: Attention) -> None:
        self._microphone = microphone
        self._attention = attention
        self.now_ms = 0
        self._heard = asyncio.Condition()

    async def has_heard(self, ms: int) -> None:
        """Wait until so much was heard since the start."""
        async with self._heard:
            await self._heard.wait_for(lambda: self.now_ms >= ms)

    def take(self, update: Update) -> None:
        self._attention.take(update, self.now_ms)

    async def frames(self) -> AsyncIterator[bytes]:
        async for frame in self._microphone.frames():
            self.now_ms += len(frame) // BYTES_PER_MS
            async with self._heard:
                self._heard.notify_all()
            if any(frame):
                self._attention.heard_speech(self.now_ms)
            if self._attention.may_send(self.now_ms):
                yield frame

    async def close(self) -> None:
        await self._microphone.close()


@pytest.mark.parametrize("code", [1000, 1001, 1011])
async def test_a_connection_that_was_closed_on_an_idle_conversation_is_there_when_speech_comes(
    code: int,
) -> None:
    closes, heard = asyncio.Event(), asyncio.Event()
    sent: list[int] = []

    async def first(peer: Peer) -> None:
        await peer.greet()
        await peer.hear(IDLE_MS * BYTES_PER_MS - 2 * len(SPEECH))
        await closes.wait()
        sent.append(len(peer.audio))
        assert [event.type for event in peer.received] == ["session.update"]
        await peer.close(code, "idle for too long")

    async def second(peer: Peer) -> None:
        await peer.greet()
        while not peer.audio.endswith(10 * SPEECH):
            await peer.hear(len(peer.audio) + 1)
        # The last moment before the loss is sent again, as a turn might have begun in it.
        moment = peer.audio.removesuffix(10 * SPEECH)
        assert not any(moment)
        assert len(moment) <= (IDLE_MS + FRAME_MS) * BYTES_PER_MS
        heard.set()

    source = ScriptedMicrophone()
    attention = Attention(has_wake_word=False, idle_ms=IDLE_MS)
    microphone = AttentiveMicrophone(source, attention)
    async with ScriptedEndpoint([first, second]) as endpoint:
        async with Session(
            endpoint=resolve(endpoint.url), microphone=microphone, observers=[microphone.take]
        ) as session:
            reader = Reader(session)
            # given a conversation in which nobody has spoken for two minutes
            source.push_silence(2 * MINUTE_MS, frame_ms=FRAME_MS)
            async with asyncio.timeout(5):
                await microphone.has_heard(2 * MINUTE_MS)
            assert attention.is_idle(microphone.now_ms)
            # when the endpoint has had enough of it, and later somebody speaks
            closes.set()
            await reader.until(ConnectionLost)
            await reader.until(Reconnected)
            source.push_silence(MINUTE_MS, frame_ms=FRAME_MS)
            for _ in range(10):
                source.push(SPEECH)
            # then the first thing that the new connection hears is the speech
            async with asyncio.timeout(5):
                await heard.wait()
    assert sent[0] <= (IDLE_MS + FRAME_MS) * BYTES_PER_MS


async def test_speech_that_breaks_an_idle_time_while_there_is_no_connection_is_kept() -> None:
    heard = asyncio.Event()

    async def first(peer: Peer) -> None:
        await peer.greet()
        peer.drop()

    async def second(peer: Peer) -> None:
        await peer.greet()
        assert await peer.hear(5 * len(SPEECH)) == 5 * SPEECH
        heard.set()

    source = ScriptedMicrophone()
    attention = Attention(has_wake_word=False, idle_ms=IDLE_MS)
    attention.take(PhaseChanged(Phase.LISTENING), -IDLE_MS)
    microphone = AttentiveMicrophone(source, attention)
    async with ScriptedEndpoint([first, second]) as endpoint:
        async with Session(endpoint=resolve(endpoint.url), microphone=microphone) as session:
            await Reader(session).until(ConnectionLost)
            for _ in range(5):
                source.push(SPEECH)
            async with asyncio.timeout(5):
                await heard.wait()
