// Narrows and sorts the tables that say what their rows are. A page is whole without this: rows are
// only hidden and moved.
(() => {
  "use strict";
  const collator = new Intl.Collator("sv", { numeric: true });
  const ALL = "";
  const NAME = 0;
  const text = (row, column) => row.cells[column].textContent.trim();
  const lowered = (value) => value.toLocaleLowerCase("sv");

  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  const narrowed = (table) => {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    const named = table.dataset.rows;
    const labelled = (name, field) => {
      field.id = `urval-${table.caption.id}-${lowered(name).replace(/[^\p{L}]+/gu, "-")}`;
      return make("div", {}, make("label", { htmlFor: field.id, textContent: name }), field);
    };
    const choice = (values) => {
      const options = [["Alla", ALL], ...values.map((value) => [value, value])];
      return make(
        "select",
        {},
        ...options.map(([shown, value]) => make("option", { textContent: shown, value })),
      );
    };

    const search = make("input", { type: "search", autocomplete: "off" });
    const form = make("form", { className: "narrow" }, labelled(`Sök ${lowered(heads[NAME].textContent)}`, search));
    const tests = [];
    const choices = [...heads.keys()].filter((column) => heads[column].dataset.choice);
    for (const column of choices) {
      const field = choice([...new Set(rows.map((row) => text(row, column)))].sort(collator.compare));
      tests.push((row) => field.value === ALL || field.value === text(row, column));
      form.append(labelled(heads[column].dataset.choice, field));
    }
    const synthetic = (row) => row.querySelector(".mark") !== null;
    if (rows.some(synthetic) && !rows.every(synthetic)) {
      const field = choice(["Syntetiska", "Uppmätta"]);
      tests.push((row) => field.value === ALL || (field.value === "Syntetiska") === synthetic(row));
      form.append(labelled("Uppgifter", field));
    }
    const shown = make("p", { className: "shown" });
    shown.setAttribute("role", "status");
    form.setAttribute("role", "search");
    form.setAttribute("aria-label", `Urval av ${named}`);
    form.addEventListener("submit", (event) => event.preventDefault());
    table.closest(".scroll").before(form, shown);

    const narrow = () => {
      const words = lowered(search.value).split(/\s+/).filter(Boolean);
      let count = 0;
      for (const row of rows) {
        const own = lowered([NAME, ...choices].map((column) => text(row, column)).join(" "));
        row.hidden = !(words.every((word) => own.includes(word)) && tests.every((fits) => fits(row)));
        count += row.hidden ? 0 : 1;
      }
      shown.textContent = count
        ? `${count} av ${rows.length} ${named} visas.`
        : "Inget stämmer med urvalet.";
    };
    form.addEventListener("input", narrow);
    narrow();

    const sort = (column, head) => {
      const falling = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      const sign = falling ? -1 : 1;
      // Rows without a value come last whichever way the others go.
      const empty = (row) => Number(text(row, column) === "–");
      body.append(
        ...[...rows].sort(
          (one, other) =>
            empty(one) - empty(other) || sign * collator.compare(text(one, column), text(other, column)),
        ),
      );
    };
    for (const column of [NAME, ...choices]) {
      const head = heads[column];
      const button = make("button", { type: "button" }, ...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sort(column, head));
    }
  };

  for (const table of document.querySelectorAll("table[data-rows]")) narrowed(table);
})();
