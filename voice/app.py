"""The composition root: builds sessions and devices from settings.

The only place where concrete things are chosen; the tools among them by ``voice.toolbox``.
Faces (``voice.ui``) see this module and the session's updates.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from voice.approvals import Approvals
from voice.child import Child, running_child
from voice.child_main import MODULE as SERVER_MODULE
from voice.child_main import server_orders
from voice.client.hang_up import HangUpPhrase
from voice.client.session import Session
from voice.client.silent_speaker import SilentSpeaker
from voice.core.updates import Update
from voice.errors import EngineError, RemoteError
from voice.protocol.endpoints import Endpoint
from voice.session_parts import SessionParts, parts_of
from voice.session_places import (
    TOKEN_BYTES,
    OwnServer,
    first_place,
    further_places,
    persistence_of,
)
from voice.session_setup import configured_endpoint, place_of, session_config
from voice.tool_surroundings import Place, ToolSurroundings
from voice.toolbox import Toolbox, VolumeControl, build_tools
from voice.user_answers import UserAnswers

if TYPE_CHECKING:
    from voice.audio.device_choice import DeviceDescription
    from voice.audio.devices import DeviceReport
    from voice.audio.ports import Microphone, Speaker
    from voice.blackbox.recorder import Recorder
    from voice.client.place import Place as SessionPlace
    from voice.hands_free import HandsFree
    from voice.settings import Settings

_MAX_WAITING = 16
"""Announcements kept while the session is being opened."""

_CHILD_VERDICT_S = 1.0
"""How long after a lost connection the server's process may take to be seen to have ended."""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that is ready, what it talks to, and which tools had to be left out."""

    session: Session
    endpoint: Endpoint
    tool_problems: tuple[str, ...] = ()
    consent: UserAnswers | None = None
    """Takes a button's yes or no; None without tools."""
    recorder: Recorder | None = None
    """Writes the session's black box; None where none is written."""
    toolbox: Toolbox | None = None

    async def wait_for_jobs(self) -> bool:
        """Wait until no tool works in the background; returns whether one did."""
        return self.toolbox is not None and await self.toolbox.wait_for_jobs()

    def send_text(self, text: str) -> None:
        """Type a message: it interrupts, is answered, and may be the yes that a tool waits for."""
        if self.consent is not None:
            self.consent.typed(text)
        self.session.send_text(text)


@contextlib.asynccontextmanager
async def open_session(
    settings: Settings,
    *,
    microphone: Microphone | None = None,
    speaker: Speaker | None = None,
    hands_free: HandsFree | None = None,
    use_tools: bool = True,
    volume: VolumeControl | None = None,
    on_missed: Callable[[str], None] | None = None,
    on_tool_line: Callable[[str], None] | None = None,
    record: Path | None = None,
    patience_s: float | None = None,
    hang_up: Sequence[str] = (),
) -> AsyncIterator[OpenSession]:
    """Open a session at the configured endpoint, or at a server of our own in a child process.

    What tools have to tell from before the session, such as a timer that ended while nothing ran,
    is announced in it, or given to ``on_missed`` where a conversation must hold nothing else.
    ``on_tool_line`` gets lines for the screen, such as how far a server of tools is.
    ``record`` is the file of the session's black box. A connection that is lost is opened again for
    as long as the settings say, or else for ``patience_s``, None for as long as it takes; a server
    of our own that has died is started anew. A turn that is one of ``hang_up`` ends the session.
    ``hands_free`` stands for the microphone, the speaker and the volume, where they are not given.
    The session closes microphone and speaker. Raises the VoiceError that says why no session could
    be opened, and out of the body what ended it.
    """
    if hands_free is not None:
        microphone, speaker, volume = _filled(hands_free, microphone, speaker, volume)
    async with contextlib.AsyncExitStack() as stack:
        # Before the server is started: two tools of one name are told at once.
        settings = settings if use_tools else _without_hosted(settings)
        helped = _ToolSide(settings, volume=volume, on_line=on_tool_line, use_tools=use_tools)
        stack.push_async_callback(helped.disconnect)
        ground = _ground(settings, helped.toolbox, record)
        place, further, parts = await stack.enter_async_context(ground)
        endpoint = place.endpoint
        farewell = stack.enter_context(contextlib.closing(HangUpPhrase(hang_up)))
        session = await stack.enter_async_context(
            Session(
                endpoint=endpoint,
                config=session_config(settings, endpoint),
                api_key=place.api_key,
                start=place.start,
                fallbacks=further,
                persistence=persistence_of(settings, patience_s),
                microphone=microphone and parts.heard_through(microphone),
                speaker=speaker,
                tools=helped.toolbox,
                push_to_talk=_has_talk_key(settings, hands_free),
                recorder=parts.recorder,
                budget=parts.budget,
                observers=[*_observers(parts, helped, hands_free), farewell.take],
            )
        )
        farewell.attach(session.hang_up)
        if hands_free is not None:
            hands_free.attach(session)
        places = _tool_places(settings, [place, *further], speaker, on_tool_line)
        yield helped.attached(session, endpoint, places, parts.recorder, on_missed)


@contextlib.asynccontextmanager
async def _ground(
    settings: Settings, toolbox: Toolbox | None, record: Path | None
) -> AsyncIterator[tuple[SessionPlace, list[SessionPlace], SessionParts]]:
    """Yield where a session begins, where it may go on, and the parts that are not devices.

    A server of our own, the tools and the parts last as long as the block.
    """
    async with OwnServer(settings) as own:
        place = await first_place(settings, own)
        async with toolbox or contextlib.nullcontext():
            further = further_places(settings, own)
            places = [place, *further]
            parts = await asyncio.to_thread(parts_of, settings, places, record, own.token)
            try:
                yield place, further, parts
            finally:
                await asyncio.to_thread(parts.close)


def _without_hosted(settings: Settings) -> Settings:
    """Return the settings without servers of tools, which whoever wants no tools has not either."""
    session = settings.session.model_copy(update={"mcp": {}})
    return settings.model_copy(update={"session": session})


def _tool_places(
    settings: Settings,
    ends: Sequence[SessionPlace],
    speaker: Speaker | None,
    on_line: Callable[[str], None] | None,
) -> list[Place]:
    """Return what tools may know of where their session may be, for each of its endpoints."""
    is_heard, is_seen = _is_heard(speaker), on_line is not None
    return [place_of(settings, end.endpoint, is_heard, has_screen=is_seen) for end in ends]


def _has_talk_key(settings: Settings, hands_free: HandsFree | None) -> bool:
    """Return whether a key ends the turns; where nobody can press one the endpoint does."""
    return hands_free is not None and settings.hands_free.push_to_talk != "off"


def _filled(
    hands_free: HandsFree,
    microphone: Microphone | None,
    speaker: Speaker | None,
    volume: VolumeControl | None,
) -> tuple[Microphone, Speaker, VolumeControl]:
    return (
        microphone or hands_free.microphone,
        speaker or hands_free.speaker,
        volume or hands_free.volume,
    )


class _ToolSide:
    """The tools of one session, what they announce and ask, and the user's answers to them."""

    def __init__(
        self,
        settings: Settings,
        *,
        volume: VolumeControl | None,
        on_line: Callable[[str], None] | None,
        use_tools: bool,
    ) -> None:
        self._announcements, self._around = _Announcements(), ToolSurroundings()
        self.toolbox: Toolbox | None = None
        self.answers: UserAnswers | None = None
        self.approvals: Approvals | None = None
        if not use_tools:
            return
        self.toolbox = build_tools(
            settings,
            on_notice=self._announcements.say,
            on_notice_over=self._announcements.unsay,
            on_line=on_line,
            volume=volume,
            around=self._around,
        )
        self.toolbox.begin()
        self.answers = UserAnswers(self.toolbox.consent, around=self._around)
        self.approvals = Approvals(self.toolbox, self._around)

    @property
    def observers(self) -> list[Callable[[Update], None]]:
        asked = (self.answers, self.approvals)
        return [observer.take for observer in asked if observer is not None]

    async def disconnect(self) -> None:
        if self.approvals is not None:
            await self.approvals.close()
        if self.toolbox is not None:
            await self.toolbox.disconnect()

    def attached(
        self,
        session: Session,
        endpoint: Endpoint,
        places: Sequence[Place],
        recorder: Recorder | None,
        on_missed: Callable[[str], None] | None,
    ) -> OpenSession:
        """Bring what tools want to a session that is open, and return it with its tools."""
        problems: tuple[str, ...] = ()
        if self.toolbox is not None:
            problems = self.toolbox.problems
            self.toolbox.when_changed(session.tools_changed)
        if self.approvals is not None:
            self.approvals.attach(session)
        self._around.attach(session.ask_user, session.question_over, *places)
        self._announcements.go_to(session, missed=on_missed)
        return OpenSession(session, endpoint, problems, self.answers, recorder, self.toolbox)


def _is_heard(speaker: Speaker | None) -> bool:
    return speaker is not None and not isinstance(speaker, SilentSpeaker)


def _observers(
    parts: SessionParts, helped: _ToolSide, hands_free: HandsFree | None
) -> list[Callable[[Update], None]]:
    return [
        *parts.observers,
        *helped.observers,
        *(hands_free.observers if hands_free else []),
    ]


class _Announcements:
    """Keeps what tools announce until there is a session to tell it."""

    def __init__(self) -> None:
        self._waiting: deque[str] = deque(maxlen=_MAX_WAITING)
        self._session: Session | None = None

    def say(self, text: str) -> None:
        if self._session is None:
            self._waiting.append(text)
        else:
            self._session.announce(text)

    def unsay(self, text: str) -> None:
        if self._session is not None:
            self._session.withdraw(text)

    def go_to(self, session: Session, *, missed: Callable[[str], None] | None = None) -> None:
        self._session = session
        while self._waiting:
            (missed or session.announce)(self._waiting.popleft())


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


def find_sound_card(settings: Settings) -> DeviceReport:
    """Return the devices that a conversation would use.

    Raises DeviceError that says what is missing and how to get it.
    """
    from voice.audio.devices import check

    return check(settings.audio.input, settings.audio.output)


def sound_devices() -> list[DeviceDescription]:
    """Return every sound device of the machine; blocks for a moment.

    Raises DeviceError where there is no PortAudio.
    """
    from voice.audio.devices import list_devices

    return list_devices()
