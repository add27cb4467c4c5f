"""The composition root: builds sessions, tools and devices from settings.

The only place where concrete things are chosen, and the only one where ``voice`` meets ``tools``.
Faces (``voice.ui``) see this module and the session's updates.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pydantic import SecretStr

from tools import (
    Consent,
    DuplicateToolError,
    Registry,
    ToolOutcome,
    ToolSetupError,
    VolumeControl,
    discover,
)
from tools.check import findings
from tools.mcp_connection import McpServer
from tools.mcp_finder import McpFinder
from tools.scaffold import write_tool
from voice.child import Child, running_child
from voice.child_main import MODULE as SERVER_MODULE
from voice.child_main import server_orders
from voice.client.session import Session
from voice.errors import EngineError, RemoteError, SettingsError
from voice.protocol.endpoints import Endpoint
from voice.protocol.session_config import FunctionTool
from voice.protocol.tool_examples import EXAMPLES_KEY
from voice.session_parts import parts_of
from voice.session_places import (
    TOKEN_BYTES,
    OwnServer,
    first_place,
    further_places,
    persistence_of,
)
from voice.session_setup import configured_endpoint, session_config
from voice.user_answers import UserAnswers

if TYPE_CHECKING:
    from voice.audio.devices import DeviceReport, SoundDeviceSpeaker
    from voice.audio.ports import Microphone, Speaker
    from voice.settings import Settings

_MAX_WAITING = 16
"""Announcements kept while the session is being opened."""

_CHILD_VERDICT_S = 1.0
"""How long after a lost connection the server's process may take to be seen to have ended."""


class Toolbox:
    """The tools of one assistant, in the shape that a session takes them.

    Use it as an async context manager: what tools began ends with it.
    """

    def __init__(
        self,
        registry: Registry,
        problems: tuple[str, ...],
        *,
        call_limit_s: float,
        servers: McpFinder | None = None,
        servers_limit_s: float = 0.0,
    ) -> None:
        self._problems = problems
        self._registry = registry
        self._call_limit_s = call_limit_s
        self._servers = servers
        self._servers_limit_s = servers_limit_s

    async def __aenter__(self) -> Self:
        """Start: take up again what tools kept from the last time, and wait for the servers."""
        await self._registry.start()
        await self.connect()
        return self

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each plugin or server that could not be loaded."""
        return (*self._problems, *(self._servers.problems if self._servers else ()))

    def begin(self) -> None:
        """Start the MCP servers in the background, so that they lose nobody's time. Idempotent."""
        if self._servers is not None:
            self._servers.begin()

    async def connect(self) -> None:
        """Wait until the servers' tools are there, as long as the settings say. Idempotent."""
        if self._servers is not None:
            await self._servers.ready(self._servers_limit_s)

    async def disconnect(self) -> None:
        """End the servers. Idempotent."""
        if self._servers is not None:
            await self._servers.close()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End everything that the tools began."""
        await self._registry.close()
        await self.disconnect()

    @property
    def specs(self) -> list[FunctionTool]:
        """The tools as an endpoint is told them, with their authors' example sentences.

        The session takes the sentences out again where an endpoint does not read them.
        """
        tools = []
        for spec in self._registry.specs():
            parameters = dict(spec.parameters)
            if spec.examples:
                parameters[EXAMPLES_KEY] = list(spec.examples)
            tools.append(
                FunctionTool(name=spec.name, description=spec.description, parameters=parameters)
            )
        return tools

    @property
    def cancellable(self) -> frozenset[str]:
        """The names of the tools that an interruption stops."""
        return frozenset(s.name for s in self._registry.specs() if s.cancel_on_interrupt)

    @property
    def consent(self) -> Consent:
        """What takes the user's own answers to questions about irreversible calls."""
        return self._registry.consent

    def source(self, name: str) -> str:
        """Return where a tool comes from; empty for an unknown name."""
        return self._registry.source(name) or ""

    async def call(self, name: str, arguments: str) -> ToolOutcome:
        """Run one call as a model wrote it; never raises but CancelledError.

        A tool has a deadline of its own as well; the shorter one holds.
        """
        try:
            async with asyncio.timeout(self._call_limit_s):
                return await self._registry.call(name, arguments)
        except TimeoutError:
            told = f"{name} took too long and was given up after {self._call_limit_s:g} s."
            return ToolOutcome(told, is_error=True)


def build_tools(
    settings: Settings,
    *,
    on_notice: Callable[[str], None] | None = None,
    on_line: Callable[[str], None] | None = None,
    volume: VolumeControl | None = None,
) -> Toolbox:
    """Find the tools that the settings allow.

    ``on_notice`` gets what a tool announces by itself, such as a timer that is due, ``on_line``
    what servers of tools tell people meanwhile. Raises SettingsError where two tools have one
    name; broken plugins become ``problems``.
    """
    wanted = settings.tools
    found = discover(wanted.folder)
    registry = Registry(
        data_dir=wanted.data_dir, on_notice=on_notice, volume=volume, files_dir=wanted.files_dir
    )
    for tool, source in found.tools:
        if tool.name in wanted.disabled or not wanted.allows(tool.name, tool.effect):
            continue
        if tool.opt_in and tool.name not in wanted.enabled:
            continue
        try:
            registry.add(tool, source)
        except DuplicateToolError as error:
            raise SettingsError(str(error)) from error
    servers = McpFinder(
        registry,
        _servers(settings),
        allows=lambda tool: (
            tool.name not in wanted.disabled and wanted.allows(tool.name, tool.effect)
        ),
        on_line=on_line,
    )
    return Toolbox(
        registry,
        tuple(found.problems),
        call_limit_s=wanted.timeout_s,
        servers=servers,
        servers_limit_s=wanted.mcp_start_s,
    )


def _servers(settings: Settings) -> list[McpServer]:
    """Return the MCP servers of the settings; theirs are the only keys that they get."""
    return [
        McpServer(
            name,
            command=server.command,
            env={key: value.get_secret_value() for key, value in server.env.items()},
            cwd=server.cwd,
            url=server.url,
            headers={key: value.get_secret_value() for key, value in server.headers.items()},
            timeout_s=server.timeout_s,
            start_timeout_s=server.start_timeout_s,
            effect=None if server.effect == "auto" else server.effect,
        )
        for name, server in settings.tools.mcp.items()
        if server.enabled
    ]


def check_tools(settings: Settings) -> tuple[int, list[str]]:
    """Return how many tools there are, and one line for each thing that is wrong with them."""
    found = discover(settings.tools.folder)
    return len(found.tools), [*found.problems, *findings(found.tools)]


def new_tool(settings: Settings, name: str) -> tuple[Path, Path]:
    """Write a tool that works, and its test, into the tool folder; return both files.

    Raises SettingsError for a name that is none, and where a file exists.
    """
    folder = settings.tools.folder
    if folder is None:
        raise SettingsError(
            "expected tools.folder, the folder of your tools; "
            "say --set tools.folder=DIR, or write it into voice.toml"
        )
    try:
        return write_tool(name, folder)
    except ToolSetupError as error:
        raise SettingsError(str(error)) from error


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that is ready, what it talks to, and which tools had to be left out."""

    session: Session
    endpoint: Endpoint
    tool_problems: tuple[str, ...] = ()
    consent: UserAnswers | None = None
    """Takes a button's yes or no; None without tools."""

    def send_text(self, text: str) -> None:
        """Type a message: it interrupts, is answered, and may be the yes that a tool waits for."""
        if self.consent is not None:
            self.consent.typed(text)
        self.session.send_text(text)


@contextlib.asynccontextmanager
async def open_session(
    settings: Settings,
    *,
    microphone: Microphone,
    speaker: Speaker,
    use_tools: bool = True,
    volume: VolumeControl | None = None,
    on_missed: Callable[[str], None] | None = None,
    on_tool_line: Callable[[str], None] | None = None,
    record: Path | None = None,
    patience_s: float | None = None,
) -> AsyncIterator[OpenSession]:
    """Open a session at the configured endpoint, or at a server of our own in a child process.

    What tools have to tell from before the session, such as a timer that ended while nothing ran,
    is announced in it, or given to ``on_missed`` where a conversation must hold nothing else.
    ``on_tool_line`` gets lines for the screen, such as how far a server of tools is.
    ``record`` is the file of the session's black box. A connection that is lost is opened again for
    as long as the settings say, or else for ``patience_s``, None for as long as it takes; a server
    of our own that has died is started anew.
    The session closes microphone and speaker. Raises the VoiceError that says why no session could
    be opened, and out of the body what ended it.
    """
    announcements = _Announcements()
    async with contextlib.AsyncExitStack() as stack:
        toolbox = None
        if use_tools:
            # Before the server is started: two tools of one name are told at once.
            toolbox = build_tools(
                settings, on_notice=announcements.say, on_line=on_tool_line, volume=volume
            )
            stack.push_async_callback(toolbox.disconnect)
            toolbox.begin()
        own = await stack.enter_async_context(OwnServer(settings))
        place = await first_place(settings, own)
        if toolbox is not None:
            await stack.enter_async_context(toolbox)
        endpoint, further = place.endpoint, further_places(settings, own)
        parts = await asyncio.to_thread(parts_of, settings, [place, *further], record, own.token)
        stack.push_async_callback(asyncio.to_thread, parts.close)
        microphone = parts.heard_through(microphone)
        answers = UserAnswers(toolbox.consent) if toolbox is not None else None
        session = await stack.enter_async_context(
            Session(
                endpoint=endpoint,
                config=session_config(settings, endpoint),
                api_key=place.api_key,
                start=place.start,
                fallbacks=further,
                persistence=persistence_of(settings, patience_s),
                microphone=microphone,
                speaker=speaker,
                tools=toolbox,
                recorder=parts.recorder,
                budget=parts.budget,
                observers=[*parts.observers, *([answers.take] if answers else [])],
            )
        )
        announcements.go_to(session.announce, missed=on_missed)
        yield OpenSession(session, endpoint, toolbox.problems if toolbox else (), answers)


class _Announcements:
    """Keeps what tools announce until there is a session to tell it."""

    def __init__(self) -> None:
        self._waiting: deque[str] = deque(maxlen=_MAX_WAITING)
        self._tell: Callable[[str], None] = self._waiting.append

    def say(self, text: str) -> None:
        self._tell(text)

    def go_to(
        self, tell: Callable[[str], None], *, missed: Callable[[str], None] | None = None
    ) -> None:
        self._tell = tell
        while self._waiting:
            (missed or tell)(self._waiting.popleft())


@contextlib.asynccontextmanager
async def reachable_endpoint(
    settings: Settings,
) -> AsyncIterator[tuple[Endpoint, SecretStr | None]]:
    """Yield the endpoint and its key; our own server runs as long as the block."""
    if settings.endpoint.url is not None:
        yield configured_endpoint(settings), settings.endpoint.api_key
        return
    token = secrets.token_urlsafe(TOKEN_BYTES)
    orders = server_orders(settings, token)
    async with running_child(SERVER_MODULE, orders, name="speech server") as child:
        try:
            yield Endpoint.local(child.ready), SecretStr(token)
        except RemoteError as error:
            raise await _verdict(child) or error from error


async def _verdict(child: Child) -> EngineError | None:
    """Return what became of the server, where its end is why the connection was lost."""
    try:
        async with asyncio.timeout(_CHILD_VERDICT_S):
            return await child.wait_ended()
    except TimeoutError:
        return None


class SpeakerVolume:
    """The volume of the sound card's speaker, as tools set it; implements ``VolumeControl``."""

    def __init__(self, speaker: SoundDeviceSpeaker) -> None:
        self._speaker = speaker

    def get(self) -> int:
        """Return the volume in percent."""
        return self._speaker.volume

    def set(self, percent: int) -> None:
        """Set the volume, clamped to 0..100."""
        self._speaker.set_volume(max(0, min(100, percent)))


def find_sound_card(settings: Settings) -> DeviceReport:
    """Return the devices that ``open_sound_card`` would use.

    Raises DeviceError that says what is missing and how to get it.
    """
    from voice.audio.devices import check

    return check(settings.audio.input, settings.audio.output)


def open_sound_card(settings: Settings) -> tuple[Microphone, Speaker, VolumeControl]:
    """Return microphone, speaker and volume of the sound card; a session opens and closes them.

    Raises DeviceError that says what is missing and how to get it.
    """
    from voice.audio.devices import SoundDeviceMicrophone, SoundDeviceSpeaker

    find_sound_card(settings)
    audio = settings.audio
    speaker = SoundDeviceSpeaker(audio.output, volume=audio.volume)
    return SoundDeviceMicrophone(audio.input), speaker, SpeakerVolume(speaker)
