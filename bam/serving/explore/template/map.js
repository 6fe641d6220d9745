// The map of the catalogue: a canvas for each model. What does not change is drawn once.
const PAIRS = [[0, 1], [1, 2], [0, 2]];
const MARGIN = 26;
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
    const most = Math.log1p(Math.max(...ITEMS.count)), faintness = 0.17 * Math.min(1, Math.sqrt(2500 / NO_ITEM));
    for (const shown of chosen < 0 ? [true] : [false, true]) {
      brush.fillStyle = paint(chosen >= 0 && shown ? "accent" : "ink");
      brush.globalAlpha = chosen < 0 ? faintness : shown ? 0.7 : 0.4 * faintness;
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

  function line(from, to, colour) {
    pen.lineWidth = 0.9;
    pen.strokeStyle = colour;
    pen.beginPath();
    pen.moveTo(from.x, from.y);
    pen.lineTo(to.x, to.y);
    pen.stroke();
  }

  const isShown = (point) => options.only === null || point.k === options.only || point.kind === "target";

  function drawUser() {
    const [paper, ink] = [paint("paper"), paint("ink")];
    const colours = range(COLOURS).map((k) => paint(`c${k}`)), on = range(COLOURS).map((k) => paint(`on${k}`));
    const centre = (k) => points.find((point) => point.kind === "interest" && point.k === k);
    const draw = {
      top: ({ k, x, y }) => {
        pen.globalAlpha = 0.3;
        line(centre(k), { x, y }, colours[k % COLOURS]);
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

  function drawTitles(visible, paper, ink) {
    pen.font = "11.5px system-ui, sans-serif";
    pen.textAlign = "left";
    const faint = paint("faint");
    for (const { text, box, point } of placeTitles(visible, (text) => pen.measureText(text).width, width, height)) {
      const [endX, endY] = [Math.max(box[0], Math.min(box[2], point.x)), box[1] + 7];
      if (Math.hypot(endX - point.x, endY - point.y) > 24) line(point, { x: endX, y: endY }, faint);
      pen.lineWidth = 3.5;
      pen.strokeStyle = paper;
      pen.fillStyle = ink;
      pen.strokeText(text, box[0], box[1] + 7.5);
      pen.fillText(text, box[0], box[1] + 7.5);
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
    points = width ? pointsOf(model, user, scale) : [];
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
