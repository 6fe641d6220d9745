"use strict";

const SHOWN = 10;  // items of a list
const FOUND = 8;   // suggestions while somebody types
const COLOURS = 6; // of page.css

const part = (id) => document.getElementById(id);
const chosen = []; // the items of the history, oldest first

/* An element with text or other elements in it; text is never read as HTML. */
function make(tag, content, attributes = {}) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...[content].flat());
  return made;
}

function button(text, label, act) {
  const made = make("button", text, { type: "button", "aria-label": label });
  made.addEventListener("click", act);
  return made;
}

const titled = (item) => item.title || item.item;
const colour = (interest) => `of-${interest % COLOURS}`;
const number = (interest) => make("span", String(interest), { class: `number ${colour(interest)}` });

async function call(address, query) {
  const options = query === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(query),
  };
  const response = await fetch(address, options);
  const content = await response.json();
  if (!response.ok) throw new Error(content.error);
  return content;
}

/* Do it, or show why it cannot be done. */
async function attempt(act) {
  try {
    part("status").textContent = "";
    await act();
  } catch (error) {
    part("status").textContent = error.message;
  }
}

function showHistory() {
  const rows = chosen.map((item, place) => make("li", [
    make("span", titled(item)),
    button("×", `Remove ${titled(item)}`, () => { chosen.splice(place, 1); showHistory(); }),
  ]));
  part("history").replaceChildren(...rows);
}

function addToHistory(item) {
  chosen.push(item);
  part("search").value = "";
  part("suggestions").replaceChildren();
  part("search").focus();
  showHistory();
}

async function suggest() {
  const text = part("search").value.trim();
  const query = new URLSearchParams({ search: text, n: FOUND });
  const found = text ? (await call(`/items?${query}`)).items : [];
  if (text !== part("search").value.trim()) return;  // somebody has typed on
  const rows = found.map((item) => make("li", button(
    `${titled(item)}${item.genres ? ` · ${item.genres.replaceAll("|", ", ")}` : ""}`,
    `Add ${titled(item)}`, () => addToHistory(item))));
  part("suggestions").replaceChildren(...rows);
}

async function suggestUsers() {
  const text = part("user").value;
  const query = new URLSearchParams({ search: text, n: FOUND });
  const found = (await call(`/users?${query}`)).users;
  if (text !== part("user").value) return;  // somebody has typed on
  part("users").replaceChildren(...found.map((user) => make("option", [], { value: user })));
}

function showList(title, items) {
  part("list-title").textContent = title;
  part("list").replaceChildren(...items.map((item) => make("tr", [
    make("td", titled(item)),
    make("td", item.score === null ? "" : item.score.toFixed(3)),
    make("td", !item.interest ? "" : item.predictor === "model" ? number(item.interest) : item.predictor),
    make("td", button("similar", `Items similar to ${titled(item)}`, () => attempt(() => showSimilar(item)))),
  ])));
}

function showInterest(one) {
  const fed = one.history.map((item) => make("li", [
    make("span", titled(item)),
    make("meter", `${Math.round(100 * item.share)} %`, { value: item.share, "aria-label": "share" }),
  ]));
  const by = (item) => (item.predictor === "model" ? "" : ` (by ${item.predictor})`);
  const brought = one.items.map((item) => make("li", `${titled(item)}${by(item)}`));
  return make("section", [
    make("h3", [number(one.interest), ` weight ${Math.round(100 * one.weight)} %`]),
    make("h4", "comes from"), make("ul", fed),
    make("h4", "brings first"), make("ul", brought),
  ], { class: `interest ${colour(one.interest)}` });
}

let asked = 0; // lists; an answer that comes after a later question is not shown

async function recommend(query) {
  const mine = ++asked;
  const [lists, interests] = await Promise.all([
    call("/recommend", { ...query, n: SHOWN }),
    call("/interests", { ...query, n: 5 }),
  ]);
  if (mine !== asked) return;
  const [list] = lists.answers, [found] = interests.answers;
  showList(query.users ? `Recommended to ${query.users[0]}` : "Recommended", list.items);
  part("interests").replaceChildren(...found.interests.map(showInterest));
  part("status").textContent = list.notes.join(". ");
  document.querySelector("main").hidden = false;
}

async function showSimilar(item) {
  const mine = ++asked;
  const query = new URLSearchParams({ item: item.item, n: SHOWN });
  const found = await call(`/similar?${query}`);
  if (mine !== asked) return;
  showList(`Similar to ${titled(item)} (cosine)`, found.similar.map((one) => ({ ...one, score: one.cosine })));
}

async function introduce() {
  const health = await call("/health");
  const choices = Object.entries(health.choices).map(([name, value]) => `${name} ${value}`);
  part("about").textContent = `${health.data}: ${health.items.toLocaleString()} items · ${choices.join(" · ")}`;
  part("known").hidden = !health.users;
}

part("own").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(() => recommend({ histories: [chosen.map((item) => item.item)] }));
});
part("own").addEventListener("reset", () => { chosen.length = 0; part("suggestions").replaceChildren(); showHistory(); });
part("known").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(() => recommend({ users: [part("user").value.trim()] }));
});
part("search").addEventListener("input", () => attempt(suggest));
part("search").addEventListener("keydown", (event) => {
  const first = part("suggestions").querySelector("button");
  if (event.key === "Enter" && first) { event.preventDefault(); first.click(); }
});
part("user").addEventListener("input", () => attempt(suggestUsers));
attempt(introduce);
