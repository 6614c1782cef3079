"""One error for bad input: every problem named by file, row and column, all at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

__all__ = ["InputError", "Problem", "nearest"]


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
    """

    file: str
    found: str
    allowed: str
    row: int | None = None
    column: str | None = None
    nearest: str | None = None
    severity: str = "error"

    def __str__(self) -> str:
        place = self.file
        if self.row is not None:
            place += f", row {self.row}"
        if self.column is not None:
            place += f", column {self.column}"
        text = f"{place}: found {self.found}; allowed: {self.allowed}"
        return f"{text}; did you mean {self.nearest!r}?" if self.nearest else text

    def to_dict(self) -> dict[str, object]:
        """Return the problem as a plain mapping, for JSON."""
        return asdict(self)


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
