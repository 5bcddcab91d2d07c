"""Designs from YAML files, whose faults are told with their lines."""

from pathlib import Path

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from dongbei.resilience.composite.design import Design, fault


def read_design(path) -> Design:
    """Read the YAML file of a design.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not YAML, names a key twice, or is not a design; every fault with its line.
    """
    path = Path(path)
    try:
        content = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is not UTF-8 text: {error.reason}") from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise ValueError(f"{path.name}, line {line}: {error.problem}") from None
    except YAMLError as error:
        raise ValueError(f"{path.name} is not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(content, dict):
        raise ValueError(
            f"{path.name} is empty or not a mapping; a design has title, nodes, leaves"
        )
    try:
        return Design.model_validate(plain(content))
    except ValidationError as error:
        faults = (fault(content, one) for one in error.errors())
        lines = (f"{path.name}, line {line}: {words}" for line, words in faults)
        raise ValueError("\n".join(lines)) from None


def plain(content):
    """Turn the reader's mappings and lists into dictionaries and lists."""
    if isinstance(content, dict):
        return {str(key): plain(value) for key, value in content.items()}
    return [plain(value) for value in content] if isinstance(content, list) else content
