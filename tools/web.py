"""Reads a page of the public web, and nothing of this machine or its network.

A host is resolved once; every address must be public, and the connection goes to the address that
was looked at, so that a name cannot mean something else a moment later. No proxy is used.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

from tools.errors import ToolError
from tools.http_exchange import PORTS, Request, exchange

MAX_URL_CHARS = 2_000
MAX_BODY_BYTES = 512 * 1024
MAX_REDIRECTS = 3
LIMIT_S = 8.0
"""For all of it: resolving, connecting, redirects, reading."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_TEXTS = ("text/", "application/json", "application/xml", "application/xhtml+xml")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]
Connect = Callable[[str, int, float], socket.socket]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """What was read: text, cut at ``MAX_BODY_BYTES``."""

    url: str
    status: int
    content_type: str
    text: str


def resolve(host: str, port: int) -> list[str]:
    """Return every address of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def connect(address: str, port: int, timeout_s: float) -> socket.socket:
    """Connect to an address."""
    return socket.create_connection((address, port), timeout=timeout_s)


def is_public(text: str) -> bool:
    """Return whether an address belongs to the public internet, and what it wraps does too."""
    try:
        address: Address = ipaddress.ip_address(text)
    except ValueError:
        return False  # With a scope, such as fe80::1%eth0.
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return True
    if address.is_site_local:
        return False
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return all(one is None or is_public(str(one)) for one in inner)


class WebReader:
    """Reads pages; blocks, and belongs into a thread."""

    def __init__(self, *, resolve: Resolve = resolve, connect: Connect = connect) -> None:
        """Resolve and connect by these."""
        self._resolve = resolve
        self._connect = connect

    def read(self, url: str) -> Page:
        """Read a page, following redirects within its host.

        Raises ToolError with one sentence for what is no public address, too slow, or no text.
        """
        host = _checked(url).hostname
        until_s = time.monotonic() + LIMIT_S

        def target(url: str) -> _Target:
            parts = _checked(url)
            if parts.hostname != host:
                raise ToolError(f"That page sends on to {parts.hostname}, where I do not follow.")
            return self._public(parts)

        return self._follow(url, target, _page, until_s)

    def read_file(self, url: str, *, max_bytes: int, own: str = "", limit_s: float = 30.0) -> bytes:
        """Read a file of any kind, following redirects to other public hosts too.

        ``own`` is an address whose host and port may also be read where they are not public: the
        endpoint that the settings name. Raises ToolError, also where the file is larger.
        """

        def take(url: str, response: http.client.HTTPResponse) -> bytes:
            if response.status != 200:
                raise ToolError(f"There is no file: the answer was error {response.status}.")
            body = response.read(max_bytes + 1)
            if len(body) > max_bytes:
                raise ToolError(f"The file is larger than {max_bytes // 2**20} megabytes.")
            return body

        def target(url: str) -> _Target:
            if own and _origin(url) == _origin(own):
                parts = urlsplit(url)
                return _Target(parts, parts.hostname or "")
            return self._public(_checked(url))

        return self._follow(url, target, take, time.monotonic() + limit_s)

    def _follow(
        self,
        url: str,
        target: Callable[[str], _Target],
        take: Callable[[str, http.client.HTTPResponse], T],
        until_s: float,
    ) -> T:
        """Read one address after the other until one is no redirect."""
        for _ in range(MAX_REDIRECTS + 1):
            found = self._read_once(url, target(url), take, until_s)
            if not isinstance(found, _Redirect):
                return found
            url = urljoin(url, found.place)
        raise ToolError("That page sends on again and again.")

    def _read_once(
        self,
        url: str,
        target: _Target,
        take: Callable[[str, http.client.HTTPResponse], T],
        until_s: float,
    ) -> T | _Redirect:
        request = Request(target.parts, headers=_HEADERS)

        def read(response: http.client.HTTPResponse) -> T | _Redirect:
            place = response.getheader("Location")
            if response.status in (301, 302, 303, 307, 308) and place:
                return _Redirect(place)
            return take(url, response)

        return exchange(
            request,
            connect=lambda left_s: self._connect(target.address, request.port, left_s),
            read=read,
            until_s=until_s,
        )

    def _public(self, parts: SplitResult) -> _Target:
        """Resolve a host; every address must be public."""
        host = parts.hostname or ""
        try:
            addresses = self._resolve(host, PORTS[parts.scheme])
        except (OSError, UnicodeError) as error:
            raise ToolError(f"There is no host called {host[:100]}.") from error
        # One that is private spoils all: which of them is taken must not depend on luck.
        if not addresses or not all(is_public(address) for address in addresses):
            raise ToolError(f"{host[:100]} is not on the public internet, so I do not read it.")
        return _Target(parts, addresses[0])


@dataclass(frozen=True, slots=True)
class _Target:
    """An address that may be read, and where to connect for it."""

    parts: SplitResult
    address: str


@dataclass(frozen=True, slots=True)
class _Redirect:
    place: str


_HEADERS = {
    "Accept": "text/html,application/json,text/plain;q=0.9,*/*;q=0.1",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": "voice-assistant",
}


def _checked(url: str) -> SplitResult:
    """Return the parts of an address that may be read. Raises ToolError."""
    refused = "That is no web address that I read: it begins with http:// or https://, names a host"
    if len(url) > MAX_URL_CHARS or any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        raise ToolError(f"{refused}, and has no spaces.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ToolError(f"{refused}.") from error
    if parts.scheme not in PORTS or not parts.hostname or "\\" in url:
        raise ToolError(f"{refused}.")
    if parts.username is not None or parts.password is not None:
        raise ToolError(f"{refused}, and no user.")
    if port not in (None, PORTS[parts.scheme]):
        raise ToolError("I read web pages on their usual ports only, 80 and 443.")
    return parts


def _origin(url: str) -> tuple[str, str | None, int] | None:
    """Return scheme, host and port; None for what does not parse or holds a user."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    if "@" in parts.netloc or "\\" in url or any(ord(letter) <= 32 for letter in url):
        return None
    return parts.scheme, parts.hostname, port


def _page(url: str, response: http.client.HTTPResponse) -> Page:
    kind = (response.getheader("Content-Type") or "text/plain").partition(";")[0].strip().lower()
    if not kind.startswith(_TEXTS) and not kind.endswith(("+json", "+xml")):
        raise ToolError(f"That is no text but {kind[:60]}.")
    body = response.read(MAX_BODY_BYTES)
    charset = response.headers.get_content_charset() or "utf-8"
    try:
        text = body.decode(charset, "replace")
    except LookupError:
        text = body.decode("utf-8", "replace")
    return Page(url, response.status, kind, text)
