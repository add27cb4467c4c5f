"""All the speech engines of the default install, loaded together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from voice.engines.ports import EngineQueue
from voice.engines.smart_turn import OFF, SmartTurn, load_turn_model
from voice.engines.stt import MoonshineStt
from voice.engines.tts import HibariTts
from voice.engines.turn_end import WordsTurnEnd
from voice.engines.vad import SileroVad

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SpeechEngines:
    """The four default engines, warm, and how long each took to load; ``turn_sound`` if wanted.

    Whoever called ``load_speech`` owns them and calls ``close``.
    """

    vad: SileroVad
    stt: MoonshineStt
    tts: HibariTts
    turn_end: WordsTurnEnd
    load_ms: dict[str, int]
    turn_sound: SmartTurn | None = None

    @property
    def queues(self) -> tuple[EngineQueue, ...]:
        """The lines in front of the engines, but of ``turn_sound``: nobody waits for that one."""
        return (self.vad.queue, self.stt.queue, self.tts.queue)

    def close(self) -> None:
        """End the engines' threads. Idempotent."""
        self.vad.close()
        self.stt.close()
        self.tts.close()
        if self.turn_sound is not None:
            self.turn_sound.close()


def load_speech(*, seed: int | None = None, turn_model: str = OFF) -> SpeechEngines:
    """Load and warm the default engines, each in a thread of its own, and wait for all.

    Blocks for about a second; not for an event loop. ``seed`` makes the voice reproducible.
    ``turn_model`` is ``off``, ``auto`` or the path of a turn-end model. Raises the EngineError of
    the first engine that cannot be loaded; it names the package to install.
    """
    load_ms: dict[str, int] = {}

    def timed(name: str, load: Callable[[], T]) -> T:
        started = time.perf_counter()
        loaded = load()
        if loaded is not None:
            load_ms[name] = round((time.perf_counter() - started) * 1000)
        return loaded

    with ThreadPoolExecutor(4, thread_name_prefix="load speech") as threads:
        vad = threads.submit(timed, "vad", SileroVad)
        stt = threads.submit(timed, "stt", _warm_stt)
        tts = threads.submit(timed, "tts", lambda: HibariTts(seed=seed))
        sound = threads.submit(timed, "turn model", lambda: load_turn_model(turn_model))
    if any(load.exception() for load in (vad, stt, tts, sound)):
        for load in (vad, stt, tts, sound):
            if load.exception() is None and (engine := load.result()) is not None:
                engine.close()
    return SpeechEngines(
        vad.result(), stt.result(), tts.result(), WordsTurnEnd(), load_ms, sound.result()
    )


def _warm_stt() -> MoonshineStt:
    stt = MoonshineStt()
    asyncio.run(stt.warm())
    return stt
