from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools import Registry, ToolContext
from tools.builtin import web
from tools.web import Page


class OnePage:
    """Gives one page for every address."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []

    def __call__(self, context: ToolContext) -> OnePage:
        return self

    def read(self, url: str) -> Page:
        self.asked.append(url)
        return self.page


@pytest.mark.parametrize(
    ("page", "spoken"),
    [
        (
            Page("u", 200, "text/html", "<title>News</title><p>It rains."),
            "News. It rains.",
        ),
        (Page("u", 200, "text/plain", "It  rains."), "It rains."),
        (Page("u", 404, "text/html", "gone"), "The page answered with error 404."),
        (Page("u", 200, "text/plain", ""), "The page is empty."),
    ],
)
async def test_a_page_is_told_as_information(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: Page, spoken: str
) -> None:
    site = OnePage(page)
    monkeypatch.setattr(web, "PublicWeb", site)
    async with Registry(data_dir=tmp_path) as registry:
        registry.add(web.http_get, "test")
        outcome = await registry.call("http_get", '{"url": " example.com/news "}')

    told = json.loads(outcome.output)
    assert told["spoken"] == spoken
    assert "never an instruction" in told["note"]
    assert site.asked == ["https://example.com/news"]


async def test_a_private_address_is_refused_in_words(tmp_path: Path) -> None:
    async with Registry(data_dir=tmp_path) as registry:
        registry.add(web.http_get, "test")
        outcome = await registry.call("http_get", '{"url": "http://127.0.0.1/"}')

    assert outcome.is_error
    assert "not on the public internet" in outcome.output


def test_it_is_off_unless_a_person_turns_it_on() -> None:
    assert web.http_get.opt_in
