"""What the documents state: claims, the tables and lists they print, and what is missing.

A claim is a row of ``data/documents/claims.csv``. Its number is read with the precision it is
printed with: half a unit of the last digit to either side, and what a word such as "nearly" adds.
"""

from decimal import Decimal
from typing import Literal

import pandas as pd
from mpmath import iv
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator, model_validator

from dongbei.documents import inside, outside
from dongbei.statistics.tables import table

DOCUMENTS = ("000", "001", "002", "003", "004")
QUALIFIERS = ("", "about", "at least", "less than", "more than", "nearly", "odd", "several")
BARE = ("ratio", "rank", "items", "equation", "year", "month", "day")
"""Units that are not written behind their number."""
CHECKS = {
    name: function
    for room in (inside, outside)
    for name, function in vars(room).items()
    if not name.startswith("_") and getattr(function, "__module__", "") == room.__name__
}
"""Every check by name: the public functions of `inside` and `outside`."""


class Claim(BaseModel):
    """One claim of a document.

    Attributes
    ----------
    claim
        The key; ``#claim-<key>`` is its address on the site.
    document, place, statement
        Where it stands, and what it says in our words.
    printed, qualifier, unit, precision
        The number as printed, the word beside it, its unit, and the unit of the last digit that
        counts where that is not the last printed one. All empty for a statement about a shape.
    period, kind
        Year or years; one of measured, derived, shape, target, definition.
    checks
        Names of the functions that check it.
    needs, undefined
        Data of which there is no open copy, and what the document leaves undefined: why it cannot
        be settled.
    note
        A remark.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    claim: str
    document: Literal[DOCUMENTS]
    place: str
    statement: str
    printed: str
    qualifier: Literal[QUALIFIERS]
    unit: str
    precision: str
    period: str
    kind: Literal["measured", "derived", "shape", "target", "definition"]
    checks: tuple[str, ...]
    needs: tuple[str, ...]
    undefined: str
    note: str

    @field_validator("checks", "needs", mode="before")
    @classmethod
    def split(cls, words):
        """Read names that stand side by side."""
        return tuple(words.split()) if isinstance(words, str) else words

    @field_validator("checks")
    @classmethod
    def known_checks(cls, names):
        """Refuse a check that no function carries out."""
        for name in names:
            if name not in CHECKS:
                raise ValueError(f"no function of dongbei.documents is called {name!r}")
        return names

    @field_validator("needs")
    @classmethod
    def known_data(cls, names):
        """Refuse data that are not among those said to be missing."""
        for name in names:
            if name not in set(table("documents/missing")["data"]):
                raise ValueError(f"{name!r} is not in data/documents/missing.csv")
        return names

    @model_validator(mode="after")
    def complete(self):
        """Refuse a claim that says too little to be judged."""
        if not self.claim.startswith(f"{self.document}-"):
            raise ValueError(f"the key must begin with {self.document}-")
        if not (self.place and self.statement):
            raise ValueError("place and statement must be filled")
        if self.printed and not self.unit:
            raise ValueError("a printed number needs a unit")
        if not (self.printed or self.kind in ("shape", "definition")):
            raise ValueError(f"a {self.kind} claim needs a printed number")
        if not (self.checks or self.needs or self.undefined):
            raise ValueError("name a check, or say in needs or undefined why there is none")
        self.bounds()
        return self

    def bounds(self):
        """Return the least and largest number that is printed so.

        Returns
        -------
        tuple of (mpmath interval) or None
            Two numbers; None for a claim without a number.

        Raises
        ------
        ValueError
            If the number cannot be read, or is finer than its precision.
        """
        if not self.printed:
            return None
        if self.unit in ("year", "month", "day"):
            year = int(self.printed[:4])
            return year, year
        if "/" in self.printed:
            part, whole = map(Decimal, self.printed.split("/"))
            return part / (whole + Decimal("0.5")), part / (whole - Decimal("0.5"))
        first, _, last = self.printed.partition("-")
        low, high = number(first), number(last or first)
        unit = Decimal(self.precision or 1).scaleb(0 if self.precision else low.as_tuple().exponent)
        if low % unit or high % unit:
            raise ValueError(f"{self.printed} is finer than its precision {unit}")
        return {
            "at least": (low, Decimal("Infinity")),
            "more than": (low, Decimal("Infinity")),
            "less than": (Decimal("-Infinity"), high),
            "nearly": (low - unit / 2, high),
            "odd": (low, high + unit),
            "several": (2 * low, 10 * high),
        }.get(self.qualifier, (low - unit / 2, high + unit / 2))

    @property
    def interval(self):
        """The numbers that are printed so, as an interval of mpmath."""
        low, high = (str(end).replace("Infinity", "inf") for end in self.bounds())
        return iv.mpf([low, high])

    @property
    def stated(self):
        """What is printed, in words: ``nearly 11 trillion yuan``, ``895 × 100 million yuan``."""
        number = "" if self.qualifier == "several" else self.printed
        unit = "" if self.unit in BARE else self.unit
        times = "×" if unit[:1].isdigit() else ""
        return " ".join(part for part in (self.qualifier, number, times, unit) if part)


def number(text):
    """Read a printed number exactly."""
    try:
        return Decimal(text)
    except ArithmeticError:
        raise ValueError(f"{text!r} is no number; write 1.08, 1/5, 3-5 or a date") from None


def ledger(rows=None):
    """Return every claim by its key.

    Parameters
    ----------
    rows : pandas.DataFrame, optional
        Rows as in ``data/documents/claims.csv``; by default that file.

    Raises
    ------
    ValueError
        If a row is wrong: names its line, its key and the cure.
    """
    rows = table("documents/claims") if rows is None else rows
    found = {}
    for line, row in enumerate(rows.to_dict("records"), 2):
        where = f"claims.csv, line {line} ({row.get('claim')})"
        try:
            claim = Claim(**row)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"]))
            raise ValueError(f"{where}: {field + ': ' if field else ''}{first['msg']}") from None
        if claim.claim in found:
            raise ValueError(f"{where}: the key is taken")
        found[claim.claim] = claim
    return found


def claims():
    """List the claims.

    Returns
    -------
    pandas.DataFrame
        The columns of `Claim`, and ``stated``, ``low`` and ``high``: the number in words, and the
        range of numbers that are printed so.
    """
    rows = []
    for claim in ledger().values():
        low, high = claim.bounds() or (float("nan"),) * 2
        columns = {"stated": claim.stated, "low": float(low), "high": float(high)}
        rows.append(claim.model_dump() | columns)
    return pd.DataFrame(rows)


def documents():
    """List the five documents: what each asks and answers, whom and which years it is about."""
    return table("documents/documents")


def themes():
    """List what each document says on each theme, with the place."""
    return table("documents/themes")


def lists():
    """List the items that documents count, with the claim that gives their number."""
    return table("documents/lists")


def segments():
    """List the shapes that documents describe: claim, first and last year, direction."""
    return table("documents/segments")


def missing():
    """List the data that would settle claims and that no open source was found to give."""
    return table("documents/missing")


def printed_table(name):
    """Return a printed table as it stands, errors included.

    Parameters
    ----------
    name : str
        Its key, such as ``"002-table-1"``.

    Returns
    -------
    pandas.DataFrame
        Cells as printed, under the heads as printed.

    Raises
    ------
    ValueError
        If there is no such table; lists them.
    """
    cells = table("documents/cells")
    if name not in set(cells["table"]):
        raise ValueError(f"no table {name!r}; there are {', '.join(cells['table'].unique())}")
    cells = cells[cells["table"] == name]
    rows = {
        head: dict(zip(row["column_zh"], row["printed"], strict=True))
        for head, row in cells.groupby("row_zh", sort=False)
    }
    return pd.DataFrame.from_dict(rows, orient="index")
