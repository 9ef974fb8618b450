// Noise and other elementwise work.

extern "C" __global__ void add(const real* a, const real* b, real* out, int count) {
    EACH(i, count) out[i] = a[i] + b[i];
}

// 32 random bits that follow from the position and a key of 2 x 32 bits; see engine/ops/noise.py, whose
// bits these are.
__device__ bits mixed(bits x) {
    x = (x ^ (x >> 16)) * 0x7FEB352Du;
    x = (x ^ (x >> 15)) * 0x846CA68Bu;
    return x ^ (x >> 16);
}

__device__ bits random_bits(bits position, bits low, bits high) { return mixed(mixed(position + low) + high); }

// mask = 0 where the bits are below `least`, else `kept` = 1 / (1 - rate), and out = x * mask
extern "C" __global__ void dropout(
    const real* x, real* mask, real* out, int count, bits low, bits high, double least, double kept) {
    EACH(i, count) {
        mask[i] = (double)random_bits(i, low, high) >= least ? (real)kept : (real)0;
        out[i] = x[i] * mask[i];
    }
}

// The mask alone, for one that holds for many values
extern "C" __global__ void dropout_mask(real* mask, int count, bits low, bits high, double least, double kept) {
    EACH(i, count) mask[i] = (double)random_bits(i, low, high) >= least ? (real)kept : (real)0;
}

// out = x * mask, for one mask value per `count / pixels / C` sample and channel, the same for all pixels
extern "C" __global__ void times_mask(const real* x, const real* mask, real* out, int count, int pixels, int C) {
    EACH(i, count) out[i] = x[i] * mask[i / C / pixels * C + i % C];
}

// out = x + stddev * N(0, 1) (Box & Muller, 1958)
extern "C" __global__ void gaussian_noise(
    const real* x, real* out, int count, bits low, bits high, bits low2, bits high2, double stddev) {
    EACH(i, count) {
        const real u = ((real)random_bits(i, low, high) + (real)0.5) * (real)2.3283064365386963e-10;
        const real v = ((real)random_bits(i, low2, high2) + (real)0.5) * (real)2.3283064365386963e-10;
        const real normal = sqrt(log(u) * (real)-2) * cos(v * (real)6.283185307179586);
        out[i] = x[i] + normal * (real)stddev;
    }
}
