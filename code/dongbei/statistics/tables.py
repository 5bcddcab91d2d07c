"""The files of ``data/``, read once each."""

from functools import cache
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
    "gross_output": "float64",
    "value_added": "float64",
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


@cache
def _read(path):
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing. The tables are part of the repository: work in a full checkout, or"
            " restore them with git checkout -- data"
        )
    columns = pd.read_csv(path, nrows=0).columns
    types = {column: NUMBERS.get(column, "str") for column in columns}
    text = {column: [] for column, kind in types.items() if kind == "str"}
    numbers = {column: [""] for column in columns if column not in text}
    return pd.read_csv(path, dtype=types, keep_default_na=False, na_values=text | numbers)
