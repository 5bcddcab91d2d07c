"""One province's input-output table in one year, checked before anybody computes with it."""

from dataclasses import dataclass
from functools import cache
from operator import index

import numpy as np
from numpy.typing import NDArray

from dongbei.statistics import province_name
from dongbei.statistics.structure import TABLE_YEARS, VALUE_ADDED_ITEMS, table_years
from dongbei.statistics.tables import (
    RESTORE,
    WITHOUT_TABLE,
    input_output_cells,
    places_with_tables,
    table,
)

USES = ("household_rural", "household_urban", "government", "gfcf", "inventory")
TRADE = (
    ("net_outflow",),
    ("outflow", "inflow"),
    ("exports", "domestic_outflow", "imports", "domestic_inflow"),
)
"""What a table may say of trade, coarse to fine; only the first has a sign."""
TRADE_OF_YEAR = dict(zip(TABLE_YEARS, (*TRADE, TRADE[2]), strict=True))
PRINTED = {"outflow": "outflow_total", "inflow": "inflow_total"}
INWARD = ("inflow", "imports", "domestic_inflow")
TOLERANCE = {2002: 1e-3}
ROUNDING = 1e-6
"""Largest gap over the largest output of the table; two tables of 2002 are worse than this."""


@dataclass(frozen=True, eq=False)
class ProvincialTable:
    """A competitive input-output table: what comes from elsewhere is inside flows and final use.

    Amounts are in 10 thousand yuan at producer prices of the year; n is the number of sectors.
    Arrays are copied and cannot be written to.

    Parameters
    ----------
    province : str
    year : int
    sectors : tuple of str
        Keys of the n sectors.
    flows
        Z: what sector j (column) uses of the products of sector i (row). Shape (n, n).
    uses : tuple of str
        Names of the final uses.
    final_use
        Shape (n, number of uses).
    trade_columns : tuple of str
        One of ``("net_outflow",)`` (2002), ``("outflow", "inflow")`` (2007; abroad and other
        provinces together) and ``("exports", "domestic_outflow", "imports", "domestic_inflow")``
        (2012, 2017).
    trade
        Shape (n, number of trade columns); imports and inflow without a sign.
    error
        The published balancing item, zero in 2002. Shape (n,).
    value_added_items : tuple of str
        Names of the items of value added.
    value_added
        Shape (number of items, n).
    gross_output
        Shape (n,), 0 or more.

    Raises
    ------
    ValueError
        If shapes or labels do not fit, a number is not finite, an output is negative, or a row
        (uses, trade and error) or a column (inputs and value added) does not add up to the output:
        by more than a millionth of the table's largest output, in 2002 by more than a thousandth.
        Names province, year, sector and gap.
    """

    province: str
    year: int
    sectors: tuple[str, ...]
    flows: NDArray[np.float64]
    uses: tuple[str, ...]
    final_use: NDArray[np.float64]
    trade_columns: tuple[str, ...]
    trade: NDArray[np.float64]
    error: NDArray[np.float64]
    value_added_items: tuple[str, ...]
    value_added: NDArray[np.float64]
    gross_output: NDArray[np.float64]

    def __post_init__(self):
        for name in ("sectors", "uses", "trade_columns", "value_added_items"):
            object.__setattr__(self, name, self._labels(name))
        if self.trade_columns not in TRADE:
            known = "; ".join(", ".join(columns) for columns in TRADE)
            raise ValueError(f"trade columns of {self._who} must be one of: {known}")
        n = len(self.sectors)
        shapes = {
            "flows": (n, n),
            "final_use": (n, len(self.uses)),
            "trade": (n, len(self.trade_columns)),
            "error": (n,),
            "value_added": (len(self.value_added_items), n),
            "gross_output": (n,),
        }
        for name, shape in shapes.items():
            object.__setattr__(self, name, self._array(name, shape))
        if (self.gross_output < 0).any():
            sector = self.sectors[int(np.argmin(self.gross_output))]
            raise ValueError(f"gross output of {sector} in {self._who} is negative")
        self._check_balance()

    @property
    def exports(self):
        """Exports abroad, shape (n,); NaN where the year does not split outflow."""
        return self._trade("exports")

    @property
    def domestic_outflow(self):
        """Outflow to other provinces, shape (n,); NaN where the year does not split outflow."""
        return self._trade("domestic_outflow")

    @property
    def imports(self):
        """Imports from abroad, shape (n,); NaN where the year does not split inflow."""
        return self._trade("imports")

    @property
    def domestic_inflow(self):
        """Inflow from other provinces, shape (n,); NaN where the year does not split inflow."""
        return self._trade("domestic_inflow")

    @property
    def outflow(self):
        """Exports and outflow to other provinces together, shape (n,); NaN in 2002."""
        if "exports" in self.trade_columns:
            return self.exports + self.domestic_outflow
        return self._trade("outflow")

    @property
    def inflow(self):
        """Imports and inflow from other provinces together, shape (n,); NaN in 2002."""
        if "imports" in self.trade_columns:
            return self.imports + self.domestic_inflow
        return self._trade("inflow")

    @property
    def net_outflow(self):
        """Outflow less inflow, abroad included, shape (n,); every year has it."""
        return self.trade @ [-1 if name in INWARD else 1 for name in self.trade_columns]

    @property
    def intermediate_use(self):
        """What all sectors use of the products of each, shape (n,)."""
        return self.flows.sum(axis=1)

    @property
    def domestic_use(self):
        """What is used of each sector's products in the province, wherever made, shape (n,)."""
        return self.intermediate_use + self.final_use.sum(axis=1)

    def gaps(self):
        """Return how far rows and columns are from gross output: two arrays of shape (n,)."""
        rows = self.domestic_use + self.net_outflow + self.error
        columns = self.flows.sum(axis=0) + self.value_added.sum(axis=0)
        return rows - self.gross_output, columns - self.gross_output

    @property
    def _who(self):
        return f"{self.province} {self.year}"

    def _labels(self, name):
        labels = tuple(getattr(self, name))
        if not labels or len(set(labels)) < len(labels) or not all(map(_is_name, labels)):
            raise ValueError(
                f"{name} of {self._who} must be distinct names, at least one: {labels}"
            )
        return labels

    def _array(self, name, shape):
        array = np.array(getattr(self, name), float)
        if array.shape != shape:
            raise ValueError(
                f"{name} of {self._who} must have the shape {shape}, not {array.shape}"
            )
        if not np.isfinite(array).all():
            place = tuple(int(where) for where in np.argwhere(~np.isfinite(array))[0])
            raise ValueError(f"{name} of {self._who} has no finite number at {place}")
        array.flags.writeable = False
        return array

    def _trade(self, column):
        if column not in self.trade_columns:
            return np.full(len(self.sectors), np.nan)
        return self.trade[:, self.trade_columns.index(column)]

    def _check_balance(self):
        allowed = TOLERANCE.get(self.year, ROUNDING) * self.gross_output.max()
        for what, gaps in zip(("row", "column"), self.gaps(), strict=True):
            worst = int(np.argmax(np.abs(gaps)))
            if abs(gaps[worst]) > allowed:
                raise ValueError(
                    f"{self._who} does not balance: the {what} of {self.sectors[worst]} is"
                    f" {gaps[worst]:+.6g} off its output of {self.gross_output[worst]:.6g};"
                    f" {allowed:.3g} is allowed"
                )


def provincial_table(year, province):
    """Return the input-output table of a province.

    Parameters
    ----------
    year : int
        2002, 2007, 2012 or 2017.
    province : str or int
        English or Chinese name, or GB code.

    Returns
    -------
    ProvincialTable
        In 35 sectors, those of ``dongbei.statistics.sectors()`` and in their order.

    Raises
    ------
    ValueError
        If there is no such year or province, or the province has no table of the year.

    Notes
    -----
    Source: provincial statistics bureaus, tables in 42 sectors; carried by common2016/CHNIO.
    """
    name = province_name(province)
    tables = provincial_tables(year)
    if name not in tables:
        have = [str(one) for one in TABLE_YEARS if name not in WITHOUT_TABLE.get(one, ())]
        raise ValueError(f"{name} has no input-output table of {year}: choose {' or '.join(have)}")
    return tables[name]


def provincial_tables(year):
    """Return {province: ProvincialTable} of a year, in official order; errors as of one table."""
    (year,) = table_years(index(year))
    return dict(_tables(year))


def read_tables(year):
    """Read and check all tables of a year: {province: ProvincialTable}.

    Raises
    ------
    ValueError
        If the file is not whole, or a table does not balance.
    """
    sectors = tuple(table("sectors")["sector"])
    trade = TRADE_OF_YEAR[year]
    printed = [PRINTED.get(name, name) for name in trade]
    error = [] if year == TABLE_YEARS[0] else ["error"]
    columns = [*sectors, *USES, *printed, *error, "gross_output"]
    rows = [*sectors, *VALUE_ADDED_ITEMS]
    places = places_with_tables(year)
    cells = input_output_cells(year)
    expected = [(place, row) for place in places for row in rows]
    if list(cells.columns) != columns or list(cells.index) != expected:
        raise ValueError(f"the provincial tables of {year} lack rows or columns: {RESTORE}")
    n, u, t = len(sectors), len(USES), len(trade)
    blocks = cells.to_numpy().reshape(len(places), len(rows), len(columns))
    return {
        place: ProvincialTable(
            province=place,
            year=year,
            sectors=sectors,
            flows=block[:n, :n],
            uses=USES,
            final_use=block[:n, n : n + u],
            trade_columns=trade,
            trade=block[:n, n + u : n + u + t],
            error=block[:n, n + u + t] if error else np.zeros(n),
            value_added_items=VALUE_ADDED_ITEMS,
            value_added=block[n:, :n],
            gross_output=block[:n, -1],
        )
        for place, block in zip(places, blocks, strict=True)
    }


def defects(year=None, province=None):
    """List what is wrong with the tables as published, measured on the tables in 35 sectors.

    Parameters
    ----------
    year : int or iterable of int, optional
        All four years by default.
    province : str or int, optional
        All by default; defects of all provinces together are in rows with an empty province.

    Returns
    -------
    pandas.DataFrame
        ``province``, ``year``, ``defect``, ``value``, ``unit``, ``note``.

    Raises
    ------
    ValueError
        If a year or the province is unknown.
    """
    rows = table("input_output/defects")
    rows = rows[rows["year"].isin(table_years(year))]
    if province is not None:
        rows = rows[rows["province"] == province_name(province)]
    return rows.reset_index(drop=True)


_tables = cache(read_tables)


def _is_name(label):
    return isinstance(label, str) and label != ""
