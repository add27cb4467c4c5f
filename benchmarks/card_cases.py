"""One answer in one room: alone, interrupted, or with a "mm-hm" over it; and what came of it."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np

from benchmarks.card_room import MS, CardInRoom
from benchmarks.card_talk import Talk, ms, words_of
from benchmarks.echo_corpus import Utterance
from benchmarks.joins import Joins, examine
from voice.core.updates import (
    Interrupted,
    Phase,
    PlaybackPaused,
    PlaybackResumed,
    UserSpeechStarted,
    UserTranscript,
)
from voice.testing.room import Room

WARM_S = 1.5
"""Nobody speaks before: the canceller has heard so much of us, as it has but for the first words of
a conversation."""

VERDICT_S = 2.5
WORDS_S = 6.0
_SILENT = 40 * MS
"""So long without a sound is a pause; no word of an answer holds such a gap of exact zeros."""


@dataclass(frozen=True)
class Answer:
    """What happened during one answer; ``None`` where it did not happen."""

    name: str
    room: str
    pauses: tuple[str, ...]
    """Why our voice paused, each time."""
    verdicts: tuple[str, ...]
    is_interrupted: bool
    joins: Joins | None = None
    silence_ms: float | None = None
    """From the onset of the person's speech to silence on the speaker."""
    verdict_ms: float | None = None
    wanted: str = ""
    """What the person said."""
    arrived: str = ""
    alone: tuple[str, ...] = ()
    """What the recogniser makes of the person's words where nobody speaks besides, each time."""
    xruns: int = 0

    @property
    def words(self) -> tuple[int, int]:
        """How many of the wanted words arrived, and how many there are."""
        return _found(self.wanted, self.arrived), len(words_of(self.wanted))

    @property
    def words_alone(self) -> float:
        """How many of the wanted words the recogniser finds where nobody speaks besides."""
        found = [_found(self.wanted, text) for text in self.alone]
        return sum(found) / max(1, len(found))


def _found(wanted: str, text: str) -> int:
    blocks = SequenceMatcher(
        None, words_of(wanted), words_of(text), autojunk=False
    ).get_matching_blocks()
    return sum(block.size for block in blocks)


def some_room(dice: random.Random) -> tuple[Room, str]:
    """Return a room of 30 to 150 ms and -6 to -20 dB, and what it is like."""
    delay_ms, echo_db = dice.uniform(30, 150), dice.uniform(-20, -6)
    reverb_ms = dice.uniform(80, 400)
    room = Room(
        delay_ms - CardInRoom.LEAST_DELAY_MS,
        echo_db,
        reverb_ms=reverb_ms,
        distortion=0.15,
        seed=dice.randrange(1_000_000),
    )
    return room, f"{delay_ms:.0f} ms {echo_db:.0f} dB {reverb_ms:.0f} ms"


async def answer_alone(talk: Talk, room: str) -> Answer:
    """Let an answer be said to its end in an empty room."""
    xruns = await _begin(talk)
    await talk.falls_quiet()
    return _seen(talk, "", room, xruns, _joins(talk))


async def interrupted(
    talk: Talk, room: str, person: Utterance, dice: random.Random, alone: tuple[str, ...] = ()
) -> Answer:
    """Let somebody interrupt an answer in earnest, and wait until their words have arrived.

    ``alone`` is what the recogniser makes of their words without our voice, each time.
    """
    xruns = await _begin(talk)
    await asyncio.sleep(WARM_S + dice.uniform(0, 1.5))
    onset = talk.card.say(person.pcm)
    is_cut = await talk.until(lambda: bool(talk.seen(Interrupted, onset)), VERDICT_S + _s(person))
    cuts = talk.seen(Interrupted, onset)
    silent = _silent_from(talk, onset) if is_cut else None
    if is_cut:
        await talk.card.until(onset + person.pcm.size)
        # The words are whole when what is said to them begins.
        await talk.until(lambda: talk.phase is Phase.SPEAKING, WORDS_S)
    else:
        await talk.falls_quiet()
    texts = [update.text for _, update in talk.seen(UserTranscript, onset) if update.is_final]
    return _seen(
        talk,
        person.name,
        room,
        xruns,
        None,
        silence_ms=None if silent is None else ms(silent - onset),
        verdict_ms=ms(cuts[0][0] - onset) if cuts else None,
        wanted=person.words,
        arrived=" ".join(texts),
        alone=alone,
    )


async def agreed_to(talk: Talk, room: str, person: Utterance, dice: random.Random) -> Answer:
    """Let somebody say "mm-hm" over an answer, or cough, and hear it to its end."""
    xruns = await _begin(talk)
    await asyncio.sleep(WARM_S + dice.uniform(0, 1.0))
    talk.card.say(person.pcm)
    await talk.falls_quiet()
    found = _seen(talk, person.name, room, xruns, None)
    if found.is_interrupted:
        # What the endpoint says to it is no part of the case.
        await talk.until(lambda: talk.phase is Phase.SPEAKING, WORDS_S)
        await talk.falls_quiet()
        return found
    return _seen(talk, person.name, room, xruns, _joins(talk))


async def _begin(talk: Talk) -> int:
    """Wait for an answer's first sound, asking for one where none is on its way."""
    if talk.phase is Phase.LISTENING:
        talk.forget()
        talk.type("Go on, please.")
    else:
        talk.forget()
    xruns = talk.card.xruns
    await talk.answer_begins()
    return xruns


def _seen(
    talk: Talk, name: str, room: str, xruns: int, joins: Joins | None, **more: object
) -> Answer:
    # An endpoint that hears speech while we are silent is no interruption, but nobody spoke either.
    heard = talk.seen(UserSpeechStarted)
    return Answer(
        name=name,
        room=room,
        pauses=tuple(update.cause for _, update in talk.seen(PlaybackPaused)),
        verdicts=tuple(
            f"{update.kind}: {update.cause} [{update.words}]"
            for _, update in talk.seen(PlaybackResumed)
        ),
        is_interrupted=bool(talk.seen(Interrupted)) or bool(heard),
        joins=joins,
        xruns=talk.card.xruns - xruns,
        **more,  # type: ignore[arg-type]
    )


def _joins(talk: Talk) -> Joins:
    return examine(talk.speaker.given(), talk.card.recorded(0))


def _silent_from(talk: Talk, onset: int) -> int | None:
    """Return from when the speaker was silent after the pause that the person's speech made.

    A gap in our own voice does not count: it is the pause's own silence, which is exact zeros.
    """
    pauses = [at for at, _ in talk.seen(PlaybackPaused, onset)]
    cuts = [at for at, _ in talk.seen(Interrupted, onset)]
    told = min([*pauses, *cuts], default=None)
    if told is None:
        return None
    recorded = talk.card.recorded(told)
    sound = np.flatnonzero(recorded)
    begins = np.concatenate([[0], sound + 1])
    ends = np.concatenate([sound, [recorded.size]])
    for begin, end in zip(begins, ends, strict=True):
        if end - begin >= _SILENT:
            return told + int(begin)
    return None


def _s(person: Utterance) -> float:
    return person.pcm.size / MS / 1000
