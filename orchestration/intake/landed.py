"""Landed files of registers, as `registers` takes them: verified, each by itself.

Only hands over; what a delivery whose bytes are lost means is for the step that asks for it.
"""

from collections.abc import Iterable

from orchestration.registers.layout import Delivery
from orchestration.storage.landing import LandingStore, LostError, Receipt


def deliveries_of(
    store: LandingStore, receipts: Iterable[Receipt]
) -> tuple[list[Delivery], list[Receipt]]:
    """The files that receipts are of.

    Args:
        store: Where deliveries are kept.
        receipts: Receipts of registers' deliveries.

    Returns:
        The files whose bytes are those that came, and the receipts of the others, in their order.
    """
    deliveries, lost = [], []
    for receipt in receipts:
        try:
            path = store.intact(receipt.delivery_id)
        except LostError:
            lost.append(receipt)
            continue
        deliveries.append(
            Delivery(
                sequence=receipt.sequence,
                delivery_id=receipt.delivery_id,
                file_name=receipt.file_name,
                path=path,
                received_on=receipt.received_at[:10],
                written_name=receipt.written_name,
            )
        )
    return deliveries, lost
