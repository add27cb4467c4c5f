"""Why a connection could not be opened, in one sentence that says what to do.

No sentence holds a key or a query, nor a body but for its message, with what looks like a key
masked.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import orjson
from websockets.exceptions import (
    InvalidHandshake,
    InvalidMessage,
    InvalidProxy,
    InvalidStatus,
    InvalidURI,
    ProxyError,
    SecurityError,
)

from voice.core.verdicts import STATUS_RULES, Verdict, of_status
from voice.errors import AuthError, ConnectError
from voice.logs import redact

MAX_RETRY_AFTER_S = 3_600.0

MAX_TOLD = 200
"""Characters of a server's own message that are passed on."""


def connect_error(
    error: BaseException, safe_url: str, *, limit_s: float, secrets: Iterable[str] = ()
) -> ConnectError:
    """Return the ConnectError, or AuthError, that tells why ``safe_url`` could not be reached.

    ``secrets`` were sent there, and are masked where the answer repeats them.
    """
    host = urlsplit(safe_url).netloc
    match error:
        case InvalidStatus():
            response = error.response
            headers = response.headers
            told = redact(_told(response.body), secrets)[:MAX_TOLD]
            return _refused(response.status_code, host, headers=headers, told=told)
        case InvalidMessage() if (status := _old_status(error)) is not None:
            return _refused(status, host)
        case TimeoutError():
            return ConnectError(
                f"{host} did not answer within {limit_s:g} s; check the network and the URL"
            )
        case ssl.SSLCertVerificationError():
            return _lasting(_untrusted(error, host))
        case ssl.SSLError():
            # Garbled on the way, or a login page's plain text: another try may find it gone.
            return ConnectError(
                f"{host} does not speak TLS here; check the port, and wss:// against ws://"
            )
        case InvalidURI():
            return _lasting(_web_page(host), status=302)
        case SecurityError():
            return _lasting(
                f"{host} redirects elsewhere, and the key is not sent there; check the URL"
            )
        case InvalidProxy():
            return _lasting("the proxy setting is no URL of a proxy; check the *_proxy variables")
        case ProxyError():
            return ConnectError(f"the proxy could not reach {host}; check the proxy settings")
        case ImportError():
            return _lasting("a SOCKS proxy is set: pip install python-socks, or unset the proxy")
        case InvalidMessage() | EOFError() | ConnectionResetError():
            return ConnectError(_hung_up(host, is_tls=safe_url.startswith("wss:")))
        case InvalidHandshake():
            # A 101 whose headers are wrong: damaged on the way, or something else in between.
            return ConnectError(
                f"{host} broke the handshake off ({type(error).__name__}); check the URL and the "
                "network in between"
            )
        case OSError():
            return ConnectError(_unreachable(error, host))
    return ConnectError(f"cannot connect to {host} ({type(error).__name__})")


def _lasting(message: str, *, status: int | None = None) -> ConnectError:
    """Return an error that another try would only meet again."""
    return ConnectError(message, status=status, retryable=False)


def _refused(
    status: int,
    host: str,
    *,
    headers: Mapping[str, str] | None = None,
    told: str = "",
) -> ConnectError:
    """Return what an HTTP answer instead of a WebSocket means."""
    headers = headers or {}
    if status in (401, 403):
        message = f"{host} refused the key (HTTP {status}); check the API key and what it may use"
        return AuthError(message, status=status)
    rule = of_status(status)
    kind = headers.get("Content-Type", "").lower()
    is_page = "html" in kind and status not in STATUS_RULES and status < 500
    if status < 400 or is_page:
        return ConnectError(_web_page(host), status=status, retryable=False)
    message = f"{host} {rule.sentence} (HTTP {status}{f': {told}' if told else ''})"
    return ConnectError(
        message,
        status=status,
        retryable=rule.verdict not in (Verdict.NEVER, Verdict.NEXT),
        retry_after_s=_retry_after_s(headers.get("Retry-After", "")),
    )


def _retry_after_s(value: str) -> float:
    """Return what a ``Retry-After`` header asks for: seconds or a date; 0 for nothing usable."""
    if value.strip().isdigit():
        return min(float(value), MAX_RETRY_AFTER_S)
    try:
        left_s = parsedate_to_datetime(value).timestamp() - time.time()
    except (ValueError, TypeError):
        return 0.0
    return max(0.0, min(left_s, MAX_RETRY_AFTER_S))


def _old_status(error: InvalidMessage) -> int | None:
    """Return the status of an HTTP/1.0 answer, as small servers and login pages give it.

    The library reads no such answer and repeats its first line in the cause.
    """
    found = re.search(r"\bHTTP/1\.0 (\d{3})\b", str(error.__cause__))
    return int(found[1]) if found else None


def _told(body: bytes | bytearray | memoryview | None) -> str:
    """Return the message of a JSON error body, in one line; empty where there is none."""
    try:
        found = orjson.loads(body or b"")
    except orjson.JSONDecodeError:
        return ""
    found = found.get("error", found) if isinstance(found, dict) else None
    message = found.get("message") if isinstance(found, dict) else found
    if not isinstance(message, str):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in message).split())


def _hung_up(host: str, *, is_tls: bool) -> str:
    message = f"{host} closed the connection before answering; check the port"
    return f"{message}, and wss:// against ws://" if is_tls else message


def _unreachable(error: OSError, host: str) -> str:
    if isinstance(error, socket.gaierror):
        return f"there is no host {host}, or no name service; check the URL and the network"
    # Several addresses fail together as one error without a number, which repeats each of them.
    if isinstance(error, ConnectionRefusedError) or "Connect call failed" in str(error):
        return f"{host} refused the connection; is the server running?"
    return f"cannot reach {host}: {error.strerror or type(error).__name__}"


def _untrusted(error: ssl.SSLCertVerificationError, host: str) -> str:
    """Return why a certificate is refused, and what helps against that."""
    cause = (getattr(error, "verify_message", "") or "it cannot be verified").rstrip(".")
    message = f"the certificate of {host} is not trusted: {cause}"
    if "expired" in cause or "not yet valid" in cause:
        return f"{message}; check this computer's date, or have the certificate renewed"
    if "mismatch" in cause:
        return f"{message}; check the host in the URL"
    return f"{message}; for a certificate of your own set SSL_CERT_FILE to its file"


def _web_page(host: str) -> str:
    return (
        f"{host} answered with a web page, not a WebSocket; check the URL, "
        "or log in to this network first"
    )
