"""Provincial statistics of China: provinces and regions, indicators by vintage, and comparisons.

``tables`` reads the files of ``data/``; ``provinces`` knows names and the eight regions;
``indicators`` gives the figures of one indicator in one vintage, with the breaks inside it. What
they return is a *series*: a tidy frame with one row per place and year and the columns ``province``
(or ``region``), ``year``, ``value``, ``unit``, ``kind``, ``indicator``, ``vintage`` and ``source``.
Everything else takes series and returns series: ``aggregation`` goes from provinces to regions,
``comparison`` gives shares, growth, ranks and index numbers and chains two vintages, ``units``
converts, multiplies and divides. ``records`` holds what is no series: single published figures,
events, and prefectures at two censuses.
"""

from dongbei.statistics.aggregation import regional_mean, regional_sum, sum_of_provinces
from dongbei.statistics.comparison import (
    chain,
    cumulative_index,
    growth,
    index_number,
    rank,
    regional_share,
    share,
)
from dongbei.statistics.indicators import (
    anomalies,
    breaks,
    indicator,
    indicators,
    national,
    source_line,
    sources,
    vintages,
)
from dongbei.statistics.provinces import members, province_name, provinces, region_name, regions
from dongbei.statistics.records import event, fact, facts, prefectures
from dongbei.statistics.units import convert, demand_potential, product, ratio

__all__ = [
    "anomalies",
    "breaks",
    "chain",
    "convert",
    "cumulative_index",
    "demand_potential",
    "event",
    "fact",
    "facts",
    "growth",
    "index_number",
    "indicator",
    "indicators",
    "members",
    "national",
    "prefectures",
    "product",
    "province_name",
    "provinces",
    "rank",
    "ratio",
    "region_name",
    "regional_mean",
    "regional_share",
    "regional_sum",
    "regions",
    "share",
    "source_line",
    "sources",
    "sum_of_provinces",
    "vintages",
]
