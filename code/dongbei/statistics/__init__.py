"""Provincial statistics of China: provinces and regions, indicators by vintage, and comparisons.

``tables`` reads the files of ``data/``; ``provinces`` knows names and the eight regions;
``indicators`` gives the figures of one indicator in one vintage, with the breaks inside it. What
they return is a *series*: a tidy frame with one row per place and year and the columns ``province``
(or ``region``), ``year``, ``value``, ``unit``, ``kind``, ``indicator``, ``vintage`` and ``source``.
Everything else takes series and returns series: ``aggregation`` goes from provinces to regions,
``comparison`` gives shares, growth, ranks and index numbers and chains two vintages, ``units``
converts, multiplies and divides. ``structure`` reads what provinces make by ``sector`` (a series
with that column besides) and measures how specialised, concentrated, diverse and alike places are;
its results are series again. ``records`` holds what is no series: single published figures,
events, prefectures at two censuses, and freight costs between provinces.

Examples
--------
The Northeast's part of the provinces' product in the statistics of today:

>>> from dongbei import statistics
>>> statistics.members("Northeast")
('Liaoning', 'Jilin', 'Heilongjiang')
>>> product = statistics.indicator("gdp_nominal", "census5", years=[2023])
>>> share = statistics.regional_share(product).set_index("region")
>>> round(float(share.loc["Northeast", "value"]), 1)
4.8
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
from dongbei.statistics.records import event, fact, facts, freight_cost, prefectures
from dongbei.statistics.structure import (
    concentration,
    dissimilarity,
    effective_number,
    entropy,
    group_dissimilarity,
    largest_share,
    location_quotient,
    pairwise_dissimilarity,
    sector_output,
    sector_share,
    sectors,
    specialisation,
    theil_index,
    total_output,
)
from dongbei.statistics.units import convert, demand_potential, product, ratio

__all__ = [
    "anomalies",
    "breaks",
    "chain",
    "concentration",
    "convert",
    "cumulative_index",
    "demand_potential",
    "dissimilarity",
    "effective_number",
    "entropy",
    "event",
    "fact",
    "facts",
    "freight_cost",
    "group_dissimilarity",
    "growth",
    "index_number",
    "indicator",
    "indicators",
    "largest_share",
    "location_quotient",
    "members",
    "national",
    "pairwise_dissimilarity",
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
    "sector_output",
    "sector_share",
    "sectors",
    "share",
    "source_line",
    "sources",
    "specialisation",
    "sum_of_provinces",
    "theil_index",
    "total_output",
    "vintages",
]
