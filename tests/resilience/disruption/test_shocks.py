"""Rows by name, and parts of a whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_tables import world, worlds

from dongbei.resilience.disruption.shocks import known, parts, rows

TABLE = world([2, 1, 3], seed=7)  # R0: s0, s1; R1: s0; R2: s0, s1, s2


@given(table=worlds(), data=st.data())
def test_rows_are_those_whose_region_and_sector_are_asked_for(table, data):
    def some(names):
        return data.draw(st.none() | st.lists(st.sampled_from(sorted(set(names))), min_size=1))

    regions, sectors = some(table.regions.tolist()), some(table.sectors.tolist())
    expected = [
        row
        for row in range(len(table.output))
        if (regions is None or table.regions[row] in regions)
        and (sectors is None or table.sectors[row] in sectors)
    ]
    if expected:
        assert rows(table, regions, sectors).tolist() == expected
    else:
        with pytest.raises(ValueError, match="there, only elsewhere"):
            rows(table, regions, sectors)


def test_one_name_is_a_list_of_one_and_any_iterable_will_do():
    assert rows(TABLE).tolist() == [0, 1, 2, 3, 4, 5]
    assert rows(TABLE, "R2").tolist() == rows(TABLE, ["R2"]).tolist() == [3, 4, 5]
    assert (
        rows(TABLE, sectors="s1").tolist() == rows(TABLE, sectors=iter(["s1"])).tolist() == [1, 4]
    )
    assert rows(TABLE, np.array(["R2", "R0"]), ("s1", "s0")).tolist() == [0, 1, 3, 4]
    assert np.issubdtype(rows(TABLE, "R1").dtype, np.integer)


def test_known_names_come_once_in_the_order_asked_or_as_they_exist():
    assert known("region", ["b", "a", "b"], "abc") == ["b", "a"]
    assert known("region", None, ["c", "a", "c"]) == ["c", "a"]
    with pytest.raises(ValueError, match=r"no region 'z'; perhaps a, b, c, d, e$"):
        known("region", "z", "abcdefg")  # where nothing is close, the first five


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"regions": "R7"}, "no region 'R7'; perhaps R"),
        ({"regions": ["R0", "Heilongjiang"]}, "no region 'Heilongjiang'; perhaps R0, R1, R2"),
        ({"sectors": "steel"}, "no sector 'steel'; perhaps s0, s1, s2"),
        ({"sectors": [3]}, "no sector '3'; perhaps"),
        ({"regions": []}, "name at least one region, or leave regions out for all"),
        ({"sectors": ()}, "name at least one sector, or leave sectors out for all"),
        ({"regions": ["R1", "R0"], "sectors": "s2"}, "R1, R0: no row of s2 there, only elsewhere"),
    ],
)
def test_names_that_are_not_there_are_refused(asked, message):
    with pytest.raises(ValueError, match=message):
        rows(TABLE, **asked)


def test_parts_are_numbers_from_zero_to_one_of_any_shape():
    assert parts("part", [0, 0.25, 1]).tolist() == [0, 0.25, 1]
    assert parts("part", 1, ()).shape == ()
    assert parts("part", np.zeros((2, 3)), (2, 3)).dtype == float


@pytest.mark.parametrize(
    ("values", "shape", "message"),
    [
        ([0.5, np.nan], None, "the part must be from 0 to 1; one is nan: give a part of the whole"),
        (-0.01, None, "one is -0.01: give a part of the whole"),
        ([1, 1.5], None, "one is 1.5: more than all of it cannot be lost"),
        (np.inf, None, "one is inf: more than all"),
        ("half", None, "the part must be numbers from 0 to 1: could not convert"),
        (None, None, "must be"),
        ([[0.5], [0.5, 0.5]], None, "must be numbers from 0 to 1"),
        ([0.5], (), r"the part must be one number; it has the shape \(1,\)"),
        ([0.5], (2,), r"the part must have the shape \(2,\); it has the shape \(1,\)"),
    ],
)
def test_parts_that_are_none_are_refused(values, shape, message):
    with pytest.raises(ValueError, match=message):
        parts("the part", values, shape)
