"""Copies for prompts: made once, and anew for what changed."""

from voice.core.ledger import Entry
from voice.core.snapshots import Snapshots


def said(item_id, text):
    return Entry(item_id, "message", role="user", text=text)


def copies(snapshots, entries):
    return [entry for entry, _ in snapshots.take(entries)]


def test_what_did_not_change_is_not_copied_again():
    snapshots, entries = Snapshots(), [said("a", "one"), said("b", "two")]
    first = copies(snapshots, entries)
    entries[1].text += " three"
    second = copies(snapshots, entries)
    assert second[0] is first[0]
    assert (first[1].text, second[1].text) == ("two", "two three")


def test_a_copy_is_not_touched_by_what_happens_later():
    snapshots, entry = Snapshots(), said("a", "one two")
    (taken,) = copies(snapshots, [entry])
    entry.text, entry.unheard_text = "one", " two"
    assert taken.text == "one two"


def test_what_says_nothing_is_left_out_and_what_is_gone_is_forgotten():
    snapshots = Snapshots()
    call = Entry("c", "function_call", name="f", call_id="1")
    picture = Entry("p", "message", role="user", image_urls=["data:,"])
    assert copies(snapshots, [said("a", ""), call, picture]) == [call, picture]
    assert copies(snapshots, []) == []
    assert snapshots.take([call])[0][0] is not call
