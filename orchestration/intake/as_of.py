"""What had come by a past moment, so that what was published then can be built again.

Only tells; the other steps of the intake ask here which deliveries there are, so that a rebuild
takes the same way as an ordinary run. Nothing is landed, fetched or taken out of an inbox.
"""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

from orchestration.registers.contract import load_contracts
from orchestration.settings import Settings
from orchestration.sources.registry import load_registry
from orchestration.storage.landing import LandingStore, Receipt


class PastUnknownError(Exception):
    """A past publication cannot be built again; the text is Swedish and names no person."""


def known_receipts(settings: Settings, store: LandingStore) -> list[Receipt]:
    """The deliveries that a run may know of.

    A register that came before its municipality was written down is of the one that is set.

    Args:
        settings: Says which moment is built; all deliveries where none is.
        store: Where deliveries are kept.

    Returns:
        Receipts in the order they came.
    """
    return [
        replace(receipt, municipality_id=settings.municipality)
        if receipt.kind == "register" and receipt.municipality_id is None
        else receipt
        for receipt in store.receipts()
        if settings.as_of is None or datetime.fromisoformat(receipt.received_at) <= settings.as_of
    ]


def require_past(settings: Settings, store: LandingStore) -> None:
    """Refuse to build a past moment that is not over, or whose deliveries are not all kept.

    Args:
        settings: Says which moment is built.
        store: Where deliveries are kept.

    Raises:
        PastUnknownError: If the moment lies ahead, if nothing had come by then, or if the bytes of
            a delivery are gone.
    """
    if settings.as_of is None:
        return
    if settings.as_of > datetime.now(UTC):
        raise PastUnknownError(
            f"Tidpunkten {settings.as_of:%Y-%m-%d %H.%M} har inte varit än. "
            "Gör så här: ange en dag som är slut, eller ett klockslag som har varit."
        )
    receipts = known_receipts(settings, store)
    if not receipts:
        raise PastUnknownError(
            f"Ingen leverans hade tagits emot {settings.as_of:%Y-%m-%d %H.%M}. "
            "Gör så här: ange en senare dag, och kontrollera att hemkatalogen är den rätta."
        )
    gone = Counter(receipt.name for receipt in receipts if not store.keeps(receipt.delivery_id))
    if gone:
        titles = {name: contract.title_sv for name, contract in load_contracts().items()}
        titles |= {dataset.source_id: dataset.title_sv for dataset in load_registry()}
        told = ", ".join(
            f"{titles.get(name, name)} ({count})" for name, count in sorted(gone.items())
        )
        raise PastUnknownError(
            f"Publiceringen per {settings.as_of:%Y-%m-%d %H.%M} går inte att bygga om: "
            f"{gone.total()} av {len(receipts)} leveranser finns inte kvar. "
            f"Det gäller {told}. Leveranser förstörs när deras lagringstid är slut. "
            "Gör så här: läs den daterade kopian under published/tidigare, om den är sparad."
        )
