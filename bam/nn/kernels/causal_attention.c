/* Attention of each item of a history to itself and to those before it. Rows of all histories lie
   one after another; one head of one history at a time stays in a cache. */
#include <math.h>
#include <stdlib.h>
#include "vector.h"

/* One head of a history of n items: matrices [n up to whole tiles, width], and [n wide] of weights. */
typedef struct {
  long n, wide, size, width; /* items, and as whole panels; of a head, and as whole panels */
  float *q, *k, *v, *of_out, *columns, *found, *share, *slope;
} Head;

static Head make_head(long longest, long size) {
  Head a = {.size = size, .width = panels(size) * WIDE};
  long rows = longest + HIGH, matrix = rows * a.width, square = rows * (longest + WIDE) + HIGH;
  a.q = calloc(6 * matrix + WIDE * size + 2 * square, sizeof(float));
  a.k = a.q + matrix, a.v = a.k + matrix, a.of_out = a.v + matrix, a.found = a.of_out + matrix;
  a.columns = a.found + matrix, a.share = a.columns + matrix + WIDE * size;
  a.slope = a.share + square;
  return a;
}

/* to [n width] = scale * rows of `size` numbers, `stride` apart */
static void copy_in(const Head *a, const float *from, long stride, float scale, float *to) {
  for (long i = 0; i < a->n; i++)
    for (long d = 0; d < a->size; d++) to[i * a->width + d] = scale * from[i * stride + d];
}

static void copy_out(const Head *a, float scale, float *to, long stride) {
  for (long i = 0; i < a->n; i++)
    for (long d = 0; d < a->size; d++) to[i * stride + d] = scale * a->found[i * a->width + d];
}

/* out [n wide] = left right^T, up to each item's own column */
static void meet(const Head *a, const float *left, const float *right, float *out) {
  pack(a->n, a->size, right, 1, a->width, a->columns);
  for (long i = 0; i < a->n; i += HIGH)
    for (long j = 0; j < smaller(a->n, i + HIGH); j += WIDE) {
      Left rows = {left + i * a->width, a->width, 1};
      put(product(no_sums(), a->size, rows, a->columns + j * a->size, WIDE), out + i * a->wide + j, a->wide);
    }
}

/* found = weight right: of each item, over those up to it */
static void over_earlier(const Head *a, const float *weight, const float *right) {
  for (long i = 0; i < a->n; i += HIGH)
    for (long d = 0; d < a->width; d += WIDE) {
      Left rows = {weight + i * a->wide, a->wide, 1};
      Tile t = product(no_sums(), smaller(a->n, i + HIGH), rows, right + d, a->width);
      put(t, a->found + i * a->width + d, a->width);
    }
}

/* found = weight^T right: of each item, over those from it on */
static void over_later(const Head *a, const float *weight, const float *right) {
  for (long i = 0; i < a->n; i += HIGH)
    for (long d = 0; d < a->width; d += WIDE) {
      Left rows = {weight + i * a->wide + i, 1, a->wide};
      Tile t = product(no_sums(), a->n - i, rows, right + i * a->width + d, a->width);
      put(t, a->found + i * a->width + d, a->width);
    }
}

/* share [n wide] = softmax of q k^T up to each item, and 0 after it */
static void shares(const Head *a) {
  meet(a, a->q, a->k, a->share);
  for (long i = 0; i < a->n; i++) {
    float *s = a->share + i * a->wide;
    vec most = all(-INFINITY), total = {0};
    for (long j = 0; j <= i; j += WIDTH) most = larger(load_part(s + j, i + 1 - j, -INFINITY), most);
    float top = largest_of(most);
    for (long j = 0; j < a->wide; j += WIDTH) {
      vec p = j <= i ? exponential(load_part(s + j, i + 1 - j, -INFINITY) - top) : (vec){0};
      store(s + j, p);
      total += p;
    }
    float scale = 1 / sum_of(total);
    for (long j = 0; j <= i; j += WIDTH) store(s + j, load(s + j) * scale);
  }
}

static void read_head(Head *a, long first, long next, long dim, long h, const float *projected) {
  const float *from = projected + first * 3 * dim + h * a->size;
  a->n = next - first, a->wide = panels(a->n) * WIDE;
  copy_in(a, from, 3 * dim, 1 / sqrtf(a->size), a->q);
  copy_in(a, from + dim, 3 * dim, 1, a->k);
  copy_in(a, from + 2 * dim, 3 * dim, 1, a->v);
}

/* out [N D] from q, k and v side by side, projected [N 3D]; history b has rows start[b]..start[b+1] */
void attend(long histories, long longest, long dim, long heads, const int64_t *start,
            const float *projected, float *out, long threads) {
#pragma omp parallel num_threads(threads)
  {
    Head a = make_head(longest, dim / heads);
#pragma omp for schedule(dynamic, 1)
    for (long b = 0; b < histories; b++)
      for (long h = 0; h < heads; h++) {
        read_head(&a, start[b], start[b + 1], dim, h, projected);
        shares(&a);
        over_earlier(&a, a.share, a.v);
        copy_out(&a, 1, out + start[b] * dim + h * a.size, dim);
      }
    free(a.q);
  }
}

/* of_projected [N 3D], from of_out [N D] */
void attend_backward(long histories, long longest, long dim, long heads, const int64_t *start,
                     const float *projected, const float *of_out, float *of_projected,
                     long threads) {
#pragma omp parallel num_threads(threads)
  {
    Head a = make_head(longest, dim / heads);
#pragma omp for schedule(dynamic, 1)
    for (long b = 0; b < histories; b++)
      for (long h = 0; h < heads; h++) {
        float *to = of_projected + start[b] * 3 * dim + h * a.size;
        read_head(&a, start[b], start[b + 1], dim, h, projected);
        copy_in(&a, of_out + start[b] * dim + h * a.size, dim, 1, a.of_out);
        shares(&a);
        over_later(&a, a.share, a.of_out);
        copy_out(&a, 1, to + 2 * dim, 3 * dim);
        meet(&a, a.of_out, a.v, a.slope);
        for (long i = 0; i < a.n; i++) { /* gradient of a softmax */
          float *s = a.slope + i * a.wide, *p = a.share + i * a.wide;
          vec sum = {0};
          for (long j = 0; j <= i; j += WIDTH) sum += load(p + j) * load_part(s + j, i + 1 - j, 0);
          float mean = sum_of(sum);
          for (long j = 0; j < a.wide; j += WIDTH)
            store(s + j, load(p + j) * (load_part(s + j, i + 1 - j, 0) - mean));
        }
        over_earlier(&a, a.slope, a.k);
        copy_out(&a, 1 / sqrtf(a.size), to, 3 * dim);
        over_later(&a, a.slope, a.q);
        copy_out(&a, 1, to + dim, 3 * dim);
      }
    free(a.q);
  }
}
