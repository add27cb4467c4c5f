"""The code of the README runs."""

from __future__ import annotations

import re
from pathlib import Path

import tools
from tools import Registry, discover

README = Path(tools.__file__).with_name("README.md")


async def test_the_examples_load_and_answer(tmp_path: Path) -> None:
    dice, drink, *_ = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    (tmp_path / "dice.py").write_text(dice)
    (tmp_path / "drink.py").write_text(drink)

    found = discover(tmp_path, installed=[])

    assert found.problems == []
    async with Registry(data_dir=tmp_path) as registry:
        for tool, source in found.tools:
            registry.add(tool, source)
        assert "You rolled" in (await registry.call("roll_dice", '{"count": "3"}')).output
        assert (await registry.call("roll_dice", '{"count": 11}')).is_error
        assert (await registry.call("remind_to_drink", "")).output == "I will."


def test_every_file_is_in_the_map_of_the_house() -> None:
    text = README.read_text(encoding="utf-8")

    for path in README.parent.glob("*.py"):
        assert path.name == "__init__.py" or path.name in text, path
