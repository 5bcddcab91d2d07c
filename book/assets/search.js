// Finds sections by words, English or Chinese. The entries come from search-data.js as a script, so
// that the search works from a folder of files as well. Chinese has no spaces: each run of its
// characters is indexed by its characters and pairs, and a query asks for its pairs. Marks above
// letters do not count, so that pinyin can be typed without tones.
"use strict";
(function () {
  const HAN = /[\u3400-\u9fff\uf900-\ufaff]+/g;
  const MOST = 40;
  const home = new URL("..", document.currentScript.src).href;

  const WORD = /\p{N}+(?:[.,]\p{N}+)*|[\p{L}\p{M}\p{N}]+/gu; // 4.9 is one word

  function tokens(text) {
    const found = text.replace(HAN, " ").replace(/['’]s\b/g, " ").match(WORD) ?? [];
    for (const run of text.match(HAN) ?? []) {
      for (let at = 0; at + 1 < run.length; at++) found.push(run.slice(at, at + 2));
      if (run.length === 1) found.push(run);
    }
    return found;
  }

  const indexed = (text) => [...tokens(text), ...(text.match(HAN) ?? []).filter((run) => run.length > 1).join("")];
  const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").normalize("NFC").toLowerCase();
  const latin = (term) => !term.match(HAN);
  const chinese = (text) => (text.match(HAN) ?? []).join("").length > text.length / 2;
  const index = new MiniSearch({
    fields: ["title", "of", "text"],
    tokenize: indexed,
    processTerm: folded,
    searchOptions: {
      tokenize: tokens,
      combineWith: "AND",
      boost: { title: 4, of: 2 },
      prefix: (term) => latin(term) && term.length > 2,
      fuzzy: (term) => latin(term) && term.length > 4 && 0.2,
    },
  });
  const sections = window.reportSections;
  index.addAll(sections.map((section, id) => ({ ...section, id })));

  // The words around the first one found, with all of them marked.
  function excerpt(text, terms) {
    // letter by letter, so that places are those of the text
    const plain = [...text].map((letter) => folded(letter).padEnd(letter.length).slice(0, letter.length)).join("");
    const escaped = terms.map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const pattern = new RegExp(escaped.sort((one, two) => two.length - one.length).join("|"), "g");
    const from = Math.max(0, text.lastIndexOf(" ", Math.max(0, plain.search(pattern) - 60)));
    const end = text.lastIndexOf(" ", from + 220); // at a word's end, if words have spaces
    const to = from + 220 >= text.length ? text.length : end > from + 120 ? end : from + 220;
    const line = document.createElement("p");
    line.append(from ? "… " : "");
    let at = from;
    for (const found of plain.slice(from, to).matchAll(pattern)) {
      const start = from + found.index;
      line.append(text.slice(at, start));
      at = start + found[0].length;
      line.append(Object.assign(document.createElement("mark"), { textContent: text.slice(start, at) }));
    }
    line.append(text.slice(at, to), to < text.length ? " …" : "");
    if (chinese(line.textContent)) line.lang = "zh";
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
    let hits = index.search(query);
    const all = hits.length > 0;
    if (!all) hits = index.search(query, { combineWith: "OR" });
    const found = `${hits.length} section${hits.length > 1 ? "s" : ""}`;
    count.textContent = !hits.length
      ? "Nothing found. Try fewer or shorter words."
      : (all ? found : `No section has all of this; ${found} with a part of it`) +
        (hits.length > MOST ? `, the best ${MOST} below` : "");
    for (const hit of hits.slice(0, MOST)) {
      const { page, of, id, title, text } = sections[hit.id];
      const link = document.createElement("a");
      link.href = `${home}${page}.html#${id}`;
      link.textContent = title === of ? title : `${of}: ${title}`;
      if (chinese(link.textContent)) link.lang = "zh";
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
