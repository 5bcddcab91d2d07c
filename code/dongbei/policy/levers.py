"""The levers of the joint model, and programmes made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dongbei.policy import model

LEVERS = {
    "producer_subsidy": ("sales of the first market a year", np.inf, "paid to producers"),
    "user_subsidy": ("log of price over what users pay", np.inf, "support for every sale"),
    "user_subsidy_incremental": (
        "log of price over what users pay", np.inf, "support for sales beyond today's share",
    ),
    "internal_market": ("first markets", np.inf, "a larger market within the country"),
    "internal_barriers": ("log of price", np.inf, "lower barriers to the region's goods elsewhere"),
    "external_opening": ("0 to 1", 1.0, "foreign customers, rivals and technology"),
    "social_relief": (
        "part of all fixed costs", 1.0, "the state takes over social duties of firms",
    ),
    "reform": ("0 to 1", 1.0, "more of profit goes to research, less of support leaks away"),
    "research_support": ("sales of the first market a year", np.inf, "money tied to research"),
    "cluster_building": ("part of suppliers' fixed costs", 1.0, "parks and services they share"),
    "second_sources": ("part of a shock that is warded off", 1.0, "stocks and second suppliers"),
}  # fmt: skip
"""Name -> unit of the intensity, its largest value (reached only if it is 1), and what it does."""
BELOW_ONE = ("social_relief", "cluster_building")
"""Levers whose limit itself is not allowed: nothing would be left to pay."""


@dataclass(frozen=True)
class Measure:
    """A lever, how hard it is pulled, and when.

    Attributes
    ----------
    intensity
        In the unit of `LEVERS`, from 0.
    begin, end
        First year, and the year after the last; whole years after the first day, the end infinite
        if the measure is permanent.

    Raises
    ------
    ValueError
        If the intensity is negative or not finite, or the years are not whole or do not rise.
    """

    intensity: float
    begin: float = 0.0
    end: float = np.inf

    def __post_init__(self):
        if not (np.isfinite(self.intensity) and self.intensity >= 0):
            raise ValueError(f"an intensity must be finite and 0 or more; it is {self.intensity}")
        whole = self.begin == np.floor(self.begin) and self.end == np.floor(self.end)
        if not (whole and 0 <= self.begin < self.end):
            raise ValueError(
                "a measure must begin in a whole year, from 0, and end in a later one; it is from "
                f"{self.begin} to {self.end}"
            )


@dataclass(frozen=True)
class Programme:
    """Measures that are taken together, one for each lever that is pulled.

    Attributes
    ----------
    name
        As it stands in tables.
    measures
        {lever: measure}; none is to do nothing.

    Raises
    ------
    ValueError
        If a lever is unknown, or pulled further than it goes.
    """

    name: str
    measures: Mapping[str, Measure] = field(default_factory=dict)

    def __post_init__(self):
        for lever, measure in self.measures.items():
            if lever not in LEVERS:
                raise ValueError(f"no lever {lever!r}; there are {', '.join(LEVERS)}")
            most = LEVERS[lever][1]
            if measure.intensity > most or (lever in BELOW_ONE and measure.intensity == most):
                bound = "below" if lever in BELOW_ONE else "at most"
                raise ValueError(
                    f"{lever} must be {bound} {most:g} in {self.name!r}; it is "
                    f"{measure.intensity:g}"
                )

    def scaled(self, factor: float) -> "Programme":
        """Return the same measures, each pulled harder by a factor; errors as of the class."""
        return Programme(
            self.name,
            {
                lever: Measure(factor * one.intensity, one.begin, one.end)
                for lever, one in self.measures.items()
            },
        )

    def during(self, begin: float, end: float) -> "Programme":
        """Return the same measures in other years."""
        return Programme(
            self.name,
            {lever: Measure(one.intensity, begin, end) for lever, one in self.measures.items()},
        )


def schedule(programmes: list[Programme]) -> tuple[NDArray, NDArray]:
    """Return intensities, and first and last years, as arrays for the integrator.

    Returns
    -------
    (ndarray, ndarray)
        Intensities, shape (programmes, levers); years, shape (programmes, levers, 2).
    """
    idle = Measure(0.0)
    each = [[one.measures.get(lever, idle) for lever in model.LEVERS] for one in programmes]
    intensities = np.array([[one.intensity for one in row] for row in each])
    return intensities, np.array([[(one.begin, one.end) for one in row] for row in each])


def table(programmes: list[Programme]) -> pd.DataFrame:
    """Tabulate measures: programme, lever, intensity, unit, begin, end."""
    rows = [
        (one.name, lever, measure.intensity, LEVERS[lever][0], measure.begin, measure.end)
        for one in programmes
        for lever, measure in one.measures.items()
    ]
    return pd.DataFrame(rows, columns=["programme", "lever", "intensity", "unit", "begin", "end"])
