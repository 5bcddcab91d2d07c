"""Numbers and tables of a chapter."""

import json

import pandas as pd
import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from dongbei.prose import Download, Table, quote


@pytest.fixture
def published(monkeypatch):
    """What a cell hands to the notebook."""
    shell = InteractiveShell.instance()
    publisher = CapturingDisplayPublisher()
    monkeypatch.setattr(shell, "display_pub", publisher)
    yield publisher.outputs
    InteractiveShell.clear_instance()


def test_a_quoted_number_is_plain_and_rounded(published):
    quote(share=pd.Series([1 / 3]).iloc[0], count=pd.Series([7]).iloc[0], name="Jilin")
    texts = [next(iter(output["data"].values())) for output in published]
    assert texts == ["0.3333333333", "7", "'Jilin'"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_none_cannot_be_quoted(published, value):
    with pytest.raises(ValueError, match="share is"):
        quote(share=value)


def test_a_table_shows_every_word_and_formats_its_columns():
    words = "a long remark " * 20
    bundle = Table(pd.DataFrame({"what": [words], "n": [3]}), {"n": ".2f"})._repr_mimebundle_()
    assert words.strip() in bundle["text/html"]
    assert "3.00" in bundle["text/html"]
    assert "3.00" in bundle["text/plain"]


def test_a_table_shows_markup_as_text():
    bundle = Table(pd.DataFrame({"what": ["<script>alert(1)</script>"]}))._repr_mimebundle_()
    assert "<script>" not in bundle["text/html"]
    assert json.dumps(bundle)


def test_a_format_for_no_column_is_refused():
    with pytest.raises(ValueError, match="no column share; there are what"):
        Table(pd.DataFrame({"what": ["a"]}), {"share": ".1f"})


def test_a_table_with_addresses_gives_every_row_its_own():
    html = Table(pd.DataFrame({"Claim": ["a-1", "b<2"], "n": [3, 4]}), anchor="Claim")._html()
    assert '<tr id="claim-a-1"><td data-label="Claim"><a href="#claim-a-1">a-1</a></td>' in html
    assert 'id="claim-b&lt;2"' in html
    assert 'class="sortable' in html


def test_an_address_is_unique_and_a_column():
    with pytest.raises(ValueError, match="two rows have one address"):
        Table(pd.DataFrame({"Claim": ["a", "a"]}), anchor="Claim")
    with pytest.raises(ValueError, match="no column Claim"):
        Table(pd.DataFrame({"what": ["a"]}), anchor="Claim")


def test_a_table_marks_the_columns_that_filter_and_names_its_addresses():
    frame = pd.DataFrame({"Proposal": ["a", "b"], "Actor": ["firms", "firms; banks"]})
    html = Table(frame, anchor="Proposal", kind="proposal", filters=["Actor"])._html()
    assert '<th scope="col">Proposal</th><th scope="col" data-filter>Actor</th>' in html
    assert '<tr id="proposal-b">' in html
    assert '<a href="#proposal-b">b</a>' in html
    assert "claim" not in html


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"anchor": "what", "filters": ["who"]}, "no column who; there are what"),
        ({"filters": ["what"]}, "only a table with addresses has filters"),
    ],
)
def test_a_filter_without_column_or_addresses_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Table(pd.DataFrame({"what": ["a"]}), **options)


def test_a_file_to_download_is_inside_the_page_and_comes_out_again():
    import base64
    import re

    content = bytes(range(256))
    html = Download("a<b>.bin", content, "Take & keep", "text/x")._repr_mimebundle_()["text/html"]
    assert 'download="a&lt;b&gt;.bin"' in html
    assert ">Take &amp; keep</a>" in html
    packed = re.search(r'href="data:text/x;base64,([^"]*)"', html)[1]
    assert base64.b64decode(packed) == content
