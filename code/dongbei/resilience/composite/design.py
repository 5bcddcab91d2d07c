"""The file that describes an index: its tree, and what is done to the numbers on the way up.

A design is a tree of nodes over leaves and five steps: missing values, outliers, normalisation,
weights, aggregation. `dongbei.resilience.composite.files` reads one from YAML.
"""

from functools import cached_property
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)

Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class Part(BaseModel):
    """A part of a design: it cannot be changed, and knows no other fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Missing(Part):
    """What becomes of a cell without a figure.

    Attributes
    ----------
    method
        ``none`` leaves it open (the mean above runs over what is there), ``mean`` and ``median``
        take those of the same year, within `group` where given.
    carry
        First, the last figure of the unit up to so many years before.
    group
        Name of a grouping of the units.
    unit_coverage, node_coverage
        Least share of the leaves that a unit must have of its own, carried ones included, to stay
        in the index; least weight of the children that must be there for a node to have a score.
    """

    method: Literal["none", "mean", "median"] = "none"
    carry: int = Field(default=0, ge=0)
    group: str | None = None
    unit_coverage: Share = 0.0
    node_coverage: Share = 0.0


class Treatment(Part):
    """What becomes of outliers; see `dongbei.resilience.composite.treatment`.

    Attributes
    ----------
    method
        ``none`` or ``winsorise``.
    skewness, kurtosis
        A leaf is treated if both are passed (absolute skewness; excess kurtosis).
    most
        Points that may be moved.
    fallback
        What to do if they are not enough: ``none``, ``log`` or ``box-cox``.
    """

    method: Literal["none", "winsorise"] = "none"
    skewness: float = Field(default=2.0, gt=0)
    kurtosis: float = Field(default=3.5, gt=0)
    most: int = Field(default=5, ge=0)
    fallback: Literal["none", "log", "box-cox"] = "none"


class Normalisation(Part):
    """How leaves come to one scale; see `dongbei.resilience.composite.normalisation`.

    Attributes
    ----------
    method
        ``minmax``, ``zscore``, ``rank``, ``percentile`` (rank / n), ``percentile rank`` ((rank - 1)
        / (n - 1)), ``goalposts``, ``reference`` (distance to a unit), ``target``, ``best``.
    low, high
        Ends of the scale; of ``zscore``, mean and mean plus one standard deviation. Ranks of
        ``rank`` stay as they are.
    outside
        What becomes of a value beyond its goalposts or its target: ``refuse``, ``clip``, ``keep``.
    unit
        Name of the unit of ``reference``.
    within
        Whether minimum, mean and rank are those of all years together or of each year.
    """

    method: Literal[
        "minmax", "zscore", "rank", "percentile", "percentile rank",
        "goalposts", "reference", "target", "best",
    ] = "minmax"  # fmt: skip
    low: Number = 0.0
    high: Number = 1.0
    outside: Literal["refuse", "clip", "keep"] = "refuse"
    unit: str | None = None
    within: Literal["all years", "each year"] = "all years"

    @model_validator(mode="after")
    def _consistent(self):
        if self.low >= self.high:
            raise ValueError(f"low {self.low:g} is not below high {self.high:g}")
        if (self.method == "reference") != (self.unit is not None):
            raise ValueError("reference needs the name of its unit, and no other method takes one")
        return self


class Power(Part):
    """A generalised mean: (sum of w x^p) ^ (1 / p); power 0 is the geometric mean."""

    power: Number


class BenefitOfTheDoubt(Part):
    """Each unit has the weights that suit it best (Cherchye et al. 2007).

    `lower` and `upper` bound each child's share of the sum of weights.
    """

    benefit_of_the_doubt: Literal[True]
    lower: Share = 0.0
    upper: Share = 1.0


class Judgements(Part):
    """Pairwise comparisons: ``{food: {energy: 3}}`` says that food matters three times as much."""

    ahp: dict[str, dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]]]
    largest_ratio: float = Field(default=0.1, gt=0)


Mean = Literal["arithmetic", "geometric", "harmonic", "median", "copeland", "kemeny"]
Scheme = Literal["given", "equal", "pca", "entropy", "critic", "optimised"]


def form(value) -> str:
    """Say which of several ways to put a step is meant, so that errors speak of that one."""
    for one in (Power, BenefitOfTheDoubt, Judgements):
        key = next(iter(one.model_fields))
        if isinstance(value, one) or (isinstance(value, dict) and key in value):
            return one.__name__
    return "name"


Aggregation = Annotated[
    Annotated[Mean, Tag("name")]
    | Annotated[Power, Tag("Power")]
    | Annotated[BenefitOfTheDoubt, Tag("BenefitOfTheDoubt")],
    Discriminator(form),
]
Weighting = Annotated[
    Annotated[Scheme, Tag("name")] | Annotated[Judgements, Tag("Judgements")],
    Discriminator(form),
]


class Leaf(Part):
    """An indicator, or one that would be needed and that nobody publishes.

    Attributes
    ----------
    parent, weight
        Node above it, and its weight there.
    direction
        1 if more is better, -1 if less is.
    column, denominator, scale
        Columns of the table and a factor: the figure is scale * column / denominator; the column
        is the leaf's name unless given.
    logarithm
        Whether it enters as its logarithm.
    goalposts, target
        Worst and best value, and the value aimed at, for the normalisations that take them.
    treat
        Whether outliers are treated.
    normalisation
        Its own normalisation.
    status
        ``measured``, or ``no open data``, or ``not carried`` if figures are published and not among
        the tables at hand. A leaf that is not measured stands in the tree and enters nothing.
    groups
        Its place in other groupings, such as ``{path: technology}``.
    label, label_zh, definition, unit, source, years, rationale, passage
        Words about it; the passage is where a document asks for it.
    """

    parent: str
    direction: Literal[1, -1]
    weight: Weight = 1.0
    column: str | None = None
    denominator: str | None = None
    scale: Number = 1.0
    logarithm: bool = False
    goalposts: tuple[Number, Number] | None = None
    target: Number | None = None
    treat: bool = True
    normalisation: Normalisation | None = None
    status: Literal["measured", "no open data", "not carried"] = "measured"
    groups: dict[str, str] = {}
    label: str = ""
    label_zh: str = ""
    definition: str = ""
    unit: str = ""
    source: str = ""
    years: str = ""
    rationale: str = ""
    passage: str = ""

    @model_validator(mode="after")
    def _ordered(self):
        if self.goalposts and self.goalposts[0] >= self.goalposts[1]:
            low, high = self.goalposts
            raise ValueError(
                f"goalposts {low:g}, {high:g} are inverted: give the lower number first and let "
                "direction say which end is good"
            )
        fixed = [*(self.goalposts or ()), *([] if self.target is None else [self.target])]
        if self.logarithm and min(fixed, default=1) <= 0:
            raise ValueError(
                "a leaf that enters as its logarithm needs goalposts and a target above 0"
            )
        return self


class Node(Part):
    """A node of the tree; the root has no parent."""

    parent: str | None = None
    weight: Weight = 1.0
    weights: Weighting | None = None
    aggregation: Aggregation | None = None
    coverage: Share | None = None
    label: str = ""
    label_zh: str = ""
    rationale: str = ""
    passage: str = ""


class Noise(Part):
    """Weights drawn at random: each times 1 + u, u uniform between -relative and relative."""

    relative: float = Field(gt=0, lt=1)
    draws: int = Field(default=1000, ge=2)


class Design(Part):
    """An index, completely.

    Attributes
    ----------
    years
        Years of the index; rows of other years only serve to be carried forward.
    nodes, leaves
        By name.
    missing, treatment, normalisation, weights, aggregation
        The five steps; a leaf may have its own normalisation, a node its own weights and means.
    decimals, ties
        Decimals to which scores are rounded before they are ranked (none: only what is lost in
        computing), and the rank of equal scores, as in `scipy.stats.rankdata`.
    choices
        Name -> option -> field -> value: what could as well have been done. A field is a path
        with dots, such as ``nodes.index.aggregation``.
    noise
        How far weights could be different.
    """

    title: str
    years: tuple[int, ...] | None = None
    nodes: dict[str, Node]
    leaves: dict[str, Leaf]
    missing: Missing = Missing()
    treatment: Treatment = Treatment()
    normalisation: Normalisation = Normalisation()
    weights: Weighting = "given"
    aggregation: Aggregation = "arithmetic"
    decimals: int | None = Field(default=None, ge=0)
    ties: Literal["min", "average", "max", "dense"] = "min"
    choices: dict[str, dict[str, dict[str, object]]] = {}
    noise: Noise | None = None

    @model_validator(mode="after")
    def _is_a_tree(self):
        check_tree(self)
        for name, options in self.choices.items():
            check_choice(self, name, options)
        return self

    @cached_property
    def root(self) -> str:
        """Name of the node without a parent."""
        return next(name for name, node in self.nodes.items() if node.parent is None)

    @cached_property
    def measured(self) -> tuple[str, ...]:
        """Names of the leaves that have data."""
        return tuple(name for name, leaf in self.leaves.items() if leaf.status == "measured")

    @cached_property
    def children(self) -> dict[str, tuple[str, ...]]:
        """Children that enter the index by node; every node stands after those below it.

        What has weight 0 does not enter, nor does anything below it.
        """
        elements = {**self.nodes, **{name: self.leaves[name] for name in self.measured}}
        heavy = {name for name, element in elements.items() if element.weight > 0}
        entering = {*heavy, self.root}
        order = sorted(self.nodes, key=lambda name: -len(above(self, name)))
        below: dict[str, tuple[str, ...]] = {}
        for name in order:
            if not {name, *above(self, name)} <= entering:
                continue
            inside = tuple(
                child for child, element in elements.items()
                if element.parent == name and child in heavy
                and (child in self.leaves or child in below)
            )  # fmt: skip
            if inside:
                below[name] = inside
        return below

    def leaves_below(self, node: str) -> tuple[str, ...]:
        """Name the leaves under a node, those without data included."""
        return tuple(
            name for name, leaf in self.leaves.items() if node in (leaf.parent, *above(self, name))
        )

    def replaced(self, fields: dict[str, object]) -> "Design":
        """Return the design with other values of some fields, named by paths with dots."""
        content = self.model_dump()
        for path, value in fields.items():
            *folders, last = split(self, path)
            place = content
            for folder in folders:
                place = place[folder]
            place[last] = value
        try:
            return Design.model_validate(content)
        except ValidationError as error:
            raise ValueError("\n".join(fault(content, one)[1] for one in error.errors())) from None


def above(design: Design, name: str) -> list[str]:
    """Name the nodes above an element, from the nearest to the root."""
    element = design.leaves.get(name) or design.nodes[name]
    path = []
    while element.parent is not None:
        path.append(element.parent)
        element = design.nodes[element.parent]
    return path


def check_tree(design: Design) -> None:
    """Refuse anything that is not one tree with a measured leaf."""
    check_names(design)
    check_parents(design)
    if design.root not in design.children:
        raise ValueError("leaves: none is measured and has weight; the index would be empty")
    check_judgements(design)


def check_names(design: Design) -> None:
    """Refuse names with a dot, and one name for two things."""
    for kind, elements in (("nodes", design.nodes), ("leaves", design.leaves)):
        for name in elements:
            if "." in name:
                raise ValueError(f"{kind}: the name {name!r} has a dot, which divides paths")
            if kind == "leaves" and name in design.nodes:
                raise ValueError(f"leaves.{name}: a node has this name too; choose another one")


def check_parents(design: Design) -> None:
    """Refuse unknown parents, circles, more or less than one root, and nodes without children."""
    for kind, elements in (("nodes", design.nodes), ("leaves", design.leaves)):
        for name, element in elements.items():
            if element.parent is not None and element.parent not in design.nodes:
                raise ValueError(
                    f"{kind}.{name}: no node is called {element.parent!r}, its parent; the nodes "
                    f"are {', '.join(design.nodes)}"
                )
    for name in design.nodes:
        seen, at = [name], design.nodes[name].parent
        while at is not None:
            if at in seen:
                raise ValueError(
                    f"nodes.{name}: its parents run in a circle: {' -> '.join([*seen, at])}"
                )
            seen.append(at)
            at = design.nodes[at].parent
    roots = [name for name, node in design.nodes.items() if node.parent is None]
    if not roots:
        raise ValueError("nodes: there is none, and an index needs one without parent, its root")
    if len(roots) > 1:
        raise ValueError(
            f"nodes.{roots[1]}: it has no parent, nor has {roots[0]}; an index has one root, so "
            "hang one under the other"
        )
    parents = {
        element.parent for part in (design.nodes, design.leaves) for element in part.values()
    }
    if bare := [name for name in design.nodes if name not in parents]:
        raise ValueError(f"nodes.{bare[0]}: nothing hangs under it; give it leaves or leave it out")


def check_judgements(design: Design) -> None:
    """Refuse judgements about others than the children of their node."""
    for name, node in design.nodes.items():
        if isinstance(node.weights, Judgements):
            named = {*node.weights.ahp, *(b for row in node.weights.ahp.values() for b in row)}
            hanging = {
                child
                for part in (design.nodes, design.leaves)
                for child, element in part.items()
                if element.parent == name
            }
            if not set(design.children.get(name, ())) <= named <= hanging:
                raise ValueError(
                    f"nodes.{name}: the judgements name {', '.join(sorted(named))}, its children "
                    f"are {', '.join(sorted(hanging))}; judge all that have data and weight"
                )
    if isinstance(design.weights, Judgements):
        raise ValueError("weights: judgements compare the children of one node; put them there")


def check_choice(design: Design, name: str, options: dict) -> None:
    """Refuse a choice with fewer than two options, or with one that makes no design."""
    if len(options) < 2:
        raise ValueError(f"choices.{name}: one option is no choice; give at least two")
    alone = design.model_copy(update={"choices": {}})
    for option, fields in options.items():
        try:
            alone.replaced(fields)
        except ValueError as error:
            raise ValueError(f"choices.{name}.{option}: {error}") from None


def split(design: Design, path: str) -> list[str]:
    """Split a path such as ``nodes.food.aggregation`` and refuse one that leads nowhere."""
    steps = path.split(".")
    place, known = design, Design.model_fields
    for place_in_path, step in enumerate(steps):
        if step not in known or (place_in_path == 0 and step in ("choices", "noise", "title")):
            raise ValueError(f"no field {path!r} in a design (stopped at {step!r})")
        place = place[step] if isinstance(place, dict) else getattr(place, step)
        known = place if isinstance(place, dict) else getattr(type(place), "model_fields", {})
    return steps


def fault(content, error) -> tuple[int, str]:
    """Return the line of one fault of a design, 1 without lines, and put it into words."""
    path = list(error["loc"])
    message = error["msg"].removeprefix("Value error, ")
    if not path:
        path = message.split(":")[0].split(".")
    line, at, found = 1, content, []
    for step in path:
        keys = {str(key): key for key in at} if isinstance(at, dict) else {}
        if isinstance(at, list):
            keys = {str(place): place for place in range(len(at))}
        key = keys.get(str(step))
        if key is None:  # a name that pydantic gives to one of several ways to put a step
            continue
        if hasattr(at, "lc"):
            line = (at.lc.key(key) if isinstance(at, dict) else at.lc.item(key))[0] + 1
        at = at[key]
        found.append(str(step))
    if not error["loc"]:
        return line, message
    if error["type"] == "missing":
        found.append(str(path[-1]))
    return line, f"{'.'.join(found)}: {message}"
