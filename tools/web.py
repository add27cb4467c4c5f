"""Reads a page of the public web, and nothing of this machine or its network.

A host is resolved once; every address must be public, and the connection goes to the address that
was looked at, so that a name cannot mean something else a moment later. No proxy is used.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from tools.errors import ToolError

PORTS = {"http": 80, "https": 443}
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
        until_s = time.monotonic() + LIMIT_S
        host = _checked(url).hostname
        for _ in range(MAX_REDIRECTS + 1):
            parts = _checked(url)
            if parts.hostname != host:
                raise ToolError(f"That page sends on to {parts.hostname}, where I do not follow.")
            page = self._read_once(url, parts, until_s)
            if isinstance(page, Page):
                return page
            url = urljoin(url, page)
        raise ToolError("That page sends on again and again.")

    def _read_once(self, url: str, parts: SplitResult, until_s: float) -> Page | str:
        """Return the page, or where it sends on to."""
        host = parts.hostname or ""
        address, port = self._address(host, PORTS[parts.scheme]), PORTS[parts.scheme]
        connection = http.client.HTTPConnection(host, port)
        watch: threading.Timer | None = None
        try:
            sock = self._connect(address, port, max(0.1, until_s - time.monotonic()))
            # Timeouts of a socket hold for one read each; this one holds for all of them.
            connection.sock = sock
            watch = threading.Timer(max(0.1, until_s - time.monotonic()), _cut, [connection])
            watch.daemon = True
            watch.start()
            if parts.scheme == "https":
                secure = ssl.create_default_context()
                connection.sock = secure.wrap_socket(
                    sock, server_hostname=host, do_handshake_on_connect=False
                )
                connection.sock.do_handshake()
            connection.request("GET", _target(parts), headers=_HEADERS)
            page = _page(url, connection.getresponse())
            if time.monotonic() >= until_s:
                # What was cut in the middle looks like a short page.
                raise TimeoutError
            return page
        except (OSError, http.client.HTTPException, ValueError) as error:
            if time.monotonic() >= until_s:
                raise ToolError(f"{host} took too long to answer.") from error
            raise ToolError(f"{host} could not be read: {_cause(error)}.") from error
        finally:
            if watch is not None:
                watch.cancel()
            connection.close()

    def _address(self, host: str, port: int) -> str:
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise ToolError(f"There is no host called {host[:100]}.") from error
        # One that is private spoils all: which of them is taken must not depend on luck.
        if not addresses or not all(is_public(address) for address in addresses):
            raise ToolError(f"{host[:100]} is not on the public internet, so I do not read it.")
        return addresses[0]


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


def _target(parts: SplitResult) -> str:
    path = parts.path or "/"
    target = f"{path}?{parts.query}" if parts.query else path
    return "".join(c if c.isascii() else "".join(f"%{b:02X}" for b in c.encode()) for c in target)


def _page(url: str, response: http.client.HTTPResponse) -> Page | str:
    place = response.getheader("Location")
    if response.status in (301, 302, 303, 307, 308) and place:
        return place
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


def _cut(connection: http.client.HTTPConnection) -> None:
    """End what blocks: the socket of now, which encryption may have replaced."""
    sock = connection.sock
    if sock is None:
        return
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # It is closed already.


def _cause(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return "its certificate or its encryption does not hold"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return type(error).__name__
