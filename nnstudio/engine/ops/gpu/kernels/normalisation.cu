// Batch and layer normalisation. A channel's moments are found chunk by chunk of its M rows, first the
// chunk's mean and then the squares around it, and put together in double (Chan, Golub & LeVeque, 1983).
// `near` is the mean as a real; what that rounding took off is made up for in `shift`.

// means[chunk, channel], squares[chunk, channel] = sum of (x - mean)^2 over the chunk's rows of x (M, C)
extern "C" __global__ void chunk_moments(
    const real* x, real* means, real* squares, int M, int C, int chunk_rows, int width) {
    EACH_ROW(number, STRIPS(M, C, chunk_rows, width)) {
        const Strip s = strip_of(number, M, C, chunk_rows, width);
        const int count = min(chunk_rows, M - s.chunk * chunk_rows);
        real sum = 0;
        for (int row = s.first; row < s.end; row += s.step) sum += x[(size_t)row * C + s.column];
        const real mean = block_column_sum(sum, width) / count;
        real rest = 0, square = 0;  // what rounding left of the mean, and the squares
        for (int row = s.first; row < s.end; row += s.step) {
            const real away = x[(size_t)row * C + s.column] - mean;
            rest += away;
            square += away * away;
        }
        rest = block_column_sum(rest, width);
        square = block_column_sum(square, width);
        if (s.writes) {
            means[(size_t)s.chunk * C + s.column] = mean + rest / count;
            squares[(size_t)s.chunk * C + s.column] = square - rest * (rest / count);
        }
    }
}

// Mean, variance and inverse of every channel; the running ones move towards them, unless a loss was NaN.
extern "C" __global__ void batch_statistics(
    const real* means, const real* squares, double* mean, double* variance, double* inverse,
    real* moving_mean, real* moving_variance, const int* alive,
    int M, int C, int chunk_rows, double momentum, double epsilon) {
    const int chunks = (M + chunk_rows - 1) / chunk_rows;
    EACH_ROW(c, C) {
        double sum = 0;
        EACH_COLUMN(k, chunks) sum += (double)means[k * C + c] * min(chunk_rows, M - k * chunk_rows);
        const double centre = block_sum(sum) / M;
        double square = 0;
        EACH_COLUMN(k, chunks) {
            const double away = means[k * C + c] - centre;
            square += squares[k * C + c] + away * away * min(chunk_rows, M - k * chunk_rows);
        }
        square = block_sum(square) / M;
        if (threadIdx.x == 0) {
            const double spread = square > 0 || square != square ? square : 0;
            mean[c] = centre;
            variance[c] = spread;
            inverse[c] = 1 / sqrt(spread + epsilon);
            if (*alive) {
                moving_mean[c] = (real)(momentum * moving_mean[c] + (1 - momentum) * centre);
                moving_variance[c] = (real)(momentum * moving_variance[c] + (1 - momentum) * spread);
            }
        }
    }
}

extern "C" __global__ void moving_statistics(
    const real* moving_mean, const real* moving_variance, double* mean, double* variance, double* inverse,
    int C, double epsilon) {
    EACH(c, C) {
        mean[c] = moving_mean[c];
        variance[c] = moving_variance[c];
        inverse[c] = 1 / sqrt(variance[c] + epsilon);
    }
}

// sums[0][chunk, channel] = sum of dz and sums[1][..] = sum of dz * (x - near) over the chunk's rows
extern "C" __global__ void batch_norm_sums(
    const real* dz, const real* x, const double* mean, real* sums, int M, int C, int chunk_rows, int width) {
    const size_t chunks = (M + chunk_rows - 1) / chunk_rows;
    EACH_ROW(number, STRIPS(M, C, chunk_rows, width)) {
        const Strip s = strip_of(number, M, C, chunk_rows, width);
        const real near = s.column < C ? (real)mean[s.column] : (real)0;
        real of_dz = 0, of_product = 0;
        for (int row = s.first; row < s.end; row += s.step) {
            const real d = dz[(size_t)row * C + s.column];
            of_dz += d;
            of_product += d * (x[(size_t)row * C + s.column] - near);
        }
        of_dz = block_column_sum(of_dz, width);
        of_product = block_column_sum(of_product, width);
        if (s.writes) {
            sums[s.chunk * C + s.column] = of_dz;
            sums[(chunks + s.chunk) * C + s.column] = of_product;
        }
    }
}

// d_beta, d_gamma, and what dx needs of each channel: slope and shift (2, C), in real
extern "C" __global__ void batch_norm_gradients(
    const real* sums, const double* mean, const double* inverse, real* d_gamma, real* d_beta, real* lines,
    int M, int C, int chunk_rows, int of_batch) {
    const int chunks = (M + chunk_rows - 1) / chunk_rows;
    EACH_ROW(c, C) {
        double of_dz = 0, of_product = 0;
        EACH_COLUMN(k, chunks) {
            of_dz += sums[k * C + c];
            of_product += sums[(chunks + k) * C + c];
        }
        of_dz = block_sum(of_dz);
        of_product = block_sum(of_product);
        if (threadIdx.x == 0) {
            const double rounded = mean[c] - (real)mean[c], share = of_batch ? 1.0 / M : 0.0;
            of_product = (of_product - rounded * of_dz) * inverse[c];
            if (d_beta) d_beta[c] = (real)of_dz;
            if (d_gamma) d_gamma[c] = (real)of_product;
            const double slope = inverse[c] * of_product * share;
            lines[c] = (real)slope;
            lines[C + c] = (real)(of_dz * share - slope * rounded);
        }
    }
}

// dz <- (dz - shift - slope * (x - near)) * gamma * inverse
extern "C" __global__ void batch_norm_input(
    real* dz, const real* x, const double* mean, const double* inverse, const real* gamma,
    const real* lines, int M, int C) {
    EACH(i, M * C) {
        const int c = i % C;
        const real factor = (real)(gamma ? inverse[c] * gamma[c] : inverse[c]);
        dz[i] = (dz[i] - lines[C + c] - lines[c] * (x[i] - (real)mean[c])) * factor;
    }
}

// Every row of x (M, C) to mean 0 and variance 1 by itself; a block per row
extern "C" __global__ void layer_norm(
    const real* x, const real* gamma, const real* beta, real* mean, real* inverse, real* out,
    int M, int C, double epsilon) {
    EACH_ROW(row, M) {
        const real* from = x + (size_t)row * C;
        real* to = out + (size_t)row * C;
        double sum = 0, square = 0;
        EACH_COLUMN(c, C) sum += from[c];
        const double centre = block_sum(sum) / C;
        EACH_COLUMN(c, C) square += (from[c] - centre) * (from[c] - centre);
        const double factor = 1 / sqrt(block_sum(square) / C + epsilon);
        EACH_COLUMN(c, C) {
            const real unit = (real)((from[c] - centre) * factor);
            const real scaled = gamma ? unit * gamma[c] : unit;
            to[c] = beta ? scaled + beta[c] : scaled;
        }
        if (threadIdx.x == 0) {
            mean[row] = (real)centre;
            inverse[row] = (real)factor;
        }
    }
}

// sums[0][chunk, channel] = sum of dy and sums[1][..] = sum of dy * x^ over the chunk's rows
extern "C" __global__ void layer_norm_sums(
    const real* dy, const real* x, const real* mean, const real* inverse, real* sums,
    int M, int C, int chunk_rows, int width) {
    const size_t chunks = (M + chunk_rows - 1) / chunk_rows;
    EACH_ROW(number, STRIPS(M, C, chunk_rows, width)) {
        const Strip s = strip_of(number, M, C, chunk_rows, width);
        real of_dy = 0, of_product = 0;
        for (int row = s.first; row < s.end; row += s.step) {
            const real d = dy[(size_t)row * C + s.column];
            of_dy += d;
            of_product += d * ((x[(size_t)row * C + s.column] - mean[row]) * inverse[row]);
        }
        of_dy = block_column_sum(of_dy, width);
        of_product = block_column_sum(of_product, width);
        if (s.writes) {
            sums[s.chunk * C + s.column] = of_dy;
            sums[(chunks + s.chunk) * C + s.column] = of_product;
        }
    }
}

// dy <- inverse * (g - mean g - x^ * mean g * x^) with g = gamma * dy; a block per row
extern "C" __global__ void layer_norm_input(
    real* dy, const real* x, const real* mean, const real* inverse, const real* gamma, int M, int C) {
    EACH_ROW(row, M) {
        const real* from = x + (size_t)row * C;
        real* d = dy + (size_t)row * C;
        double of_g = 0, of_product = 0;
        EACH_COLUMN(c, C) {
            const real g = gamma ? d[c] * gamma[c] : d[c];
            of_g += g;
            of_product += g * ((from[c] - mean[row]) * inverse[row]);
        }
        const real mean_g = (real)(block_sum(of_g) / C), mean_product = (real)(block_sum(of_product) / C);
        EACH_COLUMN(c, C) {
            const real g = gamma ? d[c] * gamma[c] : d[c];
            d[c] = (g - mean_g - (from[c] - mean[row]) * inverse[row] * mean_product) * inverse[row];
        }
    }
}
