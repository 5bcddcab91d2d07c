"""The vicious circle of documents 000 and 001: share, profit, research, knowledge, share.

``model`` has the equations in symbols, `Parameters` the numbers, ``paths`` what happens to them
from outside. ``equilibria`` says where the circle comes to rest, ``thresholds`` what it takes to
leave the trap. ``simulation`` follows one economy over time by SciPy, ``ensemble`` millions by the
``integrator``. ``story`` puts what the documents tell into ranges and paths, ``sensitivity`` asks
how much of it is generic, ``history`` confronts it with a series and with plain rivals, and
``counterfactuals`` says what would have been.
"""

from dongbei.decline.counterfactuals import opened, support_cost, users_instead
from dongbei.decline.ensemble import simulate_many
from dongbei.decline.equilibria import (
    Equilibria,
    break_even,
    equilibria,
    feedback,
    folds,
    full_share,
    gain,
    intercept,
    rival_feedback,
    trapped_share,
)
from dongbei.decline.history import (
    Posterior,
    Rival,
    corrected_criterion,
    forecasts,
    out_of_sample,
    peak,
    posterior,
    profiles,
    rivals,
)
from dongbei.decline.parameters import Parameters
from dongbei.decline.paths import Path, constant, pulse, ramp, step
from dongbei.decline.sensitivity import generic, outcomes, sensitivity
from dongbei.decline.simulation import Trajectory, simulate
from dongbei.decline.story import added, economies, pressures, shapes, tied_support, told
from dongbei.decline.thresholds import (
    barrier_at_rest,
    bistable_barriers,
    dead_zone,
    has_escaped,
    opening_that_frees,
    shortest_push,
    support_that_frees,
)

__all__ = [
    "Equilibria",
    "Parameters",
    "Path",
    "Posterior",
    "Rival",
    "Trajectory",
    "added",
    "barrier_at_rest",
    "bistable_barriers",
    "break_even",
    "constant",
    "corrected_criterion",
    "dead_zone",
    "economies",
    "equilibria",
    "feedback",
    "folds",
    "forecasts",
    "full_share",
    "gain",
    "generic",
    "has_escaped",
    "intercept",
    "opened",
    "opening_that_frees",
    "out_of_sample",
    "outcomes",
    "peak",
    "posterior",
    "pressures",
    "profiles",
    "pulse",
    "ramp",
    "rival_feedback",
    "rivals",
    "sensitivity",
    "shapes",
    "shortest_push",
    "simulate",
    "simulate_many",
    "step",
    "support_cost",
    "support_that_frees",
    "tied_support",
    "told",
    "trapped_share",
    "users_instead",
]
