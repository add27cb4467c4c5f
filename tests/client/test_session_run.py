"""What the end of a session stands for; the life itself is tested over real sockets."""

import pytest

from voice.client.session_run import error_of
from voice.core.updates import Ended, EndKind
from voice.errors import AuthError, ConnectError, LinkLost, VoiceError


@pytest.mark.parametrize(
    ("ended", "kind"),
    [
        (Ended(EndKind.AUTH_FAILED, 401, "bad key"), AuthError),
        (Ended(EndKind.CONNECT_FAILED, 503, "busy", retryable=True), ConnectError),
        (Ended(EndKind.LINK_LOST, 1006, "gone"), LinkLost),
    ],
)
def test_an_end_stands_for_an_error(ended: Ended, kind: type[VoiceError]) -> None:
    error = error_of(ended)
    assert type(error) is kind
    assert str(error) == ended.reason


def test_codes_and_the_hope_of_another_try_are_kept() -> None:
    failed = error_of(Ended(EndKind.CONNECT_FAILED, 503, "busy", retryable=True))
    assert isinstance(failed, ConnectError)
    assert (failed.status, failed.retryable) == (503, True)
    lost = error_of(Ended(EndKind.LINK_LOST, 1001, "gone"))
    assert isinstance(lost, LinkLost)
    assert lost.code == 1001
    unanswered = error_of(Ended(EndKind.CONNECT_FAILED, 0, "no answer"))
    assert isinstance(unanswered, ConnectError)
    assert unanswered.status is None
