"use strict";

// A cell of words has no value beside its text.
function valueOf(cell) {
  return cell.dataset.value ?? cell.textContent;
}

// A column sorts by its cells' values: numbers by size, words by letters, empty cells last.
function compare(a, b) {
  if (a === "" || b === "") return (a === "") - (b === "");
  const numbers = [Number(a), Number(b)];
  return numbers.some(Number.isNaN) ? a.localeCompare(b) : numbers[0] - numbers[1];
}

function sort(table, column, descending) {
  const value = (row) => valueOf(row.cells[column]);
  const rows = [...table.tBodies[0].rows];
  rows.sort((a, b) => {
    const order = compare(value(a), value(b));
    return descending && value(a) !== "" && value(b) !== "" ? -order : order;
  });
  table.tBodies[0].append(...rows);
}

// Without upper case, and without the commas of 24,000.
function plain(text) {
  return text.trim().toLowerCase().replace(/(?<=\d),(?=\d{3})/g, "");
}

// The text of a cell without the smaller one beside it.
function shown(cell) {
  return (cell.querySelector("b") ?? cell.firstChild ?? cell).textContent;
}

// "> .1", "<= 3" compare with the cell's value, "= .1184" also with what it shows; anything else
// must be part of its text, or of the name that a row has.
function matches(cell, wanted) {
  const condition = plain(wanted).match(/^([<>]=?|=)\s*(.+)$/);
  const text = cell.tagName === "TH" ? valueOf(cell) : cell.textContent;
  if (!condition) return text.toLowerCase().includes(wanted.trim().toLowerCase());
  const [value, limit] = [valueOf(cell), condition[2]];
  if (condition[1] === "=") {
    return [value, shown(cell)].map(plain).some((one) => one === limit
      || (one !== "" && Number(one) === Number(limit)));
  }
  if (value === "" || Number.isNaN(Number(value))) return false;
  const order = Number(value) - Number(limit);
  return (condition[1][0] === "<" ? order < 0 : order > 0) || (condition[1].length === 2 && order === 0);
}

function activate(part) {
  const table = part.querySelector("table");
  const heads = [...table.tHead.rows[0].cells];
  const all = part.querySelector(".filter");
  const each = [...table.querySelectorAll(".filters input")].map((input, column) => [input, column]);
  const choices = [...part.querySelectorAll(".tools select")];
  each.push(...choices.map((choice) => [choice, Number(choice.dataset.column)]));
  const filter = () => {
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      const cells = [...row.cells];
      const words = all.value.toLowerCase().split(/\s+/).filter(Boolean);
      const text = cells.map((cell) => cell.textContent.toLowerCase()).join(" ");
      row.hidden = !(words.every((word) => text.includes(word))
        && each.every(([input, column]) => !input.value.trim() || matches(cells[column], input.value)));
      shown += !row.hidden;
    }
    part.querySelector(".count").textContent = `${shown} of ${table.tBodies[0].rows.length} rows`;
  };
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const descending = head.ariaSort ? head.ariaSort === "ascending" : head.classList.contains("number");
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.ariaSort = descending ? "descending" : "ascending";
    sort(table, column, descending);
  }));
  [all, ...each.map(([input]) => input)].forEach((input) => input.addEventListener("input", filter));
  filter();
}

document.querySelectorAll(".part:has(table)").forEach(activate);
