"""How long sound takes through the product: microphone to wire, and wire to DAC.

A bare PortAudio stream of the same size stands beside the product's own on the same card. What it
gets and gives at the same moment is the card's delay; what the product needs on top is measured,
one click after another, at an endpoint in the same process.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.card_room import MS, CardInRoom
from benchmarks.card_talk import talk_settings
from benchmarks.virtual_card import PERIOD_MS
from voice.app import open_session
from voice.audio.card_speaker import CardSpeaker
from voice.audio.jitter import SHORTEST_MS
from voice.audio.pcm import Pcm, from_bytes
from voice.audio.ports import BLOCK_MS, RATE_HZ
from voice.hands_free import open_hands_free
from voice.protocol.client_events import AudioAppend
from voice.protocol.server_events import AudioDelta
from voice.testing import events
from voice.testing.endpoint import Peer, ScriptedEndpoint
from voice.testing.room import Room

TO_WIRE_MS = BLOCK_MS + 2
TO_DAC_MS = SHORTEST_MS + BLOCK_MS
"""Of an answer in one piece: it fills the jitter buffer at once."""

_LOUD = 4_000
_BLOCK = RATE_HZ * BLOCK_MS // 1000
_LATENCY_S = 0.04
_LIMIT_S = 3.0
_ANSWER_MS = 300


@dataclass
class Delays:
    """What the product added to the card's own delay, each time, in ms.

    ``beyond_target_ms`` is what an answer in pieces took more than the jitter buffer then waited
    for, which grows where pieces come late.
    """

    to_wire_ms: list[float] = field(default_factory=list)
    at_once_ms: list[float] = field(default_factory=list)
    in_pieces_ms: list[float] = field(default_factory=list)
    beyond_target_ms: list[float] = field(default_factory=list)
    xruns: int = 0


class _BareCard(CardInRoom):
    """A card on which the bare streams have an ear and the same mouth."""

    def __init__(self) -> None:
        super().__init__()
        self._beside: list[Any] = []  # bounded: forget() empties it
        self.enter(Room(noise_dbfs=-80.0, echo_db=-90.0))

    def wire_beside(self, before: set[str]) -> None:
        """Wire the bare streams, whose ports were not there ``before``."""
        for port in self._client.get_ports("PortAudio:"):
            if port.name in before:
                continue
            for other in self._client.get_all_connections(port):
                if port.is_input:
                    self._client.disconnect(other, port)
            if port.is_input:
                self._client.connect("bench:mouth", port)
            else:
                self._client.connect(port, "bench:beside")

    def ports(self) -> set[str]:
        """Return PortAudio's ports."""
        return {port.name for port in self._client.get_ports("PortAudio:")}

    def forget(self) -> None:
        """Drop both recordings."""
        super().forget()
        self._beside.clear()

    def first_sounds(self) -> tuple[int | None, int | None]:
        """Return where the product and the bare stream became loud since ``forget``."""
        with self._lock:
            own = self.heard()
            bare = np.concatenate([np.zeros(0, np.float32), *self._beside])
        return _first(own), _first(np.rint(bare * 32768.0))

    def _register(self, client: Any) -> None:
        super()._register(client)
        self._ear_beside = client.inports.register("beside")

    def _process(self, frames: int) -> None:
        super()._process(frames)
        self._beside.append(self._ear_beside.get_array().copy())


class _Bare:
    """Two streams without a product: one notes when a click comes in, one clicks when asked."""

    def __init__(self) -> None:
        self.heard_s: float | None = None
        self.is_to_click = False

    def take(self, data: Any, count: int, *_: Any) -> None:
        """Note the moment of a click, in PortAudio's thread."""
        if self.heard_s is None and _first(from_bytes(bytes(data))) is not None:
            self.heard_s = time.perf_counter()

    def give(self, out: Any, count: int, *_: Any) -> None:
        """Click with the next block once that is asked for, in PortAudio's thread."""
        samples = np.zeros(count, np.int16)
        if self.is_to_click:
            self.is_to_click = False
            samples[: 2 * MS] = _click()[:count]
        out[:] = samples.tobytes()


@contextlib.contextmanager
def _beside(card: _BareCard, bare: _Bare) -> Iterator[None]:
    """Open the bare streams beside what is open."""
    import sounddevice

    before = card.ports()
    kinds = {"samplerate": RATE_HZ, "blocksize": _BLOCK, "channels": 1, "dtype": "int16"}
    kinds |= {"latency": _LATENCY_S, "device": "system"}
    with (
        sounddevice.RawInputStream(callback=bare.take, **kinds),
        sounddevice.RawOutputStream(callback=bare.give, **kinds),
    ):
        card.wire_beside(before)
        yield


class _Endpoint:
    """An endpoint that answers when it is told to, and notes when a click came."""

    def __init__(self) -> None:
        self.peer: Peer | None = None
        self.heard_s: float | None = None
        self.is_there = asyncio.Event()
        self._answers = 0

    async def script(self, peer: Peer) -> None:
        """Serve one session."""
        await peer.greet()
        self.peer = peer
        self.is_there.set()
        while True:
            event = await peer.next_event()
            if not isinstance(event, AudioAppend) or self.heard_s is not None:
                continue
            if _first(from_bytes(event.audio)) is not None:
                self.heard_s = time.perf_counter()

    async def answer(self, pcm: Pcm, *, in_pieces: bool, when: Callable[[], None]) -> None:
        """Say ``pcm``; ``when`` is called as its first sound leaves."""
        peer = self.peer
        assert peer is not None
        self._answers += 1
        response, item = f"r{self._answers}", f"i{self._answers}"
        added = events.item_added(events.assistant_item(item, status="in_progress"))
        await peer.send(events.response_created(response), added)
        size = _BLOCK if in_pieces else pcm.size
        when()
        begin_s = time.perf_counter()
        for start in range(0, pcm.size, size):
            await asyncio.sleep(begin_s + start / RATE_HZ - time.perf_counter())
            piece = pcm[start : start + size].tobytes()
            await peer.send(AudioDelta(response, item, 0, 0, piece))
        await peer.send(
            events.audio_done(response, item),
            events.item_done(response, events.assistant_item(item)),
            events.response_done(response),
        )


@contextlib.asynccontextmanager
async def _open(card: _BareCard, endpoint: _Endpoint) -> AsyncIterator[tuple[_Bare, CardSpeaker]]:
    """Open the product at the endpoint, and the bare streams beside it."""
    bare = _Bare()
    async with ScriptedEndpoint(endpoint.script) as served:
        with tempfile.TemporaryDirectory() as folder:
            settings = talk_settings(None, folder, endpoint={"url": served.url})
            hands_free = open_hands_free(settings)
            speaker = hands_free.speaker
            assert isinstance(speaker, CardSpeaker)
            async with open_session(settings, hands_free=hands_free, use_tools=False):
                await card.live_in_room()
                await endpoint.is_there.wait()
                with _beside(card, bare):
                    await asyncio.sleep(2.0)  # the recogniser of the ear is loaded meanwhile
                    yield bare, speaker
        served.failures.clear()  # the session leaves in the middle of the script: it has no end


async def latency(count: int) -> Delays:
    """Send so many clicks through the product each way. Raises NoVirtualCard."""
    endpoint, found, dice = _Endpoint(), Delays(), random.Random(1)
    with _BareCard() as card:
        async with _open(card, endpoint) as (bare, speaker):
            for _ in range(count):
                await _hear_click(card, endpoint, bare, found, dice)
            for number in range(2 * count):
                await _say_click(card, endpoint, bare, speaker, found, in_pieces=number % 2 == 1)
        found.xruns = card.xruns
    return found


async def _hear_click(
    card: _BareCard, endpoint: _Endpoint, bare: _Bare, found: Delays, dice: random.Random
) -> None:
    endpoint.heard_s = bare.heard_s = None
    xruns = card.xruns
    # Anywhere in a period, and so in a block.
    card.say(np.concatenate([np.zeros(dice.randrange(PERIOD_MS * MS), np.int16), _click()]))
    async with asyncio.timeout(_LIMIT_S):
        while endpoint.heard_s is None or bare.heard_s is None:  # noqa: ASYNC110
            await asyncio.sleep(0.003)
    if card.xruns == xruns:
        found.to_wire_ms.append((endpoint.heard_s - bare.heard_s) * 1_000)
    await asyncio.sleep(0.1)


async def _say_click(
    card: _BareCard,
    endpoint: _Endpoint,
    bare: _Bare,
    speaker: CardSpeaker,
    found: Delays,
    *,
    in_pieces: bool,
) -> None:
    card.forget()
    target_ms = speaker.stats.target_ms
    xruns = card.xruns

    def now() -> None:
        bare.is_to_click = True

    await endpoint.answer(_tone(_ANSWER_MS), in_pieces=in_pieces, when=now)
    async with asyncio.timeout(_LIMIT_S):
        while None in card.first_sounds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    own, other = card.first_sounds()
    assert own is not None and other is not None
    if card.xruns == xruns and in_pieces:
        found.in_pieces_ms.append((own - other) / MS)
        found.beyond_target_ms.append((own - other) / MS - target_ms)
    elif card.xruns == xruns:
        found.at_once_ms.append((own - other) / MS)
    await asyncio.sleep(_ANSWER_MS / 1_000 + 0.137)


def _first(samples: Any) -> int | None:
    (places,) = np.nonzero(np.abs(np.asarray(samples, np.float64)) > _LOUD)
    return int(places[0]) if places.size else None


def _click() -> Pcm:
    return np.full(2 * MS, 16_000, np.int16)


def _tone(milliseconds: int) -> Pcm:
    """Return a tone that is loud from its first sample on."""
    seconds = np.arange(milliseconds * MS) / RATE_HZ
    return np.asarray(np.rint(12_000 * np.cos(2 * np.pi * 440.0 * seconds)), np.int16)
