// Winograd's convolution (see ops/winograd_matrices.py): tiles of M x M outputs from SIDE x SIDE inputs. A
// thread transforms a tile of one channel; the products between are one matrix product for each of the
// SIDE * SIDE frequencies. n images of H x W pixels and C channels, `down` x `across` tiles of each, whose
// first begins at (-top, -left); T = n * down * across.

constexpr int M = $outputs, SIDE = M + 2, F = SIDE * SIDE;

// Each takes values `step` apart to values as far apart, along one axis; and those in front rows of a square
// of SIDE x SIDE, down its columns and along its rows.
$transforms

#define TILES int n, int H, int W, int C, int down, int across, int top, int left
#define TILE_OF(i) \
    const int c = (i) % C, tile = (i) / C, x0 = tile % across * M - left, y0 = tile / across % down * M - top; \
    const size_t image = (size_t)(tile / across / down) * H * W; \
    const size_t step = (size_t)n * down * across * C;

// V (F, T, C) from x (n, H, W, C); zeros around the images
extern "C" __global__ void winograd_input(const real* x, real* V, TILES) {
    EACH(i, n * down * across * C) {
        TILE_OF(i)
        real square[F];
        #pragma unroll
        for (int k = 0; k < F; k++) {
            const int y = y0 + k / SIDE, column = x0 + k % SIDE;
            const bool inside = y >= 0 && y < H && column >= 0 && column < W;
            square[k] = inside ? x[(image + (size_t)y * W + column) * C + c] : (real)0;
        }
        of_input_square(square);
        #pragma unroll
        for (int k = 0; k < F; k++) V[k * step + i] = square[k];
    }
}

// U (F, count) from a kernel (3, 3, count), as it is or turned by 180 degrees
extern "C" __global__ void winograd_kernel(const real* kernel, real* U, int count, int turned) {
    EACH(i, count) {
        real square[F];
        #pragma unroll
        for (int k = 0; k < 9; k++)
            square[k / 3 * SIDE + k % 3] = kernel[(size_t)(turned ? 8 - k : k) * count + i];
        of_kernel_square(square);
        #pragma unroll
        for (int k = 0; k < F; k++) U[(size_t)k * count + i] = square[k];
    }
}

// out (n, H, W, C) from the products (F, T, C)
extern "C" __global__ void winograd_output(const real* products, real* out, TILES) {
    EACH(i, n * down * across * C) {
        TILE_OF(i)
        real square[F];
        #pragma unroll
        for (int k = 0; k < F; k++) square[k] = products[k * step + i];
        of_output_square(square);
        #pragma unroll
        for (int k = 0; k < M * M; k++) {
            const int y = y0 + k / M, column = x0 + k % M;
            if (y >= H || column >= W) continue;
            out[(image + (size_t)y * W + column) * C + c] = square[k / M * SIDE + k % M];
        }
    }
}

// The adjoint: gradients of the products (F, T, C) from dz (n, H, W, C)
extern "C" __global__ void winograd_output_gradient(const real* dz, real* products, TILES) {
    EACH(i, n * down * across * C) {
        TILE_OF(i)
        real square[F];
        #pragma unroll
        for (int k = 0; k < M * M; k++) {
            const int y = y0 + k / M, column = x0 + k % M;
            const bool inside = y < H && column < W;
            square[k / M * SIDE + k % M] = inside ? dz[(image + (size_t)y * W + column) * C + c] : (real)0;
        }
        of_output_gradient_square(square);
        #pragma unroll
        for (int k = 0; k < F; k++) products[k * step + i] = square[k];
    }
}

// The sums over the parts of dU (F, parts, count), in place of the first parts
extern "C" __global__ void winograd_sum_parts(real* dU, int count, int parts) {
    EACH(i, F * count) {
        real* to = dU + (size_t)(i / count) * parts * count + i % count;
        real sum = 0;
        for (int part = 0; part < parts; part++) sum += to[(size_t)part * count];
        *to = sum;
    }
}

// The kernel's gradient (3, 3, count) from the first parts of dU (F, parts, count); or that added to it
extern "C" __global__ void winograd_kernel_gradient(
    const real* dU, real* d_kernel, int count, int parts, int more) {
    EACH(i, count) {
        real square[F];
        #pragma unroll
        for (int k = 0; k < F; k++) square[k] = dU[(size_t)k * parts * count + i];
        of_kernel_gradient_square(square);
        #pragma unroll
        for (int k = 0; k < 9; k++) {
            const real value = square[k / 3 * SIDE + k % 3];
            real* to = d_kernel + (size_t)k * count + i;
            *to = more ? *to + value : value;
        }
    }
}
