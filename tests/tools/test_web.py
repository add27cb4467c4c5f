from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from tools import ToolError, web
from tools.web import MAX_BODY_BYTES, Page, WebReader, is_public

PUBLIC = "93.184.216.34"

SPELLINGS = (
    "http://127.0.0.1/", "http://localhost/", "http://127.1/", "http://2130706433/",
    "http://0x7f000001/", "http://0177.0.0.1/", "http://0/", "http://0.0.0.0/", "http://127.0.1.1/",
    "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
    "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[fe80::1]/",
    "http://[fd00::1]/", "http://[fec0::1]/", "http://[ff02::1]/", "http://10.0.0.1/",
    "http://172.16.0.1/", "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/", "http://224.0.0.1/", "http://255.255.255.255/", "http://192.0.2.1/",
    "http://198.18.0.1/", "http://240.0.0.1/", "https://localhost/", "http://LOCALHOST./",
    "http://[::ffff:169.254.169.254]/",
)  # fmt: skip

SHAPES = (
    "", "example.com", "file:///etc/passwd", "ftp://example.com/", "gopher://example.com/",
    "http:///path", "http://example.com:8080/", "http://example.com:22/", "https://example.com:80/",
    "http://user@example.com/", "http://user:pw@example.com/", "http://example.com@127.0.0.1/",
    "http://example.com\\@127.0.0.1/", "http://example.com/\r\nHost: localhost",
    "http://exa mple.com/", "http://example.com:99999/", "http://[::1/", "http://" + "a" * 2_000,
    "javascript:alert(1)", "data:text/plain,hello",
)  # fmt: skip


def libc(host: str, port: int) -> list[str]:
    """Read numbers as the system's resolver does, without asking any network."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        if host.rstrip(".") == "localhost":
            return ["127.0.0.1"]
        return [socket.inet_ntoa(socket.inet_aton(host))]


class Dialled:
    """Counts connections, and makes none."""

    def __init__(self) -> None:
        self.addresses: list[str] = []

    def __call__(self, address: str, port: int, timeout_s: float) -> socket.socket:
        self.addresses.append(address)
        raise ConnectionRefusedError(111, "Connection refused")


@pytest.mark.parametrize("url", SPELLINGS)
def test_no_spelling_of_a_private_address_is_connected_to(url: str) -> None:
    dialled = Dialled()

    with pytest.raises(ToolError, match="not on the public internet|no host"):
        WebReader(resolve=libc, connect=dialled).read(url)
    assert dialled.addresses == []


@pytest.mark.parametrize("url", SHAPES)
def test_what_is_no_plain_web_address_is_not_even_resolved(url: str) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise AssertionError(host)

    with pytest.raises(ToolError, match="no web address|usual ports"):
        WebReader(resolve=resolve, connect=Dialled()).read(url)


@pytest.mark.parametrize("addresses", [[PUBLIC, "127.0.0.1"], ["10.0.0.1"], [], ["fe80::1%eth0"]])
def test_one_private_address_spoils_a_name(addresses: list[str]) -> None:
    dialled = Dialled()

    with pytest.raises(ToolError, match="not on the public internet"):
        WebReader(resolve=lambda *_: addresses, connect=dialled).read("http://example.test/")
    assert dialled.addresses == []


def test_a_name_that_changes_its_mind_is_dialled_as_it_was_looked_at() -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])
    dialled = Dialled()

    with pytest.raises(ToolError, match="connection refused"):
        WebReader(resolve=lambda *_: next(answers), connect=dialled).read("http://rebind.test/")
    assert dialled.addresses == [PUBLIC]
    assert next(answers) == ["127.0.0.1"], "it was resolved more than once"


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:220:1:248:1893:25c8:1946"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


Answer = Callable[[socket.socket], None]


class Site:
    """A real listener that answers each connection in turn, under an invented public name."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self.reader = WebReader(resolve=lambda *_: [PUBLIC], connect=self._dial)

    def serve(self, *answers: bytes | Answer) -> None:
        thread = threading.Thread(target=self._answer, args=(answers,), daemon=True)
        thread.start()
        self._threads.append(thread)

    def close(self) -> None:
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _dial(self, address: str, port: int, timeout_s: float) -> socket.socket:
        assert address == PUBLIC
        return socket.create_connection(self._listener.getsockname(), timeout_s)

    def _answer(self, answers: tuple[bytes | Answer, ...]) -> None:
        for answer in answers:
            client, _ = self._listener.accept()
            with client:
                self.requests.append(client.recv(65_536))
                try:
                    if isinstance(answer, bytes):
                        client.sendall(answer)
                    else:
                        answer(client)
                except OSError:
                    continue  # The reader had enough.


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


def ok(body: bytes, kind: str = "text/plain") -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n\r\n".encode() + body


def to(place: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {place}\r\n\r\n".encode()


def test_a_page_is_read_with_its_host_named(site: Site) -> None:
    site.serve(ok("grüße".encode("latin-1"), "text/plain; charset=latin-1"))

    page = site.reader.read("http://example.test/päth?q=1#part")

    assert page == Page("http://example.test/päth?q=1#part", 200, "text/plain", "grüße")
    assert site.requests[0].startswith(b"GET /p%C3%A4th?q=1 HTTP/1.1\r\nHost: example.test\r\n")


def test_redirects_are_followed_within_a_host_only(site: Site) -> None:
    site.serve(to("/second"), ok(b"there"))
    assert site.reader.read("http://example.test/").text == "there"

    for place in ("http://other.test/", "//127.0.0.1/", "http://example.test.evil.test/"):
        site.serve(to(place))
        with pytest.raises(ToolError, match="do not follow"):
            site.reader.read("http://example.test/")


@pytest.mark.parametrize("place", ["file:///etc/passwd", "http://example.test:22/"])
def test_a_redirect_is_looked_at_like_the_first_address(site: Site, place: str) -> None:
    site.serve(to(place))

    with pytest.raises(ToolError):
        site.reader.read("http://example.test/")


def test_a_page_that_sends_on_for_ever_is_left(site: Site) -> None:
    site.serve(*[to("/again")] * 4)

    with pytest.raises(ToolError, match="again and again"):
        site.reader.read("http://example.test/")


def test_a_huge_page_is_cut(site: Site) -> None:
    site.serve(ok(b"x" * (4 * MAX_BODY_BYTES)))

    assert len(site.reader.read("http://example.test/").text) == MAX_BODY_BYTES


def test_a_page_that_drips_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "LIMIT_S", 0.3)
    over = threading.Event()

    def drip(client: socket.socket) -> None:
        client.sendall(b"HTTP/1.1 200 OK\r\n")
        while not over.wait(0.05):
            client.sendall(b"X-Drip: 1\r\n")

    site.serve(drip)
    with pytest.raises(ToolError, match="too long"):
        site.reader.read("http://example.test/")
    over.set()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (ok(b"\x00", "application/octet-stream"), "no text but application/octet-stream"),
        (b"garbage\r\n\r\n", "could not be read"),
        (b"", "could not be read"),
    ],
)
def test_what_is_no_page_is_told(site: Site, answer: bytes, told: str) -> None:
    site.serve(answer)

    with pytest.raises(ToolError, match=told):
        site.reader.read("http://example.test/")


def test_encryption_that_does_not_hold_is_told(site: Site) -> None:
    site.serve(b"this is no TLS at all, and long enough to be read as a record")

    with pytest.raises(ToolError, match="encryption"):
        site.reader.read("https://example.test/")
