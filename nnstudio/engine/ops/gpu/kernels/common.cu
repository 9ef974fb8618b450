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

// The clock of a block of steps (see clock.py); without one, everything is the first step's. The loss moves
// it: what comes behind it in a step works on the gradients of the step before.
__device__ long long step_of_batch(const long long* clock) { return clock ? clock[0] : 0; }
__device__ long long step_of_gradient(const long long* clock) { return clock ? clock[1] : 0; }

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

// Sums down the columns of (rows, columns) take a block for each strip: `width` columns, a power of two, of
// `chunk_rows` rows, which its threads share out so that those of equal number modulo `width` have a column.
struct Strip {
    int chunk, column;
    int first, end, step;  // the thread's rows
    bool writes;  // it is the one that writes what its column comes to
};

#define STRIPS(rows, columns, chunk_rows, width) \
    (((rows) + (chunk_rows) - 1) / (chunk_rows) * (((columns) + (width) - 1) / (width)))

__device__ Strip strip_of(int number, int rows, int columns, int chunk_rows, int width) {
    const int across = (columns + width - 1) / width, lane = threadIdx.x / width;
    Strip s;
    s.chunk = number / across;
    s.column = number % across * width + threadIdx.x % width;
    s.first = s.chunk * chunk_rows + lane;
    s.end = s.column < columns ? min(rows, (s.chunk + 1) * chunk_rows) : 0;
    s.step = blockDim.x / width;
    s.writes = lane == 0 && s.column < columns;
    return s;
}

// The sum over the threads of a column; all of them get it.
__device__ real block_column_sum(real value, int width) {
    __shared__ real part[MOST_THREADS];
    const int t = threadIdx.x;
    __syncthreads();
    part[t] = value;
    __syncthreads();
    for (int half = blockDim.x / 2; half >= width; half /= 2) {
        if (t < half) part[t] += part[t + half];
        __syncthreads();
    }
    return part[t % width];
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
