// The tables of the page: what is drawn as numbers, categories, and measures.
function mapTable(model, user) {
  const place = (places, at) => [...row(places, model.axes, at)].map(decimal);
  const points = (items, kind) => [...items].map((item) => [titleOf(item), kind, ...place(model.item_place, item)]);
  const head = ["Point", "What it is", ...range(model.axes).map((axis) => `Axis ${axis + 1}`)];
  return table("The map as a table", head, () => [
    ...range(model.interests).map((k) => [`Interest ${k + 1}`, "interest", ...place(model.place, user * model.interests + k)]),
    ...points(shownTargets(model, user).map(({ item }) => item), "held out"),
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

// Which share of the history, and of each list, has each category: darker is more.
function categoryPart(model, user) {
  const history = sharesOf(historyOf(user)), lists = range(model.interests).map((k) => sharesOf(topOf(model, user, k)));
  const most = (at) => history[at] + largest(lists.map((shares) => shares[at]));
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
  const sorted = [...values].sort((a, b) => a - b), middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}

// What is measured of each model: a name, a text of one user, and a text of all users.
function measures() {
  const users = range(DATA.users.length);
  const rank = (model) => users.map((user) => bestRank(model, user)).filter(Number.isFinite);
  const of = (array, width, text) => [(model, user) => text(mean(row(array(model), width(model), user))), (model) => text(mean(array(model)))];
  const one = () => 1, each = (model) => model.interests;
  return [
    [DATA.target.width > 1 ? "Best rank of the held-out items" : "Rank of the held-out item", (model, user) => rankText(bestRank(model, user)).replace("rank ", ""), (model) => (rank(model).length ? `median ${count(median(rank(model)))}` : "–")],
    [`A held-out item is among the first ${DATA.length}`, (model, user) => (bestRank(model, user) <= DATA.length ? "yes" : "no"), (model) => percent(mean(users.map((user) => Number(bestRank(model, user) <= DATA.length))))],
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
