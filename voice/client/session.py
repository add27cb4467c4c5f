"""The session: the one thing to open in order to talk.

::

    async with Session(endpoint=resolve("openai"), api_key=key, microphone=m, speaker=s) as session:
        async for update in session.updates():
            print(update)
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Self

from pydantic import SecretStr

from voice.audio.ports import Microphone, Speaker
from voice.blackbox.recorded_core import RecordedCore
from voice.blackbox.recorder import Recorder
from voice.client.bookkeeper import Budget
from voice.client.place import Place, Start
from voice.client.session_run import SessionRun
from voice.client.silent_speaker import SilentSpeaker
from voice.client.tool_runner import ToolCaller
from voice.client.update_streams import UpdateStream
from voice.core import client_inputs as inp
from voice.core.client import ClientCore
from voice.core.reconnect import Persistence
from voice.core.updates import Phase, Update
from voice.protocol.endpoints import Endpoint
from voice.protocol.session_config import SessionConfig, hosted_servers


class Session:
    """A spoken conversation with one endpoint, as an asynchronous context manager.

    Entering it connects, configures and returns when the conversation can begin; it raises
    ConnectError, AuthError or DeviceError where that fails. Leaving it hangs up, closes
    ``microphone`` and ``speaker``, and raises LinkLost where the connection had been lost for good
    and nothing else was raised. All methods belong to the event loop in which it was entered.

    ``config`` may be partial: what it leaves open is filled with what suits the endpoint, and
    ``tools`` are added where it names none. Without ``microphone`` or ``speaker`` the session is
    typed or read. ``push_to_talk`` keeps the microphone closed between ``Button.TALK_UP`` and
    ``TALK_DOWN``. ``recorder`` gets everything that happens, and is closed at the end.

    A lost connection is opened again, and the conversation goes on, for as long as ``persistence``
    says. ``fallbacks`` are places to go to where ``endpoint`` is gone, the better ones first;
    ``start`` is as in ``Place``.

    ``budget`` has the prices of the places in this order, and the caps: once one is reached the
    answer is let end, and the session goes on where it costs nothing, or ends with CapReached.
    ``observers`` get every update as it happens, on the loop; they are quick and never raise.

    Raises SettingsError for an endpoint that needs a model, a key that is none, or a recording that
    cannot be written.
    """

    def __init__(
        self,
        *,
        endpoint: Endpoint,
        config: SessionConfig | None = None,
        api_key: SecretStr | str | None = None,
        microphone: Microphone | None = None,
        speaker: Speaker | None = None,
        tools: ToolCaller | None = None,
        push_to_talk: bool = False,
        recorder: Recorder | None = None,
        fallbacks: Sequence[Place] = (),
        persistence: Persistence | None = None,
        start: Start | None = None,
        budget: Budget | None = None,
        observers: Sequence[Callable[[Update], None]] = (),
    ) -> None:
        self._tools, self._told = tools, tuple(tools.specs) if tools is not None else ()
        config = _with_tools(config or SessionConfig(), tools)
        places = [Place(endpoint, api_key, config, start)]
        for place in fallbacks:
            own = None if place.config is None else _with_tools(place.config, tools)
            places.append(replace(place, config=own))
        first, *others = [place.route(config) for place in places]
        new_core = ClientCore if recorder is None else partial(RecordedCore, recorder=recorder)
        self._core = new_core(
            config,
            new_id=lambda kind: f"{kind}_{secrets.token_hex(10)}",
            capabilities=first.capabilities,
            push_to_talk=push_to_talk,
            cancellable_tools=tools.cancellable if tools is not None else frozenset(),
            fallbacks=others,
            persistence=persistence,
            jitter=random.random,
            name=first.name,
            asks_beta=first.asks_beta,
        )
        self._run = SessionRun(
            self._core,
            places,
            microphone=microphone,
            speaker=speaker or SilentSpeaker(),
            tools=tools,
            recorder=recorder,
            budget=budget,
            observers=observers,
            hidden=_secrets_of(config, *(place.config for place in fallbacks)),
        )
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Connect, configure, and return when the conversation can begin."""
        if self._task is not None:
            raise RuntimeError("a session is entered once; make a new one")
        self._task = asyncio.create_task(self._run.live(), name="session")
        ready = asyncio.create_task(self._run.ready.wait(), name="session becomes ready")
        try:
            await asyncio.wait({ready, self._task}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self.close()
            raise
        finally:
            ready.cancel()
        if not self._run.ready.is_set():
            await self.wait_closed()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up; raise what ended the session before, unless something is raised already."""
        await self.close()
        if error is None:
            await self.wait_closed()

    def updates(self) -> UpdateStream:
        """Return everything that happens from now on, as an asynchronous iterator.

        The first call also gets what happened before it. The iterator ends after ``Ended``. A
        reader that is far too slow loses parts of transcripts, never the whole of one.
        """
        return self._run.streams.open()

    def send_text(self, text: str) -> None:
        """Type a message: it interrupts, and is answered."""
        self._run.feed(inp.UserTyped(text))

    def interrupt(self) -> None:
        """Stop the assistant, as the interrupt button does."""
        self.press(inp.Button.INTERRUPT)

    def press(self, button: inp.Button) -> None:
        """Press a button: talk, interrupt, mute."""
        self._run.feed(inp.UserPressed(button))

    def sense(self, event: inp.NearSpeech | inp.NearVerdict | inp.DeviceChanged) -> None:
        """Take what the ear or the sound card at this end found out.

        A ``NearSpeech`` while the answer sounds pauses it; the ``NearVerdict`` that has to follow
        within a second and a half lets it go on, or stops it.
        """
        self._run.feed(event)

    def announce(self, text: str) -> None:
        """Have the assistant tell something as soon as nobody speaks."""
        self._run.feed(inp.Announce(text))

    def withdraw(self, text: str) -> None:
        """Take back an announcement of these words, where it still waits to be told."""
        self._run.feed(inp.Withdraw(text))

    def ask_user(self, question: str) -> None:
        """Have the assistant ask for a tool that waits; the next turn is its answer.

        The endpoint's own response to that turn is cancelled: what comes of the tool is said.
        ``question_over`` says that the tool has its answer, or waits no more.
        """
        self._run.feed(inp.AskUser(question))

    def question_over(self) -> None:
        """Take a question back, whether it was answered or not."""
        self._run.feed(inp.QuestionOver())

    def answer_approval(self, request_id: str, *, approve: bool) -> None:
        """Say what the user said to an ``ApprovalRequested``: their own answer and no other.

        The first answer to a request counts; one that nobody answers is refused.
        """
        self._run.feed(inp.ApprovalAnswered(request_id, approve))

    def tools_changed(self) -> None:
        """Tell the endpoint the tools as they are now, as soon as it is quiet.

        For sessions whose configuration named no tools of its own.
        """
        if self._tools is None:
            return
        tools, before = tuple(self._tools.specs), self._told
        if tools != before:
            self._told = tools
            self._run.feed(inp.ToolsChanged(tools, before, self._tools.cancellable))

    def commit_turn(self) -> None:
        """End the user's spoken turn, where the endpoint does not end turns itself."""
        self._run.feed(inp.CommitTurn())

    def hang_up(self, reason: str = "hung up") -> None:
        """Begin to end the session; ``reason`` is what ``Ended`` says. Idempotent."""
        self._run.hang_up(reason)

    async def close(self) -> None:
        """Hang up and wait until everything is released. Idempotent; never raises."""
        if self._task is None:
            return
        self._run.hang_up()
        await asyncio.wait({self._task})
        if not self._task.cancelled():
            # Whoever reads the updates, or waits for the end, is told; here it is only noted.
            self._task.exception()

    async def wait_closed(self) -> None:
        """Wait for the end; raises what ended the session, unless somebody hung up."""
        if self._task is None:
            raise RuntimeError("the session was not entered")
        await asyncio.shield(self._task)
        self._run.raise_end()

    @property
    def phase(self) -> Phase:
        """What the conversation is doing."""
        return self._core.phase

    def heard_texts(self) -> dict[str, str]:
        """Return for each item that sounds which of its words were heard so far.

        An estimate, and rather too short than too long; words that are missing are still to come.
        """
        return self._run.heard_texts()

    @property
    def waiting_audio_ms(self) -> int:
        """Audio of the microphone that waits to be sent.

        Of more than two seconds the oldest is dropped, so whoever plays faster than real time
        waits while this grows.
        """
        return self._run.waiting_audio_ms

    @property
    def dropped_audio_ms(self) -> int:
        """Audio of the microphone that was dropped because the network was too slow."""
        return self._run.dropped_audio_ms

    @property
    def dropped_updates(self) -> int:
        """Updates that slow readers lost."""
        return self._run.streams.dropped


def _with_tools(config: SessionConfig, tools: ToolCaller | None) -> SessionConfig:
    """Return the configuration with our tools, beside servers that the endpoint connects to."""
    hosted = hosted_servers(config.tools)
    is_chosen = "tools" in config.model_fields_set and not (hosted and hosted == config.tools)
    if tools is None or is_chosen:
        return config
    return config.model_copy(update={"tools": [*tools.specs, *hosted]})


def _secrets_of(*configs: SessionConfig | None) -> set[str]:
    """Return the keys for servers of tools, which an endpoint's message may repeat."""
    servers = [server for config in configs if config for server in hosted_servers(config.tools)]
    return {secret for server in servers for secret in server.secrets}
