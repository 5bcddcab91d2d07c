"""The catalogue of proposals: what it holds, how it counts, and which rows it refuses."""

import re
from itertools import product

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dongbei import documents
from dongbei.policy import catalogue as room
from dongbei.statistics.tables import table

BOOK = room.catalogue()
TABLES = {name: table(f"documents/{name}") for name in room.TABLES}


def changed(name, line, **fields):
    """Read the catalogue with one row of a table changed; lines count from 2, after the head."""
    rows = TABLES[name].copy()
    for field, value in fields.items():
        rows[field] = rows[field].astype(object)
        rows.loc[line - 2, field] = value
    return room.catalogue(**{name: rows})


def doubled(name):
    """Read the catalogue with the last row of a table twice."""
    return room.catalogue(**{name: pd.concat([TABLES[name], TABLES[name].tail(1)])})


class TestTheFiveDocuments:
    def test_every_document_proposes_and_every_proposal_has_a_place(self):
        rows = room.sources(BOOK)
        assert set(rows["document"]) == set(documents.documents()["document"])
        assert rows["place"].str.match(r"(section|part|measures)\b").all()
        assert set(rows["proposal"]) == set(BOOK.proposals)
        assert len(BOOK.proposals) > 60

    @pytest.mark.parametrize(
        ("document", "places"),
        [
            ("000", {"section 1", "section 2", "section 3"}),
            ("001", {"section 3", "section 4"}),
            ("002", {"measures"} | {f"measures {n}" for n in range(1, 9)}),
            (
                "003",
                {"section 1", "section 2", "section 1.1", "section 1.2", "section 1.3"}
                | {
                    f"section {n}" for n in ("2.1", "2.2", "3.1", "3.2", "4.1", "4.2", "5.1", "5.2")
                },
            ),
            ("004", {"part 1", "part 2", "part 3"}),
        ],
    )
    def test_no_part_that_proposes_is_left_out(self, document, places):
        rows = room.sources(BOOK).query("document == @document")
        parts = rows["place"].str.split("; ").explode().str.split(",").str[0]
        assert set(parts) == places

    @pytest.mark.parametrize(
        ("document", "part", "last"),
        [("000", "section 3", 4), ("001", "section 4", 9), ("002", "measures 8", 3)],
    )
    def test_every_paragraph_of_measures_is_drawn_on(self, document, part, last):
        places = room.sources(BOOK).query("document == @document")["place"].str.split("; ")
        places = places.explode()
        drawn = " ".join(places[places.str.startswith(part)])
        first = 2 if document != "002" else 1  # a first paragraph only announces the others
        assert set(range(first, last + 1)) <= {
            int(n) for n in re.findall(r"(\d+)(?!.*part)", drawn)
        }

    def test_the_groups_are_those_that_the_documents_count(self):
        found = room.groups(BOOK)
        sizes = found.groupby("claim")["number"].nunique()
        assert dict(sizes) == {"001-three-classes": 3, "002-five-chains": 5, "003-five-aspects": 5}
        counts = documents.claims().set_index("claim").loc[list(room.GROUPINGS), "printed"]
        assert [int(number) for number in counts] == [3, 5, 5]

    def test_groups_have_the_names_of_the_lists_and_the_document_that_counts_them(self):
        columns = ["claim", "number", "group", "group_zh"]
        found = room.groups(BOOK)
        lists = documents.lists().set_axis(columns, axis="columns")
        lists = lists[lists["claim"].isin(room.GROUPINGS)]
        assert set(found[columns].itertuples(index=False, name=None)) == set(
            lists.itertuples(index=False, name=None)
        )
        owner = documents.claims().set_index("claim")["document"]
        assert list(found["document"]) == list(found["claim"].map(owner))

    def test_every_proposal_of_document_003_is_on_the_path_of_its_section(self):
        rows = room.sources(BOOK).query("document == '003'").set_index("proposal")["place"]
        found = room.groups(BOOK).query("claim == '003-five-aspects'")
        paths = found.groupby("proposal")["number"].agg(set)
        by_place = {
            key: {int(n) for n in re.findall(r"section (\d)", text)} for key, text in rows.items()
        }
        assert dict(paths) == by_place

    def test_every_chain_of_document_002_is_a_proposal_of_its_own(self):
        found = room.groups(BOOK).query("claim == '002-five-chains'")
        own = found[found["proposal"].str.startswith("chain-")]
        assert own["number"].is_unique
        assert set(own["number"]) == set(range(1, 6))

    def test_the_classes_hold_what_the_article_says_of_them(self):
        found = room.groups(BOOK).query("claim == '001-three-classes'")
        members = found.groupby("number")["proposal"].agg(set)
        assert "reviving-mines" in members[1]
        assert members[2] == {"competitive-trades"}
        assert {"pay-users", "home-users-first", "civilian-products"} <= members[3]

    def test_what_is_advised_against(self):
        frame = room.proposals(BOOK).set_index("proposal")
        against = frame[frame["stance"] == "against"]
        assert set(against.index) == {
            "transfusion",
            "money-alone",
            "market-for-technology",
            "reviving-mines",
            "duplication",
            "gdp-only",
        }
        assert frame.loc["transfusion", "documents"] == ("000", "001")

    def test_no_document_proposes_to_pay_producers(self):
        frame = room.proposals(BOOK)
        paid = frame[["producer_subsidy" in levers for levers in frame["levers"]]]
        assert set(paid["stance"]) == {"against"}

    def test_one_market_and_reform_of_state_firms_are_what_all_five_want(self):
        common = room.shared(BOOK)
        assert set(common.loc[common["count"] == 5, "proposal"]) == {"one-market", "state-reform"}

    def test_who_opens_inside_first_wants_both_openings_joined(self):
        frame = room.proposals(BOOK).set_index("proposal")
        assert frame.loc["inside-first", "documents"] == ("000", "001")
        assert frame.loc["both-openings", "documents"] == ("000", "001", "003", "004")
        assert frame.loc["inside-first", "contradicted_by"] == ()

    def test_privilege_and_the_control_of_trades_divide_the_documents(self):
        frame = room.contradictions(BOOK)
        rows = frame[(frame["proposal"] == "end-monopoly") & (frame["other"] == "state-control")]
        assert set(zip(rows["document"], rows["other_document"], strict=True)) == set(
            product(("000", "001"), ("003",))
        )

    def test_mergers_of_document_002_are_at_odds_with_its_clusters(self):
        frame = room.contradictions(BOOK)
        rows = frame[frame["within"] & (frame["other"] == "economic-circle")]
        assert set(rows["document"]) == {"002"}
        assert set(rows["proposal"]) == {"strategic-mergers", "concentration"}

    def test_who_is_to_be_encouraged_is_not_asked(self):
        rows = room.sources(BOOK).explode("actors")
        objects = {"state_firms", "private_firms", "buyers", "universities"}
        assert not objects & set(rows["actors"])
        asked = rows[rows["actors"] == "banks"]
        assert list(asked["proposal"]) == ["chain-finance"]

    def test_nothing_is_stated_twice(self):
        rows = TABLES["proposals"]
        for column in ("statement", "mechanism"):
            assert rows[column].is_unique, column

    def test_terms_are_chinese_and_no_sentences(self):
        assert TABLES["proposal_sources"]["term_zh"].str.fullmatch(r"[一-鿿、“”A-Z]{2,12}").all()
        for name in ("proposals", "proposal_relations"):
            assert not TABLES[name].map(lambda cell: bool(re.search("[一-鿿]", cell))).any().any()


class TestCounts:
    @pytest.mark.parametrize("by", ["levers", "links", "instruments"])
    def test_a_count_is_the_number_of_rows_with_the_word(self, by):
        counts = room.coverage(by, BOOK).set_index(["document", by])["proposals"]
        cells = TABLES["proposals"].set_index("proposal")[by].str.split()
        made = TABLES["proposal_sources"].groupby("document")["proposal"].agg(set)
        for word in {"levers": room.LEVERS, "links": room.LINKS}.get(by, room.INSTRUMENTS):
            has = {key for key, words in cells.items() if word in words}
            assert counts["all", word] == len(has)
            for document, proposals in made.items():
                assert counts[document, word] == len(has & proposals)
        without = {key for key, words in cells.items() if not words}
        assert counts["all", ""] == len(without)

    def test_actors_count_by_whom_the_document_itself_asks(self):
        counts = room.coverage("actors", BOOK).set_index(["document", "actors"])["proposals"]
        rows = TABLES["proposal_sources"]
        for document in documents.documents()["document"]:
            for actor in room.ACTORS:
                asked = (rows["document"] == document) & (rows["actors"] == actor)
                assert counts[document, actor] == asked.sum()
        assert counts["all", "central_government"] == (
            rows[rows["actors"] == "central_government"]["proposal"].nunique()
        )

    def test_a_proposal_lists_all_whom_its_documents_ask_in_the_order_of_the_list(self):
        asked = TABLES["proposal_sources"].groupby("proposal")["actors"].agg(" ".join)
        for row in room.proposals(BOOK).itertuples():
            assert set(row.actors) == set(asked[row.proposal].split()), row.proposal
            assert list(row.actors) == sorted(set(row.actors), key=room.ACTORS.index)

    def test_a_gap_is_counted_exactly_where_no_lever_stands(self):
        levers = room.coverage("levers", BOOK).query("levers == ''")
        gaps = room.coverage("gap", BOOK).query("gap != ''").groupby("document")["proposals"].sum()
        assert dict(zip(levers["document"], levers["proposals"], strict=True)) == dict(gaps)

    def test_every_gap_and_lever_is_used(self):
        for by in ("levers", "gap"):
            counts = room.coverage(by, BOOK).query("document == 'all'")
            assert (counts["proposals"] > 0).all(), by

    def test_an_unknown_list_names_the_known(self):
        with pytest.raises(ValueError, match="no list 'mood'; there are levers, links"):
            room.coverage("mood")


@st.composite
def catalogues(draw):
    """Catalogues of a few proposals, with any sources and any relations."""
    keys = [f"p{n}" for n in range(draw(st.integers(1, 5)))]
    made = {key: draw(st.sets(st.sampled_from(room.DOCUMENTS), min_size=1)) for key in keys}
    pairs = [(one, two) for n, one in enumerate(keys) for two in keys[n + 1 :]]
    kinds = draw(st.tuples(*[st.sampled_from(["", "shares", "contradicts"]) for _ in pairs]))
    row = next(iter(BOOK.proposals.values()))
    return room.Catalogue(
        {key: row.model_copy(update={"proposal": key}) for key in keys},
        tuple(
            room.Source(proposal=key, document=one, place="a", actors="unnamed", term_zh="词")
            for key in keys
            for one in sorted(made[key])
        ),
        tuple(
            room.Relation(proposal=one, other=two, relation=kind, why="so")
            for (one, two), kind in zip(pairs, kinds, strict=True)
            if kind
        ),
        (),
    )


class TestWhoAgreesWithWhom:
    @settings(max_examples=40)
    @given(catalogues())
    def test_agreement_is_mutual(self, book):
        frame = room.agreement(book).set_index(["document", "other"])
        assert frame.index.is_unique
        assert len(frame) == 25
        for one, two in frame.index:
            assert tuple(frame.loc[(one, two)]) == tuple(frame.loc[(two, one)])

    @settings(max_examples=40)
    @given(catalogues())
    def test_agreement_counts_what_both_make_and_every_pair_once(self, book):
        made = {
            key: {row.document for row in book.sources if row.proposal == key}
            for key in book.proposals
        }
        frame = room.agreement(book).set_index(["document", "other"])
        for (one, two), found in frame.iterrows():
            assert found["same"] == sum({one, two} <= who for who in made.values())
            for kind in ("shares", "contradicts"):
                number = 0
                for row in book.relations:
                    here, there = made[row.proposal], made[row.other]
                    met = (one in here and two in there) or (two in here and one in there)
                    number += row.relation == kind and met
                assert found[kind] == number

    @settings(max_examples=40)
    @given(catalogues())
    def test_contradictions_add_up_to_the_agreement(self, book):
        frame = room.contradictions(book)
        counts = room.agreement(book).set_index(["document", "other"])["contradicts"]
        for (one, two), number in counts.items():
            sides = {(one, two), (two, one)}
            rows = [
                (row.proposal, row.other)
                for row in frame.itertuples()
                if (row.document, row.other_document) in sides
            ]
            assert len(set(rows)) == number
        assert (frame["within"] == (frame["document"] == frame["other_document"])).all()

    @settings(max_examples=40)
    @given(catalogues())
    def test_relations_hold_both_ways(self, book):
        frame = room.relations(book)
        ways = set(zip(frame["proposal"], frame["other"], frame["relation"], strict=True))
        assert ways == {(two, one, kind) for one, two, kind in ways}
        assert len(frame) == 2 * len(book.relations)

    @settings(max_examples=40)
    @given(catalogues())
    def test_who_makes_shares_and_contradicts_a_proposal(self, book):
        made = {key: set() for key in book.proposals}
        for row in book.sources:
            made[row.proposal].add(row.document)
        for row in room.proposals(book).itertuples():
            assert set(row.documents) == made[row.proposal]
            tied = {"shares": set(), "contradicts": set()}
            for one in book.relations:
                if row.proposal in (one.proposal, one.other):
                    other = one.other if one.proposal == row.proposal else one.proposal
                    tied[one.relation] |= made[other]
            assert set(row.shared_by) == tied["shares"] - made[row.proposal]
            assert set(row.contradicted_by) == tied["contradicts"]

    @settings(max_examples=40)
    @given(catalogues())
    def test_shared_are_those_of_two_documents_or_more(self, book):
        found = room.shared(book)
        assert (found["count"] >= 2).all()
        assert found["count"].is_monotonic_decreasing
        alone = [one for one in room.proposals(book)["documents"] if len(one) == 1]
        assert len(found) + len(alone) == len(book.proposals)


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "fields", "message"),
        [
            ("proposals", {"stance": "perhaps"}, "stance: "),
            ("proposals", {"statement": ""}, "statement must be filled"),
            ("proposals", {"instruments": ""}, "instruments must be filled"),
            ("proposals", {"instruments": "magic"}, "instruments.0: "),
            ("proposals", {"target": ""}, "target must be filled"),
            ("proposals", {"mechanism": ""}, "mechanism must be filled"),
            ("proposals", {"levers": "wand"}, "levers.0: .*'producer_subsidy'"),
            ("proposals", {"links": "luck->share"}, "links.0: .*'share->profit'"),
            ("proposals", {"links": "firms->price firms->price"}, "twice: name each once"),
            ("proposals", {"links": ""}, "name in links the arrow"),
            ("proposals", {"levers": ""}, "fill either levers, or in unmodelled"),
            ("proposals", {"unmodelled": "No."}, "fill either levers, or in unmodelled"),
            ("proposals", {"gap": "nature"}, "gap and unmodelled go together"),
            ("proposals", {"levers": "", "unmodelled": "No."}, "gap is one of government"),
            ("proposals", {"gap": "luck"}, "gap: "),
            ("proposals", {"proposal": "orphan"}, "no document makes it: add a line"),
            ("proposal_sources", {"document": "005"}, "document: .*'004'"),
            ("proposal_sources", {"place": ""}, "place, actors and term_zh must be filled"),
            ("proposal_sources", {"actors": ""}, "nobody named is unnamed"),
            ("proposal_sources", {"term_zh": ""}, "term_zh must be filled"),
            ("proposal_sources", {"actors": "everybody"}, "actors.0: .*'provinces'"),
            ("proposal_sources", {"actors": "firms unnamed"}, "unnamed stands alone"),
            ("proposal_sources", {"term_zh": "开放是" * 5}, "is no term"),
            ("proposal_sources", {"term_zh": "开放，市场"}, "is no term"),
            ("proposal_sources", {"proposal": "ghost"}, "'ghost' is not in proposals.csv"),
            ("proposal_relations", {"relation": "likes"}, "relation: "),
            ("proposal_relations", {"why": ""}, "why must be filled"),
            ("proposal_relations", {"other": "ghost"}, "'ghost' is not in proposals.csv: add it"),
            ("proposal_relations", {"proposal": "ghost"}, "'ghost' is not in proposals.csv"),
            ("proposal_relations", {"other": "both-openings"}, "no relation to itself"),
            (
                "proposal_relations",
                {"other": "inside-first", "proposal": "market-office"},
                "inside-first stands first in",
            ),
            ("proposal_groups", {"claim": "003-four-chains"}, "claim: "),
            ("proposal_groups", {"number": 4}, "001-three-classes has no number 4 in lists.csv"),
            ("proposal_groups", {"number": 0}, "has no number 0 in lists.csv"),
            ("proposal_groups", {"proposal": "gdp-only"}, "document 001 does not make it"),
        ],
    )
    def test_a_wrong_row_is_refused_with_its_line_and_cure(self, name, fields, message):
        line = {"proposals": 4, "proposal_relations": 5}.get(name, 3)
        key = fields.get("proposal", TABLES[name].loc[line - 2, "proposal"])
        with pytest.raises(ValueError, match=rf"^{name}\.csv, line {line} \({key}\): .*{message}"):
            changed(name, line, **fields)

    @pytest.mark.parametrize("name", list(room.TABLES))
    def test_a_row_that_is_there_already_is_refused(self, name):
        with pytest.raises(ValueError, match=rf"^{name}\.csv, .*is there already: take one out"):
            doubled(name)

    def test_a_pair_the_other_way_round_is_there_already(self):
        rows = TABLES["proposal_relations"]
        back = rows.head(1).rename(columns={"proposal": "other", "other": "proposal"})
        with pytest.raises(ValueError, match="is there already"):
            room.catalogue(proposal_relations=pd.concat([rows, back]))

    def test_a_column_that_nobody_reads_is_refused(self):
        with pytest.raises(ValueError, match=r"line 2 .*cost: Extra inputs"):
            room.catalogue(proposals=TABLES["proposals"].assign(cost="1"))

    def test_a_table_that_nobody_reads_is_refused(self):
        with pytest.raises(ValueError, match="no table prices; there are proposals, proposal_so"):
            room.catalogue(prices=TABLES["proposals"])
