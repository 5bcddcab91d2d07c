"""Checks of the documents against themselves and against each other.

Every public function here is a check: it takes a claim and the ledger (every claim by its key) and
returns a `Finding`. A claim names its checks in ``data/documents/claims.csv``.
"""

from fractions import Fraction
from itertools import combinations_with_replacement, pairwise
from math import prod

from mpmath import iv

from dongbei.documents.findings import (
    Number,
    ceiling,
    compared,
    floor,
    printed,
    recomputed,
    show,
    stands,
)
from dongbei.statistics.tables import table

# ------------------------------------------------------------------------- counting and adding


def counted(claim, ledger):
    """Count the items that the document names."""
    items = table("documents/lists")
    items = items[items["claim"] == claim.claim]["item"]
    because = f"The document names {len(items)}: {'; '.join(items)}."
    used = [Number("items named", str(len(items)), _where(claim))]
    return recomputed(claim, {"items named": len(items)}, because, used)


def rows_of_the_table(claim, ledger):
    """Count the rows of the table below the title."""
    cells = table("documents/cells")
    rows = cells[cells["table"] == "002-table-3"]["row"].nunique()
    used = [Number("rows", str(rows), "document 002, table 3")]
    return recomputed(claim, {"rows": rows}, f"The table has {rows} rows of industries.", used)


def whole_projects(claim, ledger):
    """Look for a whole number of projects that makes up the printed share."""
    whole = ledger[claim.claim.replace("share", "projects")]
    total = int(whole.printed)
    number = round(float(claim.interval.mid) / 100 * total)
    share = iv.mpf(number) / total * 100
    because = f"The nearest whole number, {number} of {total}, is {show(share)} percent."
    return compared(claim, {f"{number} of {total}": share}, because, printed(whole))


def bad_assets_over_assets(claim, ledger):
    """Divide the bad assets by all assets."""
    bad, assets = ledger["002-bad-assets"], ledger["002-assets"]
    share = bad.interval / (assets.interval * 10**4) * 100
    because = (
        f"{bad.printed} hundred million of {assets.printed} trillion yuan are {show(share)}"
        " percent within the rounding of the assets."
    )
    return recomputed(claim, {"quotient": share}, because, printed(bad, assets))


def sales_per_head_ratio(claim, ledger):
    """Divide the Northeast's sales per employee by the nation's."""
    own, nation = ledger["002-sales-per-head"], ledger["002-sales-per-head-nation"]
    ratio = own.interval / nation.interval * 100
    because = f"{own.printed} over {nation.printed} is {show(ratio)} percent within rounding."
    return recomputed(claim, {"quotient": ratio}, because, printed(own, nation))


def investment_adds_up(claim, ledger):
    """Take the other two shares of investment from 100."""
    keys = ("002-investment-state", "002-investment-private", "002-investment-foreign")
    others = [ledger[key] for key in keys if key != claim.claim]
    rest = 100 - others[0].interval - others[1].interval
    because = f"The other two shares leave {show(rest)} percent."
    return recomputed(claim, {"100 less the others": rest}, because, printed(*others))


def investment_gap(claim, ledger):
    """Take the private share of investment from the state's."""
    state, private = ledger["002-investment-state"], ledger["002-investment-private"]
    gap = state.interval - private.interval
    because = f"{state.printed} less {private.printed} percent leaves {show(gap)} points."
    return recomputed(claim, {"difference": gap}, because, printed(state, private))


def transfers_add_up(claim, ledger):
    """Add up the transfers to the three provinces."""
    parts = [ledger[f"004-transfers-{name}"] for name in ("liaoning", "jilin", "heilongjiang")]
    total = sum(part.interval for part in parts) / 10**4
    because = f"The three printed amounts add up to {show(total, 5)} trillion yuan."
    return recomputed(claim, {"sum": total}, because, printed(*parts))


def years_since_1978(claim, ledger):
    """Count the years between the columns of the table that the sentence introduces."""
    span = 2005 - 1978
    used = printed(ledger["002-liaoning-share-1978"], ledger["002-liaoning-share-2005"])
    because = f"From 1978 to 2005, the columns of table 2, {span} years pass."
    return recomputed(claim, {"columns of the table": span}, because, used)


# -------------------------------------------------------------------------------- text and tables

_NORTHEAST = ("liaoning", "jilin", "heilongjiang")


def shares_of_the_table(claim, ledger):
    """Add up the three provinces' shares of output in table 2."""
    year = claim.period or "2005"  # the text names no last year, the table ends in 2005
    parts = [ledger[f"002-{name}-share-{year}"] for name in _NORTHEAST]
    total = sum(part.interval for part in parts)
    terms = " + ".join(part.printed for part in parts)
    because = f"Table 2 gives {terms} = {show(total)} percent for {year}."
    return recomputed(claim, {f"table 2, {year}": total}, because, printed(*parts))


def fall_of_the_share(claim, ledger):
    """Take the fall of the share from the text and from the table."""
    first, last = ledger["002-share-1978"], ledger["002-share-later"]
    cells = {
        year: [ledger[f"002-{name}-share-{year}"] for name in _NORTHEAST] for year in (1978, 2005)
    }
    sums = {year: sum(cell.interval for cell in row) for year, row in cells.items()}
    readings = {
        "from the text": (1 - last.interval / first.interval) * 100,
        "from table 2": (1 - sums[2005] / sums[1978]) * 100,
    }
    because = "; ".join(f"{name} the fall is {show(one)} percent" for name, one in readings.items())
    used = printed(first, last, *cells[1978], *cells[2005])
    return recomputed(claim, readings, because[0].upper() + because[1:] + ".", used)


def ranks_slip(claim, ledger):
    """Follow the ranks of table 2 from year to year."""
    ranks = {
        name: [ledger[f"002-{name}-rank-{year}"] for year in (1978, 1990, 2005)]
        for name in _NORTHEAST
    }
    paths = {name: [int(cell.printed) for cell in row] for name, row in ranks.items()}
    slips = all(a < b < c for a, b, c in paths.values())
    because = "; ".join(f"{name.title()} {', '.join(map(str, p))}" for name, p in paths.items())
    used = printed(*(cell for row in ranks.values() for cell in row))
    because = f"Ranks of 1978, 1990 and 2005: {because}."
    return stands({"in all three provinces": slips}, because, used, strength="recomputed")


def ranks_fit_shares(claim, ledger):
    """Compare the order of the ranks with the order of the shares in the same year."""
    year = claim.claim[-4:]
    shares = [ledger[f"002-{name}-share-{year}"] for name in _NORTHEAST]
    ranks = [ledger[f"002-{name}-rank-{year}"] for name in _NORTHEAST]
    by_share = sorted(range(3), key=lambda i: -float(shares[i].printed))
    by_rank = sorted(range(3), key=lambda i: int(ranks[i].printed))
    orders = (", ".join(_NORTHEAST[i].title() for i in order) for order in (by_share, by_rank))
    because = "By share of {} the order is {}, by rank {}.".format(year, *orders)
    used = printed(*shares, *ranks)
    return stands({"same order": by_share == by_rank}, because, used, strength="order")


def title_fits_columns(claim, ledger):
    """Look for the year of the title among the columns."""
    columns = sorted(
        {cell.period for cell in ledger.values() if cell.place.startswith("table 2, row")}
    )
    because = f"The columns of the table are {', '.join(columns)}."
    used = [Number("columns", ", ".join(columns), "document 002, table 2")]
    return recomputed(claim, {year: int(year) for year in columns[-1:]}, because, used)


def edition_after_the_year(claim, ledger):
    """Compare the year of the yearbook with the year of its figures: it must be later."""
    latest = int(claim.period)
    because = (
        f"A yearbook reports the year before its own; figures of {latest} need an edition of"
        f" {latest + 1} or later."
    )
    used = [Number("year of the figures", str(latest), f"document 002, {claim.place[:7]}")]
    return floor(claim, {"earliest edition": latest + 1}, because, used)


def industry_of_fifteen(claim, ledger):
    """Bound Heilongjiang's industry by the fifteen largest industries that table 3 prints.

    No other industry can be larger than the smallest in the table, and the classifications of the
    time (GB/T 4754 of 1994 and of 2002) have 40 and 39 divisions of industry, so 25 more at most.
    """
    rows = [ledger[f"002-heilongjiang-industry-{n}"] for n in range(1, 16)]
    most = sum(one.interval for one in rows) + (40 - 15) * rows[-1].interval
    output, share = (
        ledger["002-high-technology-heilongjiang"],
        ledger["002-high-technology-share-heilongjiang"],
    )
    implied = output.interval / share.interval * 100
    because = (
        f"Output and share of table 1 imply an industry of {show(implied)} in 2006; by table 3 it"
        f" was {show(iv.mpf(most.b))} hundred million yuan at most in 2005."
    )
    used = [
        *printed(output, share, *rows),
        Number("divisions of industry", "40 at most", "GB/T 4754-1994 and GB/T 4754-2002"),
    ]
    if claim.claim == output.claim:
        return ceiling(claim, {"share of all industry": share.interval / 100 * most}, because, used)
    return floor(claim, {"output over all industry": output.interval / most * 100}, because, used)


def order_of_two_tables(claim, ledger):
    """Order the three provinces by the industry that table 1 implies and by table 2."""
    pairs = {
        name: [
            ledger[f"002-high-technology-{name}"],
            ledger[f"002-high-technology-share-{name}"],
            ledger[f"002-{name}-share-2005"],
        ]
        for name in _NORTHEAST
    }
    implied = {name: float((one / two).mid) for name, (one, two, _) in _intervals(pairs).items()}
    shares = {name: float(three.mid) for name, (_, _, three) in _intervals(pairs).items()}
    orders = [sorted(sizes, key=sizes.get, reverse=True) for sizes in (implied, shares)]
    because = "By size of industry table 1 implies the order {}; table 2 gives {} for 2005.".format(
        *(", ".join(name.title() for name in order) for order in orders)
    )
    used = printed(*(cell for row in pairs.values() for cell in row))
    return stands({"same order": orders[0] == orders[1]}, because, used)


def _intervals(pairs):
    return {name: [one.interval for one in row] for name, row in pairs.items()}


def high_technology_lags(claim, ledger):
    """Compare the three provinces with the other four of table 1, by amount and by share."""
    others = ("anhui", "jiangsu", "shanghai", "beijing")
    cells = {
        what: [
            [ledger[f"002-high-technology-{part}{name}"] for name in names]
            for names in (_NORTHEAST, others)
        ]
        for what, part in (("amount", ""), ("share", "share-"))
    }
    readings, words = {}, []
    for what, groups in cells.items():
        ours, theirs = ([float(one.printed) for one in group] for group in groups)
        readings[what] = max(ours) < min(theirs)
        words.append(
            f"by {what} the largest of the three is {max(ours):g}, the least other {min(theirs):g}"
        )
    because = "; ".join(words)
    used = printed(*(one for groups in cells.values() for group in groups for one in group))
    return stands(readings, f"{because[0].upper()}{because[1:]}.", used)


def order_of_the_table(claim, ledger):
    """Compare an industry of table 3 with its neighbours: the table is ordered by size."""
    number = int(claim.claim.rpartition("-")[2])
    near = [ledger.get(f"002-heilongjiang-industry-{number + step}") for step in (-1, 1)]
    sizes = [float(one.printed) if one else None for one in (near[0], claim, near[1])]
    holds = all(a is None or b is None or a >= b for a, b in pairwise(sizes))
    because = "The table runs from the largest industry to the smallest."
    used = printed(*(one for one in near if one))
    return stands({"between its neighbours": holds}, because, used, strength="order")


# ------------------------------------------------------------------------------- parts and wholes


def share_below_whole(claim, ledger):
    """Hold a share against the whole."""
    used = [Number("the whole", "100 percent", "a share")]
    return ceiling(claim, {"the whole": 100}, "A share of output cannot pass 100 percent.", used)


_OTHER_PART = {
    "002-shenyang-international": "002-shenyang-national",
    "002-changchun-1980s": "002-changchun-1950s",
}


def parts_below_whole(claim, ledger):
    """Hold a part against what another part of the same whole leaves."""
    both = _OTHER_PART | {b: a for a, b in _OTHER_PART.items()}
    other = ledger[both[claim.claim]]
    rest = 100 - other.interval
    because = f"The other part leaves {show(rest)} percent at most."
    return ceiling(claim, {"what is left": rest}, because, printed(other))


def older_is_fewer(claim, ledger):
    """Compare equipment of 30 years and more with that of 20 years and more, which contains it."""
    twenty, thirty = ledger["002-harbin-twenty"], ledger["002-harbin-thirty"]
    because = "What is 30 years old is also 20 years old, so its share cannot be larger."
    if claim.claim == twenty.claim:
        return floor(claim, {"30 years": thirty.interval}, because, printed(thirty))
    return ceiling(claim, {"20 years": twenty.interval}, because, printed(twenty))


def two_suppliers_fit(claim, ledger):
    """Hold a region's share of another's inflow against what the second supplier leaves."""
    _, supplier, place = claim.claim.split("-", 2)
    other = ledger.get(f"000-{'northeast' if supplier == 'coast' else 'coast'}-{place}")
    rest = iv.mpf(100) if other is None else 100 - other.interval
    because = f"Other suppliers leave {show(rest)} percent at most."
    used = printed(other) if other else [Number("the whole", "100 percent", "a share")]
    return ceiling(claim, {"what is left": rest}, because, used)


def shares_of_inflow(claim, ledger):
    """Add up the eastern coast's four shares, to see of what they can be shares: context."""
    names = ("central", "northwest", "southwest", "northeast")
    parts = [ledger[f"000-coast-to-{name}"] for name in names]
    total = sum(part.interval for part in parts)
    because = (
        f"The eastern coast's four shares add up to {show(total)} percent, so they are no parts of"
        " its outflow; we read them as its parts of what each region takes in."
    )
    holds = bool(total.a <= 100)
    return stands({"parts of one outflow": holds}, because, printed(*parts), strength="context")


def height_above_1978(claim, ledger):
    """Hold a share at its height against the share of 1978 in document 002: a floor."""
    parts = [ledger[f"002-{name}-share-1978"] for name in _NORTHEAST]
    total = sum(part.interval for part in parts) / 100
    because = (
        f"Document 002's table gives {show(total * 100)} percent for 1978; the height cannot be"
        " lower."
    )
    return floor(claim, {"1978": total}, because, printed(*parts))


# ---------------------------------------------------------------------------------------- shapes


def coast_directions_agree(claim, ledger):
    """Compare the L of the coast with its fall after accession to the WTO, year by year."""
    return _same_direction(claim, ledger, "001-coast-l", "001-coast-falls-after-wto")


def machine_tool_directions_agree(claim, ledger):
    """Compare the rise of the coast's machine tools with their fall, where the years overlap."""
    return _same_direction(claim, ledger, "001-coast-tools-rise", "001-coast-tools-fall")


def northeast_directions_agree(claim, ledger):
    """Compare the ever weaker value chain of document 000 with the V of document 001."""
    return _same_direction(claim, ledger, "000-chain-weakens", "001-northeast-v")


def gap_widened_before(claim, ledger):
    """Ask whether a gap that continues to widen after 2008 widened before."""
    coast, northeast = (
        _directions(name) for name in ("001-coast-tools-fall", "001-northeast-tools-rise")
    )
    narrowing = [
        year for year in northeast if (coast.get(year), northeast[year]) == ("falls", "rises")
    ]
    because = (
        f"By the sentences before, the coast's share falls and the Northeast's rises in"
        f" {_span(narrowing)}, so the gap then narrows."
        if narrowing
        else "Nothing is said of a narrowing before."
    )
    used = _segments("001-coast-tools-fall", "001-northeast-tools-rise")
    return stands({"widening before 2008": not narrowing}, because, used)


def _same_direction(claim, ledger, one, other):
    conflicts = _conflicts(one, other)
    second = ledger[other if claim.claim == one else one]
    because = (
        f"In {_span(conflicts)} the two statements point in different directions"
        if conflicts
        else "The two statements never point in different directions"
    )
    because += f" (the other: {second.statement.rstrip('.')})."
    return stands({"same direction": not conflicts}, because, _segments(one, other))


def _conflicts(one, other):
    """Return the years, by their first, in which two shapes move differently."""
    first, second = _directions(one), _directions(other)
    return [year for year in sorted(first) if second.get(year, first[year]) != first[year]]


def _directions(name):
    """Return the direction of a shape in every year, by the first of the two years."""
    rows = table("documents/segments")
    return {
        year: row.direction
        for row in rows[rows["claim"] == name].itertuples()
        for year in range(row.first_year, row.last_year)
    }


def _segments(*names):
    rows = table("documents/segments")
    return [
        Number(
            row.claim,
            f"{row.direction} {row.first_year}-{row.last_year}",
            f"document {row.claim[:3]}",
        )
        for row in rows[rows["claim"].isin(names)].itertuples()
    ]


def _span(years):
    return f"{years[0]}-{years[-1] + 1}" if years else "no year"


# ------------------------------------------------------------------------------- the pricing model


def equation_is_numbered(claim, ledger):
    """Look for the number that the text refers to among the numbered equations."""
    items = table("documents/lists")
    numbers = items[items["claim"] == claim.claim]["number"].tolist()
    because = f"The numbered equations are ({numbers[0]}) to ({numbers[-1]})."
    used = [Number("numbered equations", str(len(numbers)), "document 002, theory 2")]
    return ceiling(claim, {"last number": numbers[-1]}, because, used)


def advantage_condition(claim, ledger):
    """Compare prices by equations (7) and (9), in fractions, with the printed condition.

    With mark-up room a - C = 1 the chain's price is below the integrated one exactly if the product
    of n / (n + 1) is above 1/2 (document 002, equations 7 and 9).
    """
    factor = Fraction(claim.printed)
    wrong = tried = 0
    for stages in (1, 2, 3, 4):
        for firms in combinations_with_replacement(range(1, 9), stages):
            low, high = prod(firms), prod(n + 1 for n in firms)
            tried += 1
            wrong += (1 - Fraction(low, high) < Fraction(1, 2)) != (factor * low > high)
    because = f"In {tried} chains of up to four stages condition and prices part {wrong} times."
    used = [Number("chains", str(tried), "one to four stages with one to eight firms each")]
    return stands({"every chain": not wrong}, because, used, strength="recomputed")


def advantage_grows_with_size(claim, ledger):
    """Let a cluster grow in two ways and see what equation (7) does to its price."""
    advantage = Fraction(5, 6) ** 2
    readings = {
        "more firms in a stage": Fraction(5, 6) * Fraction(6, 7) > advantage,
        "more stages": Fraction(5, 6) ** 3 > advantage,
    }
    because = (
        "By equation (7) each further firm in a stage lowers the price and each further stage"
        " raises it, because every stage adds a margin."
    )
    used = [Number("chain", "two stages of five firms, and one firm or stage more", "equation (7)")]
    return stands(readings, because, used)


def _where(claim):
    return f"document {claim.document}, {claim.place}"
