"""Changed tables and changed claims, for the tests of the ledger."""

import pytest

from dongbei import documents
from dongbei.documents.audit import run
from dongbei.documents.findings import verdict
from dongbei.statistics import tables


@pytest.fixture(scope="session")
def ledger():
    """Every claim as the project has it."""
    return documents.ledger()


@pytest.fixture
def change(monkeypatch):
    """Let a table of data/ be read with a change: ``change(name, edit)``."""
    read, edits = tables._read, {}

    def changed(path):
        frame = read(path)
        for name, edit in edits.items():
            if path == tables.DATA / f"{name}.csv":
                frame = edit(frame.copy())
        return frame

    monkeypatch.setattr(tables, "_read", changed)
    return edits.__setitem__


@pytest.fixture
def judge(ledger):
    """Return the verdict on a claim, some fields of it or of other claims changed."""

    def judged(key, **fields):
        claim = ledger[key].model_copy(update=fields)
        entries = ledger | {key: claim}
        for name in fields.keys() & ledger.keys():
            entries[name] = ledger[name].model_copy(update={"printed": fields[name]})
        return verdict(claim, [finding for _, finding in run({key: claim}, entries)[key]])

    return judged
