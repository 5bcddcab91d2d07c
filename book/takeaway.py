"""What a reader can take away: sources of a page, its citation, and the report in single files.

All of it is written at build time beside the pages and is the same in two builds of one commit.
"""

import json
import re
import shutil
import zipfile
from html import escape
from pathlib import Path
from urllib.parse import quote

from ruamel.yaml import YAML

from execution import CHAPTERS, ROOT

PAPER = "northeast-china.pdf"
ARCHIVE = "northeast-china-site.zip"
DATA = "northeast-china-data.zip"
FIGURES = "figures"


def sources(page: str, srcdir: Path, outdir: Path) -> list[tuple[str, str]]:
    """Copy a chapter's executed notebook and text source; return their names and addresses.

    Addresses start at the root of the site. A page that is no chapter has none.
    """
    notebook = srcdir / f"{page}.ipynb"
    if not notebook.exists():
        return []
    chapter = CHAPTERS / Path(page).relative_to("notebooks").with_suffix(".md")
    target = outdir / "downloads" / chapter.relative_to(CHAPTERS).parent
    target.mkdir(parents=True, exist_ok=True)
    address = target.relative_to(outdir).as_posix()
    for file in (notebook, chapter):
        shutil.copyfile(file, target / file.name)
    return [
        ("notebook, executed", f"{address}/{notebook.name}"),
        ("text source", f"{address}/{chapter.name}"),
    ]


def rooms(page: str) -> list[str]:
    """Name the rooms of the package that a chapter imports."""
    chapter = CHAPTERS / Path(page).relative_to("notebooks").with_suffix(".md")
    text = chapter.read_text(encoding="utf-8")
    found = set(re.findall(r"^(?:from|import) dongbei\.(\w+)", text, flags=re.M))
    for names in re.findall(r"^from dongbei import ([\w, ]+)", text, flags=re.M):
        found |= {name.split(" as ")[0].strip() for name in names.split(",")}
    return sorted(found)


def about() -> dict:
    """Read what CITATION.cff says of the report."""
    return YAML(typ="safe").load(ROOT / "CITATION.cff")


def citation(page: str, title: str, base: str) -> dict:
    """Describe a page as a CSL item, from CITATION.cff; `base` is the site's address or empty."""
    cff = about()
    year, month, day = map(int, str(cff["date-released"]).split("-"))
    item = {
        "id": "dongbei-" + re.sub(r"\W+", "-", page.removeprefix("notebooks/")),
        "type": "chapter",
        "title": title,
        "container-title": cff["title"],
        "author": [{"literal": author["name"]} for author in cff["authors"]],
        "issued": {"date-parts": [[year, month, day]]},
        "version": cff["version"],
        "language": "en",
    }
    if base:
        item["URL"] = address(base, page)
    return item


def address(base: str, page: str) -> str:
    """Return the address of a page of a published site; the front page is the folder itself."""
    return f"{base.rstrip('/')}/{'' if page == 'index' else page + '.html'}"


def bibtex(item: dict) -> str:
    """Write a CSL item as BibTeX."""
    year, month, _ = item["issued"]["date-parts"][0]
    fields = {
        "author": " and ".join(f"{{{latex(author['literal'])}}}" for author in item["author"]),
        "title": f"{{{latex(item['title'])}}}",
        "booktitle": latex(item["container-title"]),
        "year": year,
        "month": month,
        "version": item["version"],
    }
    if "URL" in item:
        fields["url"] = item["URL"]
    lines = [f"  {key} = {{{value}}}," for key, value in fields.items()]
    return "\n".join([f"@incollection{{{item['id']},", *lines, "}", ""])


def latex(text: str) -> str:
    """Write plain words for LaTeX."""
    special = {"\\": "textbackslash", "~": "textasciitilde", "^": "textasciicircum"}
    return re.sub(
        r"[&%$#_{}\\~^]",
        lambda found: rf"\{special[found[0]]}{{}}" if found[0] in special else rf"\{found[0]}",
        text,
    )


def cite(page: str, title: str, base: str, outdir: Path) -> list[tuple[str, str]]:
    """Write a page's citation data; return their names and addresses from the site's root."""
    item = citation(page, title, base)
    folder = outdir / "citations"
    folder.mkdir(exist_ok=True)
    name = item["id"].removeprefix("dongbei-")
    (folder / f"{name}.bib").write_text(bibtex(item), encoding="utf-8")
    text = json.dumps([item], ensure_ascii=False, indent=1) + "\n"
    (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return [("BibTeX", f"citations/{name}.bib"), ("CSL", f"citations/{name}.json")]


def launch(page: str, repository: str, branch: str) -> list[tuple[str, str]]:
    """Return links that open a chapter's notebook at Binder and Colab.

    Both fetch the repository from GitHub, so there are none until `_config.yml` names it.

    Raises
    ------
    ValueError
        If the address is none of a repository on GitHub.
    """
    if not repository:
        return []
    found = re.fullmatch(
        r"(?:https?://(?:www\.)?github\.com/|git@github\.com:)([\w.-]+/[\w.-]+?)(?:\.git)?/?",
        repository,
    )
    if not found:
        raise ValueError(
            "repository in _config.yml must look like https://github.com/name/report; "
            f"it is {repository!r}"
        )
    project, path = found[1], f"book/{page}.ipynb"
    place = f"{project}/{quote(branch, safe='')}"
    return [
        ("Binder", f"https://mybinder.org/v2/gh/{place}?urlpath=lab/tree/{path}"),
        ("Colab", f"https://colab.research.google.com/github/{project}/blob/{branch}/{path}"),
    ]


def sitemap(pages: list[str], base: str) -> str:
    """List the addresses of all pages for search engines."""
    lines = [f"<url><loc>{escape(address(base, page))}</loc></url>" for page in pages]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
            *lines,
            "</urlset>",
            "",
        ]
    )


def offline(file: Path) -> bytes:
    """Return a file of the site as it is read from a disk, where a page may preload nothing."""
    content = file.read_bytes()
    return (
        re.sub(rb'<link rel="preload"[^>]*>', b"", content) if file.suffix == ".html" else content
    )


def pack(folder: Path, target: Path, within: str, content=Path.read_bytes) -> None:
    """Put a folder into a zip file: sorted, and with one date for all, so that bytes repeat."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file != target and "__pycache__" not in file.parts:
                entry = zipfile.ZipInfo(f"{within}/{file.relative_to(folder).as_posix()}")
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, content(file))


def pack_data(outdir: Path) -> None:
    """Put the tables and their descriptor into one file."""
    pack(ROOT / "data", outdir / DATA, "northeast-china-data")
