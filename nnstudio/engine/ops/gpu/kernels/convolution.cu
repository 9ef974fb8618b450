// Convolution as a matrix product: the pixels under the kernel as rows ("im2col"), and the way back.
// n samples, H x W pixels of C channels, oH x oW positions; the kernel has kh x kw taps for each of C / G
// channels. P = n * oH * oW, K = kh * kw * C / G.

#define GEOMETRY int n, int H, int W, int C, int oH, int oW, int kh, int kw, int sh, int sw, int dh, int dw, \
    int top, int left, int G

// Four channels at a time, read and written in one go; C then counts quads.
struct __align__(16) quad {
    real v[4];
    __device__ void operator+=(const quad& other) {
        for (int k = 0; k < 4; k++) v[k] += other.v[k];
    }
};

#define SHAPE n, H, W, C, oH, oW, kh, kw, sh, sw, dh, dw, top, left, G

// columns (G, P, K) from x (n, H, W, C); zeros where a tap lies on the padding
template <typename T>
__device__ void im2col_of(const T* x, T* columns, GEOMETRY) {
    const int c_count = C / G, K = kh * kw * c_count, P = n * oH * oW;
    EACH(i, G * P * K) {
        const int k = i % K, p = i / K % P, g = i / K / P;
        const int c = k % c_count, tap = k / c_count;
        const int y = p / oW % oH * sh + tap / kw * dh - top;
        const int column = p % oW * sw + tap % kw * dw - left;
        const bool inside = y >= 0 && y < H && column >= 0 && column < W;
        const size_t pixel = ((size_t)(p / oW / oH) * H + y) * W + column;
        columns[i] = inside ? x[pixel * C + g * c_count + c] : T{};
    }
}

extern "C" __global__ void im2col(const real* x, real* columns, GEOMETRY) { im2col_of(x, columns, SHAPE); }
extern "C" __global__ void im2col_quads(const quad* x, quad* columns, GEOMETRY) { im2col_of(x, columns, SHAPE); }

// The position of a window whose tap lies on a pixel, or -1 if there is none.
__device__ int position(int pixel, int before, int tap, int dilation, int stride, int positions) {
    const int first = pixel + before - tap * dilation;
    if (stride == 1) return first >= 0 && first < positions ? first : -1;
    return first >= 0 && first % stride == 0 && first / stride < positions ? first / stride : -1;
}

// dx (n, H, W, C): every pixel gathers from the columns (G, P, K) that it lies in, always in one order
template <typename T>
__device__ void col2im_of(const T* columns, T* dx, GEOMETRY) {
    const int c_count = C / G, K = kh * kw * c_count;
    const size_t group = (size_t)n * oH * oW * K;
    EACH(i, n * H * W * C) {
        const int channel = i % C, column = i / C % W, y = i / C / W % H, sample = i / C / W / H;
        const T* from = columns + channel / c_count * group + channel % c_count;
        T sum = T{};
        for (int tap_y = 0; tap_y < kh; tap_y++) {
            const int oy = position(y, top, tap_y, dh, sh, oH);
            if (oy < 0) continue;
            for (int tap_x = 0; tap_x < kw; tap_x++) {
                const int ox = position(column, left, tap_x, dw, sw, oW);
                if (ox < 0) continue;
                const size_t p = ((size_t)sample * oH + oy) * oW + ox;
                sum += from[p * K + (tap_y * kw + tap_x) * c_count];
            }
        }
        dx[i] = sum;
    }
}

extern "C" __global__ void col2im(const real* columns, real* dx, GEOMETRY) { col2im_of(columns, dx, SHAPE); }
extern "C" __global__ void col2im_quads(const quad* columns, quad* dx, GEOMETRY) { col2im_of(columns, dx, SHAPE); }
