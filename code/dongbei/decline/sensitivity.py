"""How generic the documents' story is, and which parameters decide it."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from SALib.analyze import sobol as analysis
from SALib.sample import sobol as sample
from scipy.stats import qmc

from dongbei.decline.simulation import Trajectory
from dongbei.decline.story import RANGES, added, pressures, shapes, tied_support, told

YEARS = (1978, 1988, 2003, 2013, 2024, 2100)
"""The start, the stations of the story and a long run."""

OUTCOMES = {
    "change 1988 to 2003": (1988, 2003),
    "change 2003 to 2013": (2003, 2013),
    "change 2013 to 2024": (2013, 2024),
    "change 1978 to 2100": (1978, 2100),
}
"""Outcome -> the two years between which the logarithm of the share changes."""


def outcomes(trajectory: Trajectory) -> dict[str, NDArray]:
    """Return the changes of the logarithm of the share of `OUTCOMES`, each of shape (n,)."""
    logs = dict(zip(trajectory.years, np.log(trajectory.share), strict=True))
    return {name: logs[end] - logs[start] for name, (start, end) in OUTCOMES.items()}


def sensitivity(power: int = 10, seed: int = 1978) -> pd.DataFrame:
    """Return Sobol's indices of the outcomes (Saltelli and others 2010), by SALib.

    Parameters
    ----------
    power
        2 ** power is the size of the base sample.
    seed
        Of the sample and of the intervals.

    Returns
    -------
    DataFrame
        Outcome, parameter, first (the part of the variance that the parameter explains alone),
        total (the part that it has a share in) and the half widths of their 95 percent intervals.
    """
    problem = {"num_vars": len(RANGES), "names": list(RANGES), "bounds": list(RANGES.values())}
    points = sample.sample(problem, 2**power, calc_second_order=False, seed=seed)
    trajectory = told(dict(zip(RANGES, points.T, strict=True)), YEARS, precision=1e-6)
    parts = []
    for name, values in outcomes(trajectory).items():
        found = analysis.analyze(problem, values, calc_second_order=False, seed=seed)
        columns = {"first": "S1", "first_width": "S1_conf", "total": "ST", "total_width": "ST_conf"}
        parts.append(
            pd.DataFrame(
                {"outcome": name, "parameter": list(RANGES)}
                | {ours: found[theirs] for ours, theirs in columns.items()}
            )
        )
    return pd.concat(parts, ignore_index=True)


def generic(
    thresholds: dict[str, tuple[float, float, float]],
    trough: tuple[int, int] = (2003, 2003),
    peak: tuple[int, int] = (2013, 2013),
    power: int = 15,
    seed: int = 1978,
    tied: bool = False,
) -> pd.DataFrame:
    """Return the part of the parameter space in which the story happens.

    Parameters
    ----------
    thresholds
        {name: least fall, rise and relapse, as of `story.shapes`}.
    trough, peak
        As of `story.shapes`.
    power, seed
        2 ** power points of a scrambled Sobol sequence.
    tied
        Whether the support must be spent on research; else it may fill losses.

    Returns
    -------
    DataFrame
        Threshold, station and percent of the space that gets there.
    """
    points = qmc.Sobol(len(RANGES), rng=np.random.default_rng(seed)).random_base2(power)
    low, high = np.array(list(RANGES.values())).T
    draws = dict(zip(RANGES, (low + (high - low) * points).T, strict=True))
    asked = sorted({1978, 1988, 2024, *range(*trough), trough[1], *range(*peak), peak[1]})
    paths = None
    if tied:
        paths = added(pressures(draws, ("opening", "accession")), tied_support(draws))
    trajectory = told(draws, asked, paths, precision=1e-6)
    rows = [
        {"threshold": name, "station": station, "percent": 100 * float(found.mean())}
        for name, least in thresholds.items()
        for station, found in shapes(trajectory, *least, trough, peak).items()
    ]
    return pd.DataFrame(rows)
