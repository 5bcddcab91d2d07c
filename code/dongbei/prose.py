"""Numbers and tables of a chapter: computed in a cell, shown in the text."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape
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

    With five columns or more its rows become paragraphs on a narrow screen.

    Parameters
    ----------
    frame
        What to show; the index is left out, so make it a column if it says something.
    formats
        Column -> format specification, such as ``{"share": ".1f"}``. Text needs none.
    anchor
        Column whose entries become addresses on the page, ``#claim-<entry>``. Such a table is long:
        on the site its columns can be sorted and its rows searched.
    kind
        First word of these addresses.
    filters
        Columns of such a table from whose entries a reader can choose. Several entries of a cell
        stand apart by ``"; "``.

    Raises
    ------
    ValueError
        If a format, the anchor or a filter names no column, two rows have one address, or there
        are filters without an anchor.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        formats: dict[str, str] | None = None,
        *,
        anchor: str | None = None,
        kind: str = "claim",
        filters: Sequence[str] = (),
    ):
        formats = formats or {}
        if unknown := {*formats, *filters, *([anchor] if anchor else [])} - set(frame.columns):
            raise ValueError(
                f"no column {', '.join(sorted(unknown))}; there are {', '.join(frame)}"
            )
        if anchor and frame[anchor].duplicated().any():
            raise ValueError(f"two rows have one address: {anchor} must be unique")
        if filters and not anchor:
            raise ValueError("only a table with addresses has filters: name its anchor")
        self.anchor, self.kind, self.filters = anchor, kind, tuple(filters)
        self.cells = frame.reset_index(drop=True).astype(object)
        for name, form in formats.items():
            self.cells[name] = [format(value, form) for value in frame[name]]

    def _html(self) -> str:
        kind = "dataframe stacked" if self.cells.shape[1] >= 5 else "dataframe"
        kind = f"sortable {kind}" if self.anchor else kind
        heads = "".join(
            f'<th scope="col"{" data-filter" if name in self.filters else ""}>'
            f"{escape(str(name))}</th>"
            for name in self.cells
        )
        rows = []
        for row in self.cells.to_dict("records"):
            name = f' id="{self._address(row[self.anchor])}"' if self.anchor else ""
            cells = "".join(
                f'<td data-label="{escape(str(label))}">{self._cell(label, value)}</td>'
                for label, value in row.items()
            )
            rows.append(f"<tr{name}>{cells}</tr>")
        return (
            f'<table class="{kind}"><thead><tr>{heads}</tr></thead>\n<tbody>\n'
            + "\n".join(rows)
            + "\n</tbody></table>"
        )

    def _cell(self, label: str, value: object) -> str:
        text = escape(str(value))
        return f'<a href="#{self._address(value)}">{text}</a>' if label == self.anchor else text

    def _address(self, entry: object) -> str:
        return escape(f"{self.kind}-{entry}")

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        return {"text/html": self._html(), "text/plain": self.cells.to_string(index=False)}


class Download:
    """A file that the reader takes from the page.

    Parameters
    ----------
    name
        What the file is called.
    content
        The file; the same on every run, or the notebook would never be today's.
    words
        What the link says.
    kind
        Media type.
    """

    def __init__(self, name: str, content: bytes, words: str, kind: str):
        self.name, self.words = name, words
        self.address = f"data:{kind};base64,{b64encode(content).decode()}"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        link = f'<a download="{escape(self.name)}" href="{self.address}">{escape(self.words)}</a>'
        return {"text/html": f"<p>{link}</p>", "text/plain": f"{self.words}: {self.name}"}
