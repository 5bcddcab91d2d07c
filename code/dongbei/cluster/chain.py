"""The model in numbers: prices, output and profits of given chains.

Every function is compiled from a formula in `dongbei.cluster.model`. Stages are on the last axis,
from upstream to downstream; axes before it are broadcast, so one call evaluates many chains.
"""

from bisect import bisect_left
from dataclasses import dataclass
from math import isfinite
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sympy import Symbol, lambdify, symbols

from dongbei.cluster import model
from dongbei.cluster.model import C, X, a, b, f_f, i, m, n

_U, _D, _f = Symbol("U"), Symbol("D"), Symbol("f")  # upstream ratio, downstream cost, fixed cost
_Πn, _Πn1 = symbols("product product_of_successors")

_ratio = lambdify(n[i], model.output_ratio().function)
_quantity = lambdify((a, b, C, X), model.quantity(C, X))
_price = lambdify((a, C, X), model.price(C, X))
_stage_price = lambdify((a, C, _U, _D), model.stage_price(_D, C, _U))
_margin = lambdify((a, C, _U, n[i]), model.margin(C, _U, n[i]))
_profit = lambdify((a, b, C, X, _U, n[i], _f), model.profit(C, X, _U, n[i], _f))
_integrated_price = lambdify((a, C), model.integrated_price(C))
_integrated_profit = lambdify((a, b, C, f_f), model.integrated_profit(C, f_f))
_oligopoly_price = lambdify((a, C, m), model.integrated_oligopoly_price)
_price_advantage = lambdify((a, C, X), model.price_advantage(C, X))
_is_cheaper = lambdify((_Πn, _Πn1), model.is_cheaper(_Πn, _Πn1))


@dataclass(frozen=True, eq=False)
class ProductionChain:
    """A good, its demand and the stages that make it.

    Parameters
    ----------
    demand_intercept, demand_slope
        a and b of the final inverse demand p = a - bQ. Shape (...). Money per unit; money per
        unit squared.
    firms
        Number of firms n_i in each stage. Shape (..., k). Need not be whole.
    unit_costs
        Variable cost c_i of a unit in each stage, input not counted. Shape (..., k). Money per
        unit.
    fixed_costs
        Fixed cost f_i of one firm in each stage, zero if not given. Shape (..., k). Money.

    Raises
    ------
    ValueError
        If shapes do not fit, a number is not finite, a stage has less than one firm, a cost is
        negative, the slope is not positive, or a unit costs as much as the first buyer would
        pay, so that nothing is produced.

    References
    ----------
    Document 002, equations (1) and (2).
    """

    demand_intercept: ArrayLike
    demand_slope: ArrayLike
    firms: ArrayLike
    unit_costs: ArrayLike
    fixed_costs: ArrayLike | None = None

    def __post_init__(self):
        if self.fixed_costs is None:
            object.__setattr__(self, "fixed_costs", np.zeros(np.shape(self.firms)))
        for name in self.__dataclass_fields__:
            object.__setattr__(self, name, np.array(getattr(self, name), dtype=float))
        leading, stages = _shapes(self)
        _check_values(self)
        for name in self.__dataclass_fields__:
            shape = leading if name.startswith("demand") else (*leading, stages)
            object.__setattr__(self, name, np.broadcast_to(getattr(self, name), shape))

    @property
    def total_cost(self) -> NDArray:
        """Cost C of a unit over all stages. Shape (...)."""
        return self.unit_costs.sum(axis=-1)

    @property
    def upstream_ratio(self) -> NDArray:
        """Output ratio of the stages up to and with each one. Shape (..., k)."""
        return np.cumprod(_ratio(self.firms), axis=-1)

    @property
    def output_ratio(self) -> NDArray:
        """Output X of the chain as a share of perfect competition's. Shape (...)."""
        return self.upstream_ratio[..., -1]

    @property
    def downstream_cost(self) -> NDArray:
        """Cost of a unit in the stages after each one. Shape (..., k)."""
        after = np.zeros(self.unit_costs.shape)
        after[..., :-1] = np.cumsum(self.unit_costs[..., :0:-1], axis=-1)[..., ::-1]
        return after


def _shapes(chain: ProductionChain) -> tuple[tuple[int, ...], int]:
    """Shape of the axes before the last, and number of stages; refuse what does not fit."""
    by_stage = {name: getattr(chain, name) for name in ("firms", "unit_costs", "fixed_costs")}
    stages = {name: numbers.shape[-1] if numbers.ndim else 0 for name, numbers in by_stage.items()}
    if 0 in stages.values():
        raise ValueError(
            "firms, unit_costs and fixed_costs must have one entry per stage on their last axis, "
            f"and at least one stage; got shapes {[x.shape for x in by_stage.values()]}"
        )
    if len(set(stages.values())) > 1:
        numbers = ", ".join(f"{name} has {count}" for name, count in stages.items())
        raise ValueError(f"give every stage its firms and costs; {numbers} stages")
    leading = [numbers.shape[:-1] for numbers in by_stage.values()]
    leading += [chain.demand_intercept.shape, chain.demand_slope.shape]
    try:
        return np.broadcast_shapes(*leading), stages["firms"]
    except ValueError:
        raise ValueError(
            f"give as many demands as chains, or one for all; leading shapes are {leading}"
        ) from None


def _check_values(chain: ProductionChain) -> None:
    for name in chain.__dataclass_fields__:
        _require(name, "finite", getattr(chain, name), np.isfinite)
    _require("demand_slope", "> 0", chain.demand_slope, lambda slope: slope > 0)
    _require("firms", ">= 1 in every stage", chain.firms, lambda count: count >= 1)
    for name in ("unit_costs", "fixed_costs"):
        _require(name, ">= 0 in every stage", getattr(chain, name), lambda cost: cost >= 0)
    demand, cost = np.broadcast_arrays(chain.demand_intercept, chain.total_cost)
    if not (demand > cost).all():
        first = np.argmax(demand <= cost)
        raise ValueError(
            "demand_intercept must exceed the unit costs of all stages together, or nothing is "
            f"produced; got {demand.flat[first]:g} against {cost.flat[first]:g}"
        )


def _require(name, condition, numbers, holds) -> None:
    """Refuse numbers that break a condition, naming the first place where they do."""
    wrong = np.argwhere(~holds(numbers))
    if len(wrong) == 0:
        return
    place = tuple(int(index) for index in wrong[0])
    value = f"{numbers[place]:g}"
    if name in ("demand_intercept", "demand_slope"):
        raise ValueError(f"{name} must be {condition}; got {value}")
    *chain, stage = place
    which = f"stage {stage + 1}" + (f" of chain {tuple(chain)}" if chain else "")
    raise ValueError(f"{name} must be {condition}; {which} has {value}")


def _per_stage(numbers: NDArray) -> NDArray:
    """One number per chain, ready to meet one number per stage."""
    return numbers[..., np.newaxis]


def final_price(chain: ProductionChain) -> NDArray:
    """Price of the final good (document 002, equation (7)). Shape (...), money per unit."""
    return _price(chain.demand_intercept, chain.total_cost, chain.output_ratio)


def quantity(chain: ProductionChain) -> NDArray:
    """Output of the chain, equal in every stage (document 002, from (6)). Shape (...), units."""
    return _quantity(
        chain.demand_intercept, chain.demand_slope, chain.total_cost, chain.output_ratio
    )


def stage_prices(chain: ProductionChain) -> NDArray:
    """Price p_i of each stage's output (document 002, from (5)). Shape (..., k), money per unit."""
    return _stage_price(
        _per_stage(chain.demand_intercept),
        _per_stage(chain.total_cost),
        chain.upstream_ratio,
        chain.downstream_cost,
    )


def margins(chain: ProductionChain) -> NDArray:
    """Price of a stage's output less input and own cost. Shape (..., k), money per unit."""
    return _margin(
        _per_stage(chain.demand_intercept),
        _per_stage(chain.total_cost),
        chain.upstream_ratio,
        chain.firms,
    )


def profits(chain: ProductionChain) -> NDArray:
    """Profit of one firm in each stage (document 002, equation (2)). Shape (..., k), money."""
    return _profit(
        _per_stage(chain.demand_intercept),
        _per_stage(chain.demand_slope),
        _per_stage(chain.total_cost),
        _per_stage(chain.output_ratio),
        chain.upstream_ratio,
        chain.firms,
        chain.fixed_costs,
    )


def integrated_price(chain: ProductionChain) -> NDArray:
    """Price of one firm that does all stages (document 002, (9)). Shape (...), money per unit."""
    return _integrated_price(chain.demand_intercept, chain.total_cost)


def integrated_profit(chain: ProductionChain, fixed_cost: ArrayLike = 0.0) -> NDArray:
    """Profit of one firm that does all stages (document 002, equation (8)). Shape (...), money.

    `fixed_cost` is the fixed cost of that firm, in money; a ValueError if it is negative.
    """
    fixed_cost = np.asarray(fixed_cost, dtype=float)
    if not (np.isfinite(fixed_cost) & (fixed_cost >= 0)).all():
        raise ValueError("fixed_cost must be finite and >= 0")
    return _integrated_profit(
        chain.demand_intercept, chain.demand_slope, chain.total_cost, fixed_cost
    )


def integrated_oligopoly_price(chain: ProductionChain, firms: ArrayLike) -> NDArray:
    """Price of several firms that each do all stages and compete in quantities.

    Shape (...), money per unit. `firms` is their number m, shape (...); a ValueError below one.
    """
    firms = np.asarray(firms, dtype=float)
    if not (np.isfinite(firms) & (firms >= 1)).all():
        raise ValueError("firms must be finite and >= 1: there is at least one integrated firm")
    return _oligopoly_price(chain.demand_intercept, chain.total_cost, firms)


def price_advantage(chain: ProductionChain) -> NDArray:
    """How far the chain's price lies below the integrated firm's, (9) less (7).

    Shape (...), money per unit; negative where the chain is dearer.
    """
    return _price_advantage(chain.demand_intercept, chain.total_cost, chain.output_ratio)


def has_price_advantage(chain: ProductionChain) -> NDArray:
    """Whether the chain is cheaper than the integrated firm (document 002, after (9)).

    Shape (...). Exact for whole numbers of firms while the product of n + 1 is below 2**53; beyond
    that by logarithms, since the products themselves would overflow.
    """
    with np.errstate(over="ignore"):  # then the logarithms decide
        product, larger = chain.firms.prod(axis=-1), (chain.firms + 1).prod(axis=-1)
    by_logarithm = np.log1p(1 / chain.firms).sum(axis=-1) < np.log(2)
    exact = _is_cheaper(product, larger)
    return np.where(larger < 2.0**53, exact, by_logarithm)


def minimum_firms(stages: int, integrated_firms: int = 1) -> int:
    """Fewest firms per stage with which a chain undercuts integrated firms.

    Parameters
    ----------
    stages
        Number of stages k, all with as many firms.
    integrated_firms
        Number m of integrated firms that compete in quantities; one is the document's case.

    Returns
    -------
    int
        Smallest whole n with (m + 1) n^k > m (n + 1)^k, by integer arithmetic.

    Raises
    ------
    ValueError
        If either number is not a whole number of at least one.

    References
    ----------
    Proposition "minimum firms against rivals" of `propositions`.
    """
    for name, number in (("stages", stages), ("integrated_firms", integrated_firms)):
        whole = isinstance(number, Real) and isfinite(number) and number == int(number)
        if not whole or number < 1:
            raise ValueError(f"{name} must be a whole number >= 1; got {number}")
    k, m = int(stages), int(integrated_firms)
    enough = k * (m + 1)  # as (1 + 1/n)^k < e^(k/n) and 1/(m + 1) < ln(1 + 1/m)
    return 1 + bisect_left(
        range(1, enough + 1), True, key=lambda n: (m + 1) * n**k > m * (n + 1) ** k
    )
