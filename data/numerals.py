"""Every numeral of the documents is in the ledger: a comparison with their text, where it is there.

The texts are not part of the repository. `documents/numerals.csv` lists each numeral they print, in
order, with the claim it belongs to or the reason why it is none. `build.py --check` calls
`first_difference` where a folder with the texts stands beside the reference folder.
"""

import csv
import re
from pathlib import Path

NOT_TEXT = (
    (r"<sup>.*?</sup>(\s*\(PP[^)]*\))?|\[\s*\[?PP.*?\]|\(PP[^)]*\)", ""),  # references
    (r"(?s)\$.*?\$", ""),  # formulas in a line
    (r"!?\[[^\]]*\]\([^)]*\)|https?://\S+", ""),  # pictures and addresses
    (r"(?m)^[-\s]*\[\d+\].*$", ""),  # the list of references
)


def numerals(text):
    """Return the numerals of a text in order, without references, formulas and addresses."""
    for pattern, replacement in NOT_TEXT:
        text = re.sub(pattern, replacement, text)
    return re.findall(r"\d+(?:\.\d+)?(?:/\d+)?", text)


def first_difference(texts, table):
    """Name the first numeral of the texts that the table does not list in its place, or None.

    Parameters
    ----------
    texts : pathlib.Path
        Folder with the documents, ``000_*.txt`` to ``004_*.txt``.
    table : pathlib.Path
        ``documents/numerals.csv``.
    """
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for path in sorted(Path(texts).glob("00[0-4]_*.txt")):
        document = path.name[:3]
        listed = [
            row["numeral"]
            for row in rows
            if row["document"] == document and re.fullmatch(r"[\d./]+", row["numeral"])
        ]
        printed = numerals(path.read_text(encoding="utf-8"))
        for place, (one, other) in enumerate(zip(printed, listed, strict=False), 1):
            if one != other:
                return f"document {document}, numeral {place} is {one}, the table has {other}"
        if len(printed) != len(listed):
            return f"document {document} has {len(printed)} numerals, the table {len(listed)}"
    return None
