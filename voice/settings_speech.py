"""``[stt]`` and ``[tts]``: what hears and what speaks in the embedded server."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from voice.settings_sections import BaseUrl, Secret, Section, Words

_MODEL_VOICES = (
    "alloy",
    "ash",
    "ballad",
    "cedar",
    "coral",
    "echo",
    "fable",
    "marin",
    "nova",
    "onyx",
    "sage",
    "shimmer",
    "verse",
)
"""The voices that the vendor of this interface names, taken where ``tts.voices`` is empty."""


def _language(value: str) -> str:
    code = value.strip().lower()
    if not (2 <= len(code) <= 12 and code.replace("-", "").isalpha() and code.isascii()):
        raise ValueError("expected a language code such as en, de or pt-br")
    return code


class RemoteSpeechSettings(Section):
    """What ``[stt]`` and ``[tts]`` have in common: where a stage is when it is not built in."""

    base_url: BaseUrl | None = None
    """Where ``/audio/…`` begins (``https://HOST/v1``); implies ``engine = "openai"``."""
    api_key: Secret | None = None
    """Unset, the key of the brain or of the endpoint where it is the same host's."""
    timeout_s: float = Field(default=8.0, gt=0.0, le=60.0)
    """Longest wait for a transcript, or for the first and then for each next piece of speech."""
    fallback: bool = True
    """Whether the built-in engine takes over while the remote one fails."""

    @model_validator(mode="before")
    @classmethod
    def _a_base_url_alone_says_which_engine(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("base_url"):
            return {"engine": "openai", **values}
        return values


class SttSettings(RemoteSpeechSettings):
    """``[stt]``: the embedded server's speech recogniser."""

    engine: Literal["moonshine", "openai"] = "moonshine"
    """``openai`` is any ``/v1/audio/transcriptions``; without a ``base_url``, OpenAI's own."""
    model: str = Field(default="whisper-1", min_length=1)
    language: Annotated[str, AfterValidator(_language)] | None = None
    """What is spoken, where a session does not say; unset, the model finds it out."""
    translate: bool = False
    """Hear any language in English: ``/v1/audio/translations``."""


class TtsSettings(RemoteSpeechSettings):
    """``[tts]``: the embedded server's speech synthesiser."""

    engine: Literal["hibari", "openai"] = "hibari"
    """``openai`` is any ``/v1/audio/speech``; without a ``base_url``, OpenAI's own."""
    model: str = Field(default="gpt-4o-mini-tts", min_length=1)
    voice: str | None = None
    voices: Words = ()
    """Voices that sessions may ask for; ``voice`` is the default one, or the first of these."""
    speed: float = Field(default=1.0, ge=0.5, le=2.0)
    instructions: str | None = None
    """How to speak, for models that take it; others ignore or refuse it."""
    response_format: Literal["pcm", "wav"] = "pcm"

    def offered_voices(self) -> tuple[str, ...]:
        """Return the voices of a remote engine, the default one first."""
        known = self.voices or _MODEL_VOICES
        first = self.voice or known[0]
        return (first, *(name for name in known if name != first))
