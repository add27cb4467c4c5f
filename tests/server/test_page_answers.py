"""Errors and bodies of the pages."""

import asyncio
import contextlib

import httpx2 as httpx
import pytest

from tests.server.page_kit import error_of, origin, pages
from tests.server.serving_kit import server
from voice.core.refusals import Refusal
from voice.server.page_answers import JSON_BYTES, PageError, busy

PAGE = "/v1/realtime/client_secrets"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "invalid_json"),
        (b"\xff\xfe", "invalid_json"),
        (b"[" * 5_000, "invalid_json"),
        (b"[]", "invalid_type"),
        (b'"x"', "invalid_type"),
        (b'{"surprise": 1}', "unknown_parameter"),
    ],
)
async def test_a_body_that_is_no_json_object_is_refused(body, code):
    async with server() as running, pages(running) as client:
        assert error_of(await client.post(PAGE, content=body), 400)["code"] == code


async def test_a_body_that_declares_too_much_is_refused():
    async with server() as running, pages(running) as client:
        answer = await client.post(PAGE, content=b" " * (JSON_BYTES + 1))

    assert error_of(answer, 413)["code"] == "request_too_large"


async def test_a_body_that_never_ends_is_cut_off():
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 64 * 1024
            yield b" " * 64 * 1024

    async with server() as running, pages(running) as client:
        # Who still writes may lose the answer with the connection.
        with contextlib.suppress(httpx.TransportError):
            error_of(await client.post(PAGE, content=endless()), 413)

    assert JSON_BYTES < sent < 64 * JSON_BYTES


async def test_a_client_that_leaves_in_the_middle_of_a_body_harms_nobody(caplog):
    async with server() as running, pages(running) as client:
        host, port = origin(running).removeprefix("http://").split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            f"POST {PAGE} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 900\r\n\r\n{{".encode()
        )
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        assert (await client.get("/healthz")).status_code == 200

    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_refusal_of_the_core_keeps_its_code_and_parameter():
    refusal = Refusal("invalid_value", "No.", param="session.audio.output.voice")

    error = PageError.of_refusal(refusal)

    assert (error.status, error.code, error.message) == (400, "invalid_value", "No.")
    assert error.param == "session.audio.output.voice"
    assert error.kind == "invalid_request_error"


def test_busy_says_when_to_come_back():
    answer = busy("Too much.", retry_after_s=7).response()

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "7"
    assert b"server_error" in answer.body
