import subprocess
import sys
from pathlib import Path

from voice.protocol.known_places import KNOWN_PLACES
from voice.protocol.place_table import markdown

README = Path(__file__).parent.parent.parent / "README.md"
BEGIN = "<!-- endpoints: python -m voice.protocol.place_table -->\n"
END = "<!-- end of endpoints -->"


def test_every_known_place_has_a_line():
    rows = markdown().splitlines()[2:]
    assert len(rows) == len(KNOWN_PLACES)
    for row, place in zip(rows, KNOWN_PLACES, strict=True):
        assert f"`{place.preset}`" in row
        assert row.count("|") == 9


def test_the_command_prints_the_table():
    module = "voice.protocol.place_table"
    done = subprocess.run([sys.executable, "-m", module], capture_output=True, check=True)
    assert done.stdout.decode() == markdown() + "\n"


def test_the_readme_shows_the_table_as_it_is():
    text = README.read_text("utf-8")
    assert text[text.index(BEGIN) + len(BEGIN) : text.index(END)].rstrip("\n") == markdown()
