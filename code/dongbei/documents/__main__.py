"""Print the audit of the documents, or explain one claim."""

import argparse
import json
import shutil
import sys
import textwrap

from dongbei.documents import VERDICTS, audit, documents, explain
from dongbei.documents.audit import JSON


def main():
    """Read the arguments and print; a document's inconsistency is a finding, so leave with 0."""
    parser = argparse.ArgumentParser(prog="python -m dongbei.documents", description=__doc__)
    parser.add_argument(
        "claim", nargs="?", help="key of a claim to explain, such as 004-share-2003"
    )
    parser.add_argument("--json", action="store_true", help="the audit as a list of objects")
    arguments = parser.parse_args()
    try:
        if arguments.claim:
            print(explain(arguments.claim))
            return
        rows = audit()
    except ValueError as error:
        sys.exit(f"dongbei.documents: {error}")
    if arguments.json:
        print(json.dumps(rows[list(JSON)].to_dict("records"), ensure_ascii=False, indent=1))
        return
    width = min(shutil.get_terminal_size().columns, 120)
    for document in documents().itertuples():
        print(f"\n{document.document}  {document.name}\n")
        for row in rows[rows["document"] == document.document].itertuples():
            print(f"{row.verdict:<21}{row.id}  {row.stated}".rstrip())
            print(
                textwrap.fill(
                    row.reason, width, initial_indent=" " * 21, subsequent_indent=" " * 21
                )
            )
    counts = rows["verdict"].value_counts()
    print("\n" + ", ".join(f"{counts.get(name, 0)} {name}" for name in VERDICTS))


if __name__ == "__main__":
    main()
