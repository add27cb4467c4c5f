"""How much disk a default install takes, package by package.

Run with ``make size``, in an environment that holds the default install and nothing else. Counts
every file that the package installer put there, in disk blocks as ``du`` does, compiled bytecode
included; the installer itself (pip, setuptools, wheel) belongs to the environment and is listed
apart. Exits with 1 above the limit.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

LIMIT_MB = 400
INSTALLERS = {"pip", "setuptools", "wheel"}
BLOCK_BYTES = 512
MEGABYTE = 1_000_000


def files_of(package: importlib.metadata.Distribution) -> Iterator[Path]:
    """Yield the package's files, and the bytecode beside its sources."""
    for listed in package.files or ():
        path = Path(str(package.locate_file(listed)))
        yield path
        if path.suffix == ".py":
            yield from (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc")


def disk_bytes(path: Path) -> int:
    """Return what a file takes on disk; 0 where it is gone."""
    try:
        status = path.stat()
    except OSError:
        return 0
    blocks = getattr(status, "st_blocks", None)
    return status.st_size if blocks is None else blocks * BLOCK_BYTES


def measure() -> tuple[Counter[str], int]:
    """Return bytes per package, and the bytes of bytecode among them."""
    sizes: Counter[str] = Counter()
    bytecode = 0
    seen: set[Path] = set()
    for package in importlib.metadata.distributions():
        name = package.metadata["Name"]
        for path in files_of(package):
            if path not in seen:
                seen.add(path)
                taken = disk_bytes(path)
                sizes[name] += taken
                bytecode += taken if path.suffix == ".pyc" and name not in INSTALLERS else 0
    return sizes, bytecode


def main() -> int:
    """Print the heaviest packages and the total; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--top", type=int, default=20, help="packages to list (default 20)")
    parser.add_argument("--limit-mb", type=int, default=LIMIT_MB)
    options = parser.parse_args()
    sizes, bytecode = measure()
    installers = sum(sizes.pop(name, 0) for name in INSTALLERS)
    total = sum(sizes.values())
    for name, taken in sizes.most_common(options.top):
        print(f"{taken / MEGABYTE:8.1f} MB  {name}")
    rest = total - sum(taken for _, taken in sizes.most_common(options.top))
    print(f"{rest / MEGABYTE:8.1f} MB  {max(0, len(sizes) - options.top)} more packages")
    print(f"{total / MEGABYTE:8.1f} MB  in all, {bytecode / MEGABYTE:.1f} MB of it bytecode")
    print(f"{installers / MEGABYTE:8.1f} MB  pip and setuptools, not counted")
    if total > options.limit_mb * MEGABYTE:
        print(f"over the limit of {options.limit_mb} MB", file=sys.stderr)
        return 1
    print(f"within the limit of {options.limit_mb} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
