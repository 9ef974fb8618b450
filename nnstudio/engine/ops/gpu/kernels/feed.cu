// Batches: the samples of some rows, scaled. Offset and scale are repeated along the features. `rows` holds
// those of a block of steps, `batch` of each, and the clock says whose turn it is.

#define GATHER(name, type) \
    extern "C" __global__ void name(const type* x, const long long* rows, const long long* clock, \
        const real* offset, const real* scale, real* out, int n, int features, int channels, int batch) { \
        rows += step_of_batch(clock) * batch; \
        EACH(i, n * features) { \
            const int f = i % features; \
            const real value = (real)x[(size_t)rows[i / features] * features + f]; \
            out[i] = (value - offset[f % channels]) * scale[f % channels]; \
        } \
    }

GATHER(gather_bytes, unsigned char)
GATHER(gather_floats, float)

extern "C" __global__ void gather_labels(const int* y, const long long* rows, int* out, int n) {
    EACH(i, n) out[i] = y[rows[i]];
}
