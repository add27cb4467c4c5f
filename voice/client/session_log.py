"""What the log says of a session: connections, endpoints, turns, tools and caps, at INFO.

Ids, counts, times and our own words only; what was said, and what tools were told, is left out. An
endpoint's reason for a lost connection is kept short.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from voice.core.bounded import BoundedDict
from voice.core.updates import (
    ApprovalOver,
    ConnectionLost,
    DeviceUpdate,
    Ended,
    EndpointChanged,
    ErrorReported,
    Interrupted,
    PlaybackPaused,
    PlaybackResumed,
    Reconnected,
    ResponseFinished,
    SessionReady,
    SessionRenewed,
    ToolCallFinished,
    ToolCallStarted,
    TurnTimeline,
    Update,
    UserSpeechStopped,
    WarningIssued,
)
from voice.log_lines import about

log = logging.getLogger(__name__)

MAX_REASON = 200
_MAX_CALLS = 256


class SessionLog:
    """Writes a line for each update that whoever runs this needs to see."""

    def __init__(self, endpoint: str, now_s: Callable[[], float]) -> None:
        self._endpoint = endpoint
        self._now_s = now_s
        self._calls: BoundedDict[str, float] = BoundedDict(_MAX_CALLS)

    def take(self, update: Update) -> None:
        """Write the line of an update, if it has one."""
        if not log.isEnabledFor(logging.INFO):
            return
        match update:
            case ToolCallStarted():
                self._calls[update.call_id] = self._now_s()
            case ToolCallFinished():
                self._tool(update)
            case ApprovalOver():
                fields = about("leave", request=update.request_id, verdict=update.verdict)
                log.info("leave for the endpoint's call: %s", update.verdict, extra=fields)
            case TurnTimeline():
                self._turn(update)
            case ResponseFinished():
                ids = {"response": update.response_id, "status": update.status}
                text = "response %s: %s"
                log.info(text, update.response_id, update.status, extra=about("response", **ids))
            case Interrupted():
                # A cause may quote what was said; the screen and the black box have it.
                fields = about("interrupted", item=update.item_id, heard_ms=update.heard_ms)
                log.info("interrupted after %d ms", update.heard_ms, extra=fields)
            case PlaybackPaused():
                log.info("playback paused", extra=about("paused"))
            case PlaybackResumed():
                kind = update.kind or "not judged"
                log.info("playback goes on: %s", kind, extra=about("resumed", kind=kind))
            case UserSpeechStopped():
                text = "the user's turn is over: %s"
                log.info(text, update.cause, extra=about("turn_over", cause=update.cause))
            case DeviceUpdate():
                state = "works" if update.is_working else "is gone"
                fields = about("device", kind=update.kind, is_working=update.is_working)
                log.info(
                    "%s %r %s: %s", update.kind, update.name, state, update.detail, extra=fields
                )
            case WarningIssued():
                fields = about("warning", code=update.code)
                log.info("%s: %s", update.code, update.message[:MAX_REASON], extra=fields)
            case ErrorReported():
                # The endpoint's own words may repeat what was said.
                log.info("error: %s", update.code[:80], extra=about("error", code=update.code[:80]))
            case _:
                self._connection(update)

    def _connection(self, update: Update) -> None:
        match update:
            case SessionReady():
                fields = about("ready", endpoint=self._endpoint, dialect=update.dialect.value)
                text = "session open at %s, %s"
                log.info(text, self._endpoint, update.dialect.value, extra=fields)
            case ConnectionLost():
                why = update.reason[:MAX_REASON]
                fields = about(
                    "lost", attempt=update.attempt, cause=why, retry_in_ms=update.retry_in_ms
                )
                log.info("connection lost, attempt %d: %s", update.attempt, why, extra=fields)
            case Reconnected():
                fields = about("back", restored=update.restored, skipped=update.skipped)
                log.info(
                    "connection back, conversation restored: %s", update.restored, extra=fields
                )
            case SessionRenewed():
                fields = about("renewed", restored=update.restored, skipped=update.skipped)
                log.info("session renewed, conversation: %s", update.restored, extra=fields)
            case EndpointChanged():
                self._endpoint = update.name
                why = update.reason[:MAX_REASON] or "the better one is back"
                fields = about("endpoint", endpoint=update.name, index=update.index, cause=why)
                log.info("going on at %s: %s", update.name, why, extra=fields)
            case Ended():
                fields = about("ended", kind=update.kind.name.lower(), code=update.code)
                log.info("session ended: %s", update.kind.value, extra=fields)

    def _tool(self, update: ToolCallFinished) -> None:
        begun_s = self._calls.pop(update.call_id, None)
        ms = 0 if begun_s is None else round((self._now_s() - begun_s) * 1_000)
        status = "failed" if update.is_error else "done"
        fields = about("tool", tool=update.name, call=update.call_id, ms=ms, status=status)
        log.info("tool %s %s in %d ms", update.name, status, ms, extra=fields)

    def _turn(self, update: TurnTimeline) -> None:
        zero_ms = update.speech_end_ms if update.speech_end_ms is not None else update.turn_end_ms
        if zero_ms is None:
            return
        marks = ("turn_end_ms", "transcript_ms", "first_token_ms", "first_audio_ms")
        found = {name: getattr(update, name) for name in marks}
        after = {name: ms - zero_ms for name, ms in found.items() if ms is not None}
        told = ", ".join(f"{name.removesuffix('_ms')} {ms}" for name, ms in after.items())
        fields = about("turn", response=update.response_id, **after)
        log.info("turn measured, ms after the last word: %s", told, extra=fields)
