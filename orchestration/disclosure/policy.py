"""What is small and what is shown at all, area by area: read from a file that people change.

How a rule is applied to cells belongs in `primary`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestration.indicators.models import Area
from orchestration.outside import shown
from orchestration.yaml_text import UnreadableYamlError, read_texts

PACKAGED = Path(__file__).parent / "policy.yml"
_SIZE_LIMIT = 1 << 16


class PolicyError(Exception):
    """The policy cannot be used; the text is Swedish and says what to do."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rules(_Strict):
    """What is hidden of an area.

    Attributes:
        threshold: The least number of persons that may be shown.
        zeros: Whether a count of nobody is as telling as one of somebody.
        remainders: Whether what only follows is hidden as what is shown.
        overlaps: Whether that so many are counted twice is hidden too.
        dominance: How many per cent of the greatest contribution to an amount all others but the
            second greatest must at least give; 0 hides no amount for that.
    """

    threshold: Annotated[int, Field(ge=1, le=1000)]
    zeros: bool
    remainders: bool
    overlaps: bool
    dominance: Annotated[float, Field(ge=0, le=100)]


class _Changes(_Strict):
    threshold: Annotated[int, Field(ge=1, le=1000)] | None = None
    zeros: bool | None = None
    remainders: bool | None = None
    overlaps: bool | None = None
    dominance: Annotated[float, Field(ge=0, le=100)] | None = None


class _File(_Strict):
    least_width: Annotated[int, Field(ge=1, le=100)]
    maps: Literal["today", "all"]
    crosses_of_boards: bool
    default: Rules
    areas: dict[Area, _Changes]


@dataclass(frozen=True)
class Policy:
    """What is small, and what is shown at all.

    Attributes:
        least_width: Least distance between the least and greatest possible value of a secret.
        maps: Whether boards that exist are shown alone, or former ones too.
        crosses_of_boards: Whether two breakdowns at a time are shown for a board.
        rules: What is hidden of each area.
    """

    least_width: int
    maps: Literal["today", "all"]
    crosses_of_boards: bool
    rules: Mapping[Area, Rules]


def read_policy(path: Path = PACKAGED) -> Policy:
    """Read the policy.

    Args:
        path: The file.

    Raises:
        PolicyError: If it cannot be read, or says what no policy can.
    """
    try:
        file = _File.model_validate(
            read_texts(path, size_limit=_SIZE_LIMIT, packaged=path == PACKAGED)
        )
    except UnreadableYamlError as error:
        raise _refused(path, str(error)) from error
    except ValidationError as error:
        raise _refused(path, "; ".join(_fault(each) for each in error.errors())) from error
    return Policy(
        file.least_width,
        file.maps,
        file.crosses_of_boards,
        {
            area: file.default.model_copy(
                update=file.areas.get(area, _Changes()).model_dump(exclude_none=True)
            )
            for area in Area
        },
    )


def _fault(error: Mapping[str, Any]) -> str:
    """What is wrong with a place of the file."""
    path = [str(each) for each in error["loc"] if each != "[key]"]
    where = shown(".".join(path)) or "filen"
    if path[:1] == ["areas"] and error["loc"][-1] == "[key]":
        return f"{shown(path[1])} är inget område; områdena är {', '.join(Area)}"
    if error["type"] == "extra_forbidden":
        return f"{where} finns inte"
    if error["type"] == "missing":
        return f"{where} saknas"
    return f"{where} har ett värde som inte går"


def _refused(path: Path, fault: str) -> PolicyError:
    return PolicyError(
        f"Röjandekontrollens regler i {shown(path.name)} kan inte användas: {fault}. Gör så här:"
        f" rätta {shown(str(path))} och kör igen."
    )
