"""Input-output tables and the value chains in them.

``tables`` holds a closed table of a world's regions (`WorldTable`) and an open one of a country's
(`InterregionalTable`), checked when they are made; ``decomposition`` splits trade by who made the
value added in it and where it is used, ``participation`` production by the borders it passes,
``domestic`` value chains between the regions of a country; ``conversions`` leads from an open table
to a closed one and back.

Of the provinces, 2002, 2007, 2012 and 2017, in 35 sectors, ``provincial`` gives one table (or all
of a year) as a `ProvincialTable`: who uses the products of each sector, what they are made of, and
what is traded across the province's border; a table that does not balance cannot be made.
``evidence`` says what a single region's table shows without any estimate of who trades with whom:
how much of the output is exported or leaves for other provinces, how much of what is used comes
from abroad or can be met from the province's own output, for any set of sectors and any group of
provinces. What is wrong with the tables as published is in ``input_output/defects.csv`` of the
data.

Nobody published who trades with whom. ``balancing`` fits matrices to margins, and ``estimation``
makes inter-regional tables that are called estimated wherever they show, an ensemble of them under
other assumptions, the bounds that hold without any, and a validation where the truth is known.
``opening`` is the smallest table in which the documents' argument can be seen.

Examples
--------
A table of 31 provinces, estimated; what it estimates is in its name and its type:

>>> from dongbei import input_output
>>> table = input_output.estimated_table(2012)
>>> type(table).__name__, len(table.names), table.output.shape
('EstimatedTable', 31, (1085,))
"""

from dongbei.input_output.balancing import Balanced, gras, reconcile
from dongbei.input_output.conversions import closed, noncompetitive, opened
from dongbei.input_output.decomposition import (
    borin_mancini,
    koopman_wang_wei,
    value_added_trade,
    wang_wei_zhu,
)
from dongbei.input_output.domestic import (
    content_per_unit,
    domestic_participation,
    domestic_participation_shares,
    export_content,
    exported_value_added,
    nested_participation,
    origin_shares,
    outflow_content,
    term_shares,
)
from dongbei.input_output.estimation import (
    MEASURES,
    Assumptions,
    EstimatedTable,
    Margins,
    draw_assumptions,
    eight_regions,
    ensemble,
    estimated_table,
    gravity,
    margins,
    participation_measures,
    printed_bounds,
    printed_evidence,
    printed_shares,
    ranges,
    share_bounds,
    trade,
    validate,
)
from dongbei.input_output.evidence import (
    domestic_inflow_share,
    domestic_outflow_share,
    export_share,
    import_content,
    inflow_share,
    net_outflow,
    outflow_share,
    self_sufficiency,
)
from dongbei.input_output.files import (
    CEADS,
    EIGHT_REGIONS,
    EIGHT_REGIONS_COMPETITIVE,
    INTERPROVINCIAL,
    TEMPLATE,
    WORLD_TEMPLATE,
    Layout,
    Matrices,
    from_pymrio,
    read_matrices,
    read_table,
    write_template,
)
from dongbei.input_output.participation import (
    extraction,
    participation,
    participation_shares,
    production_lengths,
    trade_in_value_added,
    upstreamness,
)
from dongbei.input_output.provincial import (
    ProvincialTable,
    defects,
    provincial_table,
    provincial_tables,
)
from dongbei.input_output.tables import InterregionalTable, RegionalTable, WorldTable

__all__ = [
    "CEADS",
    "EIGHT_REGIONS",
    "EIGHT_REGIONS_COMPETITIVE",
    "INTERPROVINCIAL",
    "MEASURES",
    "TEMPLATE",
    "WORLD_TEMPLATE",
    "Assumptions",
    "Balanced",
    "EstimatedTable",
    "InterregionalTable",
    "Layout",
    "Margins",
    "Matrices",
    "ProvincialTable",
    "RegionalTable",
    "WorldTable",
    "borin_mancini",
    "closed",
    "content_per_unit",
    "defects",
    "domestic_inflow_share",
    "domestic_outflow_share",
    "domestic_participation",
    "domestic_participation_shares",
    "draw_assumptions",
    "eight_regions",
    "ensemble",
    "estimated_table",
    "export_content",
    "export_share",
    "exported_value_added",
    "extraction",
    "from_pymrio",
    "gras",
    "gravity",
    "import_content",
    "inflow_share",
    "koopman_wang_wei",
    "margins",
    "nested_participation",
    "net_outflow",
    "noncompetitive",
    "opened",
    "origin_shares",
    "outflow_content",
    "outflow_share",
    "participation",
    "participation_measures",
    "participation_shares",
    "printed_bounds",
    "printed_evidence",
    "printed_shares",
    "production_lengths",
    "provincial_table",
    "provincial_tables",
    "ranges",
    "read_matrices",
    "read_table",
    "reconcile",
    "self_sufficiency",
    "share_bounds",
    "term_shares",
    "trade",
    "trade_in_value_added",
    "upstreamness",
    "validate",
    "value_added_trade",
    "wang_wei_zhu",
    "write_template",
]
