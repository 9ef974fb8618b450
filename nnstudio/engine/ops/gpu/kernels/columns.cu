// Sums down the columns of a matrix (bias gradients, statistics of channels) in two passes without
// atomics, so that they come out the same every time: each thread adds up a column's share in one chunk of
// rows; then a block per column adds up the chunks, in double.

// part[chunk, column] = sum of the chunk's rows of x (rows, columns)
extern "C" __global__ void sum_chunks(const real* x, real* part, int rows, int columns, int chunk_rows) {
    const int chunks = (rows + chunk_rows - 1) / chunk_rows;
    EACH(i, chunks * columns) {
        const int column = i % columns, first = i / columns * chunk_rows;
        const int end = min(rows, first + chunk_rows);
        real sum = 0;
        for (int row = first; row < end; row++) sum += x[(size_t)row * columns + column];
        part[i] = sum;
    }
}

// out[column] = sum over the chunks of part (chunks, columns)
extern "C" __global__ void sum_of_chunks(const real* part, real* out, int chunks, int columns) {
    EACH_ROW(column, columns) {
        double sum = 0;
        EACH_COLUMN(chunk, chunks) sum += part[(size_t)chunk * columns + column];
        sum = block_sum(sum);
        if (threadIdx.x == 0) out[column] = (real)sum;
    }
}
