"""How the analyses count, one text each: for the appendix and whoever reads the estimates.

Which estimate is made by which method stands beside the estimate. The methods themselves are in
`orchestration.statistics`.
"""

from orchestration.findings.estimates import AnalysisMethod

METHODS = (
    AnalysisMethod(
        method_id="counts",
        title_sv="Antal",
        text_sv="Räknat direkt i registren, utan modell och utan intervall.",
        reference="",
    ),
    AnalysisMethod(
        method_id="published",
        title_sv="Publicerade tal",
        text_sv="Kvoten mellan två publicerade tals förändring. Ingen av dem är ett urval.",
        reference="",
    ),
    AnalysisMethod(
        method_id="mean",
        title_sv="Medelvärde",
        text_sv="Medelvärdet med ett normalfördelat intervall av värdenas egen spridning.",
        reference="",
    ),
    AnalysisMethod(
        method_id="wilson",
        title_sv="Andel med Wilsons intervall",
        text_sv=(
            "Andelen med Wilsons intervall. Där ett hushåll har flera rader räknas bara så "
            "många rader som hushållen är värda, enligt dragningar av hela hushåll."
        ),
        reference="Wilson (1927), J. Am. Stat. Assoc. 22:209",
    ),
    AnalysisMethod(
        method_id="cluster_bootstrap",
        title_sv="Dragning av hushåll",
        text_sv=(
            "Hela hushåll dras om och om igen. Kvoten säger hur många gånger större variansen "
            "är än om varje beslut hade varit oberoende."
        ),
        reference="Field & Welsh (2007), J. R. Stat. Soc. B 69:369",
    ),
    AnalysisMethod(
        method_id="das_gupta",
        title_sv="Uppdelning i faktorer",
        text_sv=(
            "Antalet är en produkt av faktorer. Varje faktors bidrag är medelvärdet över alla "
            "ordningar som de kan ändras i, så att bidragen summerar till förändringen."
        ),
        reference="Das Gupta (1993), Standardization and Decomposition of Rates, P23-186",
    ),
    AnalysisMethod(
        method_id="kitagawa",
        title_sv="Sammansättning och nivå",
        text_sv=(
            "Skillnaden mellan två andelar eller medelvärden delas i det som beror på att "
            "grupperna är olika stora och det som beror på att nivån i dem är en annan."
        ),
        reference="Kitagawa (1955), J. Am. Stat. Assoc. 50:1168",
    ),
    AnalysisMethod(
        method_id="hazard",
        title_sv="Risk för avslag efter biståndstid",
        text_sv=(
            "Logistisk regression av varje hushållsmånad på biståndstid, år, hushållstyp, "
            "boende och försörjningshinder, med hela hushåll som kluster. Det som skulle ha "
            "hänt räknas med förra årets risker och årets biståndstider."
        ),
        reference="Allison (1982), Sociol. Methodol. 13:61; Robins (1986), Math. Model. 7:1393",
    ),
    AnalysisMethod(
        method_id="conditional_logit",
        title_sv="Jämförelse inom hushåll",
        text_sv=(
            "Betingad logistisk regression: hushållet jämförs bara med sig självt i andra månader."
        ),
        reference="Breslow & Day (1980), Statistical Methods in Cancer Research 1",
    ),
    AnalysisMethod(
        method_id="ratio_of_ratios",
        title_sv="Grundens förändring mot de övrigas",
        text_sv=(
            "Grundens förändring delad med de övriga grundernas. Osäkerheten kommer från samma "
            "kvot i alla tidigare par av år, inte från slumpen i ett enda."
        ),
        reference="Smyth (2004), Stat. Appl. Genet. Mol. Biol. 3:3",
    ),
    AnalysisMethod(
        method_id="aalen_johansen",
        title_sv="Vad som händer sedan",
        text_sv=(
            "Andelen som en händelse har inträffat för efter så lång tid, när andra händelser "
            "kan komma emellan och alla inte kan följas lika länge."
        ),
        reference="Aalen & Johansen (1978), Scand. J. Stat. 5:141",
    ),
    AnalysisMethod(
        method_id="subdistribution",
        title_sv="Jämförelse av återkomst",
        text_sv="Kvoten mellan två gruppers kumulativa risker fram till tolv månader.",
        reference="Fine & Gray (1999), J. Am. Stat. Assoc. 94:496",
    ),
    AnalysisMethod(
        method_id="board_standardised",
        title_sv="Nämnden mot de övriga",
        text_sv=(
            "Nämndens antal mot det som dess ärenden hade fått med de övriga nämndernas "
            "mönster; kvoten dras mot nämndernas gemensamma efter hur osäker den är."
        ),
        reference=(
            "DerSimonian & Laird (1986), Control. Clin. Trials 7:177; Benjamini & Hochberg "
            "(1995), J. R. Stat. Soc. B 57:289"
        ),
    ),
    AnalysisMethod(
        method_id="exact_split",
        title_sv="Uppdelning efter grupp",
        text_sv="Förändringen i varje grupp; grupperna summerar till hela förändringen.",
        reference="",
    ),
    AnalysisMethod(
        method_id="bound",
        title_sv="Högsta möjliga bidrag",
        text_sv=(
            "En boendeform kan högst ha burit så många som den själv har vuxit med. Så räknas "
            "där personerna inte kan följas mellan formerna."
        ),
        reference="Manski (1990), Am. Econ. Rev. 80:319",
    ),
    AnalysisMethod(
        method_id="standardised",
        title_sv="Bortfall mot förra årets andelar",
        text_sv=(
            "Så många som hade fått skyddat boende med förra årets andelar bland årets ärenden, "
            "mot dem som fick det, i grupper efter barn och hot; personer dras om och om igen."
        ),
        reference="Keiding & Clayton (2014), Stat. Sci. 29:529",
    ),
    AnalysisMethod(
        method_id="kaplan_meier",
        title_sv="Vistelsens längd",
        text_sv=(
            "Median och medelvärde upp till en gräns. En vistelse som pågår räknas med så länge "
            "som den är känd, och stryks aldrig."
        ),
        reference=(
            "Kaplan & Meier (1958), J. Am. Stat. Assoc. 53:457; Royston & Parmar (2013), BMC "
            "Med. Res. Methodol. 13:152"
        ),
    ),
    AnalysisMethod(
        method_id="quasi_poisson",
        title_sv="Placeringar mot anmälda brott",
        text_sv=(
            "Poissonregression av kvartalen på anmälda brott, årstid och ett steg vid ett "
            "angivet datum, med fel som tål att kvartalen hänger ihop."
        ),
        reference="Newey & West (1987), Econometrica 55:703",
    ),
    AnalysisMethod(
        method_id="bunching",
        title_sv="Anhopning över en gräns",
        text_sv="Fler beslut strax över gränsen än det mönster som övriga grupper och timmar ger.",
        reference=(
            "Chetty m.fl. (2011), Q. J. Econ. 126:749; Kleven (2016), Annu. Rev. Econ. 8:435"
        ),
    ),
    AnalysisMethod(
        method_id="standardised_gamma",
        title_sv="Timmar vid lika förutsättningar",
        text_sv=(
            "Gammaregression med egna koefficienter för varje målgrupp, standardiserad till "
            "socialpsykiatrins sammansättning av aktiviteter, ålder och kön. Aktiviteterna är "
            "själva beslutade, så lika aktiviteter är inte lika behov."
        ),
        reference="Pustejovsky & Tipton (2018), J. Bus. Econ. Stat. 36:672",
    ),
    AnalysisMethod(
        method_id="overlap_weights",
        title_sv="Timmar vid lika förutsättningar, med vikter",
        text_sv="Grupperna vägs så att bara de som liknar varandra jämförs.",
        reference="Li, Morgan & Zaslavsky (2018), J. Am. Stat. Assoc. 113:390",
    ),
    AnalysisMethod(
        method_id="jackknife",
        title_sv="Kvot mellan summor",
        text_sv=(
            "Kvoten mellan två summor; intervallet kommer av att en nämnd i taget lämnas utanför."
        ),
        reference="Efron & Tibshirani (1993), An Introduction to the Bootstrap, kap. 11",
    ),
    AnalysisMethod(
        method_id="mixed_model",
        title_sv="Variation mellan nämnder",
        text_sv=(
            "Linjär modell med en egen nivå och en egen skillnad mellan målgrupperna för varje "
            "nämnd, dragna mot det gemensamma."
        ),
        reference="Laird & Ware (1982), Biometrics 38:963",
    ),
    AnalysisMethod(
        method_id="stacked_difference",
        title_sv="Före och efter, mot dem som inte har börjat",
        text_sv=(
            "Nämnder som börjar samtidigt jämförs med dem som inte har börjat innan tiden är "
            "över, var och en mot sin egen nivå före. Jämförelserna vägs samman efter hur många "
            "de som började hade. Intervallet tål att nämnderna är få; p-värdet kommer av att "
            "deras avvikelser får slumpade tecken."
        ),
        reference=(
            "Wing, Freedman & Hollingsworth (2024), NBER Working Paper 32054; Cameron, Gelbach & "
            "Miller (2008), Rev. Econ. Stat. 90:414"
        ),
    ),
    AnalysisMethod(
        method_id="demand",
        title_sv="Vilka insatsen kan vara för",
        text_sv=(
            "De som registren känner, utom dem som redan nås, gånger den andel som antas komma. "
            "Där ingen vet hur många av de nådda som är kända räknas med allt från ingen till "
            "alla. Antagandena dras tillsammans i en latinsk hyperkub."
        ),
        reference="McKay, Beckman & Conover (1979), Technometrics 21:239",
    ),
    AnalysisMethod(
        method_id="difference",
        title_sv="Skillnad mellan andelar",
        text_sv="Skillnaden i procentenheter. Ett barns ärenden räknas som hörande ihop.",
        reference="Liang & Zeger (1986), Biometrika 73:13",
    ),
    AnalysisMethod(
        method_id="equivalence",
        title_sv="Skillnad eller ingen skillnad",
        text_sv=(
            "En skillnad som inte hittas är inte visad vara noll. Att det inte finns någon "
            "skillnad av betydelse sägs bara när två ensidiga test visar att den är mindre än tre "
            "procentenheter; en skillnad sägs finnas när den är säker efter justering för antalet "
            "prövningar; annars går det inte att avgöra."
        ),
        reference="Schuirmann (1987), J. Pharmacokinet. Biopharm. 15:657",
    ),
    AnalysisMethod(
        method_id="standardised_shares",
        title_sv="Andelar vid lika sammansättning",
        text_sv=(
            "Varje grupps andel så som den hade varit om alla grupper haft samma ålder, "
            "kontaktorsak och historik, enligt en logistisk regression."
        ),
        reference="Breslow & Day (1987), Statistical Methods in Cancer Research II",
    ),
    AnalysisMethod(
        method_id="board_odds",
        title_sv="Hur mycket nämnderna skiljer sig",
        text_sv=(
            "Varje nämnds odds under året och de två före jämförs med vad ärendenas ålder, "
            "kontaktorsak, historik och områdeskategori ger. Måttet är medianen av kvoten mellan "
            "två nämnders odds, slumpen borträknad: 1 betyder att de är lika. Är den säkert över 1 "
            "och minst 1,2 prövas varje nämnd mot slumpen enbart, annars mot hur de övriga "
            "varierar."
        ),
        reference="Larsen & Merlo (2005), Am. J. Epidemiol. 161:81; Paule & Mandel (1982)",
    ),
    AnalysisMethod(
        method_id="within_between",
        title_sv="Samband mellan nämnder och inom dem",
        text_sv=(
            "Ärenden per barn efter socioekonomiskt index, log-linjärt. Ett samband mellan "
            "nämndernas medelvärden och ett mellan en nämnds egna stadsdelar; felen är nämndernas."
        ),
        reference="Neuhaus & Kalbfleisch (1998), Biometrics 54:638",
    ),
    AnalysisMethod(
        method_id="districts",
        title_sv="Stadsdelar mot sambandet",
        text_sv=(
            "En stadsdels ärenden under året och de två före mot vad nämndens nivå och stadsdelens "
            "eget index ger, enligt alla andra stadsdelar; ett enda år är för kort för att skilja "
            "en stadsdel från slumpen. Att ett barn kan ha flera ärenden är inräknat, och antalet "
            "prövningar. Stadsdelar som säkert avviker får inte påverka vad som väntas av andra."
        ),
        reference="Anscombe (1948), Biometrika 35:246; Rosner (1983), Technometrics 25:165; "
        "Breslow (1984), J. R. Stat. Soc. C 33:38",
    ),
    AnalysisMethod(
        method_id="piecewise_hazard",
        title_sv="Hur snart barnet kommer tillbaka",
        text_sv=(
            "Risken för en ny aktualisering, som får vara olika hög olika lång tid efter avslutet, "
            "vid samma ålder, kontaktorsak, historik och nämnd. Ett barns avslut hör ihop."
        ),
        reference="Holford (1980), Biometrics 36:299; Lin & Wei (1989), JASA 84:1074",
    ),
    AnalysisMethod(
        method_id="gini_simpson",
        title_sv="Variation i insatser",
        text_sv="Sannolikheten att två beviljade insatser är av olika slag.",
        reference="Simpson (1949), Nature 163:688",
    ),
    AnalysisMethod(
        method_id="mcnemar",
        title_sv="Samma enheter två gånger",
        text_sv=(
            "Bara de kommuner och stadsdelar som svarat båda gångerna. Av dem som ändrat sig ska "
            "lika många gå åt vardera hållet om ingenting har hänt; sannolikheten är exakt."
        ),
        reference="McNemar (1947), Psychometrika 12:153; Bonett & Price (2012), JEBS 37:479",
    ),
    AnalysisMethod(
        method_id="manski",
        title_sv="Vad de som inte svarat kan betyda",
        text_sv=(
            "Det minsta och det mesta som förändringen kan vara, vad de som inte svarat än hade "
            "sagt. Gränserna gäller utan antaganden; de är inget slumpintervall."
        ),
        reference="Manski (2003), Partial Identification of Probability Distributions",
    ),
    AnalysisMethod(
        method_id="log_ratio",
        title_sv="Kvot mellan två gruppers nivåer",
        text_sv=(
            "Den ena gruppens nivå delas med den andras, med normalfördelat intervall för kvotens "
            "logaritm. Beslut i samma hushåll och ärenden om samma barn räknas som att de hör "
            "ihop. En skillnad ska bestå när alla jämförelser av slaget prövas på en gång och vara "
            "större än en tiondel; ingen skillnad av betydelse finns där hela intervallet ligger "
            "inom en tiondel."
        ),
        reference="Benjamini & Hochberg (1995), J. R. Stat. Soc. B 57:289; Schuirmann (1987), "
        "J. Pharmacokinet. Biopharm. 15:657",
    ),
    AnalysisMethod(
        method_id="board_spread",
        title_sv="Nämndernas spridning över åren",
        text_sv=(
            "Varje nämnds utfall delas med vad alla nämnders mönster ger lika många av samma kön "
            "och ålder, där de är kända. Variansen mellan nämndernas logaritmer minus slumpen "
            "beräknas varje år, och en linje genom åren säger om den ändras."
        ),
        reference="Viechtbauer (2007), Stat. Med. 26:37",
    ),
)
