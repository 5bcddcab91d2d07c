"""Tables from files and from other people's objects.

``readers`` reads a sheet of a workbook or a CSV file by a `Layout`, which says where things stand;
``matrices`` reads tables that come as matrices, ``systems`` those that pymrio has parsed, and
``templates`` writes the empty sheet of our own layout. ``sheets`` opens files that nobody vouches
for.
"""

from dongbei.input_output.files.layouts import (
    CEADS,
    EIGHT_REGIONS,
    EIGHT_REGIONS_COMPETITIVE,
    TEMPLATE,
    WORLD_TEMPLATE,
    Layout,
)
from dongbei.input_output.files.matrices import INTERPROVINCIAL, Matrices, read_matrices
from dongbei.input_output.files.readers import read_table
from dongbei.input_output.files.systems import from_pymrio
from dongbei.input_output.files.templates import write_template

__all__ = [
    "CEADS",
    "EIGHT_REGIONS",
    "EIGHT_REGIONS_COMPETITIVE",
    "INTERPROVINCIAL",
    "TEMPLATE",
    "WORLD_TEMPLATE",
    "Layout",
    "Matrices",
    "from_pymrio",
    "read_matrices",
    "read_table",
    "write_template",
]
