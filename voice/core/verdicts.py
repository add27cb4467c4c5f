"""Whether another try can help, and what a person is told: one table for every way to fail.

A connection fails by an HTTP status instead of a WebSocket, by a close code, or by an ``error``
event before or on an open session. Each of them has one rule here (PROTOCOL §2.9 to §2.11); nobody
else decides what is fatal.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """What to do about a failure."""

    RETRY = "try again, after the usual wait"
    LATER = "try again, but not soon: the endpoint is busy"
    OTHER_DIALECT = "try once more in the other dialect"
    NEXT = "another endpoint, where there is one; here only a person can help, or time"
    NEVER = "not here any more: another try cannot help"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a failure means; ``sentence`` goes on from "the endpoint"."""

    verdict: Verdict
    sentence: str
    is_auth: bool = False
    """Whether the key or the account is at fault."""


_KEY = Rule(Verdict.NEVER, "refused the key; check the API key and what it may use", True)
_CREDIT = Rule(
    Verdict.NEVER, "says that the account has no credit; top it up, or use another key", True
)
_BRAIN_KEY = Rule(
    Verdict.NEVER,
    "has a key that its model refuses; set brain.api_key or VOICE_BRAIN__API_KEY to a valid one",
    True,
)
_BRAIN_CREDIT = Rule(
    Verdict.NEVER,
    "says that its model's account has no credit; top it up, or set another key as brain.api_key "
    "or VOICE_BRAIN__API_KEY",
    True,
)
_ACCOUNT = Rule(Verdict.NEVER, "says that the account is not active; use another key", True)
_MODEL = Rule(Verdict.NEVER, "does not know the model; check its name, or what the key may use")
_DIALECT = Rule(Verdict.OTHER_DIALECT, "does not take this dialect of the protocol")
_BUSY = Rule(Verdict.LATER, "is busy or the rate limit is reached; try again later")
_FULL = Rule(Verdict.LATER, "has no room for another session")
_FAULT = Rule(Verdict.RETRY, "has a fault of its own; try again later")
_EXPIRED = Rule(Verdict.RETRY, "ended the session at its longest duration")
_PATH = Rule(Verdict.NEVER, "has no realtime endpoint under this path; check the URL")
_PORTAL = Rule(
    Verdict.NEXT,
    "answered with a web page, not a WebSocket; check the URL, or log in to this network first",
)
_BROKEN = Rule(Verdict.RETRY, "broke the connection off")
_POLICY = Rule(Verdict.NEVER, "refuses this session by its rules")

BRAIN_KEY_VARIABLE = "VOICE_BRAIN__API_KEY"
"""Named in a failure of our own server that comes of its model's key."""

ERROR_RULES: dict[str, Rule] = {
    "account_deactivated": _ACCOUNT,
    "authentication_error": _KEY,
    "beta_api_shape_disabled": _DIALECT,
    "billing_hard_limit_reached": _CREDIT,
    "credit_balance_exhausted": _CREDIT,
    "inference_rate_limit_exceeded": _BUSY,
    "insufficient_quota": _CREDIT,
    "insufficient_user_quota": _CREDIT,
    "invalid_api_key": _KEY,
    "invalid_model": _MODEL,
    "missing_beta_header": _DIALECT,
    "missing_model": Rule(Verdict.NEVER, "needs a model: set one, or add ?model= to the URL"),
    "model_not_found": _MODEL,
    "model_load_error": _FAULT,
    "permission_denied": _KEY,
    "rate_limit_exceeded": _BUSY,
    "server_error": _FAULT,
    "session_expired": _EXPIRED,
    "session_limit_reached": _FULL,
    "unauthorized": _KEY,
}
"""By the code, or the type, of an ``error`` event or of a failed response."""

STATUS_RULES: dict[int, Rule] = {
    400: Rule(Verdict.NEVER, "refused the request"),
    401: _KEY,
    402: _CREDIT,
    403: _KEY,
    404: _PATH,
    405: _PATH,
    407: Rule(Verdict.NEVER, "is behind a proxy that wants a login"),
    408: _FAULT,
    410: Rule(Verdict.NEVER, "has no realtime endpoint under this path any more; check the URL"),
    425: _FAULT,
    426: Rule(Verdict.NEVER, "refused to connect"),
    429: _BUSY,
    511: _PORTAL,
}
"""By the HTTP status of a refused handshake; see ``of_status`` for the rest."""

CLOSE_RULES: dict[int, Rule] = {
    1000: Rule(Verdict.RETRY, "closed the connection"),
    1001: Rule(Verdict.RETRY, "went away, or its longest session is over"),
    1002: _BROKEN,
    1003: _BROKEN,
    1005: _BROKEN,
    1006: _BROKEN,
    1007: _BROKEN,
    1008: _POLICY,
    1009: _BROKEN,
    1011: _FAULT,
    1012: Rule(Verdict.RETRY, "is being restarted"),
    1013: _BUSY,
    1014: _FAULT,
    1015: Rule(Verdict.RETRY, "broke the encrypted connection off"),
    3000: _KEY,
    3003: _KEY,
    3008: _BROKEN,
    4000: _DIALECT,
    4001: _KEY,
    4003: _KEY,
    4008: Rule(Verdict.RETRY, "gave up since we read too slowly"),
    4009: Rule(Verdict.LATER, "is in use by another client"),
    4401: _KEY,
    4403: _KEY,
    4429: _BUSY,
}
"""By the close code of a WebSocket; see ``of_close`` for the rest."""


def of_error(code: str | None, kind: str | None = None) -> Rule | None:
    """Return the rule of an error's ``code`` or else its type; None where it says nothing."""
    found = ERROR_RULES.get(code or "")
    return found if found is not None else ERROR_RULES.get(kind or "")


def of_failed_response(code: str | None, kind: str | None, message: str | None) -> Rule | None:
    """Return the rule of a failed response; our own server names the setting of its model's key.

    Where it does, it is that key which is wrong, and not the one of the connection.
    """
    rule = of_error(code, kind)
    if rule is not None and rule.is_auth and BRAIN_KEY_VARIABLE in (message or ""):
        return _BRAIN_CREDIT if rule is _CREDIT else _BRAIN_KEY
    return rule


def of_status(status: int) -> Rule:
    """Return the rule of an HTTP answer that came instead of a WebSocket."""
    rule = STATUS_RULES.get(status)
    if rule is not None:
        return rule
    if status < 400:
        return _PORTAL
    if status >= 500:
        return _FAULT
    return Rule(Verdict.RETRY, "refused to connect")


def of_close(code: int) -> Rule:
    """Return the rule of a close code; what nobody has named may pass."""
    rule = CLOSE_RULES.get(code)
    if rule is not None:
        return rule
    return _POLICY if 3000 <= code < 4000 else _BROKEN


def of_end(code: int, *, is_auth: bool, retryable: bool) -> Rule:
    """Return the rule of a connection's end, as the shell tells it.

    ``code`` is an HTTP status, a close code, or 0 for a failure that has neither: an address that
    cannot be reached, or one where the shell knows that no retry can help, such as a certificate.
    """
    if is_auth:
        return STATUS_RULES.get(code, _KEY)
    if code >= 1000:
        return of_close(code)
    if code:
        rule = of_status(code)
        if retryable == (rule.verdict in (Verdict.NEVER, Verdict.NEXT)):
            # A page of a login portal under a status that has another meaning elsewhere.
            return _BROKEN if retryable else _PORTAL
        return rule
    if retryable:
        return Rule(Verdict.RETRY, "cannot be reached")
    return Rule(Verdict.NEVER, "cannot be connected to")
