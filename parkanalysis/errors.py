"""One error for bad input: every problem named by file, row and column, all at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace


def nearest(name: str, valid: Iterable[str], cutoff: float = 60.0) -> str | None:
    """Return the valid name most like ``name``, or None when nothing is close.

    Examples
    --------
    >>> nearest("steel_prize_2016", ["steel_price_2016", "vat_rate"])
    'steel_price_2016'
    """
    from rapidfuzz import fuzz, process

    match = process.extractOne(name, sorted(valid), scorer=fuzz.ratio, score_cutoff=cutoff)
    return match[0] if match else None


def _plain(text: str) -> str:
    """Text without marks that a terminal obeys or nobody sees: those that turn it around, say."""
    hidden = (c for c in set(text) if unicodedata.category(c) in ("Cc", "Cf"))
    return text.translate({ord(c): f"\\u{ord(c):04x}" for c in hidden})


@dataclass(frozen=True)
class Problem:
    """One thing wrong with an input.

    Attributes
    ----------
    file : str
        File (or workbook sheet, or command-line option) that holds the problem.
    found, allowed : str
        What stands there and what may stand there.
    row : int, optional
        Line of the file, counted from 1 with the header as line 1.
    column : str, optional
        Column or key.
    nearest : str, optional
        The valid name that was probably meant.
    severity : {"error", "warning"}
    rows : tuple of int
        Further rows of which the same is to be said.
    """

    file: str
    found: str
    allowed: str
    row: int | None = None
    column: str | None = None
    nearest: str | None = None
    severity: str = "error"
    rows: tuple[int, ...] = ()

    def __str__(self) -> str:
        place = self.file
        if self.row is not None:
            place += f", row {self.row}"
        if self.rows:
            place += f" and {len(self.rows)} more up to row {self.rows[-1]}"
        if self.column is not None:
            place += f", column {self.column}"
        text = f"{place}: found {self.found}; allowed: {self.allowed}"
        return _plain(f"{text}; did you mean {self.nearest!r}?" if self.nearest else text)

    def to_dict(self) -> dict[str, object]:
        """Return the problem as a plain mapping, for JSON."""
        return asdict(self)


_VARYING = re.compile(r"'[^']*'|\w*[_\d]\w*(?:[.,:/-]\w+)*")
_SEVERAL = 4


def told_once(problems: Iterable[Problem]) -> list[Problem]:
    """One problem, with the other rows, in place of many of one kind in one column.

    Examples
    --------
    >>> print(*told_once(Problem("a.csv", f"'{n} %'", "a number", n, "value") for n in range(2, 90)))
    a.csv, row 2 and 87 more up to row 89, column value: found '2 %'; allowed: a number
    """
    kinds: dict[tuple[object, ...], list[Problem]] = {}
    for p in problems:
        texts = (_VARYING.sub("…", text or "") for text in (p.column, p.found, p.allowed))
        kinds.setdefault((p.row is None, p.file, p.severity, *texts), []).append(p)
    told: list[Problem] = []
    for (everywhere, *_), same in kinds.items():
        if everywhere or len(same) < _SEVERAL:
            told += same
        else:
            first, *others = sorted(same, key=lambda p: p.row or 0)
            told.append(replace(first, rows=tuple(p.row for p in others if p.row is not None)))
    return told


class InputError(ValueError):
    """Bad input, with all problems found; ``str(error)`` prints one line each."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(p) for p in self.problems))

    def _render_traceback_(self) -> list[str]:
        """Show a notebook's reader the lines themselves, not the way to them (IPython's hook)."""
        return [f"{type(self).__name__}: {self}"]

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Problem, ...]]]:
        return (InputError, (self.problems,))
