"""Charts as a browser sets them: no text is cut off, stands on another, or is crossed."""

import random

from playwright.sync_api import Page

from orchestration.reporting.bars import (
    Bin,
    Layer,
    PartRow,
    Stage,
    histogram_chart,
    part_chart,
    stacked_chart,
    waterfall_chart,
)
from orchestration.reporting.charts import (
    PRELIMINARY,
    SIGNAL,
    VALUE,
    Band,
    ChangeRow,
    Dot,
    GroupRow,
    change_chart,
    group_chart,
    series_chart,
    small_chart,
)
from orchestration.reporting.curves import MOST_LINES, Curve, curve_chart

_CHARTS = 200
_OF_EACH_OTHER = 20

FAULTS = """
() => {
  const faults = [];
  let drawn = 0;
  for (const svg of document.querySelectorAll("svg")) {
    const view = svg.viewBox.baseVal;
    const texts = [...svg.querySelectorAll("text")];
    const boxes = texts.map((text) => [text.textContent, text.getBBox()]);
    boxes.forEach(([name, a], position) => {
      if (a.x < view.x || a.y < view.y || a.x + a.width > view.x + view.width
          || a.y + a.height > view.y + view.height) faults.push(`cut off: ${name}`);
      for (const [other, b] of boxes.slice(position + 1)) {
        const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
        const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
        // The box of a line of text has air above its letters and below.
        if (across > 0.5 && down > 6) faults.push(`${name} on ${other}`);
      }
    });
    if (svg.getBoundingClientRect().width > 358) faults.push(`wide: ${view.width}`);
    for (const text of texts) {
      if (getComputedStyle(text).fontSize !== "13px") faults.push(`size: ${text.textContent}`);
    }
    // Letters reach from four tenths of a line's box above its middle to as much below.
    const letters = boxes.map(([name, box]) => [name, {
      left: box.x, right: box.x + box.width,
      top: box.y + box.height * 0.2, bottom: box.y + box.height * 0.8,
    }]);
    const crossed = (what, x, y) => {
      for (const [name, box] of letters) {
        if (x > box.left && x < box.right && y > box.top && y < box.bottom) {
          faults.push(`${what} through ${name}`);
          return true;
        }
      }
      return false;
    };
    for (const path of svg.querySelectorAll("path:not([transform])")) {
      // The levels of the grid may pass behind a text, which is outlined.
      if (path.getAttribute("stroke").includes("--chart-grid")) continue;
      const length = path.getTotalLength();
      for (let at = 0; at <= length; at += 2) {
        const point = path.getPointAtLength(at);
        drawn += 1;
        if (crossed("line", point.x, point.y)) break;
      }
    }
    for (const mark of svg.querySelectorAll("path[transform], rect")) {
      const box = mark.getBBox();
      const [, dx = 0, dy = 0] =
        /translate\\(([-\\d.]+),([-\\d.]+)\\)/.exec(mark.getAttribute("transform")) || [];
      const [left, top] = [box.x + Number(dx), box.y + Number(dy)];
      drawn += 1;
      for (const [name, text] of letters) {
        if (left < text.right && left + box.width > text.left
            && top < text.bottom && top + box.height > text.top) {
          faults.push(`mark on ${name}`);
        }
      }
    }
  }
  return [document.querySelectorAll("text").length, drawn, faults];
}
"""


def _series(chance: random.Random, number: int) -> str:
    size = 10 ** chance.uniform(-1, 7)
    values = [
        chance.gauss(size, size / chance.choice([2, 10, 200])) for _ in range(chance.randint(3, 30))
    ]
    centre, spread = sum(values) / len(values), max(values) - min(values)
    limits = chance.random() < 0.5
    # Some limits lie close to the mean.
    below, above = (spread * chance.random() ** 3 for _ in range(2))
    dots = [
        Dot(
            period=f"{2000 + at // 12}-{at % 12 + 1:02}" if len(values) > 12 else str(2010 + at),
            value=round(value, 2),
            centre=centre if limits else None,
            lower=centre - below if limits else None,
            upper=centre + above if limits else None,
            mark=chance.choice([VALUE, SIGNAL, PRELIMINARY]),
        )
        for at, value in enumerate(values)
    ]
    band = None if limits else Band(dots[-1].period, centre, centre - spread, centre + spread)
    if number % 2:
        # As of a breakdown, with a name of one line or more.
        name = " ".join(["Insatser för personer med funktionsnedsättning"] * chance.randint(1, 2))
        shown = band if chance.random() < 0.5 else None
        return small_chart(name, dots, shown, unit="kronor", decimals=chance.randint(0, 1)).svg
    decimals = None if limits else chance.randint(0, 2)
    return series_chart(dots, band, unit="kronor per hushåll", decimals=decimals).svg


def _rows(chance: random.Random, number: int) -> str:
    names = [f"{'Ett långt namn på en grupp ' * chance.randint(1, 3)}{at}" for at in range(4)]
    if number % 8:
        changes = [
            ChangeRow(name, chance.gauss(0, 30), main=at == 0) for at, name in enumerate(names)
        ]
        return change_chart(changes, axis_title="förändring till 2023, procent").svg
    groups = [
        GroupRow(name, value := chance.uniform(0, 9000), value * 0.9, value * 1.2, main=at == 0)
        for at, name in enumerate(names)
    ]
    return group_chart(groups, axis_title="kronor", decimals=0).svg


def _boards(chance: random.Random) -> str:
    """Groups around a reference, with what they are drawn to."""
    around = chance.choice([0.0, 1.0])
    rows = [
        GroupRow(
            f"Stadsdelsnämnd {at}",
            value := around + chance.gauss(0, 0.3),
            value - 0.1,
            value + chance.uniform(0.1, 0.6),
            main=at == 0,
            shrunken=None if around else around + (value - around) / 2,
        )
        for at in range(chance.randint(1, 11))
    ]
    return group_chart(
        rows, axis_title="kvot mot väntat", decimals=2, reference=around, sign=not around
    ).svg


def _parts(chance: random.Random) -> str:
    size = 10 ** chance.uniform(-1, 5)
    rows = [
        PartRow(
            f"{'Ett långt namn på en del ' * chance.randint(1, 3)}{at}",
            value := chance.gauss(0, size),
            value - size / 2 if at else None,
            value + size if at else None,
            main=at == 0,
            hatched=at == 3,
        )
        for at in range(chance.randint(1, 4))
    ]
    return part_chart(rows, axis_title="bidrag, procentenheter", decimals=1, sign=True).svg


def _waterfall(chance: random.Random) -> str:
    start = 10 ** chance.uniform(1, 5)
    changes = [chance.gauss(0, start / 8) for _ in range(chance.randint(1, 4))]
    stages = [Stage("Förra året", start, total=True)]
    stages += [Stage(f"{'En del av förändringen ' * 2}{at}", c) for at, c in enumerate(changes)]
    stages.append(Stage("I år", start + sum(changes), total=True))
    return waterfall_chart(stages, axis_title="beslut", decimals=0).svg


def _stacked(chance: random.Random) -> str:
    names = ["lån som räknas som inkomst", "egen bostad", "hör till annan kommun", "tillgångar"]
    layers = [
        Layer(
            f"{chance.choice(names)} {at}",
            tuple(chance.uniform(0, 10 ** chance.uniform(0, 4)) for _ in range(8)),
            main=at == 2,
        )
        for at in range(chance.randint(1, 9))
    ]
    return stacked_chart([str(2016 + at) for at in range(8)], layers, unit="avslag").svg


def _histogram(chance: random.Random) -> str:
    bins = [
        Bin(at / 2, (at + 1) / 2, value := chance.randint(0, 300), value * 0.9) for at in range(48)
    ]
    return histogram_chart(
        "Personkretsen enligt LSS",
        bins,
        unit="personer",
        axis_title="beviljade timmar i månaden",
        threshold=chance.choice([2.0, 12.0, 20.0]),
        threshold_name="Gränsen: över 12 timmar",
        expected_name="Vad mönstret i övrigt ger",
    ).svg


def _curves(chance: random.Random) -> str:
    places = chance.choice([[1, 3, 6, 12], [1, 4], list(range(0, 121, 5))])
    lines = [
        Curve(
            chance.choice(["Alla avslag", "Lån som räknas som inkomst", "Egen bostad", "2023"]),
            tuple((float(at), 50 + chance.gauss(0, 20)) for at in places),
            main=number == 0,
        )
        for number in range(chance.randint(1, MOST_LINES))
    ]
    return curve_chart(
        lines,
        unit="procent",
        axis_title="månader efter avslaget",
        ticks=[(float(at), str(at)) for at in places],
        decimals=0,
        name=chance.choice(["", "Beviljad ny ansökan"]),
        stepped=chance.random() < 0.5,
    ).svg


_OTHERS = (_boards, _parts, _waterfall, _stacked, _histogram, _curves)


def test_no_text_is_cut_off_crossed_or_on_another(page: Page) -> None:
    chance = random.Random(20261128)  # noqa: S311
    drawn = [(_series if at % 4 else _rows)(chance, at) for at in range(_CHARTS)]
    drawn += [draw(chance) for draw in _OTHERS for _ in range(_OF_EACH_OTHER)]
    page.set_content("".join(drawn))
    page.set_viewport_size({"width": 390, "height": 900})
    texts, drawn_marks, faults = page.evaluate(FAULTS)
    assert texts > 10 * _CHARTS
    assert drawn_marks > 50 * _CHARTS
    assert faults == []
