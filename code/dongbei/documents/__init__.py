"""What the five documents state, and whether it is true.

``claims`` reads the ledger: every claim with its place, number and precision, and the tables and
lists that the documents print. ``inside`` and ``outside`` hold the checks, one short function each:
of the documents against themselves and each other, and against statistics and the public record.
``findings`` says what a check finds and which verdict follows; ``audit`` runs them all, also in a
terminal::

    python -m dongbei.documents                      the audit as a table
    python -m dongbei.documents --json               the same as a list of objects
    python -m dongbei.documents 004-share-2003       one claim with every check and number

Examples
--------
Document 004's three transfers do not add up to what it says they do:

>>> from dongbei import documents
>>> claim = documents.audit().set_index("id").loc["004-transfers-total"]
>>> claim[["stated", "computed", "verdict"]].tolist()
['nearly 11 trillion yuan', '12', 'inconsistent']
"""

from dongbei.documents.audit import audit, checks, explain, findings
from dongbei.documents.claims import (
    claims,
    documents,
    ledger,
    lists,
    missing,
    printed_table,
    segments,
    themes,
)
from dongbei.documents.findings import VERDICTS

__all__ = [
    "VERDICTS",
    "audit",
    "checks",
    "claims",
    "documents",
    "explain",
    "findings",
    "ledger",
    "lists",
    "missing",
    "printed_table",
    "segments",
    "themes",
]
