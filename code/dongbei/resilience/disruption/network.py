"""How a lack spreads where some inputs cannot be done without.

Sector j needs inputs of several products, each from several sources. With l the part of its output
that a row loses, s_ij the share of row i in what j buys of i's product, f_ij the part of that
delivery which is cut, and r the part of any gap that other sources fill, j lacks of product p

    g_pj = (1 - r) sum over i making p of  s_ij (1 - (1 - f_ij)(1 - l_i))

and loses, with c_j the capacity it lost itself and a_pj the cost share of p,

    l_j = max( c_j,  g_pj for each critical p,  sum over all p of a_pj g_pj ),

and no more than all it makes, even if its inputs cost more than that is worth.

Rounds begin without losses and only add to them, so they lead to the least losses that satisfy
this. Without critical inputs it is Ghosh's model; with critical inputs only, Leontief's production
function; and whatever is critical, no row loses less than in Ghosh's. (Diem et al. 2022 sum over
inputs that are not critical, so that making an input critical can make a loss smaller.) Sales lost
by those who still could deliver are not counted here: see `static`.
"""

from dataclasses import dataclass, replace
from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from dongbei import statistics
from dongbei.input_output import RegionalTable
from dongbei.resilience.disruption.shocks import Names, known, parts, rows

PRECISION = 1e-10
"""Loss that a round may still add when rounds end by themselves."""
MOST_ROUNDS = 2000
ROUNDING = 1e-12
"""Part of the largest output up to which a flow below zero is none."""


@dataclass(frozen=True, eq=False)
class SupplyNetwork:
    """Who delivers what to whom, and what nobody can do without.

    Parameters
    ----------
    table
        Where it was read.
    products : tuple of str
        The k kinds of sectors.
    product_of
        Position in `products` of each row's product. Shape (n,).
    sources
        s: share of each row in what a column buys of the row's product, from the table's regions.
        Shape (n, n).
    needs
        a: what a column buys of each product, per unit of its output. Shape (k, n).
    critical
        Whether a column cannot do without a product. Shape (k, n).
    """

    table: RegionalTable
    products: tuple[str, ...]
    product_of: NDArray
    sources: NDArray
    needs: NDArray
    critical: NDArray


def supply_network(
    table: RegionalTable, critical: str | ArrayLike = "goods", least: float = 0.01
) -> SupplyNetwork:
    """Read the network of supplies from a table.

    Parameters
    ----------
    table
        Flows must not be negative; below zero by no more than rounding, 1e-12 of the largest
        output, they are none. What is imported counts as delivered.
    critical : {"goods", "all", "none"} or array
        Which inputs are critical to which producers. ``"goods"``: goods (neither services nor
        construction) to those who make goods, after the rule that Diem et al. (2022) apply to
        firms; sectors must then be those of
        ``dongbei.statistics.sectors``, the 35 or the 9 broad ones. An array says it by product of
        the input (row) and of the producer (column), shape (k, k), true or false.
    least
        Cost share from which an input can be critical to a column, 0 to 1. Illustrative: sectors
        are wide, and steel works do not stop for lack of clothing.

    Raises
    ------
    ValueError
        If a flow is negative, a sector has no known kind, the array has another shape, or the least
        share is not from 0 to 1.

    References
    ----------
    Diem, Borsos, Reisch, Kertész and Thurner (2022), Scientific Reports 12: 7719, "Methods".
    """
    if (low := table.flows.min()) < -ROUNDING * table.output.max():
        row, column = np.argwhere(table.flows == low)[0]
        raise ValueError(
            f"{table.label(row)} sells {low:g} to {table.label(column)}: a negative flow is no "
            "delivery; add up sectors, or book it as final use"
        )
    products = tuple(dict.fromkeys(table.sectors.tolist()))
    product_of = np.array([products.index(one) for one in table.sectors])
    coefficients = np.maximum(table.coefficients, 0)
    needs = np.zeros((len(products), len(product_of)))
    np.add.at(needs, product_of, coefficients)
    bought = needs[product_of]
    sources = np.divide(coefficients, bought, out=np.zeros_like(bought), where=bought > 0)
    large = (needs > 0) & (needs >= float(parts("least", least, ())))
    matters = _critical(critical, products)[:, product_of] & large
    return SupplyNetwork(table, products, product_of, sources, needs, matters)


def diversified(
    network: SupplyNetwork, part: float, products: Names = None, home: bool = False
) -> SupplyNetwork:
    """Move part of what buyers have of a product towards the mix of sources that the nation has.

    Parameters
    ----------
    network
    part
        0 keeps the sources; 1 gives buyers each source's share in the nation's output.
    products : str or iterable of str, optional
        Those that are bought otherwise; by default all.
    home
        Whether what comes from the buyer's own region moves too. If not, only the purchases from
        other regions are divided anew, among other regions.

    Returns
    -------
    SupplyNetwork
        With other sources; what is needed, and what is critical, stays.

    Raises
    ------
    ValueError
        If the part is not from 0 to 1, or a product unknown.
    """
    share = float(parts("part", part, ()))
    asked = known("product", products, network.products)
    table, kind = network.table, network.product_of
    moves = share * np.isin(kind, [network.products.index(one) for one in asked])[:, None]
    free = home | (table.region_of[:, None] != table.region_of)
    of_kind = csr_array((np.ones(len(kind)), (kind, np.arange(len(kind)))))
    made = of_kind @ (table.output[:, None] * free)
    bought = of_kind @ (network.sources * free)
    per_unit = np.divide(bought, made, out=np.zeros_like(made), where=made > 0)
    moved = (1 - moves) * network.sources + moves * table.output[:, None] * per_unit[kind]
    return replace(network, sources=np.where(free & (made > 0)[kind], moved, network.sources))


def cascade(
    network: SupplyNetwork,
    capacity: ArrayLike | None = None,
    deliveries: ArrayLike | None = None,
    buyers: Names = None,
    second_source: float = 0.0,
    rounds: int | None = None,
) -> NDArray:
    """Return the part of its output that each row loses, for many shocks at once.

    Parameters
    ----------
    network
    capacity
        c: part of its capacity that each row loses. Shape (n,) or (s, n).
    deliveries
        f: part of each row's deliveries to the `buyers` that is cut. Shape (n,) or (s, n).
    buyers
        Regions that the cut deliveries do not reach; by default all.
    second_source
        r: part of any gap that other sources fill, from 0 (contracts are fixed) to 1.
    rounds
        How many times losses are passed on; by default until they stay, for each shock by itself.
        Zero: only the capacity lost at first.

    Returns
    -------
    ndarray
        Shape (s, n), or (n,) if all shocks are (n,). From 0 to 1. A row that makes nothing loses
        nothing but the capacity it is said to lose.

    Raises
    ------
    ValueError
        If a part is not from 0 to 1, a shape does not fit, a region is unknown, rounds are no whole
        number from zero on, or losses still rise after 2000 rounds: then give their number.

    Notes
    -----
    With a second source r > 0 nobody who was not hit itself loses more than 1 - r, unless its
    inputs cost more than its output is worth. Without one, a product whose makers all need it
    critically, with one of its sources lost for good, ends: each round loses the same share of what
    is left. How far that goes in the time a shock lasts is a question for stocks, not for this
    model.
    """
    n = len(network.product_of)
    lost, cut = _shock("capacity", capacity, n), _shock("deliveries", deliveries, n)
    try:
        lost, cut = np.broadcast_arrays(lost, cut)
    except ValueError:
        raise ValueError(
            "capacity and deliveries must be of the same shocks, or one of them of one; there are "
            f"{lost.shape[1]} and {cut.shape[1]}"
        ) from None
    if rounds is not None and not (isinstance(rounds, Integral) and rounds >= 0):
        raise ValueError(f"rounds must be a whole number from zero on, not {rounds!r}")
    links = _links(network, buyers, 1 - float(parts("second_source", second_source, ())))
    loss, found, running = lost, np.empty(lost.shape), np.arange(lost.shape[1])
    for _ in range(MOST_ROUNDS if rounds is None else rounds):
        new = _round(links, loss, lost, cut)
        rises = (new - loss).max(axis=0) > (PRECISION if rounds is None else 0)
        if not rises.all():  # these shocks are done; the others go on without them
            found[:, running[~rises]] = new[:, ~rises]
            running, new, lost, cut = running[rises], new[:, rises], lost[:, rises], cut[:, rises]
        loss = new
        if not len(running):
            break
    else:
        if rounds is None:
            raise ValueError(f"losses still rise after {MOST_ROUNDS} rounds: give rounds")
    found[:, running] = loss
    shocks = [np.ndim(one) for one in (capacity, deliveries) if one is not None]
    return found.T if max(shocks, default=1) == 2 else found[:, 0]


def _links(network: SupplyNetwork, buyers: Names, kept: float) -> list[tuple]:
    """Return what the largest of gives a loss: all inputs together, and every critical one.

    Each is (columns, makers, shares of shape (columns, makers), whether the cut reaches them).
    """
    reached = np.zeros(len(network.product_of), dtype=bool)
    reached[rows(network.table, regions=buyers)] = True
    coefficients = network.sources * network.needs[network.product_of]
    makers = [np.flatnonzero(network.product_of == one) for one in range(len(network.products))]
    links = []
    for side in (True, False):
        columns = np.flatnonzero(reached == side)
        if len(columns):
            links.append((columns, slice(None), kept * coefficients[:, columns].T, side))
        for own, critical in zip(makers, network.critical[:, columns], strict=True):
            if critical.any():
                need = columns[critical]
                links.append((need, own, kept * network.sources[np.ix_(own, need)].T, side))
    return links


def _round(links: list[tuple], loss: NDArray, lost: NDArray, cut: NDArray) -> NDArray:
    """Pass losses on once. Arrays of shape (n, s)."""
    arrives_less = cut + (1 - cut) * loss
    new = lost.copy()
    for columns, makers, shares, reached in links:
        gap = shares @ (arrives_less if reached else loss)[makers]
        new[columns] = np.maximum(new[columns], gap)
    return np.minimum(new, 1, out=new)


def _critical(critical: str | ArrayLike, products: tuple[str, ...]) -> NDArray:
    """Return which product is critical to makers of which. Shape (k, k), true or false."""
    k = len(products)
    if isinstance(critical, str):
        if critical not in ("goods", "all", "none"):
            raise ValueError(f"critical must be goods, all, none or an array, not {critical!r}")
        if critical != "goods":
            return np.full((k, k), critical == "all")
        sectors = statistics.sectors()
        goods = ~sectors["broad"].isin(["services", "construction"])
        is_good = dict(zip(sectors["sector"], goods, strict=True)) | dict(
            zip(sectors["broad"], goods, strict=True)
        )
        if unknown := [one for one in products if one not in is_good]:
            raise ValueError(
                f"whether {', '.join(unknown)} are goods is not known: say by an array which "
                "products are critical to which"
            )
        chosen = np.array([is_good[one] for one in products])
        return np.outer(chosen, chosen)
    found = np.asarray(critical)
    if found.shape != (k, k) or found.dtype != bool:
        raise ValueError(
            f"critical must be true or false for {k} x {k} products: it has the shape "
            f"{found.shape} and holds {found.dtype}"
        )
    return found


def _shock(name: str, values: ArrayLike | None, n: int) -> NDArray:
    """Check a shock; return it with a column per shock, shape (n, s)."""
    found = np.zeros(n) if values is None else parts(name, values)
    if found.ndim not in (1, 2) or found.shape[-1] != n:
        raise ValueError(f"{name} must have the shape ({n},) or (shocks, {n}), not {found.shape}")
    return np.atleast_2d(found).T
