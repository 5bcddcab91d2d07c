"""Under which conditions a policy fails: scenario discovery by patient rule induction (PRIM).

Bryant and Lempert (2010, Technological Forecasting and Social Change 77, 34-49) look for a box,
low and high limits of few parameters, that holds most of the scenarios in which a policy fails and
little else. Friedman and Fisher's (1999, Statistics and Computing 9, 123-143) algorithm peels thin
slices off the whole until few scenarios are left, and pastes some back; it is taken from
ema_workbench (Kwakkel 2017). What it leaves to the eye is fixed here: which of its boxes to take,
and which limits are worth keeping.

With n scenarios, P of which fail, and a box of m scenarios, k of which fail:

========  =======  =======================================================
measure   formula  meaning
========  =======  =======================================================
coverage  k / P    share of the failures that the box holds
density   k / m    share of its scenarios that fail
mass      m / n    share of the scenarios that it holds
========  =======  =======================================================
"""

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom

DEPTH = 500
"""Largest number of peels; the library calls itself for each."""


@dataclass(frozen=True, eq=False)
class Box:
    """Conditions under which a policy fails."""

    limits: pd.DataFrame
    """The restricted parameters, most telling first: parameter, low and high (infinite on a side
    without limit), quasi_p (see `discover`), and least and most, its range in all scenarios."""
    scenarios: int
    """Number of all scenarios, n."""
    failures: int
    """Number of those that fail, P."""
    held: int
    """Number of scenarios in the box, m."""
    failing: int
    """Number of those that fail, k."""
    trajectory: pd.DataFrame
    """All boxes of the algorithm, from the whole on: coverage, density, mass, restricted
    (parameters), and chosen, which is true for the one taken before limits were dropped."""

    @property
    def coverage(self) -> float:
        """Share of the failures that the box holds."""
        return self.failing / self.failures

    @property
    def density(self) -> float:
        """Share of the box's scenarios that fail."""
        return self.failing / self.held

    @property
    def mass(self) -> float:
        """Share of the scenarios that the box holds."""
        return self.held / self.scenarios

    def inside(self, parameters: Mapping[str, ArrayLike]) -> NDArray:
        """Return which scenarios meet the conditions, shape (scenarios,), limits included.

        What a box leaves unexplained is searched by `discover` on the scenarios outside.

        Raises
        ------
        ValueError
            If a restricted parameter is missing.
        """
        if missing := [name for name in self.limits["parameter"] if name not in parameters]:
            raise ValueError(f"give the parameters that the box restricts: {missing[0]} is missing")
        held = np.ones(len(next(iter(dict(parameters).values()))), bool)
        for name, low, high in self.limits[["parameter", "low", "high"]].itertuples(index=False):
            values = np.asarray(parameters[name])
            held &= (low <= values) & (values <= high)
        return held


@dataclass(frozen=True, eq=False)
class Reproducibility:
    """What remains of a box when it is sought in other scenarios."""

    parameters: pd.DataFrame
    """All parameters, most often restricted first: parameter, restricted, below and above (shares
    of resamples with a limit, a lower one and an upper one), low and high (medians of those)."""
    boxes: pd.DataFrame
    """A row per resample: coverage, density, mass, restricted (parameters), and coverage, density
    and mass on the scenarios left out: held_out_coverage and so on. A box found is always denser
    where it was sought; a density left out is missing where no scenario is in the box."""
    limits: pd.DataFrame
    """A row per resample and restricted parameter: resample, parameter, low, high."""


def discover(
    parameters: Mapping[str, ArrayLike],
    fails: ArrayLike,
    *,
    coverage: float | None = None,
    peel: float = 0.05,
    paste: float = 0.05,
    least_mass: float | None = None,
    significance: float = 0.05,
) -> Box:
    """Return the conditions under which a policy fails.

    Of the boxes of PRIM the one is taken whose coverage exceeds its mass most: the knee, where a
    further slice would fail as often as all scenarios do. It does not trim at noise, unlike the
    densest. Of boxes alike, the one with fewer parameters is taken, then the earlier. Then limits
    are dropped, the least telling parameter first, until each has a quasi-p-value of at most
    `significance`: the chance that a box as dense were drawn from the box without that parameter's
    limits (Bryant and Lempert 2010). If nothing is telling, no limit is left: no condition found.

    Parameters
    ----------
    parameters
        {name: its value in each scenario}; a frame will do. Numbers; categories as 0 and 1.
    fails
        Whether the policy fails, shape (scenarios,).
    coverage
        Take the densest box with at least this coverage instead of the knee. It trims at noise if
        that is less than the knee's, and is far too wide if it is more: see `Box.trajectory`.
    peel, paste
        Share of a box's scenarios taken off and put on in one step.
    least_mass
        Share of all scenarios below which a box is not peeled; without, 0.05, or the share that
        fails if that is less.
    significance
        Largest quasi-p-value of a limit that is kept; 1 keeps them all.

    Returns
    -------
    Box
        It depends on the input alone; there is no chance in it.

    Raises
    ------
    ValueError
        If lengths differ, a number is missing, a parameter is constant, none or all of the
        scenarios fail, or a setting is out of its range.
    """
    names, x, y = _scenarios(parameters, fails)
    for name, column in zip(names, x.T, strict=True):
        if np.ptp(column) == 0:
            raise ValueError(f"{name} is the same in every scenario: leave it out, or sample it")
    settings = _settings(coverage, peel, paste, least_mass, significance, y.mean())
    low, high, trajectory = _found(x, y, **settings)
    order = np.argsort(quasi_p := _quasi_p(x, y, low, high), kind="stable")
    order = order[_restricted(low, high)[order]]
    limits = {"low": low, "high": high, "quasi_p": quasi_p}
    limits |= {"least": x.min(axis=0), "most": x.max(axis=0)}
    held = _inside(x, low, high)
    return Box(
        limits=pd.DataFrame(
            {"parameter": [names[one] for one in order]}
            | {name: values[order] for name, values in limits.items()}
        ),
        scenarios=len(y),
        failures=int(y.sum()),
        held=int(held.sum()),
        failing=int(y[held].sum()),
        trajectory=trajectory,
    )


def reproducibility(
    parameters: Mapping[str, ArrayLike],
    fails: ArrayLike,
    *,
    seed: int,
    resamples: int = 50,
    workers: int = 1,
    coverage: float | None = None,
    peel: float = 0.05,
    paste: float = 0.05,
    least_mass: float | None = None,
    significance: float = 0.05,
) -> Reproducibility:
    """Seek the conditions anew in halves of the scenarios, drawn at random without replacement.

    A parameter that decides is restricted in nearly every half (Bryant and Lempert 2010, section
    on reproducibility). Halves keep the share of failures; the whole procedure of `discover` is
    repeated in each, and its box measured on the other half.

    Parameters
    ----------
    parameters, fails, coverage, peel, paste, least_mass, significance
        As of `discover`.
    seed
        Of the halves. The result does not depend on the number of workers.
    resamples
        Number of halves.
    workers
        Processes.

    Raises
    ------
    ValueError
        As of `discover`, or if fewer than 4 scenarios fail or hold, or resamples is not from 1.
    """
    names, x, y = _scenarios(parameters, fails)
    settings = _settings(coverage, peel, paste, least_mass, significance, y.mean())
    if (fewest := min(y.sum(), (~y).sum())) < 4:
        raise ValueError(
            f"halves need 4 scenarios that fail and 4 that do not; {fewest} do: sample more"
        )
    if resamples < 1:
        raise ValueError(f"resamples must be 1 or more; it is {resamples}")
    seeds = np.random.SeedSequence(seed).spawn(resamples)
    parallel = Parallel(n_jobs=workers)
    found = parallel(delayed(_half)(x, y, one, settings) for one in seeds)
    low, high, measures = (np.stack(one) for one in zip(*found, strict=True))
    resample, parameter = np.nonzero(_restricted(low, high))
    limits = pd.DataFrame({"resample": resample, "parameter": np.array(names, object)[parameter]})
    below, above = np.isfinite(low), np.isfinite(high)
    shares = pd.DataFrame(
        {
            "parameter": names,
            "restricted": (below | above).mean(axis=0),
            "below": below.mean(axis=0),
            "above": above.mean(axis=0),
            "low": pd.DataFrame(np.where(below, low, np.nan)).median().to_numpy(),
            "high": pd.DataFrame(np.where(above, high, np.nan)).median().to_numpy(),
        }
    ).sort_values("restricted", ascending=False, kind="stable", ignore_index=True)
    columns = ["coverage", "density", "mass"]
    boxes = pd.DataFrame(measures, columns=columns + [f"held_out_{one}" for one in columns])
    boxes.insert(3, "restricted", (below | above).sum(axis=1))
    return Reproducibility(
        parameters=shares,
        boxes=boxes,
        limits=limits.assign(low=low[resample, parameter], high=high[resample, parameter]),
    )


def _half(x, y, seed, settings):
    """Return the limits found in half of the scenarios, and their measures there and elsewhere."""
    random = np.random.default_rng(seed)
    half = np.zeros(len(y), bool)
    for group in (np.flatnonzero(y), np.flatnonzero(~y)):
        half[random.permutation(group)[: len(group) // 2]] = True
    low, high, _ = _found(x[half], y[half], **settings)
    measures = []
    for part in (half, ~half):
        held = _inside(x[part], low, high)
        failing = y[part][held].sum()
        density = failing / held.sum() if held.any() else np.nan
        measures += [failing / y[part].sum(), density, held.mean()]
    return low, high, measures


def _found(x, y, coverage, peel, paste, least_mass, significance):
    """Return the limits of the box, infinite where there are none, and all boxes on the way."""
    low, high, held, failing = _boxes(x, y, peel, paste, least_mass)
    restricted = _restricted(low, high).sum(axis=1)
    if coverage is None:
        first, second = failing * len(y) - held * y.sum(), restricted * 0
    else:
        enough = failing / y.sum() >= coverage
        first, second = np.where(enough, failing / held, -1.0), failing
    chosen = np.lexsort((np.arange(len(held)), restricted, -second, -first))[0]
    trajectory = pd.DataFrame(
        {
            "coverage": failing / y.sum(),
            "density": failing / held,
            "mass": held / len(y),
            "restricted": restricted,
            "chosen": np.arange(len(held)) == chosen,
        }
    )
    low, high = low[chosen], high[chosen]
    while (p := _quasi_p(x, y, low, high)).max() > significance:
        low[p.argmax()], high[p.argmax()] = -np.inf, np.inf
    return low, high, trajectory


def _boxes(x, y, peel, paste, least_mass):
    """Return limits, scenarios and failures of the boxes of PRIM, from the whole on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about its parts for other uses, which are not installed
        from ema_workbench.analysis.prim import Prim
    frame = pd.DataFrame(x, columns=[f"x{one}" for one in range(x.shape[1])])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="ema_workbench")
        # The threshold is of the last box, and would turn down what is found if it is not dense.
        prim = Prim(
            frame,
            y.astype(int),
            threshold=1e-9,
            peel_alpha=peel,
            paste_alpha=paste,
            mass_min=least_mass,
        )
        box = prim.find_box()
    low, high = np.stack([one.to_numpy(float) for one in box.box_lims], axis=1)
    low, high = np.where(low > low[0], low, -np.inf), np.where(high < high[0], high, np.inf)
    counts = box.peeling_trajectory[["n", "k"]].to_numpy(int)
    return low, high, *counts.T


def _quasi_p(x, y, low, high) -> NDArray:
    """Return quasi-p-values of the parameters, zero of those without limit; (parameters,)."""
    p = np.zeros(x.shape[1])
    limited = np.flatnonzero(_restricted(low, high))
    outside = (x[:, limited] < low[limited]) | (x[:, limited] > high[limited])
    broken = outside.sum(axis=1)
    held, failing = (broken == 0).sum(), y[broken == 0].sum()
    for one, out in zip(limited, outside.T, strict=True):
        without = broken == out
        p[one] = binom.sf(failing - 1, held, y[without].mean())
    return p


def _restricted(low, high) -> NDArray:
    """Return which parameters have a limit."""
    return np.isfinite(low) | np.isfinite(high)


def _inside(x, low, high) -> NDArray:
    """Return which scenarios are in a box; limits belong to it."""
    return ((low <= x) & (x <= high)).all(axis=1)


def _scenarios(parameters, fails):
    """Return names, values of shape (scenarios, parameters), and who fails."""
    if not isinstance(parameters, Mapping | pd.DataFrame):
        raise ValueError("give parameters as a frame or as {name: values}")
    names = list(parameters)
    if not names or len(set(names)) < len(names):
        raise ValueError("give one parameter or more, each under a name of its own")
    fails = np.asarray(fails)
    if fails.ndim != 1 or (fails.dtype != bool and not np.isin(fails, (0, 1)).all()):
        raise ValueError("fails must be true or false per scenario, such as outcome < threshold")
    columns = []
    for name in names:
        try:
            column = np.asarray(parameters[name], float)
        except (TypeError, ValueError):
            raise ValueError(f"{name} must be numbers; give categories as 0 and 1") from None
        if column.shape != fails.shape:
            raise ValueError(f"{name} has shape {column.shape} for {len(fails)} scenarios")
        if not np.isfinite(column).all():
            raise ValueError(f"{name} must be finite; leave out the scenarios where it is not")
        columns.append(column)
    y = fails.astype(bool)
    if not y.any() or y.all():
        which = "every" if y.all() and len(y) else "no"
        raise ValueError(
            f"the policy fails in {which} scenario, so there are no conditions to find: move the "
            "threshold, or widen the ranges of the parameters"
        )
    return names, np.stack(columns, axis=1), y


def _settings(coverage, peel, paste, least_mass, significance, failing: float) -> dict:
    """Return settings that are in range."""
    if least_mass is None:
        least_mass = min(0.05, failing)
    for name, value in {"peel": peel, "paste": paste}.items():
        if not 0 < value <= 0.5:
            raise ValueError(f"{name} must be above 0 and at most 0.5; it is {value}")
    if not 0 < least_mass < 1:
        raise ValueError(f"least_mass must be between 0 and 1; it is {least_mass}")
    if not 0 <= significance <= 1:
        raise ValueError(f"significance must be from 0 to 1; it is {significance}")
    if coverage is not None and not 0 < coverage <= 1:
        raise ValueError(f"coverage must be above 0 and at most 1; it is {coverage}")
    if math.log(least_mass) / math.log1p(-peel) > DEPTH:
        raise ValueError(f"peel {peel} takes too many steps to {least_mass}: raise one of them")
    return {
        "coverage": coverage,
        "peel": peel,
        "paste": paste,
        "least_mass": least_mass,
        "significance": significance,
    }
