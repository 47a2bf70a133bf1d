"""What the flow's steps are called when they are shown, and the part of the time they belong to.

Only names: which steps there are, and in what order they run, belongs to the flow.
"""

STEPS = {
    "landing": ("Tar emot leveranser", "landning"),
    "raw": ("Läser in register och statistik", "rådata"),
    "stillastaende": ("Ser efter om serier står stilla", "grindar"),
    "raw_gate": ("Kontrollerar rådata", "grindar"),
    "staging": ("Bygger staging", "dbt"),
    "marts": ("Bygger marts", "dbt"),
    "marts_gate": ("Kontrollerar marts", "grindar"),
    "marts__found_explanations": ("Söker orsaker i uppgifterna", "avvikelser"),
    "found_explanations_gate": ("Kontrollerar funna orsaker", "grindar"),
    "marts__deviations": ("Prövar avvikelser", "avvikelser"),
    "marts__series_charts": ("Räknar fram seriernas gränser", "avvikelser"),
    "deviations_gate": ("Kontrollerar avvikelser", "grindar"),
    "focus_areas": ("Bildar fokusområden", "avvikelser"),
    "focus_areas_gate": ("Kontrollerar fokusområden", "grindar"),
    "published__memorandum": ("Skriver promemorian och indikatorernas sidor", "promemoria"),
    "published__snapshot": ("Publicerar", "publicering"),
}
