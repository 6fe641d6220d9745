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
  const found = DATA.models.map((model) => shownTargets(model, user));
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
      h("span", { class: "also" }, h("span", { class: "hidden" }, `from ${predictorName(model, brought[place])}`), mark(brought[place]))))));
}

// The memory of a model is another kind of predictor: one more interest of the user.
const predictorName = (model, k) => (k < model.interests ? `interest ${k + 1}` : model.memory);

function memoryCard(model, user) {
  const items = [...row(model.remembered, model.remembered_width, user)].filter(isItem);
  const held = new Set(targetsOf(model, user).map((target) => target.item));
  const k = model.interests;
  return h("article", { class: `card ${colour(k)}`, "aria-label": `Memory: ${model.memory}` },
    h("h4", {}, mark(k), h("span", {}, model.memory)),
    h("p", { class: "note" }, "A memory: what the histories of all users say of this one. In the list of the user it has brought what the interests alone would not list."),
    items.length ? h("ol", {}, items.map((item) => h("li", {},
      h("span", { class: "title" }, titleOf(item), held.has(item) && star(), held.has(item) && h("span", { class: "hidden" }, " (held out)"), " ", genres(item)))))
      : h("p", { class: "note" }, "It knows no item that goes with this history."));
}

function listsPart(model, user, only) {
  const lists = range(model.interests).map((k) => topOf(model, user, k));
  return h("div", { class: "cards" }, lists.map((_, k) => card(model, user, k, lists, only)), model.memory && memoryCard(model, user), mergedCard(model, user));
}
