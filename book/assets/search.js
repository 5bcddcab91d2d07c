// Finds sections by words, English or Chinese. The entries come from search-data.js as a script, so
// that the search works from a folder of files as well. Chinese has no spaces: each run of its
// characters is indexed by its pairs, and a query asks for all pairs of its words.
"use strict";
(function () {
  const HAN = /[\u3400-\u9fff\uf900-\ufaff]+/g;
  const MOST = 40;
  const home = new URL("..", document.currentScript.src).href;

  function tokens(text) {
    const found = text.replace(HAN, " ").match(/[\p{L}\p{N}]+/gu) ?? [];
    for (const run of text.match(HAN) ?? []) {
      if (run.length === 1) found.push(run);
      for (let at = 0; at + 1 < run.length; at++) found.push(run.slice(at, at + 2));
    }
    return found;
  }

  const latin = (term) => !term.match(HAN);
  const index = new MiniSearch({
    fields: ["title", "of", "text"],
    tokenize: tokens,
    searchOptions: {
      combineWith: "AND",
      boost: { title: 4, of: 2 },
      prefix: latin,
      fuzzy: (term) => latin(term) && term.length > 4 && 0.2,
    },
  });
  const sections = window.reportSections;
  index.addAll(sections.map((section, id) => ({ ...section, id })));

  // The words around the first one found, with all of them marked.
  function excerpt(text, terms) {
    const lower = text.toLowerCase();
    const first = Math.max(0, Math.min(...terms.map((term) => lower.indexOf(term)).filter((at) => at >= 0), Infinity));
    const from = Number.isFinite(first) ? Math.max(0, text.lastIndexOf(" ", Math.max(0, first - 60))) : 0;
    const shown = (from ? "… " : "") + text.slice(from, from + 220).trim() + (from + 220 < text.length ? " …" : "");
    const line = document.createElement("p");
    const pattern = terms.map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
    for (const [number, part] of shown.split(new RegExp(`(${pattern})`, "gi")).entries()) {
      if (!(number % 2)) line.append(part);
      else line.append(Object.assign(document.createElement("mark"), { textContent: part }));
    }
    return line;
  }

  const field = document.getElementById("query");
  const list = document.getElementById("results");
  const count = document.getElementById("found");

  function show() {
    const query = field.value.trim();
    list.replaceChildren();
    count.textContent = "";
    if (!query) return;
    const hits = index.search(query);
    count.textContent = hits.length
      ? `${hits.length} section${hits.length > 1 ? "s" : ""}${hits.length > MOST ? `, the best ${MOST} below` : ""}`
      : "Nothing found. Try fewer or shorter words.";
    for (const hit of hits.slice(0, MOST)) {
      const { page, of, id, title, text } = sections[hit.id];
      const link = document.createElement("a");
      link.href = `${home}${page}.html#${id}`;
      link.textContent = title === of ? title : `${of}: ${title}`;
      const item = document.createElement("li");
      item.append(link, excerpt(text, hit.terms));
      list.append(item);
    }
  }

  field.value = new URLSearchParams(location.search).get("q") ?? "";
  field.addEventListener("input", () => {
    show();
    const query = field.value.trim();
    history.replaceState(null, "", query ? `?q=${encodeURIComponent(query)}` : location.pathname);
  });
  field.form.addEventListener("submit", (event) => event.preventDefault());
  show();
})();
