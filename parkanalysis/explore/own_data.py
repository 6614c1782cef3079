"""Own data, shown live: a figure, a lever, a plant and a scenario added to a copy of a park.

Everything is written to a temporary copy; the park itself stays as it is.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parkanalysis.errors import InputError
from parkanalysis.model.projection import project
from parkanalysis.park.park import Park, known_parks, read_park
from parkanalysis.park.schema import TABLES
from parkanalysis.report.markup import Html, Raw, cell, paragraph, table
from parkanalysis.report.words import N_, Words

__all__ = ["Addition", "Slip", "addition_table", "additions", "attempt", "outcome", "slip_table", "slips"]

SHARE = 0.02  # the example plant makes this part of the park's value added


@dataclass(frozen=True)
class Addition:
    """Something written into one file of a park.

    Attributes
    ----------
    what : str
    file : str
        Path within the park's folder.
    content : mapping
        A row of a table, or what is merged into a YAML file.
    """

    what: str
    file: str
    content: Mapping[str, Any]

    @property
    def text(self) -> str:
        """How it reads in the file, every cell of its row with it."""
        if self.file.endswith(".csv"):
            return _row(list(self.content), self.content).rstrip("\n")
        return _yaml(self.content)


@dataclass(frozen=True)
class Slip:
    """A usual mistake: what it is, and the additions in which it is made."""

    what: str
    written: str
    additions: tuple[Addition, ...]


def _row(columns: list[str], content: Mapping[str, Any]) -> str:
    text = io.StringIO()
    cells = {c: f"{v:.12g}" if isinstance(v, float) else v for c, v in content.items()}
    csv.DictWriter(text, columns, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _cells(park: Park, table: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """A row with the cells of the park's own table, so that it can be typed as it is shown."""
    file = park.path / f"{table}.csv"
    columns = list(TABLES[table].model_fields)
    if file.is_file():
        columns = next(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    return {c.strip(): content.get(c.strip(), "") for c in columns}


def _yaml(content: Mapping[str, Any]) -> str:
    import yaml  # type: ignore[import-untyped]

    return str(yaml.safe_dump(dict(content), allow_unicode=True, sort_keys=False, width=10_000))


def additions(park: Park) -> list[Addition]:
    """A figure, a lever, a plant with its closure, and a scenario that fit the park.

    Examples
    --------
    >>> [a.file for a in additions(read_park("qingzhen"))][:2]
    ['figures.csv', 'levers.csv']
    """
    amount = float(f"{SHARE * park.value_added:.2g}")
    source = str(park.figures["source"].iloc[0])
    year = park.config.base_year
    figure = {
        "figure": "output_my_plant",
        "source": source,
        "place": "p. 1",
        "subject": "my plant",
        "variable": "gross_output",
        "period": str(year),
        "quantity": "1.2 亿元",
    }
    lever = {
        "lever": "value_added_my_plant",
        "group": "closures",
        "name_zh": "我的企业增加值",
        "name_en": "value added of my plant",
        "unit": "CNY_100m",
        "low": amount / 2,
        "central": amount,
        "high": 2 * amount,
        "minimum": 0,
        "maximum": 10 * amount,
        "distribution": "triangular",
        "evidence": "assumed",
        "source": source,
        "note": "why this range",
        "note_zh": "区间的依据",
    }
    plant = {
        "plants": {
            "my_plant": {
                "name": {"zh": "我的企业", "en": "My plant"},
                "industry": next(iter(park.config.industries)),
                "value_added": "value_added_my_plant",
            }
        },
        "shocks": {
            "close_my_plant": {
                "kind": "plant_closure",
                "name": {"zh": "我的企业关停", "en": "My plant closes"},
                "plant": "my_plant",
                "start": f"{park.config.target_year}-07",
            }
        },
    }
    scenario = {
        "title": {"zh": "我的情景", "en": "My scenario"},
        "shocks": ["close_my_plant"],
        "levers": {"value_added_my_plant": round(1.5 * amount, 10)},
    }
    return [
        Addition(N_("figure"), "figures.csv", _cells(park, "figures", figure)),
        Addition(N_("lever"), "levers.csv", _cells(park, "levers", lever)),
        Addition(N_("plant"), "park.yml", plant),
        Addition(N_("scenario"), "scenarios/my_scenario.yml", scenario),
    ]


def _changed(base: Mapping[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    first, *rest = path
    inner = _changed(base[first], tuple(rest), value) if rest else value
    return {**base, first: inner}


def _renamed(base: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    return {new if key == old else key: value for key, value in base.items()}


def slips(park: Park) -> list[Slip]:
    """The usual mistakes, each made in the same additions.

    Examples
    --------
    >>> slips(read_park("qingzhen"))[-1].what
    'value beyond the hard bounds'
    """
    figure, lever, plant, scenario = additions(park)
    low, high = lever.content["low"], lever.content["high"]

    def slip(what: str, written: str, wrong: Addition) -> Slip:
        parts = (wrong if wrong.what == a.what else a for a in (figure, lever, plant, scenario))
        return Slip(what, written, tuple(parts))

    def made(base: Addition, path: tuple[str, ...], value: Any) -> Addition:
        return Addition(base.what, base.file, _changed(base.content, path, value))

    misspelled = _renamed(scenario.content["levers"], "value_added_my_plant", "value_added_my_plnt")
    industry = plant.content["plants"]["my_plant"]["industry"]
    place = ("plants", "my_plant", "industry")
    return [
        slip(N_("unit that cannot be read"), "1.2 亿 dollars", made(figure, ("quantity",), "1.2 亿 dollars")),
        slip(N_("figure without a known source"), "my_source", made(figure, ("source",), "my_source")),
        slip(N_("figure named twice"), str(park.figures["figure"].iloc[0]), _twice(figure, park)),
        slip(N_("low above high"), f"low {3 * high:g}", made(lever, ("low",), 3 * high)),
        slip(N_("unknown evidence grade"), "guess", made(lever, ("evidence",), "guess")),
        slip(N_("text for a number"), f"about {low:g}", made(lever, ("low",), f"about {low:g}")),
        slip(N_("misspelled industry"), f"{industry}s", made(plant, place, f"{industry}s")),
        slip(N_("misspelled lever"), "value_added_my_plnt", made(scenario, ("levers",), misspelled)),
        slip(N_("unknown shock"), "close_my_plants", made(scenario, ("shocks",), ["close_my_plants"])),
        slip(
            N_("value beyond the hard bounds"),
            f"{100 * high:g}",
            made(scenario, ("levers", "value_added_my_plant"), 100 * high),
        ),
    ]


def _twice(figure: Addition, park: Park) -> Addition:
    return Addition(
        figure.what, figure.file, {**figure.content, "figure": str(park.figures["figure"].iloc[0])}
    )


def attempt(park: Park, parts: Iterable[Addition]) -> Park:
    """Write additions into a copy of a park and read the copy.

    Raises
    ------
    InputError
        With all that is wrong in the copy.

    Examples
    --------
    >>> park = read_park("qingzhen")
    >>> "my_scenario" in attempt(park, additions(park)).scenarios
    True
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / park.id
        # a park that is one workbook has no folder to copy: the example that is shipped has
        origin = park.path if park.path.is_dir() else next(iter(known_parks().values()))
        shutil.copytree(origin, copy, ignore=shutil.ignore_patterns("source", ".*"))
        for part in parts:
            _write(copy / part.file, part)
        return read_park(copy)


def _write(path: Path, part: Addition) -> None:
    if path.suffix == ".csv":
        before = path.read_text(encoding="utf-8-sig")
        columns = next(csv.reader(io.StringIO(before)))
        with path.open("a", encoding="utf-8") as file:
            row = {c: part.content.get(c, "") for c in columns}
            file.write(("" if before.endswith("\n") else "\n") + _row(columns, row))
        return
    path.parent.mkdir(exist_ok=True)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for key, value in part.content.items():
        block = _yaml({key: value}).splitlines()
        # within the mapping where there is one, so that the rest of the file keeps its rows
        here = [i for i, line in enumerate(lines) if re.fullmatch(rf"{key}:\s*(\{{\}}\s*)?", line)]
        if here:
            lines[here[0] : here[0] + 1] = block
        else:
            lines += block
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _left(text: str, tag: str) -> Raw:
    """Text set to the left, as files and messages are read, where a notebook sets tables to the right."""
    return Raw(f'<{tag} style="text-align: left">{cell(text)}</{tag}>')


def addition_table(parts: Iterable[Addition], words: Words) -> Html:
    """What is added, where, and how it reads there.

    Examples
    --------
    >>> park = read_park("qingzhen")
    >>> "levers.csv" in addition_table(additions(park), Words(park, "en")).html
    True
    """
    rows = [(words(p.what), p.file, _left(p.text, "pre")) for p in parts]
    caption = words("Own data: what to write where")
    return Html(table([words(t) for t in ("What", "File", "Text")], rows, caption), caption)


def slip_table(park: Park, words: Words) -> Html:
    """Each usual mistake, made in a copy, with the message that it gets.

    Examples
    --------
    >>> park = read_park("qingzhen")
    >>> slip_table(park, Words(park, "en")).html.count("did you mean")
    3
    """
    rows = []
    for slip in slips(park):
        try:
            attempt(park, slip.additions)
            message = "–"
        except InputError as error:
            message = str(error)
        rows.append((words(slip.what), _left(slip.written, "code"), _left(message, "div")))
    caption = words("Usual slips and what one is told")
    return Html(table([words(t) for t in ("Slip", "Written", "Message")], rows, caption), caption)


def outcome(park: Park, words: Words, draws: int = 4096, seed: int = 2016) -> Html:
    """What the copy with all additions projects in its own scenario.

    Examples
    --------
    >>> park = read_park("qingzhen")
    >>> outcome(park, Words(park, "en"), draws=64).text.startswith("The copy reads.")
    True
    """
    copy = attempt(park, additions(park))
    title = copy.scenarios["my_scenario"].title[words.lang]  # type: ignore[index]
    median = project(copy, "my_scenario", draws, seed).median
    text = words(
        "The copy reads. Its scenario: {title}; value added {year}, median {median}.",
        title=title,
        year=copy.config.target_year,
        median=words.amount(median),
    )
    return Html(paragraph(text), text)
