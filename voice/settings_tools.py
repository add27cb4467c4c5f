"""``[tools]``: where tools come from, how long they may take, and which are allowed."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_settings import NoDecode

from voice.settings_file import default_data_dir
from voice.settings_mcp import McpServers
from voice.settings_online import ImageSettings, SearchSettings, WeatherSettings
from voice.settings_sections import Section, UserPath, Words, read_json


class ToolProfile(Section):
    """``[tools.profiles.NAME]``: what a place allows, such as a kiosk.

    A tool is allowed where its name fits an entry of ``allow`` (``*`` stands for anything) and its
    effect is one of ``effects``.
    """

    allow: Words = ("*",)
    effects: tuple[Literal["read", "reversible", "irreversible"], ...] = (
        "read",
        "reversible",
        "irreversible",
    )


class ToolSettings(Section):
    """``[tools]``: where tools come from, how long they may take, and which are allowed."""

    folder: UserPath | None = None
    """A folder whose ``.py`` files are loaded as tools."""
    watch: bool = False
    """Load the folder's files again when they change, and tell a running conversation."""
    data_dir: UserPath = Field(default_factory=default_data_dir)
    timeout_s: float = Field(default=30.0, gt=0.0, le=3_600.0)
    disabled: Words = ()
    """Names of tools that are off; ``*`` stands for anything, as in ``shop__*``."""
    enabled: Words = ()
    """Names of tools that are off unless a person turns them on, such as ``http_get``, or patterns
    of names; nothing of ``disabled`` comes back by it."""
    mcp: Annotated[McpServers, NoDecode, BeforeValidator(read_json)] = Field(default_factory=dict)
    """Tables ``[tools.mcp.NAME]``: servers whose tools are offered as ``NAME__tool``."""
    mcp_start_s: float = Field(default=5.0, ge=0.0, le=60.0)
    """How long the first answer may wait for those servers."""
    files_dir: UserPath | None = None
    """The folder whose files ``list_files`` and ``read_file`` read."""
    image: ImageSettings = Field(default_factory=ImageSettings)
    search: SearchSettings = Field(default_factory=SearchSettings)
    weather: WeatherSettings = Field(default_factory=WeatherSettings)
    profile: str | None = None
    """The table of ``profiles`` that holds; without one every tool is allowed."""
    profiles: Annotated[dict[str, ToolProfile], NoDecode, BeforeValidator(read_json)] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _the_profile_exists(self) -> Self:
        if self.profile is not None and self.profile not in self.profiles:
            known = ", ".join(sorted(self.profiles)) or "none"
            raise ValueError(
                f"expected tools.profile to name a table [tools.profiles.NAME]; there are: {known}"
            )
        return self

    def allows(self, name: str, effect: str, *, is_opt_in: bool = False) -> bool:
        """Return whether a tool of this name and effect is on, and allowed by the profile."""
        if (is_opt_in and not _fits(name, self.enabled)) or _fits(name, self.disabled):
            return False
        if self.profile is None:
            return True
        profile = self.profiles[self.profile]
        return effect in profile.effects and _fits(name, profile.allow)


def _fits(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
