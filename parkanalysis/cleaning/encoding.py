"""Bytes of a Chinese text file to text, or one clear error; nothing is replaced or guessed."""

from __future__ import annotations

import re

from parkanalysis.errors import InputError, Problem

__all__ = ["decode", "is_gbk"]


def decode(name: str, data: bytes) -> tuple[str, str]:
    """Decode text strictly: UTF-8, UTF-16 with its mark, or GB18030 (which contains GBK).

    Examples
    --------
    >>> decode("prices.csv", "氧化铝,1580".encode("gbk"))
    ('氧化铝,1580', 'gb18030')
    """
    allowed = "text in UTF-8, GBK or GB18030, or an xlsx or xls workbook"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        codec = "utf-16"
    elif b"\0" in data or len(re.findall(rb"[\x01-\x08\x0e-\x1f]", data[:65536])) > 2:
        raise InputError(Problem(name, "binary content", allowed))
    else:
        codec = "utf-8-sig"
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        place = data.count(b"\n", 0, error.start) + 1
        codec = "gb18030"
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            found = f"bytes that are neither UTF-8 nor GB18030 (at byte {error.start})"
            raise InputError(Problem(name, found, allowed, row=place)) from None
        if not _plausible(text):
            found = "an encoding that is neither UTF-8 nor GB18030: read so, it is not Chinese prose"
            raise InputError(Problem(name, found, allowed, row=place)) from None
    if "\0" in text or "�" in text:
        raise InputError(Problem(name, "characters lost in an earlier conversion", allowed))
    return text, codec


def is_gbk(data: bytes) -> bool:
    """Whether bytes that are no UTF-8 read as Chinese text in GBK or its successor GB18030.

    Examples
    --------
    >>> is_gbk("氧化铝".encode("gbk")), is_gbk(b"caf\\xe9 \\xff")
    (True, False)
    """
    try:
        return _plausible(data.decode("gb18030"))
    except UnicodeDecodeError:
        return False


def _plausible(text: str) -> bool:
    """Tell whether most Chinese characters are among the 3,755 common ones of GB 2312 level 1."""
    foreign = [character for character in text[:200_000] if ord(character) > 127]
    encoded = (character.encode("gb2312", "replace") for character in foreign)
    common = sum(0xA1 <= code[0] <= 0xA3 or 0xB0 <= code[0] <= 0xD7 for code in encoded)
    return not foreign or common >= 0.8 * len(foreign)
