"use strict";

// The data of the page. Users and items are numbers from 0; an array has a row for each.
const KINDS = { uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, int32: Int32Array, float32: Float32Array };

function unpack(packed) {
  const bytes = Uint8Array.from(atob(packed.base64), (letter) => letter.charCodeAt(0));
  return new KINDS[packed.type](bytes.buffer);
}

function decode(tree) {
  if (tree === null || typeof tree !== "object") return tree;
  if (Array.isArray(tree)) return typeof tree[0] === "object" ? tree.map(decode) : tree;
  if ("base64" in tree) return unpack(tree);
  return Object.fromEntries(Object.entries(tree).map(([key, part]) => [key, decode(part)]));
}

const DATA = decode(JSON.parse(document.getElementById("data").textContent));
const ITEMS = DATA.items;
const NO_ITEM = ITEMS.id.length;
const TWO = DATA.models.length > 1;
const HAS_CATEGORIES = ITEMS.categories.length > 0;

const COMMON = 0.3; // share of a list from which a category may name the interest

const row = (array, width, at) => array.subarray(at * width, (at + 1) * width);
const isItem = (item) => item !== NO_ITEM;
const range = (length) => [...Array(length).keys()];
const sum = (values) => values.reduce((total, value) => total + value, 0);
const smallest = (values) => values.reduce((a, b) => Math.min(a, b), Infinity); // of any number of values
const largest = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);

function titleOf(item) {
  return (ITEMS.title && ITEMS.title[item]) || `item ${ITEMS.id[item]}`;
}

function categoriesOf(item) {
  return [...categoryNumbers(item)].map((category) => ITEMS.categories[category]);
}

function historyOf(user) {
  return DATA.history.item.subarray(DATA.history.offset[user], DATA.history.offset[user + 1]);
}

function dateOf(user, place) {
  if (!DATA.history.day) return "";
  const day = DATA.history.day[DATA.history.offset[user] + place];
  return new Date(day * 864e5).toISOString().slice(0, 10);
}

// Held-out items with the rank that a model gives to each, and the interest that scores it highest.
function targetsOf(model, user) {
  const width = DATA.target.width;
  const [rank, winner] = [row(model.rank, width, user), row(model.winner, width, user)];
  return [...row(DATA.target.item, width, user)]
    .map((item, place) => ({ item, rank: rank[place], winner: winner[place] }))
    .filter((target) => isItem(target.item) && target.rank > 0);
}

// Of many, as many are drawn and listed as a list has items.
const shownTargets = (model, user) => targetsOf(model, user).slice(0, DATA.length);

function bestRank(model, user) {
  return smallest(targetsOf(model, user).map((target) => target.rank));
}

const weightsOf = (model, user) => [...row(model.weight, model.interests, user)];
const mergedOf = (model, user) => [...row(model.merged, model.merged_width, user)].filter(isItem);

function topOf(model, user, k) {
  return [...row(model.top, model.top_width, user * model.interests + k)].filter(isItem);
}

// shares[k][place] of the history: null where the model does not read the item.
function feedsOf(model, user) {
  const length = historyOf(user).length;
  const [start, stop] = [model.feed_offset[user], model.feed_offset[user + 1]];
  const width = (stop - start) / model.interests;
  const unread = length - width;
  const share = (k, place) => (model.feed[start + k * width + place - unread] / 255) ** 2;
  return range(model.interests).map((k) =>
    range(length).map((place) => (place < unread ? null : share(k, place))));
}

// The interest that each item of the history feeds most; -1 where the model does not read it.
function mostFed(feeds) {
  return feeds[0].map((first, place) => {
    if (first === null) return -1;
    const shares = feeds.map((lane) => lane[place]);
    return shares.indexOf(largest(shares));
  });
}

const categoryNumbers = (item) => ITEMS.category.subarray(ITEMS.offset[item], ITEMS.offset[item + 1]);

// The share of each category among the items that have any.
function sharesOf(items) {
  const shares = new Float64Array(ITEMS.categories.length);
  let known = 0;
  for (const item of items) {
    const found = categoryNumbers(item);
    for (const category of found) shares[category] += 1;
    known += found.length > 0;
  }
  return shares.map((share) => share / (known || 1));
}

// The categories that come much more often in a list than in the catalogue, the most telling first.
function namesOf(items) {
  const shares = sharesOf(items);
  const gain = (category) => shares[category] * Math.log(shares[category] / ITEMS.share[category]);
  return range(shares.length).filter((category) => shares[category] >= COMMON && gain(category) > 0)
    .sort((a, b) => gain(b) - gain(a)).slice(0, 2).map((category) => ITEMS.categories[category]);
}
