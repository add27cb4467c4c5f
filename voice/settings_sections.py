"""The sections of the settings: every key with its type, range and default."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)
from pydantic_settings import NoDecode

from voice.errors import SettingsError
from voice.protocol.known_places import PRESETS
from voice.protocol.typed_url import read_url
from voice.settings_file import default_data_dir


def read_list(value: object) -> object:
    """Read a list from the environment: JSON, or words with commas between."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return read_json(value)
    return [word.strip() for word in value.split(",") if word.strip()]


def read_json(value: object) -> object:
    """Read an object or a list from the environment as JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        raise ValueError(f"expected JSON ({error.msg} at character {error.pos})") from None


def _device(value: object) -> object:
    """Read a device number from the environment as a number, anything else as part of a name."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def _preset(value: str) -> str:
    """Take the name of a kind of endpoint."""
    if value.lower() not in PRESETS:
        raise ValueError(f"expected one of {', '.join(sorted(PRESETS))}")
    return value.lower()


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _url(value: str, schemes: tuple[str, ...]) -> str:
    expected = f"expected {schemes[0]}://HOST/PATH (schemes: {', '.join(schemes)})"
    if not value.isprintable() or any(char in value for char in " \\"):
        raise ValueError(f"{expected} without spaces, backslashes or control characters")
    try:
        parts = urlsplit(value)
        hostname, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{expected}; this one does not parse: {error}") from None
    if parts.scheme not in schemes or not hostname:
        raise ValueError(f"{expected}, got {parts.scheme or 'no scheme'}://{hostname or '(none)'}")
    names = {name.lower().replace("_", "-") for name, _ in parse_qsl(parts.query)}
    if "@" in parts.netloc or names & {"api-key", "key", "token", "access-token"}:
        raise ValueError("expected a URL without a key in it; put the key into api_key instead")
    return value


def _secret(value: SecretStr) -> SecretStr:
    """Drop the line end that ``$(cat file)`` or an editor leaves; a header cannot carry others."""
    key = value.get_secret_value().strip()
    if not key or not key.isascii() or not key.isprintable():
        raise ValueError("expected a key of printable ASCII characters (value not shown)")
    return SecretStr(key)


def _endpoint_url(value: str) -> str:
    """Take a URL, ``host:port`` or a preset; only hosts of this house are guessed as ws."""
    named = PRESETS.get(value.strip().lower())
    if named is not None:
        if not named.has_address:
            raise ValueError(f"{named.name} needs a URL such as {named.url}")
        # A public host is recognised by its URL, and its key is found by it.
        return named.url if named.hosts else named.preset
    if "://" not in value and value.strip():
        try:
            value = f"{read_url(value).scheme}://{value.strip()}"
        except SettingsError as error:
            raise ValueError(str(error)) from None
    return _url(value, ("wss", "ws", "https", "http"))


_CALLS = (
    "/chat/completions",
    "/messages",
    "/audio/speech",
    "/audio/transcriptions",
    "/audio/translations",
    "/images/generations",
)
"""What is put behind a base URL, and is easily copied with it from a gateway's page."""


def _base_url(value: str) -> str:
    for call in _CALLS:
        if value.rstrip("/").endswith(call):
            raise ValueError(f"expected the address up to where {call} begins; leave that out")
    return _url(value, ("https", "http"))


_Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(read_list)]
_Secret = Annotated[SecretStr, AfterValidator(_secret)]
_UserPath = Annotated[Path, AfterValidator(Path.expanduser)]
Words: TypeAlias = _Words
UserPath: TypeAlias = _UserPath
Secret: TypeAlias = _Secret
BaseUrl: TypeAlias = Annotated[str, AfterValidator(_base_url)]
Device: TypeAlias = Annotated[int | str, BeforeValidator(_device)]


OPENAI_URL = "https://api.openai.com/v1"
"""The base URL of a brain of kind ``openai`` that names none."""


class Section(BaseModel):
    """A part of the settings: immutable, no unknown keys."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, validate_default=True
    )


class PlaceSettings(Section):
    """What is said of any realtime endpoint."""

    url: Annotated[str, AfterValidator(_endpoint_url)] | None = None
    model: str | None = None
    api_key: _Secret | None = None
    dialect: Literal["auto", "ga", "beta"] = "auto"
    preset: Annotated[str, AfterValidator(_preset)] | None = None
    """What kind of server answers at ``url``, such as ``litellm``; else known by its host."""
    beta_header: bool | None = None
    """Whether to send ``OpenAI-Beta: realtime=v1``; old gateways ask for it, OpenAI refuses it.

    Unset, it goes with ``dialect = beta``.
    """

    @model_validator(mode="before")
    @classmethod
    def _a_preset_alone_says_where(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("preset") and not values.get("url"):
            return {**values, "url": values["preset"]}
        return values


class FallbackSettings(PlaceSettings):
    """One table ``[[endpoint.fallbacks]]``: an endpoint to go to while those before it are gone."""

    url: Annotated[str, AfterValidator(_endpoint_url)]
    api_key_variable: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """The environment variable that holds the key; else ``api_key``, or the vendor's own one."""


class EndpointSettings(PlaceSettings):
    """``[endpoint]``: the realtime endpoint to talk to; without ``url``, the embedded server.

    While it is gone the conversation goes on at the first of ``fallbacks`` that answers, and at
    last at the embedded server where ``fallback`` says so.
    """

    url: Annotated[str, AfterValidator(_endpoint_url)] | None = None
    fallbacks: Annotated[tuple[FallbackSettings, ...], NoDecode, BeforeValidator(read_json)] = (
        Field(default=(), max_length=8)
    )
    fallback: Literal["none", "embedded"] = "none"
    """Where to go on while all of them are gone: nowhere, or at a server of our own."""
    announce_fallback: bool = True
    """Whether the assistant says so when it goes on at a fallback; the screen shows it anyway."""
    switch_after_s: float = Field(default=4.0, ge=0.0, le=3_600.0)
    """How long an endpoint may be gone before the next one is tried."""
    give_up_after_s: float | None = Field(default=None, ge=0.0, le=31_536_000.0)
    """How long a lost connection is tried again; unset, for ever, and ``voice ask`` half a minute.

    0 never tries again.
    """
    retry_at_start: bool = False
    """Whether a first connection that fails is tried again too, as a kiosk wants it."""

    @model_validator(mode="after")
    def _fallbacks_stand_in_for_something(self) -> Self:
        if self.fallbacks and self.url is None:
            raise ValueError(
                "endpoint.fallbacks stand in for endpoint.url, which is not set; set it, or leave "
                "the fallbacks out"
            )
        return self


class ServerSettings(Section):
    """``[server]``: where ``voice serve`` listens, whom it lets in, and its limits.

    Times are in seconds; where 0 is allowed it means no limit.
    """

    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8765, ge=0, le=65_535)
    """0 takes any free port."""
    token: _Secret | None = None
    max_sessions: int = Field(default=64, ge=1, le=1_000)
    admission: Literal["load", "count"] = "load"
    """``load`` refuses a session that would make those that run wait; ``count`` counts only."""
    allowed_origins: _Words = ()
    """Whole origins of pages that may connect, such as ``http://localhost:3000``."""
    allowed_hosts: _Words = ()
    """Names that this machine may be called by without a token, beside ``localhost``."""
    tls_cert: _UserPath | None = None
    tls_key: _UserPath | None = None
    max_connections: int = Field(default=1_024, ge=1, le=100_000)
    sessions_per_address: int | None = Field(default=None, ge=0, le=1_000)
    """Unset means 4, and any number from this machine itself."""
    max_frame_bytes: int = Field(default=16 * 1024 * 1024, ge=64 * 1024, le=64 * 1024 * 1024)
    header_s: float = Field(default=5.0, gt=0.0, le=60.0)
    first_event_s: float = Field(default=10.0, ge=0.0, le=3_600.0)
    idle_s: float = Field(default=900.0, ge=0.0, le=86_400.0)
    session_s: float = Field(default=3_600.0, ge=0.0, le=86_400.0)
    blocked_s: float = Field(default=10.0, gt=0.0, le=60.0)
    drain_s: float = Field(default=7.0, ge=0.0, le=7.0)

    @model_validator(mode="after")
    def _certificate_and_key_go_together(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("expected server.tls_cert and server.tls_key both, or neither")
        return self


class LogSettings(Section):
    """``[log]``: how much is logged, how, and where besides the terminal."""

    level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = (
        "warning"
    )
    file: _UserPath | None = None
    format: Annotated[Literal["text", "json"], BeforeValidator(_lower)] = "text"
    """``json`` writes one object a line, for programs that collect logs."""


class RecordSettings(Section):
    """``[record]``: black boxes of all sessions."""

    always: bool = False
    """Record every session into ``folder``, a file for each."""
    folder: _UserPath = Field(default_factory=lambda: default_data_dir() / "records")
    keep_days: int = Field(default=14, ge=1, le=3_650)
    """Older files of ``folder`` are removed when a session begins."""
    keep_mb: int = Field(default=2_000, ge=1, le=10_000_000)
    """The oldest files go too where all together are larger."""
