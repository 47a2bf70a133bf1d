"""Charts as a browser sets them: no text is cut off, stands on another, or is crossed."""

import random

from playwright.sync_api import Page

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

_CHARTS = 200

_FAULTS = """
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


def test_no_text_is_cut_off_crossed_or_on_another(page: Page) -> None:
    chance = random.Random(20261128)  # noqa: S311
    drawn = [(_series if at % 4 else _rows)(chance, at) for at in range(_CHARTS)]
    page.set_content("".join(drawn))
    page.set_viewport_size({"width": 390, "height": 900})
    texts, drawn_marks, faults = page.evaluate(_FAULTS)
    assert texts > 10 * _CHARTS
    assert drawn_marks > 50 * _CHARTS
    assert faults == []
