"""What of a long conversation a prompt still holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.core.compaction import Compactor, Room, TooLong, entry_tokens, room
from voice.core.ledger import Entry

WORDS = "w" * 80  # 25 tokens with its envelope


def said(number, role="user"):
    return Entry(f"{role}_{number}", "message", role=role, text=WORDS)


def talk(turns):
    return [entry for n in range(turns) for entry in (said(n), said(n, "assistant"))]


def fit(compactor, entries, space):
    return compactor.fit([(entry, entry_tokens(entry)) for entry in entries], space)


def ids(entries):
    return [entry.item_id for entry in entries]


def test_what_fits_is_left_alone():
    entries = talk(3)
    assert fit(Compactor(), entries, Room(1_000)) == entries


def test_the_oldest_turns_go_first_and_whole():
    kept = fit(Compactor(), talk(10), Room(260))
    assert ids(kept)[0].startswith("user_")
    assert ids(kept)[-1] == "assistant_9"
    assert sum(map(entry_tokens, kept)) <= 260


def test_more_goes_than_must_so_that_the_beginning_stays_the_same():
    compactor, entries = Compactor(), talk(10)
    first = ids(fit(compactor, entries, Room(300, keep_ratio=0.5)))[0]
    assert len(fit(compactor, entries, Room(300, keep_ratio=0.5))) <= 6
    for number in range(10, 12):
        entries += [said(number), said(number, "assistant")]
        assert ids(fit(compactor, entries, Room(300, keep_ratio=0.5)))[0] == first


def test_a_call_is_never_parted_from_its_output():
    call = Entry("call", "function_call", call_id="c", name="look", arguments="{}")
    output = Entry("output", "function_call_output", call_id="c", text="found")
    entries = [said(0), call, said(1), output, said(2)]
    for size in range(10, 140):
        kept = set(ids(fit(Compactor(), entries, Room(size, keep_ratio=1.0))))
        assert ("call" in kept) or ("output" not in kept)


def test_the_last_turn_stays_however_long_it_is():
    last = Entry("last", "message", role="user", text="w" * 10_000)
    answer = said(9, "assistant")
    assert ids(fit(Compactor(), [*talk(3), last, answer], Room(50))) == ["last", "assistant_9"]


def test_where_nothing_may_be_left_out_it_says_what_to_do():
    with pytest.raises(TooLong, match="truncation to 'auto'"):
        fit(Compactor(), talk(10), Room(100, keep_ratio=None))


def test_truncation_switched_off_later_counts_everything_again():
    compactor, entries = Compactor(), talk(10)
    fit(compactor, entries, Room(300))
    with pytest.raises(TooLong):
        fit(compactor, entries, Room(300, keep_ratio=None))


def test_the_session_says_how_much_stays():
    rules = {
        "type": "retention_ratio",
        "retention_ratio": 0.5,
        "token_limits": {"post_instructions": 700},
    }
    space = room(rules, context_tokens=8_000, fixed_tokens=0, answer_tokens=None)
    assert space == Room(700, 0.5)
    assert room("disabled", context_tokens=None, fixed_tokens=0, answer_tokens=None) == Room(
        28_672, None
    )


def test_instructions_tools_and_the_answer_take_their_room():
    space = room("auto", context_tokens=8_000, fixed_tokens=1_000, answer_tokens=500)
    assert space.tokens == 6_500
    assert room("auto", context_tokens=100, fixed_tokens=1_000, answer_tokens=1).tokens == 0


ENTRIES = st.lists(
    st.tuples(st.sampled_from(["user", "assistant", "system"]), st.integers(0, 200)), max_size=40
)


@given(ENTRIES, st.integers(0, 600), st.floats(0, 1))
def test_what_is_kept_is_the_newest_in_order(shape, tokens, ratio):
    entries = [
        Entry(str(n), "message", role=role, text="x" * size) for n, (role, size) in enumerate(shape)
    ]
    compactor = Compactor()
    for count in range(len(entries)):
        seen = entries[: count + 1]
        kept = fit(compactor, seen, Room(tokens, ratio))
        assert kept == seen[len(seen) - len(kept) :]
        assert kept[-1] is seen[-1]
