// Sums down the columns of a matrix (bias gradients, statistics of channels) without atomics, so that they
// come out the same every time: a block adds up a strip; where that is not all rows, a block per column adds
// up the chunks, in double.

// part[chunk, column] = sum of the chunk's rows of x (rows, columns)
extern "C" __global__ void sum_chunks(
    const real* x, real* part, int rows, int columns, int chunk_rows, int width) {
    EACH_ROW(number, STRIPS(rows, columns, chunk_rows, width)) {
        const Strip s = strip_of(number, rows, columns, chunk_rows, width);
        real sum = 0;
        for (int row = s.first; row < s.end; row += s.step) sum += x[(size_t)row * columns + s.column];
        sum = block_column_sum(sum, width);
        if (s.writes) part[(size_t)s.chunk * columns + s.column] = sum;
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
