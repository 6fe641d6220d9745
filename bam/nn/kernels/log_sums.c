/* log sum_i exp <x_n, e_i> of rows x_n over items e_i, and its gradient. Scores are made for some
   items and rows at a time, whose vectors stay in the cache; they lie as [items rows], so that sums
   over items need none within a vector. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "vector.h"

#define ROWS 512         /* rows of a block, at most */
#define ITEMS (8 * HIGH) /* items of a chunk */

static float *floats(long n) { return aligned_alloc(64, (n * sizeof(float) + 63) / 64 * 64); }

/* Rows of a block: blocks have equal sizes, in whole panels. */
static long block_size(long rows) {
  long blocks = (rows + ROWS - 1) / ROWS;
  return panels((rows + blocks - 1) / blocks) * WIDE;
}

/* The first `count` rows of a tile of a matrix. */
static Tile take_some(long count, const float *from, long stride) {
  Tile t = no_sums();
  for (int r = 0; r < count; r++)
    for (int i = 0; i < 2; i++) t.sum[r][i] = load(from + r * stride + i * WIDTH);
  return t;
}

static void put_some(long count, Tile t, float *to, long stride) {
  for (int r = 0; r < count; r++)
    for (int i = 0; i < 2; i++) store(to + r * stride + i * WIDTH, t.sum[r][i]);
}

/* scores [count WIDE] of `count` items with the rows of a panel; `few` has room for HIGH items */
static void score(long count, long dim, const float *items, const float *panel, float *scores,
                  long stride, float *few) {
  for (long i = 0; i < count; i += HIGH, items += HIGH * dim) {
    long some = smaller(HIGH, count - i);
    if (some < HIGH) items = memcpy(few, items, sizeof(float) * some * dim);
    Tile t = product(no_sums(), dim, (Left){items, dim, 1}, panel, WIDE);
    put_some(some, t, scores + i * stride, stride);
  }
}

/* Adds exp(score - top) of each row of a panel to total [WIDE], with the new top [WIDE]. */
static void add_up(long count, const float *scores, long stride, float *top, float *total) {
  for (long n = 0; n < WIDE; n += WIDTH) {
    const float *s = scores + n;
    vec most = load(top + n), sum = {0};
    for (long i = 0; i < count; i++) most = larger(load(s + i * stride), most);
#pragma GCC unroll 4
    for (long i = 0; i < count; i++) sum += exponential(load(s + i * stride) - most);
    store(total + n, load(total + n) * exponential(load(top + n) - most) + sum);
    store(top + n, most);
  }
}

/* lse [M] = log sum_i exp <x_n, e_i>, as sums over parts of the items for any number of threads.
   kept: for the scores of each part [part, M up to whole panels], or NULL. */
void log_sums(long rows, long items, long part, long dim, const float *x, const float *e,
              float *lse, float *const *kept, long threads) {
  long size = block_size(rows), all = panels(rows) * WIDE, parts = (items + part - 1) / part;
  float *columns = floats(size * dim), *found = floats(parts * 2 * ROWS);
  for (long first = 0; first < rows; first += size) {
    long count = smaller(size, rows - first), wide = panels(count) * WIDE;
    pack(count, dim, x + first * dim, 1, dim, columns);
#pragma omp parallel num_threads(threads)
    {
      float *scratch = floats(ITEMS * WIDE), *few = calloc(HIGH * dim, sizeof(float));
#pragma omp for schedule(static)
      for (long g = 0; g < parts; g++) {
        float *top = found + g * 2 * ROWS, *total = top + ROWS;
        for (long n = 0; n < wide; n++) top[n] = -INFINITY, total[n] = 0;
        const float *own = e + g * part * dim;
        for (long i = 0, end = smaller(part, items - g * part); i < end; i += ITEMS)
          for (long n = 0; n < wide; n += WIDE) {
            long chunk = smaller(ITEMS, end - i), stride = kept ? all : WIDE;
            float *scores = kept ? kept[g] + i * all + first + n : scratch;
            score(chunk, dim, own + i * dim, columns + n * dim, scores, stride, few);
            add_up(chunk, scores, stride, top + n, total + n);
          }
      }
      free(scratch), free(few);
    }
    for (long n = 0; n < count; n++) {
      float most = -INFINITY;
      double sum = 0;
      for (long g = 0; g < parts; g++) most = fmaxf(most, found[g * 2 * ROWS + n]);
      for (long g = 0; g < parts; g++)
        sum += found[g * 2 * ROWS + ROWS + n] * exp(found[g * 2 * ROWS + n] - most);
      lse[first + n] = most + log(sum);
    }
  }
  free(columns), free(found);
}

/* of_x [M D] and of_e [V D], from the gradient of lse [M]. D is a multiple of WIDE. */
void log_sums_backward(long rows, long items, long part, long dim, const float *x, const float *e,
                       const float *lse, const float *const *kept, const float *gradient,
                       float *of_x, float *of_e, long threads) {
  long size = block_size(rows), all = panels(rows) * WIDE, parts = (items + part - 1) / part;
  long each = (size + HIGH) * dim; /* of the sums of a part */
  float *columns = floats(size * dim), *weighted = floats(size * dim), *shift = floats(size);
  float *sums = floats(parts * each);
  for (long first = 0; first < rows; first += size) {
    long count = smaller(size, rows - first), wide = panels(count) * WIDE;
    pack(count, dim, x + first * dim, 1, dim, columns);
    for (long n = 0; n < wide; n++) {
      shift[n] = n < count ? lse[first + n] : 1e30f; /* no probability: padding of a panel */
      for (long d = 0; d < dim; d++)
        weighted[n * dim + d] = n < count ? gradient[first + n] * x[(first + n) * dim + d] : 0;
    }
#pragma omp parallel num_threads(threads)
    {
      float *p = floats((ITEMS + 1) * ROWS), *few = calloc(HIGH * dim, sizeof(float));
#pragma omp for schedule(static)
      for (long g = 0; g < parts; g++) {
        const float *own = e + g * part * dim;
        float *sum = sums + g * each, *of_own = of_e + g * part * dim;
        memset(sum, 0, sizeof(float) * each);
        for (long i = 0, end = smaller(part, items - g * part); i < end; i += ITEMS) {
          long chunk = smaller(ITEMS, end - i);
          for (long n = 0; n < wide; n += WIDE) {
            const float *scores = kept ? kept[g] + i * all + first + n : p + n;
            long stride = kept ? all : ROWS;
            if (!kept) score(chunk, dim, own + i * dim, columns + n * dim, p + n, ROWS, few);
            vec a = load(shift + n), b = load(shift + n + WIDTH);
#pragma GCC unroll 4
            for (long r = 0; r < chunk; r++, scores += stride) {
              store(p + r * ROWS + n, exponential(load(scores) - a));
              store(p + r * ROWS + n + WIDTH, exponential(load(scores + WIDTH) - b));
            }
          }
          for (long r = 0; r < chunk; r += HIGH)
            for (long d = 0; d < dim; d += WIDE) {
              float *to = of_own + (i + r) * dim + d;
              long some = smaller(HIGH, chunk - r);
              Tile t = take_some(first ? some : 0, to, dim);
              t = product(t, wide, (Left){p + r * ROWS, ROWS, 1}, weighted + d, dim);
              put_some(some, t, to, dim);
            }
          for (long n = 0; n < count; n += HIGH)
            for (long d = 0; d < dim; d += WIDE) {
              float *to = sum + n * dim + d;
              Tile t = product(take(to, dim), chunk, (Left){p + n, 1, ROWS}, own + i * dim + d, dim);
              put(t, to, dim);
            }
        }
      }
      free(p), free(few);
    }
    for (long n = 0; n < count; n++)
      for (long d = 0; d < dim; d++) {
        float total = 0;
        for (long g = 0; g < parts; g++) total += sums[g * each + n * dim + d];
        of_x[(first + n) * dim + d] = gradient[first + n] * total;
      }
  }
  free(columns), free(weighted), free(shift), free(sums);
}
