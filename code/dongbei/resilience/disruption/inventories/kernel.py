"""What a step does to the stocks of one product, compiled: its arrays are read and written once.

Every number is computed as NumPy would, in one order, so that a shock's path does not depend on
those that move with it. The first call in a process compiles, in about a second.
"""

import numba


@numba.njit(error_model="numpy")
def store(stocks, needs, received, level, planned, limit, limited, days, buffer, restocking_time):
    """Take what production used, add what came, and say what is needed and what can be made next.

    Parameters
    ----------
    stocks, needs
        h and ν of the product. Overwritten. Shape (n, shocks).
    received
        Part of its order that each node receives. Shape (n, shocks).
    level, planned
        x and x°. Shape (n, shocks).
    limit
        Largest level that stocks allow each node; lowered to what this product's allow. Shape (n,
        shocks).
    limited
        Nodes that cannot do without the product. Shape (n,).
    days, buffer, restocking_time
        s_p, max(1, ψ s_p) and τ.
    """
    per_buffer, per_time = 1 / buffer, 1 / restocking_time
    n, count = stocks.shape
    for j in range(n):  # short loops over few arrays each, which the compiler can do in parallel
        for c in range(count):
            kept = max(stocks[j, c] - level[j, c], 0.0)
            stocks[j, c] = kept + needs[j, c] * received[j, c]
        if limited[j]:
            for c in range(count):
                limit[j, c] = min(limit[j, c], stocks[j, c] * per_buffer)
        for c in range(count):
            missing = max(days * planned[j, c] - stocks[j, c], 0.0)
            needs[j, c] = level[j, c] + missing * per_time
