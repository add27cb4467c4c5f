"""One sentence for each way in which a connection fails to open; transports test the real ones."""

import ssl

import pytest
from websockets.exceptions import InvalidHandshake, InvalidProxy, ProxyError, SecurityError

from voice.client.connect_errors import connect_error

URL = "wss://api.example/v1/realtime"


@pytest.mark.parametrize(
    ("error", "words", "retryable"),
    [
        (TimeoutError(), "did not answer within 3 s", True),
        (ssl.SSLError(1, "wrong version number"), "does not speak TLS here", True),
        (ssl.SSLCertVerificationError(), "it cannot be verified", False),
        (SecurityError("more than 10 redirects"), "redirects elsewhere", False),
        (ProxyError(), "the proxy could not reach api.example", True),
        (InvalidProxy("socks9://x", "scheme"), "check the *_proxy variables", False),
        (ImportError("python-socks"), "pip install python-socks", False),
        (InvalidHandshake(), "broke the handshake off", True),
        (EOFError(), "closed the connection before answering", True),
        (ConnectionResetError(104, "reset"), "closed the connection before answering", True),
        (OSError(101, "Network is unreachable"), "cannot reach api.example: Network", True),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed"), "refused", True),
        (RuntimeError("secret"), "cannot connect to api.example (RuntimeError)", True),
    ],
)
def test_a_failure_is_told_in_one_sentence(error: Exception, words: str, retryable: bool) -> None:
    told = connect_error(error, URL, limit_s=3)
    assert words in str(told)
    assert "\n" not in str(told)
    assert told.retryable is retryable
