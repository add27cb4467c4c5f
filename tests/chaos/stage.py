"""One run of one case: a session behind the fault proxy, and everything that it showed."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar

from tests.chaos.fast_loop import until, within
from tests.chaos.numbered import Made, Numbered
from tests.chaos.own_server import OwnServer
from tests.chaos.talk_items import Item
from tests.chaos.upstream import Upstream
from voice.blackbox.recorder import Recorder
from voice.client.session import Session
from voice.core.updates import Phase, Reconnected, ResponseFinished, Update
from voice.errors import VoiceError
from voice.protocol.endpoints import Endpoint, resolve
from voice.testing.clock import MovedClock
from voice.testing.endpoint import ScriptedEndpoint
from voice.testing.fault_proxy import FaultProxy
from voice.testing.sound import BYTES_PER_MS, RecordingSpeaker, ScriptedMicrophone

U = TypeVar("U")

PUMP_S = 0.02
FRAME_MS = 20

CANARY = "sk-canary-5ecr37"
"""The key of every session; it must show nowhere."""


class CountingSpeaker(RecordingSpeaker):
    """Counts the chunks that it was given: cut points are counted where the victim stands."""

    def __init__(self, clock: MovedClock) -> None:
        super().__init__(clock)
        self.chunks = 0

    def play(self, item_id: str, content_index: int, pcm: bytes) -> None:
        """Queue samples."""
        self.chunks += 1
        super().play(item_id, content_index, pcm)

    def parts(self) -> list[bytes]:
        """Return what was heard of each item, in the order in which the items began to sound."""
        heard: dict[str, list[bytes]] = {}
        for sound in self.sounds:
            heard.setdefault(sound.item_id, []).append(sound.pcm)
        return [b"".join(pieces) for pieces in heard.values()]


class Stage:
    """What a case acts on; ``staged`` makes one.

    The endpoint is ``upstream`` where it is scripted, ``own`` where it is our server. All times are
    those of the loop.
    """

    def __init__(self, seed: int, folder: Path) -> None:
        self.random = random.Random(seed)
        self.seed = seed
        self.folder = folder
        self.numbered = Numbered()
        self.upstream = Upstream(self.numbered)
        self.own: OwnServer | None = None
        self.endpoint: ScriptedEndpoint | None = None
        self.proxy: FaultProxy
        self.clock = MovedClock()
        self.speaker = CountingSpeaker(self.clock)
        self.microphone: ScriptedMicrophone | None = None
        self.session: Session
        self.recordings: list[Path] = []
        self.updates: list[Update] = []
        self.errors: list[BaseException] = []
        """What sessions were ended by."""
        self.questions = 0
        self.answered = 0
        self.fault_s: float | None = None
        self.back_s: float | None = None
        self.expected_errors: tuple[str, ...] = ()
        """Beginnings of ERROR log lines that belong to the case."""
        self.lost_items = self.lost_turns = 0
        self.lost_audio_ms = 0
        self.is_garbled = False
        """Whether bytes were flipped without TLS, so that no content can be trusted."""
        self.may_end = False
        """Whether the case ends with the session cleanly closed."""
        self.answer_limit_s = 5.0
        """How soon a question is answered at the end, beside the sound of the answer."""
        self.notes: dict[str, Any] = {}
        self._stack = contextlib.AsyncExitStack()

    # --- opening ----------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where sessions connect to: the proxy."""
        return f"ws://127.0.0.1:{self.proxy.port}/v1/realtime"

    def place(self) -> Endpoint:
        """Return the endpoint behind the proxy."""
        return Endpoint.local(self.url) if self.own is not None else resolve(self.url)

    async def open(self, *, hears: bool = False, **options: Any) -> Session:
        """Open the session; it is closed where the run ends. Raises what opening it raises."""
        path = self.folder / f"{len(self.recordings)}.vbox"
        self.recordings.append(path)
        if hears:
            self.microphone = ScriptedMicrophone()
        options.setdefault("endpoint", self.place())
        self.speaker = CountingSpeaker(self.clock)
        recorder = Recorder(path, secrets=[CANARY])
        session = Session(
            api_key=CANARY,
            microphone=self.microphone,
            speaker=self.speaker,
            recorder=recorder,
            **options,
        )
        self.session = session
        reading = asyncio.create_task(self._read(session), name="reader of the chaos run")
        self._stack.push_async_callback(self._close, session, reading)
        await session.__aenter__()
        return session

    async def _read(self, session: Session) -> None:
        async for update in session.updates():
            self.updates.append(update)

    async def _close(self, session: Session, reading: asyncio.Task[None]) -> None:
        await within(15, "the session closes", session.close())
        try:
            await session.wait_closed()
        except (VoiceError, RuntimeError) as error:
            self.errors.append(error)
        try:
            await within(5, "the updates end", reading)
        except VoiceError as error:
            self.errors.append(error)

    async def enter(self, context: contextlib.AbstractAsyncContextManager[U]) -> U:
        """Keep something open until after the sessions that are opened from now on."""
        return await self._stack.enter_async_context(context)

    async def close(self) -> None:
        """Close what was opened."""
        await self._stack.aclose()

    # --- what the user does -----------------------------------------------------------------------

    def ask(self) -> int:
        """Type the next question; return its number."""
        self.questions += 1
        self.session.send_text(f"question {self.questions}")
        return self.questions

    async def ask_and_hear(self, limit_s: float = 10.0) -> None:
        """Type a question, and wait until its answer is said and nothing is going on."""
        before = self.completed
        self.ask()
        await self.answer_heard(before + 1, limit_s)

    async def answer_heard(self, completed: int, limit_s: float = 10.0) -> None:
        """Wait until so many answers are complete, and all is quiet."""
        await until(
            lambda: self.completed >= completed and self.is_idle,
            f"answer {completed} (phase {self.session.phase.value}, {self.completed} so far)",
            limit_s=limit_s,
        )

    def speak(self, ms: int) -> None:
        """Let the microphone hear so much numbered speech."""
        assert self.microphone is not None
        for _ in range(ms // FRAME_MS):
            self.microphone.push(self.numbered.sound(FRAME_MS))

    async def speak_in_time(self, ms: int, *, is_silence: bool = False) -> None:
        """Let the microphone hear speech as fast as people speak."""
        assert self.microphone is not None
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        for frame in range(ms // FRAME_MS):
            quiet = bytes(FRAME_MS * BYTES_PER_MS)
            self.microphone.push(quiet if is_silence else self.numbered.sound(FRAME_MS))
            await asyncio.sleep(begun_s + (frame + 1) * FRAME_MS / 1_000 - loop.time())

    # --- what shows -------------------------------------------------------------------------------

    @property
    def completed(self) -> int:
        """Answers that came to their end."""
        return sum(1 for update in self.all(ResponseFinished) if update.status == "completed")

    @property
    def is_idle(self) -> bool:
        """Whether nothing is going on."""
        return self.session.phase is Phase.LISTENING and self.speaker.queued_ms == 0

    def all(self, kind: type[U]) -> list[U]:
        """Return all updates of a kind so far."""
        return [update for update in self.updates if isinstance(update, kind)]

    async def shown(self, kind: type[U], count: int = 1, limit_s: float = 10.0) -> U:
        """Wait for the ``count``-th update of a kind in this run."""
        what = f"update {count} of {kind.__name__}, {len(self.all(kind))} so far"
        await until(lambda: len(self.all(kind)) >= count, what, limit_s=limit_s)
        return self.all(kind)[count - 1]

    async def state(self, condition: Callable[[], object], what: str, limit_s: float = 10) -> None:
        """Wait for a state."""
        await until(condition, what, limit_s=limit_s)

    async def chunks(self, count: int) -> None:
        """Wait until the speaker was given so many chunks."""
        await until(lambda: self.speaker.chunks >= count, f"{count} chunks of sound")

    @property
    def made(self) -> Made:
        """What the endpoint said."""
        return self.upstream.made if self.own is None else self.own.made

    def history(self) -> list[Item]:
        """Return the conversation as the endpoint has it now."""
        return self.upstream.history() if self.own is None else self.own.history()

    def hold_after(self, chunks: int | None) -> None:
        """Stop the next answers after so many chunks; None lets everything go on."""
        if self.own is not None:
            self.own.hold_after(chunks)
            return
        self.upstream.hold_after = chunks
        if chunks is None:
            self.upstream.released.set()

    # --- the fault --------------------------------------------------------------------------------

    def broken(self) -> None:
        """Note that the fault happens now; the time back counts from here."""
        self.fault_s = asyncio.get_running_loop().time()
        self.notes["reconnects"] = len(self.all(Reconnected))

    async def restored(self, limit_s: float = 10.0) -> Reconnected:
        """Wait until the conversation is back after the fault, and note how long it took."""
        back = await self.shown(Reconnected, self.notes.get("reconnects", 0) + 1, limit_s)
        self.is_back()
        return back

    def is_back(self) -> None:
        """Note that everything works again."""
        if self.fault_s is not None and self.back_s is None:
            self.back_s = asyncio.get_running_loop().time() - self.fault_s

    async def own_time(self) -> None:
        """Let the speaker's clock follow the loop's, for ever."""
        loop = asyncio.get_running_loop()
        begun_s, moved_ms = loop.time(), self.clock()
        begun_ms = moved_ms
        while True:
            await asyncio.sleep(PUMP_S)
            due_ms = begun_ms + int((loop.time() - begun_s) * 1_000)
            self.clock.advance(due_ms - self.clock())


@contextlib.asynccontextmanager
async def staged(seed: int, folder: Path, backend: str) -> AsyncIterator[Stage]:
    """Set the stage: an endpoint, the proxy before it, a clock that moves."""
    stage = Stage(seed, folder)
    async with contextlib.AsyncExitStack() as stack:
        if backend == "own":
            stage.own = await stack.enter_async_context(OwnServer(stage.numbered).running())
            target = stage.own.port
        else:
            endpoint = ScriptedEndpoint(stage.upstream.script)
            stage.endpoint = await stack.enter_async_context(endpoint)
            target = endpoint.port
        stage.proxy = FaultProxy("127.0.0.1", target, seed=seed)
        await stage.proxy.start()
        stack.push_async_callback(stage.proxy.close)
        pump = asyncio.create_task(stage.own_time(), name="the speaker's clock")
        try:
            yield stage
        finally:
            stage.proxy.heal()
            await stage.close()
            pump.cancel()
            await asyncio.wait({pump})
