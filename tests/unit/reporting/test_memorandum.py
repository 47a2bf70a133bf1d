"""The finished page: its figures, its language, its safety and its form."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise

import duckdb
import pytest

from orchestration.findings.claims import (
    Group,
    GroupsWithoutValue,
    KeptInFocus,
    Stood,
    When,
)
from orchestration.findings.codes import Kind, Since, State, Tested
from orchestration.findings.evidence import (
    ChangeEvidence,
    Evidence,
    GroupEvidence,
    LastYear,
    Reservation,
    UntestedGroupsEvidence,
)
from orchestration.findings.marts import DEVIATIONS, MODEL_FIT, read_findings, write_findings
from orchestration.findings.records import FoundExplanation, ModelFit
from orchestration.indicators.models import Basis, ExplanationKind
from orchestration.language import words
from orchestration.reporting.data import ReportData
from orchestration.reporting.issued import Edition
from orchestration.reporting.memorandum import memorandum
from tests.page_text import parse, text_of
from tests.unit.reporting.conftest import (
    CHANGE,
    GROUPS,
    add_findings,
    add_found,
    set_claims,
    set_evidence,
)

Load = Callable[[duckdb.DuckDBPyConnection], ReportData]
Render = Callable[[duckdb.DuckDBPyConnection], str]

HOUSED = "antalet personer som beviljats skyddat boende"
HOURS = "det genomsnittliga antalet beviljade boendestödstimmar"
BANNER = "Delvis syntetiska uppgifter"
# The pages that the memorandum leads to, apart from the indicators'.
SITE = (
    *("index.html", "socialtjanstrapport.html", "kvalitet.html", "ordlista.html", "om.html"),
    "sok.html",
)


def prose(html: str) -> str:
    """All text a reader meets: content and spoken attributes, no style, one kind of space."""
    root = parse(html)
    spoken = root.xpath("//@aria-label | //@title | //@alt")
    return re.sub(r"\s+", " ", " ".join([text_of(root), *map(str, spoken)]))


def test_the_documents_figures_are_stated_in_swedish_form(page: str) -> None:
    text = prose(page)
    for sentence in (
        "Andelen biståndshushåll minskade med 6,3 procent från 2022 till 2023: från 2,54 till 2,38",
        "Av tidigare år att döma var mellan 2,46 och 2,62 procent att vänta.",
        "Minskningen kom trots att prisindexet för boende och livsmedel (+12,0 procent) ökade.",
        "Lägre än väntat är också antalet barn som berörs av avhysningar.",
        "Antalet personer som beviljats skyddat boende minskade med 15,0 procent från 2022 till",
        "från 420 till 357 personer.",
        "Minskningen kom trots att antalet anmälda brott i nära relation (+5,0 procent) ökade.",
        # A sentence for each area.
        "minskade, liksom antalet barn som berörs av avhysningar, trots att prisindexet för boende",
        "är högre för funktionsnedsättning än för socialpsykiatri, och skillnaden är större än",
        # The series' own records.
        "av avhysningar har inte varit lägre så långt uppgifterna går tillbaka, till 2016.",
        "Det genomsnittliga antalet beviljade boendestödstimmar var 9,0 timmar per person och",
        "i gruppen funktionsnedsättning 2023, mot 7,2 i gruppen socialpsykiatri: 25,0 procent",
        "För socialpsykiatri var det 7,5 timmar för kvinnor och 6,9 timmar för män.",
        "Att det inte är en slump är mycket säkert för ett mått och säkert för ett mått.",
        # The appendix.
        "Skillnaden är 1,8 timmar, eller 25,0 procent.",
    ):
        assert sentence in text
    for cell in ("−6,3 %", "−68,4 %", "−15,0 %", "−35,0 %", "+5,0 %", "+12,0 %", "38 (22–59)"):
        assert cell in text
    for figure in (
        "0,16 procentenheter",
        "1 650",
        "8,8–9,2",
        "−68,8 %",
        "< 0,001",
        "0,003",
        "31 %",
    ):
        assert figure in text


def test_the_sections_stand_in_the_documents_order(page: str) -> None:
    root = parse(page)
    headings = [text_of(h) for h in root.iter("h2")]
    assert headings == [
        "Innehåll",
        "Sammanfattning",
        "Inledning",
        "Metod",
        "Ekonomiskt bistånd: andelen biståndshushåll minskade med 6,3 procent",
        f"Våld i nära relation: {HOUSED} minskade med 15,0 procent",
        f"Funktionsnedsättning och socialpsykiatri: skillnad i {HOURS}",
        "Uppföljning av 2022",
        "Att bevaka",
        "Slutord",
        "Källor",
        "Bilaga A: Metoden i mer detalj",
        "Bilaga B: Prövningarnas tal",
        "Bilaga C: Bevakade mått och sådant som inte går att avgöra",
        "Bilaga D: Uteslutna avvikelser",
        "Bilaga E: Leveranser",
        "Bilaga F: Om framställningen och siffrorna",
    ]
    inner = [" ".join(h.itertext()) for h in root.iter("h3")]
    one = ["Resultat", "Tänkbara förklaringar", "Slutsatser och nästa steg"]
    assert inner[: 3 * len(one)] == one * 3


def test_the_excluded_stand_in_the_appendix_with_their_explanation(page: str) -> None:
    [appendix] = parse(page).xpath("//section[@aria-labelledby='uteslutna']")
    text = text_of(appendix)
    assert "Antal personer med insats för missbruk och beroende" in text
    assert "3 660" in text
    assert "+22,0 %" in text
    assert "Öppenvård registreras per deltagare (ändrad definition, registrerad) syntetisk" in text
    assert "Väntad påverkan: +22,0 procent." in text


def test_registered_hypotheses_and_next_steps_are_given_with_their_source(page: str) -> None:
    text = prose(page)
    for said in ("Trösklarna kan ha höjts.", "Gör en avslagsanalys."):
        [item] = [li for li in parse(page).iter("li") if "".join(li.itertext()).startswith(said)]
        [note] = item.iter("a")
        [told] = parse(page).xpath(f"//li[@id='{str(note.get('href'))[1:]}']")
        assert "Analys 2023" in "".join(told.itertext())
    assert "Fler söker stöd tidigare." in text


def test_sources_have_date_checksum_and_licence(page: str) -> None:
    [section] = parse(page).xpath("//section[@aria-labelledby='leveranser']")
    [text] = [
        " ".join(row.itertext())
        for row in section.iter("tr")
        if "Kronofogden" in " ".join(row.itertext())
    ]
    # 23.30 UTC on the 21st is the 22nd in Stockholm.
    for part in ("Skulder i Stockholm. Kronofogden.", "2016–2023", "22 november 2026", "CC0"):
        assert part in text
    assert "6" * 12 in text
    assert "6" * 13 not in text
    assert "Skulder i Stockholm. Kronofogden. Hämtad 22 november 2026." in prose(page)


def test_no_code_or_english_word_leaks(page: str) -> None:
    text = prose(page)
    codes = {
        *words.KINDS,
        *words.OUTCOMES,
        *words.VERDICTS,
        *words.STATUSES,
        *words.EXPLANATION_KINDS,
        *("neutral", "proportion", "mean", "amount", "count", "rate", "target_group", "sex"),
        *("funktionsnedsattning", "man", "vald_i_nara_relation", "ekonomiskt_bistand"),
        *("None", "nan", "True", "False", "Undefined", "year", "of", "and", "the", "chart"),
    } - {"definition", "system"}
    leaked = [code for code in codes if re.search(rf"(?<![\w-]){re.escape(code)}(?![\w-])", text)]
    assert leaked == []
    assert not re.search(r"\b[a-zåäö]+_[a-zåäö]+\b", text)
    assert not re.search(r"\d\.\d", text.replace("kl. 03.30", "").replace("0.1.0", ""))


def test_the_method_says_which_models_do_not_fit(
    city: duckdb.DuckDBPyConnection, render: Render
) -> None:
    said = "De utslagen är osäkrare än skalan säger."
    fit = ModelFit(
        geography_id="0180",
        tested=Tested.BOARDS,
        model="means",
        period_start=date(2023, 1, 1),
        year_from=2022,
        year_to=2022,
        p_values=90,
        independent=80.0,
        distance=0.1,
        distance_limit=0.2,
        tail=0.09,
        tail_limit=0.05,
        weight_at_the_end=0.01,
        weight_limit=0.1,
        fits=False,
    )
    write_findings(city, MODEL_FIT, [replace(fit, fits=True)])
    assert said not in prose(render(city))
    write_findings(city, MODEL_FIT, [fit])
    text = prose(render(city))
    assert f"sämre än det ska för medelvärden (stadsdelsnämnderna). {said}" in text


def test_an_area_that_somebody_keeps_in_focus_is_not_said_to_be_news(
    city: duckdb.DuckDBPyConnection, render: Render
) -> None:
    news = "områden blev 2023 inte som väntat, och ingen känd förklaring räcker till."
    assert news in prose(render(city))
    stood = Stood(state=State.STANDING, since=When.of(2016))
    rows = [
        replace(row, state=State.STANDING, claims=(row.claims[0], stood, KeptInFocus()))
        if row.kind is Kind.GROUP_DIFFERENCE and row.claims
        else row
        for row in read_findings(city, DEVIATIONS)
    ]
    assert any(row.state is State.STANDING for row in rows)
    write_findings(city, DEVIATIONS, rows)
    text = prose(render(city))
    assert news not in text
    assert "eller så kvarstår en skillnad som förvaltningen har valt att följa." in text
    assert "Skillnaden har gått åt samma håll sedan 2016 och har inte säkert ändrats." in text


def test_every_code_of_the_contract_has_a_word() -> None:
    contract = {
        "model": "counts proportions means amounts",
        "tested": "whole boards",
        "kind": "change stability contrary group_difference district_outlier district_change",
        "outcome": "focus explained watch cannot_tell",
        "status": "observed preliminary revised missing not_applicable suppressed broken_series",
        "explanation": "law reorganisation definition system reporting_loss one_off"
        " flyttad_till_insats_utan_provning",
        "area": "ekonomiskt_bistand barn_och_unga familjeratt vald_i_nara_relation"
        " missbruk_och_beroende hemloshet socialpsykiatri funktionsnedsattning omvarld"
        " oppna_jamforelser",
    }
    tables = {
        "model": words.MODELS,
        "tested": words.TESTED,
        "kind": words.KINDS,
        "outcome": words.OUTCOMES,
        "status": words.STATUSES,
        "explanation": words.EXPLANATION_KINDS,
        "area": words.AREAS,
    }
    for name, codes in contract.items():
        assert set(tables[name]) == set(codes.split())
    assert set(words.KIND_DESCRIPTIONS) == set(words.KINDS)


@pytest.mark.parametrize("column", ["kind", "outcome"])
def test_an_unknown_code_stops_the_report(
    city: duckdb.DuckDBPyConnection, render: Render, column: str
) -> None:
    city.execute(f"update marts.deviations set {column} = 'novelty' where deviation_id = 'd9'")
    with pytest.raises(ValueError, match="novelty"):
        render(city)


def test_nothing_is_loaded_and_nothing_runs(
    city: duckdb.DuckDBPyConnection, render: Render
) -> None:
    html = render(city)
    root = parse(html)
    assert not any(each.text for each in root.iter("script"))
    assert not root.xpath("//link | //img | //iframe | //object | //embed")
    loaded = [str(v) for v in root.xpath("//@src | //@href | //@*[local-name()='href']")]
    assert loaded
    # Links to the indicators' pages beside the memorandum; the rest stays inside it.
    beside = (*SITE, "numbers.json", "promemoria.pdf", "promemoria.docx", "tabeller.xlsx")
    assert all(value.startswith(("#", "indikatorer/", *beside)) for value in loaded)
    assert not root.xpath("//@*[starts-with(name(), 'on')]")
    [style] = [str(s.text) for s in root.iter("style")]
    assert "url(" not in style
    assert "@import" not in style
    [policy] = root.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert "default-src 'none'" in policy


def test_every_inner_link_and_label_has_a_target_and_ids_are_unique(page: str) -> None:
    root = parse(page)
    ids = [str(value) for value in root.xpath("//@id")]
    assert len(ids) == len(set(ids))
    wanted = {str(value)[1:] for value in root.xpath("//@href") if str(value).startswith("#")}
    assert wanted
    wanted |= {each for value in root.xpath("//@aria-labelledby") for each in str(value).split()}
    assert wanted <= set(ids)


def test_every_indicator_that_is_named_leads_to_its_page(page: str) -> None:
    root = parse(page)
    leads = {
        str(link.get("href")): " ".join(link.itertext())
        for link in root.iter("a")
        if not str(link.get("href")).startswith("#")
    }
    assert [leads.pop(name) for name in SITE] == [
        *("Årets avvikelser", "Socialtjänstrapporten", "Kvalitet", "Ordlista", "Om sidorna"),
        "Sök",
    ]
    assert leads.pop("indikatorer/index.html") == "Alla indikatorer"
    assert leads.pop("numbers.json") == "siffernyckeln"
    assert leads.pop("promemoria.pdf") == "Promemorian som PDF"
    assert leads.pop("promemoria.docx") == "Promemorian som Word-fil"
    assert leads.pop("tabeller.xlsx") == "Tabellerna som arbetsbok"
    assert leads["indikatorer/price_housing_food.html"] == "Prisindex för boende och livsmedel"
    assert set(leads) == {
        f"indikatorer/{name}.html"
        for name in (
            "assistance_households_share",
            "emergency_flat_women",
            "evicted_children",
            "homeless_persons",
            "housing_support_hours",
            "debt_median",
            "price_housing_food",
            "protected_housing_children",
            "protected_housing_persons",
            "reported_ipv_crimes",
            "substance_use_persons",
        )
    }


def test_the_page_is_accessible_in_form(page: str) -> None:
    root = parse(page)
    assert page.startswith("<!DOCTYPE html>")
    assert root.get("lang") == "sv"
    assert len(list(root.iter("h1"))) == 1
    assert len(list(root.iter("main"))) == 1
    [skip] = root.xpath("//a[@class='skip']/@href")
    assert root.xpath(f"//main[@id='{str(skip)[1:]}']")
    levels = [int(e.tag[1]) for e in root.iter("h1", "h2", "h3", "h4")]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    tables = list(root.iter("table"))
    assert len(tables) > 5
    for table in tables:
        assert table.find("caption") is not None
        assert all(head.get("scope") in {"col", "row"} for head in table.iter("th"))
        widths = {len(row) for row in table.iter("tr")}
        assert len(widths) == 1
    figures = list(root.iter("figure"))
    # A grid and a comparison for each of two areas, and the groups of the third.
    assert len(figures) == 5
    for figure in figures:
        [drawn] = figure.xpath("./div[@role='img']")
        assert len(drawn.get("aria-label")) > 20
        assert drawn.xpath("./*[local-name()='svg'][@aria-hidden='true']")
        [name] = root.xpath(f"//*[@id='{figure.get('aria-labelledby')}']")
        assert len("".join(name.itertext())) > 20
        assert figure.find("figcaption") is not None
        assert figure.find("details").find(".//table") is not None


def test_a_figure_has_its_values_in_the_table_under_it(page: str) -> None:
    [row] = [
        row
        for row in parse(page).xpath("//figure[@id='fokusomrade-1-figur']//tbody/tr")
        if "avhysningar" in "".join(row.itertext())
    ]
    values = ["".join(cell.itertext()) for cell in row.iter("td")]
    assert values == ["41", "36", "43", "44", "35", "39", "38", "12"]


def test_colours_have_enough_contrast(page: str) -> None:
    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one: str, other: str) -> float:
        bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
        return (bright + 0.05) / (dark + 0.05)

    style = "".join(parse(page).xpath("//style/text()"))
    light, dark, *_ = (
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))
        for block in re.findall(r":root {(.*?)}", style, re.DOTALL)
    )
    assert light["paper"] != dark["paper"]
    for colours in (light, dark):
        for name in ("text", "muted", "accent", "link"):
            assert contrast(colours[name], colours["paper"]) >= 4.5
        assert contrast(colours["mark-text"], colours["mark"]) >= 4.5
        assert contrast(colours["mark-line"], colours["mark"]) >= 3
    for name in ("ink", "dark", "signal"):
        assert contrast(dark[f"chart-{name}"], dark["chart-paper"]) >= 4.5


def test_equal_data_give_equal_pages(
    city: duckdb.DuckDBPyConnection, load: Load, render: Render
) -> None:
    assert render(city) == render(city)
    assert load(city) == load(city)


def test_the_synthetic_banner_and_marks_come_and_go_with_the_sources(
    city: duckdb.DuckDBPyConnection, render: Render
) -> None:
    with_synthetic = prose(render(city))
    assert BANNER in with_synthetic
    assert "9 av 10 källor är framtagna för att pröva systemet" in with_synthetic
    assert "Utfall 2023 och vad tidigare år lät vänta syntetisk" in with_synthetic
    assert "De kan inte ligga till grund för slutsatser" in with_synthetic
    city.execute("update meta.sources set synthetic = false")
    city.execute("update seeds.natural_explanations set synthetic = false")
    assert "yntetisk" not in prose(render(city))


def test_an_area_with_some_real_sources_is_partly_synthetic(
    city: duckdb.DuckDBPyConnection, render: Render
) -> None:
    city.execute(
        "update meta.sources set synthetic = false where source_id = 'ekonomiskt_bistand_beslut'"
    )
    marks = {
        str(section.get("aria-labelledby")): "".join(section.xpath("./p[1]")[0].itertext())
        for section in parse(render(city)).iter("section")
        if str(section.get("aria-labelledby")).startswith("fokusomrade")
    }
    assert marks["fokusomrade-1"] == "Uppgifterna är delvis syntetiska."
    assert marks["fokusomrade-3"] == "Uppgifterna är syntetiska."


def test_a_stale_source_and_a_missing_one_are_said_to_be(
    city: duckdb.DuckDBPyConnection, render: Render
) -> None:
    city.execute("update meta.sources set stale = true where source_id = 'avhysningar_barn'")
    city.execute(
        "update meta.sources set stale = true, held_sv = 'ett nyare svar hålls tillbaka.'"
        " where source_id = 'kronofogden_debt'"
    )
    city.execute("delete from meta.sources where source_id = 'boendestod_beslut'")
    text = prose(render(city))
    assert "Inaktuell: en nyare leverans är att vänta." in text
    assert "Inaktuell: ett nyare svar hålls tillbaka." in text
    assert "Källan saknas i källförteckningen." in text


def test_what_is_not_delivered_is_said_with_its_reason(
    city: duckdb.DuckDBPyConnection, render: Render
) -> None:
    assert "inte levererade" not in prose(render(city))
    city.execute(
        "update marts.indicators set not_delivered_sv = 'Registret har inte levererats.'"
        " where source_id = 'skyddat_boende_placeringar'"
    )
    html = render(city)
    assert "De här indikatorerna är inte levererade." in prose(html)
    [row] = [
        "".join(row.itertext())
        for row in parse(html).iter("li")
        if "Inte levererat" in "".join(row.itertext())
    ]
    assert row == (
        "Registret har inte levererats. Inte levererat: Antal kvinnor i jourlägenhet till följd av "
        "våld, Antal medföljande barn i skyddat boende och Antal personer som beviljats "
        "skyddat boende."
    )
    assert 'href="indikatorer/protected_housing_children.html"' in html


def test_hostile_text_in_the_seeds_stays_text(
    city: duckdb.DuckDBPyConnection, render: Render
) -> None:
    hostile = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'&"
    city.execute("update seeds.possible_explanations set text_sv = ?, source = ?", [hostile] * 2)
    city.execute("update seeds.natural_explanations set title_sv = ?", [hostile])
    city.execute("update marts.indicators set title_sv = title_sv || ?", [hostile])
    city.execute("update marts.focus_areas set title_sv = ?, summary_sv = ?", [hostile] * 2)
    city.execute("update meta.sources set title_sv = ?, licence = ?", [hostile] * 2)
    root = parse(render(city))
    assert not root.xpath("//script | //img | //@onerror")
    assert not root.xpath("//*[local-name()='script' or local-name()='img']")
    assert hostile in "".join(root.itertext())


def test_protected_figures_are_said_to_be_and_stand_nowhere(
    city: duckdb.DuckDBPyConnection, render: Render
) -> None:
    # Figures that occur in no other place, so that a leak cannot hide.
    city.execute(
        "update marts.indicator_values set value = 4711 where indicator_id = 'evicted_children'"
        " and year(period_start) = 2023"
    )
    city.execute(
        "update marts.deviations set observed = 4711, expected = 4242, lower = 4141, upper = 4343,"
        " relative_change = 0.1717, reason_sv = '4711 barn' where deviation_id = 'd3'"
    )
    shown = prose(render(city))
    for figure in ("4 711", "4 242", "4 141", "4 343", "17,2"):
        assert figure in shown
    city.execute(
        "update marts.indicator_values set status = 'suppressed'"
        " where indicator_id = 'evicted_children' and year(period_start) = 2023"
    )
    html = render(city)
    hidden = prose(html)
    assert hidden.count("uppgift skyddas") > 4
    assert "Kryss på axeln är skyddade uppgifter." in hidden
    assert "Kryss på axeln" not in shown
    for figure in ("4 711", "4 242", "4 141", "4 343", "17,17", "17,2"):
        assert figure not in hidden


def test_a_deviation_without_a_series_has_sentences_but_no_chart(
    city: duckdb.DuckDBPyConnection, render: Render
) -> None:
    city.execute("delete from marts.indicator_values where breakdown = 'total'")
    html = render(city)
    assert not parse(html).xpath("//figure[@id='fokusomrade-1-figur']")
    assert "Lägre än väntat är också antalet barn som berörs av avhysningar." in prose(html)
    assert "−68,4 %" in prose(html)


def test_a_break_and_a_preliminary_value_are_named(
    city: duckdb.DuckDBPyConnection, render: Render
) -> None:
    city.execute(
        "update marts.indicator_values set status = 'broken_series'"
        " where indicator_id = 'evicted_children' and year(period_start) = 2022"
    )
    city.execute(
        "update marts.indicator_values set status = 'preliminary'"
        " where indicator_id = 'evicted_children' and year(period_start) = 2023"
    )
    city.execute("update marts.deviations set relative_change = null where deviation_id = 'd3'")
    set_evidence(city, "d3", replace(CHANGE, previous_year=None))
    text = prose(render(city))
    assert "39 (2021)" in text
    assert "38 jämförelsebrott" in text
    assert "12 preliminär" in text


def test_no_focus_areas_is_said_and_not_left_blank(
    city: duckdb.DuckDBPyConnection, render: Render
) -> None:
    for table in ("focus_areas", "triangulation", "deviations"):
        city.execute(f"delete from marts.{table}")
    text = prose(render(city))
    assert "Inga fokusområden" in text
    assert "Inga avvikelser har uteslutits." in text


def test_a_focus_deviation_outside_the_areas_is_still_shown(
    city: duckdb.DuckDBPyConnection, render: Render
) -> None:
    city.execute("delete from marts.focus_areas where focus_area_id = 'f3'")
    text = prose(render(city))
    assert "Utan känd förklaring, men utanför fokusområdena:" in text
    assert "9,0 timmar för funktionsnedsättning och 7,2 timmar för socialpsykiatri" in text


def test_an_explanation_that_did_not_suffice_is_mentioned(
    city: duckdb.DuckDBPyConnection, render: Render
) -> None:
    city.execute(
        "update marts.deviations set explanation_id = 'missbruk-2023' where deviation_id = 'd3'"
    )
    assert (
        "En registrerad förklaring har vägts in men räcker inte: Öppenvård registreras per "
        "deltagare." in prose(render(city))
    )


def follow(
    city: duckdb.DuckDBPyConnection,
    deviation_id: str,
    since: str,
    evidence: Evidence = CHANGE,
) -> None:
    """Says that a deviation was in focus in 2022, with 38 where 52 were expected."""
    told = LastYear(
        deviation_id="x", observed=38, expected=52, relative_change=-0.2, since=Since(since)
    )
    set_evidence(city, deviation_id, replace(evidence, last_year=told))


def followed(html: str) -> str:
    [section] = parse(html).xpath("//*[@aria-labelledby='uppfoljning' and local-name()='section']")
    return text_of(section)


@pytest.mark.parametrize(
    ("since", "sentence"),
    [
        ("again", "2023 avviker utfallet från det väntade åt samma håll igen."),
        ("turned", "2023 avviker utfallet från det väntade åt motsatt håll."),
        ("lasts", "2023 avviker utfallet inte på nytt: nivån ligger kvar, så långt det går"),
        ("faded", "2023 kan avvikelsen inte skiljas från slump."),
        ("cannot_tell", "Vad som har hänt sedan dess går inte att avgöra för 2023."),
    ],
)
def test_last_years_focus_is_told_with_what_became_of_it(
    city: duckdb.DuckDBPyConnection, render: Render, since: str, sentence: str
) -> None:
    follow(city, "d3", since)
    text = followed(render(city))
    assert "Antal barn som berörs av avhysningar" in text
    assert f"I fokus 2022 (förändring): 38 barn, mot 52 barn väntat. {sentence}" in text
    assert "minskade med 68,4 procent från 2022 till 2023: från 38 till 12 barn." in text
    assert "Båda åren är prövade med dagens uppgifter och metod" in text


def test_a_difference_of_last_year_is_between_its_groups(
    city: duckdb.DuckDBPyConnection, render: Render
) -> None:
    follow(city, "d7", "again", GROUPS)
    text = followed(render(city))
    assert "(funktionsnedsättning mot socialpsykiatri)" in text
    assert (
        "mot 52,0 timmar i den andra gruppen. 2023 skiljer sig grupperna åt på samma sätt igen. "
        "Utfallet 2023 var 9,0 timmar mot 7,2 timmar."
    ) in text


def test_what_became_of_it_must_be_known(city: duckdb.DuckDBPyConnection, render: Render) -> None:
    follow(city, "d3", "again")
    city.execute("update marts.deviations set evidence = replace(evidence, 'again', 'novelty')")
    with pytest.raises(ValueError, match="novelty"):
        render(city)


def test_a_year_without_focus_before_it_says_so(page: str) -> None:
    text = followed(page)
    assert "var inget mått i fokus 2022, så det finns inget att följa upp." in text
    assert "I fokus 2022" not in text


def test_last_years_figures_are_protected_as_this_years_are(
    city: duckdb.DuckDBPyConnection, render: Render
) -> None:
    follow(city, "d3", "again")
    city.execute(
        "update marts.indicator_values set status = 'suppressed', value = 4711"
        " where indicator_id = 'evicted_children' and year(period_start) = 2022"
    )
    text = followed(render(city))
    assert "I fokus 2022 (förändring). 2023 avviker" in text
    assert not [figure for figure in ("38", "52", "4 711", "68,4") if figure in text]


def test_what_was_in_focus_is_told_however_far_down_it_stands(
    city: duckdb.DuckDBPyConnection, render: Render
) -> None:
    watched: dict[str, object] = {
        "indicator_id": "homeless_persons",
        "kind": "change",
        "outcome": "watch",
    }
    add_findings(city, [watched | {"deviation_id": f"w{n}", "rank": 100 + n} for n in range(30)])
    follow(city, "w29", "lasts")
    html = render(city)
    assert "I fokus 2022 (förändring): 38 personer, mot 52 personer väntat." in followed(html)
    assert prose(html).count("I fokus 2022") == 1
    # The lists are as long as they were, and the rest is counted.
    assert "Att bevaka: alla 31 står i databasen, de främsta här." in prose(html)


def test_a_month_is_named_as_a_month_also_when_it_is_january(
    city: duckdb.DuckDBPyConnection, render: Render
) -> None:
    city.execute(
        "update marts.deviations set period_grain = 'month', outcome = 'explained',"
        " explanation_id = 'missbruk-2023' where deviation_id = 'd9'"
    )
    [appendix] = parse(render(city)).xpath(
        "//*[@aria-labelledby='uteslutna' and local-name()='section']"
    )
    text = text_of(appendix)
    assert "(januari 2023)" in text
    # The contents name the appendix too.
    assert "(januari 2023)" not in prose(render(city)).split("Bilaga D: Uteslutna")[1]


def test_what_was_found_is_told_from_what_was_registered(
    city: duckdb.DuckDBPyConnection, render: Render
) -> None:
    add_found(
        city,
        FoundExplanation(
            explanation_id="not-1",
            basis=Basis.SOURCE_NOTE,
            kind=ExplanationKind.REPORTING_LOSS,
            title_sv="Partiellt bortfall",
            description_sv="Fotnoten",
            indicator_id=None,
            geography_id="0180",
            period_from=2023,
            period_to=2023,
            explained_change=None,
            is_break=False,
            source="Socialstyrelsen, fotnot",
            synthetic=False,
            claims=(),
        ),
    )
    assert "funnen i utgivarens fotnot" not in prose(render(city))
    assert "(ändrad definition, registrerad)" in prose(render(city))
    assert "Källa: Registret." in prose(render(city))
    city.execute("update marts.deviations set explanation_id = 'not-1' where deviation_id = 'd8'")
    text = prose(render(city))
    assert "Partiellt bortfall (bortfall i rapporteringen, funnen i utgivarens fotnot)" in text
    assert "Källa: Socialstyrelsen, fotnot." in text
    city.execute("update marts.deviations set explanation_id = 'not-1' where deviation_id = 'd3'")
    assert "En funnen förklaring har vägts in men räcker inte: Partiellt bortfall." in prose(
        render(city)
    )


@pytest.mark.parametrize(("deviation_id", "evidence"), [("d3", CHANGE), ("d7", GROUPS)])
def test_a_register_that_changed_is_a_reservation_beside_the_figure(
    city: duckdb.DuckDBPyConnection,
    render: Render,
    deviation_id: str,
    evidence: ChangeEvidence | GroupEvidence,
) -> None:
    reserved = Reservation(
        explanation_id="x", title_sv="Registret ”Avhysningar” förändrades", description_sv="Så."
    )
    set_evidence(city, deviation_id, replace(evidence, reservations=(reserved,)))
    assert (
        "Kontrollera först: Registret ”Avhysningar” förändrades. En verklig förändring i "
        "verksamheten syns på samma sätt."
    ) in prose(render(city))


def test_groups_without_values_do_not_stop_the_memorandum(
    city: duckdb.DuckDBPyConnection, render: Render
) -> None:
    set_evidence(
        city,
        "d7",
        UntestedGroupsEvidence(
            comparison_id="x",
            category_a="funktionsnedsattning",
            category_b="okand_grupp",
            rationale_sv="De borde ligga nära varandra.",
        ),
    )
    groups = (Group("target_group", "funktionsnedsattning"),)
    set_claims(city, "d7", (GroupsWithoutValue(when=When.of(2023), groups=groups),))
    city.execute(
        "update marts.deviations set outcome = 'cannot_tell', rank = null where deviation_id = 'd7'"
    )
    assert "Jämförbart värde för 2023 saknas för funktionsnedsättning." in prose(render(city))


def test_two_differences_of_one_indicator_have_a_figure_each(
    city: duckdb.DuckDBPyConnection, render: Render
) -> None:
    """Of women and of men, where the groups as wholes are alike."""
    of_sex = "replace(replace(evidence, '\"funktionsnedsattning\"',"
    of_sex += " '\"funktionsnedsattning*kvinnor\"'),"
    of_sex += " '\"socialpsykiatri\"', '\"socialpsykiatri*kvinnor\"')"
    city.execute(
        "update marts.deviations set breakdown = 'target_group*sex',"
        f" category = 'funktionsnedsattning*kvinnor', evidence = {of_sex}"
        " where deviation_id = 'd7'"
    )
    city.execute(
        "insert into marts.deviations select * replace ('d7m' as deviation_id,"
        " replace(category, 'kvinnor', 'man') as category,"
        " replace(evidence, 'kvinnor', 'man') as evidence)"
        " from marts.deviations where deviation_id = 'd7'"
    )
    city.execute(
        "update marts.focus_areas set deviation_ids = replace(deviation_ids, '\"d7\"',"
        ' \'"d7","d7m"\')'
    )
    anchors = re.findall(r'id="([^"]*-figur-housing-support-hours[^"]*)"', render(city))
    assert len({each for each in anchors if each.endswith(("-kvinnor", "-man"))}) >= 2


def test_a_movement_that_the_two_share_by_sign_is_worded_after_it(
    city: duckdb.DuckDBPyConnection, render: Render
) -> None:
    city.execute(
        "update marts.triangulation set expected_sign = -1, observed_change = 0.1,"
        " related_change = 0.05 where related_indicator_id = 'reported_ipv_crimes'"
    )
    text = prose(render(city))
    assert "Brukar" in text
    assert "gå åt motsatt håll" in text


def test_the_definition_stands_beside_the_result(page: str) -> None:
    assert prose(page).count("räknas så: Olika personer under året.") == 5


def test_moment_version_and_quality_are_stated(
    city: duckdb.DuckDBPyConnection, load: Load, render: Render
) -> None:
    text = prose(render(city))
    assert (
        "Framställd 22 november 2026 kl. 03.30 (svensk tid) med Avvik, version 0.1.0. "
        "Kvalitetsstatus: godkänd." in text
    )
    naive = Edition(datetime(2026, 1, 1), "1", "godkänd")  # noqa: DTZ001 - the case under test
    with pytest.raises(ValueError, match="time zone"):
        memorandum(load(city), naive)
