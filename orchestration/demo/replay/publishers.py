"""Which publishers are replayed: one line each.

What a publisher answers belongs in its own module.
"""

from collections.abc import Mapping
from typing import Final

from orchestration.demo.replay import kolada, kronofogden, scb
from orchestration.demo.replay.server import Answerer

PUBLISHERS: Final[Mapping[str, Answerer]] = {
    "scb": scb.answer,
    "kolada": kolada.answer,
    "kronofogden": kronofogden.answer,
}
