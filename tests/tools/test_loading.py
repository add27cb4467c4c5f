from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools.loading import load_file, tools_in

TEXT = """
from __future__ import annotations
from dataclasses import dataclass
from pydantic import BaseModel
from tools import tool

class Order(BaseModel):
    item: str

@dataclass
class Receipt:
    total: float

@tool
def buy(order: Order) -> Receipt:
    return Receipt(1.0)

again = buy
"""


def test_a_file_with_its_own_types_loads(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(TEXT)

    module = load_file(tmp_path / "shop.py")

    assert [tool.name for tool in tools_in(module)] == ["buy"]
    assert sys.modules[module.__name__] is module


def test_two_files_of_one_name_are_two_modules(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "shop.py").write_text(f"WHERE = {folder!r}")

    first, second = (load_file(tmp_path / folder / "shop.py") for folder in ("a", "b"))

    assert (first.WHERE, second.WHERE) == ("a", "b")


def test_a_failed_import_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "torn.py").write_text("raise KeyError('x')")

    with pytest.raises(KeyError):
        load_file(tmp_path / "torn.py")
    assert not [name for name in sys.modules if name.startswith("tool_plugin_torn")]
