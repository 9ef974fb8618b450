// Noise and other elementwise work.

extern "C" __global__ void add(const real* a, const real* b, real* out, int count) {
    EACH(i, count) out[i] = a[i] + b[i];
}

typedef unsigned long long long_bits;

// SplitMix64's output function; see engine/ops/noise.py, whose numbers these are.
__device__ long_bits mixed64(long_bits x) {
    x += 0x9E3779B97F4A7C15ull;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
    return x ^ (x >> 31);
}

// A layer's key: given as two halves, or with a clock what follows from these, the step and the layer.
#define KEY bits low, bits high, const long long* clock, int layer
#define KEY_GIVEN low, high, clock, layer
__device__ long_bits key_of(KEY) {
    const long_bits key = (long_bits)high << 32 | low;
    return clock ? mixed64(mixed64(key ^ (long_bits)(clock[0] + clock[2])) ^ (long_bits)layer) : key;
}

// 32 random bits that follow from the position and a key.
__device__ bits mixed(bits x) {
    x = (x ^ (x >> 16)) * 0x7FEB352Du;
    x = (x ^ (x >> 15)) * 0x846CA68Bu;
    return x ^ (x >> 16);
}

__device__ bits random_bits(bits position, long_bits key) {
    return mixed(mixed(position + (bits)key) + (bits)(key >> 32));
}

// mask = 0 where the bits are below `least`, else `kept` = 1 / (1 - rate), and out = x * mask
extern "C" __global__ void dropout(
    const real* x, real* mask, real* out, int count, KEY, double least, double kept) {
    const long_bits key = key_of(KEY_GIVEN);
    EACH(i, count) {
        mask[i] = (double)random_bits(i, key) >= least ? (real)kept : (real)0;
        out[i] = x[i] * mask[i];
    }
}

// The mask alone, for one that holds for many values
extern "C" __global__ void dropout_mask(real* mask, int count, KEY, double least, double kept) {
    const long_bits key = key_of(KEY_GIVEN);
    EACH(i, count) mask[i] = (double)random_bits(i, key) >= least ? (real)kept : (real)0;
}

// out = x * mask, for one mask value per `count / pixels / C` sample and channel, the same for all pixels
extern "C" __global__ void times_mask(const real* x, const real* mask, real* out, int count, int pixels, int C) {
    EACH(i, count) out[i] = x[i] * mask[i / C / pixels * C + i % C];
}

// out = x + stddev * N(0, 1) (Box & Muller, 1958)
extern "C" __global__ void gaussian_noise(const real* x, real* out, int count, KEY, double stddev) {
    const long_bits key = key_of(KEY_GIVEN), second = mixed64(key);
    EACH(i, count) {
        const real u = ((real)random_bits(i, key) + (real)0.5) * (real)2.3283064365386963e-10;
        const real v = ((real)random_bits(i, second) + (real)0.5) * (real)2.3283064365386963e-10;
        const real normal = sqrt(log(u) * (real)-2) * cos(v * (real)6.283185307179586);
        out[i] = x[i] + normal * (real)stddev;
    }
}
