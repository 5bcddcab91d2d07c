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
    "yuan_per_tonne": "int64",
}


RESTORE = "restore it with git checkout -- data"
WITHOUT_TABLE = {2002: ("Tibet",), 2007: ("Tibet",)}
"""Provinces that published no input-output table of a year."""


def table(name):
    """Read one table of ``data/``; empty cells of text are empty strings.

    Parameters
    ----------
    name : str
        Path inside ``data/`` without the ending: ``"breaks"``, ``"national/gdp_nominal"``. For the
        provinces' input-output tables see `input_output_cells`.

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
        If a line is not whole, or a province or one of its rows is absent.
    """
    path = _present(DATA / "input_output" / f"provincial_{year}.csv")
    damaged = ValueError(f"{path.name} is not whole: {RESTORE}")
    lines = path.read_text("utf-8").splitlines(keepends=True)
    if len({line.count(",") for line in lines}) != 1 or not lines[-1].endswith("\n"):
        raise damaged
    head, *lines = lines
    if rows is not None:
        asked = set(rows)
        lines = [line for line in lines if line.split(",", 2)[1] in asked]
    text = {"province": "str", "row": "str"}
    found = pd.read_csv(
        StringIO("".join([head, *lines])),
        usecols=None if columns is None else [*text, *columns],
        dtype=dict.fromkeys(head.strip().split(","), "float64") | text,
        index_col=list(text),
    )
    present = found.index.get_level_values("row").unique()
    expected = [(place, row) for place in places_with_tables(year) for row in present]
    if not len(present) or list(found.index) != expected:
        raise damaged
    return found


def places_with_tables(year):
    """Return the provinces that have an input-output table of a year, in official order."""
    known = table("provinces")["province"]
    return [name for name in known if name not in WITHOUT_TABLE.get(year, ())]


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
