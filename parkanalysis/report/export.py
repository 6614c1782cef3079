"""Files people use: workbook, CSV, Word, PDF, figures; made from results, never from typed numbers."""

from __future__ import annotations

import datetime as dt
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from parkanalysis.errors import InputError, Problem
from parkanalysis.model.case import Case
from parkanalysis.report.charts import titled, to_bytes
from parkanalysis.report.results import Results, iamc, report_results, tidy
from parkanalysis.report.sections import TEMPLATES, Figure, Html, fill, page_figures
from parkanalysis.report.words import Words
from parkanalysis.report.workbook import to_csv, to_xlsx, vintage_time

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "msedge")
FLAGS = "--headless --no-sandbox --no-first-run --no-pdf-header-footer --disable-gpu --disable-quic "
FLAGS += "--disable-background-networking --disable-component-update --disable-sync"
FORMATS = ("xlsx", "csv", "iamc", "docx", "pdf", "png", "svg")


def browser() -> str | None:
    """Path of an installed Chromium or a relative of it."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def check_formats(formats: Iterable[str]) -> None:
    """Tell before any work which formats are unknown, and which need a program that is not there.

    Raises
    ------
    InputError

    Examples
    --------
    >>> from unittest.mock import patch
    >>> with patch.dict(os.environ, PATH=""):  # a machine without a browser
    ...     check_formats(["csv", "pdf"])
    Traceback (most recent call last):
    ...
    parkanalysis.errors.InputError: --to: found 'pdf', but no Chromium or Chrome on the PATH; allowed:
    one of them (apt-get install chromium), or the page printed from any browser
    """
    wanted = list(formats)
    known = ", ".join(FORMATS)
    problems = [Problem("--to", f"unknown format {f!r}", known) for f in wanted if f not in FORMATS]
    if "docx" in wanted and importlib.util.find_spec("pypandoc") is None:
        problems.append(Problem("--to", "'docx', but no pandoc", "pip install pypandoc-binary"))
    if "pdf" in wanted and browser() is None:
        allowed = "one of them (apt-get install chromium), or the page printed from any browser"
        problems.append(Problem("--to", "'pdf', but no Chromium or Chrome on the PATH", allowed))
    if problems:
        raise InputError(problems)


def to_pdf(html: str, timeout: float = 60) -> bytes:
    """A page as PDF, printed by headless Chromium.

    Raises
    ------
    InputError
        Where the browser fails.
    """
    program = browser() or BROWSERS[0]
    with tempfile.TemporaryDirectory(prefix="parkanalysis-") as folder:
        source, target = Path(folder, "page.html"), Path(folder, "page.pdf")
        source.write_text(html, encoding="utf-8")
        places = [f"--user-data-dir={folder}/profile", f"--print-to-pdf={target}", source.as_uri()]
        try:
            run = subprocess.run([program, *FLAGS.split(), *places], capture_output=True, timeout=timeout)
        except subprocess.TimeoutExpired as error:
            raise InputError(
                Problem("--to", f"'pdf': no page within {timeout:g} s", "a working browser")
            ) from error
        if run.returncode != 0 or not target.exists():
            last = run.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise InputError(Problem("--to", f"'pdf': {''.join(last)}", "a working browser"))
        return _undated(target.read_bytes())


def _undated(pdf: bytes) -> bytes:
    """The same PDF without the times it was made at; lengths stay, so that its index still fits."""
    return re.sub(
        rb"(/(?:CreationDate|ModDate) \(D:)(\d+)", lambda m: m[1] + b"2" + b"0" * (len(m[2]) - 1), pdf
    )


def to_docx(document: Html, figures: Iterable[Figure], words: Words) -> bytes:
    """A document as a Word file, its charts as pictures with their text alternatives.

    In Chinese after GB/T 9704-2012, the layout of official documents; styles come from
    ``templates/reference_zh.docx`` and ``reference_en.docx``.

    Parameters
    ----------
    document : Html
        As from ``fill("document", ...)``; a picture is named ``<id>.png`` after its figure.
    figures : iterable of Figure
    words : Words
    """
    import pypandoc

    with tempfile.TemporaryDirectory(prefix="parkanalysis-") as folder:
        for figure in figures:
            Path(folder, f"{figure.id}.png").write_bytes(to_bytes(figure.axes, "png", 200, "white"))
        target, lang = Path(folder, "document.docx"), "zh-Hans" if words.lang == "zh" else "en"
        command = [
            pypandoc.get_pandoc_path(),
            *("--from=html", "--to=docx", "--wrap=none", f"--output={target}", f"--metadata=lang:{lang}"),
            f"--resource-path={folder}",
            f"--reference-doc={TEMPLATES / f'reference_{words.lang}.docx'}",
            f"--lua-filter={TEMPLATES / 'docx.lua'}",
        ]
        day = vintage_time(words).replace(tzinfo=dt.UTC)  # the same bytes every time
        dated = {**os.environ, "SOURCE_DATE_EPOCH": f"{day.timestamp():.0f}"}
        subprocess.run(command, input=document.html.encode(), env=dated, check=True, capture_output=True)
        return target.read_bytes()


def documents(results: Results, figures: Iterable[Figure]) -> dict[str, bytes]:
    """The report and its one-page brief as Word files."""
    drawn, words = list(figures), results.words
    tag, files = Markup('<img src="{}.png" alt="{}" width="{}cm">'), {}
    for name, template, width in (("report.docx", "document", 10), ("brief.docx", "sections/brief", 7.5)):
        pictures = {f.id: replace(f, svg=tag.format(f.id, f.alt, width)) for f in drawn}
        text = fill(template, words, r=results, draw=lambda chart, p=pictures: p[f"figure-{chart}"])
        files[name] = to_docx(text, drawn, words)
    return files


def figure_files(figures: Iterable[Figure], forms: Iterable[str] = ("png", "svg")) -> dict[str, bytes]:
    """Each chart as a file with its title and source in the picture.

    Returns
    -------
    dict of str to bytes
        By file name, such as ``figure-waterfall.png``.

    Examples
    --------
    >>> from parkanalysis.report.charts import drawn
    >>> from parkanalysis.report.sections import Figure
    >>> with drawn() as ax:
    ...     growth = Figure("", "figure-growth", "Growth", "", source="Work report", axes=ax)
    >>> list(figure_files([growth]))
    ['figure-growth.png', 'figure-growth.svg']
    """
    files = {}
    for figure in figures:
        ax = titled(figure.axes, figure.title, figure.credit)
        for form in forms:
            files[f"{figure.id}.{form}"] = to_bytes(ax, form, 200, "white")
    return files


def export(
    formats: Iterable[str], *, case: Case, page: str, frame: pd.DataFrame | None = None
) -> dict[str, bytes]:
    """The files asked for beside a rendered report.

    Parameters
    ----------
    formats : iterable of str
        Of xlsx, csv, iamc (the columns that pyam reads), docx, pdf, png, svg.
    case : Case
        What the report shows.
    page : str
        Its page.
    frame : DataFrame, optional
        Results as the report has published them; made anew without.

    Returns
    -------
    dict of str to bytes
        By file name.

    Raises
    ------
    InputError
        On an unknown format, or one whose program is not installed.

    Examples
    --------
    >>> from parkanalysis.model.case import read_parameters
    >>> case = read_parameters({"scenario": "combined", "draws": 64, "lang": "en"})
    >>> files = export(["csv"], case=case, page="")
    >>> print(files["results.csv"].decode("utf-8-sig").splitlines()[0])
    park,scenario,vintage,variable,driver,industry,statistic,year,value,unit,prices
    """
    wanted = list(dict.fromkeys(formats))
    check_formats(wanted)
    results = report_results(case)
    drawn = page_figures(results) if {"docx", "png", "svg"} & set(wanted) else []
    frame = tidy(case.projection) if frame is None else frame
    makers: dict[str, Callable[[], dict[str, bytes]]] = {
        "xlsx": lambda: {"results.xlsx": to_xlsx(results, frame)},
        "csv": lambda: {"results.csv": to_csv(frame)},
        "iamc": lambda: {"results_iamc.csv": iamc(frame).to_csv(index=False).encode()},
        "docx": lambda: documents(results, drawn),
        "pdf": lambda: {"report.pdf": to_pdf(page)},
        "png": lambda: figure_files(drawn, ["png"]),
        "svg": lambda: figure_files(drawn, ["svg"]),
    }
    # figures get their titles last, so that the Word file does not show them twice
    order = sorted(wanted, key=lambda f: f in ("png", "svg"))
    return {name: content for form in order for name, content in makers[form]().items()}
