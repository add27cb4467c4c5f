"""Makes the brain that the settings choose."""

from __future__ import annotations

from typing import Any

from voice.engines.ports import Brain
from voice.settings_brain import ANTHROPIC_URL, BrainSettings
from voice.settings_sections import OPENAI_URL


async def load_brain(settings: BrainSettings) -> Brain:
    """Return the brain of ``[brain]``; the caller closes it. Raises EngineError."""
    match settings.kind:
        case "openai":
            from voice.engines.chat_brain import ChatBrain

            return await ChatBrain.load(
                base_url=settings.base_url or OPENAI_URL,
                include_usage=settings.stream_options is None,
                max_tokens_field="max_completion_tokens"
                if settings.max_tokens is None
                else "max_tokens",
                instructions_role=settings.instructions_role,
                send_cache_key=settings.send_cache_key,
                strict_tools=settings.wants_strict_tools(),
                extra_body=_chat_fields(settings),
                **_common(settings),
            )
        case "anthropic":
            from voice.engines.anthropic_brain import MAX_TOKENS, AnthropicBrain

            limits = (settings.max_completion_tokens, settings.max_tokens, MAX_TOKENS)
            return await AnthropicBrain.load(
                base_url=settings.base_url or ANTHROPIC_URL,
                auth=settings.key_header(),
                max_tokens=next(limit for limit in limits if limit is not None),
                caches_prompt=settings.prompt_caching,
                extra_body=_anthropic_fields(settings),
                **_common(settings),
            )
        case _:
            from voice.engines.offline_brain import OfflineBrain

            return await OfflineBrain.load()


def _common(settings: BrainSettings) -> dict[str, Any]:
    return {
        "model": settings.model or "",
        "api_key": settings.api_key.get_secret_value() if settings.api_key else "",
        "stream": settings.stream,
        "start_timeout_s": settings.start_timeout_s,
        "stall_timeout_s": settings.stall_timeout_s,
        "max_retries": settings.max_retries,
        "temperature": settings.temperature,
        "context_tokens": settings.context_tokens,
        "takes_images": settings.takes_images,
    }


def _chat_fields(settings: BrainSettings) -> dict[str, Any]:
    fields = settings.parameters()
    if settings.stream and settings.stream_options:
        fields["stream_options"] = settings.stream_options
    return {**fields, **settings.extra_body}


def _anthropic_fields(settings: BrainSettings) -> dict[str, Any]:
    """Return the parameters that both interfaces have, in the other one's words."""
    fields: dict[str, Any] = {}
    if settings.top_p is not None:
        fields["top_p"] = settings.top_p
    if settings.stop:
        fields["stop_sequences"] = list(settings.stop)
    metadata = dict(settings.metadata or {})
    if settings.user is not None:
        metadata.setdefault("user_id", settings.user)
    if metadata:
        fields["metadata"] = metadata
    return {**fields, **settings.extra_body}
