"""Reads the URL that a person typed, and says in one sentence what is wrong with it.

No message shows a query or a user name, as either may hold a key.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

from voice.errors import SettingsError

_SCHEMES: Final = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}
_HOST: Final = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?\.?")
_OTHER_INTERFACES: Final = re.compile(
    r"/(chat/completions|completions|messages|responses|embeddings|models)$"
)
_HOUSE_SUFFIXES: Final = (".local", ".lan", ".home.arpa", ".internal")
_WANTED: Final = "expected a URL such as wss://host/v1/realtime, https://host/v1 or host:port"


@dataclass(frozen=True, slots=True)
class TypedUrl:
    """A URL taken apart; ``scheme`` is ``ws`` or ``wss``, ``query`` is without the model."""

    scheme: str
    netloc: str
    host: str
    path: str
    model: str | None
    query: tuple[tuple[str, str], ...]

    def is_at(self, domain: str) -> bool:
        """Tell whether the host is ``domain`` or below it."""
        return self.host == domain or self.host.endswith(f".{domain}")

    @property
    def only_transcribes(self) -> bool:
        """Whether the URL asks for a transcription session, which must name no model."""
        return ("intent", "transcription") in self.query

    def realtime_url(self, usual_path: str = "/v1/realtime") -> str:
        """Return the URL without query, its path completed where it is only a base path.

        ``usual_path`` is where that server answers; a base path is the beginning of it.
        """
        path = self.path
        if "realtime" not in path.split("/"):
            if usual_path.startswith(f"{path}/"):
                path = usual_path
            else:
                path += "/realtime" if re.search(r"/v\d+$", path) else "/v1/realtime"
        return f"{self.scheme}://{self.netloc}{path}"


def read_url(text: str) -> TypedUrl:
    """Take a typed URL apart; without a scheme, hosts of this house get ws and others wss.

    Raises SettingsError for anything that is no URL of a realtime endpoint.
    """
    text = text.strip()
    if not text:
        raise SettingsError(f"the URL is empty: {_WANTED}")
    if text.startswith(("sk-", "ek_")):
        raise SettingsError(f"{_WANTED}, got what looks like a key: keys go into the settings")
    if re.match(r"(wss?|https?):(?!//)", text, re.I):
        raise SettingsError(f"{_WANTED}, got {_shown(text)!r}: two slashes are missing")
    if "://" not in text:
        text = f"{_guess_scheme(text)}://{text}"
    parts = _split(text)
    model: str | None = None
    query: list[tuple[str, str]] = []
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name in ("model", "deployment"):
            model = value or model
        else:
            query.append((name, value))
    return TypedUrl(
        scheme=_SCHEMES[parts.scheme.lower()],
        netloc=parts.netloc.lower(),
        host=(parts.hostname or "").rstrip("."),
        path=parts.path.rstrip("/"),
        model=model,
        query=tuple(query),
    )


def _split(text: str) -> SplitResult:
    shown = _shown(text)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise SettingsError(f"{_WANTED}, got {shown!r}: its host or port is wrong") from None
    if parts.scheme.lower() not in _SCHEMES:
        raise SettingsError(
            f"a URL must start with wss://, ws://, https:// or http://, got {shown!r}"
        )
    if "@" in parts.netloc:
        raise SettingsError(f"{_WANTED}: no user name or password in it, give the key apart")
    host = parts.hostname
    if not host:
        raise SettingsError(f"{_WANTED}, got {shown!r}, which names no host")
    if port == 0 or not (_address(host) or _HOST.fullmatch(host)):
        raise SettingsError(f"{_WANTED}, got {shown!r}: its host or port is wrong")
    other = _OTHER_INTERFACES.search(parts.path.rstrip("/"))
    if other is not None:
        raise SettingsError(
            f"{_WANTED}, got {shown!r}: {other[0]} is another interface of that gateway"
        )
    return parts


def _shown(text: str) -> str:
    """Return what may be shown of a typed URL: no query, no user, and not endless."""
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "", text
    rest = re.split(r"[?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    return f"{scheme}{separator}{rest}"[:80]


def _guess_scheme(text: str) -> str:
    host = re.split(r"[/?#]", text, maxsplit=1)[0].rpartition("@")[2]
    host = host[1 : host.find("]")] if host.startswith("[") else host.partition(":")[0]
    return "ws" if is_private(host) else "wss"


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def is_private(host: str) -> bool:
    """Tell whether a host is this machine or in this house: no public network in between."""
    address = _address(host)
    if address is None:
        return "." not in host or host.endswith(_HOUSE_SUFFIXES)
    return address.is_private
