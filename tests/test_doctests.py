"""The library reference: every public function says what it does, with an example that runs."""

import builtins
import doctest
import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import parkanalysis

MODULES = sorted(
    m.name.removeprefix("parkanalysis.")
    for m in pkgutil.walk_packages(parkanalysis.__path__, "parkanalysis.")
    if not m.ispkg
)


def module(name):
    return importlib.import_module(f"parkanalysis.{name}")


def public(name):
    """Functions and classes that a module offers as its own."""
    there = module(name)
    found = (getattr(there, n) for n in getattr(there, "__all__", ()))
    return [f for f in found if getattr(f, "__module__", None) == there.__name__ and callable(f)]


@pytest.mark.parametrize("name", ["__init__", *MODULES])
def test_examples_run(name):
    there = parkanalysis if name == "__init__" else module(name)
    results = doctest.testmod(there, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    vars(builtins).pop("_", None)  # the last value shown; left there, it would keep IPython from its own
    assert results.failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_everything_public_is_described(name):
    assert module(name).__doc__
    missing = [f.__name__ for f in public(name) if not inspect.getdoc(f)]
    assert missing == []


@pytest.mark.parametrize("name", MODULES)
def test_every_public_function_has_an_example(name):
    functions = [f for f in public(name) if inspect.isfunction(f) or hasattr(f, "__wrapped__")]
    assert [f.__name__ for f in functions if ">>>" not in (inspect.getdoc(f) or "")] == []


@pytest.mark.parametrize("name", MODULES)
def test_names_said_to_be_public_exist(name):
    there = module(name)
    assert [n for n in getattr(there, "__all__", ()) if not hasattr(there, n)] == []


def test_help_shows_the_way_of_the_data():
    steps = ["quantities", "cleaning", "forecasting", "park", "model", "report", "explore"]
    text = inspect.getdoc(parkanalysis)
    places = [text.index(f"\n    {step} ") for step in steps]
    assert places == sorted(places)


def test_package_offers_the_fixed_interfaces():
    for name in parkanalysis.__all__:
        assert getattr(parkanalysis, name)
    assert set(parkanalysis.__all__) <= set(dir(parkanalysis))
    with pytest.raises(AttributeError):
        parkanalysis.no_such_name  # noqa: B018


def test_a_module_is_never_hidden_by_a_function():
    names = {m.name for m in pkgutil.iter_modules(parkanalysis.__path__)}
    assert not names & set(parkanalysis.__all__)


def test_import_of_the_package_loads_nothing_heavy():
    code = (
        "import sys, parkanalysis; "
        "print([m for m in ('numpy', 'pandas', 'scipy', 'matplotlib', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_docstrings_name_the_parameters_that_exist():
    """A parameter described in a docstring is one of the function's."""
    wrong = []
    for name in MODULES:
        for function in (f for f in public(name) if inspect.isfunction(f)):
            text = inspect.getdoc(function) or ""
            if "Parameters\n---" not in text:
                continue
            block = text.split("Parameters\n")[1].split("\n\n")[0].splitlines()[1:]
            named = {
                part.strip(" *")
                for line in block
                if line and not line[0].isspace() and " : " in line
                for part in line.split(" : ")[0].split(",")
            }
            wrong += [
                (name, function.__name__, n) for n in named - set(inspect.signature(function).parameters)
            ]
    assert wrong == []


def test_the_face_gives_what_others_rely_on():
    names = "parse extract read_table forecast growth read_park read_scenario project"
    assert all(callable(getattr(parkanalysis, name)) for name in names.split())
    assert set(parkanalysis.__all__) <= set(dir(parkanalysis))
