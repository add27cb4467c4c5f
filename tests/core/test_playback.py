"""Received and heard: one place computes where an answer was cut."""

from hypothesis import given
from hypothesis import strategies as st

from voice.core.playback import MAX_PARTS, Cut, Playback
from voice.protocol.formats import PCMU
from voice.protocol.playback import HeardPart

MS = 48


def cuts_of(playback: Playback, *heard: tuple[str, int, int]) -> list[tuple[str, int, int]]:
    cuts = playback.stopped([HeardPart(*part) for part in heard])
    return [(cut.item_id, cut.content_index, cut.audio_end_ms) for cut in cuts]


def test_a_cut_is_what_was_heard() -> None:
    playback = Playback()
    playback.received("r1", "i1", 0, 1_000 * MS)
    assert cuts_of(playback, ("i1", 0, 420)) == [("i1", 0, 420)]


def test_a_cut_is_never_more_than_was_received() -> None:
    playback = Playback()
    playback.received("r1", "i1", 0, 1_000 * MS + 47)
    assert cuts_of(playback, ("i1", 0, 1_500)) == [("i1", 0, 1_000)]


def test_nothing_heard_asks_for_a_deletion() -> None:
    playback = Playback()
    playback.received("r1", "i1", 0, 1_000 * MS)
    [cut] = playback.stopped([HeardPart("i1", 0, 0)])
    assert cut.is_unheard


def test_a_part_that_the_speaker_does_not_know_was_not_heard() -> None:
    playback = Playback()
    playback.received("r1", "i1", 0, 1_000 * MS)
    assert cuts_of(playback) == [("i1", 0, 0)]


def test_nothing_received_cuts_nothing() -> None:
    playback = Playback()
    playback.spoken("r1", "i1", 0, "words without audio")
    assert playback.is_empty
    assert cuts_of(playback) == []


def test_several_items_are_cut_in_order_one_cut_each() -> None:
    playback = Playback()
    playback.received("r1", "i1", 0, 300 * MS)
    playback.received("r1", "i2", 0, 300 * MS)
    playback.received("r1", "i3", 0, 300 * MS)
    playback.part_completed("i1", 0)
    heard = [("i1", 0, 300), ("i2", 0, 120), ("i3", 0, 0)]
    assert cuts_of(playback, *heard) == [("i2", 0, 120), ("i3", 0, 0)]


def test_an_item_of_two_parts_is_cut_in_the_part_that_was_playing() -> None:
    playback = Playback()
    playback.received("r1", "i1", 0, 300 * MS)
    playback.received("r1", "i1", 1, 300 * MS)
    assert cuts_of(playback, ("i1", 0, 300), ("i1", 1, 80)) == [("i1", 1, 80)]


def test_an_item_whose_second_part_was_not_heard_is_cut_at_the_end_of_its_first() -> None:
    playback = Playback()
    playback.received("r1", "i1", 0, 300 * MS)
    playback.received("r1", "i1", 1, 300 * MS)
    assert cuts_of(playback, ("i1", 0, 300), ("i1", 1, 0)) == [("i1", 0, 300)]


def test_wholly_heard_and_finished_is_not_cut() -> None:
    playback = Playback()
    playback.received("r1", "i1", 0, 300 * MS)
    playback.response_completed("r1")
    assert cuts_of(playback, ("i1", 0, 300)) == []


def test_wholly_heard_but_unfinished_is_cut_at_what_was_received() -> None:
    playback = Playback()
    playback.received("r1", "i1", 0, 300 * MS)
    playback.drained()
    assert not playback.is_sounding
    assert cuts_of(playback) == [("i1", 0, 300)]


def test_the_speaker_knows_better_than_an_earlier_drain() -> None:
    playback = Playback()
    playback.received("r1", "i1", 0, 300 * MS)
    playback.drained()
    playback.received("r1", "i1", 0, 300 * MS)
    assert cuts_of(playback, ("i1", 0, 350)) == [("i1", 0, 350)]


def test_a_finished_part_is_forgotten_when_the_speaker_has_drained() -> None:
    playback = Playback()
    playback.received("r1", "i1", 0, 300 * MS)
    playback.response_completed("r1")
    playback.drained()
    assert playback.is_empty
    assert playback.response_ids == set()


def test_a_part_finished_after_the_drain_is_forgotten_too() -> None:
    playback = Playback()
    playback.received("r1", "i1", 0, 300 * MS)
    playback.drained()
    playback.response_completed("r1")
    assert playback.response_ids == set()


def test_a_cut_tells_heard_and_unheard_words() -> None:
    playback = Playback()
    playback.spoken("r1", "i1", 0, "It is noon.")
    playback.received("r1", "i1", 0, 1_000 * MS)
    playback.spoken("r1", "i1", 0, " Anything else?")
    playback.received("r1", "i1", 0, 1_500 * MS)
    assert playback.stopped([HeardPart("i1", 0, 1_000)]) == [
        Cut("i1", 0, 1_000, "It is noon.", " Anything else?")
    ]


def test_a_telephone_format_counts_eight_bytes_a_millisecond() -> None:
    playback = Playback()
    playback.set_format(PCMU)
    playback.received("r1", "i1", 0, 8_000)
    assert cuts_of(playback, ("i1", 0, 5_000)) == [("i1", 0, 1_000)]


def test_stopping_forgets_everything() -> None:
    playback = Playback()
    playback.received("r1", "i1", 0, 300 * MS)
    playback.stopped([])
    assert playback.is_empty
    assert not playback.is_sounding
    assert cuts_of(playback, ("i1", 0, 100)) == []


def test_parts_are_bounded() -> None:
    playback = Playback()
    for number in range(MAX_PARTS + 10):
        playback.received("r1", f"i{number}", 0, MS)
    assert len(playback.stopped([])) == MAX_PARTS


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5_000)), min_size=1, max_size=30),
    st.lists(st.integers(0, 4_000), min_size=4, max_size=4),
)
def test_an_end_is_the_heard_time_within_what_was_received(
    chunks: list[tuple[int, int]], heard_ms: list[int]
) -> None:
    playback, received = Playback(), {}
    for number, samples in chunks:
        item_id = f"i{number}"
        playback.received("r1", item_id, 0, samples * 2)
        received[item_id] = received.get(item_id, 0) + samples
    heard = {f"i{number}": heard_ms[number] for number in range(4)}
    cuts = playback.stopped([HeardPart(item_id, 0, ms) for item_id, ms in heard.items()])
    assert [cut.item_id for cut in cuts] == list(received)
    for cut in cuts:
        assert cut.audio_end_ms == min(heard[cut.item_id], received[cut.item_id] // 24)


def test_what_was_heard_so_far_can_be_asked_without_a_cut() -> None:
    playback = Playback()
    playback.spoken("r1", "i1", 0, "Good morning to you.")
    playback.received("r1", "i1", 0, 2_000 * MS)
    playback.spoken("r1", "i1", 0, " It is late.")
    playback.received("r1", "i1", 0, 1_000 * MS)

    assert playback.heard_texts([HeardPart("i1", 0, 0)]) == {"i1": ""}
    assert playback.heard_texts([HeardPart("i1", 0, 1_000)]) == {"i1": "Good"}
    assert playback.heard_texts([HeardPart("i1", 0, 2_000)]) == {"i1": "Good morning to you."}
    assert cuts_of(playback, ("i1", 0, 2_000)) == [("i1", 0, 2_000)]
