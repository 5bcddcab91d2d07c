// Long tables: heads become buttons that sort (sortable.min.js listens to them), and a field searches.
// Without scripts the table is complete and in the order of its source.
for (const table of document.querySelectorAll("table.sortable")) {
  for (const head of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
  }
  table.classList.add("asc");

  const label = document.createElement("label");
  const field = document.createElement("input");
  const count = document.createElement("span");
  label.className = "table-search";
  field.type = "search";
  count.setAttribute("role", "status");
  label.append("Search", field, count);
  table.before(label);

  const rows = [...table.tBodies[0].rows];
  const search = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    count.textContent = `${shown} of ${rows.length} rows`;
  };
  field.addEventListener("input", search);
  search();

  // A link to a row that the search hides shows everything again.
  window.addEventListener("hashchange", () => {
    if (document.querySelector(":target")?.hidden) {
      field.value = "";
      search();
      document.querySelector(":target").scrollIntoView();
    }
  });
}
