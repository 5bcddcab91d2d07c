"""The 31 provinces and the eight regions of Liu and Tong (2021), by English or Chinese name."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache

from dongbei.statistics.tables import table


def provinces():
    """List the provinces in the official order.

    Returns
    -------
    pandas.DataFrame
        ``code`` (GB/T 2260), ``province``, ``province_zh``, ``region``; 31 rows.
    """
    return table("provinces")


def regions():
    """List the eight regions in the order of their source.

    Returns
    -------
    pandas.DataFrame
        ``region``, ``region_zh``, ``order``; 8 rows. Source: document 001, note 1 of figure 1.
    """
    return table("regions")


@cache
def province_name(name):
    """Return the English name of a province.

    Parameters
    ----------
    name : str or int
        English name, Chinese short name, or GB code.

    Raises
    ------
    ValueError
        If there is no such province; names the closest.
    """
    known = provinces()
    return _find("province", name, known["province"], known["province_zh"], known["code"])


@cache
def region_name(name):
    """Return the English name of one of the eight regions, given it or the Chinese name.

    Raises
    ------
    ValueError
        If there is no such region; names the closest.
    """
    known = regions()
    short = known["region_zh"].str.removesuffix("地区")
    return _find("region", name, known["region"], known["region_zh"], short)


@cache
def members(region):
    """Return the provinces of one of the eight regions, in official order.

    Returns
    -------
    tuple of str

    Raises
    ------
    ValueError
        If there is no such region; names the closest.
    """
    known = provinces()
    return tuple(known.loc[known["region"] == region_name(region), "province"])


def grouping(groups):
    """Return {group: tuple of provinces}.

    Parameters
    ----------
    groups : None, str, iterable of str, or mapping of str to iterable of str
        All eight regions; one of them; some of them; or groups of one's own.

    Raises
    ------
    ValueError
        For an unknown region or province, an empty group, or a province twice in one group.
    """
    if groups is None:
        groups = regions()["region"]
    if isinstance(groups, str):
        groups = [groups]
    if not isinstance(groups, Mapping):
        return {region_name(group): members(group) for group in groups}
    result = {group: tuple(map(province_name, places)) for group, places in groups.items()}
    for group, places in result.items():
        if not places or len(set(places)) < len(places):
            raise ValueError(f"{group} must name provinces, each once; it has {list(places)}")
    return result


def _find(what, name, english, *others):
    """Look `name` up in parallel columns and return the English one."""
    names = {name: name for name in english}
    for column in others:
        names |= dict(zip(column.astype(str), english, strict=True))
    if str(name) in names:
        return names[str(name)]
    raise ValueError(unknown(what, name, names, f"dongbei.statistics.{what}s()"))


def unknown(what, name, names, listing):
    """Say that `name` is not among `names`, and which ones it may have been."""
    small = str(name).lower()
    by_small = {key.lower(): key for key in names}
    close = get_close_matches(small, by_small) or [key for key in by_small if small in key]
    meant = f"did you mean {' or '.join(by_small[key] for key in close[:3])}? " if close else ""
    return f"no {what} is called {name!r}: {meant}{listing} lists them all"
