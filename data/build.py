"""Write the tables of this folder from the figures of the reference folder and two lists of words.

    python data/build.py                     rewrite the tables
    python data/build.py --check             compare a fresh build with the tables, byte for byte
    python data/build.py --reference DIR     where the reference folder is

Figures come from the reference folder, words from `catalogue.toml`, columns from `schema.toml`.
Where that folder is absent the figures stay as they are. The tables of `documents/` are written by
hand and only described. `provincial_tables.py` merges the sectors of the input-output tables.
"""

import argparse
import csv
import hashlib
import io
import json
import os
import re
import sys
import tempfile
import tomllib
from decimal import Decimal
from itertools import groupby, pairwise, product, zip_longest
from pathlib import Path

import numerals
import provincial_tables

HERE = Path(__file__).resolve().parent
REFERENCE = HERE.parents[1] / "shared" / "reference"
FOLDERS = ("provincial", "national", "input_output")
GENERATED = ("*.csv", *(f"{folder}/*.csv" for folder in FOLDERS), "datapackage.json")
BY_HAND = "documents/*.csv"
SCOPES = ("provincial", "national")
TABLE_YEARS = ("2002", "2007", "2012", "2017")  # of the input-output tables
TABLES = (
    "provinces", "regions", "indicators", "vintages", "breaks", "sources", "anomalies", "facts",
    "events", "prefectures", "sectors", "freight_cost",
    *(f"input_output/provincial_{year}" for year in TABLE_YEARS),
)  # fmt: skip


def main():
    """Build the tables, or check them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reference", type=Path, default=REFERENCE, metavar="DIR")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    arguments = parser.parse_args()
    reference, check = arguments.reference, arguments.check
    if not (reference / "indicators.csv").is_file():
        if reference != REFERENCE:
            sys.exit(f"No reference folder at {reference}: name it with --reference DIR")
        print("No reference folder beside the checkout: the figures stay as they are.")
        reference = None
    files = build(reference)
    if check:
        difference = first_difference(files, HERE)
        if difference:
            sys.exit(f"data/ is not what the reference gives: {difference}. Run make data.")
        print(f"data/ equals a fresh build ({len(files)} files)")
        texts = REFERENCE.parent / "documents"
        if reference and texts.is_dir():
            missed = numerals.first_difference(texts, HERE / "documents" / "numerals.csv")
            if missed:
                sys.exit(f"documents/numerals.csv is not what the documents print: {missed}")
            print("documents/numerals.csv lists every numeral of the documents")
    else:
        write(files, HERE)
        print(f"wrote {len(files)} files")


# ---------------------------------------------------------------------------------- the whole


def build(reference):
    """Return {path inside data/: bytes} for every generated file; None keeps the figures."""
    catalogue = tomllib.loads((HERE / "catalogue.toml").read_text("utf-8"))
    schemas = read_schemas(HERE / "schema.toml", catalogue)
    if reference:
        tables = generated_tables(reference, catalogue, schemas)
    else:
        tables = stored_tables(catalogue)
    tables["input_output/defects"] = defect_table(tables)
    files = {
        f"{name}.csv": to_csv(rows, schema_of(name, schemas)["fields"])
        for name, rows in tables.items()
    }
    by_hand = {path.relative_to(HERE).as_posix(): path for path in sorted(HERE.glob(BY_HAND))}
    for name, path in by_hand.items():
        tables[name.removesuffix(".csv")] = read(path)
    contents = files | {name: path.read_bytes() for name, path in by_hand.items()}
    return files | {
        "datapackage.json": to_json(descriptor(catalogue, schemas, tables, contents)),
    }


def generated_tables(reference, catalogue, schemas):
    """Return {name: rows} of every table that is made from the reference folder."""
    provinces = read(reference / "provinces.csv")
    figures = {
        "provincial": read_figures(reference / "panel", catalogue, provinces),
        "national": read_figures(reference / "panel_national", catalogue, None),
    }
    sectors = read(reference / "sectors42.csv")
    used = {row["source"] for row in rows_of(figures)}
    used |= {entry["source"] for entry in schemas.values() if "source" in entry}
    tables = {
        "provinces": province_table(provinces, catalogue),
        "regions": [
            {**region, "order": order} for order, region in enumerate(catalogue["regions"], 1)
        ],
        "indicators": indicator_table(catalogue),
        "vintages": vintage_table(catalogue, figures, provinces),
        "breaks": break_table(catalogue, figures, provinces),
        "sources": source_table(catalogue, used, read(reference / "sources.csv")),
        "anomalies": anomaly_table(catalogue, read(reference / "anomalies.csv")),
        "facts": fact_table(catalogue, read(reference / "facts" / "facts.csv")),
        "events": catalogue["events"],
        "prefectures": prefecture_table(read(reference / "prefectures_census.csv")),
        "sectors": sector_table(catalogue, sectors),
        "freight_cost": freight_table(read(reference / "freight_cost.csv"), provinces),
        **input_output_tables(reference / "io", catalogue, sectors, provinces),
    }
    for scope, by_indicator in figures.items():
        for indicator, rows in by_indicator.items():
            tables[f"{scope}/{indicator}"] = rows
    return tables


def stored_tables(catalogue):
    """Return the same tables as they lie in this folder."""
    figures = [f"{scope}/{name}" for scope in SCOPES for name in catalogue["indicators"]]
    return {
        name: read(HERE / f"{name}.csv")
        for name in (*TABLES, *figures)
        if name in TABLES or (HERE / f"{name}.csv").is_file()
    }


def read_figures(folder, catalogue, provinces):
    """Return {indicator: rows} in the order vintage, province, year; numbers stay as printed."""
    order = {row["province"]: n for n, row in enumerate(provinces or [{"province": "China"}])}
    scope = "vintages" if provinces else "national"
    figures = {}
    for indicator, about in catalogue["indicators"].items():
        path = folder / f"{indicator}.csv"
        if not path.is_file():
            if provinces or scope in about:
                sys.exit(f"{path} is missing, and catalogue.toml describes it")
            continue
        vintages = list(about.get(scope, {"single": ""}))
        rows = read(path)
        if unknown := {row["vintage"] for row in rows} - {*vintages, "single"}:
            sys.exit(f"catalogue.toml: {indicator} lacks the vintages {sorted(unknown)}")
        for row in rows:
            if row["vintage"] == "single" and vintages == ["estimated"]:
                row["vintage"] = "estimated"
        rows.sort(
            key=lambda r: (vintages.index(r["vintage"]), order[r["province"]], int(r["year"]))
        )
        figures[indicator] = rows
    return figures


# ---------------------------------------------------------------------------------- the tables


def province_table(provinces, catalogue):
    """Provinces in the official order, each in one of the eight regions."""
    known = {region["region"] for region in catalogue["regions"]}
    unknown = {row["region8"] for row in provinces} - known
    if unknown:
        sys.exit(f"catalogue.toml lacks the regions {sorted(unknown)}")
    return [
        {
            "code": row["gb_code"],
            "province": row["province"],
            "province_zh": row["name_zh"],
            "region": row["region8"],
        }
        for row in provinces
    ]


def indicator_table(catalogue):
    """One row per indicator: labels, unit, and whether provinces can be added up."""
    return [{"indicator": name, **about} for name, about in catalogue["indicators"].items()]


def vintage_table(catalogue, figures, provinces):
    """One row per indicator, scope and vintage; years and coverage are read from the figures."""
    everybody = [row["province"] for row in provinces]
    table = []
    for scope, indicator, vintage, rows in by_vintage(figures):
        about = catalogue["indicators"][indicator]
        words = about["vintages"] if scope == "provincial" else about.get("national", {})
        years = sorted({int(row["year"]) for row in rows})
        present = {row["province"] for row in rows}
        absent = [p for p in everybody if p not in present] if scope == "provincial" else []
        table.append(
            {
                "indicator": indicator,
                "scope": scope,
                "vintage": vintage,
                "first_year": years[0],
                "last_year": years[-1],
                "missing_years": " ".join(str(year) for year in holes(years)),
                "missing_provinces": "; ".join(absent),
                "estimated": "true" if vintage == "estimated" else "false",
                "description": words.get(vintage, "The nation's figure from the same table."),
            }
        )
    return table


def break_table(catalogue, figures, provinces):
    """List the breaks inside vintages: those the catalogue describes, and every missing year."""
    found = [{"province": "", **entry} for entry in catalogue["breaks"]]
    place = {row["province"]: n for n, row in enumerate(provinces)}
    order = {}
    for scope, indicator, vintage, rows in by_vintage(figures):
        if scope == "provincial":
            order[indicator, vintage] = len(order)
            found += [
                {"indicator": indicator, "vintage": vintage, **row} for row in coverage_breaks(rows)
            ]
    for row in found:
        if (row["indicator"], row["vintage"]) not in order:
            sys.exit(f"catalogue.toml: a break of {row['indicator']} has no such vintage: {row}")
    found.sort(
        key=lambda r: (
            order[r["indicator"], r["vintage"]],
            r["before"],
            place.get(r["province"], -1),
        )
    )
    return found


def coverage_breaks(rows):
    """Years that are missing everywhere, then years that a single province lacks."""
    everywhere = sorted({int(row["year"]) for row in rows})
    for before, after in steps(everywhere):
        yield gap("", before, after)
    for province, group in groupby(rows, key=lambda row: row["province"]):
        years = [int(row["year"]) for row in group]
        if years[0] > everywhere[0]:
            before = max(year for year in everywhere if year < years[0])
            yield coverage(province, before, years[0], "enters")
        for before, after in steps(years):
            if any(before < year < after for year in everywhere):
                yield gap(province, before, after)
        if years[-1] < everywhere[-1]:
            after = min(year for year in everywhere if year > years[-1])
            yield coverage(province, years[-1], after, "leaves")


def gap(province, before, after):
    """Return a break that is a hole: nothing between the two years."""
    what = f"No figure for {span(before + 1, after - 1)}."
    return {"province": province, "before": before, "after": after, "kind": "gap", "what": what}


def coverage(province, before, after, verb):
    """Return a break at which a province enters or leaves."""
    what = f"{province} {verb} the table."
    kind = "coverage"
    return {"province": province, "before": before, "after": after, "kind": kind, "what": what}


def source_table(catalogue, used, reference):
    """List the sources in use: provenance from the reference, words from the catalogue."""
    table = []
    for row in reference:
        name = row["source_id"]
        if name in used:
            table.append(
                {
                    "source": name,
                    "publisher": row["publisher"],
                    **catalogue["sources"][name],
                    "carrier": f"https://github.com/{row['repository']}",
                    "path": row["path"],
                    "commit": row["commit"],
                    "carrier_licence": {"none": "none stated"}.get(row["licence"], row["licence"]),
                    "retrieved": row["retrieved"],
                }
            )
    return table


def anomaly_table(catalogue, reference):
    """Cells that were dropped, changed or moved; each must find its reason in the catalogue."""
    taken = {e.get("reference_indicator", e["indicator"]) for e in catalogue["anomalies"]}
    ours = taken | set(catalogue["indicators"])
    return [
        row
        for cell in reference
        if cell["indicator"] in ours
        for row in anomaly_rows(cell, catalogue["anomalies"])
    ]


def anomaly_rows(cell, reasons):
    """Yield a row per span of years of one anomalous cell."""
    province = "" if cell["province"] == "all" else cell["province"]
    matching = [
        entry
        for entry in reasons
        if entry.get("reference_indicator", entry["indicator"]) == cell["indicator"]
        and entry.get("province", province) == province
    ]
    if not matching:
        sys.exit(f"catalogue.toml gives no reason for the anomaly {cell}")
    entry = max(matching, key=lambda e: "province" in e)
    for years in cell["year"].split(", "):
        first, _, last = years.partition("-")
        yield {
            "indicator": entry["indicator"],
            "vintage": entry.get("vintage", cell["vintage"]),
            "province": province,
            "first_year": first,
            "last_year": last or first,
            "source": cell["source"],
            "source_value": cell["source_value"],
            "action": cell["action"],
            "value": cell["used_value"] if cell["action"] != "relabelled" else "",
            "reason": entry["reason"],
        }


def fact_table(catalogue, reference):
    """List the single published figures, and last those that `catalogue.toml` transcribes.

    What the compiler of the others computed or only described is left out.
    """
    words = catalogue["facts"]
    table = []
    for row in reference:
        if row["indicator"].startswith(tuple(words["left_out"])) or not row["value"]:
            continue
        printed = row["value"].removesuffix(" ('more than one third')")
        amount = re.fullmatch(r"(-?[\d.]+)(?: of (\d+)|/(\d+))?", printed)
        if amount is None:
            continue  # a range or "nearly 11": no number to compare with
        unit = words["units"].get(row["unit"])
        if unit is None:
            sys.exit(f"catalogue.toml: [facts.units] lacks {row['unit']!r}")
        address = re.sub(r" *\(.*\)", "", row["source_url_or_repo"])
        table.append(
            {
                "topic": words["topics"][row["topic"]],
                "region": words["regions"].get(row["region"], row["region"]),
                "period": row["year"],
                "indicator": words["indicators"].get(row["indicator"], row["indicator"]),
                "value": amount[1],
                "out_of": amount[2] or amount[3] or "",
                "unit": unit,
                "definition": row["definition_note"],
                "title": re.sub(r" \((news copy|text dump|mirrored).*", "", row["source_title"]),
                "publisher": re.sub(r" \(address not stored\)", "", row["publisher"]),
                "address": re.sub("^data2/([^_]+)__", r"github:\1/", address),
                "reliability": row["reliability"],
            }
        )
    absent = {"out_of": "", "definition": "", "address": ""}
    return table + [absent | row for row in words["transcribed"]]


def prefecture_table(reference):
    """List the prefectures with their residents at two censuses; whole persons."""
    return [
        {
            "code": row["prefecture_code"],
            "prefecture_zh": row["name_zh"],
            "province": row["province"],
            "population_2010": row["population_2010"].removesuffix(".0"),
            "population_2020": row["population_2020"].removesuffix(".0"),
        }
        for row in reference
        if row["province"]
    ]


def sector_table(catalogue, reference):
    """List the sectors that all input-output tables share: names and remarks from the catalogue."""
    classes = ("broad", "is_industry", "is_manufacturing")
    truth = {"0": "false", "1": "true"}
    found = {}
    for row in reference:
        if row["year"] in TABLE_YEARS:
            way = {name: truth.get(row[name], row[name]) for name in classes}
            if found.setdefault(row["sector"], way) != way:
                sys.exit(f"sectors42.csv classes {row['sector']} in two ways")
    if wrong := sorted(found.keys() ^ {entry["sector"] for entry in catalogue["sectors"]}):
        sys.exit(f"catalogue.toml and sectors42.csv differ in the sectors {wrong}")
    return [entry | found[entry["sector"]] for entry in catalogue["sectors"]]


def freight_table(reference, provinces):
    """List what carrying a tonne costs between each two capitals, both ways."""
    names = [row["province"] for row in provinces]
    if [(row["origin"], row["destination"]) for row in reference] != [*product(names, names)]:
        sys.exit("freight_cost.csv must have every pair of provinces once, in official order")
    return [row for row in reference if row["origin"] != row["destination"]]


def input_output_tables(folder, catalogue, reference, provinces):
    """Merge the sectors of the input-output tables into those that all years share."""
    order = [entry["sector"] for entry in catalogue["sectors"]]
    names = [row["province"] for row in provinces]
    tables = {}
    for year in TABLE_YEARS:
        key = {row["code"]: row["sector"] for row in reference if row["year"] == year}
        rows = read(folder / f"provincial_{year}.csv")
        tables[f"input_output/provincial_{year}"] = provincial_tables.merged(
            rows, key, order, names
        )
    return tables


def defect_table(tables):
    """List what is wrong with the input-output tables, measured on the tables themselves."""
    product = {
        (row["province"], row["year"]): Decimal(row["value"]) * 10**4
        for row in tables["provincial/gdp_nominal"]
        if row["vintage"] == "pre_census4"
    }
    by_year = {year: tables[f"input_output/provincial_{year}"] for year in TABLE_YEARS}
    return provincial_tables.defects(by_year, tables["sectors"], product)


# ---------------------------------------------------------------------------------- descriptor

OURS = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0 International",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}
LICENCE_NOTE = (
    "The figures are facts published by Chinese statistical authorities; CC BY 4.0 covers this"
    " compilation only. Each was taken from a public repository that carries it, named with its own"
    " licence, or the absence of one, under sources."
)


def descriptor(catalogue, schemas, tables, files):
    """Return the Data Package that describes every table."""
    return {
        "profile": "data-package",
        "name": "dongbei-statistics",
        "title": "Provincial statistics of China for a report on the Northeast",
        "description": "Tidy tables of 31 provinces by vintage, with breaks and provenance; single"
        " published figures; and what five documents claim. " + LICENCE_NOTE,
        "version": max(row["retrieved"] for row in tables["sources"]),
        "licenses": [OURS],
        "sources": [source_entry(row) for row in tables["sources"]],
        "resources": [
            resource(name, schema_of(name, schemas), files[f"{name}.csv"])
            | (figure_properties(name, tables, catalogue) if is_figures(name) else {})
            | unit_properties(schema_of(name, schemas), tables)
            | {"schema": table_schema(name, schemas, tables, catalogue)}
            for name in tables
        ],
    }


def resource(name, about, content):
    """Describe the file of one table."""
    return {
        "profile": "tabular-data-resource",
        "name": slug(name),
        "path": f"{name}.csv",
        "title": about.get("title"),
        "description": about.get("description"),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": "sha256:" + hashlib.sha256(content).hexdigest(),
        "licenses": [OURS],
    }


def slug(name):
    """Return the name of a table as the descriptor writes it."""
    return name.replace("/", "-").replace("_", "-")


def figure_properties(name, tables, catalogue):
    """Return what only a table of figures has: label, unit, kind, vintages and sources."""
    scope, indicator = name.split("/")
    about = catalogue["indicators"][indicator]
    used = {row["source"] for row in tables[name]}
    return {
        "title": f"{about['label_en']}, {'by province' if scope == 'provincial' else 'the nation'}",
        "description": about["definition"],
        "unit": about["unit"],
        "kind": about["kind"],
        "vintages": [
            {
                "vintage": row["vintage"],
                "first_year": int(row["first_year"]),
                "last_year": int(row["last_year"]),
                "missing_years": row["missing_years"],
                "description": row["description"],
                "estimated": row["estimated"] == "true",
            }
            for row in vintages_of(name, tables)
        ],
        "sources": [source_entry(row) for row in tables["sources"] if row["source"] in used],
    }


def unit_properties(about, tables):
    """Return what a table has whose figures share one unit and one source: the two."""
    if "unit" not in about:
        return {}
    sources = [source_entry(row) for row in tables["sources"] if row["source"] == about["source"]]
    return {"unit": about["unit"], "sources": sources}


def table_schema(name, schemas, tables, catalogue):
    """Return the Table Schema of one table, with its unit and vintages if it holds figures."""
    about = schema_of(name, schemas)
    fields = {column: field(column, **entry) for column, entry in about["fields"].items()}
    if is_figures(name):
        indicator = name.split("/")[1]
        vintages = [row["vintage"] for row in vintages_of(name, tables)]
        fields["vintage"]["constraints"]["enum"] = vintages
        fields["value"]["unit"] = catalogue["indicators"][indicator]["unit"]
        if catalogue["indicators"][indicator].get("non_negative", True):
            fields["value"]["constraints"]["minimum"] = 0
    return {
        "fields": list(fields.values()),
        "missingValues": [""],
        "primaryKey": about["primary_key"],
        "foreignKeys": [
            foreign_key(column, target, name, schemas[target]["primary_key"])
            for column, target in about.get("foreign_keys", {}).items()
        ],
    }


def field(name, *, optional=False, constraints=None, **about):
    """Return a field of a Table Schema; it is required unless optional."""
    return {"name": name, **about, "constraints": {"required": not optional, **(constraints or {})}}


def foreign_key(column, target, name, key):
    """Return a foreign key to the key of another table (or, by the empty name, of this one)."""
    return {
        "fields": [column],
        "reference": {"resource": "" if target == name else slug(target), "fields": key},
    }


def read_schemas(path, catalogue):
    """Read `schema.toml`; a table of each year and a column of each sector are written out."""
    schemas = {}
    for name, about in tomllib.loads(path.read_text("utf-8")).items():
        years = TABLE_YEARS if "{year}" in name else ("",)
        for year in years:
            schemas[name.replace("{year}", year)] = about | {
                "title": about.get("title", "").replace("{year}", year),
                "fields": dict(fields_of(about["fields"], year, catalogue["sectors"])),
            }
    return schemas


def fields_of(fields, year, sectors):
    """Yield the columns of a table: those of its year, and for {sector} one of every sector."""
    keys = [entry["sector"] for entry in sectors]
    for column, about in fields.items():
        if year not in about.get("years", [year]):
            continue
        about = {name: value for name, value in about.items() if name != "years"}
        if "{sector}" in about.get("constraints", {}).get("enum", []):
            others = [name for name in about["constraints"]["enum"] if name != "{sector}"]
            about["constraints"] = {"enum": [*keys, *others]}
        if column != "{sector}":
            yield column, about
            continue
        for entry in sectors:
            words = about["description"].replace("{sector_en}", entry["sector_en"])
            yield entry["sector"], about | {"description": words}


def schema_of(name, schemas):
    """Return the entry of `schema.toml` that a table follows."""
    entry = schemas.get(name) or schemas.get(name.split("/")[0])
    if entry is None:
        sys.exit(f"schema.toml does not describe {name}.csv")
    return entry


def is_figures(name):
    """Whether a table holds the figures of an indicator."""
    return name.startswith(SCOPES)


def vintages_of(name, tables):
    """Return the rows of the vintage table that belong to a table of figures."""
    return [row for row in tables["vintages"] if f"{row['scope']}/{row['indicator']}" == name]


def source_entry(row):
    """Return a source as the descriptor shows it."""
    return {
        "title": f"{row['publisher']}: {row['publication']}",
        "path": f"{row['carrier']}/tree/{row['commit']}",
        "publisher": row["publisher"],
        "carrier": {
            "repository": row["carrier"],
            "path": row["path"],
            "commit": row["commit"],
            "licence": row["carrier_licence"],
        },
        "retrieved": row["retrieved"],
    }


# ---------------------------------------------------------------------------------- years, files


def rows_of(figures):
    """Yield every row of every table of figures."""
    for by_indicator in figures.values():
        for rows in by_indicator.values():
            yield from rows


def by_vintage(figures):
    """Yield (scope, indicator, vintage, rows); the rows are sorted by vintage already."""
    for scope, by_indicator in figures.items():
        for indicator, rows in by_indicator.items():
            for vintage, group in groupby(rows, key=lambda row: row["vintage"]):
                yield scope, indicator, vintage, list(group)


def steps(years):
    """Yield (before, after) for consecutive entries of `years` that are more than a year apart."""
    for before, after in pairwise(years):
        if after - before > 1:
            yield before, after


def holes(years):
    """Return the years missing between the first and the last."""
    return [year for before, after in steps(years) for year in range(before + 1, after)]


def span(first, last):
    """Write a range of years."""
    return str(first) if first == last else f"{first}-{last}"


def read(path):
    """Read a CSV file as dictionaries of strings."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def to_csv(rows, names):
    """Write rows as CSV bytes with exactly the columns `names`."""
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def to_json(value):
    """Write JSON bytes."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def generated(folder):
    """Return the generated files that a folder holds."""
    return {p.relative_to(folder).as_posix() for g in GENERATED for p in folder.glob(g)}


def first_difference(files, folder):
    """Name the first file and line that differs from the folder; None where nothing does."""
    for name in sorted(files.keys() | generated(folder)):
        if name not in files:
            return f"{name} is left over"
        if not (folder / name).is_file():
            return f"{name} is missing"
        fresh = files[name].splitlines(keepends=True)
        stored = (folder / name).read_bytes().splitlines(keepends=True)
        for number, (ours, theirs) in enumerate(zip_longest(fresh, stored), 1):
            if ours != theirs:
                return f"{name}, line {number}"
    return None


def write(files, folder):
    """Write all files beside their places, then move each into place; remove what is left over."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".build-") as scratch:
        for name, content in files.items():
            path = Path(scratch) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        for name in files:
            (folder / name).parent.mkdir(exist_ok=True)
            os.replace(Path(scratch) / name, folder / name)
    for name in generated(folder) - files.keys():
        (folder / name).unlink()


if __name__ == "__main__":
    main()
