/* Ranks of targets and lists of the best items, of which no score is stored.

   All items are scored in the arithmetic of rounded.h. An item whose score is farther than `error`
   from a target's is below or above it for sure; the few others are scored by exact.h, and so are
   those that may enter a list. The error is bounded by

     m e - m' e' = m (e - e') + (m - m') e',  so that
     |computed - exact| <= |m| |e - e'| + |m - m'| |e'| + (D + 4) u |m| (|e| + |e - e'|) + u |w|,

   where m' and e' are rounded, by Cauchy and Schwarz; the norms of what rounding has changed are
   computed, not assumed. The third term is the rounding of D additions and that of w: they round
   to 2^-24 or cut off at 2^-23 of the sum, and u is 2^-22, with room for |m'| > |m|. A maximum
   over k is wrong by no more than the worst k. UNDERFLOW bounds what is lost below the smallest
   normal number, and ROOM is for the rounding of the bound itself. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "exact.h"
#include "rounded.h"

#define UNIT 0x1p-22
#define ROOM 1.001
#define UNDERFLOW 1e-36 /* for each of D products: 2^-126 is 1.2e-38 */
#define LARGE 1e18      /* with norms above it, or that are no numbers, all is left to exact.h */
#define TOGETHER 16     /* groups of users that share the items in the cache */
#define CACHE 100000    /* bytes of these items */
#define MANY 16         /* exact scores of a user that are computed one after another */

/* ---- the catalogue ---- */

/* The items in this order: their rows, with zeros up to a multiple of 8, in panels of WIDE rounded
   items [panels words WIDE], and the largest |e| + |e - e'| and |e - e'| of each panel. */
void pack_items(long items, long D, const float *table, const int64_t *order, float *rows,
                uint32_t *panels, float *norm, float *change, long threads) {
  long W = words(D), depth = round_up(D, 8), count = (items + WIDE - 1) / WIDE;
#pragma omp parallel for num_threads(threads)
  for (long p = 0; p < count; p++) {
    double most = 0, most_change = 0;
    memset(panels + p * W * WIDE, 0, W * WIDE * sizeof(uint32_t));
    for (long i = p * WIDE; i < items && i < (p + 1) * WIDE; i++) {
      const float *row = table + order[i] * D;
      memcpy(rows + i * depth, row, D * sizeof(float));
      memset(rows + i * depth + D, 0, (depth - D) * sizeof(float));
      Norms n = norms(D, row);
      most = fmax(most, n.norm + n.change);
      most_change = fmax(most_change, n.change);
      if (!(n.norm < LARGE)) most_change = INFINITY;
      else
        for (long w = 0; w < W; w++) panels[(p * W + w) * WIDE + i % WIDE] = word(D, row, w);
    }
    norm[p] = ROOM * (most < LARGE ? most : LARGE);
    change[p] = ROOM * most_change;
  }
}

/* The score of each user's items [B T], at these places of the order, and the interest that gives
   it. */
void score_items(long B, long K, long D, long T, const float *vectors, const double *log_weight,
                 const float *rows, const int64_t *place, double *score, int64_t *winner,
                 long threads) {
  long depth = round_up(D, 8);
#pragma omp parallel num_threads(threads)
  {
    double *m = malloc(round_up(K, 4) * (depth + 2) * sizeof(double));
    double *w = m + round_up(K, 4) * depth, *each = w + round_up(K, 4);
#pragma omp for
    for (long b = 0; b < B; b++) {
      widen_all(K, D, vectors + b * K * D, log_weight + b * K, m, w);
      for (long i = b * T; i < (b + 1) * T; i++) {
        score_each(K, depth, m, w, rows + place[i] * depth, each);
        winner[i] = best_of(K, each);
        score[i] = each[winner[i]];
      }
    }
    free(m);
  }
}

/* ---- lists ---- */

typedef struct {
  double score;
  int64_t item;
} Entry;

typedef struct {
  long most, length;
  Entry *entry; /* best first; of equal scores the lower item */
} List;

INLINE int comes_before(Entry a, Entry b) {
  return a.score > b.score || (a.score == b.score && a.item < b.item);
}

INLINE void insert(List *list, Entry new) {
  if (new.score == -INFINITY || !list->most) return;
  long i = list->length;
  if (i == list->most && !comes_before(new, list->entry[--i])) return;
  for (; i > 0 && comes_before(new, list->entry[i - 1]); i--) list->entry[i] = list->entry[i - 1];
  list->entry[i] = new;
  if (list->length < list->most) list->length++;
}

/* ---- ranks ---- */

/* Scores that are not the model's, of pairs of a user and an item */
typedef struct {
  long count;
  const int64_t *row, *item;
  const float *score;
  int64_t *first, *pair; /* user b has the pairs pair[first[b] .. first[b + 1]] */
} Pairs;

static void sort_by_user(Pairs *p, long users) {
  p->first = calloc(users + 2, sizeof(int64_t));
  p->pair = malloc((p->count + 1) * sizeof(int64_t));
  int64_t *next = p->first + 1;
  for (long i = 0; i < p->count; i++) next[p->row[i] + 1]++;
  for (long b = 0; b < users; b++) next[b + 1] += next[b];
  for (long i = 0; i < p->count; i++) p->pair[next[p->row[i]]++] = i;
}

typedef struct {
  long items, K, D, T, W, panels, depth;
  long ways, J; /* by the best interest, and perhaps by each alone; ways T */
  const float *vectors, *rows;
  const double *log_weight;
  const int64_t *order, *place, *target;
  const uint32_t *words;
  const float *norm, *change;
  const double *own;
  Pairs given, added;
} Task;

/* A score to compute exactly: is it below target j = way T + t, or in the list where j is J? */
typedef struct {
  int64_t j, place;
} Doubt;

typedef float Bound[WIDTH]; /* of each row */

/* HIGH users at once, and what is known of them so far */
typedef struct {
  long first, rows;    /* users first .. first + rows - 1 */
  uint32_t *left;      /* [HIGH K words]: their interests */
  double *wide;        /* [HIGH round_up(K, 4) depth]: for exact.h */
  double *wide_weight; /* [HIGH round_up(K, 4)] */
  float *log_weight;   /* [HIGH K] */
  uint32_t *other;     /* [panels HIGH]: a bit for each item whose score is not the model's */
  float *low, *high;   /* [J WIDTH]: a score between them may be on either side of a target's */
  Bound *near_low, *near_high; /* [J]: the same with the error of a panel */
  int64_t *below;      /* [HIGH J]: items below each target */
  Entry *entries;
  List list[HIGH];
  vec least; /* what is below it enters no list */
  Doubt *doubts; /* [HIGH, MANY and those of one panel] */
  long num_doubts[HIGH];
  vec of_change, of_norm, fixed; /* the error: of_change |e - e'| + of_norm |e| + fixed */
} Rows;

INLINE float just_below(double x) { return isinf(x) ? x : x - fabs(x) * UNIT; }
INLINE float just_above(double x) { return isinf(x) ? x : x + fabs(x) * UNIT; }

#ifdef __AVX512F__
INLINE uint32_t below(vec a, vec b) {
  return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_LT_OQ);
}
#else
INLINE uint32_t below(vec a, vec b) {
  ints mask = a < b;
  uint32_t bits = 0;
  for (int i = 0; i < WIDTH; i++) bits |= (uint32_t)(mask[i] & 1) << i;
  return bits;
}
#endif

/* A bit for each of WIDE scores that is below x */
INLINE uint32_t all_below(const vec *scores, float x) {
  return below(scores[0], all(x)) | below(scores[1], all(x)) << WIDTH;
}

/* The score of an item by the best interest, or by one alone */
INLINE double score_of(const Task *of, const Rows *some, long r, int64_t place, long way) {
  long K4 = round_up(of->K, 4);
  const double *m = some->wide + r * K4 * of->depth, *w = some->wide_weight + r * K4;
  const float *e = of->rows + place * of->depth;
  if (way == 0) return exact(of->K, of->depth, m, w, e);
  return scores_by(1, of->depth, m + (way - 1) * of->depth, w + way - 1, e)[0];
}

INLINE void offer(Rows *some, long r, Entry new) {
  List *list = &some->list[r];
  if (new.score != new.score) new.score = INFINITY; /* first, as torch sorts */
  insert(list, new);
  if (list->most && list->length == list->most)
    some->least[r] = just_below(list->entry[list->most - 1].score);
}

/* An item whose score is not the model's is counted and listed apart, once. */
INLINE int set_apart(const Task *of, Rows *some, long r, int64_t item) {
  int64_t place = of->place[item];
  uint32_t *word = some->other + place / WIDE * HIGH + r, bit = 1u << place % WIDE;
  int is_new = !(*word & bit);
  *word |= bit;
  return is_new;
}

/* An item with these scores, [ways] */
INLINE void count(const Task *of, Rows *some, long r, int64_t item, const double *score) {
  const double *own = of->own + (some->first + r) * of->J;
  for (long j = 0; j < of->J; j++) some->below[r * of->J + j] += score[j / of->T] < own[j];
  offer(some, r, (Entry){score[0], item});
}

static void count_others(const Task *of, Rows *some, long r) {
  long user = some->first + r;
  double score[of->ways];
  for (long t = 0; t < of->T; t++) {
    int64_t item = of->target[user * of->T + t];
    if (!item || !set_apart(of, some, r, item)) continue;
    for (long i = 0; i < of->ways; i++) score[i] = of->own[user * of->J + i * of->T + t];
    count(of, some, r, item, score);
  }
  for (int64_t i = of->given.first[user]; i < of->given.first[user + 1]; i++) {
    int64_t pair = of->given.pair[i], item = of->given.item[pair];
    if (!set_apart(of, some, r, item)) continue;
    for (long j = 0; j < of->ways; j++) score[j] = of->given.score[pair];
    count(of, some, r, item, score);
  }
  for (int64_t i = of->added.first[user]; i < of->added.first[user + 1]; i++) {
    int64_t pair = of->added.pair[i], item = of->added.item[pair];
    if (!set_apart(of, some, r, item)) continue;
    for (long j = 0; j < of->ways; j++)
      score[j] = score_of(of, some, r, of->place[item], j) + of->added.score[pair];
    count(of, some, r, item, score);
  }
}

static void begin(const Task *of, Rows *some, long first, long B) {
  some->first = first;
  some->rows = B - first < HIGH ? B - first : HIGH;
  long K = of->K, D = of->D, W = of->W, J = of->J;
  memset(some->other, 0, HIGH * of->panels * sizeof(uint32_t));
  memset(some->left, 0, HIGH * K * W * sizeof(uint32_t));
  memset(some->log_weight, 0, HIGH * K * sizeof(float));
  memset(some->below, 0, HIGH * J * sizeof(int64_t));
  some->least = all(some->list[0].most ? -INFINITY : INFINITY);
  some->of_change = some->of_norm = some->fixed = (vec){0};
  memset(some->low, 0, J * WIDTH * sizeof(float));
  memset(some->high, 0, J * WIDTH * sizeof(float));
  for (long r = 0; r < some->rows; r++) {
    long row = some->first + r;
    widen_all(K, D, of->vectors + row * K * D, of->log_weight + row * K,
              some->wide + r * round_up(K, 4) * of->depth, some->wide_weight + r * round_up(K, 4));
    double norm = 0, change = 0, heaviest = 0;
    int is_usual = 1;
    for (long k = 0; k < K; k++) {
      Norms found = norms(D, of->vectors + (row * K + k) * D);
      double log_weight = of->log_weight[row * K + k];
      is_usual &= found.norm < LARGE && fabs(log_weight) < LARGE;
      norm = fmax(norm, found.norm);
      change = fmax(change, found.change);
      heaviest = fmax(heaviest, fabs(log_weight));
    }
    for (long k = 0; k < K && is_usual; k++) {
      const float *m = of->vectors + (row * K + k) * D;
      for (long w = 0; w < W; w++) some->left[(r * K + k) * W + w] = word(D, m, w);
      some->log_weight[r * K + k] = of->log_weight[row * K + k];
    }
    some->of_change[r] = fmax(ROOM * norm, UNDERFLOW); /* above 0: a panel's may be infinite */
    some->of_norm[r] = ROOM * (change + (D + 4) * UNIT * norm);
    some->fixed[r] = is_usual ? ROOM * (UNIT * heaviest + D * UNDERFLOW) : INFINITY;
    if (!is_usual) some->of_change[r] = 1, some->of_norm[r] = 0;
    some->list[r].length = 0;
    for (long j = 0; j < J; j++) {
      some->low[j * WIDTH + r] = just_below(of->own[row * J + j]);
      some->high[j * WIDTH + r] = just_above(of->own[row * J + j]);
    }
    if (of->items % WIDE)
      some->other[(of->panels - 1) * HIGH + r] = (uint32_t)(~0ull << of->items % WIDE);
    count_others(of, some, r);
  }
}

/* What interest k of HIGH rows gives to a panel: a function of its own, so that its sums have all
   registers */
static __attribute__((noinline)) Tile scores_of(const Task *of, const Rows *some, long p, long k,
                                                int gated) {
  long W = of->W;
  Tile t = first_pass(W, some->left + k * W, of->K * W, of->words + p * W * WIDE);
  if (gated)
    for (long r = 0; r < some->rows; r++) {
      vec w = all(some->log_weight[r * of->K + k]);
      t.sum[r][0] += w, t.sum[r][1] += w;
    }
  return t;
}

INLINE Doubt *doubts_of(const Task *of, const Rows *some, long r) {
  return some->doubts + r * (MANY + WIDE * (of->J + 1));
}

/* Keep the items of a panel that these bits choose, until `settle` */
INLINE void doubt(const Task *of, Rows *some, long r, long j, long p, uint32_t bits) {
  Doubt *next = doubts_of(of, some, r) + some->num_doubts[r];
  some->num_doubts[r] += __builtin_popcount(bits);
  for (; bits; bits &= bits - 1) *next++ = (Doubt){j, p * WIDE + __builtin_ctz(bits)};
}

/* Many of a row one after another: its interests stay in the cache, and items can be fetched */
static __attribute__((noinline)) void settle(const Task *of, Rows *some, long r) {
  const Doubt *x = doubts_of(of, some, r), *end = x + some->num_doubts[r];
  for (const Doubt *y = x; y < end; y++)
    for (long d = 0; d < of->depth; d += 16)
      __builtin_prefetch(of->rows + y->place * of->depth + d);
  const double *own = of->own + (some->first + r) * of->J;
  for (; x < end; x++)
    if (x->j == of->J)
      offer(some, r, (Entry){score_of(of, some, r, x->place, 0), of->order[x->place]});
    else
      some->below[r * of->J + x->j] +=
          score_of(of, some, r, x->place, x->j / of->T) < own[x->j];
  some->num_doubts[r] = 0;
}

/* Which items of a panel are the model's to score, a bit for each */
INLINE uint32_t scored(const Rows *some, long r, long p) {
  return ~some->other[p * HIGH + r] & (uint32_t)((1ull << WIDE) - 1);
}

INLINE void compare(const Task *of, Rows *some, long p, long way, const Tile *tile,
                    const Bound *low, const Bound *high) {
  for (long r = 0; r < some->rows; r++)
    for (long j = way * of->T; j < (way + 1) * of->T; j++) {
      uint32_t sure = all_below(tile->sum[r], low[j][r]) & scored(some, r, p);
      uint32_t maybe = all_below(tile->sum[r], high[j][r]) & scored(some, r, p);
      some->below[r * of->J + j] += __builtin_popcount(sure);
      doubt(of, some, r, j, p, maybe & ~sure);
    }
}

static void add_panel(const Task *of, Rows *some, long p, int gated) {
  long J = of->J;
  Bound *low = some->near_low, *high = some->near_high, least; /* users may have many targets */
  vec error = some->of_change * of->change[p] + some->of_norm * of->norm[p] + some->fixed;
  store(least, some->least - error);
  for (long j = 0; j < J; j++) {
    store(low[j], load(some->low + j * WIDTH) - error);
    store(high[j], load(some->high + j * WIDTH) + error);
  }
  Tile best = scores_of(of, some, p, 0, gated);
  if (of->ways > 1) compare(of, some, p, 1, &best, low, high);
  for (long k = 1; k < of->K; k++) {
    Tile t = scores_of(of, some, p, k, gated);
    if (of->ways > 1) compare(of, some, p, 1 + k, &t, low, high);
    for (int r = 0; r < HIGH; r++)
      for (int i = 0; i < 2; i++) best.sum[r][i] = larger(t.sum[r][i], best.sum[r][i]);
  }
  compare(of, some, p, 0, &best, low, high);
  for (long r = 0; r < some->rows; r++) {
    doubt(of, some, r, J, p, ~all_below(best.sum[r], least[r]) & scored(some, r, p));
    if (some->num_doubts[r] >= MANY) settle(of, some, r);
  }
}

static Rows rows_for(const Task *of, long n) {
  long K = of->K, J = of->J;
  Rows some = {.left = malloc(HIGH * K * of->W * sizeof(uint32_t)),
               .wide = malloc(HIGH * round_up(K, 4) * of->depth * sizeof(double)),
               .wide_weight = malloc((HIGH * round_up(K, 4) + 4) * sizeof(double)),
               .log_weight = malloc(HIGH * K * sizeof(float)),
               .other = malloc(HIGH * of->panels * sizeof(uint32_t)),
               .low = malloc((J + 1) * WIDTH * sizeof(float)),
               .high = malloc((J + 1) * WIDTH * sizeof(float)),
               .near_low = malloc((J + 1) * sizeof(Bound)),
               .near_high = malloc((J + 1) * sizeof(Bound)),
               .below = malloc((J + 1) * HIGH * sizeof(int64_t)),
               .entries = malloc((n + 1) * HIGH * sizeof(Entry)),
               .doubts = malloc(HIGH * (MANY + WIDE * (J + 1)) * sizeof(Doubt))};
  for (long r = 0; r < HIGH; r++) some.list[r] = (List){n, 0, some.entries + r * n};
  return some;
}

static void release(Rows *some) {
  free(some->left), free(some->wide), free(some->wide_weight), free(some->log_weight);
  free(some->other), free(some->low), free(some->high), free(some->below);
  free(some->entries), free(some->doubts), free(some->near_low), free(some->near_high);
}

static void end(const Task *of, const Rows *some, long n, int64_t *below, double *score,
                int64_t *item) {
  memcpy(below + some->first * of->J, some->below, some->rows * of->J * sizeof(int64_t));
  for (long r = 0; r < some->rows; r++)
    for (long i = 0; i < n; i++) {
      Entry e = i < some->list[r].length ? some->list[r].entry[i] : (Entry){-INFINITY, 0};
      score[(some->first + r) * n + i] = e.score;
      item[(some->first + r) * n + i] = e.item;
    }
}

/* How many items score below each target [B ways T], of which `own` are the scores: by the best
   interest, and if ways is K + 1 also by each alone. The n best items of each user [B n], PAD with
   -inf where there are fewer. */
void rank_items(long B, long K, long D, long T, long n, long items, long ways,
                const float *vectors, const double *log_weight, const float *rows,
                const int64_t *order, const int64_t *place, const uint32_t *words_of,
                const float *norm, const float *change, const int64_t *target, const double *own,
                long num_given, const int64_t *given_row, const int64_t *given_item,
                const float *given_score, long num_added, const int64_t *added_row,
                const int64_t *added_item, const float *added_score, int64_t *below_of,
                double *top_score, int64_t *top_item, long threads) {
  Task of = {.items = items, .K = K, .D = D, .T = T, .W = words(D), .depth = round_up(D, 8),
             .ways = ways, .J = ways * T, .panels = (items + WIDE - 1) / WIDE,
             .vectors = vectors, .log_weight = log_weight, .rows = rows, .order = order,
             .place = place, .target = target, .words = words_of, .norm = norm, .change = change,
             .own = own, .given = {num_given, given_row, given_item, given_score, 0, 0},
             .added = {num_added, added_row, added_item, added_score, 0, 0}};
  sort_by_user(&of.given, B);
  sort_by_user(&of.added, B);
  int gated = 0;
  for (long i = 0; i < B * K; i++) gated |= log_weight[i] != 0;
  long groups = (B + HIGH - 1) / HIGH, most = groups / (2 * threads);
  long together = most < 1 ? 1 : most > TOGETHER ? TOGETHER : most;
  long chunk = 1 + CACHE / (WIDE * sizeof(float) * (of.W + of.depth));
#pragma omp parallel num_threads(threads)
  {
    Rows some[TOGETHER];
    for (long g = 0; g < together; g++) some[g] = rows_for(&of, n);
#pragma omp for schedule(dynamic)
    for (long first = 0; first < groups; first += together) {
      long count = groups - first < together ? groups - first : together;
      for (long g = 0; g < count; g++) begin(&of, &some[g], (first + g) * HIGH, B);
      for (long p = 0; p < of.panels; p += chunk)
        for (long g = 0; g < count; g++)
          for (long q = p; q < p + chunk && q < of.panels; q++)
            add_panel(&of, &some[g], q, gated);
      for (long g = 0; g < count; g++)
        for (long r = 0; r < some[g].rows; r++) settle(&of, &some[g], r);
      for (long g = 0; g < count; g++) end(&of, &some[g], n, below_of, top_score, top_item);
    }
    for (long g = 0; g < together; g++) release(&some[g]);
  }
  free(of.given.first), free(of.given.pair), free(of.added.first), free(of.added.pair);
}
