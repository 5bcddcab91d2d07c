"""Fitting to margins: the optimum by other routes, laws of the fit, and refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from dongbei.input_output import gras, reconcile

PUBLISHED = np.array([[7, 3, 5, -3], [2, 9, 8, 1], [-2, 0, 2, 1.0]])


@st.composite
def problems(draw, signs=(-1, 1, 1, 1), k=None):
    """Priors with the margins of matrices that have the same signs and zeros, so a fit exists."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (k or draw(st.integers(1, 4)), draw(st.integers(2, 5)), draw(st.integers(2, 5)))
    prior = random.uniform(0.1, 5, shape) * random.choice([*signs, 0], shape)
    target = prior * np.exp(random.normal(0, 0.7, shape))
    return prior, target.sum(axis=2), target.sum(axis=1)


@given(problems())
def test_margins_are_met_signs_stay_and_zeros_stay(problem):
    prior, rows, columns = problem
    found = gras(prior, rows, columns)
    size = max(np.abs(rows).max(), np.abs(columns).max(), 1)
    assert_allclose(found.table.sum(axis=2), rows, atol=2e-12 * size)
    assert_allclose(found.table.sum(axis=1), columns, atol=2e-12 * size)
    assert (found.table[prior == 0] == 0).all()
    assert (found.table * prior >= 0).all()
    assert (found.gap <= 1e-12).all()


@given(problems())
def test_the_logarithm_of_a_cells_change_is_a_row_number_and_a_column_number(problem):
    """The first-order condition of the minimum: sign(a) log z = row + column."""
    prior, rows, columns = problem
    for a, one in zip(prior, gras(prior, rows, columns).table, strict=True):
        row, column = np.nonzero(a)
        changes = np.sign(a[row, column]) * np.log(one[row, column] / a[row, column])
        design = np.zeros((len(row), sum(a.shape)))
        design[np.arange(len(row)), row] = 1
        design[np.arange(len(row)), a.shape[0] + column] = 1
        fit = design @ np.linalg.lstsq(design, changes)[0]
        assert_allclose(fit, changes, atol=1e-7)


def by_optimisation(prior, rows, columns):
    """Minimise the objective itself over the cells, by a general solver."""
    row, column = np.nonzero(prior)
    a = prior[row, column]
    sums = np.zeros((sum(prior.shape), len(a)))
    sums[row, np.arange(len(a))] = a
    sums[len(prior) + column, np.arange(len(a))] = a
    found = minimize(
        lambda z: np.abs(a) @ (z * np.log(z) - z),
        np.ones(len(a)),
        jac=lambda z: np.abs(a) * np.log(z),
        bounds=[(1e-9, None)] * len(a),
        constraints={
            "type": "eq",
            "fun": lambda z: (sums @ z - np.concatenate([rows, columns]))[:-1],
            "jac": lambda z: sums[:-1],
        },
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-14},
    )
    assert found.success
    table = np.zeros_like(prior)
    table[row, column] = a * found.x
    return table


@settings(max_examples=15)
@given(problems(signs=(-1, 1), k=1))
def test_a_general_optimiser_finds_the_same_matrix(problem):
    prior, rows, columns = (one[0] for one in problem)
    prior = np.where(prior == 0, 0.5, prior)
    change = np.random.default_rng(1).uniform(0.7, 1.4, prior.shape)
    rows, columns = (prior * change).sum(axis=1), (prior * change).sum(axis=0)
    expected = by_optimisation(prior, rows, columns)
    assert_allclose(gras(prior, rows, columns).table, expected, atol=1e-5)


def test_the_example_of_the_literature_by_the_optimiser():
    """Prior and margins that papers on GRAS use; its solution here is the optimiser's."""
    rows, columns = [15, 26, -1], [9, 16, 17, -2]
    found = gras(PUBLISHED, rows, columns)
    expected = by_optimisation(PUBLISHED, np.array(rows), np.array(columns))
    assert_allclose(found.table, expected, atol=1e-6)


@given(problems(signs=(1,)))
def test_of_positive_cells_it_is_the_biproportional_fit(problem):
    """Scaling rows and columns by hand, which is RAS, leads to the same matrix."""
    prior, rows, columns = problem
    table = prior
    for _ in range(3000):
        sums = table.sum(axis=2)
        table = table * np.divide(rows, sums, out=np.ones_like(rows), where=rows > 0)[..., None]
        sums = table.sum(axis=1)
        table = table * np.divide(columns, sums, out=np.ones_like(sums), where=sums > 0)[:, None]
        if np.abs(table.sum(axis=2) - rows).max() < 1e-12:
            break
    assert_allclose(gras(prior, rows, columns).table, table, atol=1e-8 * max(rows.max(), 1))


@given(problems(), st.floats(1e-6, 1e6))
def test_units_do_not_matter(problem, unit):
    prior, rows, columns = problem
    one, other = gras(prior, rows, columns), gras(unit * prior, unit * rows, unit * columns)
    size = max(np.abs(one.table).max(), 1)
    assert_allclose(other.table / unit, one.table, atol=1e-9 * size)


@given(problems(signs=(1,)), st.floats(1e-6, 1e6))
def test_the_size_of_a_positive_prior_does_not_matter(problem, unit):
    prior, rows, columns = problem
    one, other = gras(prior, rows, columns), gras(unit * prior, rows, columns)
    assert_allclose(other.table, one.table, atol=1e-9 * max(rows.max(), 1))


@given(problems())
def test_what_has_its_margins_stays(problem):
    prior, rows, columns = problem
    once = gras(prior, rows, columns).table
    again = gras(once, rows, columns)
    assert_allclose(again.table, once, atol=1e-9 * max(np.abs(once).max(), 1))
    own = gras(prior, prior.sum(axis=2), prior.sum(axis=1))
    assert (own.sweeps == 1).all()
    assert_allclose(own.table, prior, atol=1e-12)


@given(problems(k=3), st.integers(0, 2))
def test_a_matrix_does_not_depend_on_those_beside_it(problem, at):
    together = gras(*problem)
    alone = gras(*(one[at] for one in problem))
    assert_allclose(together.table[at], alone.table, rtol=1e-12, atol=1e-14)
    assert together.sweeps[at] == alone.sweeps
    assert alone.table.shape == problem[0].shape[1:]


def test_zero_margins_empty_their_row():
    found = gras([[1.0, 2], [3, 4]], [0, 5], [2, 3])
    assert_allclose(found.table, [[0, 0], [2, 3]])
    assert (gras(np.ones((2, 2)), [0, 0], [0, 0]).table == 0).all()


@pytest.mark.parametrize(
    ("prior", "rows", "columns", "message"),
    [
        ([[1, 1], [1, 1]], [2, 3], [2, 4], r"rows add up to 5, columns to 6, -1 apart: reconcile"),
        ([[0, 0], [1, 1]], [1, 3], [2, 2], r"row 0 of matrix 0 cannot add up to 1: .* no positive"),
        ([[1, 0], [1, 0]], [1, 3], [2, 2], r"column 1 of matrix 0 cannot add up to 2"),
        ([[1, 1], [1, 1]], [-1, 3], [1, 1], r"row 0 .* no negative cell"),
        ([[-1, -1], [1, 1]], [0, 3], [1, 2], r"row 0 of matrix 0 cannot add up to 0"),
        ([[1, 1], [1, 0]], [0, 3], [1, 2], r"column 1 of matrix 0 cannot add up to 2"),
        ([[1, 0], [1, 1]], [2, 1], [1, 2], r"row 0 is off by .* after 50 sweeps|after 50 sweeps"),
        ([[1, 1]], [2, 3], [2, 4], r"needs rows \(\.\.\., m\)"),
        ([[1, np.nan]], [2], [1, 1], r"prior must be finite"),
    ],
)
def test_what_cannot_be_fitted_is_refused(prior, rows, columns, message):
    with pytest.raises(ValueError, match=message):
        gras(prior, rows, columns, sweeps=50)


@st.composite
def sides(draw):
    """Two sides with limits above them, and a side with one zero."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = random.uniform(0.1, 1, (3, 5)) * random.choice([0, 1, 1, 1], (3, 5))
    rows[:, 0] = 1
    columns = random.uniform(0.1, 1, (3, 4))
    limits = [side + random.exponential(1, side.shape) for side in (rows, columns)]
    return rows, columns, *limits


@given(sides(), st.sampled_from(["rows", "columns", "mean"]))
def test_reconciled_sides_have_the_total_asked_for(margins, to):
    rows, columns, *_ = margins
    found = reconcile(rows, columns, to)
    totals = {"rows": rows.sum(axis=1), "columns": columns.sum(axis=1)}
    totals["mean"] = np.mean([*totals.values()], axis=0)
    for side, printed in zip(found, (rows, columns), strict=True):
        assert_allclose(side.sum(axis=1), totals[to])
        factors = side[printed > 0] / printed[printed > 0]
        places = np.nonzero(printed > 0)[0]
        assert_allclose(factors, (totals[to] / printed.sum(axis=1))[places])
    if to == "rows":
        assert_allclose(found[0], rows, rtol=1e-15)


@given(sides(), st.floats(0.0, 1.0))
def test_a_side_stops_at_its_limits_and_the_rest_grows_alike(margins, part):
    rows, columns, most_rows, most_columns = margins
    reach = np.minimum(np.where(rows > 0, most_rows, 0).sum(axis=1), most_columns.sum(axis=1))
    totals = part * reach
    found, _ = reconcile(rows, columns, totals, most_rows=most_rows, most_columns=most_columns)
    assert_allclose(found.sum(axis=1), totals, atol=1e-12)
    assert (found <= most_rows).all()
    for side, printed, most in zip(found, rows, most_rows, strict=True):
        free = (printed > 0) & (side < most * (1 - 1e-12))
        factors = side[free] / printed[free]
        stopped = (printed > 0) & ~free
        if free.any():
            assert_allclose(factors, factors[0], atol=1e-9)
            assert (side[stopped] / printed[stopped] <= factors[0] * (1 + 1e-9)).all()


@given(sides())
def test_what_is_fixed_stays_and_the_rest_makes_up_for_it(margins):
    rows, columns, *_ = margins
    rows = rows + 1  # the target is above what is fixed
    fixed = columns > 0.5
    fixed[:, 0] = False
    _, found = reconcile(rows, columns, "rows", fixed_columns=fixed)
    assert (found[fixed] == columns[fixed]).all()
    assert_allclose(found.sum(axis=1), rows.sum(axis=1))
    for side, printed, still in zip(found, columns, fixed, strict=True):
        factors = side[~still] / printed[~still]
        assert_allclose(factors, factors[0])


@pytest.mark.parametrize(
    ("rows", "columns", "to", "limits", "message"),
    [
        ([[1, 1]], [[2, 2]], "sum", {}, "to must be one of rows, columns, mean"),
        ([[1, 1]], [[2, 2]], "columns", {"most_rows": [[1, 2]]}, "can reach 3 at most, and 4 is"),
        ([[0, 0]], [[2, 2]], "columns", {}, "can reach 0 at most"),
        (
            [[1, 1]],
            [[3, 2]],
            "rows",
            {"fixed_columns": [[True, False]]},
            "add up to 1 more than the 2",
        ),
        ([[1, 3]], [[2, 2]], "rows", {"most_rows": [[1, 2]]}, r"at \(0, 1\) there is 3 with a"),
        ([[1, -1]], [[0, 0]], "rows", {}, "must be between 0 and their limits"),
    ],
)
def test_what_cannot_be_reconciled_is_refused(rows, columns, to, limits, message):
    with pytest.raises(ValueError, match=message):
        reconcile(rows, columns, to, **limits)
