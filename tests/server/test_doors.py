"""Handshakes: dialect, key and origin."""

import pytest

from voice.protocol.dialects import Dialect
from voice.server.doors import Handshake


def shake(path="/v1/realtime", query=(), headers=(), subprotocols=()):
    return Handshake(path, dict(query), dict(headers), tuple(subprotocols))


@pytest.mark.parametrize(
    ("handshake", "dialect"),
    [
        (shake(), Dialect.GA),
        (shake(headers={"openai-beta": "realtime=v1"}), Dialect.BETA),
        (shake(headers={"openai-beta": "assistants=v2, realtime=v1"}), Dialect.BETA),
        (shake(subprotocols=["realtime", "openai-beta.realtime-v1"]), Dialect.BETA),
        (shake(path="/openai/realtime"), Dialect.BETA),
        (shake(path="/openai/v1/realtime"), Dialect.GA),
    ],
)
def test_the_handshake_tells_the_dialect(handshake, dialect):
    assert handshake.dialect is dialect


def test_realtime_is_selected_only_when_offered():
    assert shake(subprotocols=["realtime", "x"]).selected_protocol == "realtime"
    assert shake(subprotocols=["x"]).selected_protocol is None
    assert shake().selected_protocol is None


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_a_bearer_token_is_read(scheme):
    assert shake(headers={"authorization": f"{scheme} s3cret"}).presents("s3cret")


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Basic s3cret"}, {"authorization": "Bearer s3cre"}]
)
def test_anything_else_is_no_key(headers):
    assert not shake(headers=headers).presents("s3cret")


def test_a_key_in_the_url_is_not_a_key():
    assert not shake(query={"token": "s3cret", "key": "s3cret"}).presents("s3cret")


@pytest.mark.parametrize(
    ("origin", "is_elsewhere"),
    [
        (None, False),
        ("http://127.0.0.1:8765", False),
        ("https://evil.example", True),
        ("http://127.0.0.1:8765.evil.example", True),
        ("http://127.0.0.1:9999", True),
        ("null", True),
    ],
)
def test_only_this_servers_own_pages_may_connect(origin, is_elsewhere):
    headers = {"host": "127.0.0.1:8765"} | ({"origin": origin} if origin else {})
    assert shake(headers=headers).comes_from_elsewhere(()) is is_elsewhere


@pytest.mark.parametrize(
    "page", ["http://localhost:8765", "http://127.0.0.1:8765", "http://[::1]:8765"]
)
def test_a_page_of_this_server_comes_from_here(page):
    handshake = Handshake("/", {}, {"origin": page, "host": page.removeprefix("http://")}, ())
    assert not handshake.comes_from_elsewhere(())


@pytest.mark.parametrize("needs_token", [False, True])
def test_a_foreign_name_that_points_at_this_machine_is_trusted_with_a_token_only(needs_token):
    headers = {"origin": "http://evil.example:8765", "host": "evil.example:8765"}
    handshake = Handshake("/", {}, headers, ())
    assert handshake.comes_from_elsewhere((), needs_token=needs_token) is not needs_token


@pytest.mark.parametrize("origin", ["null", "http://[", "", "file://"])
def test_an_origin_that_names_no_page_is_elsewhere(origin):
    handshake = Handshake("/", {}, {"origin": origin, "host": "localhost:8765"}, ())
    assert handshake.comes_from_elsewhere(())
