"""SCB's statistical database, through PxWebApi 2: `fetching` asks, `parsing` reads the answers.

`answer` is what both know of json-stat2. What a series means for an indicator belongs in dbt.
"""

from orchestration.sources.scb.fetching import fetch
from orchestration.sources.scb.parsing import parse

__all__ = ["fetch", "parse"]
