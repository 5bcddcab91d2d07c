"""Levers, measures and programmes."""

import numpy as np
import pytest

from dongbei.policy import model
from dongbei.policy.levers import LEVERS, Measure, Programme, schedule, table

TRIED = Programme("tried", {"reform": Measure(0.5, 2, 7), "user_subsidy": Measure(0.1)})


def test_levers_are_those_of_the_equations_in_their_order():
    assert list(LEVERS) == list(model.LEVERS)
    moved = set().union(*(one.free_symbols for one in model.changes().values()))
    paid = model.costs()
    assert list(paid) == list(LEVERS)
    for name, symbol in model.LEVERS.items():
        assert symbol in moved, name
        assert symbol in paid[name].free_symbols, name


def test_a_schedule_has_a_place_for_every_lever():
    intensities, years = schedule([Programme("nothing"), TRIED])
    assert intensities.shape == (2, len(LEVERS))
    assert intensities[0].sum() == 0
    place = list(LEVERS).index("reform")
    assert intensities[1, place] == 0.5
    assert years[1, place].tolist() == [2, 7]
    assert intensities[1].sum() == 0.6


def test_programmes_can_be_scaled_and_moved():
    half = TRIED.scaled(0.5)
    assert half.measures["reform"] == Measure(0.25, 2, 7)
    assert TRIED.during(1, 4).measures["user_subsidy"] == Measure(0.1, 1, 4)
    with pytest.raises(ValueError, match="reform must be at most 1"):
        TRIED.scaled(3)


def test_a_table_of_measures():
    found = table([Programme("nothing"), TRIED])
    assert found["lever"].tolist() == ["reform", "user_subsidy"]
    assert found["end"].tolist() == [7, np.inf]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1,), "finite and 0 or more"),
        ((np.nan,), "finite and 0 or more"),
        ((np.inf,), "finite and 0 or more"),
        ((1, 2.5), "whole year"),
        ((1, -1), "whole year"),
        ((1, 3, 3), "end in a later one"),
        ((1, 0, np.nan), "end in a later one"),
    ],
)
def test_a_measure_that_cannot_be(arguments, message):
    with pytest.raises(ValueError, match=message):
        Measure(*arguments)


@pytest.mark.parametrize(
    ("lever", "size", "message"),
    [
        ("subsidy", 1, "no lever 'subsidy'; there are producer_subsidy"),
        ("second_sources", 1.1, "must be at most 1 in 'x'; it is 1.1"),
        ("social_relief", 1.0, "must be below 1"),
        ("cluster_building", 1.0, "must be below 1"),
    ],
)
def test_a_programme_that_cannot_be(lever, size, message):
    with pytest.raises(ValueError, match=message):
        Programme("x", {lever: Measure(size)})
