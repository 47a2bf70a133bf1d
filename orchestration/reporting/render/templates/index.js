// Narrows and sorts the index. The page is whole without this: rows are only hidden and moved.
(() => {
  "use strict";
  const table = document.getElementById("tabell-indikatorer")?.closest("table");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const text = (row, column) => row.cells[column].textContent.trim();
  const collator = new Intl.Collator("sv", { numeric: true });
  const [NAME, AREA, OUTCOME] = [0, 1, 4];
  const ALL = "";

  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const labelled = (name, field) => {
    field.id = `urval-${name.toLocaleLowerCase("sv").replace(/\W+/g, "-")}`;
    return make("div", {}, make("label", { htmlFor: field.id, textContent: name }), field);
  };
  const choice = (name, values) => {
    const options = [["Alla", ALL], ...values.map((value) => [value, value])];
    const field = make("select", {}, ...options.map(([shown, value]) => make("option", { textContent: shown, value })));
    return [field, labelled(name, field)];
  };
  const distinct = (column) => [...new Set(rows.map((row) => text(row, column)))];

  const search = make("input", { type: "search", autocomplete: "off" });
  const [area, areaLabel] = choice("Område", distinct(AREA));
  const [outcome, outcomeLabel] = choice("Prövningen", distinct(OUTCOME).sort(collator.compare));
  const [made, madeLabel] = choice("Uppgifter", ["Syntetiska", "Uppmätta"]);
  const shown = make("p", { className: "shown" });
  shown.setAttribute("role", "status");
  const form = make("form", { className: "narrow" }, labelled("Sök indikator", search), areaLabel, outcomeLabel, madeLabel);
  form.setAttribute("role", "search");
  form.setAttribute("aria-label", "Urval av indikatorer");
  form.addEventListener("submit", (event) => event.preventDefault());
  table.closest(".scroll").before(form, shown);

  const narrow = () => {
    const words = search.value.toLocaleLowerCase("sv").split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const name = `${text(row, NAME)} ${text(row, AREA)}`.toLocaleLowerCase("sv");
      const synthetic = row.querySelector(".mark") ? "Syntetiska" : "Uppmätta";
      row.hidden = !(
        words.every((word) => name.includes(word)) &&
        (area.value === ALL || area.value === text(row, AREA)) &&
        (outcome.value === ALL || outcome.value === text(row, OUTCOME)) &&
        (made.value === ALL || made.value === synthetic)
      );
      count += row.hidden ? 0 : 1;
    }
    shown.textContent = count
      ? `${count} av ${rows.length} indikatorer visas.`
      : "Ingen indikator stämmer med urvalet.";
  };
  form.addEventListener("input", narrow);
  narrow();

  const sort = (column, head) => {
    const falling = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", falling ? "descending" : "ascending");
    const sign = falling ? -1 : 1;
    // Rows without an outcome come last whichever way the others go.
    const empty = (row) => Number(text(row, column) === "–");
    body.append(
      ...[...rows].sort(
        (one, other) =>
          empty(one) - empty(other) || sign * collator.compare(text(one, column), text(other, column)),
      ),
    );
  };
  for (const column of [NAME, AREA, OUTCOME]) {
    const head = table.tHead.rows[0].cells[column];
    const button = make("button", { type: "button" }, ...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(column, head));
  }
})();
