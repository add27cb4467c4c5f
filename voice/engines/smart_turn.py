"""How a turn sounds: Smart Turn v3, a small acoustic network that some users have (BSD-2).

It ships inside the package ``pipecat-ai``, whose file is found without importing it, or is a file
that the user names. What it says is advice: where it is late, busy or broken, turns end by silence
and words alone.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import re
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from voice.engines.ports import EAR_RATE_HZ, Pcm
from voice.engines.smart_turn_net import GET_IT, SmartTurnNet
from voice.engines.threads import EngineThreads
from voice.errors import EngineError

logger = logging.getLogger(__name__)

OFF, AUTO = "off", "auto"

LIMIT_S = 0.4
"""The wait for words that say nothing ends 400 ms after the pause was noticed: what comes later
changes little."""

_FOLDER = Path("audio", "turn", "smart_turn", "data")


def find_turn_model(setting: str) -> Path | None:
    """Return the file that ``off``, ``auto`` or a path stands for; None for no model.

    ``auto`` takes the newest file of an installed ``pipecat-ai``, if there is one. Raises
    EngineError for a path without a file.
    """
    if setting == OFF:
        return None
    if setting != AUTO:
        path = Path(setting).expanduser()
        if not path.is_file():
            raise EngineError(f"expected a turn-end model at {path}, found no file; {GET_IT}")
        return path
    spec = importlib.util.find_spec("pipecat")
    folders = spec.submodule_search_locations if spec is not None else None
    found = [file for folder in folders or () for file in Path(folder, _FOLDER).glob("*.onnx")]
    return max(found, key=_newness, default=None)


def _newness(file: Path) -> tuple[bool, list[int]]:
    """Return what is greater for a better file: made for the CPU first, then the newer version."""
    return "cpu" in file.stem, [int(digits) for digits in re.findall(r"\d+", file.stem)]


def load_turn_model(setting: str) -> SmartTurn | None:
    """Return the model that a setting stands for, loaded and warm; None for no model.

    Whoever called closes it. Raises EngineError where a named file is missing or is no such model;
    one that ``auto`` found is then only logged and done without.
    """
    path = find_turn_model(setting)
    if path is None:
        return None
    try:
        return SmartTurn(SmartTurnNet(path).probability, path.stem)
    except EngineError as error:
        if setting != AUTO:
            raise
        logger.warning("turns end by silence and words alone: %s", error)
        return None


class SmartTurn:
    """The network that implements ``ports.TurnSound``; loaded once, shared by all sessions."""

    def __init__(
        self, probability: Callable[[Pcm], float], name: str, *, limit_s: float = LIMIT_S
    ) -> None:
        """Ask ``probability`` in a thread, and wait ``limit_s`` for each answer."""
        self.name = name
        self._probability = probability
        self._limit_s = limit_s
        self._threads = EngineThreads("turn-end model", workers=1, max_waiting=64)
        self._is_off = False
        self._is_late_told = False

    async def finished(self, pcm: Pcm) -> float | None:
        """Return the probability in [0, 1] that the speaker has finished; None where it is late.

        ``pcm`` is int16 at 16 kHz and ends in the pause in question. Never raises EngineError: a
        failure is logged once, and after it the answer is always None.
        """
        if self._is_off:
            return None
        try:
            async with asyncio.timeout(self._limit_s):
                return await self._threads.run(partial(self._probability, pcm))
        except (TimeoutError, EngineError) as error:
            self._tell_late(error)
        except Exception as error:  # onnxruntime raises types of its own, all plain Exceptions
            if not self._is_off:
                self._is_off = True
                logger.warning(
                    "the turn-end model failed (%s); turns end by silence and words from now on",
                    type(error).__name__,
                )
        return None

    @property
    def limit_ms(self) -> int:
        """How long an answer is waited for."""
        return round(self._limit_s * 1_000)

    async def time_call_ms(self) -> int:
        """Return what a call takes here, in ms; raises whatever the network does."""
        noise = np.random.default_rng(0).integers(-200, 200, 2 * EAR_RATE_HZ).astype(np.int16)
        began = time.perf_counter()
        await self._threads.run(partial(self._probability, noise))
        return round((time.perf_counter() - began) * 1_000)

    def close(self) -> None:
        """End the thread. Idempotent."""
        self._threads.close()

    def _tell_late(self, error: Exception) -> None:
        if not self._is_late_told:
            self._is_late_told = True
            reason = str(error) or f"no answer within {self.limit_ms} ms"
            logger.warning("the turn-end model is late, turns do not wait for it: %s", reason)
