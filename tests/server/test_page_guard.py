"""Strangers, browsers and headers of the pages."""

import pytest
from pydantic import SecretStr

from tests.server.page_kit import error_of, origin, pages
from tests.server.serving_kit import server

TOKEN = "a-long-random-string"
GUARDED = [
    ("GET", "/v1/models"),
    ("GET", "/metrics"),
    ("GET", "/v1/audio/voices"),
    ("GET", "/v1/realtime"),
    ("POST", "/v1/realtime/client_secrets"),
    ("POST", "/v1/audio/speech"),
    ("POST", "/v1/audio/transcriptions"),
    ("GET", "/nowhere"),
]


@pytest.mark.parametrize(("method", "path"), GUARDED)
async def test_every_page_but_health_wants_the_token(method, path):
    async with server(token=SecretStr(TOKEN)) as running, pages(running) as client:
        answer = await client.request(method, path)

    assert error_of(answer, 401)["code"] == "invalid_api_key"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert TOKEN not in answer.text


async def test_health_wants_no_token():
    async with server(token=SecretStr(TOKEN)) as running, pages(running) as client:
        assert (await client.get("/healthz")).status_code == 200


@pytest.mark.parametrize("headers", [{"Authorization": f"Bearer {TOKEN}"}, {"api-key": TOKEN}])
async def test_the_token_opens_the_pages(headers):
    async with server(token=SecretStr(TOKEN)) as running, pages(running) as client:
        assert (await client.get("/v1/models", headers=headers)).status_code == 200
        assert (await client.get("/metrics", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://evil.example:8765", "Host": "evil.example:8765"},
        {"Host": "evil.example:8765"},
    ],
)
async def test_a_page_of_another_site_gets_no_key(headers):
    async with server() as running, pages(running) as client:
        answer = await client.post("/v1/realtime/client_secrets", json={}, headers=headers)

    error_of(answer, 403)
    assert "ek_" not in answer.text
    assert "access-control-allow-origin" not in answer.headers


async def test_a_page_of_another_site_is_answered_no_preflight():
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    async with server() as running, pages(running) as client:
        answer = await client.options("/v1/realtime/client_secrets", headers=headers)

    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


async def test_a_page_that_the_settings_name_may_ask_and_read():
    page = "http://localhost:3000"
    preflight = {
        "Origin": page,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-stainless-os",
        "Access-Control-Request-Private-Network": "true",
    }
    config = {"token": SecretStr(TOKEN), "allowed_origins": (page,)}
    async with server(**config) as running, pages(running) as client:
        asked = await client.options("/v1/realtime/client_secrets", headers=preflight)
        headers = {"Origin": page, "Authorization": f"Bearer {TOKEN}"}
        answer = await client.post("/v1/realtime/client_secrets", json={}, headers=headers)

    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == page
    assert "x-stainless-os" in asked.headers["access-control-allow-headers"]
    assert asked.headers["access-control-allow-private-network"] == "true"
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == page
    assert "Origin" in answer.headers["vary"]
    assert "access-control-allow-credentials" not in answer.headers


async def test_the_servers_own_page_may_ask():
    async with server() as running, pages(running) as client:
        headers = {"Origin": origin(running)}
        assert (await client.get("/v1/models", headers=headers)).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/v1/models", "/nowhere", "/v1/realtime"])
async def test_every_answer_carries_the_security_headers(path):
    async with server() as running, pages(running) as client:
        headers = (await client.get(path)).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
