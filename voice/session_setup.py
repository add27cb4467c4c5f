"""What the settings ask of an endpoint: where it is, and how the session shall be."""

from __future__ import annotations

from typing import Any

from voice.errors import SettingsError
from voice.protocol.dialects import Dialect
from voice.protocol.endpoints import Endpoint, EndpointKind, resolve
from voice.protocol.session_config import (
    AudioConfig,
    AudioInputConfig,
    AudioOutputConfig,
    SemanticVad,
    ServerVad,
    SessionConfig,
    Transcription,
)
from voice.settings import Settings
from voice.settings_sections import PlaceSettings
from voice.tool_surroundings import Place

_SLOWEST, _FASTEST = 0.25, 1.5
"""Speeds that the protocol knows."""


def configured_endpoint(settings: Settings) -> Endpoint:
    """Return the endpoint of ``endpoint.url``.

    Raises SettingsError where the URL is none, or where a key would cross a network in clear.
    """
    return _endpoint_of(settings.endpoint)


def fallback_endpoints(settings: Settings) -> list[Endpoint]:
    """Return the endpoints of ``endpoint.fallbacks``, in their order.

    Raises SettingsError that names the table with which no session could be opened.
    """
    found = []
    for number, wanted in enumerate(settings.endpoint.fallbacks, start=1):
        try:
            endpoint = _endpoint_of(wanted)
            endpoint.url()
        except SettingsError as error:
            raise SettingsError(f"endpoint.fallbacks.{number}: {error}") from error
        found.append(endpoint)
    return found


def place_of(
    settings: Settings, endpoint: Endpoint, has_speaker: bool, *, has_screen: bool
) -> Place:
    """Return what tools may know of where their session is while it is at ``endpoint``."""
    is_ours = endpoint.kind is EndpointKind.LOCAL
    model = endpoint.model or (settings.brain.model if is_ours else None)
    language = settings.session.language or (settings.stt.language if is_ours else None)
    return Place(endpoint.name, model or "", language or "", has_speaker, has_screen)


def fallback_notice(settings: Settings, endpoint: Endpoint) -> str:
    """Return what the assistant is to tell when it goes on at a fallback; empty for nothing.

    A model at the endpoint finds the words in the language of the talk; our own server without one
    reads them out as they stand, in the language of its voices.
    """
    if not settings.endpoint.announce_fallback:
        return ""
    if endpoint.kind is EndpointKind.LOCAL:
        return "The online service is out of reach. I go on here, on this device."
    return (
        "The service that was used so far is out of reach, and you go on at another one. Say so in "
        "one short sentence, in the language of this conversation."
    )


def _endpoint_of(wanted: PlaceSettings) -> Endpoint:
    endpoint = resolve(
        wanted.url or "",
        model=wanted.model,
        dialect=None if wanted.dialect == "auto" else Dialect(wanted.dialect),
        beta_header=wanted.beta_header,
        preset=wanted.preset,
    )
    if wanted.api_key is not None and endpoint.is_plaintext:
        raise SettingsError(
            f"{endpoint.safe_url} is not encrypted, and a key is set: use wss://, or leave the "
            "key out"
        )
    return endpoint


def session_config(settings: Settings, endpoint: Endpoint) -> SessionConfig:
    """Return the session to ask ``endpoint`` for; what the settings leave open is left out.

    Of tools it names the servers that the endpoint is to connect to: a session adds those that it
    is given.
    """
    wanted, tts = settings.session, settings.tts
    hosted = [server.tool(name) for name, server in wanted.mcp.items() if server.enabled]
    voice, speed = wanted.voice, wanted.speed
    if endpoint.kind is EndpointKind.LOCAL:
        voice = voice or tts.voice
        speed = min(_FASTEST, max(_SLOWEST, speed * tts.speed))
    heard = AudioInputConfig(**_transcription(settings, endpoint), **_turn_detection(settings))
    return SessionConfig(
        instructions=wanted.instructions,
        output_modalities=list(wanted.modalities),
        max_output_tokens=wanted.max_output_tokens,
        audio=AudioConfig(
            input=heard, output=AudioOutputConfig(speed=speed, **_given(voice=voice))
        ),
        **_given(
            temperature=wanted.temperature,
            model=endpoint.model if endpoint.capabilities.model_in_session else None,
            tools=hosted or None,
        ),
    )


def _given(**values: Any) -> dict[str, Any]:
    """Return what is not None: what is left out is the endpoint's choice, None would clear it."""
    return {name: value for name, value in values.items() if value is not None}


def _transcription(settings: Settings, endpoint: Endpoint) -> dict[str, Any]:
    """Return the field, unless the endpoint transcribes unasked and the settings ask nothing."""
    wanted, usual = settings.session, endpoint.capabilities.transcription_model
    asked = _given(model=wanted.transcription_model or usual or None, language=wanted.language)
    if usual is None and not asked:
        return {}
    return {"transcription": Transcription(**asked)}


def _turn_detection(settings: Settings) -> dict[str, Any]:
    """Return the field where the settings choose one; ``auto`` leaves the choice to the endpoint.

    ``auto`` with a rule of ``server_vad`` set means ``server_vad``.
    """
    wanted = settings.session
    match wanted.turn_detection:
        case "none":
            return {"turn_detection": None}
        case "semantic_vad":
            return {"turn_detection": SemanticVad(eagerness=wanted.eagerness)}
    defaults = type(wanted).model_fields
    rules = ("threshold", "prefix_padding_ms", "silence_duration_ms")
    chosen = {name: getattr(wanted, name) for name in rules}
    if wanted.turn_detection == "auto" and all(
        value == defaults[name].default for name, value in chosen.items()
    ):
        return {}
    return {"turn_detection": ServerVad(**_given(**chosen))}
