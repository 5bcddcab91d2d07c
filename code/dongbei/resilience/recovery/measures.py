"""What a phase did to regions beside their nation: two years and the change between them.

Symbols: E is a region's level (jobs, product) before a phase and E + ΔE after it, g = ΔE / E; the
subscript N is the nation, i a sector. With w_i = E_i / E,

    β      = g / g_N                                sensitivity
    SI     = (1 + g) / (1 + g_N)                    ratio of sensitivity
    RES    = (g - g_N) / |g_N|                      relative resistance
    Resis  = (ΔE - E*) / |E*|                       resistance, E* the expected change
    RES    = (Σ w_i g_iN - g_N) / |g_N|  +  (g - Σ w_i g_iN) / |g_N|      mix + competitive

If E* = g_N E, Resis is RES. Over one phase all four rise with g (β falls, if g_N < 0), so they rank
regions alike: what can disagree is the expectation, not the formula.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from dongbei.statistics import cumulative_index
from dongbei.statistics.series import check, derived, place_column, sources_of, the, where

LEAST = 0.005
"""Growth of a nation, over the phase, below which a ratio to it says nothing."""

NEAR_ZERO = "national growth near zero"
OPPOSITE = "moved against the nation"

Nation = tuple[ArrayLike, ArrayLike] | None


def growth(before: ArrayLike, after: ArrayLike) -> NDArray:
    """Return the growth of each region over a phase, (E1 - E0) / E0.

    Parameters
    ----------
    before, after : array_like
        Levels of the regions at the two ends; one shape.

    Raises
    ------
    ValueError
        If shapes differ, a level is missing or negative, or a base is zero.
    """
    before, after = _levels(before, after)
    return after / before - 1


def sensitivity(
    before: ArrayLike, after: ArrayLike, *, nation: Nation = None, least: float = LEAST
) -> NDArray:
    """Return Martin's sensitivity β, the growth of each region over that of the nation.

    In a contraction β above 1 is low resistance; in an expansion it is a strong recovery. Where a
    region and its nation move in opposite directions β is negative, which means that a region grew
    through a contraction, or shrank in an expansion.

    Parameters
    ----------
    before, after : array_like
        Levels of the regions, shape (regions,).
    nation : pair of float, optional
        The nation's two levels; by default the regions' sums.
    least : float
        Where the nation's growth is smaller than this, there is no ratio to it.

    Returns
    -------
    ndarray
        Of the regions' shape; NaN if the nation's growth is too near to zero.

    Raises
    ------
    ValueError
        As `growth`.

    References
    ----------
    Martin (2012), p. 16.
    """
    g, national = _both(before, after, nation)
    return g / _divisor(national, least)


def sensitivity_ratio(before: ArrayLike, after: ArrayLike, *, nation: Nation = None) -> NDArray:
    """Return the ratio of sensitivity, (E1 / E0) of each region over that of the nation.

    It is the part of the nation that a region has after the phase over the part that it had before,
    so a deflator that all regions share cancels. Above 1 a region withstood (or recovered) better.

    Parameters and errors are those of `sensitivity`.

    References
    ----------
    Faggian, Gemmiti, Jaquet and Santini (2018).
    """
    g, national = _both(before, after, nation)
    return (1 + g) / (1 + national)


def relative_resistance(
    before: ArrayLike, after: ArrayLike, *, nation: Nation = None, least: float = LEAST
) -> NDArray:
    """Return the growth of each region less the nation's, over the size of the nation's.

    Equal to β - 1 where the nation grows and to 1 - β where it shrinks; 0 is the nation.

    Parameters, NaN and errors are those of `sensitivity`.

    References
    ----------
    Lagravinese (2015).
    """
    g, national = _both(before, after, nation)
    return (g - national) / np.abs(_divisor(national, least))


def resistance(
    before: ArrayLike,
    after: ArrayLike,
    expected: ArrayLike | None = None,
    *,
    nation: Nation = None,
    least: float = LEAST,
) -> NDArray:
    """Return the change of each region less the expected one, over the size of the expected one.

    Over an expansion the same number is called recovery.

    Parameters
    ----------
    before, after : array_like
        Levels of the regions, shape (regions,).
    expected : array_like, optional
        Expected changes E*; by default the nation's rate times the region's level.
    nation, least
        As for `sensitivity`; `least` is compared with E* / E.

    Returns
    -------
    ndarray
        Of the regions' shape; NaN where the expected change is too near to zero.

    Raises
    ------
    ValueError
        As `growth`, or if the expected changes have another shape or are missing.

    References
    ----------
    Martin, Sunley, Gardiner and Tyler (2016).
    """
    before, after = _levels(before, after)
    if expected is None:
        expected = before * _both(before, after, nation)[1]
    expected = np.asarray(expected, dtype=float)
    if expected.shape != before.shape or not np.isfinite(expected).all():
        raise ValueError(f"expected needs a finite change per region, shape {before.shape}")
    return (after - before - expected) / np.abs(before * _divisor(expected / before, least))


def relative_change_of_growth(
    earlier: ArrayLike,
    before: ArrayLike,
    after: ArrayLike,
    spans: tuple[float, float],
    *,
    nation: tuple[ArrayLike, ArrayLike, ArrayLike] | None = None,
) -> NDArray:
    """Return by how much more growth of each region changed than that of the nation.

    A difference of differences of mean logarithmic growth: (during - before) of the region less
    (during - before) of the nation. Negative: the region slowed more than the nation, whatever its
    growth was. A deflator that all regions share cancels.

    Parameters
    ----------
    earlier, before, after : array_like
        Levels of the regions at the start of the years before, at the start of the phase, and at
        its end.
    spans : pair of float
        Years from the first to the second and from the second to the third.
    nation : three floats, optional
        The nation's levels; by default the regions' sums.

    Returns
    -------
    ndarray
        Of the regions' shape; per year.

    Raises
    ------
    ValueError
        As `growth`, if a span is not positive, or a level is zero.
    """
    if not min(spans) > 0:
        raise ValueError(f"spans are years, positive; they are {spans}")
    first, second = (None, None) if nation is None else (nation[:2], nation[1:])
    turns = []
    for start, end, of in ((earlier, before, first), (before, after, second)):
        ratio = sensitivity_ratio(start, end, nation=of)
        if not (ratio > 0).all():
            raise ValueError("logarithms need positive levels: leave out regions that end at zero")
        turns.append(np.log(ratio))
    return turns[1] / spans[1] - turns[0] / spans[0]


@dataclass(frozen=True)
class Split:
    """Relative resistance of regions, in the part of their industry mix and in their own.

    Attributes
    ----------
    total, mix, competitive : ndarray
        Shape (regions,); total = mix + competitive is the relative resistance.
    structural : ndarray
        Resistance if the expected change is that of the region's sectors at national rates.
    national_growth : float
        Times its size, the first three are growth beyond the nation's.
    """

    total: NDArray
    mix: NDArray
    competitive: NDArray
    structural: NDArray
    national_growth: float


def shift_share(
    before: ArrayLike, after: ArrayLike, *, nation: Nation = None, least: float = LEAST
) -> Split:
    """Split the relative resistance of regions into industry mix and a competitive part.

    Parameters
    ----------
    before, after : array_like
        Levels, shape (sectors, regions). Single cells may be negative, as value added can be.
    nation : pair of array_like, optional
        The nation's levels by sector, shape (sectors,); by default the regions' sums.
    least : float
        As for `sensitivity`.

    Raises
    ------
    ValueError
        If the shapes do not fit, a level is missing, a region has no positive total before, or a
        sector is not positive in the nation although some region has something in it.

    References
    ----------
    Dunn (1960); beside the resistance of Martin, Sunley, Gardiner and Tyler (2016).
    """
    before, after = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    if before.shape != after.shape or before.ndim != 2:
        raise ValueError(
            f"levels must be two arrays of sectors by regions; they are {before.shape} and"
            f" {after.shape}"
        )
    whole = [before.sum(axis=1), after.sum(axis=1)] if nation is None else nation
    whole = [np.asarray(one, dtype=float) for one in whole]
    if any(one.shape != before.shape[:1] for one in whole):
        raise ValueError(f"the nation needs {before.shape[0]} sectors in both years")
    if not all(np.isfinite(one).all() for one in (before, after, *whole)):
        raise ValueError("a level is missing: leave out the sector or the region")
    empty = (before == 0).all(axis=1) & (after == 0).all(axis=1)
    if (wrong := (whole[0] <= 0) & ~empty).any():
        raise ValueError(
            f"sectors {list(np.flatnonzero(wrong))} are not positive in the nation before, so they"
            " have no rate: merge them with others"
        )
    rates = np.divide(whole[1], whole[0], out=np.ones_like(whole[0]), where=~empty) - 1
    base = before.sum(axis=0)
    g, national = _both(base, after.sum(axis=0), (whole[0].sum(), whole[1].sum()))
    by_mix = rates @ before / base
    size = np.abs(_divisor(national, least))
    return Split(
        total=(g - national) / size,
        mix=(by_mix - national) / size,
        competitive=(g - by_mix) / size,
        structural=resistance(base, after.sum(axis=0), by_mix * base, least=least),
        national_growth=float(national),
    )


def real_product(links: pd.DataFrame, amounts: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return amounts at the prices of one year, from an index of volume and that year's amounts.

    Parameters
    ----------
    links : pandas.DataFrame
        Provincial series with the previous year as 100, such as ``gdp_index_real``.
    amounts : pandas.DataFrame
        Provincial series at the prices of each year; only `year` is used. Its vintage should be
        the index's.
    year : int
        Whose prices.

    Returns
    -------
    pandas.DataFrame
        An extensive series, one year longer than the index, so that provinces can be added up.

    Raises
    ------
    ValueError
        If a province lacks the year in either, or the index is no chain.
    """
    index = cumulative_index(links, year)
    at = check(amounts)[amounts["year"] == year].set_index("province")["value"]
    if lacking := sorted(set(index["province"]) - set(at.index)):
        raise ValueError(f"no amount of {year} for {', '.join(lacking)}: choose another year")
    return derived(
        index,
        value=index["value"] / 100 * index["province"].map(at),
        unit=the(amounts, "unit"),
        kind="extensive",
        indicator=f"{the(amounts, 'indicator')} at prices of {year}",
        vintage=f"{the(links, 'vintage')} × {the(amounts, 'vintage')}",
        source=sources_of(links, amounts),
    )


def phase_measures(
    series: pd.DataFrame,
    start: int,
    end: int,
    *,
    nation: pd.DataFrame | None = None,
    earlier: int | None = None,
    least: float = LEAST,
) -> pd.DataFrame:
    """Measure the places of a series over one phase.

    Parameters
    ----------
    series : pandas.DataFrame
        Levels of an extensive indicator, by province or region, in one vintage.
    start, end : int
        Last year before the phase and its last year.
    nation : pandas.DataFrame, optional
        Series with one place; by default the sum of the places, which must then be the nation.
    earlier : int, optional
        Start of the years before the phase, for ``change_of_growth``.
    least : float
        As for `sensitivity`.

    Returns
    -------
    pandas.DataFrame
        ``province`` or ``region``, ``growth``, ``national_growth``, ``sensitivity``, ``ratio``,
        ``resistance`` (the last two names are those of `sensitivity_ratio` and
        `relative_resistance`), ``change_of_growth`` if asked for, ``rank`` by growth (1 is the
        greatest, ties share the best) and ``note``: empty, "national growth near zero" (the two
        ratios are then NaN) or "moved against the nation" (sensitivity is negative).

    Raises
    ------
    ValueError
        If years are missing or out of order, or as `growth`.
    """
    years = [start, end] if earlier is None else [earlier, start, end]
    levels, whole = levels_of(series, years, nation)
    before, after = levels[-2:]
    national = (whole[-2], whole[-1])
    found = pd.DataFrame({place_column(series): places_of(series)})
    found["growth"] = growth(before, after)
    found["national_growth"] = float(growth(*national))
    found["sensitivity"] = sensitivity(before, after, nation=national, least=least)
    found["ratio"] = sensitivity_ratio(before, after, nation=national)
    found["resistance"] = relative_resistance(before, after, nation=national, least=least)
    if earlier is not None:
        spans = (start - earlier, end - start)
        found["change_of_growth"] = relative_change_of_growth(*levels, spans, nation=tuple(whole))
    found["rank"] = found["growth"].rank(ascending=False, method="min").astype(int)
    against = found["growth"] * found["national_growth"] < 0
    found["note"] = np.where(against, OPPOSITE, "")
    if found["sensitivity"].isna().any():
        found["note"] = NEAR_ZERO
    return found


def structural_measures(
    structure: pd.DataFrame,
    start: int,
    end: int,
    *,
    nation: pd.DataFrame | None = None,
    least: float = LEAST,
) -> pd.DataFrame:
    """Split the relative resistance of places over a phase into industry mix and their own part.

    Parameters
    ----------
    structure : pandas.DataFrame
        Series by place, year and ``sector``, in one vintage.
    start, end, nation, least
        As for `phase_measures`; the nation has the same sectors.

    Returns
    -------
    pandas.DataFrame
        Place, ``total``, ``mix``, ``competitive``, ``structural`` and ``national_growth``, as in
        `Split`.

    Raises
    ------
    ValueError
        As `shift_share`, or if a place, year or sector is missing.
    """
    ends = [_by_sector(structure, year) for year in (start, end)]
    if list(ends[0].columns) != list(ends[1].columns) or list(ends[0].index) != list(ends[1].index):
        raise ValueError(
            f"places or sectors of {start} and {end} differ: keep what both years have"
        )
    whole = None
    if nation is not None:
        whole = [_by_sector(nation, year).reindex(ends[0].index) for year in (start, end)]
        if any(one.shape[1] > 1 or one.isna().any(axis=None) for one in whole):
            raise ValueError("the nation must be one place with every sector: sum_of_provinces()")
        whole = tuple(one.iloc[:, 0] for one in whole)
    split = shift_share(*ends, nation=whole, least=least)
    return pd.DataFrame(
        {
            place_column(structure): list(ends[0].columns),
            "total": split.total,
            "mix": split.mix,
            "competitive": split.competitive,
            "structural": split.structural,
            "national_growth": split.national_growth,
        }
    )


def places_of(series: pd.DataFrame) -> list[str]:
    """Return the places of a series in the order of their first rows."""
    return list(dict.fromkeys(series[place_column(series)]))


def levels_of(series: pd.DataFrame, years: list[int], nation: pd.DataFrame | None):
    """Return levels, years by places, and the nation's levels in these years."""
    if sorted(set(years)) != list(years):
        raise ValueError(f"years must rise; they are {', '.join(map(str, years))}")
    levels = _levels_in(series, years)
    if nation is None:
        return levels, levels.sum(axis=1)
    whole = _levels_in(nation, years)
    if whole.shape[1] > 1:
        raise ValueError("the nation must be one place: sum_of_provinces() or national()")
    return levels, whole[:, 0]


def _levels_in(series: pd.DataFrame, years: list[int]) -> NDArray:
    """Return the levels of a series, years by places."""
    name = f"{the(check(series), 'indicator')} ({the(series, 'vintage')})"
    if the(series, "kind") != "extensive":
        raise ValueError(f"{name} is intensive: a nation is no sum of it; take levels that add up")
    place = place_column(series)
    cells = pd.MultiIndex.from_product([places_of(series), years], names=[place, "year"])
    found = series.set_index([place, "year"])["value"].reindex(cells)
    if found.isna().any():
        lacking = found[found.isna()].index.to_frame(index=False)
        raise ValueError(
            f"{name} has no figure {where(lacking)}: choose other years, or leave the place out"
        )
    return found.to_numpy().reshape(-1, len(years)).T


def _by_sector(structure: pd.DataFrame, year: int) -> pd.DataFrame:
    check(structure, sectors=True)
    rows = structure[structure["year"] == year]
    if rows.empty:
        raise ValueError(f"no figures for {year}; there are {sorted(set(structure['year']))}")
    return rows.pivot_table("value", "sector", place_column(structure), sort=False)


def _levels(before: ArrayLike, after: ArrayLike) -> tuple[NDArray, NDArray]:
    """Return two arrays of levels once growth is defined between them."""
    before, after = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    if before.shape != after.shape:
        raise ValueError(f"levels before have the shape {before.shape}, after {after.shape}")
    if not (np.isfinite(before).all() and np.isfinite(after).all()):
        raise ValueError("a level is missing or infinite: leave the region out")
    if (before <= 0).any():
        raise ValueError("a level before the phase is zero or negative: it has no growth rate")
    if (after < 0).any():
        raise ValueError("a level after the phase is negative: more than everything cannot be lost")
    return before, after


def _both(before: ArrayLike, after: ArrayLike, nation: Nation) -> tuple[NDArray, NDArray]:
    """Return the growth of the regions and of the nation."""
    before, after = _levels(before, after)
    whole = (before.sum(), after.sum()) if nation is None else nation
    national = growth(*whole)
    if not (national > -1).all():
        raise ValueError("the nation ends at zero: nothing can be compared with it")
    return growth(before, after), national


def _divisor(rate: NDArray, least: float) -> NDArray:
    """Return rates that can be divided by; NaN for those too near to zero."""
    return np.where(np.abs(rate) < least, np.nan, rate)
