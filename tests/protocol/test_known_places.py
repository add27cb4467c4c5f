import pytest

from voice.protocol.endpoints import resolve
from voice.protocol.known_places import KNOWN_PLACES, PRESETS

PUBLIC = [place for place in KNOWN_PLACES if place.hosts and place.has_address]


@pytest.mark.parametrize("place", KNOWN_PLACES, ids=lambda place: place.preset)
def test_a_place_says_where_it_is_and_how_it_speaks(place):
    assert place.name
    assert place.url.startswith(("wss://", "ws://127.0.0.1:"))
    assert place.path.endswith(("/realtime", "/realtime/session"))


def test_every_preset_is_there_once():
    assert len(PRESETS) == len(KNOWN_PLACES)


@pytest.mark.parametrize("place", PUBLIC, ids=lambda place: place.preset)
def test_a_public_place_is_the_same_by_name_by_host_and_by_url(place):
    host = place.url.split("/")[2]
    by_name = resolve(place.preset, model="m")
    assert by_name == resolve(f"https://{host}", model="m")
    assert by_name == resolve(place.url, model="m")
    assert by_name.capabilities is place.capabilities
    assert by_name.name == place.name
