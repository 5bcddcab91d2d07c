"""The files of ``data/``, read once each."""

from functools import cache
from io import StringIO
from pathlib import Path

import pandas as pd

DATA = Path(__file__).resolve().parents[3] / "data"
NUMBERS = {
    "code": "int64",
    "order": "int64",
    "year": "int64",
    "first_year": "int64",
    "last_year": "int64",
    "before": "int64",
    "after": "int64",
    "weight_lag": "Int64",
    "value": "float64",
    "is_industry": "bool",
    "is_manufacturing": "bool",
    "source_value": "float64",
    "estimated": "bool",
    "out_of": "float64",
    "population_2010": "Int64",
    "population_2020": "Int64",
    "number": "int64",
    "row": "int64",
    "column": "int64",
}


RESTORE = "restore it with git checkout -- data"


def table(name):
    """Read one table of ``data/``; empty cells of text are empty strings.

    Parameters
    ----------
    name : str
        Path inside ``data/`` without the ending: ``"breaks"``, ``"national/gdp_nominal"``.

    Returns
    -------
    pandas.DataFrame
        A copy that the caller may change.

    Raises
    ------
    FileNotFoundError
        If the file is not there.
    """
    return _read(DATA / f"{name}.csv").copy()


def input_output_cells(year, *, rows=None, columns=None):
    """Read cells of the provinces' input-output tables of a year; nothing is kept in memory.

    Parameters
    ----------
    year : int
        2002, 2007, 2012 or 2017.
    rows, columns : iterable of str, optional
        Sectors and items of value added; columns of the file. By default all; fewer are faster,
        since only they are turned into numbers.

    Returns
    -------
    pandas.DataFrame
        Numbers in 10 thousand yuan by province and row, in the order of the file; empty cells are
        NaN.

    Raises
    ------
    FileNotFoundError
        If the file is not there.
    ValueError
        If a line is not whole, or a province lacks a row.
    """
    path = _present(DATA / "input_output" / f"provincial_{year}.csv")
    head, *lines = path.read_text("utf-8").splitlines(keepends=True)
    if rows is not None:
        asked = set(rows)
        lines = [line for line in lines if line.split(",", 2)[1] in asked]
    width = head.count(",")
    if any(line.count(",") != width or not line.endswith("\n") for line in lines):
        raise ValueError(f"{path.name} has a line that is cut off: {RESTORE}")
    text = {"province": "str", "row": "str"}
    found = pd.read_csv(
        StringIO("".join([head, *lines])),
        usecols=None if columns is None else [*text, *columns],
        dtype=dict.fromkeys(head.strip().split(","), "float64") | text,
        index_col=list(text),
    )
    counts = found.groupby(level="row", sort=False).size()
    if counts.empty or (counts != counts.iloc[0]).any() or not found.index.is_unique:
        raise ValueError(f"{path.name} lacks rows: {RESTORE}")
    return found


@cache
def _read(path):
    _present(path)
    columns = pd.read_csv(path, nrows=0).columns
    types = {column: NUMBERS.get(column, "str") for column in columns}
    text = {column: [] for column, kind in types.items() if kind == "str"}
    numbers = {column: [""] for column in columns if column not in text}
    return pd.read_csv(path, dtype=types, keep_default_na=False, na_values=text | numbers)


def _present(path):
    """Return the path of a file that is there."""
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing. The tables are part of the repository: work in a full checkout, or"
            f" {RESTORE}"
        )
    return path
