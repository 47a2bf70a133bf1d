// Searches the site. What there is to find lies in sokregister.js; without this script the page lists
// every page instead.
(() => {
  "use strict";
  const MOST = 50;
  const LONGEST = 220;
  const main = document.querySelector("main");
  const listed = document.getElementById("alla-sidor")?.closest("section");
  if (!main || !window.MiniSearch || !window.AVVIK_SOKREGISTER) return;

  // Who writes boendestod finds boendestöd.
  const folded = (term) => term.toLocaleLowerCase("sv").normalize("NFD").replace(/\p{M}/gu, "");
  const index = new window.MiniSearch({
    fields: ["title", "kind", "text"],
    storeFields: ["title", "kind", "text", "address"],
    processTerm: folded,
    searchOptions: { boost: { title: 4 }, prefix: true, fuzzy: 0.2, combineWith: "AND" },
  });
  index.addAll(window.AVVIK_SOKREGISTER);

  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const field = make("input", { type: "search", id: "sokord", name: "q", autocomplete: "off" });
  const form = make(
    "form",
    { className: "narrow" },
    make("div", {}, make("label", { htmlFor: field.id, textContent: "Sök på sidorna" }), field),
  );
  form.setAttribute("role", "search");
  const told = make("p", { className: "shown" });
  told.setAttribute("role", "status");
  const found = make("ol", { className: "found" });
  main.prepend(form, told, found);

  const shortened = (text) => (text.length > LONGEST ? `${text.slice(0, text.lastIndexOf(" ", LONGEST))} …` : text);
  const show = () => {
    const asked = field.value.trim();
    const hits = asked ? index.search(asked) : [];
    found.replaceChildren(
      ...hits.slice(0, MOST).map((hit) =>
        make(
          "li",
          {},
          make("a", { href: hit.address, textContent: hit.title }),
          make("span", { className: "note", textContent: ` ${hit.kind}` }),
          make("p", { className: "note", textContent: shortened(hit.text) }),
        ),
      ),
    );
    found.hidden = hits.length === 0;
    if (listed) listed.hidden = asked !== "";
    told.textContent = asked
      ? hits.length === 0
        ? `Inget hittades för ”${asked}”.`
        : `${hits.length} ${hits.length === 1 ? "träff" : "träffar"} för ”${asked}”${hits.length > MOST ? `; de ${MOST} bästa visas` : ""}.`
      : "Skriv ett eller flera ord. En början räcker, och små stavfel gör inget.";
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  field.addEventListener("input", show);
  field.value = new URLSearchParams(window.location.search).get("q") ?? "";
  show();
})();
