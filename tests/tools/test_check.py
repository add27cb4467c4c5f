from __future__ import annotations

from tools import discover, tool
from tools.check import collisions, findings


@tool(effect="read", examples=["play {song}", "play [me] {song}"])
def play_song(song: str) -> None:
    """Play a song.

    Args:
        song: Its name.
    """


@tool(effect="read", examples=["play {film} [please]", "show {film}"])
def play_film(film: str) -> None:
    """Play a film.

    Args:
        film: Its name.
    """


def test_tools_that_claim_the_same_sentence_are_named_with_it() -> None:
    assert collisions([play_song, play_film]) == [
        'play_song and play_film are both called by "play {string}"; change one of them'
    ]


def test_slips_of_an_author_are_told() -> None:
    @tool(effect="irreversible", examples=["send it [to {name}]"])
    def send_it(name: str) -> None: ...

    lines = findings([(send_it, "a.py"), (play_song, "b.py"), (play_song, "c.py")])

    assert [line.partition(":")[0] for line in lines[:4]] == ["send_it"] * 4
    assert "no docstring" in lines[0]
    assert "name is not described" in lines[1]
    assert "leaves out name" in lines[2]
    assert "summary=" in lines[3]
    assert "b.py, c.py" in lines[4]


def test_the_built_in_tools_have_nothing_to_look_at() -> None:
    assert findings(discover(installed=[]).tools) == []
