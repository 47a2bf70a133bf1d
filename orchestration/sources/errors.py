"""The one error a parser raises: a delivery is not what its publisher's format says.

The text is Swedish and for whoever runs the nightly job. No other kind of error belongs here.
"""

from orchestration.sources.registry import Dataset

_ACTION = (
    "Hämta leveransen på nytt. Återkommer felet har utgivaren ändrat formatet: låt den förra "
    "leveransen gälla och anpassa tolken."
)
_LONGEST_QUOTE = 60


class SourceFormatError(ValueError):
    """A delivery cannot be read truly.

    Attributes:
        dataset_id: Which dataset.
        message_sv: Dataset, place, what was found, what was expected and what to do.
    """

    def __init__(
        self, dataset: Dataset, *, place: str, found: str, expected: str, action: str = _ACTION
    ) -> None:
        self.dataset_id = dataset.source_id
        self.message_sv = (
            f"{dataset.publisher_name_sv}, {dataset.title_sv} ({dataset.source_id}), {place}: "
            f"{found}. Väntat: {expected}. {action}"
        )
        super().__init__(self.message_sv)


def quoted(text: str) -> str:
    """Show what a delivery holds, short and without control characters.

    Args:
        text: Taken from the delivery.

    Returns:
        The text within quotation marks, cut at 60 characters.
    """
    shown = "".join(character if character.isprintable() else "�" for character in text)
    if len(shown) > _LONGEST_QUOTE:
        shown = f"{shown[:_LONGEST_QUOTE]}…"
    return f"”{shown}”"
