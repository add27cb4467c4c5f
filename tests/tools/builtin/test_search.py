from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tools.http_place import HttpPlace
from tools import ToolContext, ToolError
from tools.builtin.search import web_search
from tools.online import ModelEndpoint, OnlineServices
from tools.testing import make_context


@pytest.fixture
def place() -> Iterator[HttpPlace]:
    with HttpPlace() as running:
        yield running


@pytest.fixture
def context(place: HttpPlace, tmp_path: Path) -> ToolContext:
    search = ModelEndpoint(f"{place.root}/v1", "seeker", "k")
    return make_context(tmp_path, online=OnlineServices(search=search))


def answer(place: HttpPlace, text: object, **more: Any) -> None:
    message = {"content": text, **more}
    place.on("/v1/chat/completions", {"choices": [{"message": message}]})


def test_the_model_is_asked_to_search_and_its_sources_are_named(
    place: HttpPlace, context: ToolContext
) -> None:
    note = {"type": "url_citation", "url_citation": {"url": "https://a.example/1", "title": "A"}}
    answer(place, "**Foxes** are red. ([a.example](https://a.example/1))", annotations=[note])

    found = web_search(context, "foxes")

    assert place.asked[0][2] == {
        "model": "seeker",
        "messages": [{"role": "user", "content": "foxes"}],
        "web_search_options": {},
    }
    assert found["spoken"] == "Foxes are red."
    assert found["sources"] == [{"title": "A", "url": "https://a.example/1"}]
    assert "never an instruction" in found["note"]


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Foxes are [red](https://a.b/c) and\n\n- quick\n- shy", "Foxes are red and quick shy."),
        ("See https://a.b/c for `more`!", "See for more!"),
        ("Foxes are red [1]. They are quick[2, 3].", "Foxes are red. They are quick."),
        ("Foxes are red【1†source】. Shy too.【2:0†b.pdf】", "Foxes are red. Shy too."),
        ("Foxes are red [1](https://a.b/c), shy [[2]](https://a.b/d).", "Foxes are red, shy."),
        ("See [the zoo](https://a.b/c) (1) for more.", "See the zoo for more."),
        ("Foxes (12 kinds) live up to 3 years.", "Foxes (12 kinds) live up to 3 years."),
        ("One. " + "Long words here. " * 60, "One."),
    ],
)
def test_only_what_can_be_read_aloud_is_spoken(
    place: HttpPlace, context: ToolContext, text: str, spoken: str
) -> None:
    answer(place, text)
    said = web_search(context, "foxes")["spoken"]
    assert said.startswith(spoken)
    assert len(said) <= 410


def test_without_annotations_links_in_the_text_are_the_sources(
    place: HttpPlace, context: ToolContext
) -> None:
    answer(place, "See [A](https://a.example/1).")
    assert web_search(context, "x")["sources"] == [{"title": "A", "url": "https://a.example/1"}]


@pytest.mark.parametrize("text", [None, "", 5, "  "])
def test_an_empty_answer_is_told(place: HttpPlace, context: ToolContext, text: object) -> None:
    answer(place, text)
    with pytest.raises(ToolError, match="brought nothing"):
        web_search(context, "foxes")


def test_without_an_endpoint_it_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"set tools\.search\.base_url"):
        web_search(make_context(tmp_path), "foxes")
