"""Random tables for the tests of rooms that compute with them."""

import numpy as np
from hypothesis import strategies as st

from dongbei.input_output import InterregionalTable, WorldTable


def world(sizes, seed, empty=0):
    """Return a random world: regions of the given numbers of sectors, `empty` of them idle."""
    random = np.random.default_rng(seed)
    n, g = sum(sizes), len(sizes)
    a = random.uniform(0, 1, (n, n)) * random.choice([0, 1], (n, n), p=[0.2, 0.8])
    a *= random.uniform(0.1, 0.85, n) / np.maximum(a.sum(axis=0), 1e-9)
    final = random.uniform(0, 10, (n, g)) * random.choice([0, 1], (n, g), p=[0.1, 0.9])
    for row in range(empty):
        a[row], a[:, row], final[row] = 0, 0, 0
    x = np.linalg.solve(np.eye(n) - a, final.sum(axis=1))
    regions = np.repeat([f"R{i}" for i in range(g)], sizes)
    sectors = np.concatenate([[f"s{j}" for j in range(size)] for size in sizes])
    return WorldTable(a * x, final, regions, sectors)


@st.composite
def worlds(draw, least_regions=1, most_regions=4):
    """Random closed tables; regions have different numbers of sectors, some sectors are idle."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=least_regions, max_size=most_regions))
    seed = draw(st.integers(0, 2**32 - 1))
    return world(sizes, seed, empty=draw(st.integers(0, min(1, sum(sizes) - 1))))


def country(sizes, seed, empty=0):
    """Return a random open table: exports, imported inputs and a balancing item of either sign."""
    random = np.random.default_rng(seed)
    inside = world(sizes, seed, empty)
    n = len(inside.output)
    exports, error = random.uniform(0, 10, n), random.uniform(-0.5, 0.5, n)
    exports[:empty] = error[:empty] = 0
    coefficients = inside.coefficients
    sold = inside.final.sum(axis=1) + exports + error
    sold = np.where(sold < 0, sold - error, sold)
    error = sold - inside.final.sum(axis=1) - exports
    x = np.linalg.solve(np.eye(n) - coefficients, sold)
    flows = coefficients * x
    imports = random.uniform(0, 1, n) * (x - flows.sum(axis=0))
    return InterregionalTable(
        flows,
        inside.final,
        inside.regions,
        inside.sectors,
        exports=exports,
        imports=imports,
        error=error,
        value_added=x - flows.sum(axis=0) - imports,
    )


@st.composite
def tables(draw, least_regions=1, most_regions=4):
    """Random tables, closed and open; regions have different numbers of sectors, some are idle."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=least_regions, max_size=most_regions))
    seed = draw(st.integers(0, 2**32 - 1))
    kind = draw(st.sampled_from([world, country]))
    return kind(sizes, seed, empty=draw(st.integers(0, min(1, sum(sizes) - 1))))
