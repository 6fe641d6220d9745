// The map of the catalogue: a canvas for each model. What does not change is drawn once.
const PAIRS = [[0, 1], [1, 2], [0, 2]];
const MARGIN = 26;
const LABELLED = 3; // items of each list whose titles are on the map

// Where a title may be: how far from its point, and on which side.
const SIDES = [[1, 0], [-1, 0], [0, -1], [0, 1], [1, -1], [-1, -1], [1, 1], [-1, 1]];
const SPOTS = [0, 24, 46].flatMap((far) => SIDES.map(([dx, dy]) => [far, dx, dy]));

const overlap = (one, other) => one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];
const shorten = (title) => (title.length > 28 ? `${title.slice(0, 27).trimEnd()}…` : title);

function createMap(model, options) {
  const canvas = h("canvas", { tabindex: "0", role: "img" });
  const frame = h("div", { class: "map" }, canvas), caption = h("p", { class: "note" });
  const still = document.createElement("canvas"); // the catalogue
  const pen = canvas.getContext("2d");
  let [user, width, height, points, near, drawn, scale] = [0, 0, 0, [], null, false, null];

  function paint(name) { // a colour of page.css, as the theme gives it
    frame.style.color = `var(--${name})`;
    return getComputedStyle(frame).color;
  }

  // The places that must be seen: of all items, or of those of the user and of the interests.
  function framed(axis) {
    const at = (places, place) => places[place * model.axes + axis];
    if (!options.close) return range(NO_ITEM).map((item) => at(model.item_place, item));
    const items = [...historyOf(user), ...targetsOf(model, user).map(({ item }) => item), ...range(model.interests).flatMap((k) => topOf(model, user, k))];
    return [...items.map((item) => at(model.item_place, item)), ...range(model.interests).map((k) => at(model.place, user * model.interests + k))];
  }

  function measure() {
    const [a, b] = options.pair;
    const ends = [a, b].map((axis) => {
      const places = framed(axis), low = Math.min(...places), high = Math.max(...places);
      return [low, high > low ? high : low + 1];
    });
    const fit = (value, [low, high], size) => MARGIN + ((value - low) / (high - low)) * (size - 2 * MARGIN);
    const inside = (value, size) => Math.max(14, Math.min(size - 14, value));
    return (places, at) => {
      const [x, y] = [fit(places[at * model.axes + a], ends[0], width), height - fit(places[at * model.axes + b], ends[1], height)];
      return places === model.place ? [inside(x, width), inside(y, height)] : [x, y];
    };
  }

  function drawCatalogue() {
    const ratio = window.devicePixelRatio || 1;
    for (const one of [canvas, still]) { one.width = width * ratio; one.height = height * ratio; }
    const brush = still.getContext("2d");
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
    scale = measure();
    const chosen = ITEMS.categories.indexOf(options.category);
    const has = (item) => chosen < 0 || categoryNumbers(item).includes(chosen);
    const most = Math.log1p(Math.max(...ITEMS.count));
    for (const shown of chosen < 0 ? [true] : [false, true]) {
      brush.fillStyle = paint(chosen >= 0 && shown ? "accent" : "ink");
      brush.globalAlpha = chosen < 0 ? 0.17 : shown ? 0.7 : 0.08;
      for (let item = NO_ITEM - 1; item >= 0; item--) {
        if (has(item) !== shown) continue;
        const [x, y] = scale(model.item_place, item);
        brush.beginPath();
        brush.arc(x, y, 1 + (1.8 * Math.log1p(ITEMS.count[item])) / (most || 1), 0, 7);
        brush.fill();
      }
    }
    caption.textContent = `To the right: ${axisText(model, options.pair[0])}. Up: ${axisText(model, options.pair[1])}.`;
    drawn = true;
  }

  function stamp(path, x, y, radius, fillStyle, edge, line) {
    pen.save();
    pen.translate(x, y);
    pen.scale(radius, radius);
    const shape = new Path2D(path);
    pen.lineWidth = line / radius;
    pen.lineJoin = "round";
    if (edge) { pen.strokeStyle = edge; pen.stroke(shape); }
    if (fillStyle) { pen.fillStyle = fillStyle; pen.fill(shape); }
    pen.restore();
  }

  // What is drawn of the user, in this order: points that lie above others come last.
  function collect(user) {
    const found = [], history = historyOf(user), fed = mostFed(feedsOf(model, user));
    const add = (kind, k, item, places, at, lines) => {
      const [x, y] = scale(places, at);
      found.push({ kind, k, item, x, y, lines });
    };
    range(model.interests).forEach((k) => topOf(model, user, k).forEach((item, place) =>
      add("top", k, item, model.item_place, item, [...itemText(item), `place ${place + 1} of interest ${k + 1}`])));
    history.forEach((item, place) => fed[place] >= 0 && add("history", fed[place], item, model.item_place, item,
      [...itemText(item), ["in the history", dateOf(user, place)].filter(Boolean).join(", "), `feeds interest ${fed[place] + 1} most`]));
    targetsOf(model, user).forEach(({ item, rank, winner }) => add("target", winner, item, model.item_place, item,
      [...itemText(item), `held out, ${rankText(rank)}`]));
    weightsOf(model, user).forEach((weight, k) => add("interest", k, NO_ITEM, model.place, user * model.interests + k,
      [`Interest ${k + 1}: ${interestName(k, namesOf(topOf(model, user, k)))}`, `weight ${percent(weight)}`]));
    separate(found.filter((point) => point.kind === "interest"));
    return found;
  }

  const isShown = (point) => options.only === null || point.k === options.only || point.kind === "target";

  function drawUser() {
    const [paper, ink] = [paint("paper"), paint("ink")];
    const colours = range(COLOURS).map((k) => paint(`c${k}`)), on = range(COLOURS).map((k) => paint(`on${k}`));
    const centre = (k) => points.find((point) => point.kind === "interest" && point.k === k);
    const draw = {
      top: ({ k, x, y }) => {
        pen.globalAlpha = 0.3;
        pen.strokeStyle = colours[k % COLOURS];
        pen.lineWidth = 1;
        pen.beginPath();
        pen.moveTo(centre(k).x, centre(k).y);
        pen.lineTo(x, y);
        pen.stroke();
        pen.globalAlpha = 1;
        stamp(SHAPES[k % COLOURS], x, y, 4.4, paper, colours[k % COLOURS], 3.6);
      },
      history: ({ k, x, y }) => stamp(SHAPES[k % COLOURS], x, y, 4.6 * SIZES[k % COLOURS], colours[k % COLOURS], paper, 2),
      target: ({ x, y }) => stamp(STAR, x, y, 11, ink, paper, 4),
      interest: ({ k, x, y }) => {
        stamp(SHAPES[k % COLOURS], x, y, 12 * SIZES[k % COLOURS], colours[k % COLOURS], paper, 5);
        pen.fillStyle = on[k % COLOURS];
        pen.font = "700 13px system-ui, sans-serif";
        pen.textAlign = "center";
        pen.textBaseline = "middle";
        pen.fillText(String(k + 1), x, y + 0.5 + 12 * NUMBER_DOWN[k % COLOURS]);
      },
    };
    const visible = points.filter(isShown);
    visible.forEach((point) => draw[point.kind](point));
    drawTitles(visible, paper, ink);
    if (near) stamp(CIRCLE, near.x, near.y, near.kind === "interest" ? 18 : 10, null, ink, 2);
  }

  // Titles of held-out items and of the first items of each list, where they cover nothing.
  function drawTitles(visible, paper, ink) {
    pen.font = "11.5px system-ui, sans-serif";
    pen.textAlign = "left";
    const taken = visible.map(({ kind, x, y }) => {
      const radius = { interest: 14, target: 10 }[kind] ?? 4;
      return [x - radius, y - radius, x + radius, y + radius];
    });
    const firsts = range(LABELLED).flatMap((place) => range(model.interests).map((k) => visible.filter((point) => point.kind === "top" && point.k === k)[place]));
    const drawn = new Set();
    for (const point of [...visible.filter(({ kind }) => kind === "target").slice(0, 2), ...firsts]) {
      if (!point || drawn.has(point.item)) continue;
      const text = shorten(titleOf(point.item)), long = pen.measureText(text).width;
      const gap = point.kind === "target" ? 13 : 7;
      const free = SPOTS.map(([far, dx, dy]) => [point.x + dx * (gap + far) + (dx > 0 ? 0 : dx < 0 ? -long : -long / 2), point.y + dy * (gap + far + 7) - 7])
        .map(([x, y]) => [x, y, x + long, y + 14])
        .find((box) => box[0] > 3 && box[2] < width - 3 && box[1] > 2 && box[3] < height - 2 && !taken.some((other) => overlap(box, other)));
      if (!free) continue;
      taken.push(free);
      drawn.add(point.item);
      const [endX, endY] = [Math.max(free[0], Math.min(free[2], point.x)), free[1] + 7];
      if (Math.hypot(endX - point.x, endY - point.y) > 24) {
        pen.lineWidth = 0.8;
        pen.strokeStyle = paint("faint");
        pen.beginPath();
        pen.moveTo(point.x, point.y);
        pen.lineTo(endX, endY);
        pen.stroke();
      }
      pen.lineWidth = 3.5;
      pen.strokeStyle = paper;
      pen.fillStyle = ink;
      pen.strokeText(text, free[0], free[1] + 7.5);
      pen.fillText(text, free[0], free[1] + 7.5);
    }
  }

  function draw() {
    if (!width) return;
    if (!drawn) drawCatalogue();
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(still, 0, 0);
    const ratio = window.devicePixelRatio || 1;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawUser();
  }

  function nearest(x, y) {
    let [best, found] = [14 ** 2, null];
    const visit = (point) => {
      const distance = (point.x - x) ** 2 + (point.y - y) ** 2;
      if (distance <= best) [best, found] = [distance, point];
    };
    points.filter(isShown).forEach(visit);
    if (found) return found;
    for (let item = 0; item < NO_ITEM; item++) {
      const [left, top] = scale(model.item_place, item);
      const distance = (left - x) ** 2 + (top - y) ** 2;
      if (distance <= best) [best, found] = [distance, { kind: "item", item, x: left, y: top, lines: itemText(item) }];
    }
    return found;
  }

  function reach(point) {
    near = point;
    draw();
    const { left, top } = canvas.getBoundingClientRect();
    if (point) showTip(point.lines, left + point.x, top + point.y); else hideTip();
  }

  canvas.addEventListener("pointermove", (event) => {
    const found = nearest(event.offsetX, event.offsetY);
    if (found?.item !== near?.item || found?.kind !== near?.kind || found?.k !== near?.k) reach(found);
  });
  canvas.addEventListener("pointerleave", () => reach(null));
  stepThrough(canvas, () => points.filter(isShown).reverse(), reach);

  function show(next) {
    user = next;
    near = null;
    if (width && (!drawn || options.close)) drawCatalogue();
    points = width ? collect(user) : [];
    canvas.setAttribute("aria-label", `Map of ${count(NO_ITEM)} items with the interests of user ${DATA.users[user]}. Arrow keys go from item to item; the lists below have the same items.`);
    draw();
  }
  const renew = () => { drawn = false; show(user); };
  new ResizeObserver(() => {
    const size = [frame.clientWidth, frame.clientHeight];
    if (size[0] === width && size[1] === height) return;
    [width, height] = size;
    renew();
  }).observe(frame);
  return { node: h("div", {}, frame, caption), show, renew };
}

// Interests that would cover each other are moved apart until all can be seen.
function separate(points) {
  const room = 27;
  for (let turn = 0; turn < 60; turn++) {
    for (const [at, one] of points.entries()) {
      for (const other of points.slice(at + 1)) {
        const [dx, dy] = [other.x - one.x || 0.1, other.y - one.y || 0.1 * (at + 1)];
        const distance = Math.hypot(dx, dy), push = (room - distance) / 2 / distance;
        if (push <= 0) continue;
        one.x -= push * dx; one.y -= push * dy;
        other.x += push * dx; other.y += push * dy;
      }
    }
  }
}

function axisText(model, axis) {
  const popularity = model.axis_popularity[axis];
  const popular = popularity >= 0.5 ? `; it follows popularity, correlation ${decimal(popularity)}` : "";
  return `axis ${axis + 1}, ${percent(model.axis_share[axis])} of the variance${popular}`;
}
