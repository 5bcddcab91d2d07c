"""The command: what it writes, says and refuses."""

import sys

import pytest

from dongbei.region import __main__ as command
from dongbei.region import empty_template, read_region


@pytest.fixture
def run(monkeypatch, capsys):
    """Call the command with words, and return what it prints."""

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["dongbei.region", *map(str, words)])
        command.main()
        return capsys.readouterr().out

    return call


def test_it_writes_an_empty_template_and_says_what_is_missing(run, tmp_path):
    path = tmp_path / "mine.xlsx"
    assert run("new", path) == ""
    assert path.read_bytes() == empty_template()
    with pytest.raises(SystemExit, match=r"dongbei.region: mine.xlsx, sheet region, cell B1: name"):
        run("check", path)
    with pytest.raises(SystemExit, match="is there already"):
        run("new", path)


def test_it_fills_a_template_for_provinces(run, tmp_path):
    path = tmp_path / "pair.xlsx"
    run("new", path, "--provinces", "四川", "Chongqing", "--name", "Bashu", "--support", 2000, 2010)
    told = read_region(path)
    assert (told.name, told.members) == ("Bashu", ("Sichuan", "Chongqing"))
    assert told.calendar["support"] == (2000, 2010)
    assert run("check", path).startswith("Bashu: ")


def test_a_name_without_provinces_is_refused(run, tmp_path):
    with pytest.raises(SystemExit):
        run("new", tmp_path / "mine.xlsx", "--name", "Bashu")
    assert not list(tmp_path.iterdir())


def test_a_report_has_a_table_for_every_step_with_data(pair):
    tables = command.report(pair, None, 32)
    titles = [next(tables)[0] for _ in range(5)]
    assert [title.split(":")[0].split(",")[0] for title in titles] == [
        "Shares", "Growth of the share", "Clusters", "Specialities", "Index",
    ]  # fmt: skip
