"""Which publishers are replayed: one line each.

What a publisher answers belongs in its own module.
"""

from collections.abc import Mapping
from typing import Final

from orchestration.demo.replay import bra, kolada, kronofogden, scb, socialstyrelsen
from orchestration.demo.replay.server import Answerer

PUBLISHERS: Final[Mapping[str, Answerer]] = {
    "scb": scb.answer,
    "kolada": kolada.answer,
    "bra": bra.answer,
    "kronofogden": kronofogden.answer,
    "socialstyrelsen": socialstyrelsen.answer,
}
