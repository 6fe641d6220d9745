/* Vectors of floats, and the product of a few rows with a panel of columns. */
#include <stdint.h>

#ifdef __AVX512F__
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

INLINE vec load(const float *from) { return *(const vec *)from; }
INLINE void store(float *to, vec x) { *(vec *)to = x; }
INLINE vec all(float x) { return x - (vec){0}; }

/* sum over d of left[r][d] right[d][0 .. WIDE): one after another, so that equal rows and columns
   have equal sums in every tile. Row r begins at left + r * stride; right is a packed panel. */
INLINE Tile product(long depth, const float *left, long stride, const float *right) {
  Tile t = {0};
  for (long d = 0; d < depth; d++, right += WIDE) {
    vec a = load(right), b = load(right + WIDTH);
#pragma GCC unroll 12
    for (int r = 0; r < HIGH; r++) {
      vec x = all(left[r * stride + d]);
      t.sum[r][0] += x * a;
      t.sum[r][1] += x * b;
    }
  }
  return t;
}

/* Rows of a matrix [n depth] as panels of WIDE columns, [panels depth WIDE]; 0 beyond the last. */
INLINE void pack(long n, long depth, const float *rows, float *panels) {
  for (long i = 0; i < (n + WIDE - 1) / WIDE * WIDE; i++)
    for (long d = 0; d < depth; d++)
      panels[(i / WIDE * depth + d) * WIDE + i % WIDE] = i < n ? rows[i * depth + d] : 0;
}

/* a where the mask is -1, b where it is 0 */
INLINE vec pick(ints mask, vec a, vec b) { return (vec)((mask & (ints)a) | (~mask & (ints)b)); }
INLINE vec larger(vec a, vec b) { return pick(a > b, a, b); }

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

/* exp x for x up to 88, to within 2 units in the last place: 2^n by the exponent's bits, and a
   polynomial in the rest (Cephes' coefficients of exp). 0 below -87; NaN stays. */
INLINE vec exponential(vec x) {
  vec least = all(-87), magic = all(12582912); /* 1.5 * 2^23: its last bit is 1 */
  ints small = x < least;
  vec bounded = pick(small, least, x);
  vec shifted = bounded * 1.44269504f + magic, whole = shifted - magic;
  vec r = bounded - whole * 0.693359375f + whole * 2.12194440e-4f;
  vec p = all(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1;
  vec power = (vec)(((ints)shifted - (ints)magic + 127) << 23);
  return pick(small, (vec){0}, power * p);
}
