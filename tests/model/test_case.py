"""Parameters of a notebook are checked where they are set."""

import pytest

from parkanalysis.errors import InputError
from parkanalysis.model.case import read_parameters

CELL = 'park = "qingzhen"  # a park\nscenario = "combined"\ndraws = 64'
LOAD = "case = read_parameters(globals())"


def ran(*cells):
    """What a kernel's namespace holds after some cells."""
    namespace = {"In": ["", *cells], "Out": {}}
    for cell in cells:
        if cell != LOAD:
            exec(cell, namespace)
    return namespace


def test_scratch_variables_and_results_are_no_parameters():
    case = read_parameters(ran(CELL, LOAD, "x = 1", "y = 2; print(y)", 'scenario = "severe"', LOAD))
    assert case.scenario.name == "severe"


def test_a_line_taken_out_of_the_parameters_cell_no_longer_counts():
    held = read_parameters(ran(CELL + "\nvat_rate = 0.13", LOAD))
    again = read_parameters(ran(CELL + "\nvat_rate = 0.13", LOAD, CELL, LOAD))
    assert held.scenario.settings == {"vat_rate": 0.13}
    assert again.scenario.settings == {}


@pytest.mark.parametrize(
    "cells",
    [
        (CELL + "\nalumina_prise_2016 = 1700", LOAD),
        (CELL, "# Parameters\nalumina_prise_2016 = 1700\n", LOAD),
        (CELL, LOAD, "x = 1", CELL + "\nalumina_prise_2016 = 1700", LOAD),
    ],
    ids=["typed", "papermill", "typed later"],
)
def test_mistyped_name_is_refused_with_the_nearest(cells):
    with pytest.raises(InputError) as error:
        read_parameters(ran(*cells))
    assert [p.nearest for p in error.value.problems] == ["alumina_price_2016"]


def test_papermill_s_values_win():
    case = read_parameters(ran(CELL, '# Parameters\nscenario = "severe"\nvat_rate = 0.13\n', LOAD))
    assert (case.scenario.name, case.scenario.settings["vat_rate"]) == ("severe", 0.13)


def test_without_a_record_of_cells_every_plain_value_counts():
    with pytest.raises(InputError, match="gross"):
        read_parameters({"park": "qingzhen", "gross": 1.0, "In": [""], "case": object()})
