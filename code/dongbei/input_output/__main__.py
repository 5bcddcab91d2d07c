"""Write an empty table to fill, or print the participation in value chains of a filled one."""

import argparse
import sys
from dataclasses import replace

from dongbei.input_output import (
    CEADS,
    EIGHT_REGIONS,
    EIGHT_REGIONS_COMPETITIVE,
    WorldTable,
    participation,
    read_table,
    write_template,
)
from dongbei.statistics import regions

LAYOUTS = {
    "ceads": CEADS,
    "eight-regions": EIGHT_REGIONS,
    "eight-regions-competitive": EIGHT_REGIONS_COMPETITIVE,
}
SECTORS = ("agriculture", "industry", "construction", "services")


def shares(table):
    """Return the terms of participation of each region in percent of their sum.

    Parameters
    ----------
    table : WorldTable or InterregionalTable

    Returns
    -------
    DataFrame
        A row for each region and direction, a column for each term.
    """
    if isinstance(table, WorldTable):
        terms = participation(table)
    else:
        from dongbei.input_output.domestic import domestic_participation

        terms = domestic_participation(table)
    keys = ["direction", "region"]
    sums = terms.groupby([*keys, "term"], sort=False, observed=True)["value"].sum().unstack("term")
    return 100 * sums.div(sums.sum(axis=1), axis=0)


def main():
    """Read the arguments; leave with a message and 1 if something is refused."""
    parser = argparse.ArgumentParser(prog="python -m dongbei.input_output", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    template = verbs.add_parser("template", help="write an empty table")
    template.add_argument("file", help="new file, .xlsx or .csv")
    template.add_argument("--regions", nargs="+", default=list(regions()["region"]))
    template.add_argument("--sectors", nargs="+", default=SECTORS)
    template.add_argument("--world", action="store_true", help="without exports and imports")
    shown = verbs.add_parser("participation", help="print participation, percent")
    shown.add_argument("file", help="filled template, or a file of the layout")
    shown.add_argument("--layout", choices=LAYOUTS, help="by default our template")
    shown.add_argument("--sheet", help="name of the sheet, if the layout fits several")
    arguments = parser.parse_args()
    try:
        if arguments.verb == "template":
            write_template(arguments.file, arguments.regions, arguments.sectors, arguments.world)
            return
        layout = LAYOUTS.get(arguments.layout)
        if arguments.sheet and layout is None:
            parser.error("--sheet needs a --layout")
        if arguments.sheet:
            layout = replace(layout, sheet=arguments.sheet)
        print(shares(read_table(arguments.file, layout)).round(1).to_string())
    except (ValueError, OSError) as error:
        sys.exit(f"dongbei.input_output: {error}")


if __name__ == "__main__":
    main()
