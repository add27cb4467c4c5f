"""File descriptors that are left."""

import os
import sys

import pytest

from voice.server.files_left import PLENTY, files_left

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")


def test_every_open_file_is_one_less(tmp_path):
    before = files_left()
    if before == PLENTY:
        pytest.skip("this shell has no limit of open files")
    opened = [os.open(tmp_path, os.O_RDONLY) for _ in range(10)]
    assert files_left() == before - 10
    for number in opened:
        os.close(number)
    assert files_left() == before
