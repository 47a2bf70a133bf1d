// Asks what is written, and shows what is answered. The question goes to the server that the page
// came from; without this script the page says how to ask on the command line.
(() => {
  "use strict";
  const main = document.querySelector("main");
  if (!main) return;

  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const field = make("textarea", { id: "fraga", name: "fraga", rows: 6, spellcheck: false, autocomplete: "off" });
  field.setAttribute("aria-describedby", "fraga-hjalp");
  const hint = make("p", {
    id: "fraga-hjalp",
    className: "note",
    textContent: "Ctrl + Retur i rutan ställer också frågan.",
  });
  const button = make("button", { type: "submit", className: "close", textContent: "Ställ frågan" });
  const form = make(
    "form",
    { className: "ask" },
    make("label", { htmlFor: field.id, textContent: "Din fråga, i SQL" }),
    field,
    hint,
    button,
  );
  const told = make("p", { className: "shown" });
  told.setAttribute("role", "status");
  const fault = make("div", { className: "banner", hidden: true });
  fault.setAttribute("role", "alert");
  const found = make("div", {});
  main.prepend(form, told, fault, found);
  document.getElementById("utan-skript")?.closest("section")?.remove();

  let file = "";
  const table = (answer) => {
    const columns = answer.kolumner;
    const looks = (column) => (column.tal ? "number" : "");
    const head = make("tr", {});
    for (const column of columns) {
      const cell = make("th", { scope: "col", className: looks(column), textContent: column.rubrik || column.namn });
      if (column.rubrik) cell.append(" ", make("span", { className: "note", textContent: column.namn }));
      head.append(cell);
    }
    const body = make("tbody", {});
    for (const row of answer.rader) {
      body.append(make("tr", {}, ...row.map((text, place) => make("td", { className: looks(columns[place]), textContent: text }))));
    }
    const caption = make("caption", { id: "svaret" }, make("span", { textContent: "Svaret" }));
    const scroll = make("div", { className: "scroll", tabIndex: 0 }, make("table", {}, caption, make("thead", {}, head), body));
    scroll.setAttribute("role", "group");
    scroll.setAttribute("aria-labelledby", caption.id);
    return scroll;
  };
  const take = (answer) => {
    if (file) URL.revokeObjectURL(file);
    // Spreadsheets take a file without the mark for another encoding.
    file = URL.createObjectURL(new Blob(["\ufeff", answer.csv], { type: "text/csv;charset=utf-8" }));
    return make("p", { className: "take" }, make("a", { href: file, download: "svar.csv", textContent: "Hämta svaret som CSV" }));
  };
  const show = (answer) => {
    found.replaceChildren();
    fault.hidden = !answer.fel;
    fault.replaceChildren(
      ...(answer.fel ?? "")
        .split("\nDuckDB säger: ")
        .filter(Boolean)
        .map((part, place) =>
          place === 0 ? make("p", { textContent: part }) : make("pre", {}, make("code", { textContent: part })),
        ),
    );
    if (answer.fel) {
      told.textContent = "";
      return;
    }
    const rows = answer.antal === 1 ? "rad" : "rader";
    told.textContent =
      answer.antal === answer.rader.length
        ? `${answer.antal_sv} ${rows}.`
        : `${answer.antal_sv} ${rows}. De första ${answer.visas_sv} visas, filen har alla.`;
    found.append(table(answer), take(answer));
    if (answer.syntetiskt) found.append(make("p", { className: "note", textContent: answer.syntetiskt }));
    for (const line of answer.ord) {
      found.append(make("p", { className: "note", textContent: `Så skrivs orden i en fråga: ${line}` }));
    }
  };
  // A button that is switched off would drop the focus of whoever has just pressed it.
  let asking = false;
  const ask = async () => {
    asking = true;
    button.setAttribute("aria-disabled", "true");
    told.textContent = "Frågan ställs …";
    try {
      const answer = await fetch("/fraga", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ fraga: field.value }),
      });
      if (!answer.ok) throw new Error();
      show(await answer.json());
    } catch {
      show({
        fel: "Frågan kom inte fram. Gör så här: se efter att avvik serve är igång, och öppna den adress som den skrev ut när den startade.",
      });
    } finally {
      asking = false;
      button.removeAttribute("aria-disabled");
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!asking) ask();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  // A link may write a question, but only whoever reads it asks it.
  field.value = new URLSearchParams(window.location.search).get("fraga") ?? "";
})();
