"""All the speech engines of the default install, loaded together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from voice.engines.ports import EngineQueue
from voice.engines.stt import MoonshineStt
from voice.engines.tts import HibariTts
from voice.engines.turn_end import WordsTurnEnd
from voice.engines.vad import SileroVad

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SpeechEngines:
    """The four default engines, warm, and how long each took to load.

    Whoever called ``load_speech`` owns them and calls ``close``.
    """

    vad: SileroVad
    stt: MoonshineStt
    tts: HibariTts
    turn_end: WordsTurnEnd
    load_ms: dict[str, int]

    @property
    def queues(self) -> tuple[EngineQueue, ...]:
        """The lines in front of the engines."""
        return (self.vad.queue, self.stt.queue, self.tts.queue)

    def close(self) -> None:
        """End the engines' threads. Idempotent."""
        self.vad.close()
        self.stt.close()
        self.tts.close()


def load_speech(*, seed: int | None = None) -> SpeechEngines:
    """Load and warm the default engines, each in a thread of its own, and wait for all.

    Blocks for about a second; not for an event loop. ``seed`` makes the voice reproducible. Raises
    the EngineError of the first engine that cannot be loaded; it names the package to install.
    """
    load_ms: dict[str, int] = {}

    def timed(name: str, load: Callable[[], T]) -> T:
        started = time.perf_counter()
        loaded = load()
        load_ms[name] = round((time.perf_counter() - started) * 1000)
        return loaded

    with ThreadPoolExecutor(3, thread_name_prefix="load speech") as threads:
        vad = threads.submit(timed, "vad", SileroVad)
        stt = threads.submit(timed, "stt", _warm_stt)
        tts = threads.submit(timed, "tts", lambda: HibariTts(seed=seed))
    if any(load.exception() for load in (vad, stt, tts)):
        for load in (vad, stt, tts):
            if load.exception() is None:
                load.result().close()
    return SpeechEngines(vad.result(), stt.result(), tts.result(), WordsTurnEnd(), load_ms)


def _warm_stt() -> MoonshineStt:
    stt = MoonshineStt()
    asyncio.run(stt.warm())
    return stt
