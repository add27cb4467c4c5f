"""The public names: all there, imported late, and none but them."""

import subprocess
import sys

import pytest

import voice


@pytest.mark.parametrize("name", voice.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(voice, name) is not None
    assert name in dir(voice)


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nobody'"):
        voice.Nobody  # noqa: B018


def test_importing_the_package_imports_nothing_else_of_it() -> None:
    program = "import sys, voice; print(*[name for name in sys.modules if name[:6] == 'voice.'])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=15, check=True
    )
    assert done.stdout.split() == []
