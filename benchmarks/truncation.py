"""Does the speaker tell the truth about what was heard? ``python -m benchmarks.truncation``.

Speech whose every sample carries its number is played through the real sound path to a virtual card
and interrupted at random: with pieces that come late, with holes, pauses, a card that stands still
for a moment. What came out is counted in the recording and compared with what ``flush`` reported.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.virtual_card import LATENCY_MS, PERIOD_MS, NoVirtualCard, VirtualCard
from voice.audio.card_speaker import CardSpeaker
from voice.audio.fades import FADE_SAMPLES
from voice.audio.ports import RATE_HZ, Speaker
from voice.audio.sound_card import SoundCard

MOST_ERROR_MS = 10.0
KINDS = ("burst", "steady", "late", "paused", "dry", "stalled")

_MS = RATE_HZ // 1000
_LOW, _NUMBERS = 12_000, 16_000
"""Sample n is this loud plus n modulo this: loud enough that a fade never rounds to the same."""


def numbered(begin: int, count: int) -> NDArray[np.int16]:
    """Return samples that carry their numbers."""
    return (_LOW + np.arange(begin, begin + count) % _NUMBERS).astype(np.int16)


@dataclass(frozen=True)
class Interruption:
    """One answer that was cut: what the speaker says was heard, and what was."""

    kind: str
    reported_ms: int
    heard_ms: float
    broken: int
    """Joins between stretches of sound at which samples were lost or doubled."""
    holes: int
    """How often the answer ran dry and went on."""
    xruns: int

    @property
    def error_ms(self) -> float:
        """How much too little was reported; negative where it was too much."""
        return self.heard_ms - self.reported_ms


def count_heard(sound: NDArray[np.int16]) -> tuple[int, int]:
    """Return how many numbered samples are in a recording, and how many joins are broken.

    Stretches that no fade touched tell their numbers; what is faded between them is counted. 5 ms
    after a sample that comes twice are the card's letting down of a hole, and no speech.
    """
    wide = sound.astype(np.int64)
    is_next = np.diff(wide, prepend=0) == 1
    is_next |= (wide == _LOW) & (np.roll(wide, 1) == _LOW + _NUMBERS - 1)
    is_plain = is_next & (wide >= _LOW)
    is_plain[:-1] |= is_next[1:] & (wide[:-1] >= _LOW)
    let_down = np.zeros(wide.size, bool)
    (twice,) = np.nonzero((np.diff(wide) == 0) & (wide[1:] != 0))
    for place in twice:
        # The end of a let-down and the beginning of a rise may be alike by chance.
        if not let_down[place]:
            let_down[place + 1 : place + 1 + FADE_SAMPLES] = True
    position, broken = 0, 0
    counts = (wide != 0) & ~let_down
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_plain.astype(int), [0]])))
    at = 0
    for begin, end in edges.reshape(-1, 2):
        # A fade can look like two or three numbers in a row.
        if end - begin < 24:
            continue
        position += int(np.count_nonzero(counts[at:begin]))
        broken += int((wide[begin] - _LOW - position) % _NUMBERS != 0)
        position += int(end - begin)
        at = int(end)
    return position + int(np.count_nonzero(counts[at:])), broken


async def interrupt(
    kind: str, speaker: CardSpeaker, card: VirtualCard, dice: random.Random, number: int
) -> Interruption:
    """Play an answer in pieces, cut it somewhere, and look at what came out."""
    card.forget()
    xruns, holes = card.xruns, speaker.stats.underruns
    item = f"item{number}"
    pieces = _Pieces()
    feeder = asyncio.create_task(pieces.feed(kind, item, speaker, dice))
    await asyncio.sleep(dice.uniform(0.05, 0.9))
    if kind == "paused":
        for _ in range(dice.randint(1, 3)):
            speaker.pause()
            await asyncio.sleep(dice.uniform(0.0, 0.2))
            if dice.random() < 0.8:
                speaker.resume()
                await asyncio.sleep(dice.uniform(0.0, 0.2))
    if kind == "stalled":
        await card.stall(dice.uniform(0.03, 0.2))
        await asyncio.sleep(dice.uniform(0.0, 0.2))
    feeder.cancel()
    report = {part.item_id: part.heard_ms for part in speaker.flush()}
    await asyncio.sleep((LATENCY_MS + 3 * PERIOD_MS) / 1000)
    heard_samples, broken = count_heard(card.heard())
    reported_ms = report.get(item, pieces.sent // _MS)  # no report: it had been heard to its end
    return Interruption(
        kind,
        reported_ms,
        heard_samples / _MS,
        broken,
        holes=speaker.stats.underruns - holes,
        xruns=card.xruns - xruns,
    )


class _Pieces:
    """An answer that comes as an endpoint sends it: at once, in time, or late now and then."""

    def __init__(self) -> None:
        self.sent = 0

    async def feed(self, kind: str, item: str, speaker: Speaker, dice: random.Random) -> None:
        """Play pieces of 5 to 100 ms; those of a dry answer end before it is cut, mostly."""
        most = RATE_HZ * 3 if kind != "dry" else round(RATE_HZ * dice.uniform(0.02, 0.5))
        while self.sent < most:
            count = min(most - self.sent, round(RATE_HZ * dice.uniform(0.005, 0.1)))
            speaker.play(item, 0, numbered(self.sent, count).tobytes())
            self.sent += count
            match kind:
                case "burst" | "paused" | "dry":
                    await asyncio.sleep(0)
                case "late":
                    await asyncio.sleep(count / RATE_HZ * dice.uniform(0.5, 4.0))
                case _:
                    await asyncio.sleep(count / RATE_HZ * dice.uniform(0.8, 1.05))


async def measure(count: int, seed: int, card: VirtualCard) -> list[Interruption]:
    """Return so many interruptions of all kinds in turn."""
    dice = random.Random(seed)
    sound_card = SoundCard("system", "system")
    sound_card.speaker.start(lambda: None)
    try:
        await card.listen()
        return [
            await interrupt(KINDS[number % len(KINDS)], sound_card.speaker, card, dice, number)
            for number in range(count)
        ]
    finally:
        await sound_card.close()


def table(cuts: Sequence[Interruption]) -> str:
    """Return a line for each kind and one for all: counts, errors, over-reports."""
    heads = ("cuts", "max ms", "mean ms", "over", "broken", "holes", "xruns")
    lines = [" " * 8 + "".join(f"{head:>8}" for head in heads)]
    for kind in (*KINDS, "all"):
        chosen = [cut for cut in cuts if kind in (cut.kind, "all")]
        if not chosen:
            continue
        errors = [abs(cut.error_ms) for cut in chosen]
        counts = (
            sum(cut.error_ms < 0 for cut in chosen),
            sum(cut.broken for cut in chosen),
            sum(cut.holes for cut in chosen),
            sum(cut.xruns for cut in chosen),
        )
        lines.append(
            f"{kind:8}{len(chosen):8}{max(errors):8.2f}{sum(errors) / len(errors):8.2f}"
            + "".join(f"{count:8}" for count in counts)
        )
    return "\n".join(lines)


def faults(cuts: Sequence[Interruption]) -> Counter[str]:
    """Return what is wrong with those during which the card itself lost nothing."""
    found: Counter[str] = Counter()
    for cut in cuts:
        if cut.xruns and cut.kind != "stalled":
            continue
        found["wrong by more than 10 ms"] += abs(cut.error_ms) > MOST_ERROR_MS
        found["claimed what nobody heard"] += cut.error_ms < 0
        found["lost or doubled samples"] += cut.broken > 0
    return +found


def main() -> int:
    """Measure and print the table; 1 where a figure is missed, 2 without a virtual card."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    try:
        with VirtualCard() as card:
            cuts = asyncio.run(measure(options.count, options.seed, card))
    except NoVirtualCard as error:
        print(error, file=sys.stderr)
        return 2
    print(table(cuts))
    for fault, count in faults(cuts).items():
        print(f"{count} × {fault}")
    return 1 if faults(cuts) else 0


if __name__ == "__main__":
    sys.exit(main())
