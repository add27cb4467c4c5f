"""A conversation as ``voice talk`` has it, on a card in a room, with all that is seen of it.

Nothing stands between PortAudio and the endpoint but the product; what the endpoint's audio was is
noted where the session hands it to the speaker.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from benchmarks.card_room import MS, CardInRoom
from voice.app import OpenSession, open_session
from voice.audio.pcm import Pcm, from_bytes
from voice.audio.ports import Speaker
from voice.client.ear import Ear
from voice.core.updates import Phase, PhaseChanged, Update
from voice.hands_free import HandsFree, open_hands_free
from voice.protocol.playback import HeardPart
from voice.settings import Settings

START_S = 60.0
ANSWER_S = 20.0

_NUMBERS = dict(
    zip("0 1 2 3 4 5 6 7 8 9 10".split(),
        "zero one two three four five six seven eight nine ten".split(), strict=True)
)  # fmt: skip

_Update = TypeVar("_Update")


def talk_settings(brain_url: str | None, folder: str, **sections: dict[str, Any]) -> Settings:
    """Return what ``voice talk`` would be set to: this card, this brain, all else as it comes."""
    wanted: dict[str, Any] = {
        "audio": {"input": "system", "output": "system"},
        "tools": {"data_dir": folder},
        **sections,
    }
    if brain_url is not None:
        wanted["brain"] = {"base_url": brain_url, "model": "scripted"}
    return Settings(**wanted)


class NotedSpeaker:
    """A speaker that keeps what it was given to play; implements ``Speaker`` around another."""

    def __init__(self, speaker: Speaker) -> None:
        """Keep nothing yet."""
        self._speaker = speaker
        self._given: list[bytes] = []  # bounded: forget() empties it

    def forget(self) -> None:
        """Drop what was kept."""
        self._given.clear()

    def given(self) -> Pcm:
        """Return everything that was to be played since ``forget``."""
        return from_bytes(b"".join(self._given))

    def start(self, on_drained: Callable[[], None]) -> None:
        """Start it."""
        self._speaker.start(on_drained)

    def play(self, item_id: str, content_index: int, pcm: bytes) -> None:
        """Note and pass on."""
        self._given.append(pcm)
        self._speaker.play(item_id, content_index, pcm)

    def pause(self) -> None:
        """Pass on."""
        self._speaker.pause()

    def resume(self) -> None:
        """Pass on."""
        self._speaker.resume()

    def flush(self) -> Sequence[HeardPart]:
        """Pass on."""
        return self._speaker.flush()

    def heard(self) -> Sequence[HeardPart]:
        """Pass on."""
        return self._speaker.heard()

    async def close(self) -> None:
        """Close it."""
        await self._speaker.close()


class Talk:
    """One open conversation: what is seen of it, in the card's time."""

    def __init__(self, card: CardInRoom, hands_free: HandsFree, speaker: NotedSpeaker) -> None:
        """Watch; the session is opened by ``talking``."""
        self.card = card
        self.hands_free = hands_free
        self.speaker = speaker
        self.phase = Phase.CONNECTING
        self.opened: OpenSession | None = None
        self._seen: list[tuple[int, Update]] = []  # bounded: forget() empties it
        self._news = asyncio.Event()

    def take(self, update: Update) -> None:
        """Observe the session."""
        self._seen.append((self.card.position, update))
        if isinstance(update, PhaseChanged):
            self.phase = update.phase
        self._news.set()

    def forget(self) -> None:
        """Drop what was seen, recorded and noted."""
        self._seen.clear()
        self.card.forget()
        self.speaker.forget()

    def seen(self, kind: type[_Update], since: int = 0) -> list[tuple[int, _Update]]:
        """Return the updates of one type and when they came."""
        return [(at, u) for at, u in self._seen if isinstance(u, kind) and at >= since]

    async def until(self, condition: Callable[[], bool], limit_s: float = ANSWER_S) -> bool:
        """Wait until something is seen; returns whether it was in time."""
        try:
            async with asyncio.timeout(limit_s):
                while not condition():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True

    async def ear_is_ready(self) -> None:
        """Wait for the recogniser of the ear, which is loaded beside the conversation."""
        ear = self.hands_free.microphone
        async with asyncio.timeout(START_S):
            while isinstance(ear, Ear) and ear.recognise is None:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    def type(self, line: str) -> None:
        """Type a line, which is answered."""
        assert self.opened is not None
        self.opened.send_text(line)

    async def answer_begins(self) -> int | None:
        """Return from when an answer sounds; None where none comes."""
        if not await self.until(lambda: self.phase is Phase.SPEAKING):
            return None
        begin = self.card.position
        async with asyncio.timeout(ANSWER_S):
            while not np.any(np.abs(self.card.recorded(begin).astype(np.int32)) > 300):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        (places,) = np.nonzero(np.abs(self.card.recorded(begin).astype(np.int32)) > 300)
        return begin + int(places[0])

    async def falls_quiet(self, limit_s: float = ANSWER_S) -> bool:
        """Wait until nothing is said or thought of; returns whether it was in time."""
        is_quiet = await self.until(lambda: self.phase is Phase.LISTENING, limit_s)
        await asyncio.sleep(0.1)
        return is_quiet and self.phase is Phase.LISTENING


@contextlib.asynccontextmanager
async def talking(
    card: CardInRoom, brain_url: str | None, **sections: dict[str, Any]
) -> AsyncIterator[Talk]:
    """Hold a conversation on ``card``, at our own server with that brain."""
    with tempfile.TemporaryDirectory() as folder:
        settings = talk_settings(brain_url, folder, **sections)
        hands_free = open_hands_free(settings)
        speaker = NotedSpeaker(hands_free.speaker)
        talk = Talk(card, hands_free, speaker)
        hands_free.observers.append(talk.take)
        parts: dict[str, Any] = {"hands_free": hands_free, "speaker": speaker}
        async with open_session(settings, on_tool_line=lambda line: None, **parts) as opened:
            talk.opened = opened
            await card.live_in_room()
            await talk.until(lambda: talk.phase is Phase.LISTENING, START_S)
            await talk.ear_is_ready()
            yield talk


def words_of(text: str) -> list[str]:
    """Return the words of a transcript, to be compared: 5 is five, and 340 three four zero."""
    kept = "".join(c if c.isalnum() or c == "'" else " " for c in text.lower())
    words: list[str] = []
    for word in kept.split():
        is_digits = word.isdigit() and word not in _NUMBERS
        words += [_NUMBERS.get(part, part) for part in (word if is_digits else [word])]
    return words


def ms(samples: int) -> float:
    """Return samples of the card as milliseconds."""
    return samples / MS
