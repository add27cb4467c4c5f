"""What belongs to no subject: taking back the last change, and what came of a yes or a no."""

from __future__ import annotations

from typing import Any

from tools import ToolContext, ToolError, tool
from tools.outcome import spoken_part


@tool(
    examples=[
        "take (that|it) back",
        "undo [that|it|this] [please]",
        "undo the last (change|thing|step)",
        "that was wrong",
        "(reverse|revert) (that|it)",
        "put (it|that) back [how it was]",
        "(oops|no) undo (it|that)",
        "i (did not|didn't) mean that",
        "(undo|revert|reverse) the last (one|action|command)",
        "that was a mistake",
        "(undo|reverse) what you [just] did",
        "put it back the way it was",
        "i take that back",
        "go back one step",
        "(reverse|revert|undo|take back) (the last thing|that last thing|your last action)",
        "(restore|bring back) (that|it|what you deleted)",
        "that is not what i (wanted|meant|asked for) [undo it]",
        "(undo|cancel) (the last thing|what) (i said|you did|you just did)",
        "(put|set) (that|it|things|everything) back [the way it was]",
    ],
)
def undo_last(ctx: ToolContext) -> dict[str, Any]:
    """Take back the last change that a tool made: "take that back", "undo".

    Args:
        ctx: Given by the registry.
    """
    return {"spoken": ctx.undo.take_back()}


@tool(
    effect="read",
    only_with="irreversible",
    examples=[
        "yes [please]",
        "yes (go ahead|do it)",
        "(go ahead|do it)",
        "no [thanks|thank you]",
        "no don't",
        "don't [do it]",
        "did you do it",
    ],
)
def answer_outcome(ctx: ToolContext) -> dict[str, Any]:
    """Tell what came of a question that the user answered with yes or no.

    It cannot answer in the user's place: what the user said has already been taken into account.

    Args:
        ctx: Given by the registry.
    """
    outcome = ctx.consent_outcome()
    if outcome.is_error:
        raise ToolError(outcome.output)
    return {"spoken": spoken_part(outcome.output)}
