"""A template filled for Sichuan and Chongqing, and ways to spoil it."""

from functools import cache

import openpyxl
import pytest

from dongbei.decline.story import CALENDAR
from dongbei.region import read_region, write_example

PAIR = ["Sichuan", "Chongqing"]
WESTERN = CALENDAR | {"support": (2000.0, 2010.0)}


@cache
def _content(folder):
    path = folder / "pair.xlsx"
    write_example(path, PAIR, "the pair", WESTERN)
    return path.read_bytes()


@pytest.fixture(scope="session")
def content(tmp_path_factory):
    """The filled workbook."""
    return _content(tmp_path_factory.mktemp("example"))


@pytest.fixture(scope="session")
def pair(content, tmp_path_factory):
    """The region that it tells of."""
    path = tmp_path_factory.mktemp("read") / "pair.xlsx"
    path.write_bytes(content)
    return read_region(path)


@pytest.fixture(scope="session")
def small(content, tmp_path_factory):
    """The workbook with one year of sectors, which is quicker to read."""
    path = tmp_path_factory.mktemp("small") / "pair.xlsx"
    path.write_bytes(content)
    book = openpyxl.load_workbook(path)
    for name in ("sectors", "value added"):
        book[name].delete_rows(22, 100)
    book.save(path)
    return path.read_bytes()


@pytest.fixture
def spoiled(small, tmp_path):
    """Change cells or more of the filled workbook, and return its path."""

    def spoil(change):
        path = tmp_path / "pair.xlsx"
        path.write_bytes(small)
        book = openpyxl.load_workbook(path)
        if callable(change):
            change(book)
        else:
            for (sheet, cell), value in change.items():
                book[sheet][cell] = value
        book.save(path)
        return path

    return spoil
