from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.http_place import HttpPlace
from tools import Registry
from tools.builtin.images import generate_image
from tools.online import ModelEndpoint, OnlineServices, PictureEndpoint

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 40
FOX = '{"description": "a red fox"}'


@pytest.fixture
def place() -> Iterator[HttpPlace]:
    with HttpPlace() as running:
        yield running


def drawing(place: HttpPlace, folder: Path) -> OnlineServices:
    endpoint = ModelEndpoint(f"{place.root}/v1", "gpt-4o-image", "k")
    return OnlineServices(PictureEndpoint(endpoint, by_chat=True), pictures_dir=folder)


async def test_a_picture_is_announced_shown_and_kept(place: HttpPlace, tmp_path: Path) -> None:
    text = f"> Progress 14..[100]({place.root}/x)\n\n![fox]({place.root}/fox.png)"
    place.on("/v1/chat/completions", {"choices": [{"message": {"content": text}}]})
    place.on("/fox.png", PNG)
    told: list[str] = []
    shown: list[str] = []
    online = drawing(place, tmp_path / "pictures")
    registry = Registry(
        data_dir=tmp_path, online=online, on_notice=told.append, on_line=shown.append
    )
    async with registry:
        registry.add(generate_image, "test")
        ticket = await registry.call("generate_image", FOX)
        assert await registry.wait_for_jobs()
        assert not await registry.wait_for_jobs()

    assert json.loads(ticket.output)["status"] == "running"
    assert told == ["The job 'draw a red fox' is done: Your picture is there: a red fox."]
    (kept,) = (tmp_path / "pictures").iterdir()
    assert kept.read_bytes() == PNG
    assert shown[-1] == f"picture: {kept}"
    assert shown[0] == "drawing a red fox: asked gpt-4o-image"


async def test_what_is_missing_is_told_at_once_and_not_later(tmp_path: Path) -> None:
    async with Registry(data_dir=tmp_path) as registry:
        registry.add(generate_image, "test")
        outcome = await registry.call("generate_image", FOX)

    assert outcome.is_error
    assert "set tools.image.base_url" in outcome.output


async def test_a_refusal_of_the_model_is_announced(place: HttpPlace, tmp_path: Path) -> None:
    place.on("/v1/chat/completions", {"choices": [{"message": {"content": "I may not."}}]})
    told: list[str] = []
    online = drawing(place, tmp_path)
    async with Registry(data_dir=tmp_path, online=online, on_notice=told.append) as registry:
        registry.add(generate_image, "test")
        await registry.call("generate_image", FOX)
        await registry.wait_for_jobs()

    (notice,) = told
    assert "failed: The model sent no picture. It said: I may not." in notice
