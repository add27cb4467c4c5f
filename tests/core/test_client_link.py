"""Losing a connection, and ending a session."""

import pytest

from voice.core.client_actions import CancelTool, Close, Connect, DropLink, FlushPlayback
from voice.core.client_inputs import (
    FrameRefused,
    HangUp,
    LinkDown,
    LinkUp,
    MicFrame,
    Started,
    UserTyped,
)
from voice.core.client_link import MAX_BAD_FRAMES
from voice.core.link import GREETING_DEADLINE_MS
from voice.core.reconnect import Persistence
from voice.core.updates import ConnectionLost, Ended, EndKind, Phase
from voice.errors import LocalProtocolError
from voice.testing import events
from voice.testing.pure_shell import PureShell

GIVES_UP = Persistence(give_up_after_ms=0)


def ready() -> PureShell:
    shell = PureShell()
    shell.connect()
    return shell


def test_an_endpoint_that_never_greets_is_no_endpoint() -> None:
    shell = PureShell()
    shell.feed(Started())
    shell.feed(LinkUp())
    done = shell.advance(GREETING_DEADLINE_MS)
    assert any(isinstance(action, Close) for action in done)
    [ended] = shell.updates(Ended)
    assert ended.kind is EndKind.CONNECT_FAILED
    assert "session.created" in ended.reason


def test_hanging_up_silences_stops_tools_closes_and_is_the_last_update() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    shell.feed(events.call_done("r1", "c1"))
    shell.feed(events.audio_delta("r1", "i1", 500))
    done = shell.feed(HangUp())
    kinds = [type(action) for action in done]
    assert kinds[:3] == [FlushPlayback, CancelTool, Close]
    assert shell.updates(Ended) == [Ended(EndKind.HUNG_UP, 1000, "hung up")]


def test_after_the_end_nothing_has_any_effect() -> None:
    shell = ready()
    shell.feed(HangUp())
    assert shell.feed(events.response_created("r1")) == []
    assert shell.feed(UserTyped("hello")) == []
    assert shell.feed(MicFrame(bytes(960))) == []
    assert shell.feed(HangUp()) == []
    assert shell.feed(LinkDown(1000, "")) == []
    assert shell.feed(LinkUp()) == []
    assert shell.core.phase is Phase.CLOSED
    assert shell.core.next_deadline_ms() is None


def test_a_close_that_nobody_confirms_is_over_in_time() -> None:
    shell = ready()
    shell.feed(HangUp())
    assert shell.core.next_deadline_ms() is not None
    shell.advance(5_000)
    assert shell.core.next_deadline_ms() is None


def test_a_link_lost_for_good_ends_the_session_and_stops_its_tools() -> None:
    shell = PureShell(persistence=GIVES_UP)
    shell.connect()
    shell.feed(events.response_created("r1"))
    shell.feed(events.call_done("r1", "c1"))
    done = shell.feed(LinkDown(1006, "gone"))
    assert CancelTool("c1") in done
    [ended] = shell.updates(Ended)
    assert (ended.kind, ended.code, ended.reason) == (EndKind.LINK_LOST, 1006, "gone")


@pytest.mark.parametrize(
    ("down", "kind"),
    [
        (LinkDown(0, "refused"), EndKind.CONNECT_FAILED),
        (LinkDown(401, "no", is_auth=True), EndKind.AUTH_FAILED),
    ],
)
def test_a_link_that_never_came_up_is_a_failed_connect(down: LinkDown, kind: EndKind) -> None:
    shell = PureShell()
    shell.feed(Started())
    shell.feed(down)
    [ended] = shell.updates(Ended)
    assert (ended.kind, ended.reason) == (kind, down.reason)


def test_a_link_that_closes_while_it_is_configured_is_a_failed_connect() -> None:
    shell = PureShell()
    shell.feed(Started())
    shell.feed(LinkUp())
    shell.feed(events.session_created())
    shell.feed(LinkDown(1008, "policy"))
    [ended] = shell.updates(Ended)
    assert ended.kind is EndKind.CONNECT_FAILED
    assert "while it was being configured: policy" in ended.reason


def test_one_bad_frame_is_survived_and_a_flood_costs_the_connection() -> None:
    shell = ready()
    for _ in range(MAX_BAD_FRAMES):
        shell.feed(FrameRefused("expected a frame of JSON"))
    assert shell.updates(ConnectionLost) == []
    done = shell.feed(FrameRefused("expected a frame of JSON"))
    assert DropLink() in done
    assert Connect() in done
    assert shell.core.phase is Phase.RECONNECTING


def test_a_flood_of_bad_frames_is_the_end_where_nothing_is_tried_again() -> None:
    shell = PureShell(persistence=GIVES_UP)
    shell.connect()
    for _ in range(MAX_BAD_FRAMES + 1):
        shell.feed(FrameRefused("expected a frame of JSON"))
    assert [ended.code for ended in shell.updates(Ended)] == [1007]


def test_bad_frames_that_come_slowly_never_end_a_session() -> None:
    shell = ready()
    for _ in range(4 * MAX_BAD_FRAMES):
        shell.feed(FrameRefused("expected a frame of JSON"))
        shell.advance(1_000)
    assert shell.updates(Ended) == []


def test_starting_twice_is_our_bug() -> None:
    shell = ready()
    with pytest.raises(LocalProtocolError):
        shell.feed(Started())
