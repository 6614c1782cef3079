"""Write the table and the picture of README.md from the shipped park: python scripts/readme.py"""

from __future__ import annotations

import re
from pathlib import Path

from parkanalysis.comparison import compare, project_all
from parkanalysis.park import read_park

ROOT = Path(__file__).resolve().parent.parent
SCENARIO = "combined"
MARKS = ("<!-- results: written by make readme -->", "<!-- end of results -->")


def section() -> str:
    """The README's results, computed."""
    park = read_park("qingzhen")
    projections = project_all(park)
    table = compare(projections.values())
    config = park.config
    rows = [
        f"| scenario | {config.target_year}, 亿元 (median) | 80% interval | on {config.base_year} |"
        f" chance of the stated {park.amount(config.stated.result):g} |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, row in table.sort_values("median", ascending=False).iterrows():
        title = park.scenarios[name].title["en"]
        growth = row["median"] / park.value_added - 1
        rows.append(
            f"| `{name}` {title} | {row['median']:.1f} | {row['low']:.1f} to {row['high']:.1f} |"
            f" {growth:+.1%} | {row['stated_probability']:.0%} |"
        )
    one, stated = table.loc[SCENARIO], park.amount(config.stated.result)
    text = (
        f"In {config.base_year} the zone reached {park.value_added:g} 亿元. If everything its report states"
        f" comes true, the projection for {config.target_year} is {one['median']:.1f} 亿元, with an 80%"
        f" interval of {one['low']:.1f} to {one['high']:.1f}; the stated {stated:g} is reached"
        f" or passed in {one['stated_probability']:.0%} of the draws. A target that is met with 80%"
        f" probability is {one['met_80']:.1f}."
    )
    return "\n".join([MARKS[0], "", text, "", *rows, "", MARKS[1]])


def picture() -> bytes:
    """The way from the base year to the target year, driver by driver."""
    from parkanalysis import charts, findings
    from parkanalysis.chart_style import style, to_bytes
    from parkanalysis.parameters import read_parameters
    from parkanalysis.wording import Words

    case = read_parameters({"park": "qingzhen", "scenario": SCENARIO, "lang": "en"})
    projection = case.project()
    with style():
        ax = charts.waterfall(findings.steps(projection, projection.contributions()), Words(case.park, "en"))
        return to_bytes(ax, "svg", paper="white")


def rewritten(readme: str) -> str:
    """README.md with its results written anew."""
    pattern = re.compile(f"{re.escape(MARKS[0])}.*?{re.escape(MARKS[1])}", re.DOTALL)
    return pattern.sub(lambda _: section(), readme)


if __name__ == "__main__":
    readme = ROOT / "README.md"
    readme.write_text(rewritten(readme.read_text(encoding="utf-8")), encoding="utf-8")
    (ROOT / "docs" / "waterfall.svg").write_bytes(picture())
