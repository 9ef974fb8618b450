// What all kernels share. `real` is float or double; counts are ints (below 2^31, which the caller checks).
// The same source is compiled by NVRTC for the GPU and, in the tests, by the host's C++ compiler.

typedef unsigned int bits;

// The elements i = 0 ... count - 1, shared out to all threads.
#define EACH(i, count) \
    for (bits i = blockIdx.x * blockDim.x + threadIdx.x; i < (bits)(count); i += gridDim.x * blockDim.x)

// Rows row = 0 ... count - 1, a block for each, whose threads work on it together.
#define EACH_ROW(row, count) for (int row = blockIdx.x; row < (count); row += gridDim.x)

// Columns k = 0 ... count - 1 of a row, shared out to the threads of its block.
#define EACH_COLUMN(k, count) for (int k = threadIdx.x; k < (count); k += blockDim.x)

#define MOST_THREADS 256

// As NumPy's: NaN if one of them is.
__device__ real larger(real a, real b) { return a > b || a != a ? a : b; }
__device__ real smaller(real a, real b) { return a < b || a != a ? a : b; }
__device__ real sign_of(real x) { return x > 0 ? (real)1 : x < 0 ? (real)-1 : x != x ? x : (real)0; }

// The sum over the threads of a block, whose number is a power of two; all of them get it.
__device__ double block_sum(double value) {
    __shared__ double part[MOST_THREADS];
    const int t = threadIdx.x;
    __syncthreads();  // everybody has read the sum before
    part[t] = value;
    __syncthreads();
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        if (t < half) part[t] += part[t + half];
        __syncthreads();
    }
    return part[0];
}

// The largest value over the threads of a block, NaN if one of them has NaN.
__device__ real block_max(real value) {
    __shared__ real part[MOST_THREADS];
    const int t = threadIdx.x;
    __syncthreads();
    part[t] = value;
    __syncthreads();
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        if (t < half) part[t] = larger(part[t], part[t + half]);
        __syncthreads();
    }
    return part[0];
}

// Which stretch of the flat vector a weight lies in; `starts` rises from 0.
__device__ int segment_of(int i, const int* starts, int segments) {
    int low = 0, high = segments - 1;
    while (low < high) {
        const int middle = (low + high + 1) / 2;
        if (starts[middle] <= i) low = middle;
        else high = middle - 1;
    }
    return low;
}

// The gradient with those of the penalties l1 * sum |w| + l2 * sum w^2, cut at +-limit (0: not).
__device__ real penalised(real g, real w, real l1, real double_l2, real limit) {
    if (double_l2 != 0) g = g + w * double_l2;
    if (l1 != 0) g = g + sign_of(w) * l1;
    return limit > 0 ? smaller(larger(g, -limit), limit) : g;
}
