"""The socket against real servers that answer, refuse, redirect, say nothing or break off."""

import asyncio
import base64
import contextlib
import hashlib
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve

from voice.client import transport as transport_module
from voice.client.transport import WebSocketTransport
from voice.errors import AuthError, ConnectError, LinkLost
from voice.testing.endpoint import Peer, ScriptedEndpoint
from voice.testing.fault_proxy import proxying

KEY = "sk-canary-0123456789"

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""What a server adds to the key of a handshake (RFC 6455)."""


async def open_at(url: str, *, limit_s: float = 5.0) -> WebSocketTransport:
    return await WebSocketTransport.open(
        f"{url}?token={KEY}",
        headers={"Authorization": f"Bearer {KEY}", "api-key": KEY},
        safe_url=url,
        limit_s=limit_s,
    )


async def failure_at(url: str, *, limit_s: float = 5.0) -> ConnectError:
    """Return why a connection cannot be opened; it never shows the key, its causes neither."""
    with pytest.raises(ConnectError) as caught:
        await open_at(url, limit_s=limit_s)
    error: BaseException | None = caught.value
    while error is not None:
        assert KEY not in repr(error)
        assert "\n" not in str(error)
        error = error.__cause__
    assert caught.value.__suppress_context__
    return caught.value


@contextlib.asynccontextmanager
async def listening(answer: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve bare TCP, which answers as a test says, and yield the port."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def ignored(_: str | bytes) -> None:
    """Take a frame that a test is not about."""


async def test_frames_go_both_ways() -> None:
    async def script(peer: Peer) -> None:
        await peer.send_raw("one")
        await peer.expect("response.cancel")

    async with ScriptedEndpoint(script) as endpoint:
        transport = await open_at(endpoint.url)
        frames: asyncio.Queue[str | bytes] = asyncio.Queue(10)
        reading = asyncio.create_task(transport.read(frames.put_nowait))
        assert await frames.get() == "one"
        await transport.send('{"type":"response.cancel"}')
        await transport.close(1000, "enough")
        with pytest.raises(LinkLost):
            await reading
    assert endpoint.requests[0].headers["Authorization"] == f"Bearer {KEY}"


async def test_a_frame_may_leave_at_once_while_nothing_waits() -> None:
    async def script(peer: Peer) -> None:
        for number in range(50):
            await peer.expect("response.cancel", event_id=str(number))

    async with ScriptedEndpoint(script) as endpoint:
        transport = await open_at(endpoint.url)
        for number in range(50):
            frame = f'{{"type":"response.cancel","event_id":"{number}"}}'
            if not transport.send_now(frame):
                await transport.send(frame)
        await transport.close(1000, "")
        assert not transport.send_now("{}")


async def test_nothing_leaves_at_once_while_the_network_is_behind() -> None:
    async def sink(connection: ServerConnection) -> None:
        async for _ in connection:
            pass

    async with serve(sink, "127.0.0.1", 0, compression=None, max_size=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        transport = await open_at(f"ws://127.0.0.1:{port}/")
        # Nobody reads while this test does not let go of the loop.
        sent = 0
        while transport.send_now("x" * 1_000_000):
            sent += 1
            assert sent < 100
        assert sent > 0
        await transport.close(1000, "")


async def test_the_end_is_told_with_code_and_reason() -> None:
    async def script(peer: Peer) -> None:
        await peer.close(1001, "Your session hit the maximum duration of 60 minutes.")

    async with ScriptedEndpoint(script) as endpoint:
        transport = await open_at(endpoint.url)
        with pytest.raises(LinkLost, match=r"\(1001: Your session hit the maximum") as lost:
            await transport.read(ignored)
        assert lost.value.code == 1001
        with pytest.raises(LinkLost):
            await transport.send("{}")


async def test_a_connection_that_breaks_off_has_code_1006() -> None:
    async def script(peer: Peer) -> None:
        peer.drop()

    async with ScriptedEndpoint(script) as endpoint:
        transport = await open_at(endpoint.url)
        with pytest.raises(LinkLost, match="without a word") as lost:
            await transport.read(ignored)
        assert lost.value.code == 1006


def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let liveness take tenths of a second instead of seconds."""
    monkeypatch.setattr(transport_module, "PING_EVERY_S", 0.1)
    monkeypatch.setattr(transport_module, "PING_LIMIT_S", 0.2)
    monkeypatch.setattr(transport_module, "CHECK_EVERY_S", 0.02)


async def test_a_black_hole_is_noticed_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    hurried(monkeypatch)

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        named = b"Sec-WebSocket-Key: "
        key = next(line for line in request.split(b"\r\n") if line.startswith(named))
        accept = base64.b64encode(hashlib.sha1(key.removeprefix(named) + GUID).digest())
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        # From here on not a byte comes, whatever is sent.
        await reader.read()
        writer.close()

    async with listening(swallow) as port:
        transport = await open_at(f"ws://127.0.0.1:{port}/")
        begun = asyncio.get_running_loop().time()
        with pytest.raises(LinkLost, match="no longer answers"):
            await asyncio.wait_for(transport.read(ignored), 5)
        assert asyncio.get_running_loop().time() - begun >= 0.3
        await transport.close(1000, "")


async def test_an_endpoint_that_answers_pings_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    hurried(monkeypatch)
    async with ScriptedEndpoint() as endpoint:
        transport = await open_at(endpoint.url)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(transport.read(ignored), 1.0)
        await transport.close(1000, "")


async def test_a_long_reason_is_cut_to_what_a_close_frame_holds() -> None:
    async with ScriptedEndpoint() as endpoint:
        transport = await open_at(endpoint.url)
        await transport.close(1000, "ä" * 200)
        await transport.close(1000, "again")


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_is_an_auth_error(status: int) -> None:
    body = f'{{"error": {{"message": "Incorrect API key provided: {KEY}"}}}}'
    async with ScriptedEndpoint(refuse=status, body=body) as endpoint:
        error = await failure_at(endpoint.url)
    assert isinstance(error, AuthError)
    assert (error.status, error.retryable) == (status, False)
    assert f"refused the key (HTTP {status})" in str(error)


@pytest.mark.parametrize(
    ("status", "words", "retryable"),
    [
        (404, "has no realtime endpoint under this path", False),
        (402, "no credit", False),
        (429, "try again later", True),
        (503, "fault of its own", True),
        (418, "refused to connect", True),
    ],
)
async def test_an_http_answer_is_told_with_its_meaning(
    status: int, words: str, retryable: bool
) -> None:
    body = '{"error": {"message": "no\\nchannel", "code": "x"}}'
    async with ScriptedEndpoint(refuse=status, body=body) as endpoint:
        error = await failure_at(endpoint.url)
    assert words in str(error)
    assert f"(HTTP {status}: no channel)" in str(error)
    assert (error.status, error.retryable) == (status, retryable)


async def test_an_http_answer_that_repeats_the_key_is_told_without_it() -> None:
    body = f'{{"error": {{"message": "{"x" * 190} {KEY} is busy"}}}}'
    async with ScriptedEndpoint(refuse=429, body=body) as endpoint:
        error = await failure_at(endpoint.url)
    assert KEY[:12] not in str(error)
    assert "xxx" in str(error)


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        ("401 Unauthorized", AuthError, "refused the key (HTTP 401)"),
        ("200 OK", ConnectError, "answered with a web page"),
        ("404 Not Found", ConnectError, "no realtime endpoint under this path"),
    ],
)
async def test_an_answer_of_an_old_web_server_is_understood(
    status: str, kind: type[ConnectError], words: str
) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.0 {status}\r\nContent-Type: text/html\r\n\r\n<html>".encode())
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        error = await failure_at(f"ws://127.0.0.1:{port}/v1/realtime")
    assert type(error) is kind
    assert words in str(error)


async def test_a_body_that_is_no_json_is_not_told() -> None:
    async with ScriptedEndpoint(refuse=500, body="<h1>oops</h1>") as endpoint:
        error = await failure_at(endpoint.url)
    assert str(error).endswith("(HTTP 500)")


async def test_a_web_page_is_called_one() -> None:
    page = {"Content-Type": "text/html; charset=utf-8"}
    async with ScriptedEndpoint(refuse=200, headers=page, body="<html>") as endpoint:
        error = await failure_at(endpoint.url)
    assert "answered with a web page, not a WebSocket" in str(error)
    assert not error.retryable


async def test_a_login_page_that_is_redirected_to_is_called_a_web_page() -> None:
    login = {"Location": "http://login.invalid/?next=secret"}
    async with ScriptedEndpoint(refuse=302, headers=login) as endpoint:
        error = await failure_at(endpoint.url)
    assert "web page" in str(error)


async def test_a_redirect_to_another_host_is_not_followed_with_the_key() -> None:
    async with ScriptedEndpoint() as other:
        elsewhere = {"Location": other.url}
        async with ScriptedEndpoint(refuse=307, headers=elsewhere) as endpoint:
            error = await failure_at(endpoint.url)
    assert "redirects elsewhere" in str(error)
    assert other.requests == []


async def test_a_redirect_in_a_circle_ends() -> None:
    async with ScriptedEndpoint(refuse=307, headers={"Location": "/again"}) as endpoint:
        error = await failure_at(endpoint.url)
    assert "redirects" in str(error)
    assert len(endpoint.requests) == 10


async def test_a_refused_connection_asks_whether_the_server_runs() -> None:
    async with ScriptedEndpoint() as endpoint:
        url = endpoint.url
    error = await failure_at(url)
    assert "refused the connection; is the server running?" in str(error)
    assert error.retryable


async def test_an_unknown_host_is_called_one() -> None:
    error = await failure_at("wss://nowhere.invalid/v1/realtime")
    assert str(error).startswith("there is no host nowhere.invalid")


async def test_a_handshake_that_is_never_answered_has_a_limit() -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with listening(say_nothing) as port:
        error = await failure_at(f"ws://127.0.0.1:{port}/", limit_s=0.2)
    assert f"127.0.0.1:{port} did not answer within 0.2 s" in str(error)


async def test_a_server_that_hangs_up_in_the_handshake_is_called_so() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    async with listening(hang_up) as port:
        error = await failure_at(f"ws://127.0.0.1:{port}/")
    assert "closed the connection before answering" in str(error)


async def test_a_server_that_speaks_no_http_is_survived() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        await reader.read()
        writer.close()

    async with listening(babble) as port:
        error = await failure_at(f"ws://127.0.0.1:{port}/")
    assert "127.0.0.1" in str(error)


async def test_plain_http_behind_wss_is_called_so() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with listening(answer) as port:
        error = await failure_at(f"wss://127.0.0.1:{port}/")
    assert "does not speak TLS here" in str(error)
    assert error.retryable, "it may have been garbled on the way"


async def test_a_plain_server_that_hangs_up_on_wss_hints_at_that() -> None:
    async with ScriptedEndpoint() as endpoint:
        error = await failure_at(endpoint.url.replace("ws:", "wss:"))
    assert "wss:// against ws://" in str(error)


async def test_a_certificate_that_nobody_signed_is_never_accepted() -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(Path(__file__).with_name("self_signed.pem"))

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with listening(say_nothing, tls) as port:
        error = await failure_at(f"wss://127.0.0.1:{port}/")
    assert "is not trusted" in str(error)
    assert not error.retryable


async def test_the_library_logs_no_header_and_no_body_even_at_debug(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def script(peer: Peer) -> None:
        await peer.expect("response.cancel")

    caplog.set_level(logging.DEBUG, logger="voice")
    async with ScriptedEndpoint(script) as endpoint:
        transport = await open_at(endpoint.url)
        await transport.send('{"type":"response.cancel"}')
        await transport.close(1000, "")
    ours = [record for record in caplog.records if record.name.startswith("voice")]
    assert KEY not in "".join(record.getMessage() for record in ours)
    assert "response.cancel" not in "".join(record.getMessage() for record in ours)


async def test_the_kernel_holds_little_of_what_a_slow_network_has_not_taken() -> None:
    """Otherwise nothing ever waits where we could see it, and our pings wait behind it."""

    async def never_read(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with serve(never_read, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        async with proxying("127.0.0.1", port) as proxy:
            proxy.up.rate_bps = 16_000
            transport = await open_at(f"ws://127.0.0.1:{proxy.port}")
            sent = 0
            while sent < 400 and transport.send_now("x" * 4_096):
                sent += 1
            proxy.reset()
            await transport.close(1000, "")
    # What the other side's kernel takes counts too; 1.6 MB would be 25 s of speech.
    assert sent < 400
