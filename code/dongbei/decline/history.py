"""The loop and plain rivals before one series: fits, profiles, forecasts.

Every model is a curve for the logarithm of an observed share, up to a constant, and an error whose
correlation from one year to the next is the same everywhere (years may be missing). So a constant
makes the autoregression, a line the trend, two lines the broken trend, and a line with a geometric
term the growth model of Dixon and Thirlwall (1975), whose growth rate converges at a constant rate.

"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import expit, log_softmax, logsumexp, softmax
from scipy.stats import norm

from dongbei.decline.story import CALENDAR, RANGES, check_calendar, told

CORRELATIONS = np.linspace(0.0, 0.98, 50)
"""Correlations of the error from one year to the next that are tried."""

AT = (0.05, 0.5, 0.95)
"""Percentiles of the draws at which a profile is taken, beside a grid."""

NUDGE = 1e-4
"""Step of the differences that stand for derivatives."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Draws of the story's parameters that a series leaves possible, all equally likely.

    Attributes
    ----------
    years, observed : ndarray
        The series, observed as a logarithm. Shape (t,).
    draws : dict
        {name of `RANGES`: shape (n,)}.
    log_likelihood : ndarray
        At the best correlation, with the best level and variance. Shape (n,).
    evidence : float
        Logarithm of the mean likelihood over the ranges (levels and variances at their best).
    calendar : dict
        When the pressures of the story were.
    """

    years: NDArray
    observed: NDArray
    draws: Mapping[str, NDArray]
    log_likelihood: NDArray
    evidence: float
    calendar: Mapping[str, tuple[float, float]] = field(default_factory=lambda: dict(CALENDAR))


def posterior(
    years: ArrayLike,
    observed: ArrayLike,
    fixed: Mapping[str, float] | None = None,
    size: int = 4096,
    moves: int = 5,
    seed: int = 1978,
    calendar: Mapping[str, tuple[float, float]] = CALENDAR,
) -> Posterior:
    """Sample the parameters of the story that a series leaves possible.

    Before the series every value of `RANGES` is as good as any other. Draws go from there to the
    posterior by a sequential sampler (Del Moral, Doucet and Jasra 2006) that raises the likelihood
    from the power zero to one, as fast as half of the draws keep their worth; after each rise they
    are resampled and moved at random.

    Parameters
    ----------
    years, observed
        Years of the series, rising, the first being that of the start, and a share, above 0.
        Shape (t,).
    fixed
        {name of `RANGES`: value} of the parameters that are held.
    size, moves, seed
        Draws, moves of each draw per rise, and the seed of the random numbers.
    calendar
        When the pressures were; see `pressures`. The size of one that it lacks is held at 0.

    Raises
    ------
    ValueError
        If years do not rise, a share is not above 0, all are the same, there are no more
        years than parameters, a name is unknown, or a held value is outside of its range.
    """
    check_calendar(calendar)
    years, observed = checked(years, observed)
    fixed = absent(calendar) | dict(fixed or {})
    free = [name for name in RANGES if name not in fixed]
    if unknown := sorted(set(fixed) - set(RANGES)):
        raise ValueError(f"no parameter {', '.join(unknown)}; there are {', '.join(RANGES)}")
    for name, value in fixed.items():
        if not RANGES[name][0] <= value <= RANGES[name][1]:
            raise ValueError(f"{name} = {value:g} is outside of its range {RANGES[name]}")
    if len(years) <= len(free) + 3:
        raise ValueError(
            f"{len(years)} years cannot tell {len(free)} parameters, a level, a variance and a "
            "correlation: take a longer series or fix parameters"
        )
    random = np.random.default_rng(seed)

    def heights(points):
        draws = _draws(points, free, fixed)
        curves = told(draws, years, calendar=calendar, precision=1e-6).share
        found = log_likelihoods(np.log(curves), years, observed)
        return logsumexp(found, axis=0) - np.log(len(found)), found.max(axis=0)

    points = random.standard_normal((size, len(free)))
    (height, best), power, evidence = heights(points), 0.0, 0.0
    while power < 1:
        rise = _rise(height, 1 - power)
        power += rise
        evidence += logsumexp(rise * height) - np.log(size)
        chosen = _resampled(softmax(rise * height), random)
        points, height, best = points[chosen], height[chosen], best[chosen]
        spread = np.linalg.cholesky(np.cov(points.T) + 1e-9 * np.eye(len(free)))
        for _ in range(moves):
            reach = np.exp(random.uniform(np.log(0.03), 0.0, (size, 1)))
            new = points + reach * (random.standard_normal(points.shape) @ spread.T)
            new_height, new_best = heights(new)
            gain = power * (new_height - height) + ((points**2).sum(1) - (new**2).sum(1)) / 2
            taken = np.log(random.uniform(size=size)) < gain
            points = np.where(taken[:, None], new, points)
            height = np.where(taken, new_height, height)
            best = np.where(taken, new_best, best)
    draws = _draws(points, free, fixed)
    return Posterior(years, observed, draws, best, float(evidence), dict(calendar))


def absent(calendar: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """Return the sizes, 0, of the pressures that a calendar lacks."""
    sizes = {"opening": ("opening", "orders_lost"), "accession": ("accession",)}
    sizes["support"] = ("support",)
    return {name: 0.0 for one in sizes if one not in calendar for name in sizes[one]}


def _rise(height: NDArray, most: float) -> float:
    """Return the power to add next, up to `most`, that leaves half of the draws their worth."""

    def worth(rise):
        return np.exp(-logsumexp(2 * log_softmax(rise * height))) / len(height)

    if worth(most) >= 0.5:
        return most
    return brentq(lambda rise: worth(rise) - 0.5, 0.0, most)


def _resampled(weights: NDArray, random: np.random.Generator) -> NDArray:
    """Choose as many draws as there are, systematically along their weights."""
    ticks = (random.uniform() + np.arange(len(weights))) / len(weights)
    return np.minimum(np.searchsorted(np.cumsum(weights), ticks), len(weights) - 1)


def _draws(points: NDArray, free: Sequence[str], fixed: Mapping[str, float]) -> dict:
    """Turn standard normal numbers, shape (n, free), into parameters spread over their ranges."""
    part = norm.cdf(points)
    low, high = np.array([RANGES[name] for name in free]).reshape(-1, 2).T
    found = dict(zip(free, (low + (high - low) * part).T, strict=True))
    held = {name: np.full(len(points), float(value)) for name, value in fixed.items()}
    return {name: (found | held)[name] for name in RANGES}


def checked(years: ArrayLike, observed: ArrayLike) -> tuple[NDArray, NDArray]:
    """Return years and the logarithm of a share; refuse what is no series of shares."""
    years, observed = np.asarray(years, float), np.asarray(observed, float)
    if years.ndim != 1 or years.shape != observed.shape or not (np.diff(years) > 0).all():
        raise ValueError(
            f"a series needs rising years and a share for each; shapes are {years.shape} and "
            f"{observed.shape}"
        )
    if not (np.isfinite(observed).all() and (observed > 0).all()):
        wrong = ~(np.isfinite(observed) & (observed > 0))
        raise ValueError(
            f"a share must be above 0; in {years[wrong][0]:g} it is {observed[wrong][0]}"
        )
    if len(years) and np.ptp(observed) == 0:
        raise ValueError(f"the share is {observed[0]:g} in every year: there is nothing to explain")
    return years, np.log(observed)


def log_likelihoods(curves: NDArray, years: NDArray, observed: NDArray) -> NDArray:
    """Log-likelihood of curves at each of `CORRELATIONS`, with the best level and variance.

    Parameters
    ----------
    curves
        Logarithms. Shape (t, n).
    years, observed
        Shape (t,); observed as a logarithm.

    Returns
    -------
    ndarray
        Shape (correlations, n).
    """
    errors = observed[:, None] - curves
    found = np.empty((len(CORRELATIONS), errors.shape[1]))
    for place, correlation in enumerate(CORRELATIONS):
        white, flat, penalty = _whitened(correlation, years, errors)
        level = (flat * white).sum(axis=0) / (flat**2).sum()
        found[place] = _height(white - flat * level, penalty)
    return found


def _whitened(
    correlation: float, years: NDArray, columns: NDArray
) -> tuple[NDArray, NDArray, float]:
    """Make errors independent with one variance; the same for a constant; the log-determinant."""
    link = correlation ** np.diff(years)[:, None]
    scale = np.sqrt(1 - link**2)

    def white(one):
        return np.vstack([one[:1], (one[1:] - link * one[:-1]) / scale])

    return white(columns), white(np.ones((len(years), 1))), float(np.log(scale).sum())


def _height(residuals: NDArray, penalty: float) -> NDArray:
    """Log-likelihood with the best variance."""
    count = len(residuals)
    variance = (residuals**2).sum(axis=0) / count
    return -0.5 * count * (np.log(2 * np.pi * variance) + 1) - penalty


def peak(
    years: ArrayLike,
    observed: ArrayLike,
    starts: int = 128,
    seed: int = 1978,
    calendar: Mapping[str, tuple[float, float]] = CALENDAR,
) -> tuple[dict[str, float], float]:
    """Search for the highest likelihood of all, from starts anywhere in `RANGES`.

    A quarter of the searches goes on from where the first forty steps have led.

    Parameters
    ----------
    years, observed
        As of `posterior`.
    starts, seed
        Searches, and the seed of where they begin.
    calendar
        When the pressures were; the size of one that it lacks is any.

    Returns
    -------
    (dict, float)
        The parameters found, and their log-likelihood. The likelihood has many peaks, so this is a
        lower bound of the highest.

    Raises
    ------
    ValueError
        If the series is none, as of `posterior`.
    """
    years, observed = checked(years, observed)
    points = np.random.default_rng(seed).standard_normal((starts, len(RANGES)))
    every = np.ones(points.shape, bool)
    points, height = climb(years, observed, points, every, calendar=calendar)
    points = points[np.argsort(-height, kind="stable")[: -(-starts // 4)]]
    points, height = climb(years, observed, points, every[: len(points)], 80, calendar)
    best = _draws(points[[height.argmax()]], list(RANGES), {})
    return {name: float(value[0]) for name, value in best.items()}, float(height.max())


def profiles(fit: Posterior, places: int = 5, starts: int = 4) -> dict[str, tuple]:
    """Return the best log-likelihood that is left when one parameter is held, for each of them.

    Parameters
    ----------
    fit
        With no parameter held. Its best draws near each value are starts of the searches, beside
        the best fits of all.
    places
        Values at which each parameter is held, from end to end of its range, beside the 5th, 50th
        and 95th percentile of the draws.
    starts
        Of either kind, for each value.

    Returns
    -------
    dict
        {name: values and log-likelihoods, each of shape (places + 3,)}.

    Raises
    ------
    ValueError
        If the fit holds a parameter.
    """
    if held := [name for name, values in fit.draws.items() if np.ptp(values) == 0]:
        raise ValueError(f"the fit holds {', '.join(held)}; sample with all parameters free")
    draws = np.stack([_normal(fit.draws[name], name) for name in RANGES], axis=1)
    likely = np.argsort(-fit.log_likelihood, kind="stable")[: len(draws) // 2]
    values = np.stack(
        [
            np.sort(np.append(np.linspace(*ends, places), np.quantile(fit.draws[name], AT)))
            for name, ends in RANGES.items()
        ]
    )
    near = np.stack([fit.draws[name][likely] for name in RANGES])
    gaps = np.abs(near[:, None] - values[..., None])
    begins = draws[likely[np.argsort(gaps, axis=2, kind="stable")[:, :, :starts]]]
    best = np.full(values.shape, -np.inf)
    moves = np.ones((*begins.shape[:3], len(RANGES)), bool)
    for column in range(len(RANGES)):
        moves[column, :, :, column] = False
    for _ in range(2):  # from draws nearby, then from the best fits of the first search
        for column, name in enumerate(RANGES):
            begins[column, :, :, column] = _normal(values[column], name)[:, None]
        points, height = climb(
            fit.years,
            fit.observed,
            begins.reshape(-1, len(RANGES)),
            moves.reshape(-1, len(RANGES)),
            calendar=fit.calendar,
        )
        best = np.maximum(best, height.reshape(begins.shape[:3]).max(axis=2))
        top = points[np.argsort(-height, kind="stable")[:starts]]
        begins = np.tile(top, (*values.shape, 1, 1))
    return {name: (values[column], best[column]) for column, name in enumerate(RANGES)}


def _normal(values: NDArray, name: str) -> NDArray:
    """Turn parameters into the standard normal numbers that `_draws` takes."""
    low, high = RANGES[name]
    return np.clip(norm.ppf((values - low) / (high - low)), -4, 4)


def climb(
    years: NDArray,
    observed: NDArray,
    points: NDArray,
    moves: NDArray,
    turns: int = 40,
    calendar: Mapping[str, tuple[float, float]] = CALENDAR,
) -> tuple[NDArray, NDArray]:
    """Climb to the best log-likelihood from many points at once (Levenberg and Marquardt).

    Parameters
    ----------
    years, observed
        Shape (t,); observed as a logarithm.
    points
        Starts: the parameters of `RANGES` as standard normal numbers. Shape (n, parameters).
    moves
        Which parameters may move. Shape (n, parameters).
    turns
        Steps of the search.
    calendar
        When the pressures were.

    Returns
    -------
    points, log_likelihood : ndarray
        Where each search ended. Shapes (n, parameters) and (n,).
    """
    count, size = len(points), points.shape[1] + 1
    state = np.column_stack([points, np.full(count, 1.5)])  # last: logit of the correlation
    may_move = np.column_stack([moves, np.ones(count, bool)])
    damping = np.full(count, 1e-2)
    shifts = NUDGE * np.vstack([np.zeros(size), np.eye(size)])

    def residuals(states):
        draws = _draws(states[:, :-1], list(RANGES), {})
        curves = told(draws, years, calendar=calendar, precision=1e-8).share
        return _scaled(_correlation(states[:, -1]), years, observed[:, None] - np.log(curves))

    for _ in range(turns):
        block = residuals((state[:, None] + shifts).reshape(-1, size))
        block = block.reshape(len(years), count, size + 1)
        here = block[:, :, 0]
        slope = np.moveaxis((block[:, :, 1:] - here[:, :, None]) / NUDGE, 0, 1)
        slope = slope * may_move[:, None]
        right = np.einsum("ntp,tn->np", slope, here)
        ended = np.where(right < 0, state >= 4, state <= -4)  # and would go on: others move alone
        slope, right = np.where(ended[:, None], 0.0, slope), np.where(ended, 0.0, right)
        normal = np.swapaxes(slope, 1, 2) @ slope
        scale = np.einsum("npp->np", normal) + 1e-9
        system = normal + damping[:, None, None] * np.eye(size) * scale[:, None]
        move = -np.linalg.solve(system, right[:, :, None])[:, :, 0]
        new = np.where(may_move, np.clip(state + np.clip(move, -1, 1), -4, 4), state)
        old, value = (here**2).sum(axis=0), (residuals(new) ** 2).sum(axis=0)
        better = value < old
        state = np.where(better[:, None], new, state)
        damping = np.clip(np.where(better, damping / 3, damping * 4), 1e-9, 1e9)
    variance = np.where(better, value, old) / len(years)
    height = -0.5 * len(years) * (np.log(2 * np.pi * variance) + 1)
    return state[:, :-1], height


def _correlation(place: NDArray) -> NDArray:
    """Turn any number into a correlation from 0 to the largest of `CORRELATIONS`."""
    return CORRELATIONS[-1] * expit(place)


def _scaled(correlation: NDArray, years: NDArray, errors: NDArray) -> NDArray:
    """Whitened errors about their best level, scaled so that least squares is likelihood.

    One correlation per column of errors, shape (n,).
    """
    link = correlation ** np.diff(years)[:, None]
    scale = np.sqrt(1 - link**2)
    white = np.vstack([errors[:1], (errors[1:] - link * errors[:-1]) / scale])
    flat = np.vstack([np.ones_like(errors[:1]), (1 - link) / scale])
    level = (flat * white).sum(axis=0) / (flat**2).sum(axis=0)
    return (white - flat * level) * np.exp(np.log(scale).sum(axis=0) / len(years))


@dataclass(frozen=True, eq=False)
class Rival:
    """A plain model of a series, fitted.

    Attributes
    ----------
    name : str
    parameters : int
        How many numbers were fitted, a level, a variance and a correlation among them.
    log_likelihood : float
    forecast : callable
        Years after the series -> expected logarithm of the share, same shape.
    breaks : tuple
        Years at which a broken trend breaks.
    """

    name: str
    parameters: int
    log_likelihood: float
    forecast: Callable[[NDArray], NDArray]
    breaks: tuple[float, ...] = ()

    def criterion(self, count: int) -> float:
        """Akaike's criterion, corrected for `count` years; less is better."""
        return corrected_criterion(self.log_likelihood, self.parameters, count)


def corrected_criterion(log_likelihood: float, parameters: int, count: int) -> float:
    """Return Akaike's criterion with Hurvich and Tsai's (1989) correction; less is better.

    Raises
    ------
    ValueError
        If there are not more years than parameters by two at least.
    """
    spare = count - parameters - 1
    if spare < 1:
        raise ValueError(f"{count} years are too few to compare a model of {parameters} parameters")
    return -2 * log_likelihood + 2 * parameters + 2 * parameters * (parameters + 1) / spare


def rivals(years: ArrayLike, observed: ArrayLike) -> list[Rival]:
    """Fit the plain models: autoregression, trend, broken trends, Dixon and Thirlwall's growth.

    Each is the best of its kind: of all years at which a trend may break (three years from either
    end and from another break), and of rates of convergence from 5 to 95 percent a year. A series
    too short for two breaks has no trend with two.

    Parameters
    ----------
    years, observed
        A share, above 0. Shape (t,).

    Raises
    ------
    ValueError
        As of `posterior` for the series, or if there are fewer than eight years.
    """
    years, observed = checked(years, observed)
    if len(years) < 8:
        raise ValueError(f"eight years are needed to compare models; there are {len(years)}")
    first, inner = years[0], years[3:-3]

    def line(now, *more):
        return np.column_stack([np.ones_like(now), now - first, *(one(now) for one in more)])

    def bent(*places):
        bends = [lambda when, place=place: np.maximum(0, when - place) for place in places]
        return lambda now: line(now, *bends)

    def converging(rate):
        return lambda now: line(now, lambda when: (1 - rate) ** (when - first))

    once = {(place,): bent(place) for place in inner}
    twice = {two: bent(*two) for two in combinations(inner, 2) if two[1] - two[0] >= 3}
    rates = {(rate,): converging(rate) for rate in np.linspace(0.05, 0.95, 19)}
    kinds = {
        "autoregression": (0, {(): lambda now: np.ones((len(now), 1))}),
        "trend": (0, {(): line}),
        "broken trend": (1, once),
        "trend broken twice": (2, twice),
        "growth that converges": (1, rates),
    }
    found = []
    for name, (extra, designs) in kinds.items():
        if name == "trend broken twice" and len(years) < 10:
            continue  # its eight parameters could not be charged for
        fits = {at: _least_squares(design, years, observed) for at, design in designs.items()}
        best = max(fits, key=lambda at: fits[at][0])
        height, size, forecast = fits[best]
        breaks = tuple(float(year) for year in best) if "broken" in name else ()
        found.append(Rival(name, size + 2 + extra, height, forecast, breaks))
    return found


def _least_squares(design, years, observed):
    """Fit a linear curve at the best correlation: its height, coefficients and forecast."""
    columns = design(years)
    best = (-np.inf,)
    for correlation in CORRELATIONS:
        white, _, penalty = _whitened(correlation, years, np.column_stack([observed, columns]))
        coefficients = np.linalg.lstsq(white[:, 1:], white[:, 0], rcond=None)[0]
        height = float(_height(white[:, :1] - white[:, 1:] @ coefficients[:, None], penalty)[0])
        if height > best[0]:
            best = height, correlation, coefficients
    height, correlation, coefficients = best
    last = observed[-1] - columns[-1] @ coefficients

    def forecast(later):
        return design(later) @ coefficients + last * correlation ** (later - years[-1])

    return height, len(coefficients), forecast


def forecasts(fit: Posterior, later: ArrayLike) -> NDArray:
    """Forecast the logarithm of the share by each draw of the loop, for years after the series.

    The pressures keep their calendar; those that begin after the series have any size of their
    range.

    Returns
    -------
    ndarray
        Shape (later, draws).
    """
    later = np.asarray(later, float)
    if not (later > fit.years[-1]).all():
        raise ValueError(f"a forecast is for years after {fit.years[-1]:g}, the last of the series")
    every = np.concatenate([fit.years, later])
    curves = np.log(told(fit.draws, every, calendar=fit.calendar, precision=1e-6).share)
    past, future = curves[: len(fit.years)], curves[len(fit.years) :]
    best = log_likelihoods(past, fit.years, fit.observed).argmax(axis=0)
    found = np.empty_like(future)
    for place in np.unique(best):
        mine = best == place
        correlation = CORRELATIONS[place]
        errors = fit.observed[:, None] - past[:, mine]
        white, flat, _ = _whitened(correlation, fit.years, errors)
        level = (flat * white).sum(axis=0) / (flat**2).sum()
        fading = correlation ** (later - fit.years[-1])
        found[:, mine] = future[:, mine] + level + fading[:, None] * (errors[-1] - level)
    return found


def out_of_sample(
    years: ArrayLike,
    observed: ArrayLike,
    cuts: Sequence[float],
    ahead: float = 10.0,
    **sampling,
) -> list[dict]:
    """Forecast from several years on, and compare with what came.

    Parameters
    ----------
    years, observed
        A share, above 0. Shape (t,).
    cuts
        Last years that the models may see.
    ahead
        Years of the forecast, as far as the series goes.
    **sampling
        Keywords of `posterior`.

    Returns
    -------
    list of dict
        Model, cut and error: the root of the mean squared error of the logarithm.

    Raises
    ------
    ValueError
        If a cut leaves nothing to forecast, or as of `posterior` and `rivals`.
    """
    years, logs = checked(years, observed)
    rows = []
    for cut in cuts:
        seen, asked = years <= cut, (years > cut) & (years <= cut + ahead)
        if not asked.any():
            raise ValueError(f"the series ends before {cut:g}: nothing is left to forecast")
        past = np.exp(logs[seen])
        fit = posterior(years[seen], past, **sampling)
        answers = {one.name: one.forecast(years[asked]) for one in rivals(years[seen], past)}
        ahead_of = years[asked] - years[seen][-1]
        pace = (logs[seen][-1] - logs[seen][0]) / (years[seen][-1] - years[seen][0])
        answers["random walk with drift"] = logs[seen][-1] + pace * ahead_of
        answers["no change"] = np.full(asked.sum(), logs[seen][-1])
        answers["the loop"] = forecasts(fit, years[asked]).mean(axis=1)
        for name, answer in answers.items():
            error = float(np.sqrt(np.mean((answer - logs[asked]) ** 2)))
            rows.append({"model": name, "cut": int(cut), "error": error})
    return rows
