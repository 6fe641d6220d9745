// Where titles are written on the map, so that they cover nothing.
const LABELLED = 3; // items of each list whose titles are on the map

// Where a title may be: how far from its point, and on which side.
const SIDES = [[1, 0], [-1, 0], [0, -1], [0, 1], [1, -1], [-1, -1], [1, 1], [-1, 1]];
const SPOTS = [0, 24, 46].flatMap((far) => SIDES.map(([dx, dy]) => [far, dx, dy]));

const overlap = (one, other) => one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];
const shorten = (title) => (title.length > 28 ? `${title.slice(0, 27).trimEnd()}…` : title);

// The titles of held-out items and of the first items of each list, those that find room.
function placeTitles(points, measure, width, height) {
  const taken = points.map(({ kind, x, y }) => {
    const radius = { interest: 14, target: 10 }[kind] ?? 4;
    return [x - radius, y - radius, x + radius, y + radius];
  });
  const isFree = (box) => box[0] > 3 && box[2] < width - 3 && box[1] > 2 && box[3] < height - 2 && !taken.some((other) => overlap(box, other));
  const titles = [];
  for (const point of wanted(points)) {
    if (titles.some((title) => title.point.item === point.item)) continue;
    const text = shorten(titleOf(point.item));
    const long = measure(text), box = SPOTS.map((spot) => boxAt(point, spot, long)).find(isFree);
    if (!box) continue;
    taken.push(box);
    titles.push({ text, box, point });
  }
  return titles;
}

// Held-out items, then the first of each list, then the second of each.
function wanted(points) {
  const targets = points.filter(({ kind }) => kind === "target").slice(0, 2);
  const tops = points.filter(({ kind }) => kind === "top");
  const lists = [...new Set(tops.map(({ k }) => k))].map((k) => tops.filter((point) => point.k === k));
  return [...targets, ...range(LABELLED).flatMap((place) => lists.map((list) => list[place]))].filter(Boolean);
}

function boxAt({ kind, x, y }, [far, dx, dy], long) {
  const gap = far + (kind === "target" ? 13 : 7);
  const left = x + dx * gap - (dx > 0 ? 0 : dx < 0 ? long : long / 2), top = y + dy * (gap + 7) - 7;
  return [left, top, left + long, top + 14];
}
