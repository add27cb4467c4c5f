"""``[session]``: what is asked of the endpoint in ``session.update``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

from voice.settings_mcp import HostedServers
from voice.settings_sections import Section, read_json, read_list


def _turn_model(value: str) -> str:
    if value not in ("off", "auto") and not value.endswith(".onnx"):
        raise ValueError("expected off, auto or the path of an .onnx file")
    return value


class SessionSettings(Section):
    """``[session]``: what is asked of the endpoint in ``session.update``.

    ``turn_model`` alone is asked of nobody: our own server reads it.
    """

    instructions: str = (
        "You are a voice assistant. Answer in one or two short sentences that sound well when "
        "they are spoken."
    )
    voice: str | None = None
    speed: float = Field(default=1.0, ge=0.25, le=1.5)
    turn_detection: Literal["auto", "semantic_vad", "server_vad", "none"] = "auto"
    silence_duration_ms: int | None = Field(default=None, ge=50, le=10_000)
    prefix_padding_ms: int = Field(default=300, ge=0, le=5_000)
    threshold: float = Field(default=0.5, ge=0.0, le=1.0)
    eagerness: Literal["auto", "low", "medium", "high"] = "auto"
    turn_model: Annotated[str, AfterValidator(_turn_model)] = "off"
    """What listens to the voice at the end of a turn, beside silence and words: ``auto`` takes the
    Smart Turn model of an installed ``pipecat-ai``, a path names the file."""
    transcription_model: str | None = None
    language: str | None = None
    modalities: Annotated[
        tuple[Literal["audio", "text"], ...], NoDecode, BeforeValidator(read_list)
    ] = Field(default=("audio",), min_length=1, max_length=2)
    max_output_tokens: Annotated[int, Field(ge=1, le=4096)] | Literal["inf"] = "inf"
    temperature: float | None = Field(default=None, ge=0.0, le=2.0)
    """Known to the beta dialect only; a GA endpoint refuses it."""
    mcp: Annotated[HostedServers, NoDecode, BeforeValidator(read_json)] = Field(
        default_factory=dict
    )
    """Tables ``[session.mcp.NAME]``: servers of tools that the endpoint itself connects to."""
