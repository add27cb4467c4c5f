import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.protocol.formats import PCM16, PCMA, PCMU, AudioFormat, read_format

FORMATS = [PCM16, PCMU, PCMA, AudioFormat("audio/pcm", 16_000, 2)]


def test_one_millisecond_is_48_bytes_of_pcm_and_8_of_g711():
    assert [f.ms_to_bytes(1) for f in (PCM16, PCMU, PCMA)] == [48, 8, 8]
    assert (PCM16.bytes_per_sample, PCM16.rate_hz) == (2, 24_000)
    assert (PCMU.bytes_per_sample, PCMU.rate_hz) == (1, 8_000)


@given(st.sampled_from(FORMATS), st.integers(0, 10**9))
def test_milliseconds_survive_the_way_to_bytes_and_back(audio_format, ms):
    assert audio_format.bytes_to_ms(audio_format.ms_to_bytes(ms)) == ms


@given(st.sampled_from(FORMATS), st.integers(0, 10**9))
def test_a_byte_count_never_gives_more_time_than_it_holds(audio_format, n):
    ms = audio_format.bytes_to_ms(n)
    assert audio_format.ms_to_bytes(ms) <= n < audio_format.ms_to_bytes(ms + 1)
    assert isinstance(ms, int)


@given(st.sampled_from([*FORMATS, AudioFormat("audio/pcm", 44_100, 2)]), st.integers(0, 10**6))
def test_ms_to_bytes_gives_whole_samples_at_any_rate(audio_format, ms):
    n = audio_format.ms_to_bytes(ms)
    assert n % audio_format.bytes_per_sample == 0
    samples = audio_format.bytes_to_samples(n)
    assert audio_format.samples_to_bytes(samples) == n
    assert samples == audio_format.ms_to_samples(ms)


def test_half_a_sample_is_no_sample():
    assert PCM16.bytes_to_samples(3) == 1
    assert PCM16.bytes_to_ms(47) == 0


@pytest.mark.parametrize("audio_format", FORMATS)
def test_the_ga_object_comes_back_as_the_same_format(audio_format):
    assert AudioFormat.from_ga(audio_format.to_ga()) == audio_format


def test_g711_carries_no_rate_in_ga():
    assert PCMU.to_ga() == {"type": "audio/pcmu"}
    assert PCM16.to_ga() == {"type": "audio/pcm", "rate": 24000}


def test_no_format_and_no_rate_mean_the_default():
    assert AudioFormat.from_ga(None) is PCM16
    assert AudioFormat.from_ga({"type": "audio/pcm"}) is PCM16
    assert AudioFormat.from_ga({"type": "audio/pcm", "rate": 24000.0}) is PCM16
    assert AudioFormat.from_ga({"type": "audio/pcma", "rate": None}) is PCMA


@pytest.mark.parametrize(
    ("name", "audio_format"), [("pcm16", PCM16), ("g711_ulaw", PCMU), ("g711_alaw", PCMA)]
)
def test_the_beta_name_comes_back_as_the_same_format(name, audio_format):
    assert AudioFormat.from_beta(name) == audio_format
    assert audio_format.to_beta() == name


def test_spellings_that_relays_send_are_understood():
    assert AudioFormat.from_ga({"type": "audio/G711-ulaw"}) is PCMU
    assert AudioFormat.from_beta("pcm") is PCM16


@pytest.mark.parametrize(
    "value",
    [
        {"type": "audio/opus"},
        {"type": 7},
        {"type": "audio/pcm", "rate": 0},
        {"type": "audio/pcm", "rate": -24000},
        {"type": "audio/pcm", "rate": True},
        {"type": "audio/pcm", "rate": 1e300},
        {"type": "audio/pcm", "rate": "24000"},
    ],
)
def test_an_unusable_ga_format_is_a_value_error_that_says_what_is_wanted(value):
    with pytest.raises(ValueError, match="audio format (type must be one of|rate must be an)"):
        AudioFormat.from_ga(value)


def test_an_unknown_beta_name_is_a_value_error_that_lists_the_known_ones():
    with pytest.raises(ValueError, match="pcm16, pcm, g711_ulaw"):
        AudioFormat.from_beta("mp3")


def test_a_wire_value_is_read_whatever_its_shape():
    assert read_format(PCMU) is PCMU
    assert read_format("pcm16") is PCM16
    assert read_format({"type": "audio/pcma"}) is PCMA
    with pytest.raises(ValueError, match="must be an object"):
        read_format(5)
