"""How YAML is read: the package's own files fast, files from outside so that none ends the process.

libyaml's parser is several times faster than Python's, and a file nested a hundred thousand deep
overflows its stack: the process dies, where Python's raises `RecursionError`. So it reads what
ships with the package and nothing else. What a file means, and how its faults are told, belongs to
whoever reads it.
"""

from collections.abc import Hashable
from typing import Any

import yaml

# A PyYAML that was built without libyaml has none; the pure one understands the same.
_Packaged = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Texts(yaml.BaseLoader):
    """Text, lists and tables: `01` stays `01`, `no` stays `no`, and a key stands once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        content = super().construct_mapping(node, deep=deep)
        if len(content) < len(node.value):
            raise yaml.constructor.ConstructorError(
                None, None, "en nyckel står två gånger", node.start_mark
            )
        return content


def values_of(text: str) -> Any:
    """What a YAML text of the package's own holds, in YAML's own types.

    Args:
        text: The text; never one from outside.

    Raises:
        yaml.YAMLError: If it is not YAML.
    """
    return yaml.load(text, _Packaged)  # noqa: S506 (a safe loader)


def texts_of(text: str) -> Any:
    """What a YAML text from outside holds, every value as it is written.

    Args:
        text: The text.

    Raises:
        yaml.YAMLError: If it is not YAML, or a key stands twice in a table.
        RecursionError: If it is nested too deep.
    """
    return yaml.load(text, _Texts)  # noqa: S506 (builds only text)
