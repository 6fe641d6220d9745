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
let user = 0;

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
  byId("measures-note").textContent = `All users: the mean over the ${plural(DATA.users.length, "user")} of this page; of ranks the median.`;
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
