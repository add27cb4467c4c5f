"""What the brain of a response reads, and what reading and answering it came to in tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voice.core import server_messages as msg
from voice.core.compaction import room, text_tokens
from voice.core.response_options import ResponseOptions
from voice.core.server_conversation import ServerConversation
from voice.core.server_response import ResponseRun
from voice.core.session_view import SessionView
from voice.core.usage import NO_USAGE, input_tokens, usage_object


class Prompts:
    """Writes prompts from the conversation, and counts them.

    ``context_tokens`` is how much the brain can read, None where it does not say.
    """

    def __init__(
        self, conversation: ServerConversation, conversation_id: str, context_tokens: int | None
    ) -> None:
        self._conversation = conversation
        self._conversation_id = conversation_id
        self._context_tokens = context_tokens
        self._tools: tuple[Mapping[str, Any], ...] = ()
        self._tools_tokens = 0

    def write(self, options: ResponseOptions, view: SessionView) -> msg.Prompt:
        """Return what the brain of a response reads.

        Raises TooLong where the conversation does not fit and nothing may be left out, and Refusal
        for an item that is not there.
        """
        conversation = self._conversation
        if options.input is None:
            if options.tools != self._tools:
                self._tools, self._tools_tokens = options.tools, text_tokens(str(options.tools))
            space = room(
                view.session.get("truncation"),
                context_tokens=self._context_tokens,
                fixed_tokens=text_tokens(options.instructions) + self._tools_tokens,
                answer_tokens=options.token_limit,
            )
            entries = conversation.entries(space)
        else:
            entries = conversation.own_entries(options.input, view.input_format)
        return msg.Prompt(
            instructions=options.instructions,
            entries=entries,
            tools=options.tools,
            tool_choice=options.tool_choice,
            parallel_tool_calls=options.parallel_tool_calls,
            max_output_tokens=options.token_limit,
            temperature=options.temperature,
            conversation_id=self._conversation_id,
        )

    def usage(self, run: ResponseRun, ended: msg.AnswerEnded | None) -> dict[str, Any]:
        """Return the tokens of a response; what its engines did not count is counted here."""
        prompt = run.prompt
        if prompt is None:
            return NO_USAGE
        texts = [prompt.instructions, *(f"{e.text} {e.arguments}" for e in prompt.entries)]
        read = input_tokens(
            texts,
            audio_ms=sum(self._conversation.audio_ms(e.item_id) for e in prompt.entries),
            images=sum(len(entry.image_urls) for entry in prompt.entries),
            counted=ended.input_tokens if ended else 0,
            cached=ended.cached_tokens if ended else 0,
        )
        counted_out = ended.output_tokens if ended else 0
        return usage_object(
            read,
            text_out=counted_out or run.output_text_tokens(),
            audio_out_ms=run.output_audio_ms(),
            details=ended.details if ended else {},
        )
