"""Charts as a browser sets them: no text is cut off, and none stands on another."""

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
)
from orchestration.reporting.svg import Labels

_CHARTS = 200

_FAULTS = """
() => {
  const faults = [];
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
  }
  return [document.querySelectorAll("text").length, faults];
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
    decimals = None if limits else chance.randint(0, 2)
    labels = Labels(f"figur-{number}", "Namn", "Beskrivning")
    return series_chart(dots, band, unit="kronor per hushåll", labels=labels, decimals=decimals)


def _rows(chance: random.Random, number: int) -> str:
    names = [f"{'Ett långt namn på en grupp ' * chance.randint(1, 3)}{at}" for at in range(4)]
    labels = Labels(f"figur-{number}", "Namn", "Beskrivning")
    if number % 2:
        changes = [
            ChangeRow(name, chance.gauss(0, 30), main=at == 0) for at, name in enumerate(names)
        ]
        return change_chart(changes, axis_title="förändring till 2023, procent", labels=labels)
    groups = [
        GroupRow(name, value := chance.uniform(0, 9000), value * 0.9, value * 1.2, main=at == 0)
        for at, name in enumerate(names)
    ]
    return group_chart(groups, axis_title="kronor", decimals=0, labels=labels)


def test_no_text_stands_on_another_or_is_cut_off(page: Page) -> None:
    chance = random.Random(20261128)  # noqa: S311
    drawn = [(_series if at % 4 else _rows)(chance, at) for at in range(_CHARTS)]
    page.set_content("".join(drawn))
    texts, faults = page.evaluate(_FAULTS)
    assert texts > 10 * _CHARTS
    assert faults == []
