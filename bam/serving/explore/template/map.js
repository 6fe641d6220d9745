// The map of the catalogue: a canvas for each model. What does not change is drawn once.
const PAIRS = [[0, 1], [1, 2], [0, 2]];
const MARGIN = 26, REACH = 14; // pixels
const PICTURE = 3; // pixels of a saved picture for each of the page

// From places to pixels of a map whose edges are the `framed` places; interests stay inside.
function makeScale(model, [a, b], framed, width, height) {
  const ends = (axis) => {
    const values = framed.map(([places, at]) => places[at * model.axes + axis]);
    const low = smallest(values), high = largest(values);
    return [low, high > low ? high : low + 1];
  };
  const fit = (value, [low, high], size) => MARGIN + ((value - low) / (high - low)) * (size - 2 * MARGIN);
  const inside = (value, size) => Math.max(REACH, Math.min(size - REACH, value));
  const [across, up] = [ends(a), ends(b)];
  return (places, at) => {
    const x = fit(places[at * model.axes + a], across, width), y = height - fit(places[at * model.axes + b], up, height);
    return places === model.place ? [inside(x, width), inside(y, height)] : [x, y];
  };
}

// All items, or what belongs to one user.
function framed(model, user, close) {
  if (!close) return range(NO_ITEM).map((item) => [model.item_place, item]);
  const items = [...historyOf(user), ...shownTargets(model, user).map(({ item }) => item), ...range(model.interests).flatMap((k) => topOf(model, user, k))];
  return [...items.map((item) => [model.item_place, item]), ...range(model.interests).map((k) => [model.place, user * model.interests + k])];
}

function createMap(model, options) {
  const canvas = h("canvas", { tabindex: "0", role: "img" }), still = h("canvas"); // the catalogue
  const frame = h("div", { class: "map" }, canvas), caption = h("p", { class: "note" });
  let user = 0, width = 0, height = 0, near = null, scene = null;

  const visible = () => scene.points.filter((point) => options.only === null || point.k === options.only || point.kind === "target");

  function makeScene() {
    const scale = makeScale(model, options.pair, framed(model, user, options.close), width, height);
    const category = options.category, colours = readColours(frame);
    scene = { model, width, height, scale, category, colours, points: [] };
    drawItems(prepare(still, scene, window.devicePixelRatio || 1), scene);
    caption.replaceChildren(`To the right: ${axisText(model, options.pair[0])}. Up: ${axisText(model, options.pair[1])}. `,
      h("button", { type: "button", class: "link", onclick: save }, "Save the picture"));
  }

  function drawUser(pen) {
    drawPoints(pen, visible(), scene.colours);
    drawTitles(pen, visible(), scene);
  }

  function draw() {
    const pen = prepare(canvas, scene, window.devicePixelRatio || 1);
    pen.drawImage(still, 0, 0, width, height);
    drawUser(pen);
    if (near) stamp(pen, CIRCLE, near, near.kind === "interest" ? 18 : 10, null, scene.colours.ink, 2);
  }

  function save() {
    const sheet = h("canvas"), pen = prepare(sheet, scene, PICTURE);
    pen.fillStyle = scene.colours.paper;
    pen.fillRect(0, 0, width, height);
    drawItems(pen, scene);
    drawUser(pen);
    h("a", { href: sheet.toDataURL("image/png"), download: `${["interests", DATA.users[user], TWO && model.name].filter(Boolean).join("-")}.png` }).click();
  }

  function nearest(x, y) {
    let [best, found] = [REACH ** 2, null];
    const visit = (left, top, point) => {
      const distance = (left - x) ** 2 + (top - y) ** 2;
      if (distance <= best) [best, found] = [distance, point];
    };
    visible().forEach((point) => visit(point.x, point.y, point));
    if (found) return found;
    range(NO_ITEM).forEach((item) => visit(...scene.scale(model.item_place, item), item));
    if (found === null) return null;
    const [left, top] = scene.scale(model.item_place, found);
    return { kind: "item", item: found, x: left, y: top, lines: itemText(found) };
  }

  function reach(point) {
    near = point;
    draw();
    const { left, top } = canvas.getBoundingClientRect();
    if (point) showTip(point.lines, left + point.x, top + point.y); else hideTip();
  }

  onPointer(canvas, (event) => {
    const found = nearest(event.offsetX, event.offsetY);
    if (found?.item !== near?.item || found?.kind !== near?.kind || found?.k !== near?.k) reach(found);
  }, () => reach(null));
  stepThrough(canvas, () => visible().reverse(), reach);

  function show(next) {
    [user, near] = [next, null];
    canvas.setAttribute("aria-label", `Map of ${count(NO_ITEM)} items with the interests of user ${DATA.users[user]}. Arrow keys go from item to item; the lists below have the same items.`);
    if (!width) return; // not laid out yet
    if (!scene || options.close) makeScene();
    scene.points = pointsOf(model, user, scene.scale);
    draw();
  }
  const renew = () => { scene = null; show(user); };
  new ResizeObserver(() => {
    const size = [frame.clientWidth, frame.clientHeight];
    if (size[0] === width && size[1] === height) return;
    [width, height] = size;
    renew();
  }).observe(frame);
  return { node: h("div", {}, frame, caption), show, renew };
}
