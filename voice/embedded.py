"""Puts the embedded server together: which engines, which brain, which event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from voice.brains import load_brain
from voice.engines.ports import EngineQueue, Engines
from voice.engines.speech import SpeechEngines, load_speech
from voice.remote_stages import chosen_stages
from voice.server.fillers import FillerTexts
from voice.server.limits import Limits
from voice.server.serve import serving
from voice.server.state import ServerConfig
from voice.settings import BrainSettings, ServerSettings, Settings

T = TypeVar("T")


def server_config(settings: Settings) -> ServerConfig:
    """Return how the server listens, as the settings say."""
    server = settings.server
    return ServerConfig(
        host=server.host,
        port=server.port,
        token=server.token,
        max_sessions=server.max_sessions,
        admits_by_load=server.admission == "load",
        allowed_origins=server.allowed_origins,
        allowed_hosts=server.allowed_hosts,
        tls_cert=server.tls_cert,
        tls_key=server.tls_key,
        limits=_limits(server),
        fillers=_fillers(settings.brain),
    )


def _fillers(brain: BrainSettings) -> FillerTexts | None:
    """Return what is said while the brain is silent; one that computes here is not so for long."""
    if brain.kind == "offline":
        return None
    texts = FillerTexts(brain.fillers, brain.apology, brain.filler_after_s)
    if brain.apology == BrainSettings.model_fields["apology"].default:
        return texts
    # Words of a person's own, perhaps in another language: ours do not fit beside them.
    own = brain.apology
    return replace(texts, no_answer=own, withheld=own, no_room=own)


def _limits(server: ServerSettings) -> Limits:
    return Limits(
        header_s=server.header_s,
        first_event_s=server.first_event_s or None,
        session_s=server.session_s or None,
        idle_s=server.idle_s or None,
        blocked_s=server.blocked_s,
        drain_s=server.drain_s,
        connections=server.max_connections,
        sessions_per_address=server.sessions_per_address,
        frame_bytes=server.max_frame_bytes,
    )


@contextlib.asynccontextmanager
async def embedded_server(settings: Settings, config: ServerConfig) -> AsyncIterator[str]:
    """Serve until the block ends; yields the WebSocket URL once everything is loaded.

    Raises SettingsError where the address cannot be had and EngineError where an engine cannot be
    loaded.
    """
    async with contextlib.AsyncExitStack() as stack:

        async def load() -> Engines:
            speech, engines = await load_engines(settings)
            stack.callback(speech.close)
            choosing = chosen_stages(settings, speech.stt, speech.tts)
            try:
                stt, tts = await stack.enter_async_context(choosing)
            except BaseException:
                await engines.brain.close()
                raise
            return replace(engines, stt=stt, tts=tts)

        async with serving(config, load) as server:
            yield server.url


async def load_engines(settings: Settings) -> tuple[SpeechEngines, Engines]:
    """Load built-in speech and brain at the same time; the caller closes the first of the pair.

    The brain is closed by whoever serves it. Raises EngineError.
    """
    speech, brain = await asyncio.gather(
        asyncio.to_thread(load_speech, turn_model=settings.session.turn_model),
        load_brain(settings.brain),
        return_exceptions=True,
    )
    if isinstance(speech, BaseException):
        if not isinstance(brain, BaseException):
            await brain.close()
        raise speech
    if isinstance(brain, BaseException):
        speech.close()
        raise brain
    thinking: EngineQueue | None = getattr(brain, "queue", None)  # only a brain that computes here
    engines = Engines(
        vad=speech.vad,
        turn_end=speech.turn_end,
        stt=speech.stt,
        brain=brain,
        tts=speech.tts,
        queues=speech.queues if thinking is None else (*speech.queues, thinking),
        turn_sound=speech.turn_sound,
    )
    return speech, engines


def run_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` on a new event loop: uvloop's where it is installed."""
    try:
        from uvloop import new_event_loop
    except ImportError:  # Windows
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(work)
