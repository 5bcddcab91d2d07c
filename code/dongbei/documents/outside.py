"""Checks of the documents against statistics, single published figures and the public record.

As in `inside`, every public function is a check: a claim and the ledger in, a `Finding` out.
"""

from dataclasses import replace

from mpmath import iv

from dongbei import statistics
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

NORTHEAST = ["Liaoning", "Jilin", "Heilongjiang"]
DELTA = {
    "without Anhui": ["Shanghai", "Jiangsu", "Zhejiang"],
    "with Anhui": ["Shanghai", "Jiangsu", "Zhejiang", "Anhui"],
}
COAST = ["Beijing-Tianjin", "North Coast", "East Coast", "South Coast"]

# ---------------------------------------------------------------------------------------- product


def share_of_product(claim, ledger):
    """Compute the Northeast's share of the provinces' product in every vintage with the year."""
    year = int(claim.period)
    series = {
        row.vintage: statistics.indicator("gdp_nominal", row.vintage)
        for row in statistics.vintages("gdp_nominal").query("scope == 'provincial'").itertuples()
    }
    shares = {
        vintage: statistics.regional_share(one[one["year"] == year], "Northeast", missing="record")
        for vintage, one in series.items()
        if (one["year"] == year).any()
    }
    if "census4" not in shares:
        chained = statistics.chain(series["pre_census4"], series["census4"], link=2004)
        shares["census4, continued before 2004 by the growth of pre_census4"] = (
            statistics.regional_share(chained[chained["year"] == year], "Northeast")
        )
    readings = {vintage: one["value"].iloc[0] for vintage, one in shares.items()}
    used = [
        Number(
            f"share in {year}, {name}", f"{readings[name]:.3f} percent", statistics.source_line(one)
        )
        for name, one in shares.items()
    ]
    fitting = [name for name, value in readings.items() if value in claim.interval]
    because = (
        f"In {len(readings)} vintages of the provinces' product the share of {year} is"
        f" {_between(readings)} percent; it rounds to the printed number in"
        f" {'; '.join(fitting) if fitting else 'none'}."
    )
    return recomputed(claim, readings, because, used)


def nominal_growth_gap(claim, ledger):
    """Compute how far nominal growth fell short of the nation's, for each sense of the 1990s."""
    product = statistics.indicator("gdp_nominal", "mixed", years=range(1988, 2001))
    own = _by_year(statistics.regional_sum(product, "Northeast"))
    accounts = statistics.national("gdp_nominal", years=range(1988, 2001))
    nations = {
        "sum of provinces": _by_year(statistics.sum_of_provinces(product, missing="record")),
        "national accounts": _by_year(accounts),
    }
    readings = {}
    for first, last in ((1989, 1999), (1990, 1999), (1990, 2000), (1989, 1998), (1990, 1998)):
        for name, nation in nations.items():
            years = last - first
            rates = [one.pct_change().loc[first + 1 : last].mean() for one in (nation, own)]
            whole = [(one[last] / one[first]) ** (1 / years) for one in (nation, own)]
            readings[f"{first}-{last}, mean of yearly rates, {name}"] = 100 * (rates[0] - rates[1])
            readings[f"{first}-{last}, rate over the whole, {name}"] = 100 * (whole[0] - whole[1])
    hits = [name for name, value in readings.items() if value in claim.interval]
    because = (
        f"{len(readings)} ways to take the decade, the mean and the nation give"
        f" {_between(readings)} points a year; {len(hits) or 'none'} of them rounds to the printed"
        f" number{f' ({hits[0]})' if hits else ''}."
    )
    used = _used("nominal product", product, accounts)
    return compared(claim, readings, because, used)


def rank_from_the_last(claim, ledger):
    """Rank the provinces by real growth of product, the slowest first."""
    year, province = int(claim.period), claim.claim.rpartition("-")[2].title()
    growth = statistics.indicator("gdp_index_real", years=year)
    ranks = statistics.rank(growth, ties="min", largest_first=False).set_index("province")["value"]
    rate = growth.set_index("province")["value"][province] - 100
    because = (
        f"{province} grew by {rate:.1f} percent in {year}, rank {ranks[province]:.0f} from the last"
        f" of {len(ranks)}."
    )
    return recomputed(claim, {str(year): ranks[province]}, because, _used("real growth", growth))


def relative_growth_fell(claim, ledger):
    """Compare the gap of real growth to all provinces before and after the strategy."""
    links = statistics.indicator("gdp_index_real")
    weights = statistics.indicator("gdp_nominal", "mixed")
    everybody = {"all": statistics.provinces()["province"]}
    own = _by_year(statistics.regional_mean(links, weights, "Northeast", lag=1))
    gap = own - _by_year(statistics.regional_mean(links, weights, everybody, lag=1))
    before = gap.loc[:2003].mean()
    after = {f"2004-{last}": gap.loc[2004:last].mean() for last in (2013, 2019)}
    after["2014-2019"] = gap.loc[2014:].mean()
    told = statistics.fact(
        "growth as first reported", "growth of product per year", "Northeast", "2006-2009 average"
    )
    because = (
        f"Growth less that of all provinces was {before:.2f} points in 2001-2003 and "
        + ", ".join(f"{value:.2f} in {years}" for years, value in after.items())
        + "; the table has no earlier year. It is revised: at the time"
        f" {told['value']} percent a year were reported for {told['period'][:9]}, more than in any"
        " other block of the country."
    )
    readings = {years: value < before for years, value in after.items()}
    used = [
        *_used("real growth", links, weights),
        Number("growth as first reported", f"{told['value']} percent a year", _origin(told)),
    ]
    return stands(readings, because, used)


def growth_keeps_falling(claim, ledger):
    """Follow real growth of the Northeast, year by year and by means of five years."""
    links = statistics.indicator("gdp_index_real")
    weights = statistics.indicator("gdp_nominal", "mixed")
    growth = _by_year(statistics.regional_mean(links, weights, "Northeast", lag=1)) - 100
    means = growth.rolling(5).mean().dropna()
    best, last = growth.idxmax(), growth.index[-1]
    worst = growth.loc[best:].idxmin()
    because = (
        f"Real growth was {growth.iloc[0]:.1f} percent in {growth.index[0]}, {growth[best]:.1f} in"
        f" {best}, {growth[worst]:.1f} in {worst} and {growth[last]:.1f} in {last}."
    )
    readings = {
        "in every year": (growth.diff().dropna() < 0).all(),
        "in every mean of five years": (means.diff().dropna() < 0).all(),
        "in every such mean since their peak": (
            means.loc[means.idxmax() :].diff().dropna() < 0
        ).all(),
    }
    return stands(readings, because, _used("real growth", links, weights))


def gap_to_the_coast_widens(claim, ledger):
    """Follow product per head beside the coast's: over every five years, as a ratio and in yuan."""
    until = int(claim.period[-4:])
    coast = [name for region in COAST for name in statistics.members(region)]
    groups = {"Northeast": NORTHEAST, "coast": coast}
    readings, words, used = {}, [], []
    for product, people in (("mixed", "pre2020census"), ("census5", "census2020")):
        series = (
            statistics.indicator("gdp_nominal", product),
            statistics.indicator("population", people),
        )
        sums = [_wide(statistics.regional_sum(one, groups, missing="record")) for one in series]
        heads = (sums[0] / sums[1]).dropna().loc[:until]
        if len(heads) <= 5:
            continue
        ratio = heads["Northeast"] / heads["coast"]
        first, last = ratio.index[0], ratio.index[-1]
        yuan = 1e4 * (heads["coast"] - heads["Northeast"])
        readings[f"as a ratio, {product}, {first}-{last}"] = (ratio.diff(5).dropna() < 0).all()
        readings[f"in yuan, {product}, {first}-{last}"] = (yuan.diff(5).dropna() > 0).all()
        low = ratio.loc[:2006].idxmin()
        turns = dict.fromkeys((first, low, ratio.loc[low:].idxmax(), last))
        path = ", ".join(f"{ratio[year]:.2f} in {year}" for year in turns)
        words.append(
            f"{path} ({product}; the coast ahead by {yuan[first]:.0f} yuan in {first},"
            f" by {yuan[last]:.0f} in {last})"
        )
        used += _used("product per head", *series)
    because = f"Product per head relative to the coast was {'; '.join(words)}."
    return stands(readings, because, used)


def deltas_overtake(claim, ledger):
    """Look for the year in which the product of each delta passes the Northeast's."""
    groups = {"Northeast": NORTHEAST, "Yangtze delta": DELTA["without Anhui"]}
    groups["Guangdong"] = ["Guangdong"]
    product = statistics.indicator("gdp_nominal", "mixed", years=range(1952, 2007))
    sums = _wide(statistics.regional_sum(product, groups))
    readings, words = {}, []
    for name in ("Yangtze delta", "Guangdong"):
        ahead = sums[name] > sums["Northeast"]
        readings[name] = not ahead.iloc[0] and ahead.iloc[-1]
        behind = ahead.index[~ahead]
        since = behind.max() + 1 if len(behind) else ahead.index[0]
        words.append(f"{name} has been ahead since {since}")
    because = f"By product the {words[0]}, {words[1]}; the series begins in {sums.index[0]}."
    return stands(readings, because, _used("product", product))


def share_of_industry(claim, ledger):
    """Follow the Northeast's share of secondary industry, the nearest thing on record: context."""
    readings, words, used = {}, [], []
    for vintage in ("first_published", "census4"):
        series = statistics.indicator("secondary_value_added", vintage)
        share = _by_year(statistics.regional_share(series, "Northeast", missing="record"))
        rises = share.index[1:][share.diff().iloc[1:] > 0]
        readings[vintage] = len(rises) == 0
        words.append(
            f"{share.iloc[0]:.1f} percent in {share.index[0]}, {share.iloc[-1]:.1f} in"
            f" {share.index[-1]}, with {len(rises)} rises on the way ({vintage})"
        )
        used += _used("secondary industry", series)
    because = f"The share of the value added of secondary industry was {'; '.join(words)}."
    return stands(readings, because, used, strength="context")


def inventions(claim, ledger):
    """Follow invention patents of the Northeast, their number and their share of all."""
    series = statistics.indicator("invention_grants")
    number = _by_year(statistics.regional_sum(series, "Northeast"))
    share = _by_year(statistics.regional_share(series, "Northeast"))
    first, last = number.index[0], number.index[-1]
    readings = {
        "no more inventions": number[last] <= number[first],
        "a smaller share of inventions": share[last] < share[first],
    }
    because = (
        f"Invention patents grew {number[last] / number[first]:.1f} times from {first} to {last};"
        f" their share of all provinces went from {share[first]:.1f} to {share[last]:.1f} percent."
    )
    return stands(readings, because, _used("inventions", series))


# ----------------------------------------------------------------------------------------- demand


def demand_potential(claim, ledger):
    """Compute the ratio of demand potentials as the article could have done in 2020.

    Residents times disposable income per head (document 001, footnote 2), population before the
    census of 2020; its 2019 is 2018 continued by the growth of today's series.
    """
    series = statistics.demand_potential("pre2020census", years=range(2013, 2019))
    newer = statistics.demand_potential("census2020", years=(2018, 2019))
    readings = {}
    for name, provinces in DELTA.items():
        ratio = _ratio(series, provinces)
        today = _ratio(newer, provinces)
        readings |= {f"{name}, {year}": value for year, value in ratio.items()}
        readings[f"{name}, 2019"] = ratio[2018] * today[2019] / today[2018]
    hits = [name for name, value in readings.items() if value in claim.interval]
    because = (
        f"With and without Anhui, 2013 to 2019, the ratio is {_between(readings)}; it rounds to the"
        f" printed number {'only ' + ' and '.join(hits) if hits else 'in no reading'}."
    )
    return recomputed(claim, readings, because, _used("demand potential", series, newer))


def demand_ratio_falls(claim, ledger):
    """Ask of both demands, with and without Anhui, whether the ratio falls in every year."""
    potential = statistics.demand_potential("pre2020census", years=range(2013, 2019))
    actual = statistics.indicator("consumption_household", "post_census2004")
    readings, words = {}, []
    for what, series in (("potential", potential), ("household consumption", actual)):
        rises = set()
        for name, provinces in DELTA.items():
            change = _ratio(series, provinces).diff().dropna()
            readings[f"{what}, {name}"] = (change < 0).all()
            rises |= set(change.index[change >= 0])
        years = ", ".join(map(str, sorted(rises))) or "no year"
        span = f"{series['year'].min()}-{series['year'].max()}"
        words.append(f"the ratio of {what} rises in {years} of {span}")
    because = f"Of the two demands {words[0]}, {words[1]}."
    return stands(readings, because, _used("demand", potential, actual))


# -------------------------------------------------------------------------------------- transfers


def transfers_below_ceiling(claim, ledger):
    """Hold transfers against what a province spent beyond its own revenue.

    A budget spends its own revenue, transfers and what it borrows, so transfers cannot exceed
    spending less revenue by more than is carried over. The ceiling is generous: for 2007-2022 only
    taxes count as own revenue, and for 2003-2004 all spending of 2005 stands for each year.
    """
    province = claim.claim.rpartition("-")[2].title()
    spent = statistics.indicator("budget_expenditure", provinces=province)
    revenue = statistics.indicator("budget_revenue", years=(2005, 2006), provinces=province)
    taxes = statistics.indicator("tax_revenue", years=range(2007, 2023), provinces=province)
    spending = _by_year(spent)
    early, late = _by_year(revenue), _by_year(taxes)
    limit = (
        2 * spending[2005]
        + (spending[early.index] - early).sum()
        + (spending[late.index] - late).sum()
    )
    paid = statistics.indicator("central_transfers", provinces=province)
    actual = 100 * _by_year(paid).sum() / (spending - late)[_by_year(paid).index].sum()
    because = (
        f"From 2003 to 2022 {province} spent at most {limit:,.0f} hundred million yuan beyond its"
        f" own taxes; in 2014-2016 transfers were {actual:.0f} percent of that difference."
    ).replace(",", " ")
    used = _used("budget", spent, revenue, taxes, paid)
    return ceiling(claim, {"spending less own revenue": limit}, because, used)


# ----------------------------------------------------------------------------------------- people


def net_moves_of_the_decade(claim, ledger):
    """Bound net moves from below by the loss of residents, births and the most deaths: context.

    Residents change by births less deaths less net outflow, so net outflow is at least the loss
    plus births less as many deaths as the highest death rate on record in the region would bring.
    That bounds the moves of the decade and not what a census counts, people who live elsewhere than
    where they are registered, whenever they moved.
    """
    least = _least_outflow(NORTHEAST)
    because = (
        f"Residents fell by {least['loss']:.0f} ten thousand from 2010 to 2020; with"
        f" {least['births']:.0f} born by 2019 and at most {least['deaths']:.0f} dead"
        f" ({least['rate']:.2f} per thousand a year), at least {least['least']:.0f} left on"
        " balance. That bounds the moves of the decade, not the people who are registered in the"
        " region and live elsewhere, less the reverse."
    )
    found = floor(claim, {"moves of 2010-2020": least["least"]}, because, least["numbers"])
    return replace(found, strength="context")


def outflow_of_the_decade(claim, ledger):
    """Ask whether more people left than came in 2010-2020, the decade that can be bounded."""
    least = _least_outflow(NORTHEAST)
    because = f"From 2010 to 2020 at least {least['least']:.0f} ten thousand more left than came."
    return stands({"2010-2020": least["least"] > 0}, because, least["numbers"])


def net_migration_of_provinces(claim, ledger):
    """Ask whether the same bound settles the direction of migration, province by province."""
    least = {name: _least_outflow([name]) for name in NORTHEAST}
    readings = {
        "Jilin and Heilongjiang lose": least["Jilin"]["least"] > 0 < least["Heilongjiang"]["least"],
        "Liaoning can have gained": least["Liaoning"]["least"] < 0,
    }
    because = "Net outflow is at least " + ", ".join(
        f"{one['least']:.0f} ten thousand in {name}" for name, one in least.items()
    )
    return stands(readings, because + ".", [n for one in least.values() for n in one["numbers"]])


def _least_outflow(provinces):
    people = statistics.indicator(
        "population", "census2020", years=range(2010, 2021), provinces=provinces
    )
    rates = statistics.indicator("birth_rate", years=range(2011, 2020), provinces=provinces)
    residents, births = _wide(people), _wide(rates)
    dead = [
        statistics.fact("population", "death rate", "Heilongjiang", y) for y in ("2021", "2022")
    ]
    worst = max(dead, key=lambda row: row["value"])
    born = (births * residents.loc[births.index] / 1000).sum().sum()
    most = worst["value"] / 1000 * residents.loc[2011:].sum().sum()
    loss = (residents.loc[2010] - residents.loc[2020]).sum()
    numbers = [
        *_used("residents and births", people, rates),
        Number(
            "death rate, the highest on record", f"{worst['value']} per thousand", _origin(worst)
        ),
    ]
    return {
        "loss": loss, "births": born, "deaths": most, "rate": worst["value"],
        "least": loss + born - most, "numbers": numbers,
    }  # fmt: skip


def groups_within_residents(claim, ledger):
    """Hold a group of people in Liaoning against residents less the other groups."""
    keys = ("state-laid-off", "collective-laid-off", "retired", "urban-allowance", "rural-poor")
    others = [ledger[f"002-{key}"] for key in keys if f"002-{key}" != claim.claim]
    people = statistics.indicator("population", "pre2020census", years=2006, provinces="Liaoning")
    rest = people["value"].iloc[0] - sum(iv.mpf(one.interval.a) for one in others)
    because = f"Liaoning's residents of 2006 less the other groups are {show(rest)} ten thousand."
    used = [*_used("residents", people), *printed(*others)]
    return ceiling(claim, {"residents of 2006": rest}, because, used)


def prefectures_of_the_northeast(claim, ledger):
    """Count the prefecture-level units of the three provinces, and those that are cities."""
    units = statistics.prefectures()
    units = units[units["province"].isin(NORTHEAST)]["prefecture_zh"]
    readings = {"units": len(units), "cities proper": int(units.str.endswith("市").sum())}
    because = (
        f"The census lists {readings['units']} units at prefecture level, of which"
        f" {readings['cities proper']} are cities proper."
    )
    used = [
        Number("prefecture-level units", str(len(units)), "population censuses of 2010 and 2020")
    ]
    return recomputed(claim, readings, because, used)


# --------------------------------------------------------------------------------------- industry


def implied_industry(claim, ledger):
    """Hold the industry that table 1 implies against secondary industry.

    Output over share is the province's industrial output. Times the rate of value added of its
    industry it cannot exceed the value added of the whole secondary sector.
    """
    province = claim.claim.rpartition("-")[2]
    output = ledger[f"002-high-technology-{province}"]
    share = ledger[f"002-high-technology-share-{province}"]
    rate = statistics.fact("profitability", "value added rate", province.title(), "2005")
    part, product = (
        statistics.indicator(name, "pre_census4", years=2006, provinces=province.title())
        for name in ("secondary_share", "gdp_nominal")
    )
    secondary = part["value"].iloc[0] / 100 * product["value"].iloc[0]
    most = secondary / (rate["value"] / 100)
    implied = output.interval / share.interval * 100
    because = (
        f"Output and share imply an industry of {show(implied)} hundred million yuan; with"
        f" {rate['value']} percent of value added (2005) and a secondary sector of {secondary:.0f},"
        f" it was {most:.0f} at most."
    )
    used = [
        *printed(output, share),
        *_used("secondary industry", part, product),
        Number("rate of value added, 2005", f"{rate['value']} percent", _origin(rate)),
    ]
    if claim.claim == output.claim:
        return ceiling(
            claim, {"share of the largest industry": share.interval / 100 * most}, because, used
        )
    return floor(
        claim, {"output over the largest industry": output.interval / most * 100}, because, used
    )


def rates_of_value_added(claim, ledger):
    """Compare the rate of value added of industry with the nation's, by province: context."""
    rows = {
        name: statistics.fact("profitability", "value added rate", name, "2005")
        for name in ("China", *NORTHEAST)
    }
    nation = rows["China"]["value"]
    readings = {name: rows[name]["value"] < nation for name in NORTHEAST}
    because = "Value added in output of industry, 2005, percent: " + ", ".join(
        f"{name} {row['value']:.1f}" for name, row in rows.items()
    )
    used = [
        Number(f"rate of value added, {name}", f"{row['value']} percent", _origin(row))
        for name, row in rows.items()
    ]
    return stands(readings, because + ".", used, strength="context")


def key_projects_of_the_nation(claim, ledger):
    """Compare the number of key projects with an independent account."""
    row = _projects().iloc[0]
    because = f"{row['title']} counts {row['out_of']:.0f}."
    used = [Number("key projects", f"{row['out_of']:.0f}", _origin(row))]
    return compared(claim, {"independent account": row["out_of"]}, because, used)


def key_projects_elsewhere(claim, ledger):
    """Compare the Northeast's part of the key projects with other, secondary accounts: context."""
    rows = _projects()
    readings = {
        f"{row.value:.0f} of {row.out_of:.0f}": 100 * row.value / row.out_of
        for row in rows.itertuples()
    }
    because = "Other accounts, none of them official, give " + " and ".join(
        f"{name} ({value:.1f} percent)" for name, value in readings.items()
    )
    used = [
        Number(
            "projects in the Northeast", f"{row['value']:.0f} of {row['out_of']:.0f}", _origin(row)
        )
        for _, row in rows.iterrows()
    ]
    return compared(claim, readings, because + ".", used, strength="context")


def _projects():
    rows = statistics.facts("plan era")
    rows = rows[rows["out_of"].notna() & (rows["unit"] == "projects")]
    return rows.sort_values("out_of", ascending=False, kind="stable").drop_duplicates(
        "out_of", keep="last"
    )


def machine_tools_after_2008(claim, ledger):
    """Compare Liaoning's share of machine tools in 2012 with the whole Northeast's in 2024."""
    what = "share of national metal-cutting machine tool output"
    then = statistics.fact("machine tools", what, "Liaoning", "2012 Jan-Sep")
    now = statistics.fact("machine tools", what, "Northeast", "2024")
    because = (
        f"Liaoning alone made {then['value']} percent in 2012, the whole Northeast"
        f" {now['value']} in 2024; the coast of this count has other members."
    )
    used = [
        Number(f"{what}, {row['region']} {row['period']}", f"{row['value']} percent", _origin(row))
        for row in (then, now)
    ]
    return stands({"the Northeast's share fell": now["value"] < then["value"]}, because, used)


def machine_tool_imports(claim, ledger):
    """Compare imports of machine tools in the years that are published."""
    rows = [
        statistics.fact(
            "machine tools", f"imports of metal-working machine tools{which}", "China", year
        )
        for which, year in ((" (minimum of 2003-17)", "2003"), (" (maximum of 2003-17)", "2012"))
    ]
    low, high = (row["value"] for row in rows)
    because = (
        f"Imports were {low} hundred million dollars in 2003 and {high} in 2012, the least and the"
        " most of 2003-2017; earlier years are not published openly."
    )
    used = [
        Number(f"imports {row['period']}", f"{row['value']} {row['unit']}", _origin(row))
        for row in rows
    ]
    return stands({"2003 to 2012": high > low}, because, used)


# --------------------------------------------------------------------------------- regions, events


def regions_cover_china(claim, ledger):
    """Compare the regions that the note lists with the list of provinces and with ours."""
    items = table("documents/lists")
    listed = items[items["claim"] == claim.claim]["item_zh"].str.split(" ")
    regions, names = listed.str[0].tolist(), listed.str[1].tolist()
    provinces, ours = statistics.provinces(), statistics.regions()
    region_zh = dict(zip(ours["region"], ours["region_zh"], strict=True))
    expected = dict(zip(provinces["province_zh"], provinces["region"].map(region_zh), strict=True))
    because = (
        f"The note names {len(names)} provinces, {len(set(names))} different ones, in"
        f" {len(set(regions))} regions; there are {len(expected)}."
    )
    used = [Number("provinces", str(len(expected)), "national standard GB/T 2260")]
    readings = {
        "each province once": sorted(names) == sorted(expected),
        "as in this report": dict(zip(names, regions, strict=True)) == expected,
    }
    return stands(readings, because, used, strength="recomputed")


EVENTS = {
    "001-coast-strategy": "coastal_strategy",
    "001-southern-tour": "southern_tour",
    "001-wto": "wto_accession",
    "002-porter": "competitive_advantage",
    "004-politburo": "politburo_2023",
    "004-symposium": "symposium_2023",
    "004-strategy": "northeast_revitalisation",
    "004-west": "western_development",
    "004-central": "rise_of_central_china",
    "004-seventh-census": "seventh_census",
}


def on_record(claim, ledger):
    """Compare a date with the public record."""
    event = statistics.event(EVENTS[claim.claim])
    because = f"On record: {event['what'].rstrip('.')} ({event['date']})."
    used = [Number(event["what"].rstrip("."), event["date"], event["source"])]
    agrees = event["date"].startswith(claim.printed)
    return stands({event["date"]: agrees}, because, used, strength="recomputed")


def strategy_exists_by_then(claim, ledger):
    """Compare the year from which the strategy worked with the month it was issued."""
    event = statistics.event("northeast_revitalisation")
    issued = int(event["date"][:4])
    because = (
        f"The strategy was issued in {event['date'][:7]}; its first full year is {issued + 1}."
    )
    used = [Number(event["what"].rstrip("."), event["date"], event["source"])]
    return compared(claim, {"issued": issued, "first full year": issued + 1}, because, used)


def years_since_the_strategy(claim, ledger):
    """Count the years from the strategy to the document."""
    event = statistics.event("northeast_revitalisation")
    years = int(claim.period) - int(event["date"][:4])
    because = (
        f"The strategy was issued in {event['date'][:7]}, {years} years before {claim.period}."
    )
    used = [Number(event["what"].rstrip("."), event["date"], event["source"])]
    return recomputed(claim, {"years": years}, because, used)


# ---------------------------------------------------------------------------------------- reading


def _origin(row):
    """Write where a published figure is from, and how far to trust it."""
    return f"{row['publisher']}: {row['title']} ({row['reliability']})"


def _used(what, *series):
    """Return one number used per series: which indicator, vintage, years and source."""
    return [
        Number(
            f"{what}: {one['indicator'].iloc[0]}, {one['vintage'].iloc[0]}",
            f"{len(one)} figures, {one['year'].min()}-{one['year'].max()}",
            statistics.source_line(one),
        )
        for one in series
    ]


def _by_year(series):
    return series.set_index("year")["value"]


def _wide(series):
    place = "region" if "region" in series else "province"
    return series.pivot(index="year", columns=place, values="value")


def _ratio(series, provinces):
    sums = _wide(statistics.regional_sum(series, {"Northeast": NORTHEAST, "delta": provinces}))
    return sums["Northeast"] / sums["delta"]


def _between(readings):
    low, high = min(readings.values()), max(readings.values())
    return f"{low:.2f} to {high:.2f}"
