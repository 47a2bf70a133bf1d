"""Which publishers are replayed: one line each.

What a publisher answers belongs in its own module.
"""

from collections.abc import Mapping
from typing import Final

from orchestration.demo.replay import bra, socialstyrelsen
from orchestration.demo.replay.server import Answerer

PUBLISHERS: Final[Mapping[str, Answerer]] = {
    "bra": bra.answer,
    "socialstyrelsen": socialstyrelsen.answer,
}
