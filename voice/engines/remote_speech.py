"""What ears and mouths behind an HTTP interface have in common: their client, and their errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from voice.errors import EngineError

if TYPE_CHECKING:
    from openai import AsyncOpenAI

OPENAI_BASE_URL = "https://api.openai.com/v1"
CONNECT_TIMEOUT_S = 4.0

Stage = Literal["stt", "tts"]

_STAGES: Mapping[Stage, str] = {"stt": "speech recognition", "tts": "speech synthesis"}


class RemoteSpeechError(EngineError):
    """A remote stage failed.

    ``is_lasting`` is true where no later try can help until a person mends it (key, model, money).
    ``retry_after_s`` is how long the endpoint asks to be left alone, 0 where it does not say.
    """

    def __init__(
        self, message: str, *, is_lasting: bool = False, retry_after_s: float = 0.0
    ) -> None:
        """Keep what decides when to try again beside the message."""
        super().__init__(message)
        self.is_lasting = is_lasting
        self.retry_after_s = retry_after_s


def speech_client(
    stage: Stage, *, base_url: str, api_key: str, timeout_s: float, max_retries: int
) -> AsyncOpenAI:
    """Make the SDK's client; blocking (the import alone takes half a second).

    An empty key is for servers that ask for none. Whoever asks closes it.
    """
    if not re.match(r"https?://[^/\s]", base_url):
        raise EngineError(f"{stage}.base_url must be an http:// or https:// address")
    try:
        from openai import AsyncOpenAI, Timeout
    except ImportError as error:
        raise EngineError(
            f"the package openai is not installed, so {stage}.engine = openai cannot be used; "
            "pip install openai"
        ) from error
    return AsyncOpenAI(
        base_url=base_url,
        api_key=api_key or "none",
        max_retries=max_retries,
        timeout=Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s)),
    )


def explained(error: Exception, *, stage: Stage, base_url: str, model: str) -> RemoteSpeechError:
    """Return one line with cause and mend for what went wrong; never a key or a body.

    To be raised ``from None``: the SDK's exceptions hold the request and its headers.
    """
    import openai

    parts = urlsplit(base_url)
    port = f":{parts.port}" if parts.port else ""
    where = f"the {_STAGES[stage]} at {parts.scheme}://{parts.hostname}{port}"
    if isinstance(error, openai.APIStatusError):
        cause, is_lasting = refusal(error.status_code, _code_of(error), stage=stage, model=model)
        return RemoteSpeechError(
            f"{where} {cause}", is_lasting=is_lasting, retry_after_s=_retry_after_s(error)
        )
    match error:
        case openai.APITimeoutError() | TimeoutError():
            cause = "did not answer in time; try again or choose a quicker model"
        case openai.APIConnectionError():
            cause = f"cannot be reached; check {stage}.base_url and the network"
        case openai.APIError() | ValueError() | TypeError():
            cause = f"answered with something else ({type(error).__name__}); check {stage}.base_url"
        case _:
            cause = f"broke off in the middle ({type(error).__name__}); try again"
    return RemoteSpeechError(f"{where} {cause}")


def refusal(status: int, code: str, *, stage: str, model: str) -> tuple[str, bool]:
    """Return what an HTTP status means and how to mend it, and whether only a person can.

    ``stage`` is the section of the settings that the mend names (``stt``, ``tts``, ``brain``).
    """
    shown = f", {code}" if code else ""
    # Relays send these codes with statuses of their own choice (403, 429, 503).
    if any(word in code.lower() for word in ("quota", "billing", "balance")):
        return f"says that the account's quota is used up ({status}{shown}); top it up", True
    match status:
        case 401:
            key = f"VOICE_{stage.upper()}__API_KEY"
            return f"refused the key (401); set {key} to a valid one", True
        case 402:
            return "asks for payment (402); top up the account behind the key", True
        case 403:
            return f"does not allow this key to use {model!r} (403{shown})", True
        case _ if status in (404, 405) or code == "model_not_found":
            advice = f"check {stage}.model and {stage}.base_url (voice models lists the models)"
            return f"knows no model {model!r}, or its address is wrong ({status}); {advice}", True
        case 413:
            return "finds the recording too long (413); speak shorter turns", False
        case 429:
            return "is refusing requests for a while: too many of them (429); wait a moment", False
        case _ if status >= 500:
            return f"failed (status {status}{shown}); try again in a moment", False
        case _:
            return f"refused the request (status {status}{shown}); check {stage}.model", False


def _code_of(error: Any) -> str:
    """Return the error's short code, "" where it is no plain identifier."""
    for value in (error.code, error.type):
        if isinstance(value, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]{1,40}", value):
            return value
    return ""


def _retry_after_s(error: Any) -> float:
    try:
        return max(0.0, min(3_600.0, float(error.response.headers.get("retry-after", 0))))
    except ValueError:
        return 0.0
