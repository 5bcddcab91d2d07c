"""What is no series: single figures, events on record, prefectures, and freight costs."""

from dongbei.statistics.tables import table


def facts(topic=None):
    """List the single published figures.

    Parameters
    ----------
    topic : str, optional
        Only those of one subject, such as ``"machine tools"``.

    Returns
    -------
    pandas.DataFrame
        ``topic``, ``region``, ``period``, ``indicator``, ``value``, ``out_of`` (the second number
        of "58 of 156"), ``unit``, ``definition``, ``title``, ``publisher``, ``address`` and
        ``reliability``: primary (official statistics) or secondary (press, papers, compilations).

    Raises
    ------
    ValueError
        If there is no such topic; lists them.
    """
    rows = table("facts")
    if topic is None:
        return rows
    found = rows[rows["topic"] == topic]
    if found.empty:
        raise ValueError(f"no topic {topic!r}; there are {', '.join(rows['topic'].unique())}")
    return found.reset_index(drop=True)


def fact(topic, indicator, region, period):
    """Return one published figure as a row of `facts`.

    Raises
    ------
    ValueError
        If there is no topic, no such figure, or several; says what there is.
    """
    rows = facts(topic)
    rows = rows[rows["indicator"] == indicator]
    found = rows[(rows["region"] == region) & (rows["period"] == period)]
    if len(found) == 1:
        return found.iloc[0]
    if found.empty:
        there = ", ".join(f"{row.region} {row.period}" for row in rows.itertuples()) or "none"
        raise ValueError(f"no {indicator!r} for {region} {period}; there are: {there}")
    titles = "; ".join(found["title"])
    raise ValueError(f"several sources give {indicator!r} for {region} {period}: {titles}")


def event(name):
    """Return one event on record: ``event``, ``date`` (year, month or day), ``what``, ``source``.

    Raises
    ------
    ValueError
        If there is none of that name; lists them.
    """
    rows = table("events")
    found = rows[rows["event"] == name]
    if found.empty:
        raise ValueError(f"no event {name!r}; there are {', '.join(rows['event'])}")
    return found.iloc[0]


def prefectures():
    """List the prefecture-level units with their residents in 2010 and 2020, in persons."""
    return table("prefectures")


def freight_cost():
    """List what carrying a tonne costs between each two provinces, by rail, water and road.

    Returns
    -------
    pandas.DataFrame
        ``origin``, ``destination``, ``yuan_per_tonne``; 31 x 30 rows, the same both ways. How far
        provinces are from each other, not a price: the source, a study of grain, is not after 2014.
    """
    return table("freight_cost")
