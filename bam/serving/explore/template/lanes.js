// The history as a score: a lane for each interest, a dot for each item, whose area is its share.
const LANE = 30, LEFT = 34, RIGHT = 46, LEAST = 3.5;

function lanes(model, user, only) {
  const history = historyOf(user), feeds = feedsOf(model, user), fed = mostFed(feeds);
  const region = h("div", { class: "lanes", tabindex: "0", role: "img" });
  const most = largest(feeds.flat());
  const fedText = range(model.interests).map((k) => `interest ${k + 1} by ${fed.filter((one) => one === k).length}`);
  region.setAttribute("aria-label", `${plural(history.length, "item")} of the history, oldest first; most fed: ${fedText.join(", ")}. Arrow keys go from item to item; the table below has the same.`);

  function draw() {
    const room = region.clientWidth - LEFT - RIGHT;
    const step = Math.max(LEAST, room / history.length);
    const width = LEFT + RIGHT + step * history.length;
    const x = (place) => LEFT + (place + 0.5) * step, y = (k) => (k + 0.5) * LANE + 2;
    const biggest = LANE / 2 - 1;
    const bottom = model.interests * LANE + 4;
    const radius = (share) => Math.max(1, biggest * Math.sqrt(share / most));
    const tops = targetsOf(model, user).slice(0, 1);
    const svg = s("svg", { width, height: bottom + (DATA.history.day ? 22 : 4), "aria-hidden": "true" },
      range(model.interests).map((k) => s("g", { class: `${colour(k)} ${only !== null && only !== k ? "dim" : ""}` },
        s("line", { class: "lane", x1: LEFT, x2: width - RIGHT + 12, y1: y(k), y2: y(k) }),
        [false, true].map((full) => feeds[k].map((share, place) => share !== null && (fed[place] === k) === full
          && s("circle", { class: full ? "most" : "less", cx: x(place), cy: y(k), r: radius(share).toFixed(2) }))).flat(),
        s("g", { transform: `translate(${LEFT / 2 - 3},${y(k)}) scale(9)` },
          body(k)))),
      tops.map((target) => s("g", {},
        s("line", { class: "end", x1: width - RIGHT + 12, x2: width - RIGHT + 12, y1: 2, y2: bottom - 2 }),
        s("path", { class: "held", d: STAR, transform: `translate(${width - RIGHT / 2 + 6},${y(target.winner)}) scale(10)` }))),
      ticks(user, x, width - RIGHT).map(([at, text]) => s("text", { class: "date", x: at, y: bottom + 14 }, text)),
      s("rect", { class: "cursor", x: 0, y: 2, width: step, height: bottom - 4, visibility: "hidden" }));
    region.replaceChildren(svg);
    region.scrollLeft = width;
    return { svg, x, step };
  }

  let drawn = null;
  new ResizeObserver(() => { if (region.clientWidth) drawn = draw(); }).observe(region);

  function reach(place) {
    if (!drawn) return;
    const cursor = drawn.svg.querySelector(".cursor");
    cursor.setAttribute("visibility", place === null ? "hidden" : "visible");
    if (place === null) { hideTip(); return; }
    cursor.setAttribute("x", drawn.x(place) - drawn.step / 2);
    const box = drawn.svg.getBoundingClientRect();
    showTip(placeText(model, user, place, feeds), box.left + drawn.x(place), box.bottom - 18);
  }
  onPointer(region, (event) => {
    const box = drawn.svg.getBoundingClientRect();
    const place = Math.floor((event.clientX - box.left - LEFT) / drawn.step);
    reach(place >= 0 && place < history.length ? place : null);
  }, () => reach(null));
  stepThrough(region, () => range(history.length).reverse(), reach);
  return region;
}

function placeText(model, user, place, feeds) {
  const item = historyOf(user)[place];
  const shares = feeds.map((lane, k) => [k, lane[place]]).filter(([, share]) => share !== null);
  const fed = shares.sort((a, b) => b[1] - a[1]).slice(0, 4).map(([k, share]) => `interest ${k + 1}: ${percent(share)}`);
  return [titleOf(item), ...itemText(item).slice(1), dateOf(user, place), fed.join(", ") || "not read by the model: too old"].filter(Boolean);
}

// Dates below the history where the day changes, as many as there is room for.
function ticks(user, x, end) {
  if (!DATA.history.day) return [];
  const found = [];
  let [last, free] = ["", 0];
  historyOf(user).forEach((_, place) => {
    const date = dateOf(user, place);
    if (date !== last && x(place) >= free && x(place) + 66 <= end + 30) {
      found.push([x(place) - 3, date]);
      free = x(place) + 84;
    }
    last = date;
  });
  return found;
}
