"""``voice doctor``'s examination: what is configured, tried step by step."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from voice.app import reachable_endpoint
from voice.client.probe import Step, probe
from voice.client.probe_talk import Outcome
from voice.errors import AuthError, SettingsError, VoiceError
from voice.settings import Settings
from voice.stage_checks import check_stages

__all__ = ["Outcome", "Step", "diagnose"]


async def diagnose(settings: Settings) -> AsyncGenerator[Step, None]:
    """Yield one step after another: of the configured endpoint, or of our own server.

    After them come the brain, the ears and the mouth of the embedded server that are remote.

    Raises SettingsError for settings that name no endpoint that could be tried.
    """
    is_ours = settings.endpoint.url is None
    started = time.perf_counter()
    try:
        async with reachable_endpoint(settings) as (endpoint, key):
            if is_ours:
                took_ms = round((time.perf_counter() - started) * 1_000)
                detail = "started, speech engines and brain are loaded"
                yield Step("our server", Outcome.OK, detail, took_ms)
            secret = key.get_secret_value() if key is not None else None
            async with aclosing(probe(endpoint, secret)) as steps:
                async for step in steps:
                    yield step
    except SettingsError:
        raise
    except VoiceError as error:
        mend = "set the key" if isinstance(error, AuthError) else "see the message"
        name = "our server" if is_ours else "endpoint"
        yield Step(name, Outcome.FAILED, str(error), None, mend)
    async with aclosing(check_stages(settings)) as steps:
        async for step in steps:
            yield step
