"""Write a template, check a filled one, or print what the report's models say of its region."""

import argparse
import sys

from dongbei import decline, region
from dongbei.decline.story import CALENDAR
from dongbei.statistics import regions


def report(told: region.Region, indicator: str | None, size: int):
    """Give the title and the table of each step that the template has data for.

    Yields
    ------
    (str, DataFrame)
    """
    ends = region.shares(told).groupby(["indicator", "vintage"], sort=False).agg(
        first_year=("year", "first"), first=("value", "first"),
        last_year=("year", "last"), last=("value", "last"),
    )  # fmt: skip
    yield "Shares, percent", ends.reset_index()
    yield "Growth of the share, percent a year", region.turns(told, indicator)
    if told.sectors is not None:
        yield "Clusters: the region beside others", region.cluster_test(told)
        quotients = region.specialities(told)
        latest = quotients[quotients["year"] == quotients["year"].max()]
        yield "Specialities: location quotients", latest.nlargest(5, "value")
    if told.table is not None:
        yield "Value chains, percent", region.value_chains(told).reset_index()
    if told.indicators is not None:
        ranks = region.position(told)
        yield "Index: ranks and where nine of ten other indices put them", ranks[ranks["member"]]
    fit = region.circle(told, indicator, size=size)
    yield "The circle beside plain models", region.compare(fit, size=size)
    last = int(fit.years[-1])
    policies = {
        "support for ten years": {"producer_subsidy": decline.pulse(last + 2, last + 12, 0.2)},
        "internal opening": decline.opened(last + 2, 5, 0.2, 0.5),
    }
    ahead = region.simulate(fit, policies, last + 20)
    title = "Under the circle, illustrative policies: the share, percent, and its change by them"
    yield title, ahead[ahead["year"] == last + 20]


def main():
    """Read the arguments; leave with a message and 1 if something is refused."""
    parser = argparse.ArgumentParser(prog="python -m dongbei.region", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    new = verbs.add_parser("new", help="write an empty template, or one filled for provinces")
    new.add_argument("file", help="new file, .xlsx")
    new.add_argument("--provinces", nargs="+", help="provinces of China, or one of eight regions")
    new.add_argument("--name", help="what the region is called")
    new.add_argument("--support", nargs=2, type=float, metavar=("START", "END"), help="years of it")
    for verb, what in (("check", "say what is wrong"), ("report", "print what every step says")):
        one = verbs.add_parser(verb, help=what)
        one.add_argument("file", help="filled template")
    one.add_argument("--indicator", help="series of the record and the circle")
    one.add_argument("--size", type=int, default=2048, help="draws of the fit")
    arguments = parser.parse_args()
    try:
        if arguments.verb == "new":
            write(arguments, parser)
            return
        told = region.read_region(arguments.file)
        if arguments.verb == "check":
            print(f"{told.name}: {len(told.series)} years of series, and nothing is wrong")
            return
        for title, table in report(told, arguments.indicator, arguments.size):
            print(f"\n{title}\n{table.round(2).to_string(index=False)}", flush=True)
    except (ValueError, OSError) as error:
        sys.exit(f"dongbei.region: {error}")


def write(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """Write the template that is asked for."""
    if not arguments.provinces:
        if arguments.name or arguments.support:
            parser.error("--name and --support need --provinces; an empty template has neither")
        region.write_template(arguments.file)
        return
    places = arguments.provinces
    if len(places) == 1 and places[0] in set(regions()["region"]):
        places = places[0]
    calendar = dict(CALENDAR)
    if arguments.support:
        calendar["support"] = tuple(arguments.support)
    region.write_example(arguments.file, places, arguments.name, calendar)


if __name__ == "__main__":
    main()
