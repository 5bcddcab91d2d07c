"""Which sectors of which regions matter most: weights, influence and how concentrated supply is."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dongbei.input_output import RegionalTable, upstreamness
from dongbei.resilience.disruption.network import SupplyNetwork
from dongbei.resilience.disruption.static import single_cuts


def domar_weights(table: RegionalTable) -> NDArray:
    """Return each row's output over all value added. Shape (n,).

    What a productivity shock of one percent in the row does to the whole, to first order and
    without frictions, in percent. They add up to more than one: outputs contain inputs.

    Raises
    ------
    ValueError
        If the table has no value added.

    References
    ----------
    Hulten (1978), Review of Economic Studies 45 (3).
    """
    if not (total := table.value_added.sum()) > 0:
        raise ValueError(f"outputs are weighed by value added: all of the table's is {total:g}")
    return table.output / total


def influence(table: RegionalTable, primary_share: float | None = None) -> NDArray:
    """Return the influence vector: the weight of each row when all sectors weigh alike in use.

    Only who delivers to whom counts, not size: consumers spend the same on every product, and all
    sectors spend the same part of their cost on primary inputs.

    Parameters
    ----------
    table
        Rows that make nothing are left out and have no influence.
    primary_share
        a: primary inputs over cost, above 0 and up to 1; by default all of the table's over its
        output.

    Returns
    -------
    ndarray
        v = (a / n) (I - (1 - a) W')^-1 1, W the shares of suppliers (columns) in the inputs of
        users (rows). Shape (n,); adds up to one if every sector has inputs.

    Raises
    ------
    ValueError
        If the share is not above 0 and up to 1, or the table makes nothing.

    References
    ----------
    Acemoglu, Carvalho, Ozdaglar and Tahbaz-Salehi (2012), Econometrica 80 (5), equation (4).
    """
    if not table.output.any():
        raise ValueError("the table makes nothing: no row has an influence")
    if primary_share is None:
        primary_share = float(1 - table.flows.sum() / table.output.sum())
    if not 0 < primary_share <= 1:
        raise ValueError(f"primary_share must be above 0 and up to 1, not {primary_share!r}")
    made = np.flatnonzero(table.output)
    flows = table.flows[np.ix_(made, made)]
    bought = flows.sum(axis=0)
    suppliers = np.divide(flows, bought, out=np.zeros_like(flows), where=bought > 0)
    found = np.zeros(len(table.output))
    system = np.eye(len(made)) - (1 - primary_share) * suppliers
    found[made] = np.linalg.solve(system, np.full(len(made), primary_share / len(made)))
    return found


def supplier_concentration(network: SupplyNetwork) -> pd.DataFrame:
    """Return how few regions stand behind what the producers of a region buy of a product.

    Returns
    -------
    DataFrame
        product, region (of the buyers), bought (money), largest (the region that delivers most),
        share (its share), concentration (Herfindahl's index: sum of squared shares, from one over
        the number of regions to 1). Rows where nothing is bought are absent. Imports are no source
        here: the table does not say of what product they are.
    """
    table = network.table
    m, k = len(table.names), len(network.products)
    flows = network.sources * (network.needs * table.output)[network.product_of]
    columns = np.stack([flows[:, block].sum(axis=1) for block in table.blocks], axis=1)
    sold = np.zeros((k, m, m))  # product, origin, buyers
    np.add.at(sold, (network.product_of, table.region_of), columns)
    bought = sold.sum(axis=1)
    shares = np.divide(sold, bought[:, None], out=np.zeros_like(sold), where=bought[:, None] > 0)
    product, region = np.nonzero(bought > 0)
    first = shares.argmax(axis=1)[product, region]
    return pd.DataFrame(
        {
            "product": np.array(network.products)[product],
            "region": np.array(table.names)[region],
            "bought": bought[product, region],
            "largest": np.array(table.names)[first],
            "share": shares[product, first, region],
            "concentration": (shares**2).sum(axis=1)[product, region],
        }
    )


def critical_nodes(table: RegionalTable) -> pd.DataFrame:
    """Return what the measures say of each row, side by side.

    Returns
    -------
    DataFrame
        region, sector, output (money), domar_weight, influence, upstreamness, backward and forward
        (value added lost if the row no longer delivers to anybody, over all value added: see
        `single_cuts`), for rows that make something.
    """
    total = table.value_added.sum()
    frame = upstreamness(table)[["region", "sector", "upstreamness"]].assign(
        output=table.output,
        domar_weight=domar_weights(table),
        influence=influence(table),
        backward=single_cuts(table) / total,
        forward=single_cuts(table, direction="forward") / total,
    )
    columns = ["region", "sector", "output", "domar_weight", "influence", "upstreamness"]
    return frame.loc[table.output > 0, [*columns, "backward", "forward"]].reset_index(drop=True)
