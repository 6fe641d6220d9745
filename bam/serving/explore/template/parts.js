// The parts of the page about one user; each is made anew for the next.
function side(model, ...children) {
  const names = [h("b", {}, model.name), ` · ${plural(model.interests, "interest")}`];
  return h("div", { class: "side" }, TWO && h("p", { class: "model" }, names), children);
}

function genres(item) {
  return HAS_CATEGORIES && h("small", {}, categoriesOf(item).join(", "));
}

// "1 of 2 held-out items" where a user has several.
function targetPart(user) {
  const total = DATA.target.total[user];
  const found = DATA.models.map((model) => targetsOf(model, user));
  if (!found[0].length) return [h("p", { class: "note" }, "No item of this user is held out.")];
  const rows = found[0].map(({ item }, place) => h("li", {},
    star(), h("span", { class: "title" }, titleOf(item), " ", genres(item)),
    DATA.models.map((model, at) => h("span", { class: "rank" },
      TWO && h("small", {}, model.name), h("b", {}, rankText(found[at][place].rank)), ` of ${count(DATA.catalogue)}`,
      mark(found[at][place].winner)))));
  return [h("p", { class: "label" }, total > 1 ? `Held out: ${count(total)} items${total > rows.length ? `, the first ${rows.length} of them` : ""}` : "Held out"),
    h("ul", { class: "targets" }, rows)];
}

// The interests by their names: each is a button that shows it alone.
function legend(model, user, only, choose) {
  const weights = weightsOf(model, user);
  return h("ul", { class: "legend" }, weights.map((weight, k) => {
    const bar = h("span", { class: "bar" }, h("i", {}));
    bar.firstChild.style.width = `${100 * weight}%`;
    return h("li", { class: colour(k) }, h("button", {
      type: "button", "aria-pressed": String(only === k), class: only !== null && only !== k ? "dim" : null,
      onclick: () => choose(only === k ? null : k),
    }, mark(k), h("span", { class: "name" }, interestName(k, namesOf(topOf(model, user, k)))),
    h("span", { class: "weight" }, percent(weight)), bar,
    h("small", {}, topOf(model, user, k).slice(0, TWO ? 2 : 3).map(titleOf).join(", "))));
  }));
}

function mapTable(model, user) {
  const place = (places, at) => [...row(places, model.axes, at)].map(decimal);
  const points = (items, kind) => [...items].map((item) => [titleOf(item), kind, ...place(model.item_place, item)]);
  const head = ["Point", "What it is", ...range(model.axes).map((axis) => `Axis ${axis + 1}`)];
  return table("The map as a table", head, () => [
    ...range(model.interests).map((k) => [`Interest ${k + 1}`, "interest", ...place(model.place, user * model.interests + k)]),
    ...points(targetsOf(model, user).map(({ item }) => item), "held out"),
    ...range(model.interests).flatMap((k) => points(topOf(model, user, k), `list of interest ${k + 1}`)),
    ...points(historyOf(user), "history"),
  ]);
}

function historyTable(model, user) {
  const head = [...(DATA.history.day ? ["Date"] : []), "Item", ...(HAS_CATEGORIES ? ["Categories"] : []), ...range(model.interests).map((k) => `Interest ${k + 1}`)];
  return table("The history as a table", head, () => {
    const feeds = feedsOf(model, user);
    return [...historyOf(user)].map((item, place) => [...(DATA.history.day ? [dateOf(user, place)] : []), titleOf(item),
      ...(HAS_CATEGORIES ? [categoriesOf(item).join(", ")] : []),
      ...feeds.map((lane) => (lane[place] === null ? "not read" : percent(lane[place])))]);
  });
}

// A table whose rows are made when it is first opened.
function table(title, head, makeRows) {
  const details = h("details", { class: "table" }, h("summary", {}, title));
  details.addEventListener("toggle", () => {
    if (details.childElementCount > 1) return;
    details.append(h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, h("table", {},
      h("thead", {}, h("tr", {}, head.map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, makeRows().map(([first, ...rest]) => h("tr", {}, h("th", { scope: "row" }, first), rest.map((text) => h("td", {}, text))))))));
  });
  return details;
}

function card(model, user, k, lists, only) {
  const feeds = feedsOf(model, user)[k], history = historyOf(user);
  const fed = range(history.length).filter((place) => feeds[place] > 0.005).sort((a, b) => feeds[b] - feeds[a]).slice(0, 3);
  const held = new Set(targetsOf(model, user).map((target) => target.item));
  const others = (item) => range(model.interests).filter((other) => other !== k && lists[other].includes(item));
  const at = user * model.interests + k;
  const measures = HAS_CATEGORIES ? [`purity ${percent(model.purity[at])}`, `coverage ${percent(model.coverage[at])}`] : [];
  const name = interestName(k, namesOf(lists[k]));
  return h("article", { class: `card ${colour(k)} ${only !== null && only !== k ? "dim" : ""}`, "aria-label": `Interest ${k + 1}: ${name}` },
    h("h4", {}, mark(k), h("span", {}, name)),
    h("p", { class: "note" }, [`weight ${percent(weightsOf(model, user)[k])}`, ...measures].join(" · ")),
    fed.length > 0 && h("p", { class: "fed" }, h("small", {}, "Fed most by "), fed.map((place, one) => [one ? ", " : "", h("i", {}, titleOf(history[place]))]).flat()),
    lists[k].length ? h("ol", {}, lists[k].map((item) => h("li", {},
      h("span", { class: "title" }, titleOf(item), held.has(item) && star(), held.has(item) && h("span", { class: "hidden" }, " (held out)"), " ", genres(item)),
      others(item).length > 0 && h("span", { class: "also", title: "also in the lists of these interests" }, h("span", { class: "hidden" }, "also in "), others(item).map(mark), h("span", { class: "hidden" }, others(item).map((other) => other + 1).join(", "))))))
      : h("p", { class: "note" }, "This interest has no list: another one that is nearly the same has it."));
}

function mergedCard(model, user) {
  const brought = row(model.brought, model.merged_width, user);
  const held = new Set(targetsOf(model, user).map((target) => target.item));
  return h("article", { class: "card merged", "aria-label": "The list that the user gets" },
    h("h4", {}, h("span", {}, "The list that the user gets")),
    h("p", { class: "note" }, HAS_CATEGORIES ? `purity ${percent(model.merged_purity[user])} · coverage ${percent(model.merged_coverage[user])}` : "Each item with the interest that brings it."),
    h("ol", {}, mergedOf(model, user).map((item, place) => h("li", {},
      h("span", { class: "title" }, titleOf(item), held.has(item) && star(), held.has(item) && h("span", { class: "hidden" }, " (held out)"), " ", genres(item)),
      h("span", { class: "also" }, h("span", { class: "hidden" }, `from interest ${brought[place] + 1}`), mark(brought[place]))))));
}

function listsPart(model, user, only) {
  const lists = range(model.interests).map((k) => topOf(model, user, k));
  return h("div", { class: "cards" }, lists.map((_, k) => card(model, user, k, lists, only)), mergedCard(model, user));
}

// Which share of the history, and of each list, has each category: darker is more.
function categoryPart(model, user) {
  const history = sharesOf(historyOf(user)), lists = range(model.interests).map((k) => sharesOf(topOf(model, user, k)));
  const most = (at) => history[at] + Math.max(...lists.map((shares) => shares[at]));
  const shown = range(ITEMS.categories.length).filter((at) => most(at) > 0).sort((a, b) => most(b) - most(a)).slice(0, 12);
  const cell = (share, kind) => {
    const node = h("td", { class: kind }, h("span", {}, percent(share)));
    node.style.setProperty("--share", `${Math.round(100 * share)}%`);
    return node;
  };
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Categories, ${model.name}` }, h("table", { class: "heat" },
    h("thead", {}, h("tr", {}, ["Category", "All items", "History"].map((text) => h("th", { scope: "col" }, text)),
      lists.map((_, k) => h("th", { scope: "col" }, mark(k), h("span", { class: "hidden" }, `Interest ${k + 1}`))))),
    h("tbody", {}, shown.map((at) => h("tr", {}, h("th", { scope: "row" }, ITEMS.categories[at]),
      cell(ITEMS.share[at], "plain"), cell(history[at], "plain"), lists.map((shares, k) => cell(shares[at], colour(k))))))));
}

const mean = (values) => {
  const known = [...values].filter((value) => !Number.isNaN(value));
  return known.length ? sum(known) / known.length : NaN;
};

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

// What is measured of each model: a name, a text of one user, and a text of all users.
function measures() {
  const users = range(DATA.users.length);
  const rank = (model) => users.map((user) => bestRank(model, user)).filter(Number.isFinite);
  const of = (array, width, text) => [(model, user) => text(mean(row(array(model), width(model), user))), (model) => text(mean(array(model)))];
  const one = () => 1, each = (model) => model.interests;
  return [
    ["Rank of the held-out item", (model, user) => rankText(bestRank(model, user)).replace("rank ", ""), (model) => (rank(model).length ? `median ${count(median(rank(model)))}` : "–")],
    [`Held-out item among the first ${DATA.length}`, (model, user) => (bestRank(model, user) <= DATA.length ? "yes" : "no"), (model) => percent(mean(users.map((user) => Number(bestRank(model, user) <= DATA.length))))],
    ...(HAS_CATEGORIES ? [
      ["Purity of an interest", ...of((model) => model.purity, each, percent)],
      ["Purity of the list that the user gets", ...of((model) => model.merged_purity, one, percent)],
      ["Coverage of one interest", ...of((model) => model.coverage, each, percent)],
      ["Coverage of all interests", ...of((model) => model.joint_coverage, one, percent)],
    ] : []),
    ["Different items in the lists", ...of((model) => model.distinct, one, percent)],
    ["Cosine of the interests", ...of((model) => model.cosine, one, decimal)],
  ];
}

const MEASURES = measures().map(([name, ofUser, ofAll]) => [name, ofUser, DATA.models.map(ofAll)]);

function measuresPart(user) {
  const head = DATA.models.map((model) => h("th", { scope: "colgroup", colspan: "2" }, model.name));
  const under = DATA.models.map(() => ["This user", "All users"].map((text) => h("th", { scope: "col" }, text))).flat();
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Measures" }, h("table", { class: "measures" },
    h("thead", {}, TWO && h("tr", {}, h("td", {}), head), h("tr", {}, h("th", { scope: "col" }, "Measure"), under)),
    h("tbody", {}, MEASURES.map(([name, ofUser, ofAll]) => h("tr", {}, h("th", { scope: "row" }, name),
      DATA.models.map((model, at) => [h("td", { class: "own" }, ofUser(model, user)), h("td", {}, ofAll[at])]).flat())))));
}
