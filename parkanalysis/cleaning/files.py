"""Plain files in and out: read within a bound, written aside and then renamed."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from parkanalysis.errors import InputError, Problem

MAX_BYTES = 20_000_000


def read_bytes(path: Path, limit: int = MAX_BYTES) -> bytes:
    """Read a plain file of bounded size, or say why not.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_aside(Path(folder) / "a.csv", b"figure,source")
    ...     read_bytes(Path(folder) / "a.csv")
    b'figure,source'
    """
    name = path.name
    try:
        if not path.is_file():
            found = "a folder or a special file" if path.exists() else "no such file"
            raise InputError(Problem(name, found, "a file"))
        with path.open("rb") as file:
            # the size that the directory states may be out of date, or zero for a device
            data = file.read(limit + 1)
    except OSError as error:
        raise InputError(Problem(name, error.strerror or "unreadable", "a file that can be read")) from None
    if len(data) > limit:
        raise InputError(Problem(name, f"more than {limit:,} bytes", f"at most {limit:,} bytes"))
    return data


def write_aside(path: Path, data: bytes, overwrite: bool = True) -> None:
    """Write a file that appears whole or not at all: aside first, then renamed.

    Raises
    ------
    FileExistsError
        Where there is one and ``overwrite`` is false.
    OSError
        Where the folder cannot be written; nothing is left behind.
    """
    aside = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}.tmp")
    try:
        # as any new file: what others may do with it is the user's umask to say
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if overwrite:
            os.replace(aside, path)
        else:
            _link(aside, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(aside)


def _link(aside: Path, path: Path) -> None:
    """Give the file its name unless the name is taken, in one step where the system has one."""
    try:
        os.link(aside, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if path.exists():
            raise FileExistsError(str(path)) from None
        os.replace(aside, path)
