"""Charts: stable, self-contained, described, and free of the drawing library's English."""

import re

import pytest
from lxml import etree

from orchestration.reporting import figures

NAMESPACE = {"s": "http://www.w3.org/2000/svg"}
HOSTILE = "<script>alert(1)</script> & \"citat\" '+datum+' \\n"


def labels(figure_id: str = "figur-1") -> figures.Labels:
    return figures.Labels(figure_id, "En titel", "En beskrivning")


def series(figure_id: str = "figur-1") -> str:
    values = [41, 36, None, 44, 35, 39, 38, 12]
    return figures.series_chart(
        [figures.SeriesPoint(year, value) for year, value in enumerate(values, start=2016)],
        figures.ExpectedInterval(2023, 38.4, 22, 59),
        axis_title="barn",
        decimals=0,
        labels=labels(figure_id),
    )


def changes(label: str = "skulder") -> str:
    return figures.change_chart(
        [figures.ChangeRow("hushåll", -6.3, main=True), figures.ChangeRow(label, 12.0, main=False)],
        axis_title="förändring, procent",
        labels=labels(),
    )


def groups() -> str:
    return figures.group_chart(
        [
            figures.GroupRow("funktionsnedsättning", 9.0, 8.8, 9.2, main=True),
            figures.GroupRow("socialpsykiatri", 7.2, None, None, main=True),
        ],
        axis_title="timmar",
        decimals=1,
        labels=labels(),
    )


def texts(svg: str) -> list[str]:
    found = etree.fromstring(svg).xpath("//s:text//text()", namespaces=NAMESPACE)
    return [str(text) for text in found]


def test_equal_input_gives_equal_bytes() -> None:
    assert series() == series()
    assert changes() == changes()
    assert groups() == groups()


def test_the_values_are_written_in_swedish() -> None:
    assert {"12", "väntat 38", "barn", "2016", "2023", "Utfall"} <= set(texts(series()))
    assert {"−6,3\u00a0%", "+12,0\u00a0%"} <= set(texts(changes()))
    assert {"9,0", "7,2", "timmar"} <= set(texts(groups()))


def test_axis_labels_have_a_decimal_comma() -> None:
    svg = figures.series_chart(
        [figures.SeriesPoint(2022, 2.54), figures.SeriesPoint(2023, 2.38)],
        None,
        axis_title="procent",
        decimals=2,
        labels=labels(),
    )
    axis = [text for text in texts(svg) if re.fullmatch(r"\d,\d+", text)]
    assert len(axis) >= 3
    assert not [text for text in texts(svg) if re.search(r"\d\.\d", text)]


@pytest.mark.parametrize("draw", [series, changes, groups])
def test_a_chart_has_a_name_and_a_description_and_no_english(draw: object) -> None:
    svg = draw()  # type: ignore[operator]
    root = etree.fromstring(svg)
    assert root.get("role") == "img"
    ids = root.get("aria-labelledby").split()
    described = [root.xpath(f"//*[@id='{each}']")[0].text for each in ids]
    assert described == ["En titel", "En beskrivning"]
    assert root.get("viewBox")
    inner = [element for element in root.iter() if element is not root]
    assert not [a for element in inner for a in element.attrib if a.startswith("aria-")]
    assert "mark" not in svg
    assert "axis" not in svg


def test_a_gap_breaks_the_line() -> None:
    paths = etree.fromstring(series()).xpath("//s:path/@d", namespaces=NAMESPACE)
    lines = [str(d) for d in paths if str(d).count("L") >= 4 and "Z" not in str(d)]
    assert len(lines) == 1
    assert lines[0].count("M") == 2


def test_ids_differ_between_figures_so_that_they_can_share_a_page() -> None:
    first, second = (set(re.findall(r'id="([^"]+)"', series(f"figur-{n}"))) for n in (1, 2))
    assert first
    assert not first & second


def test_hostile_labels_stay_text() -> None:
    svg = changes(HOSTILE)
    root = etree.fromstring(svg)
    assert not root.xpath("//*[local-name()='script']")
    assert "&lt;script&gt;" in svg


def test_no_reference_leaves_the_figure() -> None:
    for svg in (series(), changes(), groups()):
        assert "href" not in svg
        assert "url(http" not in svg
        assert set(re.findall(r"https?://[^\"' ]+", svg)) <= {"http://www.w3.org/2000/svg"}


def test_marks_differ_in_lightness_in_a_grey_printout() -> None:
    def lightness(colour: str) -> float:
        red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    fills = set(re.findall(r'fill="(#[0-9a-f]{6})"', changes()))
    bars = sorted(lightness(fill) for fill in fills)
    assert bars[-1] - bars[0] > 0.3


def test_a_series_axis_starts_at_zero_unless_that_hides_the_movement() -> None:
    low = [figures.SeriesPoint(2022, 38), figures.SeriesPoint(2023, 12)]
    high = [figures.SeriesPoint(2022, 2.54), figures.SeriesPoint(2023, 2.38)]
    assert figures.starts_at_zero(low, None)
    assert not figures.starts_at_zero(high, None)
    assert figures.starts_at_zero(high, figures.ExpectedInterval(2023, 2.5, 1.0, 4.0))


def test_a_chart_without_values_is_refused() -> None:
    with pytest.raises(ValueError, match="without values"):
        figures.series_chart(
            [figures.SeriesPoint(2023, None)], None, axis_title="", decimals=0, labels=labels()
        )
    with pytest.raises(ValueError, match="at least one"):
        figures.change_chart([], axis_title="", labels=labels())
    with pytest.raises(ValueError, match="at least one"):
        figures.group_chart([], axis_title="", decimals=0, labels=labels())
