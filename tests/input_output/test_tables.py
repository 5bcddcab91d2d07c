"""Tables of many regions: their algebra, groups, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from random_tables import world, worlds

from dongbei import input_output as io
from dongbei.input_output import InterregionalTable, WorldTable

# Miller and Blair, Input-Output Analysis (2nd edition, 2009), table 3.1: two regions of three and
# two sectors, with their final demand; table of the inverse in section 3.3.2.
MILLER_BLAIR = (
    [
        [150, 500, 50, 25, 75],
        [200, 100, 400, 200, 100],
        [300, 500, 50, 60, 40],
        [75, 100, 60, 200, 250],
        [50, 25, 25, 150, 100],
    ],
    [200, 1000, 50, 515, 450],
)
MILLER_BLAIR_INVERSE = [
    [1.4234, 0.4652, 0.2909, 0.1917, 0.3041],
    [0.6346, 1.4237, 0.6707, 0.4092, 0.4558],
    [0.6383, 0.5369, 1.3363, 0.2501, 0.3108],
    [0.2672, 0.2000, 0.1973, 1.3406, 0.5473],
    [0.1468, 0.0908, 0.0926, 0.2155, 1.2538],
]
GOOD = {"flows": [[1, 1], [1, 1]], "final": [[3, 1], [1, 3]], "regions": "AB", "sectors": "ss"}
OPEN = GOOD | {"exports": [2, 1], "imports": [1, 2], "value_added": [5, 3]}


def miller_blair():
    flows, final = MILLER_BLAIR
    spread = np.zeros((5, 2))
    spread[[0, 1, 2, 3, 4], [0, 0, 0, 1, 1]] = final
    return WorldTable(flows, spread, list("LLLMM"), ["1", "2", "3", "1", "2"])


def test_miller_and_blairs_two_regions():
    table = miller_blair()
    assert table.output.tolist() == [1000, 2000, 1000, 1200, 800]
    assert_allclose(table.solve(np.eye(5)), MILLER_BLAIR_INVERSE, atol=5e-5)
    new = table.solve(np.array([100.0, 0, 0, 0, 0]))
    assert_allclose(new, [142.34, 63.46, 63.83, 26.72, 14.68], atol=5e-3)


@given(worlds())
def test_algebra_is_that_of_explicit_inverses(table):
    n = len(table.output)
    A = table.coefficients
    same = table.regions[:, None] == table.regions
    B = np.linalg.inv(np.eye(n) - A)
    L = np.linalg.inv(np.eye(n) - np.where(same, A, 0))
    right = np.random.default_rng(0).normal(size=(n, 3))
    for transposed in (False, True):
        kind = np.transpose if transposed else np.asarray
        assert_allclose(table.solve(right, transposed), kind(B) @ right, atol=1e-9)
        assert_allclose(table.solve_local(right, transposed), kind(L) @ right, atol=1e-9)
        between = kind(np.where(same, 0, A)) @ right
        assert_allclose(table.times_between(right, transposed), between, atol=1e-9)
        vector = table.times_between(right[:, 0], transposed)
        assert_allclose(vector, between[:, 0], atol=1e-9)
    for inverse, block in zip(table.own_inverses, table.blocks, strict=True):
        assert_allclose(inverse, B[block, block], atol=1e-9)
    inverse = table.inverse()
    assert_allclose(inverse, B, atol=1e-9)
    inverse[:] = 0  # its own copy: neither the next nor a solution knows of it
    assert_allclose(table.inverse(), B, atol=1e-9)
    assert_allclose(table.solve(right), B @ right, atol=1e-9)


@pytest.mark.parametrize(
    ("A", "x", "regions", "sectors", "swaps"),
    [
        (
            [[0.1, 0, 0.1, 0], [0, 0.2, 0, 0.1], [2, 0, 0.1, 0], [0, 3, 0, 0.3]],
            [1, 1, 9, 8],
            "PPQQ",
            "stst",
            [2, 3, 2, 3],
        ),
        ([[0.1, 0.1, 0], [2, 0.2, 0], [0, 3, 0.1]], [1, 9, 40], "PQR", "sss", [1, 2, 2]),
    ],
)
def test_own_inverses_when_rows_are_swapped(A, x, regions, sectors, swaps):
    """Columns of inputs above one make the factorisation swap rows, also between regions.

    In the second table three rows change places in a ring, so that their order is not its own
    inverse.
    """
    A, x, n = np.array(A), np.array(x), len(x)
    final = np.zeros((n, len(set(regions))))
    final[np.arange(n), [sorted(set(regions)).index(one) for one in regions]] = x - A @ x
    with pytest.warns(UserWarning, match="kept as it is"):
        table = WorldTable(A * x, final, regions, sectors)
    assert table._factors[1].tolist() == swaps
    B = np.linalg.inv(np.eye(n) - A)
    for inverse, block in zip(table.own_inverses, table.blocks, strict=True):
        assert_allclose(inverse, B[block, block], rtol=1e-12)
    assert_allclose(table.inverse(), B, rtol=1e-12, atol=1e-15)


@given(worlds())
def test_content_of_a_unit_is_one(table):
    made = table.output > 0
    assert_allclose(table.content.sum(axis=1), made, atol=1e-10)
    assert_allclose(table.every, made, atol=1e-10)


@given(worlds(), st.integers(0, 2**32 - 1))
def test_content_and_what_is_missing_are_one(table, seed):
    """v B + r B = 1 when value added is given and a part of the inputs is missing."""
    random = np.random.default_rng(seed)
    given = table.value_added * random.uniform(0.5, 1, len(table.output))
    loose = WorldTable(
        table.flows, table.final, table.regions, table.sectors, value_added=given, tolerance=1
    )
    missing = loose.solve(loose.residuals() * loose.per_unit, transposed=True)
    made = table.output > 0
    assert_allclose(loose.content.sum(axis=1) + missing, made, atol=1e-10)
    assert_allclose(loose.every + missing, made, atol=1e-10)


@given(worlds())
def test_output_is_what_final_use_calls_for(table):
    """By who uses a product, and by who delivers it: to itself, or to anyone."""
    n, atol = len(table.output), 1e-11 * table.output.max()
    same = table.regions[:, None] == table.regions
    B = np.linalg.inv(np.eye(n) - table.coefficients)
    L = np.linalg.inv(np.eye(n) - np.where(same, table.coefficients, 0))
    own = table.regions[:, None] == np.array(table.names)
    assert table.at_home.tolist() == table.final[own].tolist()
    assert_allclose(table.used_in, B @ table.final, atol=atol)
    assert_allclose(table.by_home, B @ np.where(own, table.final, 0), atol=atol)
    delivered = np.where(own, table.final.sum(axis=1, keepdims=True), 0)
    assert_allclose(table.by_any, B @ delivered, atol=atol)
    assert_allclose(table.direct, table.value_added_shares @ L, atol=1e-10)


def test_groups_keep_flows_and_make_them_domestic():
    flows = np.arange(16.0).reshape(4, 4)
    table = WorldTable(flows, np.full((4, 4), 30.0), list("ABCD"), ["all"] * 4)
    grouped = table.grouped({"AD": ["A", "D"]})
    assert grouped.names == ("AD", "B", "C")
    assert grouped.sectors.tolist() == ["A: all", "D: all", "all", "all"]
    assert_allclose(grouped.flows, flows[np.ix_([0, 3, 1, 2], [0, 3, 1, 2])])
    assert grouped.final[0].tolist() == [60.0, 30.0, 30.0]
    assert grouped.exports[0].tolist() == [0, flows[0, 1] + 30, flows[0, 2] + 30]


def test_a_group_may_have_the_name_of_a_member_and_any_list_of_them():
    table = world([1, 2, 1], seed=0)
    assert table.grouped({"R1": ["R0", "R1"]}).names == ("R1", "R2")
    assert table.aggregated({"G": (name for name in table.names)}).names == ("G",)


def test_labels_are_text():
    years = WorldTable(np.ones((3, 3)), np.ones((3, 3)), np.array([2002, 2007, 2012]), [1, 1, 1])
    assert years.names == ("2002", "2007", "2012")
    assert years.sectors.tolist() == ["1", "1", "1"]
    assert years.grouped({2000: [2002, 2007]}).names == ("2000", "2012")


def test_columns_for_frames_name_rows():
    table = world([1, 3, 2], seed=0)
    rows = np.array([5, 0, 3, 3])
    assert table.sector_column(rows).tolist() == ["s1", "s0", "s2", "s2"]
    assert table.region_column(table.region_of[rows]).tolist() == ["R2", "R0", "R1", "R1"]


def test_missing_inputs_stay_missing_in_groups():
    table = WorldTable(**GOOD | {"value_added": [3, 4]}, tolerance=0.2)
    for whole in (table.grouped({"AB": ["A", "B"]}), table.aggregated({"AB": ["A", "B"]})):
        assert whole.residuals().sum() == 1


def test_uses_that_cancel_but_for_rounding_sell_nothing():
    """0.1 + 0.2 - 0.3 is 0 by pencil and 5.6e-17 by computer; 1 - 0.999 is something."""
    with pytest.warns(UserWarning, match="negative final"):
        table = WorldTable(
            np.zeros((3, 3)), [[0.1 + 0.2, -0.3, 0], [0, 1, -0.999], [0, 0, 1]], "ABC", "sss"
        )
    assert table.output.tolist() == [0, 1 - 0.999, 1]
    assert table.value_added_shares.tolist() == [0, 1, 1]


def test_aggregation_adds_up_regions_and_sectors():
    table = world([3, 3, 3], seed=3)
    small = table.aggregated(regions={"both": ["R0", "R2"]}, sectors={"t": ["s0", "s2"]})
    assert list(zip(small.regions, small.sectors, strict=True)) == [
        ("both", "t"), ("both", "s1"), ("R1", "t"), ("R1", "s1")
    ]  # fmt: skip
    rows = [0, 2, 6, 8]
    assert small.flows[0, 0] == pytest.approx(table.flows[np.ix_(rows, rows)].sum())
    assert small.flows[0, 3] == pytest.approx(table.flows[rows, 4].sum())
    assert small.final[0, 0] == pytest.approx(table.final[np.ix_(rows, [0, 2])].sum())
    assert small.output.sum() == pytest.approx(table.output.sum())
    assert small.value_added[0] == pytest.approx(table.value_added[rows].sum())


def test_sectors_that_a_later_member_brings_stand_with_its_group():
    small = world([1, 1, 2], seed=0).aggregated(regions={"both": ["R0", "R2"]})
    assert list(zip(small.regions, small.sectors, strict=True)) == [
        ("both", "s0"), ("both", "s1"), ("R1", "s0")
    ]  # fmt: skip


def test_open_tables_aggregate_every_part():
    table = InterregionalTable(**OPEN, error=[0.0, 1.0], tolerance=0.2)
    whole = table.aggregated(regions={"nation": ["A", "B"]})
    assert whole.flows.tolist() == [[4]]
    assert (whole.exports, whole.imports, whole.value_added, whole.error) == ([3], [3], [8], [1])
    assert whole.output.tolist() == [16]
    grouped = table.grouped({"nation": ["A", "B"]})
    assert grouped.domestic_outflow.tolist() == [[0], [0]]
    assert grouped.exports.tolist() == [2, 1]


def test_balancing_items_are_output_that_nobody_buys():
    table = InterregionalTable(**OPEN, error=[0.0, 1.0], tolerance=0.2)
    assert table.output.tolist() == [8, 8]
    assert table.residuals().tolist() == [0, 1]
    shares = table.value_added_shares + table.import_shares + table.residual_shares
    total = table.solve(shares, transposed=True)
    assert_allclose(total, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"flows": np.ones((2, 3))}, r"flows must have the shape \(2, 2\).*it has \(2, 3\)"),
        ({"final": np.ones((2, 1))}, "final must have the shape"),
        ({"flows": [[1, np.nan], [1, 1]]}, "flows must be finite; at A, s to B, s it is nan"),
        ({"final": [[1, 1], [np.inf, 1]]}, "final must be finite; at B, s to A it is inf"),
        ({"final": [[1, 1], [1, -np.inf]]}, "final must be finite; at B, s to B it is -inf"),
        ({"flows": [["a", 1], [1, 1]]}, "flows must be numbers"),
        ({"regions": "AA", "sectors": "st"}, "final must have the shape"),
        ({"regions": "A"}, "every row needs a region and a sector; there are 1 regions and 2"),
        ({"regions": "Jilin"}, "there are 5 regions and 2 sectors"),
        ({"sectors": ["s"]}, "2 regions and 1 sectors"),
        ({"sectors": ["s"], "flows": [[1, 1], [1, np.nan]]}, "2 regions and 1 sectors"),
        ({"regions": ["A", None]}, "regions must name every row; at row 2 there is None"),
        ({"regions": [np.nan, "B"]}, "regions must name every row; at row 1 there is nan"),
        ({"sectors": ["s", " "]}, "sectors must name every row; at row 2 there is ' '"),
        ({"regions": [["A"], ["B"]]}, "regions must name every row"),
        ({"regions": [], "sectors": []}, "no rows"),
        ({"flows": [[1, 1], [1, 0]], "final": [[5, 5], [-1, 0]]}, "B, s buys 1 and sells nothing"),
        ({"final": [[-9, 0], [1, 1]]}, "A, s has an output of -7"),
        ({"flows": [[0, 1], [0, -1]], "final": [[3, 1], [1, 0]]}, "B, s buys 2 and sells nothing"),
        (
            {"flows": [[1e301, 1], [1, 1]]},
            r"at most 1e\+300 in size; at A, s to A, s it is 1e\+301",
        ),
        (
            {"flows": [[0, 0], [0, 1]], "final": [[1e-301, 0], [0, 1]]},
            "A, s has an output of 1e-301",
        ),
        ({"value_added": [5, 4]}, "does not balance(.|\n)*A +s +6.0 +-1.0(.|\n)*B +s +6.0 +-?0"),
        ({"value_added": [3, 4]}, "does not balance(.|\n)*A +s +6.0 +1.0(.|\n)*B +s +6.0 +-?0"),
        ({"value_added": [4]}, r"value_added must have the shape \(2,\)"),
        ({"value_added": [[4], [4]]}, r"value_added must have the shape \(2,\).*has \(2, 1\)"),
        ({"tolerance": -1e-6}, "tolerance must be a number from zero on.*it is -1e-06"),
        ({"tolerance": np.nan}, "tolerance must be a number from zero on"),
        ({"tolerance": np.inf}, "tolerance must be a number from zero on"),
        ({"tolerance": "1e-6"}, "tolerance must be a number from zero on"),
    ],
)
def test_impossible_tables_are_refused(change, message):
    WorldTable(**GOOD)
    with pytest.raises(ValueError, match=message):
        WorldTable(**GOOD | change)


def test_refusals_of_labels():
    flows, final = np.ones((3, 3)), np.ones((3, 2))
    with pytest.raises(ValueError, match="rows of A must stand together: sort"):
        WorldTable(flows, final, "ABA", "sss")
    with pytest.raises(ValueError, match="two rows are A, s"):
        WorldTable(flows, final, "AAB", "sss")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value_added": None}, "needs its value added"),
        ({"exports": [1]}, "exports must have the shape"),
        ({"imports": [1, np.nan]}, "imports must be finite; at B, s it is nan"),
        ({"imports": [1, 5]}, "does not balance(.|\n)*B +s +7.0 +-3.0"),
    ],
)
def test_impossible_open_tables_are_refused(change, message):
    InterregionalTable(**OPEN)
    with pytest.raises(ValueError, match=message):
        InterregionalTable(**OPEN | change)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"G": ["A", "Z"]}, "no region Z; there are A, B"),
        ({"G": ["A"], "H": ["A"]}, "A: in two groups"),
        ({"B": ["A"]}, "B: a region of this name is not in the group"),
        ({"G": "AB"}, "group G must be a list of regions; it is the text 'AB'"),
    ],
)
def test_impossible_groups_are_refused(groups, message):
    table = WorldTable(**GOOD)
    for make in (table.grouped, table.aggregated):
        with pytest.raises(ValueError, match=message):
            make(groups)


def test_unknown_sectors_are_refused():
    with pytest.raises(ValueError, match="no sector q; there are s"):
        WorldTable(**GOOD).aggregated(sectors={"t": ["q"]})


def test_slight_imbalance_is_kept_and_said():
    off = {"value_added": [4 + 1e-9, 4]}
    with pytest.raises(ValueError, match="1e-12"):
        WorldTable(**GOOD | off, tolerance=1e-12)
    WorldTable(**GOOD, tolerance=0)
    for gap in (-5e-6, 5e-6):  # the largest output is 6
        WorldTable(**GOOD | {"value_added": [4 - gap, 4]})
        with pytest.raises(ValueError, match="at most 6e-06 is allowed"):
            WorldTable(**GOOD | {"value_added": [4 - 1.4 * gap, 4]})
    table = WorldTable(**GOOD | off)
    assert table.gaps(1)[["region", "sector"]].to_numpy().tolist() == [["A", "s"]]
    assert table.gaps(1)["gap"].item() == pytest.approx(-1e-9, rel=1e-6)


def test_negative_value_added_is_kept_and_said():
    with pytest.warns(UserWarning, match="negative value added, kept as it is: A, s"):
        table = WorldTable([[1, 1], [9, 1]], [[3, 1], [1, 3]], "AB", "ss")
    assert table.value_added[0] == -4


@pytest.mark.parametrize(
    ("change", "name", "row"),
    [
        ({"flows": [[1, -1], [1, 1]], "value_added": [3, 5]}, "flows", "A, s"),
        ({"final": [[3, 1], [-1, 5]]}, "final", "B, s"),
        ({"exports": [2, -1], "value_added": [5, 1]}, "exports", "B, s"),
        ({"imports": [-1, 2], "value_added": [7, 3]}, "imports", "A, s"),
    ],
)
def test_every_negative_is_said_but_balancing_items(change, name, row, recwarn):
    InterregionalTable(**OPEN | {"error": [-2, 0], "value_added": [3, 3]})
    assert not recwarn
    InterregionalTable(**OPEN | change)
    (said,) = recwarn
    assert str(said.message) == f"negative {name}, kept as it is: {row}"
    assert said.filename == __file__


def test_many_negatives_are_counted_and_slight_ones_are_not_said(recwarn):
    final = np.diag(np.full(7, 5.0))
    final[:5, 6] = -1
    WorldTable(np.zeros((7, 7)), np.diag(np.full(7, 5.0)) - 1e-7, "ABCDEFG", "sssssss")
    assert not recwarn
    WorldTable(np.zeros((7, 7)), final, "ABCDEFG", "sssssss")
    final[5, 6] = -1
    WorldTable(np.zeros((7, 7)), final, "ABCDEFG", "sssssss")
    five, six = (str(said.message) for said in recwarn)
    assert five.endswith("D, s; E, s")
    assert six.endswith("D, s; E, s; and 1 more")
    assert {said.filename for said in recwarn} == {__file__}


def test_an_economy_that_eats_itself_has_no_inverse():
    table = WorldTable([[2, 0], [0, 1]], [[0, 0], [0, 1]], "AB", "ss", tolerance=1e-3)
    with pytest.raises(ValueError, match="uses all of its own output"):
        table.solve(np.ones(2))
    with pytest.raises(ValueError, match="uses all of its own output"):
        table.solve_local(np.ones(2))


def test_numbers_of_a_table_cannot_be_written():
    table = WorldTable(**GOOD)
    for numbers in (table.flows, table.final, table.output, table.value_added, table.exports):
        with pytest.raises(ValueError, match="read-only"):
            numbers[0] = 1


def test_functions_of_one_kind_of_table_refuse_the_other():
    world, country = WorldTable(**GOOD), InterregionalTable(**OPEN)
    closed_only = (
        io.value_added_trade,
        io.wang_wei_zhu,
        io.koopman_wang_wei,
        io.borin_mancini,
        io.participation,
        io.participation_shares,
        io.production_lengths,
        io.trade_in_value_added,
        lambda table: io.extraction(table, "A"),
        lambda table: io.nested_participation(table, {}),
        lambda table: io.opened(table, ["A"]),
    )
    open_only = (
        io.content_per_unit,
        io.outflow_content,
        io.export_content,
        io.exported_value_added,
        io.origin_shares,
        io.domestic_participation,
        io.closed,
    )
    for function in closed_only:
        with pytest.raises(
            ValueError, match=r"needs the kind WorldTable, not Inter.*closed\(table\)"
        ):
            function(country)
    for function in open_only:
        with pytest.raises(ValueError, match=r"needs the kind InterregionalTable, not W.*opened\("):
            function(world)
