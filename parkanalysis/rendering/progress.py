"""What a long run shows on the terminal: a bar while it goes on, a table of what failed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["bar", "failure_table"]


@contextlib.contextmanager
def bar(total: int, *, shown: bool) -> Iterator[Callable[[], None]]:
    """A bar with rate and remaining time on stderr; nothing where that is no terminal.

    Examples
    --------
    >>> with bar(2, shown=False) as advance:
    ...     for _ in range(2):
    ...         advance()
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    hidden = not (shown and total and console.is_terminal)
    with Progress(*columns, console=console, disable=hidden, transient=True) as progress:
        task = progress.add_task("reports", total=total, rate="")

        def advance() -> None:
            progress.advance(task)
            speed = progress.tasks[0].speed
            progress.update(task, rate=f"{60 * speed:.0f}/min" if speed else "")

        yield advance


def failure_table(failed: pd.DataFrame) -> str:
    """Return failed reports as a table for the terminal.

    Parameters
    ----------
    failed : DataFrame
        Rows of what :func:`render` returned.

    Examples
    --------
    >>> import pandas as pd
    >>> failed = pd.DataFrame({"folder": ["qingzhen/severe/zh"], "cell": [4], "error": ["KeyError: 'steel'"]})
    >>> print(failure_table(failed).splitlines()[-2])
    │ qingzhen/severe/zh │ 4    │ KeyError: 'steel' │
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("report", "cell", "message", title=f"{len(failed)} failed", title_justify="left")
    for row in failed.to_dict("records"):
        cell = "" if row["cell"] != row["cell"] or row["cell"] is None else f"{row['cell']:g}"
        lines = [line for line in str(row["error"]).splitlines() if line.strip()]
        shown = (f"{row['folder']}", cell, lines[0] if lines else "")
        table.add_row(*(Text("".join(c if c.isprintable() else "�" for c in text)) for text in shown))
    console = Console(width=120, no_color=True)
    with console.capture() as capture:
        console.print(table)
    return capture.get().rstrip()
