"""What a series is: one indicator in one vintage and one unit, at most once per place and year."""

COLUMNS = ("year", "value", "unit", "kind", "indicator", "vintage", "source")


def place_column(frame):
    """Return the name of the column that holds the places, ``"province"`` or ``"region"``."""
    return "region" if "region" in frame.columns else "province"


def check(frame):
    """Return the frame if it is one series.

    Raises
    ------
    ValueError
        If a column is absent, nothing is in it, two vintages, indicators, units or kinds are mixed,
        a value is missing, or a place has two values in one year.
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
    twice = frame.duplicated([place, "year"])
    if twice.any():
        raise ValueError(f"two values for one place and year {where(frame[twice])}: keep one")
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
