"use strict";
(() => {
  const form = document.getElementById("tools");
  const find = document.getElementById("find");
  const found = document.getElementById("found");
  const selects = [...document.querySelectorAll("select[data-table]")];
  const tables = [...document.querySelectorAll("table[data-search]")].map((table) => {
    const nothing = document.createElement("p");
    nothing.className = "nothing";
    nothing.textContent = "No row matches.";
    nothing.hidden = true;
    table.after(nothing);
    const rows = [...table.tBodies[0].rows].map((row) => ({ row, text: row.textContent.toLowerCase() }));
    return { id: table.id, noun: table.dataset.search, nothing, rows };
  });

  // Narrow screens show rows as cards; the roles keep them a table for screen readers.
  const roles = { TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TR: "row", TD: "cell" };
  for (const part of document.querySelectorAll("table, thead, tbody, tr, td")) {
    part.setAttribute("role", roles[part.tagName]);
  }
  for (const head of document.querySelectorAll("th")) {
    head.setAttribute("role", head.scope === "col" ? "columnheader" : "rowheader");
  }

  const has = (row, column, word) => [...row.cells[column].querySelectorAll("b")].some((b) => b.textContent === word);

  function update() {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = selects.filter((select) => select.value);
    const counts = tables.map((table) => {
      const narrowed = chosen.filter((select) => select.dataset.table === table.id);
      let count = 0;
      for (const { row, text } of table.rows) {
        const shown =
          words.every((word) => text.includes(word)) &&
          narrowed.every((select) => has(row, Number(select.dataset.column), select.value));
        row.hidden = !shown;
        count += shown ? 1 : 0;
      }
      table.nothing.hidden = count > 0;
      return `${count} of ${table.rows.length} ${table.noun}`;
    });
    found.textContent = words.length || chosen.length ? counts.join(", ") : "";
  }

  let waiting = 0;
  function updateSoon() {
    clearTimeout(waiting);
    waiting = setTimeout(update, 120);
  }

  find.addEventListener("input", updateSoon);
  selects.forEach((select) => select.addEventListener("change", update));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", updateSoon);
  addEventListener("beforeprint", update);
  document.querySelectorAll(".tools, .filters").forEach((part) => (part.hidden = false));
  update();
})();
