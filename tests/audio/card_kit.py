"""A sound card without a card: streams that do what a test says, and a loop whose time it moves."""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, cast

import pytest

from voice.audio import card_side, card_watch
from voice.audio.card_side import CardSide
from voice.audio.card_watch import CardWatch
from voice.audio.device_choice import DeviceDescription, DeviceName, Kind
from voice.audio.devices import BlockTime, Stream
from voice.audio.ports import DeviceNews
from voice.audio.sound_system import SystemDefaults, SystemDevice
from voice.errors import DeviceError

T = TypeVar("T")

TICK_S = 0.1
_LONGEST_TEST_S = 600.0
"""In moved time: what waits for ever would let it fly."""


def device(
    name: str, index: int = 0, *, host_api: str = "ALSA", is_default: bool = False
) -> DeviceDescription:
    """Return a device with two channels each way at 48 kHz."""
    return DeviceDescription(index, name, host_api, 2, 2, 48_000, is_default, is_default)


def defaults(microphone: str | None, speaker: str | None, rate_hz: int = 48_000) -> SystemDefaults:
    """Return what the sound system has chosen, the names in capitals for people."""
    mic, loud = (
        None if key is None else SystemDevice(key, key.upper(), rate_hz)
        for key in (microphone, speaker)
    )
    return SystemDefaults(mic, loud)


class FakeStream:
    """A stream of a device; it runs, stands still or ends as the test wants."""

    def __init__(self, kind: Kind, device: DeviceDescription, rate_hz: int | None) -> None:
        self.kind = kind
        self.device = device
        self.rate_hz = rate_hz or device.rate_hz
        self.callbacks = 0
        self.has_ended = False
        self.is_started = False
        self.is_closed = False

    def start(self, on_block: Callable[[Any, int, BlockTime], None]) -> None:
        assert not self.is_closed
        self.is_started = True

    def close(self) -> None:
        self.is_closed = True


class Machine:
    """The machine's devices, what its sound system has chosen, and the streams that are open."""

    def __init__(self) -> None:
        self.devices = [device("default", 0, is_default=True), device("Webcam", 1)]
        self.defaults: SystemDefaults | None = None
        self.cards = "0 PCH"
        self.opened: list[FakeStream] = []
        self.is_deaf: set[str] = set()
        """The devices whose streams never call back."""
        self.refused: set[tuple[Kind, str]] = set()
        """What cannot be opened."""
        self.rescans = 0
        self.tries: list[Kind] = []
        self.on_rescan: Callable[[], None] = lambda: None
        self.on_open: Callable[[], None] = lambda: None
        """Called once, at the next opening."""

    def open(
        self, kind: Kind, device: DeviceDescription, *, rate_hz: int | None = None
    ) -> FakeStream:
        """Stand in for ``devices.Stream``."""
        self.tries.append(kind)
        on_open, self.on_open = self.on_open, lambda: None
        on_open()
        if (kind, device.name) in self.refused:
            raise DeviceError(f"{device.name} is busy")
        stream = FakeStream(kind, device, rate_hz)
        self.opened.append(stream)
        return stream

    def list_devices(self) -> list[DeviceDescription]:
        return list(self.devices)

    def rescan(self) -> None:
        """Stand in for ``devices.rescan``, which must find no open stream."""
        assert not self.running(), "PortAudio would pull the streams away"
        self.rescans += 1
        self.on_rescan()

    def running(self, kind: Kind | None = None) -> list[FakeStream]:
        """Return the streams that are open, in the order of their opening."""
        return [s for s in self.opened if not s.is_closed and kind in (None, s.kind)]

    def call_back(self) -> None:
        """Let a block pass in every stream that runs."""
        for stream in self.running():
            if stream.is_started and stream.device.name not in self.is_deaf:
                stream.callbacks += 1


class FakeDriver:
    """Stands in for ``DriverThread``: calls are made one loop turn later, or hang."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.has_ended = False
        self._turn = asyncio.Lock()
        self._posted: list[asyncio.Task[None]] = []

    async def run(
        self,
        call: Callable[[], T],
        *,
        limit_s: float,
        late: Callable[[T], None] | None = None,
    ) -> T:
        self.has_ended = False
        answer = asyncio.create_task(self._answer(call))
        try:
            async with asyncio.timeout(limit_s):
                return await asyncio.shield(answer)
        except (TimeoutError, asyncio.CancelledError) as error:
            self._posted.append(asyncio.create_task(self._too_late(answer, late)))
            if isinstance(error, TimeoutError):
                raise DeviceError("the sound driver did not answer") from error
            raise

    def wait(self, call: Callable[[], T], *, limit_s: float, late: object = None) -> T:
        return call()

    def post(self, call: Callable[[], object]) -> None:
        self._posted.append(asyncio.create_task(self._answer(call)))

    def end(self) -> None:
        self.has_ended = True

    async def rest(self) -> None:
        """Wait until everything was done."""
        self.may_answer.set()
        await asyncio.gather(*self._posted)

    async def _answer(self, call: Callable[[], T]) -> T:
        async with self._turn:
            await self.may_answer.wait()
            return call()

    @staticmethod
    async def _too_late(answer: asyncio.Task[T], late: Callable[[T], None] | None) -> None:
        try:
            result = await answer
        except DeviceError:
            return
        if late is not None:
            late(result)


class _MovedSelector(selectors.DefaultSelector):
    """Does not wait: it moves the clock instead."""

    now_s = 1_000.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            return super().select(None)
        self.now_s += max(0.0, timeout)
        return super().select(0)


class MovedLoop(asyncio.SelectorEventLoop):
    """A loop whose time moves on to the next timer as soon as nothing else is to be done."""

    def __init__(self) -> None:
        self._moved = _MovedSelector()
        super().__init__(self._moved)

    def time(self) -> float:
        return self._moved.now_s


def in_moved_time(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test on a loop of its own whose waits take no time."""

    @functools.wraps(test)
    def run(*arguments: Any, **fixtures: Any) -> None:
        async def limited() -> None:
            async with asyncio.timeout(_LONGEST_TEST_S):
                await test(*arguments, **fixtures)

        with asyncio.Runner(loop_factory=MovedLoop) as runner:
            runner.run(limited())

    return run


async def pass_time(seconds: float, *, meanwhile: Callable[[], object] = lambda: None) -> None:
    """Let time pass in steps of 10 ms; ``meanwhile`` is called at each."""
    for _ in range(round(seconds * 100)):
        meanwhile()
        await asyncio.sleep(0.01)  # the loop's clock moves, nobody waits


class Answer:
    """The speaker's queue: how much waits, and how often it was dropped."""

    def __init__(self) -> None:
        self.waiting_s: float | None = None
        self.given_up_s: list[float] = []

    def give_up(self) -> None:
        self.waiting_s = None
        self.given_up_s.append(asyncio.get_running_loop().time())


class Card:
    """A watch over a microphone and a speaker, and what it told when."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.answer = Answer()
        self.attached: list[Stream] = []
        self.news: list[tuple[float, DeviceNews]] = []
        self.ear = CardSide("microphone", None, self._attach, self._nothing)
        self.mouth = CardSide("speaker", None, self._attach, self._nothing)
        self.watch = CardWatch(self.ear, self.mouth, self.answer, self._tell)

    def _attach(self, stream: Stream) -> Callable[[Any, int, Any], None]:
        self.attached.append(stream)
        return lambda data, count, time: None

    def _nothing(self) -> None:
        pass

    def _tell(self, news: DeviceNews) -> None:
        self.news.append((asyncio.get_running_loop().time(), news))

    @property
    def told(self) -> list[str]:
        return [news.detail for _, news in self.news]

    def driver(self) -> FakeDriver:
        return cast(FakeDriver, self.watch._driver)

    def questions(self) -> FakeDriver:
        return cast(FakeDriver, self.watch._questions)

    def heard(self) -> FakeStream:
        """Return the one microphone that is open."""
        (stream,) = self.machine.running("input")
        return stream

    def spoken(self) -> FakeStream:
        """Return the one speaker that is open."""
        (stream,) = self.machine.running("output")
        return stream

    async def begin(self, *, ear: DeviceName = None, mouth: DeviceName = None) -> None:
        self.ear.wanted, self.mouth.wanted = ear, mouth
        await self.watch.begin(self.ear)
        self.watch.begin_at_once(self.mouth)
        await self.passes(1.5)

    async def passes(self, seconds: float) -> None:
        await pass_time(seconds, meanwhile=self.machine.call_back)

    async def end(self) -> None:
        await self.watch.end(self.ear)
        await self.watch.end(self.mouth)
        await self.driver().rest()
        assert self.machine.running() == []
        assert self.driver().has_ended and self.questions().has_ended


def desktop(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Return a desktop whose sound system has a microphone and a speaker, for a ``CardWatch``."""
    there = Machine()
    there.defaults = defaults("mic", "loud")

    def keys() -> tuple[str, str] | None:
        if there.defaults is None:
            return None
        mic, loud = there.defaults.microphone, there.defaults.speaker
        return (mic.key if mic else "", loud.key if loud else "")

    monkeypatch.setattr(card_side, "Stream", there.open)
    monkeypatch.setattr(card_side, "list_devices", there.list_devices)
    monkeypatch.setattr(card_side, "system_defaults", lambda: there.defaults)
    monkeypatch.setattr(card_watch, "system_defaults", lambda: there.defaults)
    monkeypatch.setattr(card_watch, "chosen_devices", keys)
    monkeypatch.setattr(card_watch, "cards_fingerprint", lambda: there.cards)
    monkeypatch.setattr(card_watch, "rescan", there.rescan)
    monkeypatch.setattr(card_watch, "DriverThread", FakeDriver)
    return there


def now_s() -> float:
    return asyncio.get_running_loop().time()
