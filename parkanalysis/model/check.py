"""Everything that can be said of a park's files before a report is made from them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from parkanalysis.errors import InputError, Problem

if TYPE_CHECKING:
    from parkanalysis.park.park import Park

__all__ = ["check"]


def check(path: str | Path) -> list[Problem]:
    """All problems of a park: errors, or where there are none, warnings.

    Errors are what ``read_park`` refuses (schema, units, ranges, references between
    files, vintage) and a scenario that cannot be projected. Warnings are numbers that cannot hold
    together, the audit's findings, levers and sources that nothing uses, and numbers of the template
    that still stand.

    Parameters
    ----------
    path : str or Path
        Folder, workbook or name of a park.

    Returns
    -------
    list of Problem
        Empty when there is nothing to say; ``severity`` is ``error`` or ``warning``.

    Examples
    --------
    >>> print({p.column: p for p in check("qingzhen")}["projects_attracted_and_done"])
    audit, column projects_attracted_and_done: found projects attracted against industrial projects
    carried out: stated 82 count, computed 80 count; allowed: equals, unless scope or basis differ as
    noted: ...
    """
    from parkanalysis.model.plausibility import implausible
    from parkanalysis.park.park import read_park

    try:
        park = read_park(path)
    except InputError as error:
        return list(error.problems)
    errors = list(_unworkable(park))
    if errors:
        return errors
    found = [*_template(park), *_unused(park), *_late(park), *implausible(park), *_audit(park)]
    return [replace(p, severity="warning", file=_file(park, p.file)) for p in found]


def _file(park: Park, file: str) -> str:
    """Name the sheet where the park is a workbook."""
    if park.path.is_dir() or "." not in file:
        return file
    return f"{park.path.name}, sheet {file.partition('.')[0]}"


def _unworkable(park: Park) -> Iterator[Problem]:
    """Checks of park.yml that cannot be read, and scenarios that give no number."""
    import numpy as np

    from parkanalysis.model import audit
    from parkanalysis.model.projection import project

    yield from audit.check_names(park)
    for name in park.scenarios:
        file = f"scenarios/{name}.yml"
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                draws = project(park, name, draws=64).draws
        except InputError as error:
            yield from error.problems
            continue
        except (ValueError, ArithmeticError) as error:
            yield Problem(file, f"no projection ({error})", "levers that can be projected")
            continue
        if not np.isfinite(draws).all():
            yield Problem(file, "a projection that is no number", "levers that can be projected")


def _template(park: Park) -> Iterator[Problem]:
    from parkanalysis.park.new import EXAMPLE_SOURCE

    tables = {"figures.csv": park.figures["source"], "history.csv": park.history["source"]}
    tables |= {"prices.csv": park.prices["source"], "value_added_rates.csv": park.value_added_rates["source"]}
    counts = {file: int((column == EXAMPLE_SOURCE).sum()) for file, column in tables.items()}
    counts["levers.csv"] = sum(lever.source == EXAMPLE_SOURCE for lever in park.levers.values())
    for file, count in counts.items():
        if count:
            found = f"{count} invented numbers of the template (source {EXAMPLE_SOURCE})"
            yield Problem(file, found, "the park's own numbers, with their sources", column="source")


def _unused(park: Park) -> Iterator[Problem]:
    config = park.config
    items: list[object] = [*config.industries.values(), *config.products.values()]
    items += [*config.plants.values(), *config.shocks.values()]
    used = {value for item in items for value in vars(item).values() if isinstance(value, str)}
    used |= {config.growth, config.deflator or ""}
    text = " ".join(f"{c.stated} {c.computed}" for c in config.checks.values())
    for name in park.levers:
        if name not in used and name not in text:
            allowed = "a lever that park.yml uses"
            yield Problem("levers.csv", f"{name}, which nothing uses", allowed, column="lever")
    tables = (park.figures, park.history, park.prices, park.value_added_rates)
    cited = {s for t in tables for s in t["source"]} | {lever.source for lever in park.levers.values()}
    for source in park.sources["source"]:
        if source not in cited:
            allowed = "a source that a row names"
            yield Problem("sources.csv", f"{source}, which nothing cites", allowed, column="source")
    shown = {s for scenario in park.scenarios.values() for s in scenario.shocks if scenario.shocks != "all"}
    if all(s.shocks != "all" for s in park.scenarios.values()):
        for shock in set(config.shocks) - shown:
            found = f"{shock}, which no scenario turns on"
            yield Problem("park.yml", found, "a shock of a scenario", column=f"shocks.{shock}")


def _late(park: Park) -> Iterator[Problem]:
    """A projection made after its year is over competes with the outturn."""
    if park.config.as_of.year > park.config.target_year:
        allowed = f"a day up to the end of the target year {park.config.target_year}"
        yield Problem("park.yml", str(park.config.as_of), allowed, column="as_of")


def _audit(park: Park) -> Iterator[Problem]:
    """What the audit finds that cannot both hold, or has to be verified."""
    from parkanalysis.model.audit import CONTRADICTION, OTHER_SCOPE, audit

    frame = audit(park)
    for row in frame[frame["verdict"].isin([CONTRADICTION, OTHER_SCOPE])].to_dict("records"):
        unit = f" {row['unit']}" if row["unit"] else ""
        reason = "or a note that says in what the scope differs"
        if row["verdict"] == OTHER_SCOPE:
            reason = f"unless scope or basis differ as noted: {row['note_en'] or 'proxies and other areas'}"
        name = row["name_en"] or row["check"].replace("_", " ")
        yield Problem(
            "audit",
            f"{name}: stated {row['stated']:g}{unit}, computed {row['computed']:g}{unit}",
            f"{row['relation']}, {reason}",
            column=str(row["check"]),
        )
