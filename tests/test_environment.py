"""pyproject.toml, requirements.lock and environment.yml name the same environment."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
CARD = ["jupyterlab", "pandas", "matplotlib", "statsmodels", "papermill", "nbval", "pytest"]
CONDA_NAMES = {"matplotlib-base": "matplotlib", "pyam": "pyam-iamc"}
LOCKS = ("requirements.lock", "requirements-lab.lock", "requirements-dev.lock")  # each holds the one before


def declared() -> dict[str, Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    texts = project["dependencies"] + [
        r for extra in project["optional-dependencies"].values() for r in extra
    ]
    return {canonicalize_name(r.name): r for r in map(Requirement, texts)}


def locked(file: str = LOCKS[-1]) -> dict[str, list[Version]]:
    pins: dict[str, list[Version]] = {}
    for line in (ROOT / file).read_text().splitlines():
        if match := re.match(r"([A-Za-z0-9._-]+)==([^ ;\\]+)", line):
            pins.setdefault(canonicalize_name(match[1]), []).append(Version(match[2]))
    return pins


def conda() -> tuple[list[str], list[str]]:
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    return [d for d in listed if isinstance(d, str)], listed[-1]["pip"]


@pytest.mark.parametrize("name", sorted(declared()))
def test_lock_satisfies_pyproject(name):
    pins = locked()[name]
    assert all(declared()[name].specifier.contains(pin, prereleases=True) for pin in pins)


def test_environment_names_what_pyproject_names():
    packages, from_pip = conda()
    assert packages[:2] == ["python>=3.11", "pip"]
    assert from_pip[-1] == "-e ."
    listed = {}
    for text in packages[2:] + from_pip[:-1]:
        requirement = Requirement(text)
        name = CONDA_NAMES.get(requirement.name, requirement.name)
        listed[canonicalize_name(name)] = requirement.specifier
    assert listed == {name: requirement.specifier for name, requirement in declared().items()}


def test_binding_packages_are_there():
    assert set(CARD) <= set(declared())


def test_locks_agree_and_reports_need_no_tools_of_developers():
    small, middle, large = (locked(file) for file in LOCKS)
    assert small.items() <= middle.items() <= large.items()
    assert not {"jupyterlab", "pytest", "polars", "playwright", "pypandoc-binary", "distributed"} & set(small)
    assert not {"pytest", "polars", "playwright", "pypandoc-binary", "distributed"} & set(middle)


@pytest.mark.parametrize("file", LOCKS)
def test_lock_carries_hashes_and_no_addresses(file):
    text = (ROOT / file).read_text()
    assert "://" not in text
    assert "index-url" not in text
    stanzas = re.split(r"\n(?=[A-Za-z])", text.strip())
    assert all("--hash=sha256:" in stanza for stanza in stanzas)


def test_every_dependency_says_why():
    text = (ROOT / "pyproject.toml").read_text()
    tables = text[text.index("dependencies = [") : text.index("[project.scripts]")].splitlines()
    silent = [line for line in tables if re.match(r' +"|\w+ = \["', line) and "#" not in line]
    assert silent == []
