"""What the five documents propose, side by side: who makes a proposal, and what stands for it here.

A proposal is a row of ``data/documents/proposals.csv`` and stands there once, however many
documents make it; ``proposal_sources.csv`` says which do, where, and whom they ask to act. Which
documents agree and which contradict one another is derived from these two and from the pairs of
``proposal_relations.csv``. The classes, chains and paths that documents count are groups of
proposals in ``proposal_groups.csv``.
"""

from dataclasses import dataclass
from itertools import combinations_with_replacement, product
from typing import Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator, model_validator

from dongbei.documents.claims import DOCUMENTS
from dongbei.policy import levers
from dongbei.statistics.tables import table

LEVERS = tuple(levers.LEVERS)
LINKS = (
    "share->profit",
    "profit->research",
    "research->knowledge",
    "knowledge->advantage",
    "advantage->share",
    "market->profit",
    "market->firms",
    "firms->price",
    "price->advantage",
    "rivals->advantage",
    "shock->share",
    "demand->share",
)
"""Arrows of the loop, the vicious circle first, then what acts on it."""
ACTORS = (
    "central_government",
    "provinces",
    "local_government",
    "government",
    "state_firms",
    "private_firms",
    "firms",
    "buyers",
    "banks",
    "universities",
    "unnamed",
)
"""Whom a document can ask; government: of no stated level; unnamed: nobody, or a region."""
INSTRUMENTS = (
    "subsidy",
    "tax",
    "procurement",
    "finance",
    "investment",
    "research",
    "training",
    "regulation",
    "opening",
    "reform",
    "institution",
    "planning",
)
"""Means by which a proposal would be carried out."""
GAPS = (
    "government",
    "firms",
    "industries",
    "people",
    "knowledge",
    "finance",
    "nature",
    "places",
)
"""What the models lack: conduct of governments; firms that differ or choose their form; more than
one industry; people who move and learn; how knowledge is used and spreads; credit and risk; nature;
distances."""
GROUPINGS = ("001-three-classes", "002-five-chains", "003-five-aspects")
"""Claims that count groups of proposals: classes of industries, chains, and paths."""


class Row(BaseModel):
    """A row of one of the tables; words that stand side by side in a cell become a tuple."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("instruments", "links", "levers", "actors", mode="before", check_fields=False)
    @classmethod
    def split(cls, words):
        """Read names that stand side by side."""
        words = tuple(words.split()) if isinstance(words, str) else words
        if len(set(words)) < len(words):
            raise ValueError("a word stands there twice: name each once")
        return words


class Proposal(Row):
    """What documents propose, or advise against.

    Attributes
    ----------
    proposal
        The key; ``#proposal-<key>`` is its address on the page of the catalogue.
    stance
        for or against.
    statement, target, mechanism, precondition
        What is to be done, on whom it works, how, and what has to hold first.
    instruments, links, levers
        Names from `INSTRUMENTS`, `LINKS` and `LEVERS`.
    gap, unmodelled
        Where no lever stands for it: what is lacking, from `GAPS`, and why.
    """

    proposal: str
    stance: Literal["for", "against"]
    statement: str
    instruments: tuple[Literal[INSTRUMENTS], ...]
    target: str
    mechanism: str
    precondition: str
    links: tuple[Literal[LINKS], ...]
    levers: tuple[Literal[LEVERS], ...]
    gap: Literal[("", *GAPS)]
    unmodelled: str

    @model_validator(mode="after")
    def complete(self):
        """Refuse a proposal that says too little, or both that a lever stands for it and none."""
        for name in ("proposal", "statement", "instruments", "target", "mechanism"):
            if not getattr(self, name):
                raise ValueError(f"{name} must be filled")
        if bool(self.levers) == bool(self.unmodelled):
            raise ValueError("fill either levers, or in unmodelled why no lever stands for it")
        if bool(self.gap) != bool(self.unmodelled):
            raise ValueError(f"gap and unmodelled go together; gap is one of {', '.join(GAPS)}")
        if self.levers and not self.links:
            raise ValueError("a lever works on the loop: name in links the arrow it works on")
        return self


class Source(Row):
    """A document that makes a proposal: where, whom it asks to act, and a key term as printed."""

    proposal: str
    document: Literal[DOCUMENTS]
    place: str
    actors: tuple[Literal[ACTORS], ...]
    term_zh: str

    @model_validator(mode="after")
    def complete(self):
        """Refuse a source without place or actor, or with a sentence for a term."""
        if not (self.place and self.actors and self.term_zh):
            raise ValueError("place, actors and term_zh must be filled; nobody named is unnamed")
        if "unnamed" in self.actors and len(self.actors) > 1:
            raise ValueError("unnamed stands alone: take it out, or the others")
        if len(self.term_zh) > 12 or set(self.term_zh) & set("，。；：,.;:"):
            raise ValueError(f"{self.term_zh!r} is no term: keep the few characters that name it")
        return self


class Relation(Row):
    """Two proposals that share a purpose or contradict one another."""

    proposal: str
    other: str
    relation: Literal["shares", "contradicts"]
    why: str

    @model_validator(mode="after")
    def complete(self):
        """Refuse a relation without a reason or of a proposal to itself."""
        if self.proposal == self.other:
            raise ValueError("a proposal has no relation to itself: name another")
        if not self.why:
            raise ValueError("why must be filled")
        return self


class Membership(Row):
    """A proposal in a group that a document counts; the group's name is in the lists."""

    proposal: str
    claim: Literal[GROUPINGS]
    number: int


TABLES = {
    "proposals": Proposal,
    "proposal_sources": Source,
    "proposal_relations": Relation,
    "proposal_groups": Membership,
}


@dataclass(frozen=True)
class Catalogue:
    """The four tables, checked one by one and against each other.

    Attributes
    ----------
    proposals
        Key -> `Proposal`, in the order of the file.
    sources, relations, members
        The rows of the other three tables.
    """

    proposals: dict[str, Proposal]
    sources: tuple[Source, ...]
    relations: tuple[Relation, ...]
    members: tuple[Membership, ...]


def catalogue(**tables):
    """Read the catalogue, or refuse it.

    Parameters
    ----------
    **tables : pandas.DataFrame
        Rows to read in place of a file of ``data/documents/``, under its name without the ending:
        ``proposals``, ``proposal_sources``, ``proposal_relations``, ``proposal_groups``.

    Returns
    -------
    Catalogue

    Raises
    ------
    ValueError
        If a row is wrong: names its file, its line, its key and the cure.
    """
    if unknown := tables.keys() - TABLES.keys():
        raise ValueError(f"no table {', '.join(sorted(unknown))}; there are {', '.join(TABLES)}")
    rows = {name: _rows(name, tables.get(name)) for name in TABLES}
    _check_keys(rows)
    _check_relations(rows)
    _check_groups(rows)
    return Catalogue(
        {row.proposal: row for row in rows["proposals"]},
        rows["proposal_sources"],
        rows["proposal_relations"],
        rows["proposal_groups"],
    )


def _check_keys(rows):
    """Refuse a key that is taken, that leads nowhere, or a proposal that nobody makes."""
    keys = {
        "proposals": lambda row: row.proposal,
        "proposal_sources": lambda row: (row.proposal, row.document),
        "proposal_relations": lambda row: frozenset((row.proposal, row.other)),
        "proposal_groups": lambda row: (row.claim, row.number, row.proposal),
    }
    known = {row.proposal for row in rows["proposals"]}
    made = {row.proposal for row in rows["proposal_sources"]}
    for name, key in keys.items():
        taken = set()
        for line, row in enumerate(rows[name], 2):
            if key(row) in taken:
                raise _wrong(name, line, row, "such a row is there already: take one out")
            taken.add(key(row))
            for used in (row.proposal, getattr(row, "other", row.proposal)):
                if used not in known:
                    raise _wrong(name, line, row, f"{used!r} is not in proposals.csv: add it")
            if row.proposal not in made:
                cure = "no document makes it: add a line to proposal_sources.csv"
                raise _wrong(name, line, row, cure)


def _check_relations(rows):
    """Refuse a pair that is not in the order of the proposals."""
    order = [row.proposal for row in rows["proposals"]]
    for line, row in enumerate(rows["proposal_relations"], 2):
        if order.index(row.proposal) > order.index(row.other):
            cure = f"{row.other} stands first in proposals.csv: change the two"
            raise _wrong("proposal_relations", line, row, cure)


def _check_groups(rows):
    """Refuse a group that no list counts, and a member that its document does not propose."""
    counted = {(row.claim, row.number) for row in table("documents/lists").itertuples()}
    made = {(row.proposal, row.document) for row in rows["proposal_sources"]}
    for line, row in enumerate(rows["proposal_groups"], 2):
        if (row.claim, row.number) not in counted:
            cure = f"{row.claim} has no number {row.number} in lists.csv"
            raise _wrong("proposal_groups", line, row, cure)
        if (row.proposal, row.claim[:3]) not in made:
            cure = f"document {row.claim[:3]} does not make it in proposal_sources.csv"
            raise _wrong("proposal_groups", line, row, cure)


def _rows(name, frame):
    """Read the rows of a table one by one."""
    found = []
    frame = table(f"documents/{name}") if frame is None else frame
    for line, row in enumerate(frame.to_dict("records"), 2):
        try:
            found.append(TABLES[name](**row))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"]))
            message = f"{field + ': ' if field else ''}{first['msg']}"
            where = f"{name}.csv, line {line} ({row.get('proposal')})"
            raise ValueError(f"{where}: {message}") from None
    return tuple(found)


def _wrong(name, line, row, cure):
    return ValueError(f"{name}.csv, line {line} ({row.proposal}): {cure}")


def proposals(of=None):
    """List the proposals, and the documents that make, share or contradict each.

    Parameters
    ----------
    of : Catalogue, optional
        By default the project's own.

    Returns
    -------
    pandas.DataFrame
        The columns of `Proposal`; ``documents`` that make it; ``shared_by``, further documents with
        a proposal of the same purpose; ``contradicted_by``, documents with one that contradicts it,
        its own among them if a document contradicts itself; and ``actors``, whom any of its
        documents asks. All four are tuples in fixed order.
    """
    of = of or catalogue()
    who = _documents(of)
    tied = {"shares": {key: set() for key in who}, "contradicts": {key: set() for key in who}}
    for row in of.relations:
        tied[row.relation][row.proposal] |= set(who[row.other])
        tied[row.relation][row.other] |= set(who[row.proposal])
    rows = []
    for key, proposal in of.proposals.items():
        asked = {actor for one in of.sources if one.proposal == key for actor in one.actors}
        rows.append(
            proposal.model_dump()
            | {
                "documents": who[key],
                "shared_by": tuple(sorted(tied["shares"][key] - set(who[key]))),
                "contradicted_by": tuple(sorted(tied["contradicts"][key])),
                "actors": tuple(actor for actor in ACTORS if actor in asked),
            }
        )
    return pd.DataFrame(rows)


def sources(of=None):
    """List who makes each proposal: proposal, document, place, actors (a tuple), term_zh."""
    return pd.DataFrame([row.model_dump() for row in (of or catalogue()).sources])


def relations(of=None):
    """List the relations both ways: proposal, other, relation, why."""
    columns = list(Relation.model_fields)
    frame = pd.DataFrame(
        [row.model_dump() for row in (of or catalogue()).relations], columns=columns
    )
    back = frame.rename(columns={"proposal": "other", "other": "proposal"})
    return pd.concat([frame, back[columns]], ignore_index=True)


def groups(of=None):
    """List the groups that documents count, with their proposals.

    Returns
    -------
    pandas.DataFrame
        One row per member: claim, number, document, group, group_zh, proposal.
    """
    names = {(row.claim, row.number): row for row in table("documents/lists").itertuples()}
    return pd.DataFrame(
        {
            "claim": row.claim,
            "number": row.number,
            "document": row.claim[:3],
            "group": names[row.claim, row.number].item,
            "group_zh": names[row.claim, row.number].item_zh,
            "proposal": row.proposal,
        }
        for row in (of or catalogue()).members
    )


def shared(of=None):
    """List the proposals that two documents or more make, with their number, most first."""
    frame = proposals(of)[["proposal", "statement", "documents"]]
    frame["count"] = frame["documents"].map(len)
    frame = frame[frame["count"] > 1].sort_values("count", ascending=False, kind="stable")
    return frame.reset_index(drop=True)


def contradictions(of=None):
    """List who contradicts whom.

    Returns
    -------
    pandas.DataFrame
        One row per pair of documents and of proposals: document, proposal, other_document, other,
        why, and ``within``, whether a document contradicts itself. Each conflict of two documents
        stands there once, in the order of `Catalogue.relations`.
    """
    of = of or catalogue()
    who = _documents(of)
    rows = [
        {
            "document": document,
            "proposal": row.proposal,
            "other_document": other,
            "other": row.other,
            "why": row.why,
            "within": document == other,
        }
        for row in of.relations
        if row.relation == "contradicts"
        for document, other in product(who[row.proposal], who[row.other])
    ]
    return pd.DataFrame(
        rows, columns=["document", "proposal", "other_document", "other", "why", "within"]
    )


def agreement(of=None):
    """Count for every two documents what they agree and disagree on.

    Returns
    -------
    pandas.DataFrame
        Tidy, both ways and with each document beside itself: document, other, ``same`` (proposals
        that both make), ``shares`` and ``contradicts`` (pairs of proposals, one of each document).
    """
    of = of or catalogue()
    who = _documents(of)
    met = [(row.relation, set(product(who[row.proposal], who[row.other]))) for row in of.relations]
    rows = []
    for one, two in combinations_with_replacement(DOCUMENTS, 2):
        sides = {(one, two), (two, one)}
        counts = {"same": sum(one in made and two in made for made in who.values())}
        for kind in ("shares", "contradicts"):
            counts[kind] = sum(found == kind and bool(sides & pairs) for found, pairs in met)
        rows += [{"document": first, "other": last} | counts for first, last in sorted(sides)]
    frame = pd.DataFrame(rows)
    return frame.sort_values(["document", "other"], ignore_index=True)


def coverage(by, of=None):
    """Count the proposals that each word of a closed list stands for, none left out.

    Parameters
    ----------
    by : str
        ``"levers"``, ``"links"``, ``"instruments"``, ``"gap"`` or ``"actors"``.

    Returns
    -------
    pandas.DataFrame
        One row per document and word, and per word with document ``"all"``: document, the word in
        a column named as `by`, and ``proposals``. A proposal with several words counts at each; one
        without any at the word ``""`` (no lever, no link, no gap). At ``"actors"`` a document's
        proposals count by whom that document asks.

    Raises
    ------
    ValueError
        If `by` is no such list.
    """
    lists = {
        "levers": LEVERS,
        "links": LINKS,
        "instruments": INSTRUMENTS,
        "gap": GAPS,
        "actors": ACTORS,
    }
    if by not in lists:
        raise ValueError(f"no list {by!r}; there are {', '.join(lists)}")
    of = of or catalogue()
    used = []
    for row in of.sources:
        words = row.actors if by == "actors" else getattr(of.proposals[row.proposal], by)
        for word in (words,) if isinstance(words, str) else words or ("",):
            used += [(place, word, row.proposal) for place in (row.document, "all")]
    used = pd.DataFrame(used, columns=["document", by, "proposal"]).drop_duplicates()
    index = pd.MultiIndex.from_product(
        [(*DOCUMENTS, "all"), (*lists[by], "")], names=["document", by]
    )
    counts = used.groupby(["document", by]).size().reindex(index, fill_value=0)
    return counts.rename("proposals").reset_index()


def _documents(of):
    """Return key -> documents that make the proposal, in order."""
    who = dict.fromkeys(of.proposals, ())
    for row in of.sources:
        who[row.proposal] = tuple(sorted({*who[row.proposal], row.document}))
    return who
