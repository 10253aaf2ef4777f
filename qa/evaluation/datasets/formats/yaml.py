"""promptfoo tests in YAML: a list of tests, or a configuration with such a list under "tests"."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from qa.errors import QuestionSetError
from qa.evaluation.datasets.formats.entry import Entry, entry
from qa.evaluation.datasets.formats.other_tools import as_row
from qa.evaluation.datasets.formats.text import read_text


def yaml_entries(path: Path) -> Iterator[Entry]:
    """Yield an entry for each test, named by the line on which it starts."""
    try:
        for number, (line, row) in enumerate(_tests(path), start=1):
            yield entry(path, f"line {line}", as_row(row, number))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        location = f"{path}, line {mark.line + 1}" if mark else str(path)
        raise QuestionSetError(f"{location}: not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise QuestionSetError(f"{path}: not YAML: {error}") from error
    except RecursionError as error:
        raise QuestionSetError(f"{path}: not YAML that can be read: nested too deeply") from error


def dump_yaml(rows: list[dict[str, Any]]) -> str:
    """Return rows as YAML in which every reader takes each string for a string."""
    return yaml.dump(rows, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)


class _Loader(yaml.BaseLoader):
    """Reads every scalar as a string, so that `yes`, `1.10` and `2024-01-01` stay as written."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        # A few lines of aliases to aliases can expand to gigabytes.
        if self.check_event(yaml.AliasEvent):
            problem = "aliases (*name) are not read; write the value out"
            raise yaml.composer.ComposerError(None, None, problem, self.get_mark())
        return super().compose_node(parent, index)


class _Dumper(yaml.SafeDumper):
    """Quotes strings that YAML 1.2 reads as numbers and YAML 1.1 does not, such as `1e3`."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if text[:1].isalpha() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _represent_text)


def _tests(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield the first line and the value of each test."""
    loader = _Loader(read_text(path))
    root = loader.get_single_node()
    if isinstance(root, yaml.MappingNode):
        root = next((value for key, value in root.value if key.value == "tests"), None)
    if not isinstance(root, yaml.SequenceNode):
        raise QuestionSetError(f'{path}: expected a list of promptfoo tests, or a list under "tests"')
    for node in root.value:
        yield node.start_mark.line + 1, loader.construct_object(node, deep=True)
