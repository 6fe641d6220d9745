/* Vectors of floats, and the product of a few rows with a panel of columns. */
#pragma once
#include <stdint.h>

#ifdef __AVX512F__
#include <immintrin.h>
#define WIDTH 16 /* floats of a vector */
#define HIGH 12  /* rows of a tile: with two vectors each, its sums fill the registers */
#else
#define WIDTH 8
#define HIGH 6
#endif
#define WIDE (2 * WIDTH) /* columns of a tile */

typedef float vec __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));
typedef int32_t ints __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));
typedef struct { vec sum[HIGH][2]; } Tile;

#define INLINE static inline __attribute__((always_inline))

INLINE long smaller(long a, long b) { return a < b ? a : b; }
INLINE long round_up(long n, long to) { return (n + to - 1) / to * to; }

INLINE vec load(const float *from) { return *(const vec *)from; }
INLINE void store(float *to, vec x) { *(vec *)to = x; }
INLINE vec all(float x) { return x - (vec){0}; }

/* A matrix whose element [r][d] is at data[r * row + d * depth]. */
typedef struct { const float *data; long row, depth; } Left;

INLINE Tile no_sums(void) { return (Tile){0}; }

/* A tile of a matrix, whose rows are `stride` apart. */
INLINE Tile take(const float *from, long stride) {
  Tile t;
  for (int r = 0; r < HIGH; r++)
    for (int i = 0; i < 2; i++) t.sum[r][i] = load(from + r * stride + i * WIDTH);
  return t;
}

INLINE void put(Tile t, float *to, long stride) {
  for (int r = 0; r < HIGH; r++)
    for (int i = 0; i < 2; i++) store(to + r * stride + i * WIDTH, t.sum[r][i]);
}

/* t + sum over d of left[r][d] right[d][0 .. WIDE): one after another, so that equal rows and
   columns have equal sums in every tile. Row d of right begins at right + d * stride. */
INLINE Tile product(Tile t, long depth, Left left, const float *right, long stride) {
  for (long d = 0; d < depth; d++) {
    vec a = load(right + d * stride), b = load(right + d * stride + WIDTH);
#pragma GCC unroll 12
    for (int r = 0; r < HIGH; r++) {
      vec x = all(left.data[r * left.row + d * left.depth]);
      t.sum[r][0] += x * a;
      t.sum[r][1] += x * b;
    }
  }
  return t;
}

INLINE long panels(long n) { return (n + WIDE - 1) / WIDE; }

/* The matrix [depth n] whose element [d][i] is at from[d * down + i * right], as panels of WIDE of its
   columns: [panels depth WIDE]; 0 beyond the last column. */
INLINE void pack(long n, long depth, const float *from, long down, long right, float *to) {
  for (long p = 0; p < panels(n); p++)
    for (long d = 0; d < depth; d++)
      for (long i = p * WIDE; i < (p + 1) * WIDE; i++)
        *to++ = i < n ? from[d * down + i * right] : 0;
}

/* a where the mask is -1, b where it is 0 */
INLINE vec pick(ints mask, vec a, vec b) { return (vec)((mask & (ints)a) | (~mask & (ints)b)); }

/* the larger of a and b; b where one of them is NaN */
INLINE vec larger(vec a, vec b) {
#ifdef __AVX512F__
  return (vec)_mm512_max_ps((__m512)a, (__m512)b);
#else
  return pick(a > b, a, b);
#endif
}

INLINE float sum_of(vec x) {
  float total = 0;
  for (int i = 0; i < WIDTH; i++) total += x[i];
  return total;
}

INLINE float largest_of(vec x) {
  float most = x[0];
  for (int i = 1; i < WIDTH; i++) most = x[i] > most ? x[i] : most;
  return most;
}

/* e^(x - n log 2) - 1, of an integer n so near that e^x is about 2^n: a polynomial (Cephes'
   coefficients of expf). The error of what follows is 2 units in the last place. */
INLINE vec remainder_of(vec x, vec n) {
  vec r = x - n * 0.693359375f + n * 2.12194440e-4f;
  vec p = all(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  return p * r * r + r;
}

/* e^x = power * (1 + q), with power a power of 2, for x from -87 to 88 */
typedef struct { vec power, q; } Exponential;

INLINE Exponential split_exponential(vec x) {
  vec magic = all(12582912); /* 1.5 * 2^23: its last bit is 1 */
  vec shifted = x * 1.44269504f + magic;
  vec q = remainder_of(x, shifted - magic);
  return (Exponential){(vec)(((ints)shifted - (ints)magic + 127) << 23), q};
}

/* e^x for x up to 88; 0 below -87; NaN stays. */
INLINE vec exponential(vec x) {
  vec least = all(-87);
#ifdef __AVX512F__ /* a third fewer instructions */
  __mmask16 some = _mm512_cmp_ps_mask((__m512)x, (__m512)least, _CMP_NLT_UQ);
  __m512 n = _mm512_roundscale_ps((__m512)(x * 1.44269504f), _MM_FROUND_TO_NEAREST_INT);
  return (vec)_mm512_maskz_scalef_ps(some, (__m512)(remainder_of(x, (vec)n) + 1), n);
#else
  ints small = x < least;
  Exponential e = split_exponential(pick(small, least, x));
  return pick(small, (vec){0}, e.power * e.q + e.power);
#endif
}

/* tanh x = (e^2x - 1) / (e^2x + 1), whose numerator has no rounding of 1 near 0. */
INLINE vec hyperbolic_tangent(vec x) {
  vec most = all(10), bounded = pick(x > most, most, pick(x < -most, -most, x));
  Exponential e = split_exponential(2 * bounded);
  return (e.power * e.q + (e.power - 1)) / (e.power * e.q + (e.power + 1));
}

/* log x of positive numbers, to within 2 units in the last place: Cephes' polynomial of logf. */
INLINE vec logarithm(vec x) {
  ints bits = (ints)x, exponent = ((bits >> 23) & 255) - 126;
  vec m = (vec)((bits & 0x7fffff) | 0x3f000000); /* in [.5, 1) */
  ints low = m < .70710678f;
  m = m + pick(low, m, (vec){0}) - 1;
  vec e = __builtin_convertvector(exponent + low, vec), z = m * m;
  vec p = all(7.0376836292e-2f);
  p = p * m - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  vec result = m + (p * m * z - 2.12194440e-4f * e - .5f * z) + .693359375f * e;
  return pick(x == x, result, x); /* what is not a number stays so */
}

/* A vector of the first `left` numbers, and of `rest` beyond them. */
INLINE vec load_part(const float *from, long left, float rest) {
  if (left >= WIDTH) return load(from);
  float some[WIDTH];
  for (int i = 0; i < WIDTH; i++) some[i] = i < left ? from[i] : rest;
  return load(some);
}

INLINE void store_part(float *to, long left, vec x) {
  if (left >= WIDTH) store(to, x);
  else
    for (int i = 0; i < left; i++) to[i] = x[i];
}
