"""Files that describe an index: what is read, and in which line what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dongbei.resilience import Design, coverage, crossing, read_design, regrouped
from dongbei.resilience.composite.design import BenefitOfTheDoubt, Judgements, Node, Power, above

GOOD = """\
title: Safety of supply
nodes:
  index: {label: Index}
  food: {parent: index, weight: 2}
  energy:
    parent: index
    aggregation: {power: -1.5}
leaves:
  yield: {parent: food, direction: 1}
  import: {parent: food, direction: -1, column: imports, denominator: use}
  coal: {parent: energy, direction: 1}
  oil:
    parent: energy
    direction: 1
    status: no open data
    groups: {path: technology}
normalisation: {method: minmax, low: 1, high: 100}
choices:
  mean:
    arithmetic: {aggregation: arithmetic}
    geometric: {aggregation: geometric, nodes.food.aggregation: harmonic}
noise: {relative: 0.25, draws: 10}
"""
LINES = GOOD.splitlines()


def changed(number, *lines):
    """The good file with other lines in the place of one, counted from 1."""
    return "\n".join([*LINES[: number - 1], *lines, *LINES[number:]]) + "\n"


def refused(written, text, *words, line=None):
    """Assert that a file is refused with one message that names its line and all of the words."""
    with pytest.raises(ValueError, match=r"index\.yaml") as caught:
        written(text)
    message = str(caught.value)
    assert "pydantic" not in message
    if line is not None:
        assert message.startswith(f"index.yaml, line {line}: ")
        assert message.count("index.yaml") == 1
    for word in words:
        assert word in message


# -- what is read --------------------------------


def test_a_file_becomes_the_design_that_it_describes(written):
    design = written(GOOD)
    assert design.title == "Safety of supply"
    assert design.root == "index"
    assert design.measured == ("yield", "import", "coal")
    assert design.nodes["energy"].aggregation == Power(power=-1.5)
    assert design.nodes["food"].weight == 2
    assert design.leaves["import"].direction == -1
    assert design.leaves["import"].denominator == "use"
    assert design.leaves["oil"].groups == {"path": "technology"}
    assert (design.normalisation.low, design.normalisation.high) == (1, 100)
    assert design.normalisation.method == "minmax"
    assert design.noise.draws == 10
    assert (design.aggregation, design.weights, design.ties) == ("arithmetic", "given", "min")
    assert design.decimals is None


def test_every_way_of_weighing_and_aggregating_can_be_written(written):
    text = changed(
        4,
        "  food:",
        "    parent: index",
        "    weights: {ahp: {yield: {import: 3}}, largest_ratio: 0.2}",
        "    aggregation: {benefit_of_the_doubt: true, lower: 0.1, upper: 0.9}",
    )
    food = written(text).nodes["food"]
    assert food.weights == Judgements(ahp={"yield": {"import": 3}}, largest_ratio=0.2)
    assert food.aggregation == BenefitOfTheDoubt(benefit_of_the_doubt=True, lower=0.1, upper=0.9)


def test_children_are_those_with_data_and_weight_and_stand_before_their_parents(written):
    assert written(GOOD).children == {
        "food": ("yield", "import"),
        "energy": ("coal",),
        "index": ("food", "energy"),
    }
    without = written(changed(11, "  coal: {parent: energy, direction: 1, weight: 0}"))
    assert without.children == {"food": ("yield", "import"), "index": ("food",)}


def test_nothing_below_a_node_without_weight_enters_the_index(written):
    design = written(changed(4, "  food: {parent: index, weight: 0}"))
    assert design.children == {"energy": ("coal",), "index": ("energy",)}
    root = written(changed(3, "  index: {label: Index, weight: 0}"))
    assert list(root.children) == ["food", "energy", "index"]


def test_leaves_below_a_node_include_those_without_data(written):
    design = written(GOOD)
    assert design.leaves_below("energy") == ("coal", "oil")
    assert design.leaves_below("index") == ("yield", "import", "coal", "oil")
    assert above(design, "oil") == ["energy", "index"]


def test_coverage_counts_leaves_with_data_under_every_node(written):
    table = coverage(written(GOOD)).set_index("node")
    assert table["label"].to_dict() == {"index": "Index", "food": "food", "energy": "energy"}
    assert table["leaves"].to_dict() == {"index": 4, "food": 2, "energy": 2}
    assert table["measured"].to_dict() == {"index": 3, "food": 2, "energy": 1}
    assert table["share"].to_dict() == {"index": 0.75, "food": 1, "energy": 0.5}


@given(parents=st.lists(st.integers(0, 30), min_size=1, max_size=25), data=st.data())
def test_any_tree_is_read_with_every_node_after_those_below_it(parents, data):
    nodes = {"n0": {}} | {
        f"n{i + 1}": {"parent": f"n{parent % (i + 1)}"} for i, parent in enumerate(parents)
    }
    leaves = {f"l{name}": {"parent": name, "direction": 1} for name in nodes}
    order = data.draw(st.permutations(sorted(nodes)))
    design = Design(title="t", nodes={name: nodes[name] for name in order}, leaves=leaves)
    seen = set(leaves)
    for name, children in design.children.items():
        assert seen.issuperset(children)
        seen.add(name)
    assert seen == {*nodes, *leaves}
    assert list(design.children)[-1] == design.root == "n0"
    for name in nodes:
        by_walking = {one for one in leaves if name in above(design, one)}
        assert set(design.leaves_below(name)) == by_walking


# -- what is refused, with its line --------------------------------

TAKEN = "arithmetic', 'geometric', 'harmonic', 'median', 'copeland' or 'kemeny'"
FAULTS = {
    "a leaf without parent": (9, "  yield: {direction: 1}", "leaves.yield.parent", "required"),
    "a leaf without direction": (9, "  yield: {parent: food}", "leaves.yield.direction", "require"),
    "an unknown parent": (9, "  yield: {parent: fodd, direction: 1}",
                          "leaves.yield", "'fodd'", "index, food, energy"),
    "an unknown parent of a node": (4, "  food: {parent: fodd}", "nodes.food", "'fodd'"),
    "a direction that is none": (9, "  yield: {parent: food, direction: 2}",
                                 "leaves.yield.direction", "1 or -1"),
    "an unknown field": (9, "  yield: {parent: food, direction: 1, unti: t}",
                         "leaves.yield.unti", "not permitted"),
    "a negative weight": (4, "  food: {parent: index, weight: -2}", "nodes.food.weight", "0"),
    "an infinite weight": (4, "  food: {parent: index, weight: .inf}", "nodes.food.weight",
                           "finite"),
    "a weight that is no number": (4, "  food: {parent: index, weight: .nan}",
                                   "nodes.food.weight"),
    "inverted goalposts": (9, "  yield: {parent: food, direction: -1, goalposts: [3, 1]}",
                           "leaves.yield", "3, 1 are inverted", "direction"),
    "equal goalposts": (9, "  yield: {parent: food, direction: 1, goalposts: [1, 1]}",
                        "leaves.yield", "inverted"),
    "goalposts that are not finite": (
        9, "  yield: {parent: food, direction: 1, goalposts: [1, .inf]}",
        "leaves.yield.goalposts.1", "finite"),
    "one goalpost": (9, "  yield: {parent: food, direction: 1, goalposts: [1]}",
                     "leaves.yield.goalposts", "required"),
    "a logarithm of a goalpost of 0": (
        9, "  yield: {parent: food, direction: 1, logarithm: true, goalposts: [0, 9]}",
        "leaves.yield", "above 0"),
    "a logarithm of a negative target": (
        9, "  yield: {parent: food, direction: 1, logarithm: true, target: -1}",
        "leaves.yield", "above 0"),
    "a mean that nobody knows": (4, "  food: {parent: index, aggregation: geom}",
                                 "nodes.food.aggregation", TAKEN),
    "a power that is no number": (4, "  food: {parent: index, aggregation: {power: high}}",
                                  "nodes.food.aggregation.power", "valid number"),
    "an infinite power": (4, "  food: {parent: index, aggregation: {power: .inf}}",
                          "nodes.food.aggregation.power", "finite"),
    "a bound above 1": (
        4, "  food: {parent: index, aggregation: {benefit_of_the_doubt: true, upper: 2}}",
        "nodes.food.aggregation", "less than or equal to 1"),
    "weights that nobody knows": (4, "  food: {parent: index, weights: cirtic}",
                                  "nodes.food.weights", "'critic'"),
    "a judgement of 0": (4, "  food: {parent: index, weights: {ahp: {yield: {import: 0}}}}",
                         "nodes.food.weights", "ahp.yield.import", "greater than 0"),
    "judgements about a stranger": (
        4, "  food: {parent: index, weights: {ahp: {yield: {coal: 2}}}}",
        "nodes.food", "judgements name coal, yield", "import, yield"),
    "judgements that leave one out": (
        3, "  index: {weights: {ahp: {food: {food: 1}}}}",
        "nodes.index", "judgements name food", "energy, food", "judge all"),
    "a scale upside down": (17, "normalisation: {low: 5, high: 5}", "normalisation", "not below"),
    "a reference without its unit": (17, "normalisation: {method: reference}",
                                     "normalisation", "name of its unit"),
    "a unit without a reference": (17, "normalisation: {unit: Jilin}",
                                   "normalisation", "no other method"),
    "a coverage above 1": (17, "missing: {unit_coverage: 1.5}", "missing.unit_coverage", "1"),
    "years to carry below 0": (17, "missing: {carry: -1}", "missing.carry", "0"),
    "a limit of skewness of 0": (17, "treatment: {skewness: 0}", "treatment.skewness", "0"),
    "noise that turns weights negative": (22, "noise: {relative: 1}", "noise.relative", "1"),
    "one draw": (22, "noise: {relative: 0.5, draws: 1}", "noise.draws", "2"),
    "a year where words belong": (9, "  yield: {parent: food, direction: 1, years: 2020}",
                                  "leaves.yield.years", "string"),
    "judgements of nobody's children": (17, "weights: {ahp: {food: {energy: 2}}}",
                                        "weights", "children of one node"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_its_line_and_what_to_do(written, name):
    number, line, *words = FAULTS[name]
    refused(written, changed(number, line), *words, line=number)


def test_every_fault_of_a_file_is_named_at_once(written):
    text = changed(4, "  food: {parent: index, weight: -2}").replace(
        "coal: {parent: energy, direction: 1}", "coal: {parent: energy}"
    )
    with pytest.raises(ValueError, match=r"nodes\.food\.weight") as caught:
        written(text)
    first, second = str(caught.value).splitlines()
    assert first.startswith("index.yaml, line 4: nodes.food.weight: ")
    assert second.startswith("index.yaml, line 11: leaves.coal.direction: ")


def test_a_missing_title_is_a_fault_of_the_first_line(written):
    refused(written, GOOD.replace(LINES[0], ""), "title: Field required", line=1)


def test_parents_in_a_circle_are_refused(written):
    text = changed(4, "  food: {parent: energy}").replace("    parent: index", "    parent: food")
    refused(written, text, "nodes.food", "circle: food -> energy -> food", line=4)
    alone = changed(4, "  food: {parent: food}")
    refused(written, alone, "nodes.food", "circle: food -> food", line=4)


def test_a_second_root_is_refused_where_it_stands(written):
    refused(written, changed(4, "  food: {}"), "nodes.food", "nor has index", "one root", line=4)


def test_a_design_without_nodes_is_refused(written):
    text = "title: t\nnodes: {}\nleaves: {}\n"
    refused(written, text, "needs one without parent", line=2)


def test_a_node_with_nothing_under_it_is_refused(written):
    text = changed(4, LINES[3], "  health: {parent: index}")
    refused(written, text, "nodes.health: nothing hangs under it", "leave it out", line=5)


def test_one_name_for_a_node_and_a_leaf_is_refused(written):
    text = changed(9, "  food: {parent: food, direction: 1}")
    refused(written, text, "leaves.food", "choose another", line=9)


def test_names_with_dots_are_refused_as_paths_have_dots(written):
    text = changed(9, "  yield.wheat: {parent: food, direction: 1}")
    refused(written, text, "'yield.wheat' has a dot", line=8)


def test_an_index_of_nothing_measured_is_refused(written):
    for how in ("status: no open data", "weight: 0"):
        text = GOOD.replace("direction: 1", f"{how}, direction: 1").replace(
            "direction: -1", f"{how}, direction: -1"
        )
        text = text.replace("    status: no open data, direction: 1", "    direction: 1")
        text = text.replace("    weight: 0, direction: 1", "    direction: 1")
        refused(written, text, "leaves: none is measured and has weight", line=8)


def test_a_key_given_twice_is_refused_at_its_second_place(written):
    text = changed(11, LINES[10], "  yield: {parent: food, direction: -1}")
    refused(written, text, 'duplicate key "yield"', line=12)


def test_what_is_not_yaml_is_refused(written):
    refused(written, changed(9, "  yield: {parent: food, direction: [1"), "index.yaml, line ")
    refused(written, GOOD + "\x07", "not YAML", "#x0007")
    refused(written, "", "empty or not a mapping")
    refused(written, "- a\n- b\n", "empty or not a mapping")


def test_what_is_not_utf_8_is_refused(written):
    refused(written, GOOD.encode().replace(b"Safety", "Sécurité".encode("latin-1")), "not UTF-8")


def test_a_file_that_is_not_there_is_missed(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_design(tmp_path / "none.yaml")


def test_names_with_spaces_numbers_and_chinese_keep_their_lines(written):
    for name in ("winter wheat", "小麦", "2020"):
        text = changed(9, f"  {name}: {{parent: fodd, direction: 1}}")
        refused(written, text, f"leaves.{name}", "'fodd'", line=9)
        refused(written, changed(9, f"  {name}: {{parent: food}}"), f"leaves.{name}.dir", line=9)


@pytest.mark.parametrize(
    ("options", "words", "line"),
    [
        (["    one: {aggregation: geometric}"], ["choices.mean", "one option", "two"], 19),
        (
            ["    a: {aggregation: geometric}", "    b: {agregation: median}"],
            ["choices.mean.b", "no field 'agregation'"],
            21,
        ),
        (
            ["    a: {aggregation: geometric}", "    b: {nodes.fodd.weight: 2}"],
            ["choices.mean.b", "no field 'nodes.fodd.weight'", "stopped at 'fodd'"],
            21,
        ),
        (
            ["    a: {aggregation: geometric}", "    b: {aggregation: geometrc}"],
            ["choices.mean.b", "aggregation", TAKEN],
            21,
        ),
        (["    a: {noise: 1}", "    b: {}"], ["choices.mean.a", "no field 'noise'"], 20),
        (["    a: {title: b}", "    b: {}"], ["choices.mean.a", "no field 'title'"], 20),
        (["    a: {nodes.food.weight.x: 1}", "    b: {}"], ["no field", "'x'"], 20),
    ],
)
def test_a_choice_that_is_none_is_refused(written, options, words, line):
    start = LINES[:18]
    refused(written, "\n".join([*start, "  mean:", *options]) + "\n", *words, line=line)


# -- other values of some fields --------------------------------


def test_replaced_sets_the_fields_that_it_names_and_no_others(written):
    design = written(GOOD)
    other = design.replaced(
        {
            "normalisation.method": "zscore",
            "leaves.coal.weight": 3,
            "nodes.energy.aggregation": "median",
            "nodes.food.weights": {"ahp": {"yield": {"import": 2}}},
        }
    )
    assert other.normalisation.method == "zscore"
    assert other.normalisation.high == 100
    assert other.leaves["coal"].weight == 3
    assert other.nodes["energy"].aggregation == "median"
    assert other.nodes["food"].weights.ahp == {"yield": {"import": 2}}
    assert design == written(GOOD), "the design itself stays"
    back = other.replaced(
        {
            "normalisation.method": "minmax",
            "leaves.coal.weight": 1,
            "nodes.energy.aggregation": {"power": -1.5},
            "nodes.food.weights": None,
        }
    )
    assert back == design
    assert design.replaced({}) == design


def test_replaced_refuses_what_no_file_may_say(written):
    design = written(GOOD)
    with pytest.raises(ValueError, match=r"^leaves.coal.weight: .* greater than or equal to 0$"):
        design.replaced({"leaves.coal.weight": -1})
    with pytest.raises(ValueError, match=r"no field 'leaves\.cole\.weight'"):
        design.replaced({"leaves.cole.weight": 1})
    with pytest.raises(ValueError, match="circle"):
        design.replaced({"nodes.index.parent": "food"})


def test_a_design_cannot_be_changed_in_place(written):
    design = written(GOOD)
    with pytest.raises(ValueError, match="frozen"):
        design.title = "Another"
    with pytest.raises(ValueError, match="frozen"):
        design.leaves["coal"].weight = 2


def test_judgements_may_name_children_that_have_no_data_or_no_weight(written):
    ahp = {"ahp": {"coal": {"oil": 4}}}
    design = written(GOOD).replaced({"nodes.energy.weights": ahp})
    assert design.children["energy"] == ("coal",)
    pair = {"ahp": {"yield": {"import": 4}}}
    heavy = written(GOOD).replaced({"nodes.food.weights": pair, "leaves.yield.weight": 0.0})
    assert heavy.children["food"] == ("import",)


# -- other groupings --------------------------------

GROUPED = """\
title: Safety of supply
years: [2001, 2003]
decimals: 2
nodes:
  index: {label: Index, aggregation: geometric, weights: {ahp: {food: {energy: 2}}}, coverage: 1}
  food: {parent: index, weight: 2}
  energy: {parent: index, aggregation: harmonic}
leaves:
  yield: {parent: food, direction: 1, weight: 3, groups: {path: work, chain: goods}}
  import: {parent: food, direction: -1}
  coal: {parent: energy, direction: 1, groups: {path: art, chain: goods}}
  oil: {parent: energy, direction: 1, status: no open data, groups: {path: work, chain: capital}}
  gas: {parent: energy, direction: -1, groups: {path: work, chain: goods}}
  wind: {parent: energy, direction: 1, groups: {path: art}}
normalisation: {method: minmax, low: 1, high: 100}
choices:
  mean: {one: {nodes.food.aggregation: arithmetic}, other: {nodes.food.aggregation: geometric}}
noise: {relative: 0.25, draws: 10}
"""


def test_another_grouping_hangs_its_leaves_below_the_root_and_leaves_the_others_out(written):
    design = written(GROUPED)
    other = regrouped(design, "path")
    assert other.children == {
        "work": ("yield", "gas"),
        "art": ("coal", "wind"),
        "index": ("work", "art"),
    }
    assert list(other.leaves) == ["yield", "coal", "oil", "gas", "wind"]
    assert list(regrouped(design, "chain").leaves) == ["yield", "coal", "oil", "gas"]
    for name, leaf in other.leaves.items():
        before = design.leaves[name].model_dump(exclude={"parent"})
        assert leaf.model_dump(exclude={"parent"}) == before


def test_another_grouping_keeps_the_steps_and_nothing_of_the_old_nodes(written):
    design = written(GROUPED)
    other = regrouped(design, "path")
    assert other.nodes == {
        "index": Node(label="Index"),
        "work": Node(parent="index", label="work"),
        "art": Node(parent="index", label="art"),
    }
    assert (other.choices, other.noise) == ({}, None)
    steps = {"title", "years", "normalisation", "missing", "treatment", "decimals", "ties"}
    assert other.model_dump(include=steps) == design.model_dump(include=steps)


def test_a_crossing_counts_the_leaves_that_stand_in_both_groupings(written):
    found = crossing(written(GROUPED), "path", "chain")
    assert list(found) == ["rows", "columns", "leaves", "measured"]
    assert found.to_numpy().tolist() == [
        ["work", "goods", 2, 2],
        ["art", "goods", 1, 1],
        ["work", "capital", 1, 0],
    ]
