"""Watches over the devices of a sound card: finds out what was lost, and opens it again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from voice.audio.card_side import TICK_S, CardSide, NothingBehindError, Opened
from voice.audio.devices import rescan
from voice.audio.driver_thread import DriverThread
from voice.audio.ports import DeviceNews
from voice.audio.sound_system import cards_fingerprint, chosen_devices, system_defaults
from voice.errors import DeviceError

_LOG = logging.getLogger(__name__)

OPEN_LIMIT_S = 6.0
_CLOSE_LIMIT_S = 2.0
_ASK_LIMIT_S = 4.0

_ASK_EVERY_S = 1.0
"""How often the sound system is asked whether it has put another device in the place of ours."""

_ASK_ALL_EVERY = 4
"""How often of these also whether the same device has another rate now."""

_TELL_AFTER_S = 0.4
"""A device that is back within this time was never gone for people."""

_PATIENCE_S = 3.0
"""How long an answer waits for a speaker that was lost in the middle of it."""

_RESCAN_EVERY_S = 10.0
"""A rescan interrupts the other direction for a moment."""


class Waiting(Protocol):
    """What the watch asks of a speaker that was lost."""

    @property
    def waiting_s(self) -> float | None:
        """How much is queued; None where nothing plays."""
        ...

    def give_up(self) -> None:
        """Drop it, and let the conversation go on."""
        ...


class CardWatch:
    """Keeps the sides of a card open; all on one event loop, what may block in threads."""

    def __init__(
        self,
        ear: CardSide,
        mouth: CardSide,
        queue: Waiting,
        tell: Callable[[DeviceNews], None],
    ) -> None:
        """Watch over two sides; ``queue`` is the speaker's, ``tell`` gets the news."""
        self._ear, self._mouth = ear, mouth
        self._queue = queue
        self._tell = tell
        self._driver = DriverThread("sound driver")
        self._questions = DriverThread("sound system")
        self._task: asyncio.Task[None] | None = None
        self._mending = asyncio.Lock()
        """Held while a stream is being opened: a rescan would pull it away underneath."""
        self._cards = cards_fingerprint()
        self._next_rescan_s = 0.0
        self._unheard_since_s: float | None = None

    async def begin(self, side: CardSide) -> None:
        """Open one side for the first time, or nothing where it is ended meanwhile.

        Raises DeviceError where that fails.
        """
        async with self._mending:
            while not side.has_ended and not await self._open(side):
                pass
        if side.has_ended:
            self._rest()
        else:
            self._begun(side)

    def begin_at_once(self, side: CardSide) -> None:
        """Do the same for a caller that may block."""
        opened = self._driver.wait(side.open, limit_s=OPEN_LIMIT_S, late=_close)
        on_block = side.attach(opened.stream)
        try:
            self._driver.wait(lambda: opened.stream.start(on_block), limit_s=OPEN_LIMIT_S)
        except DeviceError:
            side.detach()
            self._driver.post(opened.stream.close)
            raise
        side.take(opened)
        self._begun(side)

    async def end(self, side: CardSide) -> None:
        """Release one side; the watch ends with the last one. Idempotent."""
        side.has_ended, side.is_in_use = True, False
        side.wishes += 1
        opened, side.opened = side.opened, None
        side.detach()
        try:
            if not (self._ear.is_in_use or self._mouth.is_in_use) and self._task is not None:
                task, self._task = self._task, None
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        finally:
            if opened is not None:
                self._driver.post(opened.stream.close)
            with suppress(DeviceError):  # a driver that hangs: its thread goes on alone
                await self._driver.run(_nothing, limit_s=_CLOSE_LIMIT_S)
            self._rest()

    def lose(self, side: CardSide, why: str) -> None:
        """Close a side's stream; it is opened again at the next tick."""
        opened = side.lose(why, asyncio.get_running_loop().time())
        if opened is not None:
            self._driver.post(opened.stream.close)

    def _begun(self, side: CardSide) -> None:
        assert side.opened is not None
        side.is_in_use = True
        side.name = side.opened.name
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="sound card")

    def _rest(self) -> None:
        """Let the threads end where nobody needs them."""
        if self._task is None:
            self._driver.end()
            self._questions.end()

    async def _open(self, side: CardSide) -> bool:
        """Open what is wanted; False where something else, or nothing, is wanted when it is open.

        Raises DeviceError.
        """
        wishes = side.wishes
        opened = await self._driver.run(side.open, limit_s=OPEN_LIMIT_S, late=_close)
        if side.wishes != wishes:
            self._driver.post(opened.stream.close)
            return False
        on_block = side.attach(opened.stream)
        try:
            await self._driver.run(lambda: opened.stream.start(on_block), limit_s=OPEN_LIMIT_S)
        except BaseException:
            side.detach()
            self._driver.post(opened.stream.close)
            raise
        if side.wishes != wishes:
            side.detach()
            self._driver.post(opened.stream.close)
            return False
        side.take(opened)
        return True

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch(), name="sound card's streams")
            group.create_task(self._mend(), name="sound card's lost devices")
            group.create_task(self._follow(), name="sound system's devices")

    async def _watch(self) -> None:
        """See what was lost and what runs, and tell; never waits for the driver."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(TICK_S)
            for side in (self._ear, self._mouth):
                if side.is_in_use:
                    self._look_at(side, loop.time())
            self._see_to_the_unheard(loop.time())

    def _look_at(self, side: CardSide, now_s: float) -> None:
        """Look at one side; a stream that only was opened is no device that works."""
        if side.opened is not None:
            if side.opened.stream.has_ended:
                self.lose(side, "was unplugged")
            elif side.is_starved():
                if side.is_left_alone:
                    side.stand_still(now_s)
                else:
                    self.lose(side, "stands still")
            elif side.lost_s is not None and side.is_running():
                self._tell_of_return(side, side.opened, now_s)
        is_due = side.lost_s is not None and now_s - side.lost_s >= _TELL_AFTER_S
        has_answer = side is self._mouth and self._queue.waiting_s is not None
        if is_due and not side.is_told and not has_answer:
            self._tell_of_loss(side)

    async def _mend(self) -> None:
        """Open what was lost, one side after the other."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(TICK_S)
            for side in (self._ear, self._mouth):
                async with self._mending:
                    if side.is_in_use and side.opened is None and loop.time() >= side.next_try_s:
                        await self._reopen(side)

    async def _reopen(self, side: CardSide) -> None:
        loop = asyncio.get_running_loop()
        try:
            await self._open(side)
        except NothingBehindError:
            side.failed(loop.time())
        except DeviceError as error:
            _LOG.debug("the %s could not be opened again: %s", side.port, error)
            side.failed(loop.time())
            await self._rescan(self._mouth if side is self._ear else self._ear)

    async def _rescan(self, other: CardSide, *, is_sure: bool = False) -> None:
        """Have PortAudio look for new devices, which it does only while no stream is open."""
        now_s = asyncio.get_running_loop().time()
        if other.opened is not None and not is_sure:
            is_talking = other is self._mouth and self._queue.waiting_s is not None
            if is_talking or now_s < self._next_rescan_s:
                return
        self._next_rescan_s = now_s + _RESCAN_EVERY_S
        if other.opened is not None:
            self.lose(other, "was opened anew")
        try:
            await self._driver.run(rescan, limit_s=OPEN_LIMIT_S)
        except DeviceError as error:
            _LOG.debug("no rescan: %s", error)

    async def _follow(self) -> None:
        """See devices that the sound system exchanges without a word, and cards that come."""
        known: tuple[str, str] | None = None
        asked = 0
        while True:
            await asyncio.sleep(_ASK_EVERY_S)
            cards, before = cards_fingerprint(), self._cards
            self._cards = cards
            sides = [side for side in (self._ear, self._mouth) if side.is_in_use]
            if cards != before and any(not side.has_wanted for side in sides):
                async with self._mending:
                    for side in sides:
                        self.lose(side, "was opened anew")
                    await self._rescan(self._ear, is_sure=True)
                continue
            if not any(side.is_routed for side in sides):
                continue
            with suppress(DeviceError):  # it hangs: nothing is known, and asked again later
                asked += 1
                chosen = await self._questions.run(chosen_devices, limit_s=_ASK_LIMIT_S)
                if chosen == known and asked % _ASK_ALL_EVERY:
                    continue
                known = chosen
                defaults = await self._questions.run(system_defaults, limit_s=_ASK_LIMIT_S)
                for side in sides:
                    if defaults is not None and side.has_moved(defaults):
                        self.lose(side, "has gone or was exchanged")

    def _see_to_the_unheard(self, now_s: float) -> None:
        """Let an answer wait for its speaker for a while; then say that it was not heard."""
        side, waiting_s = self._mouth, self._queue.waiting_s
        if side.lost_s is None or not side.is_in_use or waiting_s is None:
            self._unheard_since_s = None
            return
        if self._unheard_since_s is None:
            self._unheard_since_s = now_s if side.is_told else side.lost_s
        # One that begins without a speaker may be read meanwhile; it gets the time of its sound.
        limit_s = _PATIENCE_S + (waiting_s if side.is_told else 0.0)
        if now_s - self._unheard_since_s >= limit_s:
            self._unheard_since_s = None
            self._tell_of_loss(side, "; what it had still to say was not heard")
            self._queue.give_up()

    def _tell_of_loss(self, side: CardSide, more: str = "") -> None:
        side.is_told = True
        left = "no microphone is left" if side is self._ear else "no speaker is left"
        detail = f"the {side.port} {side.name!r} {side.why}; {left}{more}"
        self._tell(DeviceNews(side.port, side.name, False, detail))

    def _tell_of_return(self, side: CardSide, opened: Opened, now_s: float) -> None:
        assert side.lost_s is not None
        is_news = side.is_told or opened.name != side.name or now_s - side.lost_s >= _TELL_AFTER_S
        before, why = side.name, side.why
        side.name = opened.name
        side.recovered()
        if not is_news:
            return
        does = "listening with" if side is self._ear else "playing on"
        what = f"{does} {opened.name!r}"
        if opened.name != before:
            what = f"the {side.port} {before!r} {why}; {what}"
        self._tell(DeviceNews(side.port, opened.name, True, what))


def _close(opened: Opened) -> None:
    """Close a stream that was opened too late, in the driver's thread."""
    opened.stream.close()


def _nothing() -> None:
    """Wait for what the driver was asked before, and no more."""
