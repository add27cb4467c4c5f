"""Turns updates into lines for a person: coloured in a terminal, plain everywhere else."""

from __future__ import annotations

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from voice.core.cost import CostUpdated
from voice.core.updates import (
    AssistantTranscript,
    ConnectionLost,
    DeviceUpdate,
    Ended,
    EndKind,
    EndpointChanged,
    ErrorReported,
    Interrupted,
    Reconnected,
    ResponseFinished,
    ToolCallFinished,
    ToolCallStarted,
    TurnTimeline,
    Update,
    UserTranscript,
    WarningIssued,
)
from voice.ui.report import cost_text, parsed_arguments, timeline_text
from voice.ui.turns import Turn

MAX_SHOWN = 400
"""Characters of a tool's arguments or output that are shown."""

_LABEL_WIDTH = 9
_STYLES = {
    "You": "bold cyan",
    "Tool": "bold magenta",
    "Assistant": "bold green",
    "Timing": "dim",
    "Cost": "dim",
    "Warning": "yellow",
    "Error": "bold red",
}


class View:
    """Prints what happens, a line or a paragraph each; owned by one command."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def note(self, text: str) -> None:
        """Print a remark of ours."""
        self._console.print(Text(printable(text), style="dim"), soft_wrap=True)

    def say(self, label: str, text: str) -> None:
        """Print a labelled paragraph; wrapped beside its label in a terminal only."""
        shown = printable(text)
        if not self._console.is_terminal:
            line = f"{label:<{_LABEL_WIDTH}}  {shown}".rstrip()
            self._console.print(Text(line), soft_wrap=True)
            return
        row = Table.grid(padding=(0, 2, 0, 0))
        row.add_column(width=_LABEL_WIDTH, no_wrap=True)
        row.add_column(overflow="fold")
        body = Text(shown, style="dim" if label in ("Timing", "Cost") else "")
        row.add_row(Text(label, style=_STYLES.get(label, "")), body)
        self._console.print(row)

    def show(self, update: Update, turn: Turn | None) -> None:
        """Print an update, if a person wants to see it; ``turn`` is the one that it belongs to."""
        match update:
            case UserTranscript(is_final=True, text=text):
                if text.strip():
                    self.say("You", text)
            case AssistantTranscript(is_final=True, text=text):
                self.say("Assistant", text)
            case ToolCallStarted():
                self.say("Tool", call_text(update.name, update.arguments))
            case ToolCallFinished():
                self.say("", ("failed: " if update.is_error else "→ ") + shortened(update.output))
            case Interrupted(heard_text=heard, cause=cause):
                why = f", {cause}" if cause else ""
                self.say("", f"(interrupted{why}; heard: {heard or 'nothing'})")
            case DeviceUpdate(is_working=is_working):
                told = device_text(update)
                self.say("" if is_working else "Warning", f"({told})" if is_working else told)
            case TurnTimeline():
                # What nobody asked for, such as an announcement, is no answer to be timed.
                is_answer = update.turn_end_ms is not None and update.first_token_ms is not None
                if turn is not None and is_answer:
                    line = timeline_text(turn.timing, typed=turn.is_typed)
                    if line:
                        self.say("Timing", line)
            case CostUpdated(response_id=response_id) if response_id:
                if line := cost_text(update):
                    self.say("Cost", line)
            case ResponseFinished(status="incomplete", reason=reason):
                self.say("Warning", incomplete_text(reason))
            case ConnectionLost(reason=reason, attempt=1):
                self.say("", f"(the connection is lost: {reason}; trying again)")
            case Reconnected(restored=restored, skipped=skipped):
                missing = "" if restored == "full" else f", without {skipped} of its messages"
                self.say("", f"(connected again; the conversation goes on{missing})")
            case EndpointChanged(name=name, reason=reason):
                cause = f", since {reason}" if reason else ", which is back"
                self.say("", f"(going on at {name}{cause})")
            case Ended(kind=EndKind.HUNG_UP, reason=reason) if reason != "hung up":
                self.say("", f"(the conversation ends: {reason})")
            case WarningIssued(message=message):
                self.say("Warning", message)
            case ErrorReported(message=message):
                self.say("Error", message)
            case _:
                pass


def incomplete_text(reason: str | None) -> str:
    """Return why an answer is not whole, and where there is one the mend."""
    match reason:
        case "max_output_tokens":
            why = (
                f"{reason}, the limit of its tokens; raise session.max_output_tokens, or "
                "max_tokens of the brain, whose thinking counts too"
            )
        case "content_filter":
            why = f"{reason}, the model or its provider withheld it"
        case _:
            why = reason or "no reason given"
    return f"the answer is incomplete: {why}"


def device_text(update: DeviceUpdate) -> str:
    """Return what happened to a device, or to hearing and speaking where no device has a name."""
    told = [part for part in (update.name, update.detail) if part]
    return f"{update.kind}: {', '.join(told)}"


def call_text(name: str, arguments: str) -> str:
    """Return a call the way a programmer writes it: ``get_time(city="Tokyo")``."""
    values = parsed_arguments(arguments)
    if isinstance(values, dict):
        shown = ", ".join(f"{key}={orjson.dumps(value).decode()}" for key, value in values.items())
    else:
        shown = arguments
    return f"{name}({shortened(shown)})"


def shortened(text: str) -> str:
    """Return ``text``, cut where it is too long to be shown."""
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def printable(text: str) -> str:
    """Return ``text`` on one line, without what could drive a terminal."""
    return "".join(char if char.isprintable() else " " for char in text).strip()
