"""How often the offline brain does what was said: a hundred spoken wishes, one after another.

Run with ``make bench-understanding``. Each sentence is spoken by the synthesiser, at several
speeds, heard by the recogniser, and given to the offline brain with the built-in tools; every call
that needs no network is really run. Right means the right tool with the right arguments. The floor
is the same brain on the written sentences: what is lost between is the recogniser's.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.paraphrases import PARAPHRASES
from tools import Registry, discover
from voice.audio.pcm import Pcm, resample
from voice.engines.offline_brain import OfflineBrain
from voice.engines.offline_brain.vectors import Vectors
from voice.engines.ports import (
    EAR_RATE_HZ,
    BrainMessage,
    BrainRequest,
    BrainTool,
    CallDelta,
    CallRequest,
)
from voice.engines.stt import MoonshineStt
from voice.engines.tts import HibariTts

SPEEDS = (1.0, 0.9, 1.1)
LEAST_RIGHT, MOST_WRONG = 0.90, 0.02

NETWORKED = {"get_weather", "web_search", "generate_image"}
"""Tools that are not run: what they answer depends on the day, and on a network."""

Wish = tuple[str, str, tuple[str, ...]]


@dataclass(frozen=True)
class Result:
    """What became of one wish: ``right``, ``wrong`` (another tool ran) or ``asked`` (none did)."""

    said: str
    heard: str
    verdict: str
    detail: str = ""


class Household:
    """The built-in tools over a folder of their own, and the brain that calls them."""

    def __init__(self, folder: Path) -> None:
        self.registry = Registry(data_dir=folder)
        for tool, source in discover(None).tools:
            if not tool.opt_in:
                self.registry.add(tool, source)
        self.brain = OfflineBrain(Vectors.load())
        self.offered = tuple(
            BrainTool(spec.name, spec.description, spec.parameters, spec.examples)
            for spec in self.registry.specs()
        )

    async def calls_for(self, said: str) -> list[CallRequest]:
        """Return what the brain wants called."""
        request = BrainRequest("", (BrainMessage("user", said),), tools=self.offered)
        return [d.call async for d in self.brain.respond(request) if isinstance(d, CallDelta)]

    async def judge(self, wish: Wish, heard: str) -> Result:
        """Give the brain what was heard, run its calls, and say what became of the wish."""
        said, expected, wanted = wish
        calls = await self.calls_for(heard)
        if not calls:
            return Result(said, heard, "asked")
        names = [call.name for call in calls]
        if names != [expected]:
            return Result(said, heard, "wrong", f"{expected} expected, {', '.join(names)} called")
        told = calls[0].arguments.casefold()
        if expected not in NETWORKED:
            outcome = await self.registry.call(calls[0].name, calls[0].arguments)
            told += outcome.output.casefold()
        missing = [want for want in wanted if not any(one in told for one in want.split("|"))]
        if missing:
            return Result(said, heard, "arguments", f"{calls[0].arguments} without {missing[0]!r}")
        return Result(said, heard, "right")


async def spoken(tts: HibariTts, text: str, speed: float) -> Pcm:
    """Return a sentence as speech at 16 kHz."""
    pieces = [chunk.pcm async for chunk in tts.speak(text, speed=speed)]
    return resample(np.concatenate(pieces), tts.rate_hz, EAR_RATE_HZ)


async def listen(wishes: tuple[Wish, ...]) -> list[str]:
    """Return what the recogniser hears of every wish."""
    tts, stt = HibariTts(seed=7), MoonshineStt(workers=1)
    try:
        heard = []
        for number, (said, _, _) in enumerate(wishes):
            pcm = await spoken(tts, said, SPEEDS[number % len(SPEEDS)])
            heard.append((await stt.transcribe(pcm)).text)
        return heard
    finally:
        tts.close()
        stt.close()


async def measure(wishes: tuple[Wish, ...], heard: list[str]) -> list[Result]:
    """Return what became of every wish."""
    with tempfile.TemporaryDirectory() as folder:
        house = Household(Path(folder))
        async with house.registry:
            results = [await house.judge(*pair) for pair in zip(wishes, heard, strict=True)]
        await house.brain.close()
        return results


def shares(results: list[Result]) -> tuple[float, float]:
    """Return the share of wishes done right, and of those for which another tool ran."""
    counts = Counter(result.verdict for result in results)
    return counts["right"] / len(results), counts["wrong"] / len(results)


def show(name: str, results: list[Result]) -> None:
    """Print a line of the table."""
    counts = Counter(result.verdict for result in results)
    row = (counts["right"], counts["arguments"], counts["wrong"], counts["asked"])
    print(f"{name:<10}" + "".join(f"{count:>12}" for count in row), flush=True)


def main() -> int:
    """Measure and print; returns 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quiet", action="store_true", help="do not list what went otherwise")
    options = parser.parse_args()
    names = {tool.name for tool, _ in discover(None).tools}
    wishes = tuple(wish for wish in PARAPHRASES if wish[1] in names)
    print(f"{len(wishes)} wishes for {len({wish[1] for wish in wishes})} tools")
    print(f"{'':<10}{'right':>12}{'arguments':>12}{'other tool':>12}{'asked back':>12}")
    written = asyncio.run(measure(wishes, [wish[0] for wish in wishes]))
    show("written", written)
    results = asyncio.run(measure(wishes, asyncio.run(listen(wishes))))
    show("spoken", results)
    for result in results:
        if result.verdict != "right" and not options.quiet:
            print(f"  {result.verdict:<10}{result.said}  (heard: {result.heard})  {result.detail}")
    right, wrong = shares(results)
    is_good = right >= LEAST_RIGHT and wrong <= MOST_WRONG
    print(
        f"{right:.0%} right, {wrong:.0%} another tool: {'meets' if is_good else 'MISSES'} the "
        f"target (at least {LEAST_RIGHT:.0%}, at most {MOST_WRONG:.0%})"
    )
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
