// The list of users: how it is searched and ordered. `shown` are those in it, in this order.
let shown = range(DATA.users.length);

// By which numbers users are ordered, smallest first.
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
