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
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn, TypeVar

import typer

from parkanalysis.errors import InputError, Problem

__all__ = ["app", "main"]

if TYPE_CHECKING:
    from parkanalysis.park import Park

T = TypeVar("T")

MAX_STEPS = 10_000
# problems of these "files", and of options, were typed on the command line: wrong use, not a failed run
ARGUMENTS = {"park", "scenario", "levers", "draws", "seed", "parameters", "lang"}

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


def _values(texts: list[str], option: str, read: Callable[[str, str], T]) -> dict[str, T]:
    """Each lever with what one text gives it."""
    found: dict[str, T] = {}
    for text in texts:
        name, _, value = (part.strip() for part in unicodedata.normalize("NFKC", text).partition("="))
        if not name or not value:
            raise InputError(Problem(option, repr(text), "lever=value"))
        given = read(name, value)
        if found.setdefault(name, given) != given:
            both = f"{found[name]} and {given}".replace("[", "").replace("]", "")
            raise InputError(Problem(option, both, "each lever once", column=name))
    return found


def lever_values(settings: list[str]) -> dict[str, float]:
    """Levers from ``lever=value`` texts.

    Examples
    --------
    >>> lever_values(["steel_price_2016=1700"])
    {'steel_price_2016': 1700.0}
    """
    return _values(settings, "--set", partial(_number, option="--set"))


def grid_values(grids: list[str]) -> dict[str, list[float]]:
    """Values of levers from ``lever=first:last:step`` or ``lever=a,b,c`` texts.

    Examples
    --------
    >>> grid_values(["steel_price_2016=1400:1500:50"])
    {'steel_price_2016': [1400.0, 1450.0, 1500.0]}
    """
    return _values(grids, "--grid", _grid)


def _number(name: str, text: str, option: str) -> float:
    number, allowed = math.nan, "a number"
    try:
        plain = _load("park.schema").plain_number(text)
    except ValueError as error:
        plain, allowed = "", str(error)
    with contextlib.suppress(ValueError):
        number = float(plain)
    if not math.isfinite(number):
        raise InputError(Problem(option, repr(text), allowed, column=name))
    return number


def _grid(name: str, text: str) -> list[float]:
    def wrong(found: str, allowed: str) -> InputError:
        return InputError(Problem("--grid", found, allowed, column=name))

    parts = text.split(":")
    if len(parts) == 1:
        return [_number(name, v, "--grid") for v in text.split(",")]
    if len(parts) != 3:
        raise wrong(repr(text), "first:last:step")
    first, last, step = (_number(name, v, "--grid") for v in parts)
    if step <= 0:
        raise wrong(f"the step {step:g}", "a step above 0")
    if first > last:
        raise wrong(f"the first value {first:g} above the last {last:g}", "first up to last")
    count = (last - first) / step
    if count > MAX_STEPS:
        raise wrong(f"{count:,.0f} steps from {first:g} to {last:g}", f"up to {MAX_STEPS:,} steps")
    return [round(first + i * step, 10) for i in range(int(count + 1e-9) + 1)]


def _parks(patterns: list[str]) -> list[str]:
    """Expand patterns such as ``parks/*`` that the shell left alone."""
    import glob

    is_aside = _load("park.read").is_aside

    def is_park(path: str) -> bool:
        return Path(path, "park.yml").is_file() or (path.endswith(".xlsx") and not is_aside(Path(path).name))

    found: list[str] = []
    for pattern in patterns:
        known = Path(pattern).exists() or not glob.has_magic(pattern)
        matches = [pattern] if known else sorted(filter(is_park, glob.glob(pattern)))
        if not matches:
            allowed = "a pattern that matches a folder with a park.yml"
            raise InputError(Problem("park", repr(pattern), allowed))
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
        lines = [f"warning: {problem}" for problem in _load("model.check").doubts(park)]
        if lines and len(parks) > 1:
            lines = [f"{park.id}: {len(lines)} warnings; see parkanalysis check"]
        for line in lines:
            typer.echo(line, err=True)


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


@app.command("check", epilog="Example: parkanalysis check parks/mine --format json")
def check_park(
    park: Annotated[str, typer.Argument(metavar="DIR", help="Folder or workbook of a park, or a name.")],
    format: Annotated[Literal["text", "json"], typer.Option(help="How to tell them.")] = "text",
) -> None:
    """Check every file of a park and print all problems at once."""
    import json

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
    format: Annotated[Literal["text", "csv"], typer.Option(help="csv has a projection a row.")] = "text",
) -> None:
    """Set stored projections against outturns: error, coverage, sharpness, CRPS."""
    report = _load("report")
    found = report.scored(report.stored_projections(results), report.read_outturns(outturns))
    if format == "csv":
        typer.echo(found.to_csv(index=False, lineterminator="\n"), nl=False)
        return
    typer.echo(found.round(2).to_string(index=False))
    typer.echo("\n" + report.overall(found).round(2).to_string())


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
    notebooks, own = _load("rendering.plan").notebooks(), Path(__file__).resolve().parent / "explore" / "lab"
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
    lang: Annotated[
        Literal["zh", "en"] | None, typer.Option(help="The park's first language without.")
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the page.")] = 8866,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the page as one file instead, to open offline.")
    ] = None,
) -> None:
    """Open the what-if page: a slider for every lever, a switch for every shock, the answer beside them."""
    import webbrowser

    what_if = _load("explore")
    if _tell(_load("model.check").check(park)):
        raise typer.Exit(1)
    there = _load("park").read_park(park)
    if save is not None:
        try:
            _load("cleaning").write_aside(save, what_if.page_html(there, lang or "").encode())
        except OSError as error:
            found = error.strerror or str(error)
            raise InputError(Problem(str(save), found, "a file in a folder to write in")) from None
        typer.echo(f"the page is {save}")
        return
    try:
        server = what_if.Server(there, lang or "", port)
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
        for again in before:  # once is enough: the way out is not to be cut short
            signal.signal(again, signal.SIG_IGN)
        raise Stopped(number)

    ours = threading.current_thread() is threading.main_thread()
    names = [name for name in ("SIGHUP", "SIGINT", "SIGTERM") if ours and hasattr(signal, name)]
    before = {getattr(signal, name): signal.getsignal(getattr(signal, name)) for name in names}
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
        print(*(f"error: {problem}" for problem in error.problems), sep="\n", file=sys.stderr)
        typed = all(p.file in ARGUMENTS or p.file.startswith("--") for p in error.problems)
        sys.exit(2 if typed else 1)
    except Stopped as stopped:
        (number,) = stopped.args
        print(f"stopped by {signal.Signals(number).name}", file=sys.stderr)
        sys.exit(128 + number)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
