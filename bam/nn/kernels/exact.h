/* The score of a user and an item: max over k of <m_k, e> + w_k, summed in float64 in one order.

   The product of two floats is exact in float64, so the score is the same on every processor. */
#include <string.h>

#ifdef __AVX512F__
#include <immintrin.h>
#endif

#include "vector.h"

typedef double doubles __attribute__((vector_size(64), aligned(4), may_alias));
typedef int64_t longs __attribute__((vector_size(64)));
typedef double quad __attribute__((vector_size(32), aligned(4), may_alias));
typedef int64_t longs4 __attribute__((vector_size(32)));
typedef float floats __attribute__((vector_size(32), aligned(4), may_alias));

INLINE doubles widen(const float *x) {
#ifdef __AVX512F__
  return (doubles)_mm512_cvtps_pd(_mm256_loadu_ps(x));
#else
  return __builtin_convertvector(*(const floats *)x, doubles);
#endif
}

/* The sums of four vectors, each in the same order */
INLINE quad sums(const doubles x[4]) {
#define SHUFFLE(x, y, ...) __builtin_shuffle(x, y, (longs){__VA_ARGS__})
#define PAIRS(x, y) \
  (SHUFFLE(x, y, 0, 8, 2, 10, 4, 12, 6, 14) + SHUFFLE(x, y, 1, 9, 3, 11, 5, 13, 7, 15))
  doubles a = PAIRS(x[0], x[1]), b = PAIRS(x[2], x[3]);
  doubles c = SHUFFLE(a, b, 0, 1, 8, 9, 4, 5, 12, 13) + SHUFFLE(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
  union { doubles whole; quad half[2]; } both = {c};
  return both.half[0] + both.half[1];
#undef SHUFFLE
#undef PAIRS
}

/* What up to four interests m [. depth] give to an item's row e, where depth is a multiple of 8 */
INLINE quad scores_by(long count, long depth, const double *m, const double *log_weight,
                      const float *e) {
  doubles sum[4] = {0};
  for (long d = 0; d < depth; d += 8) {
    doubles x = widen(e + d);
#pragma GCC unroll 4
    for (long k = 0; k < count; k++) sum[k] += *(const doubles *)(m + k * depth + d) * x;
  }
  return sums(sum) + *(const quad *)log_weight;
}

/* Of round_up(K, 4) interests */
INLINE void score_each(long K, long depth, const double *m, const double *log_weight,
                       const float *e, double *score) {
  for (long k = 0; k < K; k += 4)
    *(quad *)(score + k) = scores_by(4, depth, m + k * depth, log_weight + k, e);
}

/* The first of the best of K scores; of those that are no numbers, if there are */
INLINE long best_of(long K, const double *score) {
  long best = 0;
  for (long k = 1; k < K && score[best] == score[best]; k++)
    if (!(score[k] <= score[best])) best = k;
  return best;
}

INLINE quad larger_of(quad a, quad b) {
  longs4 mask = a > b;
  return (quad)((mask & (longs4)a) | (~mask & (longs4)b));
}

/* The score of an item: the best, without a branch, as which it is is random */
INLINE double exact(long K, long depth, const double *m, const double *log_weight, const float *e) {
  double score[round_up(K, 4)];
  score_each(K, depth, m, log_weight, e, score);
  quad best = *(const quad *)score, zero = best * 0; /* NaN where a score is infinite or NaN */
  for (long k = 4; k < K; k += 4) {
    quad x = *(const quad *)(score + k);
    best = larger_of(x, best);
    zero += x * 0;
  }
  zero += __builtin_shuffle(zero, (longs4){2, 3, 0, 1});
  best = larger_of(best, __builtin_shuffle(best, (longs4){2, 3, 0, 1}));
  best = larger_of(best, __builtin_shuffle(best, (longs4){1, 0, 3, 2}));
  return zero[0] + zero[1] == 0 ? best[0] : score[best_of(K, score)];
}

/* Interests and log weights, as `score_each` reads them: up to a multiple of 4 the last again */
INLINE void widen_all(long K, long D, const float *vectors, const double *log_weight, double *m,
                      double *w) {
  long depth = round_up(D, 8);
  memset(m, 0, round_up(K, 4) * depth * sizeof(double));
  for (long k = 0; k < round_up(K, 4); k++) {
    long same = k < K ? k : K - 1;
    for (long d = 0; d < D; d++) m[k * depth + d] = vectors[same * D + d];
    w[k] = log_weight[same];
  }
}
