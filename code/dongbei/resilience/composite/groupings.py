"""The leaves of a design by node, under another grouping, and where two groupings meet."""

import pandas as pd

from dongbei.resilience.composite.design import Design, Node


def coverage(design: Design) -> pd.DataFrame:
    """Say for each node how many of its leaves have data.

    Returns
    -------
    pandas.DataFrame
        ``node``, ``label``, ``leaves``, ``measured``, ``share`` (of the number of leaves).
    """
    rows = []
    for name, node in design.nodes.items():
        under = design.leaves_below(name)
        held = sum(design.leaves[leaf].status == "measured" for leaf in under)
        rows.append((name, node.label or name, len(under), held, held / len(under)))
    return pd.DataFrame(rows, columns=["node", "label", "leaves", "measured", "share"])


def regrouped(design: Design, group: str) -> Design:
    """Hang the leaves under another grouping: one node for each of its names, below the root.

    Leaves that the grouping does not name are left out, and so are choices and weights that belong
    to the old nodes.

    Raises
    ------
    ValueError
        If no leaf has the grouping.
    """
    leaves = {
        name: leaf.model_copy(update={"parent": leaf.groups[group]})
        for name, leaf in design.leaves.items()
        if group in leaf.groups
    }
    if not leaves:
        known = sorted({name for leaf in design.leaves.values() for name in leaf.groups})
        raise ValueError(f"no leaf has a {group!r}; groupings are {', '.join(known) or 'none'}")
    nodes = {design.root: Node(label=design.nodes[design.root].label)}
    nodes |= {leaf.parent: Node(parent=design.root, label=leaf.parent) for leaf in leaves.values()}
    kept = {name: getattr(design, name) for name in type(design).model_fields}
    kept |= {"nodes": nodes, "leaves": leaves, "choices": {}, "noise": None}
    return Design.model_validate(kept)


def crossing(design: Design, rows: str, columns: str) -> pd.DataFrame:
    """Count the leaves where two groupings meet.

    Returns
    -------
    pandas.DataFrame
        ``rows``, ``columns`` (names of the groups), ``leaves``, ``measured``.
    """
    places = [
        (leaf.groups[rows], leaf.groups[columns], leaf.status == "measured")
        for leaf in design.leaves.values()
        if rows in leaf.groups and columns in leaf.groups
    ]
    frame = pd.DataFrame(places, columns=["rows", "columns", "measured"])
    found = frame.groupby(["rows", "columns"], sort=False)["measured"].agg(["size", "sum"])
    return found.set_axis(["leaves", "measured"], axis=1).reset_index()
