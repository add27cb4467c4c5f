"""The core's prompt as a brain is asked it."""

from voice.core.ledger import Entry
from voice.core.server_messages import Prompt
from voice.server.prompts import UNSEEN_PICTURE, brain_request


def request(*entries, **fields):
    return brain_request(Prompt(instructions="Be kind.", entries=entries, **fields))


def call(call_id, name="f"):
    return Entry(f"i_{call_id}", "function_call", name=name, call_id=call_id, arguments="{}")


def output(call_id, text="ok"):
    return Entry(f"o_{call_id}", "function_call_output", text=text, call_id=call_id)


def test_messages_keep_their_order_and_roles():
    messages = request(
        Entry("a", "message", role="system", text="Rules."),
        Entry("b", "message", role="user", text="Hi", image_urls=["data:image/png;base64,x"]),
        Entry("c", "message", role="assistant", text="Hello"),
    ).messages
    assert [(m.role, m.text) for m in messages] == [
        ("system", "Rules."),
        ("user", "Hi"),
        ("assistant", "Hello"),
    ]
    assert messages[1].image_urls == ("data:image/png;base64,x",)


def test_parallel_calls_are_one_assistant_message():
    messages = request(call("1"), call("2"), output("1"), output("2")).messages
    assert [m.role for m in messages] == ["assistant", "tool", "tool"]
    assert [c.call_id for c in messages[0].calls] == ["1", "2"]


def test_a_call_without_its_output_and_an_output_without_its_call_are_left_out():
    assert request(call("1"), output("2")).messages == ()


def test_example_sentences_leave_the_schema():
    schema = {"type": "object", "properties": {}, "x-examples": ["do it"]}
    tools = ({"type": "function", "name": "f", "parameters": schema},)
    (tool,) = request(tools=tools).tools
    assert tool.examples == ("do it",)
    assert "x-examples" not in tool.parameters
    assert "x-examples" in schema


def test_tool_choice_names_one_function():
    assert request(tool_choice={"type": "function", "name": "f"}).tool_choice == "name:f"
    assert request(tool_choice="required").tool_choice == "required"


def test_a_brain_that_takes_no_images_is_told_that_there_was_one():
    entry = Entry("a", "message", role="user", text="Look:", image_urls=["data:image/png;base64,x"])
    (message,) = brain_request(
        Prompt(instructions="", entries=(entry,)), takes_images=False
    ).messages
    assert message.text == f"Look: {UNSEEN_PICTURE}"
    assert message.image_urls == ()


def test_the_same_history_gives_the_same_beginning():
    past = [
        Entry(str(n), "message", role=role, text=f"Turn {n}.")
        for n, role in enumerate(["user", "assistant"] * 3)
    ]
    first, second = request(*past).messages, request(*past, call("1"), output("1")).messages
    assert second[: len(first)] == first


def test_the_conversation_is_named():
    assert request(conversation_id="conv_1").conversation_id == "conv_1"
