"""The history as a new session is told it."""

from voice.core.ledger import Entry, Ledger
from voice.core.restore import (
    MAX_CHARACTERS,
    MAX_ITEMS,
    MAX_PICTURE_CHARACTERS,
    MAX_PICTURES,
    History,
)
from voice.protocol.client_events import (
    ClientEvent,
    ConversationItemCreate,
    ConversationItemDelete,
)
from voice.testing.clock import SequentialIds


def ledger(*entries: Entry) -> Ledger:
    made = Ledger()
    for entry in entries:
        made.add(entry)
    return made


def user(item_id: str, text: str) -> Entry:
    return Entry(item_id, "message", role="user", text=text, spoken=True)


def assistant(item_id: str, text: str) -> Entry:
    return Entry(item_id, "message", role="assistant", text=text, spoken=True)


def call(call_id: str) -> Entry:
    return Entry(f"item_of_{call_id}", "function_call", name="clock", call_id=call_id)


def output(call_id: str) -> Entry:
    return Entry(f"out_of_{call_id}", "function_call_output", text="noon", call_id=call_id)


def told(events: list[ClientEvent]) -> list[str]:
    """Return what is told, a word or two for each event."""
    words = []
    for event in events:
        if isinstance(event, ConversationItemDelete):
            words.append(f"delete {event.item_id}")
            continue
        assert isinstance(event, ConversationItemCreate)
        wire = event.item.to_wire()
        content = wire.get("content") or [{}]
        text = content[0].get("text") or wire.get("output") or wire.get("name") or ""
        words.append(f"{wire.get('role') or wire['type']}: {text}")
    return words


def test_words_become_text_of_the_right_kind() -> None:
    entries = ledger(
        Entry("s", "message", role="system", text="A timer is due."),
        user("u", "What time is it?"),
        assistant("a", "Noon."),
    )
    history = History(SequentialIds())
    parts = [event.item.to_wire()["content"][0] for event in history.load(entries)]  # type: ignore[union-attr]
    assert [part["type"] for part in parts] == ["input_text", "input_text", "output_text"]
    assert [part["text"] for part in parts] == ["A timer is due.", "What time is it?", "Noon."]


def test_a_call_comes_with_its_output_or_not_at_all() -> None:
    entries = ledger(user("u", "Time?"), call("c1"), output("c1"), call("c2"), output("c3"))
    history = History(SequentialIds())
    assert told(history.load(entries)) == [
        "user: Time?",
        "function_call: clock",
        "function_call_output: noon",
    ]
    assert history.is_full


def test_what_was_said_without_words_is_counted_and_silence_is_not() -> None:
    entries = ledger(user("u1", ""), user("u2", ""), assistant("a", ""))
    history = History(SequentialIds())
    assert history.load(entries, wordless=["u2"]) == []
    assert (history.left_out, history.is_full) == (1, False)


def test_the_newest_are_told_where_there_are_too_many() -> None:
    entries = ledger(*(user(f"u{n}", f"word {n}") for n in range(MAX_ITEMS + 5)))
    history = History(SequentialIds())
    words = told(history.load(entries))
    assert (words[0], words[-1]) == ("user: word 5", f"user: word {MAX_ITEMS + 4}")
    assert history.left_out == 5


def test_the_newest_are_told_where_they_are_too_long() -> None:
    entries = ledger(user("u1", "x" * MAX_CHARACTERS), call("c1"), output("c1"), user("u2", "Hi"))
    assert told(History(SequentialIds()).load(entries))[-1] == "user: Hi"
    assert len(told(History(SequentialIds()).load(entries))) == 3


def test_every_item_gets_a_new_id_in_the_ledger_too() -> None:
    entries = ledger(user("item_1", "Hi"), user("item_2", ""), assistant("item_3", "Hello"))
    ids = SequentialIds()
    history = History(lambda kind: f"new_{ids(kind)}")
    events = history.load(entries)
    names = history.adopt(entries)
    assert sorted(names) == ["item_1", "item_2", "item_3"]
    assert [entry.item_id for entry in entries] == list(names.values())
    created = [event.item.id for event in events]  # type: ignore[union-attr]
    assert created == [names["item_1"], names["item_3"]]
    assert not set(names) & set(names.values())


def test_a_refused_item_is_counted_and_the_rest_is_believed_in_the_end() -> None:
    history = History(SequentialIds())
    first, second, third = history.load(ledger(*(user(f"u{n}", "Hi") for n in range(3))))
    assert history.refuse(first.event_id)
    assert not history.refuse("ask_1")
    assert not history.refuse(None)
    assert isinstance(second, ConversationItemCreate)
    history.acknowledged(str(second.item.id))
    assert not history.is_settled
    history.give_up_waiting()
    assert history.is_settled
    assert (history.refused, history.is_full) == (1, False)
    assert third.event_id is not None


def test_what_changes_while_a_session_waits_is_told_before_it_takes_over() -> None:
    entries = ledger(user("u1", "One"), assistant("a1", "A long answer"), user("u2", "Two"))
    history = History(SequentialIds())
    history.load(entries)
    assert history.catch_up(entries) == []
    entries.truncate("a1", 500, "A long")
    entries.delete("u1")
    entries.add(assistant("a2", "New"))
    words = told(history.catch_up(entries))
    assert [word.split()[0] for word in words] == ["delete", "delete", "assistant:", "assistant:"]
    assert words[2:] == ["assistant: A long", "assistant: New"]
    assert history.catch_up(entries) == []


def test_a_changed_item_keeps_its_place() -> None:
    entries = ledger(user("u1", "One"), assistant("a1", "A long answer"), user("u2", "Two"))
    history = History(SequentialIds())
    first = history.load(entries)[0]
    entries.truncate("a1", 500, "A long")
    _, anew = history.catch_up(entries)
    assert isinstance(anew, ConversationItemCreate)
    assert isinstance(first, ConversationItemCreate)
    assert anew.previous_item_id == first.item.id


def test_an_item_that_was_adopted_can_be_told_anew_or_taken_back() -> None:
    entries = ledger(user("u1", "One"), assistant("a1", "A long answer"))
    history = History(SequentialIds())
    history.load(entries)
    names = history.adopt(entries)
    entries.truncate(names["a1"], 500, "A long")
    delete, create = history.retell(entries, names["a1"])[0]
    assert isinstance(delete, ConversationItemDelete)
    assert delete.item_id == names["a1"]
    assert isinstance(create, ConversationItemCreate)
    assert create.previous_item_id == names["u1"]
    entries.truncate(names["a1"], 0, "")
    assert len(history.retell(entries, names["a1"])[0]) == 1


PICTURE = "data:image/png;base64,iVBORw0KGgo="


def shown(item_id: str, text: str, *pictures: str) -> Entry:
    return Entry(item_id, "message", role="user", text=text, image_urls=list(pictures))


def pictures(events: list[ClientEvent]) -> list[int]:
    """Return how many pictures each item has that is told."""
    items = [event.item for event in events if isinstance(event, ConversationItemCreate)]
    return [str(item.to_wire()).count("input_image") for item in items]


def test_pictures_come_back_with_their_words_and_alone() -> None:
    history = History(SequentialIds())
    events = history.load(ledger(shown("u1", "What is it?", PICTURE), shown("u2", "", PICTURE)))
    assert pictures(events) == [1, 1]
    assert history.is_full


def test_of_many_pictures_the_newest_come_back_and_the_others_are_counted() -> None:
    history = History(SequentialIds())
    large = PICTURE + "A" * MAX_PICTURE_CHARACTERS
    many = [shown(f"u{number}", "See?", PICTURE) for number in range(MAX_PICTURES + 2)]
    events = history.load(ledger(shown("u", "Large", large), *many))
    assert pictures(events) == [0, 0, 0, *[1] * MAX_PICTURES]
    assert history.left_out == 3


def test_an_endpoint_that_takes_no_pictures_is_told_the_words() -> None:
    history = History(SequentialIds(), with_pictures=False)
    events = history.load(ledger(shown("u1", "What is it?", PICTURE), shown("u2", "", PICTURE)))
    assert told(events) == ["user: What is it?"]
    assert history.left_out == 2
