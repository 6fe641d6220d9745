/* Scores in the quickest arithmetic that a processor has: of rows that are rounded to words, each
   two bfloat16, or one float where there are no products of bfloat16. */
#include <math.h>
#include <string.h>

#ifdef __AVX512BF16__
#include <immintrin.h>
#endif

#include "vector.h"

#ifdef __AVX512BF16__
INLINE long words(long depth) { return (depth + 1) / 2; }

/* to the nearest, ties to even; what the products would take for 0 is 0 */
INLINE float rounded(float x) {
  if (fabsf(x) < 0x1p-126f) return 0;
  uint32_t bits;
  memcpy(&bits, &x, 4);
  bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
  memcpy(&x, &bits, 4);
  return x;
}

INLINE uint32_t word(long depth, const float *row, long w) {
  float x = rounded(row[2 * w]), y = 2 * w + 1 < depth ? rounded(row[2 * w + 1]) : 0;
  uint32_t low, high;
  memcpy(&low, &x, 4);
  memcpy(&high, &y, 4);
  return low >> 16 | high;
}

INLINE Tile first_pass(long words, const uint32_t *left, long stride, const uint32_t *right) {
  __m512 sum[HIGH][2] = {0};
  for (long w = 0; w < words; w++, right += WIDE) {
    __m512bh a = (__m512bh)_mm512_loadu_si512(right);
    __m512bh b = (__m512bh)_mm512_loadu_si512(right + WIDTH);
#pragma GCC unroll 12
    for (int r = 0; r < HIGH; r++) {
      __m512bh x = (__m512bh)_mm512_set1_epi32(left[r * stride + w]);
      sum[r][0] = _mm512_dpbf16_ps(sum[r][0], x, a);
      sum[r][1] = _mm512_dpbf16_ps(sum[r][1], x, b);
    }
  }
  Tile t;
#pragma GCC unroll 12
  for (int r = 0; r < HIGH; r++) t.sum[r][0] = (vec)sum[r][0], t.sum[r][1] = (vec)sum[r][1];
  return t;
}
#else
INLINE long words(long depth) { return depth; }
INLINE float rounded(float x) { return x; }

INLINE uint32_t word(long depth, const float *row, long w) {
  (void)depth;
  uint32_t bits;
  memcpy(&bits, row + w, 4);
  return bits;
}

INLINE Tile first_pass(long words, const uint32_t *left, long stride, const uint32_t *right) {
  Left rows = {(const float *)left, stride, 1};
  return product(no_sums(), words, rows, (const float *)right, WIDE);
}
#endif

typedef struct {
  double norm, change; /* of a row, and of what rounding has changed */
} Norms;

INLINE Norms norms(long depth, const float *row) {
  double all = 0, change = 0;
  for (long d = 0; d < depth; d++) {
    double x = row[d], y = x - rounded(row[d]);
    all += x * x;
    change += y * y;
  }
  return (Norms){sqrt(all), sqrt(change)};
}
