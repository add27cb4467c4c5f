from voice.engines.chat_messages import NO_OUTPUT_YET, chat_messages, request_body
from voice.engines.ports import BrainMessage, BrainRequest, BrainTool, CallRequest

CALL = CallRequest("call_1", "get_time", '{"place":"Oslo"}')
TOOL = BrainTool("get_time", "Tell the time.", {"type": "object", "properties": {}})


def body(*messages: BrainMessage, **options) -> dict:
    return request_body(BrainRequest("Be brief.", messages, **options), model="m")


def test_a_plain_request_holds_only_what_it_needs():
    assert body(BrainMessage("user", "Hello!")) == {
        "model": "m",
        "stream": True,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello!"},
        ],
    }


def test_limits_and_tools_are_mapped():
    made = body(
        tools=(TOOL,),
        tool_choice="name:get_time",
        parallel_tool_calls=False,
        max_output_tokens=50,
        temperature=0.2,
    )

    assert made["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "get_time",
                "description": "Tell the time.",
                "parameters": {"type": "object", "properties": {}},
            },
        }
    ]
    assert made["tool_choice"] == {"type": "function", "function": {"name": "get_time"}}
    assert made["parallel_tool_calls"] is False
    assert made["max_completion_tokens"] == 50
    assert made["temperature"] == 0.2


def test_an_older_server_gets_the_older_limit_field():
    request = BrainRequest("", (), max_output_tokens=5)

    assert request_body(request, model="m", max_tokens_field="max_tokens")["max_tokens"] == 5


def test_tool_fields_are_absent_without_tools():
    assert "tool_choice" not in body(tool_choice="required")
    assert body(tools=(TOOL,), tool_choice="none")["tool_choice"] == "none"
    assert "parallel_tool_calls" not in body(tools=(TOOL,))


def test_an_output_follows_its_call_although_the_user_spoke_in_between():
    messages = chat_messages(
        BrainRequest(
            "",
            (
                BrainMessage("assistant", "One moment.", calls=(CALL,)),
                BrainMessage("user", "Hurry up."),
                BrainMessage("tool", "It is ten.", call_id="call_1"),
            ),
        )
    )

    assert [m["role"] for m in messages] == ["assistant", "tool", "user"]
    assert messages[0]["tool_calls"][0] == {
        "id": "call_1",
        "type": "function",
        "function": {"name": "get_time", "arguments": '{"place":"Oslo"}'},
    }
    assert messages[1] == {"role": "tool", "tool_call_id": "call_1", "content": "It is ten."}


def test_every_call_is_answered_and_no_output_is_an_orphan():
    messages = chat_messages(
        BrainRequest(
            "",
            (
                BrainMessage("assistant", calls=(CALL,)),
                BrainMessage("tool", "lost", call_id="call_deleted"),
            ),
        )
    )

    assert messages[0]["content"] is None
    assert messages[1:] == [{"role": "tool", "tool_call_id": "call_1", "content": NO_OUTPUT_YET}]


def test_an_unheard_answer_and_an_empty_turn_are_left_out():
    request = BrainRequest("", (BrainMessage("assistant", ""), BrainMessage("user", "")))

    assert chat_messages(request) == []


def test_pictures_are_image_parts():
    request = BrainRequest(
        "", (BrainMessage("user", "What is this?", image_urls=("data:image/png;base64,AA==",)),)
    )

    assert chat_messages(request)[0]["content"] == [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
    ]


def test_strict_tools_are_sent_in_their_strict_form_where_they_have_one():
    open_schema = {"type": "object", "properties": {}, "additionalProperties": True}
    plain = {"type": "object", "properties": {"city": {"type": "string"}}}
    tools = (BrainTool("look", "Look.", plain), BrainTool("any", "Anything.", open_schema))
    request = BrainRequest("", (BrainMessage("user", "hello"),), tools=tools)

    look, anything = request_body(request, model="m", strict_tools=True)["tools"]

    assert look["function"]["strict"] is True
    assert look["function"]["parameters"]["required"] == ["city"]
    assert anything["function"]["parameters"] == open_schema
    assert "strict" not in anything["function"]
    assert "strict" not in str(request_body(request, model="m")["tools"])
