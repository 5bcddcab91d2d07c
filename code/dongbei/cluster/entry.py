"""Free entry into every stage of a chain: how many firms come, if any do.

With a fixed cost in each stage the number of firms is no longer given. A firm enters a stage if it
earns its fixed cost there; what it earns grows with the firms of all other stages, so entry in one
stage calls for entry in the next. Three sorts of equilibrium follow: nobody anywhere, a *critical*
number of firms from which the chain would either grow or vanish, and a *thick* chain.

All of them lie on one curve ("entry curve" of `theorems`). Zero profit in stage i is

    n_i (n_i + δ) = s / (f_i Z_(i-1)),

with Z_(i-1) the product of 1 + δ/n_j over the stages before i, and one number s for the whole
chain, the depth of demand times the output. So the stages can be filled one after the other from
upstream once s is known, and the market that carries them has the size M = s Z_k^(1/δ). The firms
that maximise welfare lie on a curve just as simple, n_i (n_i + δ) = w / f_i, with w the total
margin of the chain times its output.

==================  ==============  =============================================================
symbol              name here       meaning
==================  ==============  =============================================================
δ                   ``curvature``   of demand, as in `dongbei.cluster.model`
M                   ``size``        market size, depth of demand times competitive output
s, w                ``scale``       parameter of the curve of free entry, and of that of welfare
f_i                 ``fixed``       fixed cost of one firm in stage i
n_i                 ``firms``       firms in stage i, a real number on the curve
Y, Z                ``Y``, ``Z``    markup, and 1 + δY, of the stages up to and with one
==================  ==============  =============================================================

References: document 002, equation (2), for the profit; Mankiw and Whinston (1986) for free entry.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import elementwise

from dongbei.cluster.chain import ProductionChain, log_output_ratio, profits

RANGE = 300.0
"""How far from the fixed costs, in logarithms, the scale is searched on either side."""
STEPS, LONGEST_STEP = 200, 20.0
"""Most and longest steps of Newton's method in the logarithm of the scale."""
MOST_FIRMS = 10**7
"""Most firms that `integer_entry` counts."""
BREAK_EVEN = 1e-12
"""Loss, relative to the fixed cost, that is rounding and counts as none."""


@dataclass(frozen=True, eq=False)
class EntryEquilibria:
    """Every equilibrium with firms in all stages, for one market or many.

    Attributes
    ----------
    thick
        Firms per stage in the stable equilibrium, NaN where there is none. Shape (..., k).
    critical
        Firms per stage in the unstable equilibrium below it, NaN where there is none (as for one
        stage of straight demand). For δ near -1 they may equal -δ to the last digit.
        Shape (..., k).
    """

    thick: NDArray
    critical: NDArray

    @property
    def exists(self) -> NDArray:
        """Whether all stages can have firms at zero profit. Shape (...)."""
        return np.isfinite(self.thick).all(axis=-1)

    @property
    def viable(self) -> NDArray:
        """Whether the thick chain has at least one firm in every stage. Shape (...)."""
        return (self.thick >= 1).all(axis=-1)


def entry_curve(
    scale: ArrayLike, fixed_costs: ArrayLike, curvature: ArrayLike = 1.0
) -> tuple[NDArray, NDArray]:
    """Firms of each stage, and the market size that carries them, at a scale.

    Parameters
    ----------
    scale
        s > 0, the parameter of the curve. Shape (...), money.
    fixed_costs
        Fixed cost f_i of one firm in each stage, > 0. Shape (..., k), money.
    curvature
        Curvature δ > -1 of demand. Shape (...).

    Returns
    -------
    firms, size : arrays
        Firms n_i, shape (..., k), and market size M, shape (...), money.

    Raises
    ------
    ValueError
        If a number is not finite or out of range, or shapes do not fit.
    """
    scale, fixed, d = _checked(scale, "scale", fixed_costs, curvature)
    point = _free(np.log(scale), np.log(fixed), d)
    if (point.log_size > np.log(np.finfo(float).max)).any():
        raise ValueError("the market of so small a scale is beyond all numbers: raise the scale")
    return point.firms, np.exp(point.log_size)


def free_entry(
    market_size: ArrayLike, fixed_costs: ArrayLike, curvature: ArrayLike = 1.0
) -> EntryEquilibria:
    """Find every equilibrium of free entry, with firms as real numbers.

    Parameters
    ----------
    market_size
        `ProductionChain.market_size`, (a - C)^2 / b for straight demand. Shape (...), money.
    fixed_costs, curvature
        As for `entry_curve`.

    Raises
    ------
    ValueError
        As `entry_curve`. A market that is too small is no error: there `exists` is False, and only
        the empty chain is left.

    Notes
    -----
    The logarithm of M is convex in that of s, so it meets a market size twice, once or not at all,
    and Newton's method goes to the crossing on its own side from anywhere outside it.
    """
    size, fixed, d = _checked(market_size, "market_size", fixed_costs, curvature)
    flat = np.log(size).ravel(), np.log(fixed).reshape(-1, fixed.shape[-1]), d.ravel()
    thick = _newton(flat[0], *flat, rising=True)
    critical = _newton(_left_of_turn(thick, *flat[1:]), *flat, rising=False)
    firms = (_free(x, *flat[1:]).firms.reshape(fixed.shape) for x in (thick, critical))
    return EntryEquilibria(*firms)


def minimum_market_size(fixed_costs: ArrayLike, curvature: ArrayLike = 1.0) -> NDArray:
    """Smallest market in which all stages can have firms at zero profit. Shape (...), money.

    There the thick and the critical equilibrium meet: the product of (2n + 2δ)/(2n + δ) over the
    stages is 1 + δ. With δ = 2^k - 1 it is the size from which firms grow from nought, and with a
    larger δ it is zero. Firms are real numbers, and there may be less than one in a stage.
    Parameters and errors are those of `entry_curve`.
    """
    _, fixed, d = _checked(1.0, "scale", fixed_costs, curvature)
    logs = np.log(fixed)
    smallest = np.exp(_free(_turn(_free, logs, d), logs, d).log_size)
    return np.where(d > 2.0 ** fixed.shape[-1] - 1, 0.0, smallest)


def winning_market_size(
    fixed_costs: ArrayLike, curvature: ArrayLike = 1.0, integrated_firms: ArrayLike = 1
) -> NDArray:
    """Market size above which the thick chain undercuts integrated firms. Shape (...), money.

    Parameters
    ----------
    fixed_costs, curvature
        As for `entry_curve`.
    integrated_firms
        Number m >= 1 of integrated firms of the same unit cost. Shape (...).

    Raises
    ------
    ValueError
        As `entry_curve`.

    Notes
    -----
    The markup falls along the curve, and the chain wins where it is below 1/m. Where that is so in
    the smallest market already, the result is `minimum_market_size`.
    """
    m, fixed, d = _checked(integrated_firms, "integrated_firms", fixed_costs, curvature, least=1)

    logs = np.log(fixed)

    def advantage(x, d, m, *logs):
        return 1 / m - _free(x, np.stack(logs, axis=-1), d).markup

    turn = _turn(_free, logs, d)
    found = _between(turn, _far(logs)[1], advantage, d, m, *np.moveaxis(logs, -1, 0))
    return np.exp(_free(found, logs, d).log_size)


def best_entry(
    market_size: ArrayLike, fixed_costs: ArrayLike, curvature: ArrayLike = 1.0
) -> NDArray:
    """Firms per stage that maximise welfare, given that firms set their outputs themselves.

    Shape (..., k), real numbers; zero in all stages where every chain costs more than it gives.
    Parameters and errors are those of `free_entry`.

    Notes
    -----
    One more firm in stage i is worth (p - C) Q / (n_i (n_i + δ)), so all stages share one number w,
    the total margin times output, with n_i (n_i + δ) = w / f_i; the market that calls for it has
    the size w Z^(1 + 1/δ) / Y. For one stage of straight demand that is (n + 1)^3 f, the result of
    Mankiw and Whinston (1986). Of two solutions the larger is taken; that it is the best is tested
    against searches, not proved.
    """
    size, fixed, d = _checked(market_size, "market_size", fixed_costs, curvature)

    logs = np.log(fixed)

    def excess(x, d, log_size, *logs):
        return _planned(x, np.stack(logs, axis=-1), d).log_size - log_size

    turn = _turn(_planned, logs, d)
    top = np.maximum(np.log(size), turn)
    arguments = d, np.log(size), *np.moveaxis(logs, -1, 0)
    x = _between(turn, top, excess, *arguments)
    plan, w = _planned(x, logs, d), np.exp(x)
    surplus = w / (plan.markup * (1 + d)) + w - (plan.firms * fixed).sum(axis=-1)
    worth = (excess(turn, *arguments) < 0) & (surplus > 0)
    return np.where(worth[..., np.newaxis], plan.firms, 0.0)


def integer_entry(market_size: float, fixed_costs: ArrayLike, curvature: float = 1.0) -> NDArray:
    """Find every equilibrium with whole numbers of firms.

    In equilibrium no firm loses, and one more firm in any stage would lose.

    Parameters
    ----------
    market_size
        As for `free_entry`, of one market. Money.
    fixed_costs
        Fixed cost of one firm in each stage. Shape (k,), money.
    curvature
        Curvature δ > -1 of demand.

    Returns
    -------
    array of int
        Equilibria with firms in all stages, from the thinnest to the thickest, each of which has at
        least as many firms in every stage as the one before. Shape (equilibria, k). With two or
        more stages the empty chain is an equilibrium besides, since nobody can begin alone.

    Raises
    ------
    ValueError
        As `entry_curve`, and if there is more than one market or room for more than `MOST_FIRMS`.

    Notes
    -----
    Given the output ratio X, the stages fill one after the other from upstream, each with the
    largest n_i for which n_i (n_i + δ) f_i Z_(i-1) does not exceed M X. So there is at most one
    candidate for each X, and for δ >= 0, where these numbers rise with X, no more of them than
    there are firms at X = 1; for δ < 0 there may be more.
    """
    size, fixed, d = _checked(market_size, "market_size", fixed_costs, curvature)
    if size.ndim:
        raise ValueError(f"give one market; market_size and fixed_costs are for {size.shape}")
    most = _firms_at(size / fixed, float(d)).sum()
    if most > MOST_FIRMS:
        raise ValueError(
            f"the market has room for {most:.3g} firms, too many to count: take free_entry, whose "
            "firms are real numbers"
        )
    candidates = _candidates(float(size), fixed, float(d))
    stays = (_relative_profits(candidates, size, fixed, d) >= -BREAK_EVEN).all(axis=-1)
    for stage in np.eye(len(fixed)):
        entrant = _relative_profits(candidates + stage, size, fixed, d) @ stage
        stays &= entrant < -BREAK_EVEN
    return np.unique(candidates[stays], axis=0).astype(int)


def _candidates(size: float, fixed: NDArray, d: float) -> NDArray:
    """Firms per stage at every output ratio from 0 to 1 at which they change. Shape (many, k)."""
    low, high, z = np.array([0.0]), np.array([1.0]), np.ones(1)  # ranges of X; Z upstream of them
    firms = np.empty((1, 0))
    for cost in fixed:
        first, last = (
            np.floor(_firms_at(size * x / (cost * z), d) + slip)
            for x, slip in ((low, -BREAK_EVEN), (high, BREAK_EVEN))
        )
        first = np.maximum(first, 1)  # below one firm in a stage there is no chain
        pieces = np.maximum(last - first + 1, 0).astype(int)
        row = np.repeat(np.arange(len(low)), pieces)
        own = first[row] + np.arange(len(row)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        begins, ends = (n * (n + d) * cost * z[row] / size for n in (own, own + 1))
        low, high = np.maximum(low[row], begins), np.minimum(high[row], ends)
        z = z[row] * (1 + d / own)
        firms = np.column_stack([firms[row], own])
    return firms


def _relative_profits(firms: NDArray, size: NDArray, fixed: NDArray, d: NDArray) -> NDArray:
    """Profit of a firm in each stage over its fixed cost. Shape (..., k)."""
    return profits(ProductionChain(size, size, firms, np.zeros(len(fixed)), fixed, d)) / fixed


# The curves -------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Point:
    """A point of a curve: logarithm of its market size, its elasticity in the scale, the rest."""

    log_size: NDArray
    elasticity: NDArray
    firms: NDArray
    markup: NDArray


def _free(log_scale: NDArray, log_fixed: NDArray, d: NDArray) -> _Point:
    """Point of the curve of free entry: n(n + δ) = s / (f Z), M = s Z^(1/δ)."""
    log_z = np.zeros(np.broadcast_shapes(log_scale.shape, d.shape))
    z, growth = np.ones_like(log_z), np.ones_like(log_z)
    markup, grown = np.zeros_like(log_z), np.zeros_like(log_z)
    firms = np.empty((*log_z.shape, log_fixed.shape[-1]))
    for stage in range(log_fixed.shape[-1]):
        n, root, log_factor = _filled(log_scale - log_fixed[..., stage] - log_z, d)
        markup, z, log_z = _further(markup, z, log_z, n, log_factor, d)
        grown = grown + growth / root  # sum of terms of ((product of 1 + δ/root) - 1) / δ
        growth = growth * (1 + d / root)
        firms[..., stage] = n
    log_size = log_scale - log_output_ratio(markup, log_z, d)
    return _Point(log_size, 1 - grown, firms, markup)


def _planned(log_scale: NDArray, log_fixed: NDArray, d: NDArray) -> _Point:
    """Point of the curve of greatest welfare: n(n + δ) = w / f, M = w Z^(1 + 1/δ) / Y."""
    log_z = np.zeros(np.broadcast_shapes(log_scale.shape, d.shape))
    z, markup, inverse = np.ones_like(log_z), np.zeros_like(log_z), np.zeros_like(log_z)
    firms = np.empty((*log_z.shape, log_fixed.shape[-1]))
    for stage in range(log_fixed.shape[-1]):
        n, root, log_factor = _filled(log_scale - log_fixed[..., stage], d)
        markup, z, log_z = _further(markup, z, log_z, n, log_factor, d)
        inverse = inverse + 1 / root
        firms[..., stage] = n
    log_size = log_scale - log_output_ratio(markup, log_z, d) + log_z - np.log(markup)
    return _Point(log_size, 1 + inverse * (1 / markup - 1), firms, markup)


def _filled(log_level: NDArray, d: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """Firms n with n(n + δ) at a level, the root 2n + δ, and the logarithm of 1 + δ/n.

    With half = (root + abs(δ))/2, n is level/half for δ > 0 and half otherwise: no digits are lost.
    """
    level = np.exp(log_level)
    root = np.sqrt(d * d + 4 * level)
    half = (root + np.abs(d)) / 2
    log_factor = 2 * np.log(half) - log_level
    return np.where(d > 0, level / half, half), root, np.where(d > 0, log_factor, -log_factor)


def _further(markup, z, log_z, n, log_factor, d) -> tuple[NDArray, NDArray, NDArray]:
    """Markup, 1 + δY and its logarithm, one stage further; only the last is never infinite."""
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        return markup + z / n, z * (1 + d / n), log_z + log_factor


def _firms_at(level: NDArray, d: float) -> NDArray:
    """Firms n >= 0 at which n(n + δ) is a level."""
    return (np.sqrt(d * d + 4 * level) - d) / 2


# Roots ------------------------------------------------------------------------------------------


def _newton(
    start: NDArray, log_size: NDArray, log_fixed: NDArray, d: NDArray, rising: bool
) -> NDArray:
    """Scale at which the rising or falling part of the curve reaches a size; NaN if it does not.

    The curve is convex: after at most one step from below it, the steps close in from outside.
    """
    x = start.copy()
    at = np.flatnonzero(np.isfinite(x))
    for _ in range(STEPS):
        if len(at) == 0:
            break
        point = _free(x[at], log_fixed[at], d[at])
        gap = point.log_size - log_size[at]
        turned = (point.elasticity > 0) != rising
        turned |= ~(np.isfinite(gap) & np.isfinite(point.elasticity))
        x[at[turned]] = np.nan  # the whole curve is above the size, or beyond all numbers
        rounding = 4 * np.finfo(float).eps * (1 + np.abs(x[at]) + np.abs(log_size[at]))
        go = ~turned & (np.abs(gap) > rounding)
        at = at[go]
        x[at] -= np.clip(gap[go] / point.elasticity[go], -LONGEST_STEP, LONGEST_STEP)
    return x


def _left_of_turn(thick: NDArray, log_fixed: NDArray, d: NDArray) -> NDArray:
    """Return a scale below the thick chain's at which the curve falls; NaN where it only rises."""
    x = np.where(d < 2.0 ** log_fixed.shape[-1] - 1, thick, np.nan)
    distance = 1.0
    at = np.flatnonzero(np.isfinite(x))
    while len(at) and distance < RANGE:
        x[at] -= distance
        at = at[_free(x[at], log_fixed[at], d[at]).elasticity >= 0]
        distance *= 2
    x[at] = np.nan
    return x


def _turn(curve, log_fixed: NDArray, d: NDArray) -> NDArray:
    """Logarithm of the scale at which a curve has its smallest market size."""

    def elasticity(x, d, *logs):
        return curve(x, np.stack(logs, axis=-1), d).elasticity

    return _between(*_far(log_fixed), elasticity, d, *np.moveaxis(log_fixed, -1, 0))


def _far(log_fixed: NDArray) -> tuple[NDArray, NDArray]:
    """Logarithms of scales far below and far above the fixed costs."""
    return log_fixed.min(axis=-1) - RANGE, log_fixed.max(axis=-1) + RANGE


def _between(low: NDArray, high: NDArray, rises, *arguments: NDArray) -> NDArray:
    """Where a rising function crosses zero, or `low` if it is positive there already."""
    above = rises(low, *arguments) >= 0
    found = elementwise.find_root(rises, (np.where(above, high, low), high), args=arguments)
    return np.where(above, low, found.x)


# Bad input --------------------------------------------------------------------------------------


def _checked(
    number: ArrayLike, name: str, fixed_costs: ArrayLike, curvature: ArrayLike, least: float = 0
) -> tuple[NDArray, NDArray, NDArray]:
    """Broadcast a number per market, the fixed costs and the curvature; refuse what cannot be."""
    number, fixed, d = (np.asarray(one, dtype=float) for one in (number, fixed_costs, curvature))
    if fixed.ndim == 0 or fixed.shape[-1] == 0:
        raise ValueError(
            f"fixed_costs must have one entry per stage on their last axis; got {fixed.shape}"
        )
    enough = number >= least if least else number > 0
    rule = f">= {least:g}" if least else "> 0"
    _refuse(~(np.isfinite(number) & enough), f"{name} must be finite and {rule}", number)
    _refuse(~(np.isfinite(fixed) & (fixed > 0)), "fixed_costs must be finite and > 0", fixed)
    _refuse(~(np.isfinite(d) & (d > -1)), "curvature must be finite and > -1", d)
    try:
        shape = np.broadcast_shapes(number.shape, fixed.shape[:-1], d.shape)
    except ValueError:
        raise ValueError(
            f"give one {name} and one curvature per chain, or one for all; shapes are "
            f"{number.shape}, {d.shape} and, for the chains, {fixed.shape[:-1]}"
        ) from None
    number, d = np.broadcast_to(number, shape), np.broadcast_to(d, shape)
    return number, np.broadcast_to(fixed, (*shape, fixed.shape[-1])), d


def _refuse(wrong: NDArray, rule: str, numbers: NDArray) -> None:
    if wrong.any():
        raise ValueError(f"{rule}; got {numbers[wrong].flat[0]:g}")
