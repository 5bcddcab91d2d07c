"""Participation in value chains as an estimated table has it, by more than one definition."""

import pandas as pd

from dongbei.input_output.domestic import domestic_participation, outflow_content, term_shares
from dongbei.input_output.estimation.suppliers import labels_of
from dongbei.input_output.estimation.trade import eight_regions
from dongbei.input_output.tables import InterregionalTable

MEASURES = {
    "forward": "value added of the region that other regions pass on",
    "backward": "value added that came through other regions, in what the region delivers",
    "content": "value added of other regions in what the region sells them",
    "imports": "imported inputs in what the region sells to other regions",
    "abroad": "value added of the region that is exported, directly or by other regions",
}
"""What the measures are; each is a share in percent."""


def participation_measures(
    table: InterregionalTable, sectors: str | None = "industry"
) -> dict[tuple[str, str], float]:
    """Measure how far the eight regions take part in domestic and global chains.

    Parameters
    ----------
    table
        Of provinces.
    sectors
        A part that ``statistics.sectors`` knows: whose value added, and whose outflow. All sectors
        take part in the chains. All if None.

    Returns
    -------
    dict
        {(measure, region): percent}, with the measures of `MEASURES`. Forward and abroad are over
        the value added that sales call for, without the balancing item; what that is of the value
        added there is, is the measure ``placed``. Backward is over deliveries to final use and
        abroad.
    """
    eight = table.aggregated(eight_regions(table.names))
    chosen = sorted(set(labels_of(sectors)) & set(eight.sectors))
    paths = domestic_participation(eight)
    paths = paths[paths["sector"].isin(chosen)]
    forward, backward = (
        _wide(paths[paths["direction"] == side], "region") for side in ("forward", "backward")
    )
    content = _wide(outflow_content(eight, chosen), "exporter")
    placed = 1 - forward["balancing"]
    shares = {
        "forward": (forward["chain"] + forward["chain_export"]) / placed,
        "abroad": (forward["export"] + forward["chain_export"]) / placed,
        "backward": backward["chain"],
        "content": content["other"],
        "imports": content["import"],
        "placed": placed,
    }
    return {
        (measure, region): float(100 * value)
        for measure, values in shares.items()
        for region, value in values.items()
    }


def _wide(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return the share of each term, a row for each region."""
    shares = term_shares(frame.astype({"term": str, by: str}), [by])
    return shares.pivot_table("value", by, "term", sort=False)
