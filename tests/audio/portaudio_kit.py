"""A module in place of sounddevice, and streams of it whose clocks and blocks a test moves."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from voice.audio import devices
from voice.audio.device_choice import Kind
from voice.audio.devices import BlockTime, Stream, list_devices
from voice.audio.ports import RATE_HZ

BLOCK = RATE_HZ // 100


class PortAudioError(Exception):
    """What the library raises."""


class FakePortAudio:
    """The library's module, as far as it is used before a stream runs."""

    PortAudioError = PortAudioError

    def __init__(self) -> None:
        self._initialized = 1
        self.default = SimpleNamespace(device=(0, 0))
        self.trouble: Exception | None = None
        self.host_api = "ALSA"
        self.calls: list[str] = []

    def query_hostapis(self) -> tuple[dict[str, str], ...]:
        if not self._initialized:
            raise PortAudioError("PortAudio not initialized [PaErrorCode -10000]", -10000)
        return ({"name": self.host_api},)

    def query_devices(self) -> list[dict[str, object]]:
        if self.trouble is not None:
            raise self.trouble
        row = {"index": 0, "name": "default", "hostapi": 0, "default_samplerate": float(RATE_HZ)}
        return [{**row, "max_input_channels": 1, "max_output_channels": 1}]

    def check_output_settings(self, **settings: object) -> None:
        """Take anything."""

    check_input_settings = check_output_settings

    def RawOutputStream(self, **settings: Any) -> SimpleNamespace:  # noqa: N802 (the library's)
        """Keep what calls back."""
        self.callback = settings["callback"]
        return SimpleNamespace(latency=0.04, close=lambda ignore_errors: None)

    RawInputStream = RawOutputStream

    def _terminate(self) -> None:
        assert self._initialized, "it is not loaded"
        self.calls.append("terminate")
        self._initialized -= 1

    def _initialize(self) -> None:
        self.calls.append("initialize")
        if self.trouble is not None:
            raise self.trouble
        self._initialized += 1


class OurClock:
    """Stands in for the process's clock."""

    now_s = 500.0

    def __call__(self) -> float:
        return self.now_s


class MovedStream:
    """A stream of the fake library; each block passes when a test says so."""

    def __init__(self, library: FakePortAudio, ours: OurClock, kind: Kind, ahead_s: float) -> None:
        """Open it; a block's first sample passes the converter ``ahead_s`` after its callback."""
        (row,) = list_devices()
        self.stream = Stream(kind, row)
        self.times: list[BlockTime] = []
        self.on_block: Callable[[BlockTime], None] = self.times.append
        self.stream._on_block = lambda data, count, time: self.on_block(time)
        self.away_s = 1.8e9
        """By how much the driver's clock is ahead of ours."""
        self.tells_time = True
        self._callback = library.callback
        self._ours = ours
        self._ahead_s = ahead_s

    def call_back(self, *, late_s: float = 0.0) -> None:
        """Let a block pass, of which we hear ``late_s`` after the driver read its clock."""
        theirs_s = self._ours.now_s - late_s + self.away_s if self.tells_time else 0.0
        at_s = theirs_s + self._ahead_s if self.tells_time else 0.0
        time = SimpleNamespace(
            currentTime=theirs_s, inputBufferAdcTime=at_s, outputBufferDacTime=at_s
        )
        self._callback(bytes(2 * BLOCK), BLOCK, time, None)


def installed(monkeypatch: pytest.MonkeyPatch) -> tuple[FakePortAudio, OurClock]:
    """Put the fakes in the places of the library and of the process's clock."""
    library, ours = FakePortAudio(), OurClock()
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    monkeypatch.setattr(devices, "is_jack_fragile", lambda: False)
    monkeypatch.setattr(devices, "perf_counter", ours)
    return library, ours
