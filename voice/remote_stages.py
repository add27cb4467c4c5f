"""Chooses ears and mouth as the settings say: built in, or behind an HTTP interface."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from pydantic import SecretStr

from voice.engines.ports import Stt, Tts
from voice.engines.remote_fallback import FallbackStt, FallbackTts
from voice.engines.remote_speech import OPENAI_BASE_URL
from voice.engines.remote_stt import RemoteStt
from voice.engines.remote_tts import RemoteTts
from voice.settings import Settings, SttSettings, TtsSettings


@contextlib.asynccontextmanager
async def chosen_stages(settings: Settings, stt: Stt, tts: Tts) -> AsyncIterator[tuple[Stt, Tts]]:
    """Yield what hears and what speaks; ``stt`` and ``tts`` are the built-in engines.

    The connections of remote ones are closed with the block. Raises EngineError.
    """
    async with contextlib.AsyncExitStack() as stack:
        ears, mouth = stt, tts
        if settings.stt.engine == "openai":
            heard = await remote_stt(settings.stt)
            stack.push_async_callback(heard.aclose)
            ears = FallbackStt(heard, stt) if settings.stt.fallback else heard
        if settings.tts.engine == "openai":
            spoken = await remote_tts(settings.tts)
            stack.push_async_callback(spoken.aclose)
            mouth = FallbackTts(spoken, tts) if settings.tts.fallback else spoken
        yield ears, mouth


async def remote_stt(wanted: SttSettings) -> RemoteStt:
    """Return the recogniser of ``[stt]``; the caller closes it. Raises EngineError."""
    return await RemoteStt.load(
        base_url=wanted.base_url or OPENAI_BASE_URL,
        api_key=_clear(wanted.api_key),
        model=wanted.model,
        language=wanted.language,
        translates=wanted.translate,
        timeout_s=wanted.timeout_s,
        max_retries=0 if wanted.fallback else 1,
    )


async def remote_tts(wanted: TtsSettings) -> RemoteTts:
    """Return the voice of ``[tts]``; the caller closes it. Raises EngineError."""
    return await RemoteTts.load(
        base_url=wanted.base_url or OPENAI_BASE_URL,
        api_key=_clear(wanted.api_key),
        model=wanted.model,
        voices=wanted.offered_voices(),
        response_format=wanted.response_format,
        instructions=wanted.instructions,
        timeout_s=wanted.timeout_s,
        max_retries=0 if wanted.fallback else 1,
    )


def _clear(key: SecretStr | None) -> str:
    return key.get_secret_value() if key is not None else ""
