"""What tools want of a session beside their calls: a question to the user, a new list of tools."""

from __future__ import annotations

from dataclasses import replace

from voice.core.client_inputs import AskUser, QuestionOver, ToolsChanged
from voice.core.client_speech import tell_unasked
from voice.core.client_state import ClientState
from voice.core.updates import QuestionAsked
from voice.protocol.client_events import SessionUpdate
from voice.protocol.session_config import SessionConfig, hosted_servers


class ToolWishHandlers:
    """Put questions while calls run, and tell sessions of tools that came and went."""

    def __init__(self, state: ClientState) -> None:
        self._state = state

    def on_ask(self, event: AskUser) -> None:
        """Keep a question until it is quiet."""
        self._state.question.open(event.text)

    def on_question_over(self, event: QuestionOver) -> None:
        """Forget the question: it was answered, or nobody waits any more."""
        self._state.question.close()

    def ask_next(self) -> bool:
        """Ask what a tool waits for, if it does; the caller knows that it is quiet.

        Unlike an announcement it does not wait for running calls: one of them waits for it.
        """
        state = self._state
        question = state.question.take()
        if question is None:
            return False
        tell_unasked(state, question)
        state.publish(QuestionAsked(question))
        return True

    def on_tools_changed(self, event: ToolsChanged) -> None:
        """Take a new list for every endpoint that was to be told the old one."""
        state = self._state
        state.cancellable_tools = event.cancellable
        before = list(event.before)
        for index, route in enumerate(state.routes.all):
            hosted = hosted_servers(route.config.tools)
            if [tool for tool in route.config.tools or () if tool not in hosted] == before:
                tools = [*event.tools, *hosted]
                config = route.config.model_copy(update={"tools": tools})
                state.routes.replace(index, replace(route, config=config))

    def tell_tools(self) -> None:
        """Tell the session its tools, where it was told others; the caller knows that it is quiet.

        A session that is opened from now on is told them at its beginning.
        """
        state = self._state
        tools = state.routes.route.config.tools
        if state.config.tools is tools:
            return
        state.config = state.config.model_copy(update={"tools": tools})
        update = SessionUpdate(
            event_id=state.new_id("update"), session=SessionConfig(tools=tools or [])
        )
        state.send(update)
