// Depthwise convolution: each of C channels has M filters of its own, kernel (kh, kw, C, M).

// out[.., c * M + m] = sum over taps of x[.., c] * kernel[tap, c, m] + bias
extern "C" __global__ void depthwise(
    const real* x, const real* kernel, const real* bias, real* out, int M, GEOMETRY) {
    const int filters = C * M;
    EACH(i, n * oH * oW * filters) {
        const int f = i % filters, ox = i / filters % oW, oy = i / filters / oW % oH;
        const int sample = i / filters / oW / oH;
        real sum = bias ? bias[f] : (real)0;
        for (int tap_y = 0; tap_y < kh; tap_y++) {
            const int y = oy * sh + tap_y * dh - top;
            if (y < 0 || y >= H) continue;
            for (int tap_x = 0; tap_x < kw; tap_x++) {
                const int column = ox * sw + tap_x * dw - left;
                if (column < 0 || column >= W) continue;
                const size_t pixel = ((size_t)sample * H + y) * W + column;
                sum += x[pixel * C + f / M] * kernel[(tap_y * kw + tap_x) * filters + f];
            }
        }
        out[i] = sum;
    }
}

// dx (n, H, W, C): every pixel gathers from the windows that it lies in
extern "C" __global__ void depthwise_input(const real* dz, const real* kernel, real* dx, int M, GEOMETRY) {
    const int filters = C * M;
    EACH(i, n * H * W * C) {
        const int c = i % C, column = i / C % W, y = i / C / W % H, sample = i / C / W / H;
        real sum = 0;
        for (int tap_y = 0; tap_y < kh; tap_y++) {
            const int oy = position(y, top, tap_y, dh, sh, oH);
            if (oy < 0) continue;
            for (int tap_x = 0; tap_x < kw; tap_x++) {
                const int ox = position(column, left, tap_x, dw, sw, oW);
                if (ox < 0) continue;
                const size_t p = ((size_t)sample * oH + oy) * oW + ox;
                for (int f = c * M; f < (c + 1) * M; f++)
                    sum += dz[p * filters + f] * kernel[(tap_y * kw + tap_x) * filters + f];
            }
        }
        dx[i] = sum;
    }
}

// part[chunk, tap, f] = sum over the chunk's rows of outputs of pixel * dz; sum_of_chunks adds them up
extern "C" __global__ void depthwise_kernel(
    const real* x, const real* dz, real* part, int M, int chunk_rows, GEOMETRY) {
    const int filters = C * M, size = kh * kw * filters, rows = n * oH;
    const int chunks = (rows + chunk_rows - 1) / chunk_rows;
    EACH(i, chunks * size) {
        const int f = i % filters, tap = i / filters % (kh * kw), first = i / size * chunk_rows;
        const int end = min(rows, first + chunk_rows);
        real sum = 0;
        for (int row = first; row < end; row++) {
            const int y = row % oH * sh + tap / kw * dh - top;
            if (y < 0 || y >= H) continue;
            for (int ox = 0; ox < oW; ox++) {
                const int column = ox * sw + tap % kw * dw - left;
                if (column < 0 || column >= W) continue;
                const size_t pixel = ((size_t)(row / oH) * H + y) * W + column;
                sum += x[pixel * C + f / M] * dz[((size_t)row * oW + ox) * filters + f];
            }
        }
        part[i] = sum;
    }
}
