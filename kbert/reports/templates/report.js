"use strict";
// Sorts, filters and searches the tables. Without it the page shows all the same.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const value = (row, at) => row.cells[at].textContent;
  const amount = (text) => Number(text.replace(/[,<%\s]/g, ""));
  [...table.tHead.rows[0].cells].forEach((head, at) => {
    const button = document.createElement("button");
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const numeric = head.classList.contains("number");
      const ascending = head.getAttribute("aria-sort") === (numeric ? "descending" : "none")
        || (!numeric && head.getAttribute("aria-sort") !== "ascending");
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      const order = numeric
        ? (a, b) => amount(value(a, at)) - amount(value(b, at))
        : (a, b) => value(a, at).localeCompare(value(b, at), undefined, {numeric: true});
      const rows = [...body.rows].sort(order);
      body.append(...(ascending ? rows : rows.reverse()));
    });
  });
  const tools = table.closest(".wide").previousElementSibling;
  if (!tools || !tools.classList.contains("tools")) continue;
  tools.hidden = false;
  const search = tools.querySelector("input");
  const filters = [...tools.querySelectorAll("select")];
  for (const filter of filters) {
    const names = new Set([...body.rows].map((row) => value(row, filter.dataset.column)));
    for (const name of [...names].sort()) filter.add(new Option(name, name));
  }
  const show = () => {
    const wanted = search.value.toLowerCase();
    let shown = 0;
    for (const row of body.rows) {
      const fits = filters.every((f) => f.selectedIndex === 0 || value(row, f.dataset.column) === f.value)
        && row.textContent.toLowerCase().includes(wanted);
      row.hidden = !fits;
      shown += fits;
    }
    tools.querySelector(".count").textContent = `${shown} of ${body.rows.length} rows`;
  };
  search.addEventListener("input", show);
  for (const filter of filters) filter.addEventListener("change", show);
  show();
}
