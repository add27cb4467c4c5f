from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.tools.http_place import HttpPlace
from tools import ToolError
from tools.endpoint import get_json, post_json
from tools.online import ModelEndpoint

KEY = "sk-canary-0123456789"


@pytest.fixture
def place() -> Iterator[HttpPlace]:
    with HttpPlace() as running:
        yield running


def post(place: HttpPlace, key: str = KEY) -> dict[str, object]:
    endpoint = ModelEndpoint(f"{place.root}/v1/", "m", key)
    return post_json(endpoint, "/x", {"a": "ü"}, limit_s=2, section="tools.image")


def test_an_object_is_posted_with_the_key_and_one_comes_back(place: HttpPlace) -> None:
    place.on("/v1/x", {"b": 1})
    assert post(place) == {"b": 1}
    ((method, path, body, headers),) = place.asked
    assert (method, path, body) == ("POST", "/v1/x", {"a": "ü"})
    assert headers["authorization"] == f"Bearer {KEY}"


def test_without_a_key_none_is_sent(place: HttpPlace) -> None:
    place.on("/v1/x", {})
    post(place, key="")
    assert "authorization" not in place.asked[0][3]


@pytest.mark.parametrize(
    ("status", "key", "told"),
    [
        (401, KEY, "does not take the key; look at tools.image.api_key"),
        (401, "", "wants a key: set tools.image.api_key"),
        (402, KEY, "no credit left"),
        (404, KEY, "knows no model m there; look at tools.image.model"),
        (429, KEY, "no more requests just now"),
        (503, KEY, "trouble of its own just now: error 503"),
        (400, KEY, r"refused that: bad thing with \[key\]"),
    ],
)
def test_a_refusal_is_one_sentence_without_the_key(
    place: HttpPlace, status: int, key: str, told: str
) -> None:
    place.on("/v1/x", {"error": {"message": f"bad thing\nwith {KEY}"}}, status)
    with pytest.raises(ToolError, match=told) as caught:
        post(place, key)
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_redirect_is_not_followed_with_the_key(place: HttpPlace) -> None:
    place.on("/v1/x", {}, 302, Location=f"{place.root}/elsewhere")
    with pytest.raises(ToolError, match="refused"):
        post(place)
    assert [path for _, path, _, _ in place.asked] == ["/v1/x"]


@pytest.mark.parametrize("answer", [b"<html>", b"[1]", b"\xff"])
def test_what_is_no_object_is_told(place: HttpPlace, answer: bytes) -> None:
    place.on("/v1/x", answer)
    with pytest.raises(ToolError, match="something"):
        post(place)


def test_parameters_join_those_of_the_address(place: HttpPlace) -> None:
    place.on("/f", {"b": 1})
    assert get_json(f"{place.root}/f?apikey=1", {"name": "São"}, limit_s=2) == {"b": 1}
    assert place.asked[0][1] == "/f?apikey=1&name=S%C3%A3o"


def test_nobody_there_is_told() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ToolError, match="127.0.0.1 could not be read: connection refused"):
        get_json(f"http://127.0.0.1:{port}/", {}, limit_s=2)


def test_an_endpoint_that_is_silent_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(ToolError, match="too long"):
            get_json(url, {}, limit_s=0.2)
