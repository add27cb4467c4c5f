"""What went wrong at a model endpoint: one line with cause and mend, and the code of the wire.

Both kinds of endpoint (Chat Completions and Anthropic's Messages) are asked with SDKs whose
exceptions have the same names and shapes; nothing of a body and no key ever gets into a message.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from voice.errors import EngineError

BRAIN_ERROR = "brain_error"
"""The error type where no code of the realtime API fits.

A failure that may pass has a code of its own too (``brain_…``): by the API's own codes clients ask
again at once, and here every try was made already.
"""


BRAIN_REFUSED = "brain_refused"
"""The code where an endpoint does not take the request as it is."""


_KEY = "brain.api_key or VOICE_BRAIN__API_KEY"


class PassingFailure(EngineError):
    """A failure that another try may not meet.

    ``retry_after_s`` is how long the endpoint asks to be left alone, None where it does not say.
    """

    def __init__(self, message: str, *, code: str, kind: str, retry_after_s: float | None) -> None:
        super().__init__(message, code=code, kind=kind)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Said:
    """What an endpoint said of an error: the fields of its body, "" where absent."""

    code: str = ""
    kind: str = ""
    message: str = ""

    @classmethod
    def of(cls, body: object) -> Said:
        """Read a body in any of the shapes in use: ``{error: {…}}``, ``{…}``, or a text."""
        if isinstance(body, Mapping) and body.get("error"):
            body = body["error"]
        if not isinstance(body, Mapping):
            return cls(message=body if isinstance(body, str) else "")
        return cls(*(str(body.get(name) or "") for name in ("code", "type", "message")))

    def has(self, *words: str) -> bool:
        """Whether code or type contains any of ``words``."""
        return any(word in f"{self.code} {self.kind}".lower() for word in words)

    def is_too_long(self) -> bool:
        """Whether the conversation is longer than the model can read."""
        text = self.message.lower()
        return self.has("context_length", "context_size", "context_window") or any(
            words in text
            for words in ("maximum context length", "prompt is too long", "context window")
        )

    def is_quota(self) -> bool:
        """Whether money is wanting, rather than patience."""
        return self.has("quota", "billing", "balance", "credit") or (
            "credit balance is too low" in self.message.lower()
        )

    def shown(self) -> str:
        """Return the short code for a message, "" where it is no plain identifier."""
        for word in (self.code, self.kind):
            if re.fullmatch(r"[A-Za-z][A-Za-z_.-]{1,40}", word):
                return f", {word}"
        return ""


def failure_of(
    error: Exception, sdk: Any, *, where: str, model: str, interface: str
) -> EngineError:
    """Return what to raise for an exception of ``sdk`` (the module openai or anthropic).

    ``where`` names the endpoint, ``interface`` what it is expected to speak.
    """
    http = http_library(sdk)
    match error:
        case sdk.APIStatusError():
            headers = getattr(error.response, "headers", {})
            return of_status(error.status_code, Said.of(error.body), headers, where, model)
        case sdk.APITimeoutError() | TimeoutError() | http.TimeoutException():
            text = "did not answer in time; try again or choose a quicker model"
            return _passing(f"{where} {text}", "brain_timeout")
        case sdk.APIConnectionError() | http.TransportError():
            text = "cannot be reached, or broke off; check brain.base_url and the network"
            return _passing(f"{where} {text}", "brain_unreachable")
        case sdk.APIError():
            return of_event(Said.of(getattr(error, "body", None)), where, model)
    text = f"sent something that is not a {interface} ({type(error).__name__})"
    return _lasting(f"{where} {text}; check brain.base_url", "brain_bad_answer")


def http_library(sdk: Any) -> Any:
    """Return the HTTP library below an SDK: what breaks inside a stream it may raise as it is."""
    bases = sdk.DefaultAsyncHttpxClient.__mro__
    client = next(base for base in bases if base.__name__ == "AsyncClient")
    return importlib.import_module(client.__module__.partition(".")[0])


def of_event(said: Said, where: str, model: str) -> EngineError:
    """Return the failure that an error event inside a stream tells of."""
    known = _by_words(said, where, model)
    if known is not None:
        return known
    text = f"{where} reported an error in the middle of its answer{said.shown()}; try again"
    return _passing(text, "brain_unavailable")


def of_status(
    status: int, said: Said, headers: Mapping[str, str], where: str, model: str
) -> EngineError:
    """Return the failure that an HTTP status means."""
    if status < 400:  # an error event inside a stream, which the SDK raises as a status
        return of_event(said, where, model)
    if said.is_too_long():
        return _too_long(where)
    if status == 402 or (status in (400, 403, 429) and said.is_quota()):
        text = f"{where} says that the account's quota is used up ({status}); top up the account"
        text = f"{text}, or set another key as {_KEY}"
        return _lasting(text, "insufficient_quota", "insufficient_quota")
    match status:
        case 401:
            text = f"refused the key (401); set {_KEY} to a valid one"
            return _lasting(f"{where} {text}", "invalid_api_key", "invalid_request_error")
        case 403:
            text = f"does not allow this key to use {model!r} (403{said.shown()})"
            text = f"{text}; set another one as {_KEY}"
            return _lasting(f"{where} {text}", "permission_denied", "invalid_request_error")
        case 404:
            text = f"knows no model {model!r}, or its address is wrong (404)"
            text = f"{text}; check brain.model, and brain.base_url, which mostly ends in /v1"
            return _lasting(f"{where} {text}", "model_not_found", "invalid_request_error")
        case 413:
            return _too_long(where)
        case 429:
            return _busy(where, retry_after_s(headers))
        case 408 | 409 | 425:
            text = f"{where} gave up the request (status {status}); try again in a moment"
            return _passing(text, "brain_unavailable", retry_after_s(headers))
        case _ if status >= 500:
            text = f"{where} failed (status {status}); try again in a moment"
            return _passing(text, "brain_unavailable", retry_after_s(headers))
    text = f"{where} refused the request (status {status}{said.shown()})"
    return _lasting(text, BRAIN_REFUSED, "invalid_request_error")


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return how long to wait by ``Retry-After`` (seconds or a date) or ``Retry-After-Ms``."""
    fields = {name.lower(): value for name, value in headers.items()}
    for name, unit in (("retry-after-ms", 1_000.0), ("retry-after", 1.0)):
        value = fields.get(name, "").strip()
        if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value):
            return float(value) / unit
    try:
        at = parsedate_to_datetime(fields.get("retry-after", ""))
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())


def _by_words(said: Said, where: str, model: str) -> EngineError | None:
    if said.is_too_long():
        return _too_long(where)
    if said.is_quota():
        return of_status(402, said, {}, where, model)
    if said.has("authentication", "api_key", "unauthorized"):
        return of_status(401, said, {}, where, model)
    return _busy(where, None) if said.has("rate_limit") else None


def _busy(where: str, after_s: float | None) -> PassingFailure:
    text = f"{where} is refusing requests for a while: too many of them (429); wait a moment"
    return PassingFailure(
        text, code="brain_rate_limit_exceeded", kind="rate_limit_error", retry_after_s=after_s
    )


def _too_long(where: str) -> EngineError:
    text = "finds the conversation longer than the model can read; set brain.context_tokens to"
    return _lasting(
        f"{where} {text} what it can, or begin a new conversation",
        "context_length_exceeded",
        "invalid_request_error",
    )


def _passing(text: str, code: str, after_s: float | None = None) -> PassingFailure:
    return PassingFailure(text, code=code, kind=BRAIN_ERROR, retry_after_s=after_s)


def _lasting(text: str, code: str, kind: str = BRAIN_ERROR) -> EngineError:
    return EngineError(text, code=code, kind=kind)
