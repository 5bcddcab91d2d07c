"""The examples in the rooms' docstrings: they run, and give what they show."""

import doctest
import importlib

import pytest

ROOMS = ("cluster", "documents", "input_output", "policy", "resilience", "statistics")


@pytest.mark.parametrize("room", ROOMS)
def test_the_examples_of_a_room_give_what_they_show(room):
    found = doctest.testmod(importlib.import_module(f"dongbei.{room}"))
    assert found.attempted
    assert not found.failed
