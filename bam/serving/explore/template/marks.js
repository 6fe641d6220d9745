// Colour, shape and number of each interest; texts of numbers; elements.
const COLOURS = 8;

function polygon(corners, turn, inner) {
  const points = range(inner ? 2 * corners : corners).map((place) => {
    const angle = turn + (2 * Math.PI * place) / (inner ? 2 * corners : corners);
    const radius = inner && place % 2 ? inner : 1;
    return `${(radius * Math.cos(angle)).toFixed(3)},${(radius * Math.sin(angle)).toFixed(3)}`;
  });
  return `M${points.join("L")}Z`;
}

const UP = -Math.PI / 2;
const CIRCLE = "M1,0A1,1 0 1 1 -1,0A1,1 0 1 1 1,0Z";
const SHAPES = [CIRCLE, polygon(4, Math.PI / 4), polygon(3, UP), polygon(4, 0),
  polygon(3, -UP), polygon(5, UP), polygon(6, 0), polygon(8, Math.PI / 8)];
const SIZES = [1, 1.18, 1.32, 1.25, 1.32, 1.15, 1.1, 1.08]; // so that all look equally large
const NUMBER_DOWN = [0, 0, 0.16, 0, -0.14, 0.03, 0, 0]; // to the middle of each shape
const STAR = polygon(5, UP, 0.45);

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// Children that are text stay text: a title is never read as HTML.
const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const s = (tag, attributes, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
const byId = (id) => document.getElementById(id);

const colour = (k) => `i${k % COLOURS}`;

const body = (k) => [
  s("path", { class: "body", d: SHAPES[k % COLOURS], transform: `scale(${SIZES[k % COLOURS]})` }),
  s("text", { class: "number", y: 0.05 + NUMBER_DOWN[k % COLOURS] }, String(k + 1)),
];

function mark(k) {
  return s("svg", { class: `mark ${colour(k)}`, viewBox: "-1.4 -1.4 2.8 2.8", "aria-hidden": "true" }, body(k));
}

function star() {
  return s("svg", { class: "mark star", viewBox: "-1.2 -1.2 2.4 2.4", "aria-hidden": "true" },
    s("path", { d: STAR }));
}

const percent = (share) => (Number.isNaN(share) ? "–" : `${Math.round(100 * share)} %`);
const decimal = (value) => (Number.isNaN(value) ? "–" : value.toFixed(2));
const count = (number) => number.toLocaleString("en");
const plural = (number, one) => `${count(number)} ${one}${number === 1 ? "" : "s"}`;
const rankText = (rank) => (Number.isFinite(rank) ? `rank ${count(rank)}` : "no rank");
const interestName = (k, names) => (names.length ? names.join(" · ") : `Interest ${k + 1}`);

function itemText(item) {
  return [titleOf(item), ...(HAS_CATEGORIES ? [categoriesOf(item).join(", ") || "no category"] : []),
    ITEMS.count[item] ? `${plural(ITEMS.count[item], "interaction")} in training` : "cold: no interaction has trained it"];
}

// The note beside the pointer, or beside what the keyboard has reached.
const TIP = byId("tip");
function showTip(lines, x, y) {
  TIP.replaceChildren(h("b", {}, lines[0]), ...lines.slice(1).map((line) => h("span", {}, line)));
  TIP.hidden = false;
  const { width, height } = TIP.getBoundingClientRect();
  TIP.style.left = `${Math.max(4, Math.min(x + 14, document.documentElement.clientWidth - width - 4))}px`;
  TIP.style.top = `${y + 18 + height > window.innerHeight ? Math.max(4, y - height - 12) : y + 18}px`;
}
const hideTip = () => { TIP.hidden = true; };

// What the pointer reaches; a finger that is lifted leaves the note where it is.
function onPointer(node, move, leave) {
  node.addEventListener("pointermove", move);
  node.addEventListener("pointerdown", move);
  node.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && leave());
}

// A list of places that arrow keys go through while `node` has the focus.
function stepThrough(node, places, show) {
  let at = -1;
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  node.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !places().length) return;
    if (event.key === "Escape") { at = -1; show(null); hideTip(); return; }
    if (!(event.key in step)) return;
    event.preventDefault();
    at = at < 0 ? 0 : (at + step[event.key] + places().length) % places().length;
    show(places()[at]);
  });
  node.addEventListener("blur", () => { at = -1; show(null); hideTip(); });
}
