"""The command line: report, read, check, new, score, lab, explore."""

from __future__ import annotations

import contextlib
import importlib
import math
import os
import signal
import sys
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

from parkanalysis.errors import InputError, Problem

__all__ = ["app", "main"]

if TYPE_CHECKING:
    from parkanalysis.park import Park

T = TypeVar("T")

MAX_STEPS = 10_000

# problems of these "files" were typed on the command line: wrong use, not a failed run
ARGUMENTS = {
    "park",
    "scenario",
    "levers",
    "draws",
    "seed",
    "parameters",
    "lang",
    "--set",
    "--grid",
    "--lang",
    "--to",
    "--port",
}

app = typer.Typer(
    name="parkanalysis",
    help="Project the industrial value added of a development zone and print a report on it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

ParkOption = Annotated[
    list[str],
    typer.Option("--park", metavar="DIR", help="Folder of a park, a pattern of folders, or a name."),
]


def _load(name: str) -> Any:
    """A module of the library, once a command needs it: ``--help`` does not wait for tables and models."""
    return importlib.import_module(f"parkanalysis.{name}")


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = unicodedata.normalize("NFKC", text).partition("=")
    if not equals or not name.strip() or not value.strip():
        raise InputError(Problem(option, repr(text), "lever=value"))
    return name.strip(), value.strip()


def _number(text: str, name: str, option: str) -> float:
    allowed = "a number"
    try:
        plain = _load("park.schema").plain_number(text)
    except ValueError as error:
        plain, allowed = "", str(error)
    try:
        number = float(plain)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(Problem(option, repr(text), allowed, column=name))
    return number


def _once(found: Iterable[tuple[str, T]], option: str) -> dict[str, T]:
    """Each lever with the one value it is given."""
    values: dict[str, T] = {}
    for name, value in found:
        if values.setdefault(name, value) != value:
            text = f"{values[name]} and {value}".replace("[", "").replace("]", "")
            raise InputError(Problem(option, text, "each lever once", column=name))
    return values


def lever_values(settings: list[str]) -> dict[str, float]:
    """Levers from ``lever=value`` texts.

    Examples
    --------
    >>> lever_values(["steel_price_2016=1700"])
    {'steel_price_2016': 1700.0}
    """
    pairs = [_pair(s, "--set") for s in settings]
    return _once(((name, _number(value, name, "--set")) for name, value in pairs), "--set")


def grid_values(grids: list[str]) -> dict[str, list[float]]:
    """Values of levers from ``lever=first:last:step`` or ``lever=a,b,c`` texts.

    Examples
    --------
    >>> grid_values(["steel_price_2016=1400:1500:50"])
    {'steel_price_2016': [1400.0, 1450.0, 1500.0]}
    """
    pairs = [_pair(g, "--grid") for g in grids]
    return _once(((name, _grid(name, text)) for name, text in pairs), "--grid")


def _grid(name: str, text: str) -> list[float]:
    parts = text.split(":")
    if len(parts) == 1:
        return [_number(v, name, "--grid") for v in text.split(",")]
    if len(parts) != 3:
        raise InputError(Problem("--grid", repr(text), "first:last:step", column=name))
    first, last, step = (_number(v, name, "--grid") for v in parts)
    if step <= 0:
        raise InputError(Problem("--grid", f"the step {step:g}", "a step above 0", column=name))
    if first > last:
        found, allowed = f"the first value {first:g} above the last {last:g}", "first up to last"
        raise InputError(Problem("--grid", found, allowed, column=name))
    count = (last - first) / step
    if count > MAX_STEPS:
        found = f"{count:,.0f} steps from {first:g} to {last:g}"
        raise InputError(Problem("--grid", found, f"up to {MAX_STEPS:,} steps", column=name))
    return [round(first + i * step, 10) for i in range(int(count + 1e-9) + 1)]


def _parks(patterns: list[str]) -> list[str]:
    """Expand patterns such as ``parks/*`` that the shell left alone."""
    import glob

    is_aside = _load("park.read").is_aside
    found: list[str] = []
    for pattern in patterns:
        if Path(pattern).exists() or not glob.has_magic(pattern):
            found.append(pattern)
            continue
        matches = sorted(
            p
            for p in glob.glob(pattern)
            if (Path(p) / "park.yml").is_file() or (p.endswith(".xlsx") and not is_aside(Path(p).name))
        )
        if not matches:
            raise InputError(
                Problem("park", repr(pattern), "a pattern that matches a folder with a park.yml")
            )
        found += matches
    return found


@app.command(
    epilog="Example: parkanalysis report combined severe --set vat_rate=0.16 --lang zh,en",
)
def report(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SCENARIO]...", help="Scenarios; all of the park's without."),
    ] = None,
    park: ParkOption = ["qingzhen"],  # noqa: B006
    settings: Annotated[
        list[str],
        typer.Option("--set", metavar="LEVER=VALUE", help="Set a lever; may be given several times."),
    ] = [],  # noqa: B006
    grid: Annotated[
        list[str],
        typer.Option("--grid", metavar="LEVER=FIRST:LAST:STEP", help="A report for each value of a lever."),
    ] = [],  # noqa: B006
    lang: Annotated[str, typer.Option(help="zh, en or zh,en; the park's languages without.")] = "",
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the reports go.")] = Path("outputs"),
    jobs: Annotated[int | None, typer.Option(min=1, help="Reports at a time; one a core without.")] = None,
    draws: Annotated[int, typer.Option(min=1, max=10_000_000, help="Monte Carlo draws.")] = 20_000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draws.")] = 2016,
    to: Annotated[str, typer.Option(help="Further files: docx, pdf, xlsx, csv, iamc, png, svg.")] = "xlsx",
    force: Annotated[bool, typer.Option("--force", help="Render again what is up to date.")] = False,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds a report may take.")] = 300.0,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler, such as tcp://host:8786.")
    ] = None,
) -> None:
    """Render scenario reports: notebook, HTML page, results as data."""
    batch, pages = _load("rendering.batch"), _load("report.pages")
    languages = tuple(part.strip() for part in lang.split(",") if part.strip())
    order = _load("rendering.plan").Order(
        scenarios=scenarios or (),
        langs=languages,
        levers=lever_values(settings),
        grids=grid_values(grid),
        draws=draws,
        seed=seed,
        formats=tuple(part.strip() for part in to.split(",") if part.strip()),
        timeout=timeout,
    )
    parks = _load("model.compare").read_parks(_parks(park))
    reports = batch.render(order, parks, out, jobs=jobs, force=force, dask=dask)
    failed = batch.failures(reports)
    for line in failed:
        typer.echo(f"error: {line}", err=True)
    if failed:
        raise typer.Exit(1)
    changed = not reports["fresh"].all()
    if len({p.id for p in parks}) == len(parks) > 1 and (changed or not (out / pages.PORTFOLIO).exists()):
        page = pages.write_portfolio(out, parks, scenarios, (languages or ("",))[0], draws, seed)
        typer.echo(f"all parks together in {page}")
    if changed:
        _tell_doubts(parks)
    typer.echo(f"{len(reports)} reports in {out}; open {out / 'index.html'}")


def _tell_doubts(parks: Sequence[Park]) -> None:
    """What check warns of; among several parks their number only."""
    for park in parks:
        found = _load("model.check").doubts(park)
        if len(parks) == 1:
            for problem in found:
                typer.echo(f"warning: {problem}", err=True)
        elif found:
            typer.echo(f"{park.id}: {len(found)} warnings; see parkanalysis check", err=True)


@app.command(
    epilog="Example: parkanalysis read work_report.docx > figures_draft.csv; "
    "parkanalysis read yearbook.xlsx > history_draft.csv",
)
def read(
    document: Annotated[
        Path, typer.Argument(help="Work report (txt, md, docx, html, pdf) or table (xlsx, xls, csv, html).")
    ],
    source: Annotated[str, typer.Option(help="Name of the source.")] = "work_report",
    sheet: Annotated[str | None, typer.Option(help="Sheet or, in a page, number of the table.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A table whole: figures, totals, changes.")] = False,
) -> None:
    """Draft a park's figures from a work report, or its history from a statistical table.

    What was changed on the way from the printed table, and what is left out, goes to stderr.
    """
    cleaning = _load("cleaning")
    if not (as_json or sheet or cleaning.is_table(document)):
        ledger = cleaning.draft_ledger(cleaning.read_document(document), source)
        typer.echo(ledger.to_csv(index=False, lineterminator="\n"), nl=False)
        return
    table = cleaning.read_table(document, sheet, totals="report")
    draft = cleaning.draft_history(table, source)
    if as_json:
        typer.echo(table.to_json())
    else:
        typer.echo(draft.frame.to_csv(index=False, lineterminator="\n"), nl=False)
        for line in (*table.said(), *draft.said()):
            typer.echo(line, err=True)


@app.command(epilog="Example: parkanalysis check parks/mine --format json")
def check(
    park: Annotated[str, typer.Argument(metavar="DIR", help="Folder or workbook of a park, or a name.")],
    format: Annotated[str, typer.Option(help="text or json.")] = "text",
) -> None:
    """Check every file of a park and print all problems at once."""
    import json

    if format not in ("text", "json"):
        raise InputError(Problem("--format", repr(format), "text, json"))
    problems = _load("model.check").check(park)
    if format == "json":
        typer.echo(json.dumps([p.to_dict() for p in problems], ensure_ascii=False, indent=1))
    errors = _tell(problems, quiet=format == "json")
    if errors:
        raise typer.Exit(1)


def _tell(problems: Sequence[Problem], quiet: bool = False) -> int:
    """Print problems, a line each; the number of errors among them."""
    errors = sum(p.severity == "error" for p in problems)
    if not quiet:
        for problem in problems:
            typer.echo(f"{problem.severity}: {problem}", err=problem.severity == "error")
        typer.echo(f"{errors} errors, {len(problems) - errors} warnings", err=bool(errors))
    return errors


@app.command(epilog="Example: parkanalysis new parks/mine --name 'My zone' --from work_report.docx")
def new(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make.")],
    name: Annotated[str | None, typer.Option(help="Name of the zone.")] = None,
    report: Annotated[
        Path | None, typer.Option("--from", metavar="REPORT", help="Work report to draft the ledger from.")
    ] = None,
) -> None:
    """Make a park folder with commented templates that render at once."""
    _load("model.shocks")  # the kinds of shocks that the schemas list
    for line in _load("park").create(directory, name=name, report=report):
        typer.echo(line)


@app.command(epilog="Example: parkanalysis score outputs --outturns outturns.csv")
def score(
    results: Annotated[
        list[Path], typer.Argument(metavar="RESULTS", help="Folders of reports, or their results.parquet.")
    ],
    outturns: Annotated[
        Path, typer.Option(help="Published values: a csv with park, year, value (亿元) and published.")
    ],
    format: Annotated[str, typer.Option(help="text, or csv with a projection a row.")] = "text",
) -> None:
    """Set stored projections against outturns: error, coverage, sharpness, CRPS."""
    if format not in ("text", "csv"):
        raise InputError(Problem("--format", repr(format), "text, csv"))
    report = _load("report")
    found = report.scored(report.stored_projections(results), report.read_outturns(outturns))
    if format == "csv":
        typer.echo(found.to_csv(index=False, lineterminator="\n"), nl=False)
        return
    typer.echo(found.round(2).to_string(index=False))
    typer.echo("\n" + report.overall(found).round(2).to_string())


def _notebooks() -> Path:
    here = Path(__file__).resolve().parent
    return next(p for p in (here / "notebooks", here.parent / "notebooks") if p.is_dir())


def _start(module: str, *arguments: str) -> NoReturn:
    import importlib.util

    if importlib.util.find_spec(module) is None:
        allowed = "pip install 'parkanalysis[lab]', or `make lab` in a checkout"
        raise InputError(Problem("installation", f"no {module}", allowed))
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])


@app.command(epilog="Example: parkanalysis lab --port 8890 --no-browser")
def lab(
    port: Annotated[int, typer.Option(min=1, max=65535, help="First port to try.")] = 8888,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
) -> None:
    """Open JupyterLab on the notebooks and the data, on this machine only, with a token."""
    notebooks, own = _notebooks(), Path(__file__).resolve().parent / "explore" / "lab"
    _start(
        "jupyterlab",
        f"--ServerApp.root_dir={notebooks.parent}",
        f"--LabApp.default_url=/lab/tree/{notebooks.name}/README.md",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--MultiKernelManager.default_kernel_name=python3",
        "--KernelSpecManager.allowed_kernelspecs=python3",
        "--LabApp.news_url=None",  # nothing here asks the network
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        f"--LabApp.app_settings_dir={own}",
        "--LabApp.custom_css=True",
        f"--ServerApp.tornado_settings=static_custom_path={own}",
        f"--ServerApp.extra_static_paths={_load('report').font_path().parent}",
        *([] if browser else ["--no-browser"]),
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    )


@app.command(epilog="Example: parkanalysis explore --park parks/mine --save page.html")
def explore(
    park: Annotated[
        str, typer.Option("--park", metavar="DIR", help="Folder of a park, or a name.")
    ] = "qingzhen",
    lang: Annotated[str, typer.Option(help="zh or en; the park's first language without.")] = "",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the page.")] = 8866,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the page as one file instead, to open offline.")
    ] = None,
) -> None:
    """Open the what-if page: a slider for every lever, a switch for every shock, the answer beside them."""
    import webbrowser

    what_if = _load("explore")
    if lang not in ("", "zh", "en"):
        raise InputError(Problem("--lang", repr(lang), "zh, en"))
    if _tell(_load("model.check").check(park)):
        raise typer.Exit(1)
    there = _load("park").read_park(park)
    if save is not None:
        try:
            _load("cleaning").write_aside(save, what_if.page_html(there, lang).encode())
        except OSError as error:
            found = error.strerror or str(error)
            raise InputError(Problem(str(save), found, "a file in a folder to write in")) from None
        typer.echo(f"the page is {save}")
        return
    try:
        server = what_if.Server(there, lang, port)
    except OSError as error:
        allowed = "a port that is free, as in --port 8867"
        raise InputError(Problem("--port", f"{port}: {error.strerror}", allowed)) from None
    typer.echo(f"{server.address} is the page; Ctrl+C ends it")
    sys.stdout.flush()
    if browser:
        webbrowser.open(server.address)
    server.serve_forever()


class Stopped(BaseException):
    """A signal asks for the end; what runs cleans up on the way out."""


@contextlib.contextmanager
def _heeding_signals() -> Iterator[None]:
    def stop(number: int, _: object) -> None:
        for again in signals:  # once is enough: the way out is not to be cut short
            signal.signal(again, signal.SIG_IGN)
        raise Stopped(number)

    names = ("SIGHUP", "SIGINT", "SIGTERM")
    signals = [getattr(signal, name) for name in names if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        signals = []
    before = [(number, signal.signal(number, stop)) for number in signals]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _lines(error: InputError) -> str:
    return "\n".join(f"error: {problem}" for problem in error.problems)


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line; problems go to stderr, never as a traceback.

    Examples
    --------
    >>> from contextlib import suppress
    >>> with suppress(SystemExit):
    ...     main(["check", "qingzhen"])
    warning: ...
    0 errors, ... warnings
    """
    try:
        with _heeding_signals():
            app(arguments)
    except InputError as error:
        print(_lines(error), file=sys.stderr)
        sys.exit(2 if all(p.file in ARGUMENTS for p in error.problems) else 1)
    except Stopped as stopped:
        (number,) = stopped.args
        print(f"stopped by {signal.Signals(number).name}", file=sys.stderr)
        sys.exit(128 + number)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
