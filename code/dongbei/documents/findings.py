"""What a check finds, and the verdict that follows.

A check compares a claim with one or more *readings*: numbers computed from other numbers, one for
each way to read the claim. Everything is an interval, so that the precision of print is carried
through the arithmetic (`mpmath.iv`).

=============  ====================================================================================
strength       what agreement is worth
=============  ====================================================================================
recomputed     the claim's own number comes out again: reproduced
compared       another figure about the same thing fits: consistent
ceiling,       the number cannot be larger, or smaller, or stand elsewhere in an order: nothing
floor, order   follows unless it is broken
context        other figures, which decide nothing
=============  ====================================================================================
"""

from dataclasses import dataclass

from mpmath import iv

BOUNDS = ("ceiling", "floor", "order")
VERDICTS = (
    "reproduced",
    "consistent",
    "inconsistent",
    "no open copy",
    "definition not given",
)


@dataclass(frozen=True)
class Number:
    """A number that a check used: what it is, its value, and where it comes from."""

    what: str
    value: str
    origin: str


@dataclass(frozen=True)
class Reading:
    """One way to read a claim: what comes out, in the claim's unit, and whether it agrees."""

    name: str
    computed: object  # an interval, or None for a statement without a number
    agrees: bool


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes
    ----------
    strength
        One of the table above.
    readings
        One or more `Reading`.
    because
        A sentence that says what was computed; it holds whatever the verdict.
    numbers
        Every `Number` used.
    """

    strength: str
    readings: tuple[Reading, ...]
    because: str
    numbers: tuple[Number, ...]

    def __post_init__(self):
        if not self.readings or not self.numbers:
            raise ValueError(f"a check must name what it computed and from what: {self.because}")

    @property
    def outcome(self):
        """What follows for the claim: a verdict, or "possible" or "context"."""
        if self.strength == "context":
            return "context"
        agreeing = [reading.agrees for reading in self.readings]
        if self.strength in BOUNDS:
            return "possible" if all(agreeing) else "inconsistent"
        shape = self.readings[0].computed is None
        if all(agreeing) or (any(agreeing) and not shape):
            return "reproduced" if self.strength == "recomputed" else "consistent"
        return "consistent" if any(agreeing) or self.between else "inconsistent"

    between: bool = False  # the claim lies between readings though none gives it


def compared(claim, readings, because, numbers, *, strength="compared"):
    """Compare a claim with what comes out under each reading.

    Parameters
    ----------
    claim : Claim
        A claim with a number.
    readings : dict of str to number or interval
        What comes out, by name of the reading, in the claim's unit.
    because : str
        What was computed, in a sentence.
    numbers : list of Number
        What it was computed from.
    strength : str
        See the table above.
    """
    stated = claim.interval
    found = {name: iv.mpf(value) for name, value in readings.items()}
    low, high = min(one.a for one in found.values()), max(one.b for one in found.values())
    return Finding(
        strength,
        tuple(Reading(name, one, overlap(one, stated)) for name, one in found.items()),
        because,
        tuple(numbers),
        between=len(found) > 1 and overlap(iv.mpf([low, high]), stated),
    )


def recomputed(claim, readings, because, numbers):
    """Compare a claim with its own number, computed again; parameters as for `compared`."""
    return compared(claim, readings, because, numbers, strength="recomputed")


def ceiling(claim, limits, because, numbers):
    """Hold a claim against limits that it cannot pass upwards."""
    return _bound(
        "ceiling", claim, limits, because, numbers, lambda stated, limit: stated.a <= limit.b
    )


def floor(claim, limits, because, numbers):
    """Hold a claim against limits that it cannot pass downwards."""
    return _bound(
        "floor", claim, limits, because, numbers, lambda stated, limit: stated.b >= limit.a
    )


def _bound(side, claim, limits, because, numbers, holds):
    found = {name: iv.mpf(value) for name, value in limits.items()}
    readings = (Reading(name, one, bool(holds(claim.interval, one))) for name, one in found.items())
    return Finding(side, tuple(readings), because, tuple(numbers))


def stands(readings, because, numbers, *, strength="compared"):
    """Say of a statement without a number whether it holds, reading by reading.

    If some readings hold and others do not, the reason names those that hold.
    """
    found = tuple(Reading(name, None, bool(holds)) for name, holds in readings.items())
    holding = [one.name for one in found if one.agrees]
    if 0 < len(holding) < len(found):
        because += f" It holds read as: {'; '.join(holding)}."
    return Finding(strength, found, because, tuple(numbers))


def overlap(one, other):
    """Whether two intervals have a number in common."""
    return bool(one.a <= other.b and other.a <= one.b)


def verdict(claim, findings):
    """Return the verdict on a claim, given what its checks found.

    One contradiction outweighs everything; a bound that holds settles nothing where the data or the
    definition that would settle it are not there.
    """
    outcomes = {finding.outcome for finding in findings}
    for outcome in ("inconsistent", "reproduced", "consistent"):
        if outcome in outcomes:
            return outcome
    if claim.needs:
        return "no open copy"
    return "definition not given" if claim.undefined else "consistent"


def printed(*claims):
    """Return the printed numbers of some claims as numbers used."""
    return [
        Number(
            claim.statement.rstrip("."), claim.stated, f"document {claim.document}, {claim.place}"
        )
        for claim in claims
    ]


def show(interval, digits=4):
    """Write an interval in a few digits: ``8.62``, or ``6.9 to 9.6``."""
    low, high = (f"{float(end):.{digits}g}" for end in (interval.a, interval.b))
    low, high = (plain(end) for end in (low, high))
    return low if low == high else f"{low} to {high}"


def plain(text):
    """Write a number without exponent and without a trailing point."""
    value = float(text)
    if abs(value) >= 10_000 and value == round(value):
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.10g}"
