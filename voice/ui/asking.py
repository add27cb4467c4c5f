"""Takes prepared turns to a session, each after the answer to the one before was heard."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from voice.audio.files import FileMicrophone
from voice.audio.pcm import Pcm
from voice.audio.ports import RATE_HZ
from voice.core.updates import (
    Phase,
    PhaseChanged,
    Update,
    UserSpeechStarted,
    UserSpeechStopped,
)
from voice.errors import LinkLost, RemoteError
from voice.ui.turns import Turn, TurnLog

ANSWER_LIMIT_S = 60.0
"""How long an endpoint may be silent, in every sense, while an answer is owed."""

LONGEST_ANSWER_S = 600.0
"""How long one stretch of an answer may sound."""

LATE_SPEECH_S = 1.0
"""After the end of a file, how long its last words may take to be noticed as speech."""

_FAST_LATE_SHARE, _MOST_ON_THE_WAY_S = 0.04, 100.0
"""At fast pace an endpoint hears at 25 times real time or faster, and the sockets on the way to it
hold no more than this much audio (6 MB)."""

_TOLD_S = 1.0
"""How long after the end of a job its announcement may take to begin."""

_AHEAD_MS = 500
_LOOK_S = 0.005


@dataclass(frozen=True, slots=True)
class Spoken:
    """A turn to be played; ``pcm`` is mono at 24 kHz, ``name`` is for people."""

    name: str
    pcm: Pcm

    @property
    def seconds(self) -> float:
        """How long it takes to say it."""
        return len(self.pcm) / RATE_HZ


@dataclass(frozen=True, slots=True)
class Typed:
    """A turn to be typed."""

    text: str


Prepared: TypeAlias = Spoken | Typed


class Conversation(Protocol):
    """What is needed of a session."""

    def updates(self) -> AsyncIterator[Update]:
        """Yield what happens."""
        ...

    def send_text(self, text: str) -> None:
        """Type a message."""
        ...

    def commit_turn(self) -> None:
        """End a spoken turn, in a session without turn detection."""
        ...

    async def wait_closed(self) -> None:
        """Wait for the end; raises what ended the session, unless somebody hung up."""
        ...


class PatientMicrophone:
    """A file as microphone that never runs ahead of the network; implements ``Microphone``.

    A session drops audio that waits too long to be sent, as it must for a person who speaks. A file
    at fast pace can wait instead.
    """

    def __init__(self, microphone: FileMicrophone) -> None:
        self._microphone = microphone
        self.waiting_ms: Callable[[], int] = lambda: 0
        """How much audio waits to be sent; set once there is a session that knows."""

    async def frames(self) -> AsyncIterator[bytes]:
        """Yield the file's frames, each when there is room for it."""
        async for frame in self._microphone.frames():
            while self.waiting_ms() > _AHEAD_MS:  # noqa: ASYNC110 - the network has no event
                await asyncio.sleep(_LOOK_S)
            yield frame

    async def close(self) -> None:
        """Close the file."""
        await self._microphone.close()


class Asker:
    """Asks, and waits until the answer was heard.

    ``show`` is called for each update, with the turn that it belongs to. ``ends_turns`` says that
    the session has no turn detection, so that the end of a file is the end of the turn. ``jobs``
    waits for what tools do in the background: what comes of it is heard before the end. ``types``
    types a line, where that is more than the conversation's own ``send_text``.
    """

    def __init__(
        self,
        conversation: Conversation,
        microphone: FileMicrophone,
        log: TurnLog,
        *,
        show: Callable[[Update, Turn | None], None],
        fast: bool = False,
        ends_turns: bool = False,
        answer_limit_s: float = ANSWER_LIMIT_S,
        jobs: Callable[[], Coroutine[Any, Any, bool]] | None = None,
        types: Callable[[str], None] | None = None,
    ) -> None:
        self._jobs = jobs
        self._types = types or conversation.send_text
        self._conversation = conversation
        self._microphone = microphone
        self._log = log
        self._show = show
        self._fast = fast
        self._ends_turns = ends_turns
        self._answer_limit_s = answer_limit_s
        self._phase = Phase.LISTENING
        self._phase_changes = 0
        self._is_user_speaking = False
        self._is_over = False
        self._news = asyncio.Event()

    async def ask(
        self, prepared: Sequence[Prepared], *, announce: Callable[[Prepared], None]
    ) -> None:
        """Ask everything in order; ``announce`` is called before each.

        Raises a RemoteError when the session ends meanwhile, or an answer does not come in time.
        """
        watcher = asyncio.create_task(self._watch())
        try:
            for one in prepared:
                announce(one)
                match one:
                    case Spoken():
                        await self._speak(one)
                    case Typed(text):
                        await self._type(text)
            if self._jobs is not None:
                await self._until_jobs_are_told(self._jobs)
        finally:
            watcher.cancel()
            await asyncio.wait({watcher})
            if not watcher.cancelled():
                # Whatever broke the session is raised by whoever waits for news; noted here.
                watcher.exception()

    async def _speak(self, spoken: Spoken) -> None:
        self._log.begin()
        sent = self._microphone.say(spoken.pcm)
        sent.add_done_callback(lambda _: self._news.set())
        late_s = LATE_SPEECH_S
        if self._fast:
            late_s += _FAST_LATE_SHARE * min(spoken.seconds, _MOST_ON_THE_WAY_S)
            limit_s = self._answer_limit_s + spoken.seconds
        else:
            limit_s = self._answer_limit_s + 2 * spoken.seconds
        async with self._limited(limit_s, "the endpoint does not take the audio"):
            await self._until(sent.done)
        if self._ends_turns:
            await self._until_answered(self._conversation.commit_turn)
        else:
            loop = asyncio.get_running_loop()
            not_before_s = loop.time() + late_s
            loop.call_at(not_before_s, self._news.set)
            await self._until_quiet(lambda: loop.time() >= not_before_s)

    async def _type(self, text: str) -> None:
        self._log.begin(typed=text)
        await self._until_answered(lambda: self._types(text))

    async def _until_jobs_are_told(self, jobs: Callable[[], Coroutine[Any, Any, bool]]) -> None:
        """Wait for jobs in the background, and until what came of them was heard."""
        waiting = asyncio.create_task(jobs())
        waiting.add_done_callback(lambda _: self._news.set())
        try:
            await self._until(waiting.done)
        finally:
            waiting.cancel()
            await asyncio.wait({waiting})
        if waiting.cancelled() or not waiting.result():
            return
        loop = asyncio.get_running_loop()
        not_before_s = loop.time() + _TOLD_S
        loop.call_at(not_before_s, self._news.set)
        await self._until_quiet(lambda: loop.time() >= not_before_s)

    async def _until_answered(self, act: Callable[[], None]) -> None:
        """Do what is sure to be answered, and wait for it."""
        changes = self._phase_changes
        act()
        await self._until_quiet(lambda: self._phase_changes > changes)

    async def _until_quiet(self, is_due: Callable[[], bool]) -> None:
        """Wait until nobody speaks or works, and ``is_due``."""
        while not (self._is_quiet and is_due()):
            is_sounding = self._phase is Phase.SPEAKING
            limit_s = LONGEST_ANSWER_S if is_sounding else self._answer_limit_s
            async with self._limited(limit_s, f"no answer came within {limit_s:g} s"):
                await self._next_news()

    @property
    def _is_quiet(self) -> bool:
        return self._phase is Phase.LISTENING and not self._is_user_speaking

    async def _until(self, is_true: Callable[[], bool]) -> None:
        while not is_true():
            await self._next_news()

    async def _next_news(self) -> None:
        """Wait until anything happens; raises what ended the session."""
        if self._is_over:
            await self._conversation.wait_closed()
            raise LinkLost("the conversation was ended before everything was asked")
        await self._news.wait()
        self._news.clear()

    @staticmethod
    @contextlib.asynccontextmanager
    async def _limited(limit_s: float, complaint: str) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(limit_s):
                yield
        except TimeoutError:
            raise RemoteError(f"{complaint}; try again, or raise --timeout") from None

    async def _watch(self) -> None:
        try:
            async for update in self._conversation.updates():
                self._take(update)
        finally:
            self._is_over = True
            self._news.set()

    def _take(self, update: Update) -> None:
        match update:
            case PhaseChanged(phase):
                self._phase = phase
                self._phase_changes += 1
            case UserSpeechStarted():
                self._is_user_speaking = True
            case UserSpeechStopped():
                self._is_user_speaking = False
        self._show(update, self._log.take(update))
        self._news.set()
