"""Tidy frames from arrays over the rows of a table."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dongbei.input_output.tables import RegionalTable


def labels(table: RegionalTable) -> dict[str, pd.Categorical]:
    """Return the columns region and sector of a frame with one row per row of the table."""
    rows = np.arange(len(table.output))
    return {"region": table.region_column(table.region_of), "sector": table.sector_column(rows)}


def by_row(table: RegionalTable, terms: dict[str, NDArray]) -> pd.DataFrame:
    """Make a frame of region, sector, term and value from an array of shape (n,) per term."""
    rows = np.tile(np.arange(len(table.output)), len(terms))
    return pd.DataFrame(
        {
            "region": table.region_column(table.region_of[rows]),
            "sector": table.sector_column(rows),
            "term": repeated(list(terms), len(table.output)),
            "value": np.concatenate(list(terms.values())),
        }
    )


def by_side(table: RegionalTable, sides: dict[str, dict[str, NDArray]]) -> pd.DataFrame:
    """Make a frame as `by_row` with a column for the direction, from terms of each direction."""
    parts = [(side, term, value) for side, terms in sides.items() for term, value in terms.items()]
    directions, terms, values = zip(*parts, strict=True)
    frame = by_row(table, dict(enumerate(values)))
    frame["term"] = repeated(terms, len(table.output))
    frame.insert(2, "direction", repeated(directions, len(table.output)))
    return frame


def by_pair(table: RegionalTable, terms: dict[str, NDArray], at_home: bool = False) -> pd.DataFrame:
    """Make a frame of exporter, importer, sector, term and value from an (n, g) array per term.

    What a region sells to itself is left out, unless `at_home`.
    """
    abroad = table.region_of[:, None] != np.arange(len(table.names))
    row, importer = (places.astype(np.int32) for places in np.nonzero(abroad | at_home))
    count = len(terms)
    return pd.DataFrame(
        {
            "exporter": table.region_column(np.tile(table.region_of[row], count)),
            "importer": table.region_column(np.tile(importer, count)),
            "sector": table.sector_column(np.tile(row, count)),
            "term": repeated(list(terms), len(row)),
            "value": np.concatenate([value[row, importer] for value in terms.values()]),
        }
    )


def repeated(names: Sequence[str], times: int) -> pd.Categorical:
    """Make a column in which each name stands so many times in a row."""
    kinds = {name: place for place, name in enumerate(dict.fromkeys(names))}
    codes = np.repeat(np.array([kinds[name] for name in names], np.int32), times)
    return pd.Categorical.from_codes(codes, categories=list(kinds), validate=False)
