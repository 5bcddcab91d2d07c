"""The audit: every check of every claim, the verdict, and one claim explained."""

from math import isfinite

import pandas as pd

from dongbei.documents.claims import CHECKS, ledger
from dongbei.documents.findings import show, verdict
from dongbei.statistics.tables import table

JSON = ("id", "document", "place", "statement", "stated", "computed", "unit", "verdict", "reason")


def run(entries=None, context=None):
    """Run every check.

    Parameters
    ----------
    entries : dict of str to Claim, optional
        A ledger, such as one with a changed claim; by default the project's.
    context : dict of str to Claim, optional
        The ledger that the checks look into; by default the same.

    Returns
    -------
    dict of str to list of (str, Finding)
        For each claim the names of its checks with what they found.
    """
    entries = ledger() if entries is None else entries
    context = entries if context is None else context
    return {
        key: [(name, CHECKS[name](claim, context)) for name in claim.checks]
        for key, claim in entries.items()
    }


def findings(name):
    """Return what the checks of one claim find, in their order.

    Raises
    ------
    ValueError
        If there is no such claim; names the closest.
    """
    entries = ledger()
    claim = _claim(name, entries)
    return [finding for _, finding in run({name: claim}, entries)[name]]


def _claim(name, entries):
    if name not in entries:
        near = [key for key in entries if name in key] or sorted(entries)[:3]
        raise ValueError(f"no claim {name!r}; there are {', '.join(near[:5])}")
    return entries[name]


def checks(entries=None):
    """List what every check found, reading by reading.

    Returns
    -------
    pandas.DataFrame
        ``id``, ``check``, ``strength``, ``reading``, ``computed``, ``agrees``, ``outcome``,
        ``because``.
    """
    rows = [
        {
            "id": key,
            "check": name,
            "strength": finding.strength,
            "reading": reading.name,
            "computed": "" if reading.computed is None else show(reading.computed),
            "agrees": reading.agrees,
            "outcome": finding.outcome,
            "because": finding.because,
        }
        for key, found in run(entries).items()
        for name, finding in found
        for reading in finding.readings
    ]
    return pd.DataFrame(rows)


def audit(entries=None):
    """Judge every claim.

    Returns
    -------
    pandas.DataFrame
        ``id``, ``document``, ``place``, ``statement``, ``kind``, ``stated`` (number and unit),
        ``computed`` (value or range, or a limit), ``difference`` (of the nearest reading from the
        printed number), ``unit``, ``verdict``, ``reason`` (what was computed, or what is missing),
        ``settle`` (what would settle an open claim).
    """
    entries = ledger() if entries is None else entries
    return pd.DataFrame(
        _judge(entries[key], [finding for _, finding in found])
        for key, found in run(entries).items()
    )


def _judge(claim, findings):
    judged = verdict(claim, findings)
    return {
        "id": claim.claim,
        "document": claim.document,
        "place": claim.place,
        "statement": claim.statement,
        "kind": claim.kind,
        "stated": claim.stated,
        "computed": _computed(findings),
        "difference": _difference(claim, findings),
        "unit": claim.unit,
        "verdict": judged,
        "reason": _reason(claim, findings, judged),
        "settle": _settle(claim, judged),
    }


def explain(name, entries=None):
    """Explain one claim: the statement, every check with its numbers and their origin, the verdict.

    Parameters
    ----------
    name : str
        Key of the claim.

    Returns
    -------
    str
        Lines of text.

    Raises
    ------
    ValueError
        If there is no such claim; names the closest.
    """
    entries = ledger() if entries is None else entries
    claim = _claim(name, entries)
    lines = [
        f"{name}  (document {claim.document}, {claim.place})",
        f"  {claim.statement}",
        f"  stated: {claim.stated or 'no number'}{', ' + claim.period if claim.period else ''}",
    ]
    if claim.printed:
        lines.append(f"  read as: {show(claim.interval, 8)}")
    if claim.note:
        lines.append(f"  note: {claim.note}")
    found = run({name: claim}, entries)[name]
    for check, finding in found:
        lines += [f"  {check} [{finding.strength}]: {finding.because}"]
        for reading in finding.readings:
            value = "" if reading.computed is None else f" {show(reading.computed, 6)}"
            lines.append(
                f"    {reading.name}:{value} {'agrees' if reading.agrees else 'does not agree'}"
            )
        lines += [f"    used: {n.what} = {n.value} [{n.origin}]" for n in finding.numbers]
    row = _judge(claim, [finding for _, finding in found])
    lines.append(f"  verdict: {row['verdict']}")
    if row["settle"]:
        lines.append(f"  would settle it: {row['settle']}")
    return "\n".join(lines)


def _computed(findings):
    """Write what came out: values where there are any, else limits."""
    found = {"value": [], "ceiling": [], "floor": []}
    for finding in findings:
        numbers = [one.computed for one in finding.readings if one.computed is not None]
        found[finding.strength if finding.strength in found else "value"] += numbers
    if found["value"]:
        return show(_hull(found["value"]))
    if found["ceiling"]:
        return f"at most {show(type(found['ceiling'][0])(min(one.b for one in found['ceiling'])))}"
    if found["floor"]:
        return f"at least {show(type(found['floor'][0])(max(one.a for one in found['floor'])))}"
    return ""


def _hull(intervals):
    low, high = min(one.a for one in intervals), max(one.b for one in intervals)
    return type(intervals[0])([low, high])


def _difference(claim, findings):
    """Return the distance of the nearest reading from the printed number, in the claim's unit."""
    middles = [
        float(reading.computed.mid)
        for finding in findings
        if finding.strength in ("recomputed", "compared")
        for reading in finding.readings
        if reading.computed is not None
    ]
    stated = float(claim.interval.mid) if claim.printed else float("nan")
    if not middles or not isfinite(stated):
        return float("nan")
    return min((middle - stated for middle in middles), key=abs)


def _reason(claim, findings, judged):
    """Say what was computed; where nothing was, what is missing."""
    deciding = [f.because for f in findings if f.outcome == judged]
    said = deciding or [finding.because for finding in findings]
    if judged == "no open copy":
        said = [f"Needs {'; '.join(_missing(claim)['what'])}.", *said]
    if judged == "definition not given":
        said = [claim.undefined, *said]
    return " ".join(dict.fromkeys(said))


def _settle(claim, judged):
    if judged == "no open copy":
        return "; ".join(f"{row.what} ({row.held_by})" for row in _missing(claim).itertuples())
    return claim.undefined if judged in ("definition not given", "inconsistent") else ""


def _missing(claim):
    rows = table("documents/missing")
    return rows[rows["data"].isin(claim.needs)]
