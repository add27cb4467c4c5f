"""The one seam between ``voice`` and ``tools``: finds the tools that the settings allow.

Nothing else of ``voice`` imports ``tools``; who needs a word of theirs takes it from here.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

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
from tools.consent import intent_of
from tools.deadline import deadline
from tools.definition import Tool
from tools.folder_finder import FolderFinder
from tools.mcp_connection import McpServer
from tools.mcp_finder import McpFinder
from tools.online import ModelEndpoint, OnlineServices, PictureEndpoint, WeatherService
from tools.scaffold import write_tool
from tools.summary import humanised, summarise
from tools.surroundings import Said, SessionFacts, Surroundings
from voice.errors import SettingsError
from voice.protocol.session_config import FunctionTool
from voice.protocol.tool_examples import EXAMPLES_KEY
from voice.tool_names import unknown_names
from voice.tool_surroundings import ToolSurroundings

if TYPE_CHECKING:
    from voice.settings import Settings
    from voice.settings_online import ImageSettings, SearchSettings
    from voice.settings_tools import ToolSettings

__all__ = ["Toolbox", "VolumeControl", "build_tools", "check_tools", "new_tool"]


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
        folder: FolderFinder | None = None,
    ) -> None:
        self._problems = problems
        self._registry = registry
        self._call_limit_s = call_limit_s
        self._servers = servers
        self._servers_limit_s = servers_limit_s
        self._folder = folder
        self._on_change: Callable[[], None] | None = None
        self._is_change_due = False

    async def __aenter__(self) -> Self:
        """Start: take up again what tools kept from the last time, and wait for the servers."""
        await self._registry.start()
        await self.connect()
        self._registry.on_tools_changed = self._changed
        if self._folder is not None:
            self._folder.begin()
        return self

    def when_changed(self, tell: Callable[[], None]) -> None:
        """Call ``tell``, on the loop, soon after tools came or went: files, servers.

        What came since the toolbox was entered is told at once.
        """
        self._on_change = tell
        self._changed()

    def _changed(self) -> None:
        """Tell once of all changes of a moment: a server's tools go and come one by one."""
        if self._on_change is not None and not self._is_change_due:
            self._is_change_due = True
            asyncio.get_running_loop().call_soon(self._tell_change)

    def _tell_change(self) -> None:
        self._is_change_due = False
        if self._on_change is not None:
            self._on_change()

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each plugin or server that could not be loaded, and each unknown name."""
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
        self._registry.on_tools_changed = self._on_change = None
        if self._folder is not None:
            await self._folder.close()
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

    async def allows(
        self, server: str, tool: str, arguments: str, ask: Callable[[str], None]
    ) -> bool:
        """Have the user asked by ``ask`` about a call that an endpoint is to make itself.

        Returns whether they said yes, by the rules for what is irreversible.
        """
        try:
            values = json.loads(arguments or "{}")
        except ValueError:
            values = arguments
        if not isinstance(values, dict):
            values = {"arguments": values}
        summary = f"let {server or 'a server'} run {summarise(tool, None, values)}"
        intent = intent_of(f"{server}__{tool}", values)
        return await self._registry.consent.allows(intent, summary, ask)

    def source(self, name: str) -> str:
        """Return where a tool comes from; empty for an unknown name."""
        return self._registry.source(name) or ""

    async def wait_for_jobs(self) -> bool:
        """Wait until nothing runs in the background; returns whether anything did."""
        return await self._registry.wait_for_jobs()

    async def call(self, name: str, arguments: str, call_id: str | None = None) -> ToolOutcome:
        """Run one call as a model wrote it; never raises but CancelledError.

        A ``call_id`` that came before gets the answer that it had, and nothing is done.
        A tool has a deadline of its own as well; the shorter one holds.
        """
        try:
            async with deadline(self._call_limit_s):
                return await self._registry.call(name, arguments, call_id)
        except TimeoutError:
            told = (
                f"{humanised(name)} took too long and was given up after {self._call_limit_s:g} s."
            )
            return ToolOutcome(told, is_error=True)


def build_tools(
    settings: Settings,
    *,
    on_notice: Callable[[str], None] | None = None,
    on_notice_over: Callable[[str], None] | None = None,
    on_line: Callable[[str], None] | None = None,
    volume: VolumeControl | None = None,
    around: ToolSurroundings | None = None,
) -> Toolbox:
    """Find the tools that the settings allow.

    ``on_notice`` gets what a tool announces by itself, such as a timer that is due,
    ``on_notice_over`` which of it need not be announced any more, ``on_line`` what tools and their
    servers show people meanwhile. Raises SettingsError where two tools have
    one name; broken plugins become ``problems``.
    """
    wanted = settings.tools
    found = discover(wanted.folder)
    registry = Registry(
        data_dir=wanted.data_dir,
        on_notice=on_notice,
        on_notice_over=on_notice_over,
        volume=volume,
        files_dir=wanted.files_dir,
        online=_online(wanted),
        on_line=on_line,
        surroundings=_surroundings(around) if around is not None else None,
    )

    def is_allowed(tool: Tool[..., Any]) -> bool:
        return wanted.allows(tool.name, tool.effect, is_opt_in=tool.opt_in)

    _add(registry, ((tool, source) for tool, source in found.tools if is_allowed(tool)))
    servers = McpFinder(registry, _servers(settings), allows=is_allowed, on_line=on_line)
    folder = None
    if wanted.watch and wanted.folder is not None:
        folder = FolderFinder(registry, wanted.folder, allows=is_allowed, on_line=on_line)
    return Toolbox(
        registry,
        (*found.problems, *_unknown_names(settings, found.tools)),
        call_limit_s=wanted.timeout_s,
        servers=servers,
        servers_limit_s=wanted.mcp_start_s,
        folder=folder,
    )


def _add(registry: Registry, tools: Iterable[tuple[Tool[..., Any], str]]) -> None:
    """Add tools, each with its source; two of one name are the person's to part."""
    for tool, source in tools:
        try:
            registry.add(tool, source)
        except DuplicateToolError as error:
            raise SettingsError(str(error)) from error


def _online(wanted: ToolSettings) -> OnlineServices:
    """Return the services on the network that the settings name, with their keys."""
    image, search, weather = wanted.image, wanted.search, wanted.weather
    drawing = _endpoint(image)
    return OnlineServices(
        pictures=PictureEndpoint(drawing, image.by_chat(), image.size or "") if drawing else None,
        search=_endpoint(search),
        weather=WeatherService(
            weather.url, weather.geocoding_url, weather.city or "", weather.unit
        ),
        pictures_dir=image.folder,
    )


def _endpoint(place: ImageSettings | SearchSettings) -> ModelEndpoint | None:
    if place.base_url is None:
        return None
    key = place.api_key.get_secret_value() if place.api_key is not None else ""
    return ModelEndpoint(place.base_url, place.model, key)


def _surroundings(around: ToolSurroundings) -> Surroundings:
    return Surroundings(
        ask=around.ask,
        conversation=lambda: tuple(Said(role, text) for role, text in around.conversation()),
        session=lambda: SessionFacts(**dataclasses.asdict(around.place)),
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
    """Return how many tools there are, and one line for each thing that is wrong with them.

    A name in the settings that no tool bears is told too, and a pattern that fits none.
    """
    found = discover(settings.tools.folder)
    slips = _unknown_names(settings, found.tools, with_patterns=True)
    return len(found.tools), [*found.problems, *slips, *findings(found.tools)]


def _unknown_names(
    settings: Settings,
    found: Sequence[tuple[Tool[..., Any], str]],
    *,
    with_patterns: bool = False,
) -> list[str]:
    names = [tool.name for tool, _ in found]
    return unknown_names(settings.tools, names, with_patterns=with_patterns)


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
