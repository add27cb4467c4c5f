"""The ledger's order and its bounds."""

import pytest

from voice.core.ledger import DuplicateItem, Entry, Ledger, UnknownItem


def said(item_id, text="", **fields):
    return Entry(item_id, "message", role="user", text=text, **fields)


def ids(ledger):
    return [entry.item_id for entry in ledger]


def test_items_go_to_the_end_the_front_or_behind_another():
    ledger = Ledger()
    ledger.add(said("a"))
    ledger.add(said("c"))
    ledger.add(said("b"), "a")
    ledger.add(said("first"), "root")
    assert ids(ledger) == ["first", "a", "b", "c"]
    assert [ledger.previous_id(i) for i in ids(ledger)] == [None, "first", "a", "b"]


def test_a_taken_id_and_an_unknown_anchor_are_told_apart():
    ledger = Ledger()
    ledger.add(said("a"))
    with pytest.raises(DuplicateItem):
        ledger.add(said("a"))
    with pytest.raises(UnknownItem):
        ledger.add(said("b"), "nowhere")
    assert ids(ledger) == ["a"]


def test_beyond_its_items_the_oldest_goes():
    ledger = Ledger(max_items=2)
    assert ledger.add(said("a")) == ledger.add(said("b")) == []
    assert ledger.add(said("c")) == ["a"]
    assert ids(ledger) == ["b", "c"]


def test_the_newest_stays_even_at_the_front():
    ledger = Ledger(max_items=2)
    ledger.add(said("a"))
    ledger.add(said("b"))
    assert ledger.add(said("c"), "root") == ["a"]


def test_beyond_its_text_the_oldest_goes_also_text_that_came_later():
    ledger = Ledger(max_text_chars=100)
    ledger.add(said("a", "x" * 40))
    growing = said("b")
    ledger.add(growing)
    growing.text += "x" * 50
    assert ledger.add(said("c", "x" * 30)) == ["a"]
    assert ids(ledger) == ["b", "c"]


def test_one_item_larger_than_the_bound_stays_alone():
    ledger = Ledger(max_text_chars=100)
    ledger.add(said("a", "x"))
    assert ledger.add(said("b", "x" * 500)) == ["a"]
    assert ids(ledger) == ["b"]


def test_pictures_have_a_bound_of_their_own():
    ledger = Ledger(max_text_chars=10, max_image_chars=100)
    ledger.add(said("words", "hi"))
    ledger.add(said("old", image_urls=["x" * 60]))
    assert ledger.add(said("new", image_urls=["x" * 60])) == ["old"]
    assert ids(ledger) == ["words", "new"]


def test_deleting_makes_room_again():
    ledger = Ledger(max_text_chars=100)
    ledger.add(said("a", "x" * 90))
    ledger.delete("a")
    ledger.add(said("b", "x" * 90))
    assert ids(ledger) == ["b"]


def test_items_that_got_other_ids_make_room_too():
    ledger = Ledger(max_text_chars=100, max_image_chars=100)
    ledger.add(said("a", "x" * 90, image_urls=["x" * 90]))
    ledger.rename({"a": "b"})
    ledger.delete("b")
    ledger.add(said("c", "x" * 50))
    assert ledger.add(said("d", "x" * 40, image_urls=["x" * 90])) == []
    assert ids(ledger) == ["c", "d"]


def test_an_item_that_grows_under_another_id_is_counted_once():
    ledger = Ledger(max_text_chars=100)
    growing = said("a", "x" * 40)
    ledger.add(growing)
    ledger.rename({"a": "b"})
    assert ledger.add(said("c", "x" * 40)) == []
    growing.text += "x" * 20
    assert ledger.add(said("d")) == []
    assert ids(ledger) == ["b", "c", "d"]
