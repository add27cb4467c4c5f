"""What tools want beside their calls: a question in the middle of one, a new list of them all."""

from voice.core.client_actions import CancelTool
from voice.core.client_inputs import (
    AskUser,
    LinkDown,
    QuestionOver,
    ToolFinished,
    ToolsChanged,
    UserTyped,
)
from voice.core.updates import Phase, QuestionAsked
from voice.protocol.client_events import (
    ConversationItemCreate,
    ResponseCancel,
    ResponseCreate,
    SessionUpdate,
)
from voice.protocol.items import SystemMessage
from voice.protocol.session_config import FunctionTool, McpTool, SessionConfig
from voice.testing import events
from voice.testing.pure_shell import PureShell, sent_in

OLD = FunctionTool(name="clock")
NEW = FunctionTool(name="dice")


def asking(*, cancellable_tools: frozenset[str] = frozenset()) -> PureShell:
    """Return a shell in which a tool runs and its question was put and read."""
    shell = PureShell(cancellable_tools=cancellable_tools)
    shell.connect()
    shell.feed(UserTyped("Paint the wall."))
    shell.feed(events.response_created("r1"))
    shell.feed(events.call_done("r1", "c1", "paint", "{}"))
    shell.feed(events.response_done("r1"))
    shell.feed(AskUser("Which colour?"))
    shell.feed(events.response_created("r2"))
    shell.feed(events.response_done("r2"))
    return shell


def answer_aloud(shell: PureShell) -> None:
    shell.feed(events.speech_started("u2"))
    shell.feed(events.speech_stopped("u2"))
    shell.feed(events.committed("u2"))


def requests(shell: PureShell) -> int:
    return len(shell.sent(ResponseCreate))


def test_a_question_is_asked_while_its_call_runs() -> None:
    shell = asking()
    (item,) = [
        event.item
        for event in shell.sent(ConversationItemCreate)
        if isinstance(event.item, SystemMessage)
    ]
    assert "Which colour?" in item.content[0].text
    assert shell.updates(QuestionAsked) == [QuestionAsked("Which colour?")]
    assert requests(shell) == 2


def test_a_question_waits_until_the_answer_before_it_is_over() -> None:
    shell = PureShell()
    shell.connect()
    shell.feed(UserTyped("Paint the wall."))
    shell.feed(events.response_created("r1"))
    shell.feed(events.call_done("r1", "c1", "paint", "{}"))
    shell.feed(AskUser("Which colour?"))
    assert shell.updates(QuestionAsked) == []
    shell.feed(events.response_done("r1"))
    assert len(shell.updates(QuestionAsked)) == 1


def test_the_endpoints_own_response_to_the_answer_is_cancelled_and_the_result_spoken() -> None:
    shell = asking()
    answer_aloud(shell)

    sent = sent_in(shell.feed(events.response_created("r3")))
    assert [event.response_id for event in sent if isinstance(event, ResponseCancel)] == ["r3"]
    shell.feed(events.response_done("r3", "cancelled"))
    shell.feed(QuestionOver())
    assert requests(shell) == 2
    shell.feed(ToolFinished("c1", "painted blue"))
    assert requests(shell) == 3
    sent = sent_in(shell.feed(events.response_created("r4")))
    assert not [event for event in sent if isinstance(event, ResponseCancel)]


def test_a_result_that_is_faster_than_that_response_waits_for_it() -> None:
    shell = asking()
    answer_aloud(shell)
    shell.feed(QuestionOver())
    shell.feed(ToolFinished("c1", "painted blue"))
    assert requests(shell) == 2

    sent = sent_in(shell.feed(events.response_created("r3")))
    assert any(isinstance(event, ResponseCancel) for event in sent)
    shell.feed(events.response_done("r3", "cancelled"))
    assert requests(shell) == 3


def test_a_typed_answer_asks_for_no_response_of_its_own() -> None:
    shell = asking()
    shell.feed(UserTyped("Blue."))
    shell.feed(QuestionOver())
    assert requests(shell) == 2
    shell.feed(ToolFinished("c1", "painted blue"))
    assert requests(shell) == 3


def test_a_turn_after_the_question_is_over_is_answered_as_ever() -> None:
    shell = asking()
    shell.feed(QuestionOver())
    shell.feed(ToolFinished("c1", "nobody answered"))
    shell.feed(events.response_created("r3"))
    shell.feed(events.response_done("r3"))
    answer_aloud(shell)
    sent = sent_in(shell.feed(events.response_created("r4")))
    assert not [event for event in sent if isinstance(event, ResponseCancel)]


def test_the_answer_does_not_end_the_call_that_asked() -> None:
    shell = asking(cancellable_tools=frozenset({"paint"}))
    answer_aloud(shell)
    assert not [action for action in shell.done if isinstance(action, CancelTool)]


def with_tools() -> PureShell:
    shell = PureShell(SessionConfig(tools=[OLD]))
    shell.connect()
    return shell


def told_tools(shell: PureShell) -> list[list[str]]:
    return [[tool.name for tool in update.session.tools or []] for update in updates_of(shell)]


def updates_of(shell: PureShell) -> list[SessionUpdate]:
    return shell.sent(SessionUpdate)


def test_new_tools_are_told_at_once_where_it_is_quiet() -> None:
    shell = with_tools()
    shell.feed(ToolsChanged((OLD, NEW), (OLD,)))
    assert told_tools(shell) == [["clock"], ["clock", "dice"]]
    assert updates_of(shell)[1].session.model_fields_set == {"tools"}


def test_new_tools_wait_until_an_answer_is_over() -> None:
    shell = with_tools()
    shell.feed(UserTyped("Hello."))
    shell.feed(events.response_created("r1"))
    shell.feed(ToolsChanged((NEW,), (OLD,)))
    assert told_tools(shell) == [["clock"]]
    shell.feed(events.response_done("r1"))
    assert told_tools(shell) == [["clock"], ["dice"]]


def test_no_tools_any_more_are_told_too() -> None:
    shell = with_tools()
    shell.feed(ToolsChanged((), (OLD,)))
    assert told_tools(shell) == [["clock"], []]


def test_the_next_session_begins_with_the_new_tools() -> None:
    shell = with_tools()
    shell.feed(LinkDown(1006, "gone"))
    shell.feed(ToolsChanged((NEW,), (OLD,)))
    shell.advance(60_000)
    shell.connect_from_dialled()
    assert told_tools(shell) == [["clock"], ["dice"]]


def test_an_endpoint_with_tools_of_its_own_keeps_them() -> None:
    shell = with_tools()
    shell.feed(ToolsChanged((NEW,), ()))
    assert told_tools(shell) == [["clock"]]


def test_servers_that_the_endpoint_connects_to_stay_beside_new_tools() -> None:
    docs = McpTool(server_label="docs", server_url="https://docs.example/mcp")
    shell = PureShell(SessionConfig(tools=[OLD, docs]))
    shell.connect()
    shell.feed(ToolsChanged((NEW,), (OLD,)))
    assert updates_of(shell)[1].session.tools == [NEW, docs]


def test_what_tools_want_is_replayed_as_it_was() -> None:
    shell = asking()
    shell.feed(ToolsChanged((NEW,), ()))
    assert shell.replays()


def test_while_the_user_is_to_answer_we_listen_and_then_work_on() -> None:
    shell = asking()
    assert shell.core.phase is Phase.LISTENING
    answer_aloud(shell)
    shell.feed(events.response_created("r3"))
    shell.feed(events.response_done("r3", "cancelled"))
    shell.feed(QuestionOver())
    assert shell.core.phase is Phase.WORKING
