"""Typed settings from voice.toml, the environment and flags, in that rising order.

Each layer overrides single keys of the one before: defaults, then the settings file, then
``VOICE_SECTION__KEY`` variables, then what the command line gives. Secrets are ``SecretStr``: no
``repr``, log line or error of this module shows one. ``VOICE_API_KEY`` is short for
``VOICE_ENDPOINT__API_KEY``; where no key is set at all, a vendor's own variable is taken by the
rule of ``voice.credentials``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, PrivateAttr, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import SettingsError as EnvironmentDecodeError

from voice.credentials import brain_key, endpoint_key, is_same_host
from voice.errors import SettingsError
from voice.logs import MASK, redact
from voice.settings_audio import AudioSettings, HandsFreeSettings
from voice.settings_brain import BrainSettings
from voice.settings_cost import CostSettings
from voice.settings_file import find_settings_file, read_settings_file
from voice.settings_layers import (
    Layer,
    Origin,
    Schema,
    environment_layer,
    file_layer,
    flag_layer,
    merge,
    nested,
    shape_problems,
    value_problems,
)
from voice.settings_sections import (
    OPENAI_URL,
    EndpointSettings,
    FallbackSettings,
    LogSettings,
    RecordSettings,
    ServerSettings,
)
from voice.settings_session import SessionSettings
from voice.settings_speech import SttSettings, TtsSettings
from voice.settings_tools import ToolSettings

__all__ = [
    "AudioSettings",
    "BrainSettings",
    "CostSettings",
    "EffectiveSetting",
    "EndpointSettings",
    "FallbackSettings",
    "HandsFreeSettings",
    "LogSettings",
    "Origin",
    "RecordSettings",
    "ServerSettings",
    "SessionSettings",
    "Settings",
    "SttSettings",
    "ToolSettings",
    "TtsSettings",
    "effective",
    "load_settings",
]

_PREFIX = "VOICE_"


class Settings(BaseSettings):
    """Every setting, checked and immutable. Build it with ``load_settings``."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    endpoint: EndpointSettings = Field(default_factory=EndpointSettings)
    session: SessionSettings = Field(default_factory=SessionSettings)
    brain: BrainSettings = Field(default_factory=BrainSettings)
    stt: SttSettings = Field(default_factory=SttSettings)
    tts: TtsSettings = Field(default_factory=TtsSettings)
    server: ServerSettings = Field(default_factory=ServerSettings)
    tools: ToolSettings = Field(default_factory=ToolSettings)
    audio: AudioSettings = Field(default_factory=AudioSettings)
    hands_free: HandsFreeSettings = Field(default_factory=HandsFreeSettings)
    log: LogSettings = Field(default_factory=LogSettings)
    record: RecordSettings = Field(default_factory=RecordSettings)
    cost: CostSettings = Field(default_factory=CostSettings)

    _origins: Mapping[tuple[str, str], tuple[Origin, str]] = PrivateAttr(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take the given values alone: ``load_settings`` has merged the layers already."""
        return (init_settings,)

    def secret_values(self) -> tuple[str, ...]:
        """Return every secret in clear, for ``voice.logs`` to mask and for nothing else."""
        sections = [section for _, section in _sections(self)]
        return (
            tuple(
                value.get_secret_value()
                for section in (*sections, *self.endpoint.fallbacks)
                for _, value in section
                if isinstance(value, SecretStr)
            )
            + tuple(
                value.get_secret_value()
                for server in self.tools.mcp.values()
                for value in (*server.env.values(), *server.headers.values())
            )
            + tuple(secret for server in self.session.mcp.values() for secret in server.secrets())
        )


@dataclass(frozen=True, slots=True)
class EffectiveSetting:
    """One row of ``voice config``.

    ``key`` is ``section.key``. ``value`` is printable, and masked where the setting is a secret.
    ``detail`` names the file and line, or the variable; empty for defaults and flags.
    """

    key: str
    value: str
    origin: Origin
    detail: str


def load_settings(
    config: Path | None = None, *, overrides: Mapping[str, object] | None = None
) -> Settings:
    """Read, merge and check all layers.

    ``config`` is the file of ``--config``; None searches for one (``find_settings_file``).
    ``overrides`` are the command line's flags, ``{"session.voice": "heart"}``; a None value counts
    as not given. Raises SettingsError with one line per problem.
    """
    schema = _schema()
    layers = [
        file_layer(read_settings_file(find_settings_file(config)), schema),
        environment_layer(_read_environment(), _PREFIX, schema),
        flag_layer(overrides or {}, schema),
    ]
    if problems := [line for layer in layers for line in shape_problems(layer, schema)]:
        raise SettingsError("\n".join(problems))
    owners: dict[tuple[str, str], Layer] = {
        pair: layer for layer in layers for pair in layer.pairs()
    }
    try:
        settings = Settings.model_validate(nested(merge(layers), schema))
    except ValidationError as error:
        lines = value_problems(error, owners, schema)
        # Not chained: the cause holds the values as they came, keys among them.
        raise SettingsError("\n".join(lines)) from None
    origins = {pair: (layer.origin, layer.place(*pair)) for pair, layer in owners.items()}
    return _with_vendor_keys(settings, origins)


def effective(settings: Settings) -> list[EffectiveSetting]:
    """Return every setting with its value, secrets masked, and where it came from."""
    rows = []
    for section, values in _sections(settings):
        for key, value in values:
            if isinstance(value, BaseModel):
                continue  # It is a section by itself.
            origin, detail = settings._origins.get((section, key), ("default", ""))
            for name, shown in _named(f"{section}.{key}", value):
                # A key in a list of tables may have come from elsewhere than the list.
                known = settings._origins.get((section, name), (origin, detail))
                rows.append(EffectiveSetting(name, _printable(shown), *known))
    return rows


def _named(name: str, value: object) -> Iterator[tuple[str, object]]:
    """Yield a setting by its name, or each of a list of tables, which are counted from 1."""
    if not (isinstance(value, tuple) and value and isinstance(value[0], BaseModel)):
        yield name, value
        return
    for number, table in enumerate(value, start=1):
        for key, inner in table:
            if key in table.model_fields_set or key in ("url", "model", "api_key"):
                yield f"{name}.{number}.{key}", inner


def _schema() -> Schema:
    sections = dict(_models_in(Settings))
    for name, model in list(sections.items()):
        sections |= {f"{name}.{inner}": found for inner, found in _models_in(model)}
    return sections


def _models_in(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield name, field.annotation


def _sections(settings: Settings) -> Iterator[tuple[str, BaseModel]]:
    """Yield every section with its name, those of a section after it."""
    for name, section in settings:
        yield name, section
        for inner, value in section:
            if isinstance(value, BaseModel):
                yield f"{name}.{inner}", value


def _read_environment() -> dict[str, Any]:
    try:
        return EnvSettingsSource(Settings)()
    except EnvironmentDecodeError as error:
        section = re.search(r'field "(\w+)"', str(error))
        variable = f"{_PREFIX}{section[1].upper() if section else 'SECTION'}"
        raise SettingsError(
            f"{variable}: expected a JSON object; to set one key, use {variable}__KEY"
        ) from None


def _with_vendor_keys(
    settings: Settings, origins: dict[tuple[str, str], tuple[Origin, str]]
) -> Settings:
    """Fill empty keys from the vendors' variables and remember where every value came from."""
    found: dict[str, tuple[str, str] | None] = {"endpoint": None, "brain": None}
    if settings.endpoint.api_key is None:
        found["endpoint"] = endpoint_key(settings.endpoint.url, os.environ)
    if settings.brain.api_key is None and settings.brain.kind != "offline":
        found["brain"] = brain_key(
            settings.brain.base_url, os.environ, is_anthropic=settings.brain.kind == "anthropic"
        )
    updates: dict[str, BaseModel] = {}
    if settings.endpoint.fallbacks:
        fallbacks = _with_own_keys(settings.endpoint.fallbacks, origins)
        endpoint = settings.endpoint.model_copy(update={"fallbacks": fallbacks})
        settings = settings.model_copy(update={"endpoint": endpoint})
        updates["endpoint"] = endpoint
    for section, hit in found.items():
        if hit:
            variable, key = hit
            values: BaseModel = getattr(settings, section)
            updates[section] = values.model_copy(update={"api_key": SecretStr(key)})
            origins[section, "api_key"] = ("env", variable)
    settings = settings.model_copy(update=updates)
    for section, place in (("stt", settings.stt), ("tts", settings.tts)):
        if place.engine == "openai" and place.api_key is None:
            found_key = _shared_key(settings, section, place.base_url, origins)
            updates[section] = place.model_copy(update={"api_key": found_key})
    services: dict[str, BaseModel] = {}
    for name, service in (("image", settings.tools.image), ("search", settings.tools.search)):
        if service.base_url is not None and service.api_key is None:
            found_key = _shared_key(settings, f"tools.{name}", service.base_url, origins)
            services[name] = service.model_copy(update={"api_key": found_key})
    updates["tools"] = settings.tools.model_copy(update=services)
    if ("brain", "kind") not in origins and settings.brain.base_url:
        origins["brain", "kind"] = origins["brain", "base_url"]
    complete = settings.model_copy(update=updates)
    complete._origins = origins
    return complete


def _shared_key(
    settings: Settings,
    section: str,
    base_url: str | None,
    origins: dict[tuple[str, str], tuple[Origin, str]],
) -> SecretStr | None:
    """Return the key of the brain or the endpoint where it is the same host's, or its vendor's."""
    base_url = base_url or OPENAI_URL
    for name, url, shared in (
        ("brain", settings.brain.base_url, settings.brain.api_key),
        ("endpoint", settings.endpoint.url, settings.endpoint.api_key),
    ):
        if shared is not None and is_same_host(base_url, url):
            origins[section, "api_key"] = origins.get((name, "api_key"), ("default", ""))
            return shared
    if hit := brain_key(base_url, os.environ):
        origins[section, "api_key"] = ("env", hit[0])
        return SecretStr(hit[1])
    return None


def _with_own_keys(
    fallbacks: tuple[FallbackSettings, ...], origins: dict[tuple[str, str], tuple[Origin, str]]
) -> tuple[FallbackSettings, ...]:
    """Fill each fallback's key from the variable that it names, or from its vendor's own."""
    filled = []
    for number, fallback in enumerate(fallbacks, start=1):
        name, variable = f"endpoint.fallbacks.{number}", fallback.api_key_variable
        hit = None
        if variable is not None:
            key = os.environ.get(variable, "").strip()
            if not key or not key.isascii() or not key.isprintable():
                raise SettingsError(
                    f"{name}.api_key_variable: expected a key in the environment variable "
                    f"{variable}, which {'holds none' if key else 'is not set'}"
                )
            if fallback.api_key is not None:
                raise SettingsError(
                    f"{name}: expected api_key or api_key_variable, got both; leave one out"
                )
            hit = variable, key
        elif fallback.api_key is None:
            hit = endpoint_key(fallback.url, os.environ)
        if hit is not None:
            origins["endpoint", f"{name}.api_key"] = ("env", hit[0])
            fallback = fallback.model_copy(update={"api_key": SecretStr(hit[1])})
        filled.append(fallback)
    return tuple(filled)


def _printable(value: object) -> str:
    """Return a setting's value as one printable line."""
    match value:
        case None:
            return "-"
        case SecretStr():
            return MASK
        case bool():
            return str(value).lower()
        case tuple():
            return ", ".join(map(str, value)) or "-"
        case _:
            return redact(" ".join(str(value).split()))
