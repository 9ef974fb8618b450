// Pooling, channel by channel; padding is never the largest value and doesn't count in the mean. G is 1.

extern "C" __global__ void max_pool(const real* x, real* out, GEOMETRY) {
    EACH(i, n * oH * oW * C) {
        const int c = i % C, ox = i / C % oW, oy = i / C / oW % oH, sample = i / C / oW / oH;
        real best = 0;
        bool found = false;
        for (int tap_y = 0; tap_y < kh; tap_y++) {
            const int y = oy * sh + tap_y * dh - top;
            if (y < 0 || y >= H) continue;
            for (int tap_x = 0; tap_x < kw; tap_x++) {
                const int column = ox * sw + tap_x * dw - left;
                if (column < 0 || column >= W) continue;
                const real value = x[(((size_t)sample * H + y) * W + column) * C + c];
                best = found ? larger(best, value) : value;
                found = true;
            }
        }
        out[i] = best;
    }
}

// No tap in front of this one holds the largest value of the window, too.
__device__ bool is_first(
    const real* x, real best, int sample, int oy, int ox, int before, int c, GEOMETRY) {
    for (int tap = 0; tap < before; tap++) {
        const int y = oy * sh + tap / kw * dh - top, column = ox * sw + tap % kw * dw - left;
        if (y < 0 || y >= H || column < 0 || column >= W) continue;
        if (x[(((size_t)sample * H + y) * W + column) * C + c] == best) return false;
    }
    return true;
}

// dx: a pixel gathers the gradients of the windows in which it is the largest, and the first of several
extern "C" __global__ void max_pool_input(
    const real* dy, const real* x, const real* best, real* dx, GEOMETRY) {
    EACH(i, n * H * W * C) {
        const int c = i % C, column = i / C % W, y = i / C / W % H, sample = i / C / W / H;
        real sum = 0;
        for (int tap = 0; tap < kh * kw; tap++) {
            const int oy = position(y, top, tap / kw, dh, sh, oH);
            const int ox = position(column, left, tap % kw, dw, sw, oW);
            if (oy < 0 || ox < 0) continue;
            const size_t p = (((size_t)sample * oH + oy) * oW + ox) * C + c;
            if (x[i] == best[p] && is_first(x, best[p], sample, oy, ox, tap, c, SHAPE)) sum += dy[p];
        }
        dx[i] = sum;
    }
}

// The same where the windows lie side by side and cover the image: each gives to its own pixels
extern "C" __global__ void max_pool_input_apart(
    const real* dy, const real* x, const real* best, real* dx, GEOMETRY) {
    EACH(i, n * oH * oW * C) {
        const int c = i % C, ox = i / C % oW, row = i / C / oW;  // row: of all images together
        const real most = best[i];
        bool given = false;
        for (int tap_y = 0; tap_y < kh; tap_y++) {
            for (int tap_x = 0; tap_x < kw; tap_x++) {
                const size_t pixel = (((size_t)row * kh + tap_y) * W + ox * kw + tap_x) * C + c;
                const bool first = !given && x[pixel] == most;
                dx[pixel] = first ? dy[i] : (real)0;
                given = given || first;
            }
        }
    }
}

// How many taps lie on the image, along one axis.
__device__ int taps_inside(int start, int taps, int dilation, int size) {
    int count = 0;
    for (int tap = 0; tap < taps; tap++) {
        const int pixel = start + tap * dilation;
        count += pixel >= 0 && pixel < size;
    }
    return count;
}

extern "C" __global__ void average_pool(const real* x, real* out, GEOMETRY) {
    EACH(i, n * oH * oW * C) {
        const int c = i % C, ox = i / C % oW, oy = i / C / oW % oH, sample = i / C / oW / oH;
        const int y0 = oy * sh - top, x0 = ox * sw - left;
        real sum = 0;
        for (int tap = 0; tap < kh * kw; tap++) {
            const int y = y0 + tap / kw * dh, column = x0 + tap % kw * dw;
            if (y >= 0 && y < H && column >= 0 && column < W)
                sum += x[(((size_t)sample * H + y) * W + column) * C + c];
        }
        out[i] = sum * ((real)1 / (taps_inside(y0, kh, dh, H) * taps_inside(x0, kw, dw, W)));
    }
}

extern "C" __global__ void average_pool_input(const real* dy, real* dx, GEOMETRY) {
    EACH(i, n * H * W * C) {
        const int c = i % C, column = i / C % W, y = i / C / W % H, sample = i / C / W / H;
        real sum = 0;
        for (int tap = 0; tap < kh * kw; tap++) {
            const int oy = position(y, top, tap / kw, dh, sh, oH);
            const int ox = position(column, left, tap % kw, dw, sw, oW);
            if (oy < 0 || ox < 0) continue;
            const int pixels = taps_inside(oy * sh - top, kh, dh, H) * taps_inside(ox * sw - left, kw, dw, W);
            sum += dy[(((size_t)sample * oH + oy) * oW + ox) * C + c] * ((real)1 / pixels);
        }
        dx[i] = sum;
    }
}

// out (n, C): the mean over the pixels of x (n, pixels, C)
extern "C" __global__ void global_average(const real* x, real* out, int n, int pixels, int C) {
    EACH(i, n * C) {
        const real* from = x + (size_t)(i / C) * pixels * C + i % C;
        real sum = 0;
        for (int p = 0; p < pixels; p++) sum += from[(size_t)p * C];
        out[i] = sum * ((real)1 / pixels);
    }
}

extern "C" __global__ void global_average_input(const real* dy, real* dx, int n, int pixels, int C) {
    EACH(i, n * pixels * C) dx[i] = dy[i / C / pixels * C + i % C] * ((real)1 / pixels);
}

// out (n, oH, oW, C) = x (n, H, W, C) moved down by `top` and right by `left`; zeros where there is none.
// Negative numbers take a border off.
extern "C" __global__ void shift(
    const real* x, real* out, int n, int H, int W, int C, int oH, int oW, int top, int left) {
    EACH(i, n * oH * oW * C) {
        const int c = i % C, column = (int)(i / C % oW) - left, y = (int)(i / C / oW % oH) - top;
        const bool inside = y >= 0 && y < H && column >= 0 && column < W;
        const size_t pixel = ((size_t)(i / C / oW / oH) * H + y) * W + column;
        out[i] = inside ? x[pixel * C + c] : (real)0;
    }
}
