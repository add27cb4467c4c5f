"""Who may come in, and which dialect they speak: read from the handshake alone.

Loopback is not a wall: any web page can open a socket to this machine (FAULTS §1.8). So a browser's
Origin must be this server's own, a token is compared in constant time, and a key travels in headers
or the
subprotocol, never in the URL.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from voice.protocol.dialects import Dialect
from voice.protocol.typed_url import is_loopback
from voice.server.client_secrets import EPHEMERAL_PREFIX

GA_PATHS = ("/v1/realtime", "/openai/v1/realtime", "/realtime")
BETA_PATHS = ("/openai/realtime", "/voice-live/realtime")
"""Paths that clients insist on, by the dialect that they expect there (PROTOCOL §6.1)."""

KEY_PROTOCOL = "openai-insecure-api-key."
BETA_PROTOCOL = "openai-beta.realtime-v1"
SELECTED_PROTOCOL = "realtime"


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a client said before the upgrade. Header names are lower case."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    subprotocols: Sequence[str]
    network: str = ""
    """Whose address it comes from, as ``strangers.network_of`` has it."""

    @property
    def dialect(self) -> Dialect:
        """The dialect that the client asks for.

        The first ``session.update`` may still change it.
        """
        beta_header = "realtime=v1" in self.headers.get("openai-beta", "")
        if beta_header or BETA_PROTOCOL in self.subprotocols or self.path in BETA_PATHS:
            return Dialect.BETA
        return Dialect.GA

    @property
    def model(self) -> str | None:
        """The model or deployment that the client named."""
        return self.query.get("model") or self.query.get("deployment")

    @property
    def session_fields(self) -> dict[str, str]:
        """What the query already says of the session: ``intent=transcription`` (PROTOCOL §1.5)."""
        return {"type": "transcription"} if self.query.get("intent") == "transcription" else {}

    @property
    def selected_protocol(self) -> str | None:
        """What to answer to the offered subprotocols."""
        return SELECTED_PROTOCOL if SELECTED_PROTOCOL in self.subprotocols else None

    def presents(self, token: str) -> bool:
        """Whether any key that the client sent equals ``token``; takes the same time either way."""
        wanted = token.encode()
        return any([hmac.compare_digest(key.encode(), wanted) for key in self._keys()])

    def _keys(self) -> list[str]:
        authorization = self.headers.get("authorization", "")
        scheme, _, bearer = authorization.partition(" ")
        keys = [bearer.strip()] if scheme.lower() == "bearer" else []
        if "api-key" in self.headers:
            keys.append(self.headers["api-key"])
        offered = [name for name in self.subprotocols if name.startswith(KEY_PROTOCOL)]
        return keys + [name.removeprefix(KEY_PROTOCOL) for name in offered]

    @property
    def ephemeral_key(self) -> str | None:
        """The first ephemeral key among the keys that the client sent."""
        return next((key for key in self._keys() if key.startswith(EPHEMERAL_PREFIX)), None)

    def names_another_host(self, allowed_hosts: Sequence[str]) -> bool:
        """Whether the client calls this machine by a name that may be anybody's.

        A page can point its own name at 127.0.0.1 after it was loaded (DNS rebinding); its plain
        GET then bears no Origin, but the Host is still the page's name. No browser leaves Host out.
        """
        host = self.headers.get("host")
        if host is None:
            return False
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            return True
        return not is_loopback(name) and name not in allowed_hosts

    def comes_from_elsewhere(
        self, allowed_origins: Sequence[str], *, needs_token: bool = False
    ) -> bool:
        """Whether a browser page of another site opens this socket.

        Native clients send no Origin. A page that came from a name equal to the Host is no proof: a
        site may point its own name at this machine once its page is loaded (DNS rebinding). Only
        where a token is asked for as well is the name enough.
        """
        origin = self.headers.get("origin")
        if origin is None or origin in allowed_origins:
            return False
        try:
            page = urlsplit(origin)
            name = page.hostname or ""
        except ValueError:
            return True
        if page.netloc != self.headers.get("host"):
            return True
        return not (needs_token or is_loopback(name))
