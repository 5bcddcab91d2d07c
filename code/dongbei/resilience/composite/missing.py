"""Cells without a figure: what was there, what is filled in, and who is left out."""

import numpy as np
import pandas as pd

from dongbei.resilience.composite.design import Design, Missing


def columns(design: Design, table: pd.DataFrame) -> pd.DataFrame:
    """Compute the measured leaves from a table's columns: scale * column / denominator.

    Parameters
    ----------
    table
        One row per unit, or per year and unit, in its index; the columns that the leaves name.

    Raises
    ------
    ValueError
        If the table has a unit twice, lacks a column, holds something that is not a number or is
        infinite, a denominator is not positive, or a logarithm is asked of what is not positive.
    """
    if table.index.has_duplicates:
        twice = table.index[table.index.duplicated()][0]
        raise ValueError(f"the table has two rows of {words(twice)}; keep one")
    found = {}
    for name in design.measured:
        leaf = design.leaves[name]
        values = leaf.scale * column(table, leaf.column or name, name)
        if leaf.denominator:
            divisor = column(table, leaf.denominator, name)
            refuse(table, divisor <= 0, f"the denominator {leaf.denominator!r} of leaf {name!r} is "
                   "not positive", "mend the table or leave the cell empty")  # fmt: skip
            values = values / divisor
        if leaf.logarithm:
            refuse(table, values <= 0, f"leaf {name!r} is not positive, and its logarithm is asked",
                   "leave the cell empty or set logarithm: false")  # fmt: skip
            values = np.log(values)
        found[name] = values
    return pd.DataFrame(found, index=table.index)


def column(table: pd.DataFrame, name: str, leaf: str) -> np.ndarray:
    """Take one column as floats, NaN where empty."""
    if name not in table.columns:
        raise ValueError(
            f"leaf {leaf!r} needs the column {name!r}; the table has "
            f"{', '.join(map(str, table.columns))}"
        )
    if table.columns.duplicated()[table.columns == name].any():
        raise ValueError(f"the table has two columns {name!r}; keep one")
    if not pd.api.types.is_numeric_dtype(table[name]):
        raise ValueError(f"the column {name!r} holds something that is not a number; mend it")
    values = table[name].to_numpy(float, na_value=np.nan)
    refuse(table, np.isinf(values), f"the column {name!r} is infinite", "mend it or leave it empty")
    return values


def refuse(table: pd.DataFrame, wrong: np.ndarray, what: str, cure: str) -> None:
    """Raise if any row is wrong, naming the first."""
    if np.any(wrong):
        raise ValueError(f"{what} in the row of {words(table.index[np.argmax(wrong)])}; {cure}")


def words(place) -> str:
    """Name a row."""
    return ", ".join(str(part) for part in place) if isinstance(place, tuple) else str(place)


def years_of(index: pd.Index) -> np.ndarray:
    """Return the year of each row, all 0 if the table has no years."""
    return index.get_level_values(0).to_numpy() if index.nlevels == 2 else np.zeros(len(index), int)


def units_of(index: pd.Index) -> np.ndarray:
    """Return the unit of each row."""
    return index.get_level_values(-1).to_numpy()


def kept(figures: pd.DataFrame, share: float) -> pd.DataFrame:
    """Leave out the rows of which less than a share of the leaves is there.

    Raises
    ------
    ValueError
        If a unit has no figure at all and no share was asked for, or if nothing is left, or a leaf
        has no figure left.
    """
    there = figures.notna().mean(axis=1)
    if (there == 0).any() and share == 0:
        raise ValueError(
            f"nothing is observed of {words(figures.index[there.to_numpy() == 0][0])}; leave the "
            "row out, or ask for a share of the leaves with missing.unit_coverage"
        )
    rows = figures[there >= share] if share else figures
    if rows.empty:
        raise ValueError(
            f"no unit has {share:.0%} of the leaves, the most is {there.max():.0%}; lower "
            "missing.unit_coverage"
        )
    bare = rows.columns[rows.isna().all()]
    if len(bare):
        raise ValueError(f"leaf {bare[0]!r} has no figure; give it the status 'no open data'")
    return rows


def filled(figures: pd.DataFrame, missing: Missing, groups: pd.DataFrame | None) -> pd.DataFrame:
    """Fill empty cells in with a mean or median of the year.

    A cell whose year (and group) has no figure of the leaf stays empty.

    Raises
    ------
    ValueError
        If the grouping is unknown or does not hold a unit.
    """
    if missing.method == "none":
        return figures
    keys = [years_of(figures.index)]
    if missing.group is not None:
        keys.append(grouping(figures.index, missing.group, groups))
    return figures.fillna(figures.groupby(keys).transform(missing.method))


def carried(figures: pd.DataFrame, most: int) -> pd.DataFrame:
    """Carry the last figure of a unit forward, over at most so many years.

    Raises
    ------
    ValueError
        If figures are to be carried and the table has no years.
    """
    if not most:
        return figures
    if figures.index.nlevels != 2:
        raise ValueError("missing.carry needs years: give the table an index of year and unit")
    rows = figures.sort_index(level=0)
    years = np.broadcast_to(years_of(rows.index)[:, None].astype(float), rows.shape)
    when = pd.DataFrame(years, rows.index, rows.columns).where(rows.notna())
    units = units_of(rows.index)
    last, age = rows.groupby(units).ffill(), years - when.groupby(units).ffill()
    return last.where(age <= most).reindex(figures.index)


def of_years(figures: pd.DataFrame, years: tuple[int, ...] | None) -> pd.DataFrame:
    """Keep the rows of some years.

    Raises
    ------
    ValueError
        If one of the years is not in the table.
    """
    if years is None:
        return figures
    if figures.index.nlevels != 2:
        raise ValueError("the design has years: give the table an index of year and unit")
    if absent := sorted(set(years) - set(years_of(figures.index))):
        raise ValueError(f"the table has no rows of {absent[0]}, a year of the design")
    return figures[np.isin(years_of(figures.index), years)]


def grouping(index: pd.Index, name: str, groups: pd.DataFrame | None) -> np.ndarray:
    """Return the group of each row's unit."""
    if groups is None or name not in groups.columns:
        raise ValueError(
            f"missing.group asks for {name!r}; pass groups= with that column, one row per unit"
        )
    units = units_of(index)
    if strangers := sorted(set(units) - set(groups[name].dropna().index)):
        raise ValueError(f"the grouping {name!r} does not say where {strangers[0]} belongs")
    return groups[name].reindex(units).to_numpy()
