"""What the server remembers of addresses: their sessions, and the keys that they got wrong."""

from __future__ import annotations

import ipaddress
import math
from collections import deque
from collections.abc import Callable, Iterable

from voice.protocol.typed_url import is_loopback
from voice.server.limits import (
    ADDRESSES,
    FAILURE_DELAY_S,
    FAILURES,
    FAILURES_S,
    SESSIONS_PER_ADDRESS,
)


def network_of(address: str) -> str:
    """Return whom an address stands for: an IPv6 host owns its whole /64, an IPv4 host itself."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    if parsed.is_loopback:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def may_open(network: str, taken: Iterable[str], most: int | None) -> bool:
    """Tell whether a network may have one more session beside those of ``taken``.

    ``most`` 0 is no limit. None is the usual rule: programs of this machine share one address and
    are bounded by the number of all sessions only.
    """
    if most is None:
        if is_loopback(network):
            return True
        most = SESSIONS_PER_ADDRESS
    return not most or sum(other == network for other in taken) < most


class WrongKeys:
    """Slows down whoever sends wrong keys; a right key is never made to wait.

    A lock-out that a neighbour behind the same address can cause would be worse than the guesses:
    a token is long, and five or five thousand guesses a minute find none.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._failures: dict[str, deque[float]] = {}  # bounded: ADDRESSES

    def note(self, network: str) -> tuple[float, int | None]:
        """Count a wrong key; returns how long to wait with the answer, and how long to stay away.

        Both in seconds; the second is None while the network has tries left.
        """
        now_s = self._now_s()
        times = self._failures.pop(network, None) or deque(maxlen=FAILURES)
        while times and now_s - times[0] >= FAILURES_S:
            times.popleft()
        self._failures[network] = times
        if len(self._failures) > ADDRESSES:
            del self._failures[next(iter(self._failures))]
        if len(times) == FAILURES:
            return 0.0, math.ceil(FAILURES_S - (now_s - times[0]))
        times.append(now_s)
        return FAILURE_DELAY_S * len(times), None
