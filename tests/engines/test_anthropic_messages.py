from voice.engines.anthropic_messages import GO_ON, anthropic_messages, messages_body
from voice.engines.chat_messages import NO_OUTPUT_YET
from voice.engines.ports import BrainMessage, BrainRequest, BrainTool, CallRequest

TOOL = BrainTool("look", "Look.", {"properties": {"at": {"type": "string"}}})
USER = BrainMessage("user", "hello")


def body(*messages, instructions="", **options):
    request = BrainRequest(instructions, messages or (USER,), **options)
    return messages_body(request, model="m", max_tokens=100)


def test_turns_alternate_and_outputs_follow_their_calls():
    calls = (CallRequest("c 1", "look", '{"at": "it"}'), CallRequest("c2", "look", "[1]"))
    made = anthropic_messages(
        (
            BrainMessage("user", "one"),
            BrainMessage("user", "two"),
            BrainMessage("assistant", calls=calls),
            BrainMessage("user", "three"),
            BrainMessage("tool", "seen", call_id="c 1"),
        )
    )
    assert [turn["role"] for turn in made] == ["user", "assistant", "user"]
    assert made[0]["content"] == [
        {"type": "text", "text": "one"},
        {"type": "text", "text": "two"},
    ]
    assert made[1]["content"] == [
        {"type": "tool_use", "id": "c_1", "name": "look", "input": {"at": "it"}},
        {"type": "tool_use", "id": "c2", "name": "look", "input": {}},
    ]
    assert made[2]["content"] == [
        {"type": "tool_result", "tool_use_id": "c_1", "content": "seen"},
        {"type": "tool_result", "tool_use_id": "c2", "content": NO_OUTPUT_YET},
        {"type": "text", "text": "three"},
    ]


def test_the_user_has_the_first_and_the_last_word():
    assert anthropic_messages(()) == [{"role": "user", "content": GO_ON}]
    made = anthropic_messages((BrainMessage("assistant", "Good day. "),))
    assert made == [
        {"role": "user", "content": GO_ON},
        {"role": "assistant", "content": "Good day."},
        {"role": "user", "content": GO_ON},
    ]


def test_pictures_stand_before_the_words():
    urls = ("data:image/png;base64,QUJD", "https://example.com/a.png")
    (turn,) = anthropic_messages((BrainMessage("user", "What is it?", image_urls=urls),))
    assert turn["content"] == [
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": "QUJD"},
        },
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
        {"type": "text", "text": "What is it?"},
    ]


def test_what_stays_is_marked_and_the_systems_later_words_follow_it():
    made = body(USER, BrainMessage("system", "Now whisper."), instructions="Be brief.")
    mark = {"type": "ephemeral"}
    assert made["system"] == [
        {"type": "text", "text": "Be brief.", "cache_control": mark},
        {"type": "text", "text": "Now whisper."},
    ]
    assert body(tools=(TOOL,))["tools"][-1]["cache_control"] == mark


def test_choices_are_spelt_in_this_interfaces_words():
    def choice(**options):
        return body(tools=(TOOL,), **options).get("tool_choice")

    assert choice() is None
    assert choice(tool_choice="required") == {"type": "any"}
    assert choice(tool_choice="none") == {"type": "none"}
    assert choice(tool_choice="name:look", parallel_tool_calls=False) == {
        "type": "tool",
        "name": "look",
        "disable_parallel_tool_use": True,
    }
    assert choice(parallel_tool_calls=False) == {
        "type": "auto",
        "disable_parallel_tool_use": True,
    }


def test_limits_are_kept():
    assert body()["max_tokens"] == 100
    assert body(max_output_tokens=20)["max_tokens"] == 20
    assert body(max_output_tokens=2_000)["max_tokens"] == 100
    assert body(temperature=1.7)["temperature"] == 1.0
