"""Numbers and tables of a chapter: computed in a cell, shown in the text."""

from numbers import Real

import pandas as pd
from myst_nb import glue


def quote(**numbers: Real | str) -> None:
    """Keep numbers and words under their names, for a ``{glue:text}`` role to show.

    Floats are rounded to ten significant digits, so that a notebook is the same on every machine.

    Raises
    ------
    ValueError
        If a number is missing or infinite.
    """
    for name, value in numbers.items():
        if isinstance(value, str):
            glue(name, value, display=False)
            continue
        plain = float(f"{float(value):.10g}")
        if plain != plain or plain in (float("inf"), float("-inf")):
            raise ValueError(f"{name} is {plain}: the text cannot quote it")
        glue(name, int(plain) if plain.is_integer() else plain, display=False)


class Table:
    """A frame shown whole, each column in a format of its own.

    Parameters
    ----------
    frame
        What to show; the index is left out, so make it a column if it says something.
    formats
        Column -> format specification, such as ``{"share": ".1f"}``. Text needs none.

    Raises
    ------
    ValueError
        If a format names no column.
    """

    def __init__(self, frame: pd.DataFrame, formats: dict[str, str] | None = None):
        formats = formats or {}
        if unknown := set(formats) - set(frame.columns):
            raise ValueError(
                f"no column {', '.join(sorted(unknown))}; there are {', '.join(frame)}"
            )
        self.cells = frame.reset_index(drop=True).astype(object)
        for name, form in formats.items():
            self.cells[name] = [format(value, form) for value in frame[name]]

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        with pd.option_context("display.max_colwidth", None):
            html = self.cells.to_html(
                index=False, border=0, classes="chapter-table", justify="left"
            )
        return {"text/html": html, "text/plain": self.cells.to_string(index=False)}
