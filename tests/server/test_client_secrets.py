"""The store of ephemeral keys."""

import pytest

from voice.server import client_secrets
from voice.server.client_secrets import ClientSecrets, TooManySecretsError


class Clock:
    def __init__(self):
        self.now_s = 1_000.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(clock):
    return ClientSecrets(clock)


def test_a_key_stands_for_its_session_until_it_expires(store, clock):
    key = store.issue({"instructions": "Hi"}, model="m", valid_s=60)

    found = store.find(key)
    assert found is not None
    assert (found.fields, found.model) == ({"instructions": "Hi"}, "m")
    clock.now_s += 59.9
    assert store.find(key) is found
    clock.now_s += 0.1
    assert store.find(key) is None


def test_a_key_opens_more_than_once(store):
    key = store.issue({}, model=None, valid_s=60)

    assert store.find(key) is store.find(key) is not None


@pytest.mark.parametrize("key", ["", "ek_", "ek_" + "0" * 48, "é", "x" * 100_000])
def test_an_unknown_key_stands_for_nothing(store, key):
    store.issue({}, model=None, valid_s=60)

    assert store.find(key) is None


def test_keys_are_long_and_never_the_same(store):
    keys = {store.issue({}, model=None, valid_s=60) for _ in range(100)}

    assert len(keys) == 100
    assert all(key.startswith("ek_") and len(key) == 51 and key.isascii() for key in keys)


def test_keys_are_bounded_in_number_until_the_first_expires(store, clock, monkeypatch):
    monkeypatch.setattr(client_secrets, "EPHEMERAL_KEYS", 3)
    for valid_s in (30, 20, 40):
        store.issue({}, model=None, valid_s=valid_s)

    with pytest.raises(TooManySecretsError) as refused:
        store.issue({}, model=None, valid_s=10)

    assert 20 <= refused.value.retry_after_s <= 21
    clock.now_s += 20
    assert store.issue({}, model=None, valid_s=10)
    assert len(store) == 3


def test_keys_are_bounded_in_memory(store, monkeypatch):
    monkeypatch.setattr(client_secrets, "MAX_BYTES", 1_000)
    store.issue({"instructions": "x" * 900}, model=None, valid_s=60)

    with pytest.raises(TooManySecretsError):
        store.issue({"instructions": "x" * 900}, model=None, valid_s=60)


def test_the_store_holds_no_key_and_shows_no_session(store):
    key = store.issue({"instructions": "private"}, model=None, valid_s=60)

    assert key not in repr(vars(store))
    assert "private" not in repr(store.find(key))
