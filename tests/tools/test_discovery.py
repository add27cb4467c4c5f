from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from tools import Registry, discover
from tools.discovery import BUILTIN, GROUP

GOOD = """
from tools import tool

@tool
def {name}(sides: int = 6) -> int:
    "Roll a die."
    return sides
"""


def plugin(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.py"
    path.write_text(text)
    return path


def names(folder: Path | None = None, **options: object) -> list[str]:
    found = discover(folder, **options)  # type: ignore[arg-type]
    return [tool.name for tool, source in found.tools if not source.startswith(BUILTIN)]


def test_built_in_tools_are_found_exactly_once() -> None:
    twice = [EntryPoint(name, BUILTIN, GROUP) for name in ("builtin", "again")]

    for installed in ([], twice):
        found = discover(installed=installed)
        builtin = [tool.name for tool, _ in found.tools]
        assert {"get_time", "set_timer", "calculate", "add_to_list", "set_volume"} <= set(builtin)
        assert len(builtin) == len(set(builtin))
        assert found.problems == []


def test_a_folder_gives_its_tools_in_order(tmp_path: Path) -> None:
    plugin(tmp_path, "b", GOOD.format(name="second"))
    plugin(tmp_path, "a", GOOD.format(name="first"))
    plugin(tmp_path, "_private", "raise RuntimeError")
    (tmp_path / "notes.txt").write_text("no plugin")

    found = discover(tmp_path, installed=[])

    assert names(tmp_path, installed=[]) == ["first", "second"]
    assert found.tools[-1][1] == str(tmp_path / "b.py")
    assert found.problems == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import nothing_of_this_name", "No module named"),
        ("def broken(:", "SyntaxError"),
        ("\n\nraise SystemExit('bye')", "SystemExit: bye (line 3)"),
        ("x = 1", "no tool in it"),
        ("from tools import tool\n@tool\ndef f(x): ...", "no type hint"),
        ("from tools import tool\n@tool(examples=['a {b}'])\ndef f(x: int): ...", "slot {b}"),
    ],
)
def test_a_broken_plugin_is_named_and_skipped(tmp_path: Path, text: str, words: str) -> None:
    plugin(tmp_path, "broken", text)
    plugin(tmp_path, "good", GOOD.format(name="roll"))

    found = discover(tmp_path, installed=[])

    assert len(found.problems) == 1
    assert "broken.py" in found.problems[0]
    assert words in found.problems[0]
    assert "\n" not in found.problems[0]
    assert names(tmp_path, installed=[]) == ["roll"]


def test_binary_rubbish_is_a_problem_too(tmp_path: Path) -> None:
    (tmp_path / "rubbish.py").write_bytes(b"\x00\xff\xfe" * 100)

    assert len(discover(tmp_path, installed=[]).problems) == 1


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    found = discover(tmp_path / "absent", installed=[])

    assert "cannot be read: No such file" in found.problems[0]


def test_duplicates_are_found_and_refused_by_the_registry(tmp_path: Path) -> None:
    plugin(tmp_path, "a", GOOD.format(name="roll"))
    plugin(tmp_path, "b", GOOD.format(name="roll"))
    registry = Registry(data_dir=tmp_path)

    found = discover(tmp_path, installed=[])

    with pytest.raises(Exception, match=r"a\.py.*b\.py"):
        for tool, source in found.tools:
            registry.add(tool, source)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder on the import path that looks like one with an installed distribution."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def install(site: Path, entries: str) -> None:
    info = site / "dice-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: dice\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{entries}\n")


def test_an_installed_package_is_found_by_its_entry_point(site: Path) -> None:
    package = site / "dice_tools"
    package.mkdir()
    (package / "__init__.py").write_text("from dice_tools.six import roll_six\n")
    plugin(package, "six", GOOD.format(name="roll_six"))
    plugin(package, "twenty", GOOD.format(name="roll_twenty"))
    plugin(package, "torn", "raise ValueError('torn')")
    install(site, "dice = dice_tools")

    found = discover()

    assert sorted(name for name in names() if name.startswith("roll")) == [
        "roll_six",
        "roll_twenty",
    ]
    assert [problem for problem in found.problems if "torn" in problem]


def test_an_entry_point_may_name_a_tool_or_a_list(site: Path) -> None:
    text = GOOD.format(name="roll_a") + GOOD.format(name="roll_b") + "\nall_of_them = [roll_b]\n"
    plugin(site, "dice_single", text)
    points = [
        EntryPoint("one", "dice_single:roll_a", GROUP),
        EntryPoint("many", "dice_single:all_of_them", GROUP),
        EntryPoint("wrong", "dice_single:GROUP_OF_NOTHING", GROUP),
        EntryPoint("type", "dice_single:__name__", GROUP),
        EntryPoint("absent", "no_such_module", GROUP),
    ]

    found = discover(installed=points)

    assert names(installed=points) == ["roll_a", "roll_b"]
    assert [problem.partition(" (")[0] for problem in found.problems] == [
        "package entry wrong",
        "package entry type",
        "package entry absent",
    ]
