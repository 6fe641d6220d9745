/* -log p of a target against negatives, of which hard ones count more, for groups of interests. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "vector.h"

/* score_j = log sum_m exp(z_m,j + gate_m), and share_m,j = exp(z_m,j + gate_m - score_j). */
static void join(long members, long count, const float **z, const float *gate, float *score,
                 float *share) {
  for (long j = 0; j < count; j += WIDTH) {
    long left = count - j;
    vec top = all(-INFINITY), total = {0};
    for (long m = 0; m < members; m++) top = larger(top, load_part(z[m] + j, left, 0) + gate[m]);
    for (long m = 0; m < members; m++) {
      vec x = exponential(load_part(z[m] + j, left, 0) + gate[m] - top);
      store_part(share + m * count + j, left, x);
      total += x;
    }
    store_part(score + j, left, top + logarithm(total));
    vec factor = 1 / total;
    for (long m = 0; m < members; m++)
      store_part(share + m * count + j, left, load_part(share + m * count + j, left, 0) * factor);
  }
}

/* softplus(hard - positive), hard = log(sum_j w_j exp s_j / mean_j w_j), w_j = exp(beta s_j), over
   the j that are no hit; s_j = score_j - log_q_j. score becomes the gradient of s, of_positive that
   of positive. buffer [2 S] is for numbers in between. */
static float against(long count, const uint8_t *hit, const float *log_q, float beta, float positive,
                     float *score, float *of_positive, float *buffer) {
  long real = 0;
  vec top = all(-INFINITY);
  for (long j = 0; j < count; j++) {
    real += !hit[j];
    score[j] = hit[j] ? -INFINITY : score[j] - log_q[j];
  }
  *of_positive = 0;
  if (!real) {
    memset(score, 0, sizeof(float) * count);
    return 0;
  }
  for (long j = 0; j < count; j += WIDTH) top = larger(top, load_part(score + j, count - j, -INFINITY));
  float most = largest_of(top), *weighted = buffer, *weights = buffer + count;
  vec sum = {0}, weight_sum = {0};
  for (long j = 0; j < count; j += WIDTH) {
    vec x = load_part(score + j, count - j, -INFINITY) - most;
    vec weight = beta ? exponential(beta * x) : pick(x == -INFINITY, (vec){0}, all(1));
    vec raised = weight * exponential(x);
    store_part(weights + j, count - j, weight), store_part(weighted + j, count - j, raised);
    sum += raised, weight_sum += weight;
  }
  float total = sum_of(sum), weight = sum_of(weight_sum);
  float odds = most + logf(total) - logf(weight) + logf(real) - positive;
  float sigmoid = 1 / (1 + expf(-odds));
  float of_total = sigmoid * (1 + beta) / total, of_weight = sigmoid * beta / weight;
  for (long j = 0; j < count; j++) score[j] = weighted[j] * of_total - weights[j] * of_weight;
  *of_positive = -sigmoid;
  return (odds > 0 ? odds : 0) + log1pf(expf(-fabsf(odds)));
}

/* z [B C S]: what the C vectors of a row give to the negatives. group [B G M]: the vectors that answer
   together; gate [B G M], or NULL. hit [B S]; log_q [R S], R 1 or B.
   Stored: nll [B G], its gradients of_score [B G S] and of_positive [B G], and share [B G M S]; no
   share is needed, and it may be NULL, where M is 1. */
void nll(long rows, long vectors, long groups, long members, long count, const float *z,
         const int64_t *group, const float *gate, const uint8_t *hit, const float *log_q, long log_qs,
         const float *positive, float beta, float *nlls, float *of_score, float *of_positive,
         float *share, long threads) {
#pragma omp parallel num_threads(threads)
  {
    const float **of = malloc(sizeof(float *) * members);
    float *buffer = malloc(sizeof(float) * 2 * count), *none = calloc(members, sizeof(float));
#pragma omp for schedule(static)
    for (long b = 0; b < rows; b++)
      for (long g = b * groups; g < (b + 1) * groups; g++) {
        float *score = of_score + g * count;
        const float *weight = gate ? gate + g * members : none;
        for (long m = 0; m < members; m++) of[m] = z + (b * vectors + group[g * members + m]) * count;
        if (members > 1) join(members, count, of, weight, score, share + g * members * count);
        else
          for (long j = 0; j < count; j++) score[j] = of[0][j] + weight[0];
        nlls[g] = against(count, hit + b * count, log_q + (log_qs > 1) * b * count, beta, positive[g],
                          score, of_positive + g, buffer);
      }
    free(of), free(buffer), free(none);
  }
}

/* Adds the gradient of z to of_z [B C S], and stores that of the gate [B G M] unless it is NULL. */
void nll_backward(long rows, long vectors, long groups, long members, long count,
                  const int64_t *group, const float *of_nll, const float *of_score,
                  const float *share, float *of_z, float *of_gate, long threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (long b = 0; b < rows; b++)
    for (long g = b * groups; g < (b + 1) * groups; g++)
      for (long m = 0; m < members; m++) {
        float *restrict to = of_z + (b * vectors + group[g * members + m]) * count, sum = 0;
        const float *restrict score = of_score + g * count;
        const float *restrict of = share ? share + (g * members + m) * count : NULL;
        if (of) {
          for (long j = 0; j < count; j++) to[j] += of_nll[g] * score[j] * of[j];
          if (of_gate)
#pragma omp simd reduction(+ : sum)
            for (long j = 0; j < count; j++) sum += score[j] * of[j];
        } else {
          for (long j = 0; j < count; j++) to[j] += of_nll[g] * score[j];
          if (of_gate)
#pragma omp simd reduction(+ : sum)
            for (long j = 0; j < count; j++) sum += score[j];
        }
        if (of_gate) of_gate[g * members + m] = of_nll[g] * sum;
      }
}
