"""The endpoint of a random conversation: mostly it does what is asked, sometimes anything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from voice.core import client_inputs as inp
from voice.protocol.server_events import ServerEvent, UnknownEvent
from voice.testing import events
from voice.testing.walk_links import WalkedLinks
from voice.testing.walk_pick import Pick, one_of


class WalkedEndpoint:
    """What an endpoint of a walk can say; each public method up to ``spoil_frame`` is a move.

    ``feed`` feeds the core what it says, where there is a connection, and ``advance`` lets
    milliseconds pass. With ``has_buttons`` it ends no turns.
    """

    def __init__(
        self,
        pick: Pick,
        feed: Callable[[ServerEvent | inp.Input], None],
        advance: Callable[[int], None],
        links: WalkedLinks,
        *,
        has_buttons: bool,
    ) -> None:
        self._pick = pick
        self._feed = feed
        self._advance = advance
        self._links = links
        self._has_buttons = has_buttons
        self._count = 0
        self._responses: list[str] = []
        self._ended_responses: list[str] = []
        self._items: dict[str, list[str]] = {}
        self._calls: list[str] = []

    def hear(self) -> None:
        """Hear the user speak."""
        if not self._has_buttons:
            self._feed(events.speech_started(self._new("user")))

    def hear_no_more(self) -> None:
        """Hear no more of it, or commit it."""
        if not self._has_buttons:
            item_id = f"user_{self._count}"
            what = one_of(self._pick, events.speech_stopped, events.committed)
            self._feed(what(item_id))

    def transcribe(self) -> None:
        """Say what the user said."""
        self._feed(events.transcribed(f"user_{self._count}", "words"))

    def answer_request(self) -> None:
        """Begin the response that was asked for first."""
        if self._links.requests:
            self._links.requests.pop(0)
            self.begin()

    def begin(self) -> None:
        """Begin a response."""
        response_id = self._new("response")
        self._responses.append(response_id)
        self._feed(events.response_created(response_id))

    def begin_again(self) -> None:
        """Say of a response that it began, which was said before."""
        self._feed(events.response_created(self._any_response()))

    def refuse(self) -> None:
        """Refuse a request for a response."""
        code = one_of(self._pick, "conversation_already_has_active_response", "rate_limit_exceeded")
        requests = self._links.requests
        event_id = requests.pop(0) if requests else None
        self._feed(events.error(code, event_id=one_of(self._pick, event_id, event_id, None)))

    def fail(self) -> None:
        """Report an error."""
        code = one_of(
            self._pick, "response_cancel_not_active", "invalid_value", "server_error", None
        )
        kind = one_of(self._pick, "truncate_1", "cancel_1", "add_1", None)
        self._feed(events.error(code, event_id=kind))

    def speak(self) -> None:
        """Speak a stretch of a response, with its words."""
        response_id = self._any_response()
        item_id = self._item(response_id)
        for _ in range(1 + self._pick(3)):
            self._feed(events.words(response_id, item_id, "some words "))
            index = self._pick(8) // 7
            ms = one_of(self._pick, 20, 100, 400, 1_500)
            self._feed(events.audio_delta(response_id, item_id, ms, index=index))

    def speak_of_nobody(self) -> None:
        """Send sound of a response that never began."""
        response_id = one_of(self._pick, "", self._new("ghost"))
        self._feed(events.audio_delta(response_id, self._new("reply"), 100))

    def complete_part(self) -> None:
        """End a part of a response."""
        response_id = self._any_response()
        item_id = self._item(response_id)
        self._feed(events.audio_done(response_id, item_id))
        self._feed(events.words_done(response_id, item_id, "some words "))

    def complete_item(self) -> None:
        """End an item of a response."""
        response_id = self._any_response()
        status = one_of(self._pick, "completed", "incomplete")
        item = events.assistant_item(self._item(response_id), "some words ", status=status)
        self._feed(events.item_done(response_id, item))

    def call(self) -> None:
        """Call a tool, now and then under an id that was used before."""
        call_id = self._new("call")
        if len(self._calls) > 150:
            return
        if self._calls and self._pick(4) == 0:
            call_id = one_of(self._pick, *self._calls)
        self._calls.append(call_id)
        status = "incomplete" if self._pick(8) == 0 else "completed"
        name = one_of(self._pick, "clock", "search")
        self._feed(events.call_done(self._any_response(), call_id, name, status=status))

    def finish_response(self) -> None:
        """End a response that runs."""
        if not self._responses:
            return
        response_id = self._responses.pop(self._pick(len(self._responses)))
        self._ended_responses.append(response_id)
        status = one_of(self._pick, "completed", "cancelled", "failed", "incomplete")
        output = (
            [_call_item(one_of(self._pick, *self._calls))]
            if self._calls and self._pick(4) == 0
            else []
        )
        self._feed(events.response_done(response_id, status, output=output))

    def finish_any(self) -> None:
        """Say that a response is over, whether it runs or not."""
        self._feed(
            events.response_done(one_of(self._pick, self._any_response(), self._new("ghost")))
        )

    def acknowledge(self) -> None:
        """Add an item that the core created."""
        created = self._links.created
        if created:
            item = one_of(self._pick, *created[-3:]).item
            self._feed(events.item_added(item.to_wire()))

    def cut(self) -> None:
        """Say what is left of an item."""
        item_id = self._item(self._any_response())
        self._feed(events.truncated(item_id))
        self._feed(events.retrieved(events.assistant_item(item_id, "some ")))

    def delete(self) -> None:
        """Say that an item is gone."""
        self._feed(events.deleted(self._item(self._any_response())))

    def reconfigure(self) -> None:
        """Tell the session."""
        self._feed(events.session_updated())

    def surprise(self) -> None:
        """Send an event that nobody knows."""
        self._feed(UnknownEvent(self._new("from.the.future"), None, {}))

    def spoil_frame(self) -> None:
        """Now and then send a frame that is no event."""
        if self._pick(4) == 0:
            self._feed(inp.FrameRefused("expected a frame of JSON"))
            self._advance(1_000)

    # --- what is no move --------------------------------------------------------------------------

    def begin_session(self) -> None:
        """Forget what an endpoint knew; some count their ids anew."""
        self._responses, self._ended_responses, self._items = [], [], {}
        if self._pick(2):
            self._count = 0

    def cancel_all(self) -> None:
        """End every response that runs."""
        for response_id in self._responses:
            self._feed(events.response_done(response_id, "cancelled"))

    def hear_last(self) -> None:
        """Hear the user speak, and no more."""
        self._feed(events.speech_started("user_last"))
        self._feed(events.speech_stopped("user_last"))

    def answer_wholly(self) -> None:
        """Begin a response that was asked for, if one was, and end it."""
        if self._links.requests:
            self.answer_request()
            self._feed(events.response_done(self._responses.pop()))

    def _any_response(self) -> str:
        """Return mostly the newest response, sometimes an older one, or one that is over."""
        if self._responses and self._pick(4):
            return self._responses[-1]
        return one_of(self._pick, "response_0", *self._responses, *self._ended_responses[-5:])

    def _item(self, response_id: str) -> str:
        """Return an item of a response, now and then a new one."""
        items = self._items.setdefault(response_id, [])
        if not items or self._pick(6) == 0:
            items.append(self._new("reply"))
        return items[-1] if self._pick(6) else one_of(self._pick, *items)

    def _new(self, kind: str) -> str:
        self._count += 1
        return f"{kind}_{self._count}"


def _call_item(call_id: str) -> dict[str, Any]:
    return {
        "type": "function_call",
        "id": f"item_of_{call_id}",
        "name": "clock",
        "call_id": call_id,
        "arguments": "{}",
    }
