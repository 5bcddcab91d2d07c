"""Input-output tables of the provinces, 2002, 2007, 2012 and 2017, in 35 sectors.

``provincial`` gives one table (or all of a year) as a `ProvincialTable`: who uses the products of
each sector, what they are made of, and what is traded across the province's border; a table that
does not balance cannot be made. ``evidence`` says what a single region's table shows without any
estimate of who trades with whom: how much of the output is exported or leaves for other provinces,
how much of what is used comes from abroad or can be met from the province's own output, for any
set of sectors and any group of provinces. What is wrong with the tables as published is in
``input_output/defects.csv`` of the data.
"""

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
from dongbei.input_output.provincial import (
    ProvincialTable,
    defects,
    provincial_table,
    provincial_tables,
)

__all__ = [
    "ProvincialTable",
    "defects",
    "domestic_inflow_share",
    "domestic_outflow_share",
    "export_share",
    "import_content",
    "inflow_share",
    "net_outflow",
    "outflow_share",
    "provincial_table",
    "provincial_tables",
    "self_sufficiency",
]
