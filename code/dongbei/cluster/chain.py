"""The model in numbers: prices, output, profits and welfare of given chains.

Every function is compiled from a formula in `dongbei.cluster.model`. Stages are on the last axis,
from upstream to downstream; axes before it are broadcast, so one call evaluates many chains. The
formulas are those for curved demand, which at curvature one are the document's; sums of positive
terms take the place of differences, so that no curvature loses digits, and zero is no exception.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import inv_boxcox
from sympy import lambdify, symbols

from dongbei.cluster import model
from dongbei.cluster.model import C, D, Q, Y, a, b, δ, θ

_n, _f, _margin, _mean, _cost, _steep = symbols("n f margin mean cost steepening")

_depth = lambdify((a, b, C, δ), model.depth(C))
_excess = lambdify((a, b, C), model.excess(C))
_added_markup = lambdify((Y, θ, δ), model.added_markup(Y, θ))
_price = lambdify((_cost, D, Y, _steep), model.price_at(_cost, D, Y, _steep))
_stage_margin = lambdify((D, θ, Y), model.stage_margin(D, θ, Y))
_firm_profit = lambdify((_margin, Q, _n, _f), model.firm_profit(_margin, Q, _n, _f))
_surplus = lambdify((b, Q, δ), model.consumer_surplus(Q))
_market_share = lambdify((_margin, _mean, _cost, _n), model.market_share(_margin, _mean, _cost, _n))

PER_CHAIN = ("demand_intercept", "demand_slope", "curvature", "interface_cost")
PER_STAGE = ("firms", "unit_costs", "fixed_costs", "conduct")

BELOW_ZERO = np.nextafter(0, -1)
CHUNK = 2**17
"""Numbers per array that are worked on at a time: small enough for a processor's cache."""
ROUNDING = 1e-12
"""Relative gap of two prices below which `has_price_advantage` computes with fractions."""


@dataclass(frozen=True, eq=False)
class ProductionChain:
    """A good, its demand and the stages that make it.

    Parameters
    ----------
    demand_intercept, demand_slope
        a and b of the final inverse demand p = a - b(1 + (Q^δ - 1)/δ), which is a - bQ at
        curvature one. Shape (...). Money per unit; money per unit to the power 1 + δ.
    firms
        Number of firms n_i in each stage. Shape (..., k). Need not be whole.
    unit_costs
        Variable cost c_i of a unit in each stage, input not counted. Shape (..., k). Money per
        unit.
    fixed_costs
        Fixed cost f_i of one firm in each stage, zero if not given. Shape (..., k). Money.
    curvature
        δ > -1: 1 is the straight line, 0 the semi-logarithmic demand a - b(1 + ln Q), and -1/e with
        a = b(1 + e) the demand of constant elasticity e. Shape (...).
    conduct
        θ_i from 0 (firms take their price as given) to 1 (they collude); 1/n_i, which is Cournot's,
        if not given. Firms that expect rivals to answer with v units have (1 + v)/n_i.
        Shape (..., k).
    interface_cost
        Cost t of handing a unit from one stage to the next, borne by the buyer. Shape (...).
        Money per unit.

    Raises
    ------
    ValueError
        If shapes do not fit, a number is not finite, a stage has less than one firm, a cost is
        negative, the slope is not positive, conduct or curvature is out of range, or unit cost is
        such that demand has no output at that price.

    References
    ----------
    Document 002, equations (1) and (2); for the demand, Bulow and Pfleiderer (1983).
    """

    demand_intercept: ArrayLike
    demand_slope: ArrayLike
    firms: ArrayLike
    unit_costs: ArrayLike
    fixed_costs: ArrayLike | None = None
    curvature: ArrayLike = 1.0
    conduct: ArrayLike | None = None
    interface_cost: ArrayLike = 0.0

    def __post_init__(self):
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        if self.fixed_costs is None:
            given["fixed_costs"] = np.zeros(np.shape(self.firms)[-1:])
        numbers = {
            name: np.array(one, dtype=float) for name, one in given.items() if one is not None
        }
        leading, stages = _shapes(numbers)
        _check_values(numbers)
        for name, one in numbers.items():
            shape = leading if name in PER_CHAIN else (*leading, stages)
            object.__setattr__(self, name, np.broadcast_to(one, shape))
        _check_demand(self)

    @cached_property
    def θ(self) -> NDArray:
        """Conduct, Cournot's where none was given. Shape (..., k)."""
        return 1 / self.firms if self.conduct is None else self.conduct

    @cached_property
    def stage_costs(self) -> NDArray:
        """Unit cost of each stage with the cost of fetching its input. Shape (..., k)."""
        if not self.interface_cost.any():
            return self.unit_costs
        has_input = np.arange(self.unit_costs.shape[-1]) > 0
        return self.unit_costs + _each(self.interface_cost) * has_input

    @cached_property
    def total_cost(self) -> NDArray:
        """Cost C of a unit over all stages and interfaces. Shape (...)."""
        return self.stage_costs.sum(axis=-1)

    @cached_property
    def depth(self) -> NDArray:
        """Depth D of demand, a - C for the straight line. Shape (...), money per unit."""
        return _depth(self.demand_intercept, self.demand_slope, self.total_cost, self.curvature)

    @cached_property
    def competitive_output(self) -> NDArray:
        """Output at which the price would be unit cost. Shape (...), units."""
        excess = _excess(self.demand_intercept, self.demand_slope, self.total_cost)
        with np.errstate(over="ignore", under="ignore"):  # which construction refuses
            return inv_boxcox(excess, self.curvature)  # (D/b)^(1/δ), and its limit at zero

    @cached_property
    def steepening(self) -> NDArray:
        """Factor by which each stage and those before it steepen demand, 1 + δY. Shape (..., k)."""
        return np.cumprod(1 + _each(self.curvature) * self.θ, axis=-1)

    @cached_property
    def markup(self) -> NDArray:
        """Markup Y of all stages, a sum of positive terms. Shape (...)."""
        later = self.θ[..., 1:] * self.steepening[..., :-1]
        return self.θ[..., 0] + later.sum(axis=-1)

    @cached_property
    def output_ratio(self) -> NDArray:
        """Output X of the chain as a share of perfect competition's. Shape (...)."""
        log_steepening = np.log(self.steepening[..., -1])
        return np.exp(log_output_ratio(self.markup, log_steepening, self.curvature))

    @cached_property
    def margins(self) -> NDArray:
        """Price of a stage's output less input and own cost. Shape (..., k), money per unit."""
        return _stage_margin(_each(self.depth), self.θ, self.steepening)

    @property
    def market_size(self) -> NDArray:
        """Depth times competitive output, (a - C)^2 / b for the straight line. Shape (...), money.

        As many buyers again, with the same tastes, double it.
        """
        return self.depth * self.competitive_output


def log_output_ratio(markup: NDArray, log_steepening: NDArray, curvature: NDArray) -> NDArray:
    """Logarithm of the output ratio (1 + δY)^(-1/δ), with all digits for any δ and Y.

    `log_steepening` is the logarithm of 1 + δY found as a product; it is better where Y is large.
    """
    product = curvature * markup
    with np.errstate(divide="ignore", invalid="ignore"):  # where curvature is zero
        logarithm = np.where(np.abs(product) < 0.5, np.log1p(product), log_steepening)
        return np.where(curvature == 0, -markup, -logarithm / curvature)


# Construction -----------------------------------------------------------------------------------


def _shapes(numbers: dict[str, NDArray]) -> tuple[tuple[int, ...], int]:
    """Shape of the axes before the last, and number of stages; refuse what does not fit."""
    by_stage = {name: numbers[name] for name in PER_STAGE if name in numbers}
    stages = {name: one.shape[-1] if one.ndim else 0 for name, one in by_stage.items()}
    if 0 in stages.values():
        raise ValueError(
            f"{', '.join(by_stage)} must have one entry per stage on their last axis, "
            f"and at least one stage; got shapes {[one.shape for one in by_stage.values()]}"
        )
    if len(set(stages.values())) > 1:
        counts = ", ".join(f"{name} has {count}" for name, count in stages.items())
        raise ValueError(f"give every stage its firms and costs; {counts} stages")
    leading = [one.shape[:-1] for one in by_stage.values()]
    leading += [numbers[name].shape for name in PER_CHAIN]
    try:
        return np.broadcast_shapes(*leading), stages["firms"]
    except ValueError:
        raise ValueError(
            f"give as many demands as chains, or one for all; leading shapes are {leading}"
        ) from None


def _check_values(numbers: dict[str, NDArray]) -> None:
    for name, one in numbers.items():
        _require(name, "finite", one, -np.inf, np.inf)
    _require("demand_slope", "> 0", numbers["demand_slope"], 0, np.inf)
    _require("curvature", "> -1", numbers["curvature"], -1, np.inf)
    _require("interface_cost", ">= 0", numbers["interface_cost"], BELOW_ZERO, np.inf)
    _require("firms", ">= 1 in every stage", numbers["firms"], np.nextafter(1, 0), np.inf)
    for name in ("unit_costs", "fixed_costs"):
        _require(name, ">= 0 in every stage", numbers[name], BELOW_ZERO, np.inf)
    if "conduct" in numbers:
        _require("conduct", "from 0 to 1", numbers["conduct"], BELOW_ZERO, np.nextafter(1, 2))


def _check_demand(chain: ProductionChain) -> None:
    """Refuse a cost that no output of the chain could meet."""
    impossible = ~(chain.depth > 0)
    if not impossible.any():
        _check_range(chain)
        return
    first = np.argmax(impossible)
    cost, bend = chain.total_cost.flat[first], chain.curvature.flat[first]
    intercept, slope = chain.demand_intercept.flat[first], chain.demand_slope.flat[first]
    end = intercept - slope + slope / bend  # of the prices that demand knows
    if bend == 1:
        raise ValueError(
            "demand_intercept must exceed the unit costs of all stages together, or nothing is "
            f"produced; got {intercept:g} against {cost:g}"
        )
    what = (
        "exceeds the highest price that anybody pays, {:g}: lower the costs or raise"
        if bend > 0
        else "does not exceed {:g}, below which demand has no end: raise the costs or lower"
    )
    raise ValueError(f"the unit cost {cost:g} {what.format(end)} demand_intercept")


def _check_range(chain: ProductionChain) -> None:
    """Refuse demands and chains whose output or slopes are beyond what a number can hold."""
    stages, reach = chain.firms.shape[-1], np.log(np.finfo(float).max)
    good = np.isfinite(chain.competitive_output) & (chain.competitive_output > 0)
    if (stages * np.abs(np.log1p(chain.curvature)) > 0.97 * reach).any():  # or nothing can happen
        with np.errstate(over="ignore"):
            good &= np.isfinite(chain.steepening[..., -1]) & (chain.steepening[..., -1] > 0)
    if not good.all():
        first = np.argmin(good)
        raise ValueError(
            "the numbers leave the range of floating point: output at cost would be "
            f"{chain.competitive_output.flat[first]:g} with curvature "
            f"{chain.curvature.flat[first]:g} and {stages} stages; choose other units, or a "
            "curvature that is less extreme"
        )


def _require(name, condition, numbers, above, below) -> None:
    """Refuse numbers outside an open range, naming the first place where there is one."""
    if numbers.size and above < numbers.min() <= numbers.max() < below:  # not if one is NaN
        return
    wrong = np.argwhere(~((above < numbers) & (numbers < below)))
    if len(wrong) == 0:
        return
    place = tuple(int(index) for index in wrong[0])
    value = f"{numbers[place]:g}"
    if name in PER_CHAIN:
        raise ValueError(f"{name} must be {condition}; got {value}")
    *chain, stage = place
    which = f"stage {stage + 1}" + (f" of chain {tuple(chain)}" if chain else "")
    raise ValueError(f"{name} must be {condition}; {which} has {value}")


def _each(numbers: NDArray) -> NDArray:
    """One number per chain, ready to meet one number per stage."""
    return numbers[..., np.newaxis]


# Firms of one stage that differ -----------------------------------------------------------------


def chain_of_firms(
    demand_intercept: ArrayLike, demand_slope: ArrayLike, firm_costs: ArrayLike, **more: ArrayLike
) -> ProductionChain:
    """Make a chain whose firms have unit costs of their own.

    Prices depend on the costs of a stage through their mean only, as long as all its firms produce;
    `firm_shares` says whether they do. `profits` of such a chain are those of a firm at the mean
    cost; together the firms earn more, and `welfare` is more by as much, because the cheap sell
    more than the dear.

    Parameters
    ----------
    firm_costs
        Unit cost c_ij of each firm, infinite where a stage has fewer firms than another.
        Shape (..., k, firms). Money per unit.
    more
        Further arguments of `ProductionChain`.

    Raises
    ------
    ValueError
        As `ProductionChain`, and if a cost is negative or not a number.

    References
    ----------
    Sum of the first-order conditions of document 002, equation (3), over the firms of a stage.
    """
    firms, mean = _firms_and_mean(_checked_firm_costs(firm_costs))
    return ProductionChain(demand_intercept, demand_slope, firms, mean, **more)


def firm_shares(chain: ProductionChain, firm_costs: ArrayLike) -> NDArray:
    """Share of each firm in the output of its stage; zero for a place without a firm.

    Parameters
    ----------
    firm_costs
        What `chain_of_firms` made the chain from. Shape (..., k, firms).

    Raises
    ------
    ValueError
        If the costs are not those of the chain, or a firm would sell nothing at the chain's prices:
        then it is not in the market, and the chain is to be made without it.

    Notes
    -----
    The first-order conditions are necessary. Where a firm would drop out at a slightly higher
    input price, the demand that reaches the stage before has a kink, and a firm of that stage may
    find a better output far away; the tests play such games.
    """
    costs = _checked_firm_costs(firm_costs)
    firms, mean = _firms_and_mean(costs)
    if not np.array_equal(firms, chain.firms) or not np.allclose(mean, chain.unit_costs):
        raise ValueError("firm_costs are not those of the chain: make it with chain_of_firms")
    margin = np.maximum(chain.margins, np.finfo(float).tiny)  # zero if conduct is
    with np.errstate(over="ignore"):
        shares = _market_share(_each(margin), _each(mean), costs, _each(chain.firms))
    present = np.isfinite(costs)
    least = np.where(present, shares, np.inf)
    if not (least > 0).all():
        *place, stage, firm = np.unravel_index(least.argmin(), least.shape)
        paid = (margin + mean)[(*place, stage)]
        raise ValueError(
            f"firm {firm + 1} of stage {stage + 1} would sell nothing: a unit costs it "
            f"{costs[(*place, stage, firm)]:g}, and its price less its input is {paid:g}; "
            "set its cost to infinity and make the chain without it"
        )
    return np.where(present, shares, 0.0)


def _firms_and_mean(costs: NDArray) -> tuple[NDArray, NDArray]:
    """Count the firms of each stage and average their unit costs."""
    present = np.isfinite(costs)
    firms = present.sum(axis=-1)
    return firms, np.where(present, costs, 0).sum(axis=-1) / np.maximum(firms, 1)


def _checked_firm_costs(firm_costs: ArrayLike) -> NDArray:
    costs = np.asarray(firm_costs, dtype=float)
    if costs.ndim < 2:
        raise ValueError(
            f"firm_costs must have an axis of stages and one of firms; got shape {costs.shape}"
        )
    if np.isnan(costs).any() or (costs < 0).any():
        raise ValueError("firm_costs must be >= 0, or infinite where there is no firm")
    return costs


# Prices, output, profits, welfare ---------------------------------------------------------------


def final_price(chain: ProductionChain) -> NDArray:
    """Price of the final good (document 002, equation (7)). Shape (...), money per unit."""
    return _price(chain.total_cost, chain.depth, chain.markup, chain.steepening[..., -1])


def quantity(chain: ProductionChain) -> NDArray:
    """Output of the chain, equal in every stage (document 002, from (6)). Shape (...), units."""
    return chain.competitive_output * chain.output_ratio


def stage_prices(chain: ProductionChain) -> NDArray:
    """Price p_i of each stage's output (document 002, from (5)). Shape (..., k), money per unit."""
    return np.cumsum(chain.stage_costs + chain.margins, axis=-1)


def margins(chain: ProductionChain) -> NDArray:
    """Price of a stage's output less input and own cost. Shape (..., k), money per unit."""
    return chain.margins


def profits(chain: ProductionChain) -> NDArray:
    """Profit of one firm in each stage (document 002, equation (2)). Shape (..., k), money."""
    return _firm_profit(chain.margins, _each(quantity(chain)), chain.firms, chain.fixed_costs)


def consumer_surplus(chain: ProductionChain) -> NDArray:
    """Worth of the output to its buyers beyond what they pay. Shape (...), money."""
    return _surplus(chain.demand_slope, quantity(chain), chain.curvature)


def welfare(chain: ProductionChain) -> NDArray:
    """Consumer surplus and the profits of all firms. Shape (...), money."""
    earned = (final_price(chain) - chain.total_cost) * quantity(chain)
    paid = np.einsum("...i,...i->...", chain.firms, chain.fixed_costs)
    return consumer_surplus(chain) + earned - paid


# The integrated alternative ---------------------------------------------------------------------


def integrated(
    chain: ProductionChain,
    firms: ArrayLike = 1,
    coordination_cost: ArrayLike = 0.0,
    fixed_cost: ArrayLike = 0.0,
) -> ProductionChain:
    """Let each of `firms` firms do all stages: a chain of one stage, with the same demand.

    Parameters
    ----------
    firms
        Number m of integrated firms, which compete in quantities. Shape (...).
    coordination_cost
        What a unit costs more inside one firm. Shape (...), money per unit. The cost of the
        interfaces is saved.
    fixed_cost
        Fixed cost of an integrated firm. Shape (...), money.

    Raises
    ------
    ValueError
        As `ProductionChain`.

    References
    ----------
    Document 002, equations (8) and (9), for one firm.
    """
    cost = chain.unit_costs.sum(axis=-1) + np.asarray(coordination_cost, dtype=float)
    return ProductionChain(
        chain.demand_intercept,
        chain.demand_slope,
        _each(np.asarray(firms, dtype=float)),
        _each(cost),
        _each(np.asarray(fixed_cost, dtype=float)),
        chain.curvature,
    )


def price_advantage(chain: ProductionChain, rival: ProductionChain | None = None) -> NDArray:
    """How far the chain's price lies below that of a rival, one integrated firm if not given.

    Shape (...), money per unit; negative where the chain is dearer (document 002, (9) less (7)).
    """
    return final_price(integrated(chain) if rival is None else rival) - final_price(chain)


def has_price_advantage(chain: ProductionChain, rival: ProductionChain | None = None) -> NDArray:
    """Whether the chain is cheaper than a rival, one integrated firm if not given.

    Shape (...). Exact for the numbers as they are stored, unless a conduct was computed: prices are
    rational functions, and where they differ by less than rounding they are computed as fractions
    (document 002, after (9), for whole numbers of firms).
    """
    rival = integrated(chain) if rival is None else rival
    gap = price_advantage(chain, rival)
    cheaper = np.array(gap > 0)
    close = ~(np.abs(gap) >= ROUNDING * (np.abs(final_price(chain)) + np.abs(final_price(rival))))
    for place in map(tuple, np.argwhere(close)):
        cheaper[place] = _exact_price(chain, place) < _exact_price(rival, place)
    return cheaper


def _exact_price(chain: ProductionChain, place: tuple[int, ...]) -> Fraction:
    """Price of the final good of one chain of many, as a fraction."""
    shape = chain.firms.shape[:-1]
    place = place[len(place) - len(shape) :]
    place = tuple(index if size > 1 else 0 for index, size in zip(place, shape, strict=True))
    intercept, slope, bend, interface = (Fraction(getattr(chain, one)[place]) for one in PER_CHAIN)
    markup = Fraction(0)
    if chain.conduct is None:
        own = [1 / Fraction(firms) for firms in chain.firms[place]]
    else:
        own = [Fraction(conduct) for conduct in chain.conduct[place]]
    for conduct in own:
        markup = _added_markup(markup, conduct, bend)
    costs = [*map(Fraction, chain.unit_costs[place]), interface * (len(own) - 1)]
    depth = _depth(intercept, slope, sum(costs), bend)
    return _price(sum(costs), depth, markup, 1 + bend * markup)


# All at once, for very many chains --------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a chain comes to; shapes and units as in the functions of the same names."""

    stage_prices: NDArray
    profits: NDArray
    quantity: NDArray
    consumer_surplus: NDArray
    welfare: NDArray


def outcome(chain: ProductionChain) -> Outcome:
    """Compute everything for many chains, some of them at a time.

    Beyond the chain and the results it needs memory for a few arrays of `CHUNK` numbers only.
    """
    *leading, stages = chain.firms.shape
    by_stage = [np.empty((*leading, stages)) for _ in range(2)]
    found = Outcome(*by_stage, *(np.empty(leading) for _ in range(3)))
    for place in _places(leading, max(1, CHUNK // stages)):
        part = _part(chain, place)
        found.stage_prices[place] = stage_prices(part)
        found.profits[place] = profits(part)
        found.quantity[place] = quantity(part)
        found.consumer_surplus[place] = consumer_surplus(part)
        found.welfare[place] = welfare(part)
    return found


def _places(shape: list[int], rows: int) -> Iterator:
    """Give the indices of all chains, some rows of them at a time."""
    count = int(np.prod(shape))
    for start in range(0, count, rows):
        if len(shape) == 1:
            yield slice(start, start + rows)
        else:
            several = np.arange(start, min(start + rows, count))
            yield np.unravel_index(several, shape) if shape else ()


def _part(chain: ProductionChain, place) -> ProductionChain:
    """Take some of the chains, which were checked with the rest."""
    part = object.__new__(ProductionChain)
    for field in fields(chain):
        numbers = getattr(chain, field.name)
        object.__setattr__(part, field.name, None if numbers is None else numbers[place])
    return part
