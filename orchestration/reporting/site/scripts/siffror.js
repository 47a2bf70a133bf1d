// Opens a number's row of the page's key beside it. Every number can be pressed; the keyboard has one
// stop for all of them, moves between them with the arrows and opens with Enter.
(() => {
  "use strict";
  const key = document.getElementById("siffernyckel")?.closest("section");
  const table = key?.querySelector("table");
  // What already leads somewhere keeps doing so.
  const numbers = [...document.querySelectorAll("main data[id], header data[id]")].filter(
    (number) => !number.closest("a, summary, button"),
  );
  if (!table || numbers.length === 0) return;

  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const heads = [...table.tHead.rows[0].cells].map((head) => head.textContent);
  const [NUMBER, TEXT, LAST] = [0, 1, heads.length - 1];
  let rows;
  const rowOf = (id) => {
    rows ??= new Map([...table.tBodies[0].rows].map((row) => [row.cells[NUMBER].textContent, row]));
    return rows.get(id);
  };

  const title = make("h2", { id: "siffra-rubrik" });
  const told = make("dl", { className: "front" });
  const close = make("button", { type: "button", className: "close", textContent: "Stäng" });
  const panel = make("dialog", { className: "panel" }, title, told, close);
  panel.setAttribute("aria-labelledby", title.id);
  document.body.append(panel);
  close.addEventListener("click", () => panel.close());
  // Beside the panel is outside it.
  panel.addEventListener("click", (event) => {
    if (event.target === panel) panel.close();
  });

  let current;
  const stopAt = (number) => {
    if (current) {
      for (const name of ["tabindex", "role", "aria-haspopup"]) current.removeAttribute(name);
    }
    current = number;
    number.tabIndex = 0;
    number.setAttribute("role", "button");
    number.setAttribute("aria-haspopup", "dialog");
  };

  const open = (number) => {
    const row = rowOf(number.id);
    if (!row) return;
    stopAt(number);
    number.focus();
    title.textContent = `Siffran ${row.cells[TEXT].textContent}`;
    const pairs = [...row.cells]
      .map((cell, place) => [heads[place], cell, place])
      .filter(([, cell, place]) => place > TEXT && place < LAST && cell.textContent !== "")
      .map(([head, cell]) => [head, [document.createTextNode(cell.textContent)]]);
    const deliveries = [...row.cells[LAST].querySelectorAll("a")].map((lead) =>
      make("li", {}, ...document.getElementById(lead.hash.slice(1)).cloneNode(true).childNodes),
    );
    if (deliveries.length > 0) pairs.push([heads[LAST], [make("ul", {}, ...deliveries)]]);
    pairs.push([heads[NUMBER], [document.createTextNode(number.id)]]);
    told.replaceChildren(
      ...pairs.map(([head, parts]) =>
        make("div", {}, make("dt", { textContent: head }), make("dd", {}, ...parts)),
      ),
    );
    panel.showModal();
  };

  document.addEventListener("click", (event) => {
    const number = event.target.closest?.("data[id]");
    if (number && numbers.includes(number) && getSelection().isCollapsed) open(number);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target !== current || panel.open) return;
    // A number in what is folded or narrowed away cannot be gone to.
    const there = numbers.filter((number) => number.checkVisibility());
    const place = there.indexOf(current);
    const steps = {
      ArrowRight: place + 1,
      ArrowDown: place + 1,
      ArrowLeft: place - 1,
      ArrowUp: place - 1,
      Home: 0,
      End: there.length - 1,
    };
    if (event.key === "Enter" || event.key === " ") open(current);
    else if (event.key in steps) {
      const next = there[Math.max(0, Math.min(steps[event.key], there.length - 1))];
      stopAt(next);
      next.focus();
    } else return;
    event.preventDefault();
  });
  // Where the stop is narrowed away or folded, the first number that is seen takes its place.
  const keepSeen = () => {
    if (!current?.checkVisibility()) {
      stopAt(numbers.find((number) => number.checkVisibility()) ?? numbers[0]);
    }
  };
  document.addEventListener("input", keepSeen);
  document.addEventListener("toggle", keepSeen, true);
  document.documentElement.classList.add("numbers");
  keepSeen();
})();
