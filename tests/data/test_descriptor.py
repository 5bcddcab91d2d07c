"""The descriptor of data/ against the files beside it, by an independent validator."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest
from frictionless import Package

DATA = Path(__file__).resolve().parents[2] / "data"
DESCRIPTOR = json.loads((DATA / "datapackage.json").read_text("utf-8"))
RESOURCES = {resource["path"]: resource for resource in DESCRIPTOR["resources"]}


def validate(folder, *names):
    """Validate the package in a folder, reduced to some resources where names are given."""
    package = Package(str(folder / "datapackage.json"))
    for resource in list(package.resources):
        if names and resource.name not in names:
            package.remove_resource(resource.name)
    return package.validate()


@pytest.fixture
def copy(tmp_path):
    """Copy the tables that population needs; return the folder."""
    shutil.copytree(DATA, tmp_path / "data", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "data"


POPULATION = ("provinces", "regions", "sources", "provincial-population")


def test_package_is_valid():
    report = validate(DATA)
    assert report.valid, report.flatten(["title", "message"])[:5]
    assert len(report.tasks) == len(RESOURCES)


def test_a_valid_copy_of_a_part_passes(copy):
    assert validate(copy, *POPULATION).valid


def test_a_changed_byte_is_found(copy):
    path = copy / "provincial" / "population.csv"
    path.write_bytes(path.read_bytes().replace(b",4184,", b",4185,", 1))
    report = validate(copy, *POPULATION)
    assert {error[0] for error in report.flatten(["type"])} == {"hash-count"}


def test_an_unknown_province_is_found(copy):
    path = copy / "provincial" / "population.csv"
    content = path.read_bytes().replace(b"Liaoning", b"Leaoning", 1)
    path.write_bytes(content)
    descriptor = copy / "datapackage.json"
    entry = RESOURCES["provincial/population.csv"]["hash"]
    new = "sha256:" + hashlib.sha256(content).hexdigest()
    descriptor.write_text(descriptor.read_text("utf-8").replace(entry, new), "utf-8")
    report = validate(copy, *POPULATION)
    assert {error[0] for error in report.flatten(["type"])} == {"foreign-key"}


def test_every_table_is_described_and_nothing_else_is():
    tables = {path.relative_to(DATA).as_posix() for path in DATA.rglob("*.csv")}
    assert tables == set(RESOURCES)


@pytest.mark.parametrize("path", sorted(RESOURCES))
def test_size_and_hash(path):
    content = (DATA / path).read_bytes()
    assert RESOURCES[path]["bytes"] == len(content)
    assert RESOURCES[path]["hash"] == "sha256:" + hashlib.sha256(content).hexdigest()
    assert b"\r" not in content
    assert content.endswith(b"\n")


@pytest.mark.parametrize(
    "path", [path for path in sorted(RESOURCES) if path.startswith(("provincial/", "national/"))]
)
def test_figures_say_unit_vintages_and_sources(path):
    resource = RESOURCES[path]
    value = next(f for f in resource["schema"]["fields"] if f["name"] == "value")
    assert value["unit"] == resource["unit"]
    assert resource["vintages"]
    for source in resource["sources"]:
        assert re.fullmatch("[0-9a-f]{40}", source["carrier"]["commit"])
        assert source["publisher"]
        assert source["carrier"]["licence"]


def test_no_text_names_a_machine():
    for path in DATA.rglob("*"):
        if path.suffix in (".csv", ".json", ".md", ".toml", ".py"):
            assert not re.search(r"(?<![\w.])/(work|tmp|root|home)\b", path.read_text("utf-8")), (
                path
            )
