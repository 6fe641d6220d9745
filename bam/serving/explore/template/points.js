// The points of one user on the map.
const at = (kind, k, item, [x, y], lines) => ({ kind, k, item, x, y, lines });

// In the order in which they are drawn: those that lie above others come last.
function pointsOf(model, user, scale) {
  const fed = mostFed(feedsOf(model, user)), ofItem = (item) => scale(model.item_place, item);
  const tops = range(model.interests).flatMap((k) => topOf(model, user, k).map((item, place) =>
    at("top", k, item, ofItem(item), [...itemText(item), `place ${place + 1} of interest ${k + 1}`])));
  const history = [...historyOf(user)].map((item, place) => at("history", fed[place], item, ofItem(item),
    [...itemText(item), ["in the history", dateOf(user, place)].filter(Boolean).join(", "), `feeds interest ${fed[place] + 1} most`]));
  const targets = shownTargets(model, user).map(({ item, rank, winner }) =>
    at("target", winner, item, ofItem(item), [...itemText(item), `held out, ${rankText(rank)}`]));
  const interests = weightsOf(model, user).map((weight, k) => at("interest", k, NO_ITEM, scale(model.place, user * model.interests + k),
    [`Interest ${k + 1}: ${interestName(k, namesOf(topOf(model, user, k)))}`, `weight ${percent(weight)}`]));
  separate(interests);
  return [...tops, ...history.filter(({ k }) => k >= 0), ...interests, ...targets];
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
