// Long tables: heads become buttons that sort (sortable.min.js listens to them), a field searches, and
// columns marked data-filter get a list to choose from. What is searched and chosen stands in the
// address after #?, so that a view can be shared. Without scripts the table is complete and in the
// order of its source.
for (const table of document.querySelectorAll("table.sortable")) {
  const element = (tag, ...children) => {
    const made = document.createElement(tag);
    made.append(...children);
    return made;
  };
  const labelled = (text, field) => {
    fields.set(text, field);
    return element("label", text, field);
  };
  const fields = new Map();
  const rows = [...table.tBodies[0].rows];
  const values = (row, column) => row.cells[column].textContent.split("; ");

  const panel = element("div");
  panel.className = "table-search";
  const count = element("span");
  count.setAttribute("role", "status");
  const all = element("button", "Show all");
  all.type = "button";
  const search = element("input");
  search.type = "search";
  panel.append(labelled("Search", search));
  const lists = [];
  for (const [column, head] of [...table.tHead.rows[0].cells].entries()) {
    const text = head.textContent;
    if ("filter" in head.dataset) {
      const list = element("select", new Option("all", ""));
      const words = new Set(rows.flatMap((row) => values(row, column)).filter(Boolean));
      for (const word of [...words].sort()) list.append(new Option(word, word));
      panel.append(labelled(text, list));
      lists.push([column, list]);
    }
    const button = element("button", text);
    button.type = "button";
    head.replaceChildren(button);
  }
  panel.append(all, count);
  table.classList.add("asc");
  table.before(panel);

  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !(
        words.every((word) => text.includes(word)) &&
        lists.every(([column, list]) => !list.value || values(row, column).includes(list.value))
      );
      shown += !row.hidden;
    }
    count.textContent = `${shown} of ${rows.length} rows`;
    all.hidden = shown === rows.length;
  };

  // The address that leads back to what is shown.
  const write = () => {
    const state = new URLSearchParams();
    for (const [name, field] of fields) if (field.value) state.set(name, field.value);
    const { pathname, search: query } = location;
    history.replaceState(null, "", pathname + query + (state.size ? `#?${state}` : ""));
  };
  const read = () => {
    const state = new URLSearchParams(location.hash.slice(2));
    for (const [name, field] of fields) {
      field.value = state.get(name) ?? "";
      if (field.selectedIndex < 0) field.value = ""; // a word that the list does not have
    }
    show();
    panel.scrollIntoView();
  };
  const clear = () => {
    for (const field of fields.values()) field.value = "";
    show();
  };
  for (const field of fields.values()) {
    field.addEventListener("input", () => {
      show();
      write();
    });
  }
  all.addEventListener("click", () => {
    clear();
    write();
    search.focus();
  });

  // An address is a view, or a row; a row that is hidden shows everything again.
  const follow = () => {
    if (location.hash.startsWith("#?")) read();
    else if (document.querySelector(":target")?.hidden) {
      clear();
      document.querySelector(":target").scrollIntoView();
    }
  };
  window.addEventListener("hashchange", follow);
  show();
  follow();
}
