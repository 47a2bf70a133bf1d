"""How YAML is read: the package's own files fast, files from outside so that none ends the process.

libyaml's parser is several times faster than Python's, and a file nested a hundred thousand deep
overflows its stack: the process dies, where Python's raises `RecursionError`. So it reads what
ships with the package and nothing else. What a file means, and how its faults are told, belongs to
whoever reads it.
"""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

# A PyYAML that was built without libyaml has none; the pure one understands the same.
_Packaged = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class UnreadableYamlError(Exception):
    """A file is not YAML as it is read here; the text is a Swedish clause."""


def _texts(loader: Any) -> Any:
    """A loader of text, lists and tables: `01` stays `01`, `no` stays `no`, a key stands once."""

    class Texts(loader):  # type: ignore[misc]
        def construct_mapping(
            self, node: yaml.MappingNode, deep: bool = False
        ) -> dict[Hashable, Any]:
            content: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
            if len(content) < len(node.value):
                raise yaml.constructor.ConstructorError(
                    None, None, "en nyckel står två gånger", node.start_mark
                )
            return content

    return Texts


_Texts = _texts(yaml.BaseLoader)
_PackagedTexts = _texts(getattr(yaml, "CBaseLoader", yaml.BaseLoader))


def values_of(text: str) -> Any:
    """What a YAML text of the package's own holds, in YAML's own types.

    Args:
        text: The text; never one from outside.

    Raises:
        yaml.YAMLError: If it is not YAML.
    """
    return yaml.load(text, _Packaged)  # noqa: S506 (a safe loader)


def texts_of(text: str, *, packaged: bool = False) -> Any:
    """What a YAML text from outside holds, every value as it is written.

    Args:
        text: The text.
        packaged: Whether it is the package's own after all.

    Raises:
        yaml.YAMLError: If it is not YAML, or a key stands twice in a table.
        RecursionError: If it is nested too deep.
    """
    return yaml.load(text, _PackagedTexts if packaged else _Texts)  # noqa: S506 (builds only text)


def read_texts(path: Path, *, size_limit: int, packaged: bool = False) -> Any:
    """What a YAML file holds, every value as it is written.

    Args:
        path: The file.
        size_limit: How many bytes it may have.
        packaged: Whether it is the package's own.

    Raises:
        UnreadableYamlError: If it cannot be read, is too large, or is not such YAML.
    """
    try:
        raw = path.read_bytes()
        if len(raw) > size_limit:
            raise UnreadableYamlError("filen är för stor")
        return texts_of(raw.decode("utf-8"), packaged=packaged)
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableYamlError("filen går inte att läsa som text i UTF-8") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise UnreadableYamlError("filen är inte YAML, eller en nyckel står två gånger") from error
