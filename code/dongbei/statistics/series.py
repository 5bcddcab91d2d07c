"""What a series is: one indicator in one vintage and one unit, at most once per place and year."""

COLUMNS = ("year", "value", "unit", "kind", "indicator", "vintage", "source")


def place_column(frame):
    """Return the name of the column that holds the places, ``"province"`` or ``"region"``."""
    return "region" if "region" in frame.columns else "province"


def check(frame, *, sectors=False):
    """Return the frame if it is one series; with `sectors`, one that may have a column ``sector``.

    Raises
    ------
    ValueError
        If a column is absent, nothing is in it, two vintages, indicators, units or kinds are mixed,
        a value is missing, a place has two values in one year (and sector), or lacks a sector.
    """
    place = place_column(frame)
    absent = [column for column in (place, *COLUMNS) if column not in frame.columns]
    if absent:
        raise ValueError(
            f"a series has the columns {place}, {', '.join(COLUMNS)}; lacking: {', '.join(absent)}."
            " dongbei.statistics.indicator() makes one"
        )
    if frame.empty:
        raise ValueError("the series is empty: choose years and provinces that have figures")
    for column in ("indicator", "vintage", "unit", "kind"):
        found = sorted(frame[column].unique())
        if len(found) > 1:
            raise ValueError(
                f"a series has one {column}; this frame mixes {' and '.join(found)}. Keep one, or"
                " join two vintages on purpose with dongbei.statistics.chain()"
            )
    if frame["value"].isna().any():
        raise ValueError(f"values are missing {where(frame[frame['value'].isna()])}: drop the rows")
    by_sector = sectors and "sector" in frame.columns
    twice = frame.duplicated([place, "year", "sector"] if by_sector else [place, "year"])
    if twice.any():
        if "sector" in frame.columns and not by_sector:
            raise ValueError(
                "the series has several sectors and this needs one value per place and year: keep"
                " one sector, or add them up with dongbei.statistics.total_output()"
            )
        sector = " and sector" if by_sector else ""
        raise ValueError(
            f"two values for one place and year{sector} {where(frame[twice])}: keep one"
        )
    if by_sector:
        number = frame.groupby([place, "year"])["sector"].transform("size")
        lacking = frame[number < frame["sector"].nunique()]
        if not lacking.empty:
            raise ValueError(
                f"a sector has no row {where(lacking.drop_duplicates([place, 'year']))}: keep every"
                " sector for every place and year, with 0 where nothing is made"
            )
    return frame


def the(frame, column):
    """Return the one entry that a column of a series has."""
    return frame[column].iloc[0]


def derived(frame, **columns):
    """Return the series with new columns, rows numbered anew."""
    return frame.assign(**columns).reset_index(drop=True)


def sources_of(*frames):
    """Return the sources of several series as one text, each once."""
    found = {name for frame in frames for text in frame["source"] for name in text.split("; ")}
    return "; ".join(sorted(found))


def where(rows):
    """Write places and years of some rows: ``in Jilin 2001, 2003-2005; Hebei 2001``."""
    place = place_column(rows)
    spans = [
        f"{name} {year_spans(group['year'])}" for name, group in rows.groupby(place, sort=False)
    ]
    more = f"; and {len(spans) - 4} more" if len(spans) > 4 else ""
    return "in " + "; ".join(spans[:4]) + more


def year_spans(years):
    """Write years as spans: 2001, 2003, 2004 and 2005 as ``2001, 2003-2005``."""
    spans = []
    for year in sorted({int(year) for year in years}):
        if spans and year == spans[-1][1] + 1:
            spans[-1][1] = year
        else:
            spans.append([year, year])
    return ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in spans)
