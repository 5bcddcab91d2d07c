"""Every unit of the table against a factor written by hand."""

import pytest

from dongbei.statistics.units import UNITS

BY_HAND = {
    "yuan": 1,
    "10 thousand yuan": 10_000,
    "million yuan": 1_000_000,
    "100 million yuan": 100_000_000,
    "US dollars": 1,
    "10 thousand US dollars": 10_000,
    "million US dollars": 1_000_000,
    "100 million US dollars": 100_000_000,
    "persons": 1,
    "10 thousand persons": 10_000,
    "million persons": 1_000_000,
    "tonnes": 1,
    "10 thousand tonnes": 10_000,
    "million tonnes": 1_000_000,
    "tonnes of coal equivalent": 1,
    "10 thousand tonnes of coal equivalent": 10_000,
    "million tonnes of coal equivalent": 1_000_000,
    "items": 1,
    "enterprises": 1,
    "fraction": 1,
    "percent": 0.01,
    "per thousand": 0.001,
    "yuan per person": 1,
    "kilograms per person": 0.001,
    "tonnes per person": 1,
    "items per 10 thousand persons": 0.0001,
    "tonnes of coal equivalent per 10 thousand yuan": 0.0001,
    "tonnes per 10 thousand yuan": 0.0001,
}


def test_no_unit_is_left_unchecked():
    assert set(BY_HAND) == set(UNITS)


@pytest.mark.parametrize("unit", BY_HAND)
def test_a_unit_is_its_number_of_the_base(unit):
    assert UNITS[unit][0] == pytest.approx(BY_HAND[unit])
