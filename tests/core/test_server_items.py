"""A client's items as they are read: every kind of content, and what is refused how."""

import base64

import pytest

from voice.core.refusals import Refusal
from voice.core.server_items import MAX_ID_CHARS, MAX_IMAGE_CHARS, read_item

PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(20)).decode()
JPEG = "data:image/jpeg;base64," + base64.b64encode(b"\xff\xd8\xff\xe0" + bytes(20)).decode()
AUDIO = base64.b64encode(bytes(480)).decode()


def read(item, item_id="i", **options):
    return read_item(item, item_id, sample_bytes=2, **options)


def message(*content, role="user", **fields):
    return {"type": "message", "role": role, "content": list(content), **fields}


def shown(item):
    return read(item).shown().to_wire()


def test_a_message_keeps_its_parts():
    item = message(
        {"type": "input_text", "text": "Look"},
        {"type": "input_image", "image_url": PNG, "detail": "low"},
        {"type": "input_image", "image_url": JPEG},
        {"type": "input_text", "text": "at this."},
    )
    read_back = read(item)
    assert read_back.entry.text == "Look at this."
    assert read_back.entry.image_urls == [PNG, JPEG]
    parts = shown(item)["content"]
    assert [part["type"] for part in parts] == [
        "input_text",
        "input_image",
        "input_image",
        "input_text",
    ]
    assert [part.get("detail") for part in parts] == [None, "low", "auto", None]


def test_sound_is_taken_out_of_what_is_shown_and_is_there_to_be_heard():
    item = message({"type": "input_text", "text": "So:"}, {"type": "input_audio", "audio": AUDIO})
    read_back = read(item)
    assert (read_back.audio, read_back.unheard_part) == (bytes(480), 1)
    assert read_back.entry.spoken
    assert shown(item)["content"][1] == {"type": "input_audio", "transcript": None}


def test_sound_that_comes_with_its_words_is_not_heard_again():
    item = message({"type": "input_audio", "audio": AUDIO, "transcript": "Hello."})
    assert read(item).audio == b""
    assert read(item).entry.text == "Hello."


def test_the_assistants_own_sound_is_never_recognised():
    item = message({"type": "output_audio", "audio": AUDIO}, role="assistant")
    assert read(item).audio == b""


@pytest.mark.parametrize(
    ("role", "kind", "kind_shown"),
    [
        ("user", "text", "input_text"),
        ("system", "input_text", "input_text"),
        ("developer", "input_text", "input_text"),
        ("assistant", "text", "output_text"),
        ("assistant", "output_text", "output_text"),
    ],
)
def test_text_is_shown_under_the_name_that_its_role_has(role, kind, kind_shown):
    body = shown(message({"type": kind, "text": "Hi"}, role=role))
    assert body["content"] == [{"type": kind_shown, "text": "Hi"}]
    assert body["role"] == ("system" if role == "developer" else role)


def test_a_restored_answer_that_was_cut_stays_incomplete():
    part = {"type": "output_text", "text": "Well"}
    assert shown(message(part, role="assistant", status="incomplete"))["status"] == "incomplete"


@pytest.mark.parametrize(
    ("item", "code", "param"),
    [
        ({"type": "item_reference", "id": "x"}, "invalid_value", "item.type"),
        ({"type": "mcp_call", "id": "x", "name": "f"}, "invalid_value", "item.type"),
        (
            {"type": "function_call_output", "output": ""},
            "missing_required_parameter",
            "item.call_id",
        ),
        (
            {"type": "function_call_output", "call_id": "c", "output": 5},
            "invalid_type",
            "item.output",
        ),
        ({"type": "function_call", "arguments": ""}, "missing_required_parameter", "item.name"),
        (message(role="tool"), "invalid_value", "item.role"),
        (message({"type": "video"}), "invalid_value", "item.content[0].type"),
        (message("words"), "invalid_value", "item.content[0].type"),
        (
            message({"type": "input_image", "image_url": PNG}, role="system"),
            "invalid_value",
            "item.content[0].type",
        ),
        (
            message({"type": "input_image", "image_url": "https://x.test/a.png"}),
            "invalid_value",
            "item.content[0].image_url",
        ),
        (
            message({"type": "input_image", "image_url": "data:image/png;base64,AAAA"}),
            "invalid_value",
            "item.content[0].image_url",
        ),
        (
            message({"type": "input_image", "image_url": PNG[:-3] + "é=="}),
            "invalid_value",
            "item.content[0].image_url",
        ),
        (message({"type": "input_image"}), "invalid_value", "item.content[0].image_url"),
        (
            message({"type": "input_image", "image_url": PNG + "A" * MAX_IMAGE_CHARS}),
            "string_above_max_length",
            "item.content[0].image_url",
        ),
        (
            message({"type": "input_image", "image_url": PNG, "detail": "huge"}),
            "invalid_value",
            "item.content[0].detail",
        ),
        (
            message({"type": "input_audio", "audio": "*"}),
            "invalid_value",
            "item.content[0].audio",
        ),
        (
            message({"type": "input_audio", "audio": base64.b64encode(b"odd").decode()}),
            "invalid_value",
            "item.content[0].audio",
        ),
    ],
)
def test_a_bad_item_is_refused_where_it_is_bad(item, code, param):
    with pytest.raises(Refusal) as refused:
        read(item)
    assert (refused.value.code, refused.value.param) == (code, param)
    assert len(refused.value.message) < 300


def test_an_id_may_be_longer_than_upstreams_and_not_endless():
    item = message({"type": "input_text", "text": "Hi"})
    assert read(item, "x" * MAX_ID_CHARS).entry.item_id
    with pytest.raises(Refusal) as refused:
        read(item, "x" * (MAX_ID_CHARS + 1))
    assert refused.value.code == "string_above_max_length"


def test_a_refusal_says_in_which_event_the_item_was():
    with pytest.raises(Refusal) as refused:
        read(message({"type": "video"}), where="response.input[2]")
    assert refused.value.param == "response.input[2].content[0].type"
