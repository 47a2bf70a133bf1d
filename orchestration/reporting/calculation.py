"""How an indicator is counted, for whoever wants to follow it: the model's SQL and what it reads.

Which model counts which indicator is found where the models are known; here it is only told.
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.language.inline import Quoted, Said, Strong, nodes, say
from orchestration.reporting.document import Folded, Heading, Paragraph, Plain, bullets, paragraph


@dataclass(frozen=True, slots=True)
class Calculation:
    """How one indicator is counted.

    Attributes:
        model: The model that counts it.
        sql: Its text, as it stands in the project.
        before: The tables that it is made from, the first ones first.
        after: What is made from it, up to the published values.
    """

    model: str
    sql: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def told(calculation: Calculation) -> list[Plain]:
    """Builds the section."""

    def table(name: str) -> Quoted:
        return Quoted(name, "dbt", name)

    model = table(calculation.model)
    lineage: list[Said] = [
        *((table(name),) for name in calculation.before),
        say("{model}: här räknas indikatorn", model=Strong((model,))),
        *((table(name),) for name in calculation.after),
    ]
    code = Paragraph((Quoted(calculation.sql, "dbt", calculation.model),), code=True)
    return [
        Heading(2, nodes("Så är det räknat"), "sa-ar-det-raknat"),
        *paragraph(
            say(
                "Indikatorn räknas av modellen {model}, tillsammans med andra av samma slag. "
                "Listan går från det som levererats till de publicerade värdena.",
                model=model,
            )
        ),
        *bullets(lineage),
        Folded(
            say("Modellens SQL, som den står i systemet (på engelska)"),
            (code,),
        ),
    ]
