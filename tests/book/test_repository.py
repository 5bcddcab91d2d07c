"""The files that a newcomer, a citation index and GitHub read."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
GUIDES = ("README.md", "CONTRIBUTING.md", "LICENSE-TEXT.md", "data/README.md")

# Names in pieces, so that this file does not contain what it looks for.
HOSTS = [
    "pypi org",
    "pythonhosted org",
    "npmjs org",
    "npmjs com",
    "yarnpkg com",
    "debian org",
    "jsdelivr net",
    "unpkg com",
    "cdnjs cloudflare com",
    "fonts googleapis com",
]
FOLDERS = ["home", "root", "tmp", "work", "Users", "mnt"]
HOST = re.compile("|".join(name.replace(" ", r"\.") for name in HOSTS).encode())
PLACE = re.compile((r"(?<![\w.~/})])/(" + "|".join(FOLDERS) + r")/\w").encode())


def run(program, *arguments):
    """Run a program of the environment, offline, and return its exit code and what it said."""
    command = [Path(sys.executable).with_name(program), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def project_files():
    """List what git keeps, and what it would keep if it were added now."""
    git = [shutil.which("git"), "-c", "safe.directory=*", "-C", ROOT, "ls-files", "-z"]
    command = [*git, "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    files = [ROOT / name for name in sorted(set(names.split("\0")) - {""})]
    return [file for file in files if file.is_file()]


def found(pattern, files):
    """Say where a pattern occurs, as file:line: match."""
    return [
        f"{file.relative_to(ROOT)}:{number}: {match[0].decode()}"
        for file in files
        for number, line in enumerate(file.read_bytes().splitlines(), start=1)
        if (match := pattern.search(line))
    ]


class TestWorkflows:
    def test_there_are_four(self):
        names = [path.stem for path in WORKFLOWS]
        assert names == ["checks", "links", "pages", "weekly"]

    @pytest.mark.parametrize(
        "schema", ["vendor.github-workflows", "custom.github-workflows-require-timeout"]
    )
    def test_follow_the_schema(self, schema):
        code, said = run("check-jsonschema", "--builtin-schema", schema, *WORKFLOWS)
        assert code == 0, said

    def test_the_security_audit_finds_nothing(self):
        code, said = run("zizmor", "--offline", "--no-progress", "--persona=auditor", *WORKFLOWS)
        assert code == 0, said

    @pytest.mark.parametrize("name", ["checks", "pages", "weekly"])
    def test_run_the_two_commands(self, name):
        workflow = yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text("utf-8"))
        steps = next(iter(workflow["jobs"].values()))["steps"]
        commands = [step["run"] for step in steps if "run" in step]
        assert [command for command in commands if command.startswith("make ")] == [
            "make book",
            "make test",
        ]


class TestCitation:
    def test_follows_the_schema(self):
        schema = ("--builtin-schema", "vendor.citation-file-format")
        code, said = run("check-jsonschema", *schema, "--default-filetype=yaml", "CITATION.cff")
        assert code == 0, said

    def test_names_version_and_licence_of_the_package(self):
        assert CITATION["version"] == PROJECT["project"]["version"]
        assert CITATION["license"] == PROJECT["project"]["license"]

    def test_names_the_authors_of_the_licence(self):
        (author,) = CITATION["authors"]
        assert author["name"] in (ROOT / "LICENSE").read_text(encoding="utf-8")
        assert author["name"] in (ROOT / "LICENSE-TEXT.md").read_text(encoding="utf-8")


class TestLocks:
    ASKED = (
        ("requirements.txt", [
            *PROJECT["project"]["dependencies"],
            *(text for group in PROJECT["dependency-groups"].values() for text in group),
        ]),
        ("benchmarks/peers.txt", [
            line.split("#")[0]
            for line in (ROOT / "benchmarks" / "peers.in").read_text(encoding="utf-8").splitlines()
            if line.split("#")[0].strip()
        ]),
    )  # fmt: skip
    """Each lock, and what it must hold."""

    @staticmethod
    def pins(name):
        lines = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
        return [line for line in lines if line and not line.lstrip().startswith("#")]

    @pytest.mark.parametrize("name", [name for name, _ in ASKED])
    def test_every_line_is_one_version_with_hashes(self, name):
        form = re.compile(r"[\w.-]+==\S+( ;[^#]*?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*")
        assert self.pins(name)
        assert [line for line in self.pins(name) if not form.fullmatch(line)] == []

    @pytest.mark.parametrize(("name", "asked"), ASKED)
    def test_everything_that_is_asked_for_is_locked(self, name, asked):
        wanted = {canonicalize_name(Requirement(text).name) for text in asked}
        assert wanted
        locked = {canonicalize_name(line.split("==")[0]) for line in self.pins(name)}
        assert wanted - locked == set()


class TestFiles:
    def test_git_knows_the_project(self):
        assert ROOT / "Makefile" in project_files()

    def test_no_file_names_a_package_registry(self):
        assert found(HOST, project_files()) == []

    def test_no_file_names_a_folder_of_a_machine(self):
        assert found(PLACE, project_files()) == []

    @pytest.mark.parametrize("folder", FOLDERS)
    @pytest.mark.parametrize("before", ["", " ", '"', "=", "("])
    def test_the_search_sees_a_folder(self, folder, before):
        assert PLACE.search(f"{before}/{folder}/me/report".encode())

    @pytest.mark.parametrize("before", ["https://example.net", "book", "..", "$HOME"])
    def test_the_search_leaves_addresses_and_relative_paths_alone(self, before):
        assert not PLACE.search(f"{before}/home/page".encode())

    @pytest.mark.parametrize("name", HOSTS)
    def test_the_search_sees_a_registry(self, name):
        assert HOST.search(f"https://www.{name.replace(' ', '.')}/x".encode())


class TestGuides:
    @pytest.mark.parametrize("guide", GUIDES)
    def test_links_lead_to_files(self, guide):
        path = ROOT / guide
        links = re.findall(r"\]\((?!https?://)([^)#\s]+)", path.read_text(encoding="utf-8"))
        assert [link for link in links if not (path.parent / link).exists()] == []

    @pytest.mark.parametrize("guide", GUIDES)
    def test_name_only_commands_that_exist(self, guide):
        targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
        text = (ROOT / guide).read_text(encoding="utf-8")
        assert set(re.findall(r"(?:`|^ {4})make ([a-z]+)", text, re.M)) <= targets

    def test_the_readme_explains_every_command(self):
        described = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.M)
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        assert [name for name in described if f"| `make {name}` |" not in readme] == []

    def test_the_readme_names_every_room(self):
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        rooms = [path.parent.name for path in (ROOT / "code/dongbei").glob("*/__init__.py")]
        assert [room for room in rooms if f"`{room}`" not in readme] == []
