// The page: which user is shown, and how another is chosen.
const ROOT = document.documentElement;
const options = { pair: PAIRS[0], close: false, category: "", only: DATA.models.map(() => null) };
const maps = DATA.models.map((model, at) => model.axes > 1 && createMap(model, {
  get pair() { return options.pair; },
  get close() { return options.close; },
  get category() { return options.category; },
  get only() { return options.only[at]; },
}));
const legends = DATA.models.map(() => h("div", { class: "legends" }));
let user = 0, shown = range(DATA.users.length);

function show(next) {
  user = next;
  options.only.fill(null);
  const length = DATA.history.total[user], days = DATA.history.day && [dateOf(user, 0), dateOf(user, historyOf(user).length - 1)];
  const read = historyOf(user).length;
  byId("who").textContent = `User ${DATA.users[user]}`;
  byId("facts").textContent = [`${plural(length, "item")} in the history`, read < length && `the last ${read} are shown`,
    days && (days[0] === days[1] ? days[0] : `${days[0]} to ${days[1]}`)].filter(Boolean).join(" · ");
  byId("target").replaceChildren(...targetPart(user));
  if (HAS_CATEGORIES) byId("categories").replaceChildren(...DATA.models.map((model) => side(model, categoryPart(model, user))));
  byId("measures").replaceChildren(measuresPart(user));
  showInterests();
  maps.forEach((map) => map && map.show(user));
  byId("users").querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
  const option = byId(`user-${user}`);
  option.setAttribute("aria-selected", "true");
  byId("users").setAttribute("aria-activedescendant", option.id);
  const list = byId("users");
  if (option.offsetTop < list.scrollTop || option.offsetTop + option.offsetHeight > list.scrollTop + list.clientHeight)
    list.scrollTop = option.offsetTop - list.clientHeight / 2;
  history.replaceState(null, "", `#user=${encodeURIComponent(DATA.users[user])}`);
}

// The parts in which one interest may be shown alone.
function showInterests() {
  const part = (id, make) => byId(id).replaceChildren(...DATA.models.map((model, at) => side(model, ...make(model, options.only[at], at))));
  DATA.models.forEach((model, at) => legends[at].replaceChildren(legend(model, user, options.only[at], (k) => choose(at, k)), mapTable(model, user)));
  part("history", (model, only) => [lanes(model, user, only), historyTable(model, user)]);
  part("lists", (model, only) => [listsPart(model, user, only)]);
}

function choose(at, k) {
  options.only[at] = k;
  showInterests();
  if (maps[at]) maps[at].show(user);
  legends[at].querySelectorAll(".legend button")[k ?? 0].focus({ preventScroll: true });
}

// Users by what stands in the choice of orders.
const ORDERS = {
  "as in the data": () => 0,
  "held-out rank, best first": (one) => bestRank(DATA.models[0], one),
  ...(TWO ? {
    "rank better on the left": (one) => Math.log(bestRank(DATA.models[0], one)) - Math.log(bestRank(DATA.models[1], one)),
    "rank better on the right": (one) => Math.log(bestRank(DATA.models[1], one)) - Math.log(bestRank(DATA.models[0], one)),
  } : {}),
  "most different lists first": (one) => -DATA.models[0].distinct[one],
  ...(HAS_CATEGORIES ? { "purest interests first": (one) => -(mean(row(DATA.models[0].purity, DATA.models[0].interests, one)) || 0) } : {}),
  "longest history first": (one) => -DATA.history.total[one],
};

const TITLES = range(NO_ITEM).map((item) => titleOf(item).toLowerCase());

function search() {
  const wanted = byId("search").value.trim().toLowerCase();
  const hits = new Set(wanted.length > 1 ? range(NO_ITEM).filter((item) => TITLES[item].includes(wanted)) : []);
  const matches = (one) => !wanted || DATA.users[one].toLowerCase().startsWith(wanted) || historyOf(one).some((item) => hits.has(item));
  const key = ORDERS[byId("order").value], keys = range(DATA.users.length).map(key);
  const exact = (one) => DATA.users[one].toLowerCase() === wanted;
  shown = range(DATA.users.length).filter(matches).sort((a, b) => exact(b) - exact(a) || keys[a] - keys[b] || a - b);
  byId("users").replaceChildren(...shown.map((one) => ROWS[one]));
  byId("count").textContent = wanted ? `${count(shown.length)} of ${plural(DATA.users.length, "user")}` : plural(DATA.users.length, "user");
}

function userRow(one) {
  const bar = (model) => {
    const node = h("span", { class: "weights" });
    let [from, parts] = [0, []];
    weightsOf(model, one).forEach((weight, k) => {
      parts.push(`var(--c${k % COLOURS}) ${100 * from}% ${100 * (from + weight)}%`);
      from += weight;
    });
    node.style.background = `linear-gradient(90deg, ${parts.join(",")})`;
    return node;
  };
  const ranks = DATA.models.map((model) => bestRank(model, one));
  return h("li", { role: "option", id: `user-${one}`, "aria-selected": "false", onclick: () => show(one),
    "aria-label": `user ${DATA.users[one]}, ${plural(DATA.history.total[one], "item")}, ${ranks.map(rankText).join(" and ")}` },
  h("span", { class: "id" }, DATA.users[one]), h("span", { class: "bars" }, DATA.models.map(bar)),
  h("span", { class: "best" }, ranks.map((rank) => (Number.isFinite(rank) ? count(rank) : "–")).join(" | ")));
}

const ROWS = range(DATA.users.length).map(userRow);

function step(by) {
  if (!shown.length) return;
  const at = shown.indexOf(user);
  show(shown[at < 0 ? 0 : (at + by + shown.length) % shown.length]);
}

function readAddress() {
  const found = /^#user=(.*)$/.exec(location.hash);
  if (!found) return -1;
  try { return DATA.users.indexOf(decodeURIComponent(found[1])); } catch { return -1; }
}

function setTheme(dark) {
  ROOT.style.colorScheme = dark ? "dark" : "light";
  byId("theme").textContent = dark ? "Light" : "Dark";
  maps.forEach((map) => map && map.renew());
}

const systemDark = window.matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (ROOT.style.colorScheme ? ROOT.style.colorScheme === "dark" : systemDark.matches);

function mapTools() {
  const axes = DATA.models[0].axes;
  const pairs = PAIRS.filter((pair) => Math.max(...pair) < Math.min(...DATA.models.map((model) => model.axes)));
  const pick = (label, entries, choice) => h("label", {}, label, h("select", { onchange: (event) => { choice(event.target.value); maps.forEach((map) => map && map.renew()); } },
    entries.map(([value, text]) => h("option", { value }, text))));
  return axes > 1 ? [
    pairs.length > 1 && pick("Axes ", pairs.map((pair, at) => [at, pair.map((axis) => axis + 1).join(" and ")]), (at) => { options.pair = pairs[at]; }),
    pick("Show ", [["", "the whole catalogue"], ["close", "this user closely"]], (value) => { options.close = Boolean(value); }),
    HAS_CATEGORIES && pick("Category ", [["", "none"], ...ITEMS.categories.map((name) => [name, name])], (name) => { options.category = name; }),
    h("span", { class: "key" }, s("svg", { class: "mark", viewBox: "-1.5 -1.5 3 3" }, s("path", { d: CIRCLE })), "interest"),
    h("span", { class: "key" }, s("svg", { class: "mark small", viewBox: "-1.5 -1.5 3 3" }, s("path", { d: CIRCLE })), "history"),
    h("span", { class: "key" }, s("svg", { class: "mark small open", viewBox: "-1.5 -1.5 3 3" }, s("path", { d: CIRCLE })), "its list"),
    h("span", { class: "key" }, star(), "held out"),
  ].filter(Boolean) : [];
}

function notes() {
  byId("map-note").textContent = "Each dot is an item; popular items are larger. Coloured are the items of this user, in the colour and shape of the interest that they feed most or that brings them. Choose an interest to see it alone.";
  byId("history-note").textContent = `Oldest to the left. The larger a dot, the more of the item goes into the interest of its lane; an item is full in the interest that it feeds most.${DATA.history.day ? "" : " These data have no times: only the order is known."}`;
  byId("lists-note").textContent = `The ${DATA.length} best items of each interest among those that the user has not met.${ITEMS.title ? "" : " These data have no titles: items have their ids."} Small marks: the other interests that bring the same item.`;
  byId("categories-note").textContent = HAS_CATEGORIES ? "The part of the items that has each category: of all items, of the history, and of the list of each interest. An item may have several." : "These data have no categories: purity and coverage are left out.";
  byId("measures-note").textContent = `All users: the mean over the ${plural(DATA.users.length, "user")} of this page, if nothing else is said.`;
}

function lead() {
  const models = DATA.models.map((model) => `${model.name}, which reads the last ${plural(model.reads, "item")} and makes ${plural(model.interests, "interest")} of ${plural(model.dim, "number")}`);
  return `${DATA.data}: ${plural(DATA.users.length, "user")}, ${plural(DATA.catalogue, "item")}${NO_ITEM < DATA.catalogue ? `, of which ${count(NO_ITEM)} are on the page` : ""}. ${TWO ? "Two models side by side, for the same users" : "The model"}: ${models.join("; ")}.`;
}

function begin() {
  document.body.classList.toggle("two", TWO);
  byId("lead").textContent = lead();
  byId("order").append(...Object.keys(ORDERS).map((name) => h("option", {}, name)));
  byId("map-tools").replaceChildren(...mapTools());
  byId("map").replaceChildren(...DATA.models.map((model, at) => side(model, h("div", { class: "mapped" }, maps[at] ? maps[at].node : h("p", { class: "note" }, "The item vectors of this model have one number each: there is no map."), legends[at]))));
  notes();
  byId("theme").textContent = isDark() ? "Light" : "Dark";
  byId("theme").addEventListener("click", () => setTheme(!isDark()));
  systemDark.addEventListener("change", () => setTheme(systemDark.matches));
  byId("search").addEventListener("input", search);
  byId("search").addEventListener("keydown", (event) => { if (event.key === "Enter" && shown.length) show(shown[0]); });
  byId("order").addEventListener("change", search);
  byId("previous").addEventListener("click", () => step(-1));
  byId("next").addEventListener("click", () => step(1));
  window.addEventListener("hashchange", () => { const found = readAddress(); if (found >= 0 && found !== user) show(found); });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, .scroll");
    if (typing || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    const inList = event.target.id === "users";
    const by = { ArrowRight: 1, ArrowLeft: -1, ...(inList ? { ArrowDown: 1, ArrowUp: -1 } : {}) }[event.key];
    if (by) { event.preventDefault(); step(by); }
  });
  search();
  show(Math.max(0, readAddress()));
}

begin();
