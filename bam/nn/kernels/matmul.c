/* Matrix products of any strides, whose sums do not depend on the shape or the number of threads. */
#include <stdlib.h>
#include <string.h>
#include "vector.h"

#define BLOCK (4 * HIGH) /* rows that meet a panel while it is in a cache */

/* out[i][j] = sum_d x[i * x_row + d * x_depth] y[d * y_depth + j * y_column], or its tanh; out [M N].
   packed [panels(N) depth WIDE] is room for y. */
void multiply(long rows, long columns, long depth, const float *x, long x_row, long x_depth,
              const float *y, long y_depth, long y_column, float *packed, float *out, long tanh,
              long threads) {
#pragma omp parallel num_threads(threads)
  {
    float *last = calloc(HIGH * depth, sizeof(float)); /* the last rows, filled up with 0 */
#pragma omp for schedule(static)
    for (long j = 0; j < columns; j += WIDE)
      pack(smaller(WIDE, columns - j), depth, y + j * y_column, y_depth, y_column, packed + j * depth);
#pragma omp for schedule(static)
    for (long first = 0; first < rows; first += BLOCK)
      for (long j = 0; j < columns; j += WIDE)
        for (long i = first; i < smaller(first + BLOCK, rows); i += HIGH) {
          long high = smaller(HIGH, rows - i), left = columns - j;
          Left of = {x + i * x_row, x_row, x_depth};
          if (high < HIGH) {
            for (long r = 0; r < high; r++)
              for (long d = 0; d < depth; d++) last[r * depth + d] = of.data[r * x_row + d * x_depth];
            of = (Left){last, depth, 1};
          }
          Tile t = product(no_sums(), depth, of, packed + j * depth, WIDE);
          if (tanh)
            for (int r = 0; r < HIGH; r++)
              for (int v = 0; v < 2; v++) t.sum[r][v] = hyperbolic_tangent(t.sum[r][v]);
          if (high == HIGH && left >= WIDE) put(t, out + i * columns + j, columns);
          else
            for (long r = 0; r < high; r++)
              for (int v = 0; v < 2; v++)
                store_part(out + (i + r) * columns + j + v * WIDTH, left - v * WIDTH, t.sum[r][v]);
        }
    free(last);
  }
}
