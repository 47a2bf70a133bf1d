"""What a check leaves behind: counts and Swedish sentences, never a value out of the table.

Only types; `validation` makes them and `gate` stores them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from orchestration.quality.suites import Severity


@dataclass(frozen=True)
class ExpectationResult:
    """How one rule fared.

    Attributes:
        suite: Name of the suite.
        expectation: Readable id of the rule, such as `expect_..._in_set(utfall)`.
        table_name: The guarded table as `schema.table`.
        severity: What a failure means.
        success: Whether the rule holds; false as well when it could not be computed.
        broken: Whether the rule could not be computed, which says nothing about the data.
        unexpected_count: Rows (or, for a set of distinct values, values) that break the rule;
            None where the rule is about the table as a whole.
        element_count: Rows that the rule counts over, missing values included; all judged rows
            where the rule is about the table as a whole; None when broken.
        unexpected_percent: Rows that break the rule per hundred rows with a value; None where
            there is nothing to divide.
        message_sv: The outcome in Swedish, with the rule and what to do when it failed.
        basis: All that the outcome follows from, summed up; empty where that is not known.
    """

    suite: str
    expectation: str
    table_name: str
    severity: Severity
    success: bool
    broken: bool
    unexpected_count: int | None
    element_count: int | None
    unexpected_percent: float | None
    message_sv: str
    basis: str = ""

    @property
    def closes_gate(self) -> bool:
        """Whether this result alone keeps the table from being used."""
        return self.broken or (not self.success and self.severity is Severity.CRITICAL)


@dataclass(frozen=True)
class SuiteResult:
    """How one table fared.

    Attributes:
        table_name: The guarded table as `schema.table`.
        suite: Name of the suite.
        passed: Whether no critical rule failed and no rule was broken.
        worst_severity: Gravest severity among the failed rules, a broken one counted as critical;
            None when all hold.
        results: One result for each rule, in the suite's order.
        row_count: Rows judged.
        evaluated_at: When the check was made; carries a time zone.
        fingerprint: What the table looked like then (`gate.fingerprint`); empty if it is missing.
    """

    table_name: str
    suite: str
    passed: bool
    worst_severity: Severity | None
    results: tuple[ExpectationResult, ...]
    row_count: int
    evaluated_at: datetime
    fingerprint: str

    @classmethod
    def of(
        cls,
        table_name: str,
        results: tuple[ExpectationResult, ...],
        *,
        suite: str,
        row_count: int,
        evaluated_at: datetime,
        fingerprint: str,
    ) -> Self:
        """The outcome of a table from those of its rules.

        Args:
            table_name: The table.
            results: One for each rule.
            suite: Name of the suite.
            row_count: Rows judged.
            evaluated_at: When; carries a time zone.
            fingerprint: What the table looked like.
        """
        failed = [
            Severity.CRITICAL if result.broken else result.severity
            for result in results
            if not result.success
        ]
        return cls(
            table_name=table_name,
            suite=suite,
            passed=not any(result.closes_gate for result in results),
            worst_severity=max(failed, key=lambda severity: severity.rank, default=None),
            results=results,
            row_count=row_count,
            evaluated_at=evaluated_at,
            fingerprint=fingerprint,
        )

    @property
    def failures(self) -> tuple[ExpectationResult, ...]:
        """The results that did not succeed, broken ones included."""
        return tuple(result for result in self.results if not result.success)
