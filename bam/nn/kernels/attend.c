/* ComiRec-SA: energy[n][k] = <w2_k, tanh(W1 (e_n + p_n))>, and means weighted by its softmax. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "vector.h"

#define BLOCK (4 * HIGH) /* items at a time: what is made of them stays in a cache */
#define GROUPS 16        /* at most, in which gradients of weights are added up, for any threads */

typedef struct {
  long items, dim, hidden, interests, length; /* N D H K L */
  const float *rows;                           /* [B L D] */
  const int64_t *place;                        /* [N] of B * L: which of them are items */
  const float *position, *w1, *w2;             /* [L D] [H D] [K H] */
} Attention;

/* The rows of a matrix [n m], filled up with 0 to whole panels of columns. */
static float *pad(long n, long m, const float *rows) {
  float *to = calloc(n * panels(m) * WIDE, sizeof(float));
  for (long i = 0; i < n; i++) memcpy(to + i * panels(m) * WIDE, rows + i * m, sizeof(float) * m);
  return to;
}

/* e_n + p_n of a block of items [BLOCK D]; 0 beyond the last */
static void placed(const Attention *a, long first, float *x) {
  for (long n = 0; n < BLOCK; n++) {
    if (first + n >= a->items) {
      memset(x + n * a->dim, 0, sizeof(float) * a->dim);
      continue;
    }
    long at = a->place[first + n];
    const float *e = a->rows + at * a->dim, *p = a->position + at % a->length * a->dim;
    for (long d = 0; d < a->dim; d++) x[n * a->dim + d] = e[d] + p[d];
  }
}

/* tanhs [N up to a whole BLOCK, H up to a whole WIDE]: tanh(W1 (e + p)), for backward; NULL: none.
   energy [B L K]: only those of items are set. */
void energies(long items, long dim, long hidden, long interests, long length, const float *rows,
              const int64_t *place, const float *position, const float *w1, const float *w2,
              float *tanhs, float *energy, long threads) {
  Attention a = {items, dim, hidden, interests, length, rows, place, position, w1, w2};
  long wide = panels(hidden) * WIDE;
  float *packed = malloc(sizeof(float) * wide * dim), *heads = pad(interests, hidden, w2);
  pack(hidden, dim, w1, 1, dim, packed);
#pragma omp parallel num_threads(threads)
  {
    float *x = malloc(sizeof(float) * BLOCK * dim), *block = malloc(sizeof(float) * BLOCK * wide);
#pragma omp for schedule(static)
    for (long first = 0; first < items; first += BLOCK) {
      float *out = tanhs ? tanhs + first * wide : block;
      placed(&a, first, x);
      long count = smaller(BLOCK, items - first);
      for (long h = 0; h < wide; h += WIDE)
        for (long n = 0; n < count; n += HIGH) {
          Tile t = product(no_sums(), dim, (Left){x + n * dim, dim, 1}, packed + h * dim, WIDE);
          for (int r = 0; r < HIGH; r++)
            for (int i = 0; i < 2; i++)
              store(out + (n + r) * wide + h + i * WIDTH, hyperbolic_tangent(t.sum[r][i]));
        }
      for (long n = 0; n < count; n++)
        for (long k = 0; k < interests; k++) {
          vec sum = {0};
          for (long h = 0; h < wide; h += WIDTH)
            sum += load(out + n * wide + h) * load(heads + k * wide + h);
          energy[place[first + n] * interests + k] = sum_of(sum);
        }
    }
    free(x), free(block);
  }
  free(packed), free(heads);
}

/* The gradient of what tanh is taken of, of a block of items [BLOCK step], 0 beyond the last; that
   of the heads is added to of_heads [K wide]. energy [BLOCK K] is the gradient of the energies. */
static void of_tanh(long count, long wide, long step, long interests, const float *tanhs,
                    const float *heads, const float *energy, float *restrict of_hidden,
                    float *restrict of_heads) {
  for (long h = 0; h < wide; h += WIDTH) {
    for (long n = 0; n < count; n++) {
      vec t = load(tanhs + n * wide + h), sum = {0};
      for (long k = 0; k < interests; k++)
        sum += energy[n * interests + k] * load(heads + k * wide + h);
      store(of_hidden + n * step + h, sum * (1 - t * t));
    }
    for (long k = 0; k < interests; k++) {
      vec sum = load(of_heads + k * wide + h);
      for (long n = 0; n < count; n++)
        sum += energy[n * interests + k] * load(tanhs + n * wide + h);
      store(of_heads + k * wide + h, sum);
    }
  }
  memset(of_hidden + count * step, 0, sizeof(float) * (BLOCK - count) * step);
}

/* Adds the gradient of the items to of_rows [B L D], and stores those of the weights. */
void energies_backward(long items, long dim, long hidden, long interests, long length,
                       const float *rows, const int64_t *place, const float *position,
                       const float *w1, const float *w2, const float *tanhs, const float *of_energy,
                       float *of_rows, float *of_position, float *of_w1, float *of_w2, long threads) {
  Attention a = {items, dim, hidden, interests, length, rows, place, position, w1, w2};
  long across = panels(dim) * WIDE, wide = panels(hidden) * WIDE;
  long step = wide + WIDTH; /* of_hidden's rows: a tile that begins within them ends within them */
  long own = length * dim + step * across + interests * wide; /* sums of a group */
  long blocks = (items + BLOCK - 1) / BLOCK, groups = blocks / 8 < GROUPS ? blocks / 8 + 1 : GROUPS;
  float *packed = malloc(sizeof(float) * across * hidden), *heads = pad(interests, hidden, w2);
  float *sums = calloc(groups * own, sizeof(float));
  pack(dim, hidden, w1, dim, 1, packed);
#pragma omp parallel num_threads(threads)
  {
    float *x = malloc(sizeof(float) * BLOCK * dim), *right = malloc(sizeof(float) * BLOCK * across);
    float *of_hidden = calloc(BLOCK * step, sizeof(float));
    float *energy = malloc(sizeof(float) * BLOCK * interests);
#pragma omp for schedule(dynamic, 1)
    for (long g = 0; g < groups; g++) {
      float *position_sum = sums + g * own, *w1_sum = position_sum + length * dim;
      float *heads_sum = w1_sum + step * across;
      for (long block = blocks * g / groups; block < blocks * (g + 1) / groups; block++) {
        long first = block * BLOCK, count = smaller(BLOCK, items - first);
        placed(&a, first, x);
        for (long n = 0; n < count; n++)
          memcpy(energy + n * interests, of_energy + place[first + n] * interests,
                 sizeof(float) * interests);
        of_tanh(count, wide, step, interests, tanhs + first * wide, heads, energy, of_hidden, heads_sum);
        for (long p = 0; p < across; p += WIDE)
          for (long n = 0; n < count; n += HIGH) {
            Left left = {of_hidden + n * step, step, 1};
            put(product(no_sums(), hidden, left, packed + p * hidden, WIDE), right + n * across + p, across);
          }
        for (long n = 0; n < count; n++) {
          float *restrict to = of_rows + place[first + n] * dim;
          float *restrict at = position_sum + place[first + n] % length * dim;
          const float *restrict from = right + n * across;
          for (long d = 0; d < dim; d++) to[d] += from[d], at[d] += from[d];
        }
        pack(dim, BLOCK, x, dim, 1, right); /* x as panels */
        for (long p = 0; p < across; p += WIDE)
          for (long h = 0; h < hidden; h += HIGH) {
            float *to = w1_sum + h * across + p;
            Left left = {of_hidden + h, 1, step};
            put(product(take(to, across), BLOCK, left, right + p * BLOCK, WIDE), to, across);
          }
      }
    }
    free(x), free(right), free(of_hidden), free(energy);
  }
  memset(of_position, 0, sizeof(float) * length * dim);
  memset(of_w1, 0, sizeof(float) * hidden * dim);
  memset(of_w2, 0, sizeof(float) * interests * hidden);
  for (long g = 0; g < groups; g++) {
    const float *position_sum = sums + g * own, *w1_sum = position_sum + length * dim;
    const float *heads_sum = w1_sum + step * across;
    for (long i = 0; i < length * dim; i++) of_position[i] += position_sum[i];
    for (long h = 0; h < hidden; h++)
      for (long d = 0; d < dim; d++) of_w1[h * dim + d] += w1_sum[h * across + d];
    for (long k = 0; k < interests; k++)
      for (long h = 0; h < hidden; h++) of_w2[k * hidden + h] += heads_sum[k * wide + h];
  }
  free(packed), free(heads), free(sums);
}

/* share [B K L]: softmax over the items of each history, 0 on padding; mean [B K D] of them. */
void pool(long histories, long length, long interests, long dim, const float *energy,
          const uint8_t *real, const float *rows, float *share, float *mean, long threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (long b = 0; b < histories; b++) {
    const float *e = rows + b * length * dim;
    for (long k = 0; k < interests; k++) {
      float *of = share + (b * interests + k) * length, *m = mean + (b * interests + k) * dim;
      float most = -INFINITY, total = 0;
      for (long l = 0; l < length; l++) {
        of[l] = real[b * length + l] ? energy[(b * length + l) * interests + k] : -INFINITY;
        most = of[l] > most ? of[l] : most;
      }
      long l = 0;
      for (; l + WIDTH <= length; l += WIDTH) store(of + l, exponential(load(of + l) - most));
      if (l < length) {
        vec rest = all(-INFINITY);
        memcpy(&rest, of + l, sizeof(float) * (length - l));
        rest = exponential(rest - most);
        memcpy(of + l, &rest, sizeof(float) * (length - l));
      }
      for (l = 0; l < length; l++) total += of[l];
      for (l = 0; l < length; l++) of[l] /= total;
      for (long d = 0; d < dim; d += WIDTH) {
        vec sum = {0};
        for (l = 0; l < length; l++)
          if (of[l] != 0) sum += of[l] * load_part(e + l * dim + d, dim - d, 0);
        store_part(m + d, dim - d, sum);
      }
    }
  }
}

/* Stores of_energy [B L K] and of_rows [B L D], both 0 on padding. of_share may be NULL. */
void pool_backward(long histories, long length, long interests, long dim, const float *share,
                   const uint8_t *real, const float *rows, const float *of_share,
                   const float *of_mean, float *of_energy, float *of_rows, long threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (long b = 0; b < histories; b++) {
    memset(of_rows + b * length * dim, 0, sizeof(float) * length * dim);
    memset(of_energy + b * length * interests, 0, sizeof(float) * length * interests);
    for (long k = 0; k < interests; k++) {
      const float *of = share + (b * interests + k) * length, *m = of_mean + (b * interests + k) * dim;
      float whole = 0;
      for (long l = 0; l < length; l++) {
        if (!real[b * length + l]) continue;
        const float *e = rows + (b * length + l) * dim;
        float *to = of_rows + (b * length + l) * dim, sum = 0;
#pragma omp simd reduction(+ : sum)
        for (long d = 0; d < dim; d++) sum += m[d] * e[d];
        for (long d = 0; d < dim; d++) to[d] += of[l] * m[d];
        if (of_share) sum += of_share[(b * interests + k) * length + l];
        of_energy[(b * length + l) * interests + k] = sum;
        whole += of[l] * sum;
      }
      for (long l = 0; l < length; l++)
        if (real[b * length + l]) {
          float *to = of_energy + (b * length + l) * interests + k;
          *to = of[l] * (*to - whole);
        }
    }
  }
}

/* mean [B D] of the items of each history. */
void mean_item(long histories, long length, long dim, const float *rows, const uint8_t *real,
               float *mean, long threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (long b = 0; b < histories; b++) {
    float *restrict to = mean + b * dim;
    long count = 0;
    memset(to, 0, sizeof(float) * dim);
    for (long l = 0; l < length; l++) {
      if (!real[b * length + l]) continue;
      const float *restrict e = rows + (b * length + l) * dim;
      for (long d = 0; d < dim; d++) to[d] += e[d];
      count++;
    }
    for (long d = 0; d < dim; d++) to[d] /= count ? count : 1;
  }
}
