from __future__ import annotations

import base64
import json
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.tools.http_place import HttpPlace
from tools import ToolError, pictures
from tools.online import ModelEndpoint, PictureEndpoint
from tools.pictures import (
    Drawn,
    Picture,
    check_room,
    draw,
    extension_of,
    fetch,
    read_chat_answer,
    read_images_answer,
    save,
)
from tools.web import WebReader

ROOT = Path(__file__).parent.parent
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 40
PAGE = json.loads((ROOT / "gateway" / "documents" / "deerapi_image.json").read_text("utf-8"))
NOW = datetime(2026, 3, 2, 12, 0, 5, tzinfo=UTC)


@pytest.fixture
def place() -> Iterator[HttpPlace]:
    with HttpPlace() as running:
        yield running


def at(place: HttpPlace, **how: Any) -> PictureEndpoint:
    return PictureEndpoint(ModelEndpoint(f"{place.root}/v1", "m", "sk-canary-1234567"), **how)


def test_the_gateways_page_is_asked_as_it_prints_and_its_answer_understood(
    place: HttpPlace,
) -> None:
    place.on("/v1/chat/completions", PAGE["response"])
    endpoint = PictureEndpoint(ModelEndpoint(f"{place.root}/v1", "gpt-4o-image", "k"), by_chat=True)

    drawn = draw(endpoint, PAGE["request"]["messages"][0]["content"])

    assert place.asked[0][2] == PAGE["request"]
    assert (
        drawn.links[0] == "https://filesystem.site/cdn/20250415/CK1wClwp1so6YTPImkPlJpZD8KlrEM.png"
    )
    assert drawn.links[1].startswith("https://videos.openai.com/vg-assets/")
    assert len(drawn.links) == 2
    assert drawn.prompt == "A cute kitten sitting on a cloud, in a cartoon style."
    assert drawn.said == ""


def test_the_images_interface_is_asked_by_its_own_names(place: HttpPlace) -> None:
    coded = base64.b64encode(PNG).decode()
    place.on("/v1/images/generations", {"data": [{"b64_json": coded, "revised_prompt": "A fox."}]})

    drawn = draw(at(place, size="512x512"), "a fox")

    assert place.asked[0][2] == {"model": "m", "prompt": "a fox", "size": "512x512"}
    assert fetch(drawn, at(place), WebReader()) == Picture(PNG, "png")
    assert drawn.prompt == "A fox."


def test_an_address_in_the_answer_is_read_from_the_endpoint_itself(place: HttpPlace) -> None:
    place.on("/p.png", PNG)
    drawn = read_images_answer({"data": [{"url": f"{place.root}/p.png"}]})
    assert fetch(drawn, at(place), WebReader()).data == PNG
    assert "authorization" not in place.asked[0][3]


def test_a_link_to_another_port_of_this_machine_is_not_read(place: HttpPlace) -> None:
    with HttpPlace() as other:
        other.on("/p.png", PNG)
        with pytest.raises(ToolError, match=r"usual ports|not on the public internet"):
            fetch(Drawn((f"{other.root}/p.png",)), at(place), WebReader())
        place.on("/p.png", b"", 302, Location=f"{other.root}/p.png")
        with pytest.raises(ToolError, match=r"usual ports|not on the public internet"):
            fetch(Drawn((f"{place.root}/p.png",)), at(place), WebReader())
    assert other.asked == []


def test_the_next_link_is_tried_where_the_first_leads_to_no_picture(place: HttpPlace) -> None:
    place.on("/page", b"<html>")
    place.on("/p.gif", b"GIF89a" + b"x")
    links = (f"{place.root}/gone", f"{place.root}/page", f"{place.root}/p.gif")
    assert fetch(Drawn(links), at(place), WebReader()).extension == "gif"
    with pytest.raises(ToolError, match="could not be fetched. There is no file"):
        fetch(Drawn(links[:2]), at(place), WebReader())


def test_a_picture_that_is_too_large_is_refused(
    place: HttpPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MAX_PICTURE_BYTES", 2**20)
    place.on("/p.png", PNG + b"x" * 2**20)
    with pytest.raises(ToolError, match="larger than 1 megabytes"):
        fetch(Drawn((f"{place.root}/p.png",)), at(place), WebReader())


@pytest.mark.parametrize(
    "message",
    [
        {"content": "![a](data:image/png;base64,%s) and words"},
        {"content": None, "images": [{"image_url": {"url": "data:image/png;base64,%s"}}]},
        {"content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,%s"}}]},
    ],
)
def test_pictures_in_the_message_are_found(place: HttpPlace, message: dict[str, Any]) -> None:
    filled = json.loads(json.dumps(message).replace("%s", base64.b64encode(PNG).decode()))
    drawn = read_chat_answer({"choices": [{"message": filled}]})
    assert fetch(drawn, at(place), WebReader()).data == PNG


@pytest.mark.parametrize(
    "answer",
    [{}, {"choices": []}, {"choices": [None]}, {"choices": [{"message": {"content": 5}}]}],
)
def test_an_answer_without_sense_holds_no_picture(place: HttpPlace, answer: dict[str, Any]) -> None:
    with pytest.raises(ToolError, match="sent no picture"):
        fetch(read_chat_answer(answer), at(place), WebReader())
    assert read_images_answer(answer).links == ()


def test_what_the_model_says_instead_of_drawing_is_told(place: HttpPlace) -> None:
    drawn = read_chat_answer({"choices": [{"message": {"content": "I may not draw that."}}]})
    with pytest.raises(ToolError, match="It said: I may not draw that."):
        fetch(drawn, at(place), WebReader())


def test_a_refusal_with_a_link_is_told_in_the_models_words(place: HttpPlace) -> None:
    place.on("/rules", b"<html>")
    text = f"I cannot draw that person, see [our rules]({place.root}/rules)."
    drawn = read_chat_answer({"choices": [{"message": {"content": text}}]})
    with pytest.raises(ToolError, match="It said: I cannot draw that person, see our rules."):
        fetch(drawn, at(place), WebReader())


@pytest.mark.parametrize("link", ["data:;base64,!!", "data:text/plain,hello", "data:;base64,eHg="])
def test_data_that_is_no_picture_is_refused(place: HttpPlace, link: str) -> None:
    with pytest.raises(ToolError, match="no picture|broken"):
        fetch(Drawn((link,)), at(place), WebReader())


def test_a_picture_is_known_by_its_first_bytes() -> None:
    assert extension_of(b"\xff\xd8\xff\xe0") == "jpg"
    assert extension_of(b"RIFF\0\0\0\0WEBPVP8 ") == "webp"
    assert Picture(b"", "jpg").media_type == "image/jpeg"
    with pytest.raises(ToolError):
        extension_of(b"<svg onload=alert(1)>")


def test_pictures_get_names_of_their_own_and_are_the_owners_alone(tmp_path: Path) -> None:
    names = [save(Picture(PNG, "png"), tmp_path, "A ../red Fox!", NOW).name for _ in range(2)]
    assert names == ["2026-03-02_120005_a-red-fox.png", "2026-03-02_120005_a-red-fox-2.png"]
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / names[0]).stat().st_mode) == 0o600
    assert save(Picture(PNG, "png"), tmp_path, "狐", NOW).name.endswith("_picture.png")


def test_a_full_folder_takes_no_more_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MAX_PICTURES", 1)
    (tmp_path / "my own holiday.png").write_bytes(PNG)
    check_room(tmp_path)
    save(Picture(PNG, "png"), tmp_path, "fox", NOW)
    with pytest.raises(ToolError, match="remove some"):
        check_room(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ToolError, match="cannot keep pictures"):
        check_room(tmp_path / "file")
