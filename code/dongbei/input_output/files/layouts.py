"""Where the parts of an input-output table stand in a file.

A `Layout` is a value: if your file differs, change what differs, as in
``dataclasses.replace(CEADS, sheet="Table_2015")``. In every layout the intermediate flows come
first; what stands right of them and below is named, in its order, with its part in the table:

================  ===============================================================================
part              meaning
================  ===============================================================================
``final``         a final use; a run of these is repeated for each region (right)
``exports``       what is sold abroad (right)
``error``         the publisher's balancing item (right)
``imports``       right: imports contained in the row's uses, one number per product (a table of
                  competitive imports); below: imported inputs of each column
``-imports``      the same, printed with a minus sign
``value added``   an item of value added (below); items are added up
``=a+b-c``        a printed total of these parts, which the file must keep: ``flows`` or any of the
                  above
``""``            not read
================  ===============================================================================

Labels may be several, separated by ``|``; capitals, stray spaces and leading zeros do not matter.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from dongbei.input_output.tables import BALANCE
from dongbei.statistics import province_name, region_name

RIGHT = ("final", "exports", "error", "imports", "-imports")
BELOW = ("imports", "value added")
MONEY = "10 thousand yuan"


@dataclass(frozen=True)
class Layout:
    """One sheet with a whole table.

    Parameters
    ----------
    right
        Part of each column right of the flows, by its label, in order.
    below
        Part of each row below the flows, by its label, in order.
    first
        First cell of the flows.
    region_row, region_column
        Row and column with the regions; a blank repeats what is before it, as in merged cells.
    sector_row, sector_column
        Row and column with the sectors, or with their codes.
    label_rows, label_columns
        Where the labels of `right` and `below` stand; of several cells, the first not blank.
    name_column
        Column with the names of the sectors, if `sector_column` holds codes.
    regions
        How many; by default as many as the file names, each with sectors of its own. If given,
        all have the same sectors.
    sectors
        How many each region has; by default what stands before the first label of `right`.
    region
        Turns a label into the region's name, or raises ValueError.
    aliases
        Further spellings of regions.
    sheet
        Name of the sheet, or a pattern that fits one sheet only.
    blank_is_zero
        Whether a blank cell stands for zero; otherwise it is refused.
    unit
        Of the amounts.
    tolerance
        Largest gap of a printed total or of a balance, relative to the largest output.
    encoding
        Of a CSV file.

    Raises
    ------
    ValueError
        If a part has an unknown name, or the parts make no table.
    """

    right: Mapping[str, str]
    below: Mapping[str, str]
    first: str = "C3"
    region_row: int = 1
    region_column: str = "A"
    sector_row: int = 2
    sector_column: str = "B"
    label_rows: tuple[int, ...] = (2,)
    label_columns: tuple[str, ...] = ("B", "A")
    name_column: str | None = None
    regions: int | None = None
    sectors: int | None = None
    region: Callable[[str], str] = str
    aliases: Mapping[str, str] = field(default_factory=dict)
    sheet: str = "*"
    blank_is_zero: bool = False
    unit: str = ""
    tolerance: float = BALANCE
    encoding: str = "utf-8-sig"

    def __post_init__(self):
        _check_parts("right", self.right, RIGHT)
        _check_parts("below", self.below, BELOW)
        places = [place for place, part in enumerate(self.right.values()) if part == "final"]
        if not places or places[-1] - places[0] + 1 != len(places):
            raise ValueError("the final uses must be side by side in right, at least one")
        if self.competitive and "imports" in self.below.values():
            raise ValueError(
                "imports stand right of the flows (contained in the uses) or below (apart from "
                "them), not both"
            )
        imported = self.competitive or "imports" in self.below.values()
        if self.open and not (imported and "value added" in self.below.values()):
            raise ValueError("a table with exports needs imports, and value added below")
        if not self.open and (imported or "error" in self.right.values()):
            raise ValueError("a table without exports is a world and has no imports and no error")

    @property
    def open(self) -> bool:
        """Whether the table is of one country's regions, with exports and imports."""
        return "exports" in self.right.values()

    @property
    def competitive(self) -> bool:
        """Whether imports are contained in the uses."""
        return bool({"imports", "-imports"} & {*self.right.values()})

    @property
    def uses(self) -> tuple[str, ...]:
        """Labels of the final uses of each region."""
        return tuple(label for label, part in self.right.items() if part == "final")

    def named(self, label: str) -> str:
        """Name of the region that a label of the file means.

        Raises
        ------
        ValueError
            If it means none.
        """
        if not label:
            raise ValueError("no region is named")
        return self.region(self.aliases.get(label, label))


def plain(label: str) -> str:
    """Return a label without what does not matter: capitals and leading zeros of a code."""
    label = label.strip().casefold()
    return label.lstrip("0") or "0" if label.isdigit() else label


def alternatives(labels: str) -> set[str]:
    """Labels that are separated by ``|``, each without what does not matter."""
    return {plain(one) for one in labels.split("|")}


def addends(formula: str) -> dict[str, int]:
    """Sign of each part in a total such as ``=flows+final-imports``."""
    terms = formula.removeprefix("=").replace("-", "+-").split("+")
    return {term.lstrip("-"): -1 if term.startswith("-") else 1 for term in terms if term}


def _check_parts(side: str, parts: Mapping[str, str], known: tuple[str, ...]) -> None:
    if not parts and side == "right":
        raise ValueError("right must name at least a final use")
    for label, part in parts.items():
        if part.startswith("="):
            there = {"flows", *(one.lstrip("-") for one in parts.values())}
            wrong = [one for one in addends(part) if one not in there]
        else:
            wrong = [part] if part and part not in known else []
        if wrong:
            raise ValueError(
                f"{side} calls {label!r} {part!r}, and {wrong[0]!r} is no part on this side; "
                f"choose among {', '.join(known)}, a total such as '=flows+final', or ''"
            )
    for part in ("exports", "error", "imports", "-imports"):
        if list(parts.values()).count(part) > 1:
            raise ValueError(f"{side} names {part} twice")


def _province_or_other(label: str) -> str:
    """Return the English name of a province, in either language, and any other label as it is."""
    try:
        return label if label.isdigit() else province_name(label)
    except ValueError:
        return label


_CONSUMPTION = {
    "FU101|Rural household consumption|农村居民消费|农村居民消费支出": "final",
    "FU102|Urban household consumption|城镇居民消费|城镇居民消费支出": "final",
    "FU103|Government consumption|政府消费|政府消费支出": "final",
    "FU201|Fixed capital formation|固定资本形成|固定资本形成总额": "final",
    "FU202|Changes in inventories|存货|存货增加|存货变动": "final",
}
_ITEMS = {
    "VA001|Compensation of employees|劳动者报酬": "value added",
    "VA002|Net taxes on production|生产税净额": "value added",
    "VA003|Depreciation of fixed capital|固定资产折旧": "value added",
    "VA004|Operating surplus|营业盈余": "value added",
    "TVA|Total value added|增加值合计": "=value added",
}
_SPELLINGS = {
    "Shannxi": "Shaanxi",
    "InnerMongolia": "Inner Mongolia",
    "Neimenggu": "Inner Mongolia",
    "内蒙": "内蒙古",
    "Xizang": "Tibet",
}

CEADS = Layout(
    right={
        "TIU|Total intermediate use|中间使用|中间使用合计": "=flows",
        **_CONSUMPTION,
        "EX|Export|Exports|出口": "exports",
        "TFU|Total final use|最终使用合计": "=final+exports",
        "ERR|Errors|Error|Others|误差|其他": "error",
        "GO|Gross output|总产出": "=flows+final+exports+error",
    },
    below={
        "IM|Import|Imports|进口": "imports",
        "TII|Total intermediate input|中间投入合计": "=flows+imports",
        **_ITEMS,
        "TI|Total input|总投入": "=flows+imports+value added",
    },
    first="D5",
    region_row=2,
    region_column="A",
    sector_row=4,
    sector_column="C",
    label_rows=(4, 3),
    label_columns=("C", "B", "A"),
    name_column="B",
    regions=31,
    sectors=42,
    region=province_name,
    aliases=_SPELLINGS,
    sheet="Table*",
    unit=MONEY,
)
"""Tables of 31 provinces and 42 sectors, 2012, 2015 and 2017 (CEADs; Zheng and others, 2021,
Scientific Data, 10.1038/s41597-021-01023-5). The layout follows public programs that read the
files, not a file itself, and the copies differ: name the sheet if several fit; an English sheet of
2017 lacks the column TIU."""

EIGHT_REGIONS = Layout(
    right={
        "TIU|Total intermediate use|中间使用合计": "=flows",
        **_CONSUMPTION,
        "EX|Export|Exports|出口": "exports",
        "ERR|Errors|误差|其他": "error",
        "GO|Gross output|总产出": "=flows+final+exports+error",
    },
    below={
        "IM|Import|Imports|进口": "imports",
        "TII|Total intermediate input|中间投入合计": "=flows+imports",
        **_ITEMS,
        "TI|Total input|总投入": "=flows+imports+value added",
    },
    first="C4",
    region_row=2,
    sector_row=3,
    label_rows=(3,),
    regions=8,
    region=region_name,
    unit=MONEY,
)
"""Tables of eight regions with imported inputs apart (State Information Center; Zhang and Qi,
2012), in 17 or 30 sectors. A guess at the printed form, to be adjusted to the file at hand."""

EIGHT_REGIONS_COMPETITIVE = replace(
    EIGHT_REGIONS,
    right={
        "TIU|Total intermediate use|中间使用合计": "=flows",
        **_CONSUMPTION,
        "EX|Export|Exports|出口": "exports",
        "IM|Import|Imports|进口": "-imports",
        "ERR|Errors|误差|其他": "error",
        "GO|Gross output|总产出": "=flows+final+exports-imports+error",
    },
    below={
        "TII|Total intermediate input|中间投入合计": "=flows",
        **_ITEMS,
        "TI|Total input|总投入": "=flows+value added",
    },
)
"""The same where imports are contained in the uses and taken off in a column with a minus sign."""

TEMPLATE = Layout(
    right={
        "final use": "final",
        "exports": "exports",
        "output": "=flows+final+exports",
    },
    below={
        "imports": "imports",
        "value added": "value added",
        "output": "=flows+imports+value added",
    },
    region=_province_or_other,
    sheet="table",
)
"""Our own template for the regions of a country."""

WORLD_TEMPLATE = Layout(
    right={"final use": "final", "output": "=flows+final"},
    below={"value added": "value added", "output": "=flows+value added"},
    region=_province_or_other,
    sheet="table",
)
"""Our own template for a world."""
