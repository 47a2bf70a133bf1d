"""The samples drawn in the home, and what came of them, as tables without persons."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from orchestration.findings.estimates import Agreement, SampleProtocol
from orchestration.findings.marts import AGREEMENT, SAMPLE_PROTOCOLS, write_findings
from orchestration.flow.analyses import Analysis
from orchestration.flow.samples import kept_samples
from orchestration.flow.step import Outcome, Product, Step, Work
from orchestration.reporting.sections import samples as section

ANALYSIS_ID = "samples"


def protocol_of(protocol: Mapping[str, Any], *, is_answered: bool) -> SampleProtocol:
    """A sample as it stands in its table."""
    return SampleProtocol(
        sample_id=protocol["sample_id"],
        purpose=protocol["purpose"],
        register=protocol["register"],
        period_start=date(int(protocol["year"]), 1, 1),
        geography_id=protocol["municipality"],
        seed=int(protocol["seed"]),
        frame_rows=int(protocol["frame_rows"]),
        protected_excluded=int(protocol["protected_excluded"]),
        size=int(protocol["size"]),
        allocation=protocol["allocation"],
        strata=json.dumps(protocol["strata_counts"], ensure_ascii=False, sort_keys=True),
        assessors=int(protocol["assessors"]),
        overlap=int(protocol["overlap"]),
        largest_difference=max(map(abs, protocol["differences"].values()), default=0.0),
        frame_sha256=protocol["frame_sha256"],
        is_answered=is_answered,
    )


def agreement_of(sample_id: str, figures: Iterable[Mapping[str, Any]]) -> list[Agreement]:
    """What came of a sample, as it stands in its table."""
    return [
        Agreement(
            sample_id=sample_id,
            measure=each["measure"],
            coefficient=each["coefficient"],
            level=each["level"],
            estimate=each["estimate"],
            ci_lower=each["lower"],
            ci_upper=each["upper"],
            n_cases=each["cases"],
            n_raters=each["raters"],
            note=each["note"],
        )
        for each in figures
    ]


def _run(work: Work) -> Outcome:
    kept = kept_samples(work.settings.samples_dir)
    protocols = [protocol_of(each, is_answered=bool(figures)) for each, figures in kept]
    figures = [row for each, found in kept for row in agreement_of(each["sample_id"], found)]
    write_findings(work.connection, SAMPLE_PROTOCOLS, protocols)
    write_findings(work.connection, AGREEMENT, figures)
    work.log.info("Stickprov: %d, mått: %d", len(protocols), len(figures))
    return Outcome(
        {
            SAMPLE_PROTOCOLS.name: {"dagster/row_count": len(protocols)},
            AGREEMENT.name: {"dagster/row_count": len(figures)},
        }
    )


ANALYSIS = Analysis(
    analysis_id=ANALYSIS_ID,
    step=Step(
        name=ANALYSIS_ID,
        title_sv="Läser stickprov",
        part_sv="analys: stickprov",
        writes=tuple(
            Product(
                table.name,
                table.description,
                reads=("intermediate.int_housing_support_criteria",),
                group="analyses",
                kinds=frozenset({"python", "duckdb"}),
                columns=table.described,
            )
            for table in (SAMPLE_PROTOCOLS, AGREEMENT)
        ),
        suites=(SAMPLE_PROTOCOLS.name, AGREEMENT.name),
        gate_title_sv="Kontrollerar stickprov",
        run=_run,
    ),
    blocks=section.blocks,
)
