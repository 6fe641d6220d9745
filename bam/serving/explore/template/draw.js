// How the map is drawn. A scene has a model, its size, its scale, its colours and the points of a user.
const FONT = "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

// The colours of page.css, as the present theme gives them.
function readColours(node) {
  const read = (name) => {
    node.style.color = `var(--${name})`;
    return getComputedStyle(node).color;
  };
  const [paper, ink, faint, accent] = ["paper", "ink", "faint", "accent"].map(read);
  return { paper, ink, faint, accent, of: range(COLOURS).map((k) => read(`c${k}`)), on: range(COLOURS).map((k) => read(`on${k}`)) };
}

function prepare(canvas, { width, height }, ratio) {
  [canvas.width, canvas.height] = [width * ratio, height * ratio];
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  return pen;
}

// Every item as a dot; with a category, its items in the accent's colour above the others.
function drawItems(pen, { model, scale, colours, category }) {
  const chosen = ITEMS.categories.indexOf(category);
  const has = (item) => chosen < 0 || categoryNumbers(item).includes(chosen);
  const most = Math.log1p(largest(ITEMS.count)) || 1;
  const faintness = 0.17 * Math.min(1, Math.sqrt(2500 / NO_ITEM));
  const dots = (alpha, colour, isDrawn) => {
    [pen.globalAlpha, pen.fillStyle] = [alpha, colour];
    for (let item = NO_ITEM - 1; item >= 0; item--) {
      if (!isDrawn(item)) continue;
      const [x, y] = scale(model.item_place, item);
      pen.beginPath();
      pen.arc(x, y, 1 + (1.8 * Math.log1p(ITEMS.count[item])) / most, 0, 7);
      pen.fill();
    }
  };
  if (chosen < 0) {
    dots(faintness, colours.ink, () => true);
  } else {
    dots(0.4 * faintness, colours.ink, (item) => !has(item));
    dots(0.7, colours.accent, has);
  }
  pen.globalAlpha = 1;
}

function stamp(pen, path, { x, y }, radius, inside, edge, thickness) {
  pen.save();
  pen.translate(x, y);
  pen.scale(radius, radius);
  const shape = new Path2D(path);
  [pen.lineWidth, pen.lineJoin, pen.strokeStyle] = [thickness / radius, "round", edge];
  pen.stroke(shape);
  if (inside) { pen.fillStyle = inside; pen.fill(shape); }
  pen.restore();
}

function line(pen, from, to, colour) {
  [pen.lineWidth, pen.strokeStyle] = [0.9, colour];
  pen.beginPath();
  pen.moveTo(from.x, from.y);
  pen.lineTo(to.x, to.y);
  pen.stroke();
}

function drawPoints(pen, points, colours) {
  const centre = (k) => points.find((point) => point.kind === "interest" && point.k === k);
  const draw = {
    top(point, at, colour) {
      pen.globalAlpha = 0.3;
      line(pen, centre(point.k), point, colour);
      pen.globalAlpha = 1;
      stamp(pen, SHAPES[at], point, 4.4, colours.paper, colour, 3.6);
    },
    history: (point, at, colour) => stamp(pen, SHAPES[at], point, 4.6 * SIZES[at], colour, colours.paper, 2),
    target: (point) => stamp(pen, STAR, point, 11, colours.ink, colours.paper, 4),
    interest(point, at, colour) {
      stamp(pen, SHAPES[at], point, 12 * SIZES[at], colour, colours.paper, 5);
      [pen.fillStyle, pen.font, pen.textAlign, pen.textBaseline] = [colours.on[at], `700 13px ${FONT}`, "center", "middle"];
      pen.fillText(String(point.k + 1), point.x, point.y + 0.5 + 12 * NUMBER_DOWN[at]);
    },
  };
  points.forEach((point) => draw[point.kind](point, point.k % COLOURS, colours.of[point.k % COLOURS]));
}

function drawTitles(pen, points, { width, height, colours }) {
  [pen.font, pen.textAlign, pen.textBaseline] = [`11.5px ${FONT}`, "left", "middle"];
  for (const { text, box, point } of placeTitles(points, (text) => pen.measureText(text).width, width, height)) {
    const end = { x: Math.max(box[0], Math.min(box[2], point.x)), y: box[1] + 7 };
    if (Math.hypot(end.x - point.x, end.y - point.y) > 24) line(pen, point, end, colours.faint);
    [pen.lineWidth, pen.lineJoin, pen.strokeStyle, pen.fillStyle] = [3.5, "round", colours.paper, colours.ink];
    pen.strokeText(text, box[0], end.y);
    pen.fillText(text, box[0], end.y);
  }
}
