"""Addresses, their sessions and their wrong keys."""

import pytest

from voice.server.limits import ADDRESSES
from voice.server.strangers import WrongKeys, may_open, network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.168.1.7", "192.168.1.7"),
        ("::ffff:192.168.1.7", "192.168.1.7"),
        ("::1", "::1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("a unix socket", "a unix socket"),
    ],
)
def test_an_address_stands_for_a_network(address, network):
    assert network_of(address) == network


def test_an_address_may_have_four_sessions_and_this_machine_any_number():
    assert may_open("192.168.1.7", ["192.168.1.7"] * 3 + ["192.168.1.8"] * 9, None)
    assert not may_open("192.168.1.7", ["192.168.1.7"] * 4, None)
    assert may_open("127.0.0.1", ["127.0.0.1"] * 500, None)


def test_a_limit_that_was_set_holds_for_this_machine_too_and_none_is_none():
    assert not may_open("127.0.0.1", ["127.0.0.1"] * 2, 2)
    assert may_open("192.168.1.7", ["192.168.1.7"] * 500, 0)


def test_wrong_keys_are_answered_ever_later_and_then_turned_away_for_a_while():
    now_s = 0.0
    keys = WrongKeys(lambda: now_s)
    delays = [keys.note("a") for _ in range(5)]
    assert [away for _, away in delays] == [None] * 5
    assert [delay for delay, _ in delays] == sorted({delay for delay, _ in delays})
    now_s = 10.0
    assert keys.note("a") == (0.0, 50)
    assert keys.note("b")[1] is None
    now_s = 60.0
    assert keys.note("a")[1] is None


def test_only_so_many_addresses_are_remembered():
    keys = WrongKeys(lambda: 0.0)
    for _ in range(6):
        keys.note("first")
    for number in range(ADDRESSES):
        keys.note(str(number))
    assert keys.note("first")[1] is None
