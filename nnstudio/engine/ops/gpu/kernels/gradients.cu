// What happens to whole gradients before the update: penalties and clipping.

// Penalties and clipping by value in place, and each block's share of the sum of squares
extern "C" __global__ void prepare_gradient(
    real* g, const real* w, const int* starts, const real* l1, const real* double_l2, double* squares,
    int count, int segments, double limit) {
    double sum = 0;
    EACH(i, count) {
        const int s = segment_of(i, starts, segments);
        const real value = penalised(g[i], w[i], l1[s], double_l2[s], (real)limit);
        g[i] = value;
        sum += (double)value * value;
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0) squares[blockIdx.x] = sum;
}

// The factor that brings the norm down to `most` where it is larger (Pascanu et al., 2013); one block
extern "C" __global__ void norm_factor(const double* squares, real* factor, int blocks, double most) {
    double sum = 0;
    EACH_COLUMN(i, blocks) sum += squares[i];
    const double norm = sqrt(block_sum(sum));
    if (threadIdx.x == 0) *factor = norm > most && norm < 1e300 ? (real)(most / norm) : (real)1;
}
