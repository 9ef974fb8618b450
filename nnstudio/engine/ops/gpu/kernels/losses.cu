// Cross-entropies of logits z (n, k) together with their gradients; a block per sample. The losses are the
// plain ones; label smoothing, class weights and the gradient's scale only change the gradient. `labels` holds
// those of a block of steps, `batch` of each, and the clock says whose turn it is.

// losses[i] = log sum e^(z - max) - (z_label - max); gradient = (softmax - target) * weight * scale
extern "C" __global__ void softmax_loss(
    const real* z, const int* labels, const long long* clock, const real* weights, real* gradient,
    double* losses, int* hits, int n, int k, int batch, double smoothing, double scale) {
    labels += step_of_batch(clock) * batch;
    EACH_ROW(i, n) {
        const real* from = z + (size_t)i * k;
        const int label = labels[i];
        const real at_label = from[label];
        real top = from[threadIdx.x < k ? threadIdx.x : 0];
        double better = 0;  // outputs larger than the label's, or as large and in front of it
        EACH_COLUMN(j, k) {
            top = larger(top, from[j]);
            better += from[j] > at_label || (from[j] == at_label && j < label);
        }
        top = block_max(top);
        better = block_sum(better);
        double sum = 0;
        EACH_COLUMN(j, k) sum += exp(from[j] - top);
        const real total = (real)block_sum(sum);
        if (gradient) {
            const real factor = (real)scale * (weights ? weights[label] : (real)1);
            EACH_COLUMN(j, k) {
                const real target = (real)(smoothing / k) + (j == label ? (real)(1 - smoothing) : (real)0);
                gradient[(size_t)i * k + j] = (exp(from[j] - top) / total - target) * factor;
            }
        }
        if (threadIdx.x == 0) {
            losses[i] = log(total) - (at_label - top);
            hits[i] = better == 0;
        }
    }
}

// losses[i] = mean over the outputs of max(z, 0) - z t + log(1 + e^-|z|); gradient (sigma(z) - t) / k
extern "C" __global__ void sigmoid_loss(
    const real* z, const int* labels, const long long* clock, const real* weights, real* gradient,
    double* losses, int* hits, int n, int k, int batch, double smoothing, double scale) {
    labels += step_of_batch(clock) * batch;
    EACH_ROW(i, n) {
        const real* from = z + (size_t)i * k;
        const int label = labels[i];
        const real at_label = k == 1 ? from[0] : from[label];
        double sum = 0, better = 0;
        EACH_COLUMN(j, k) {
            const real target = k == 1 ? (real)label : (real)(j == label);
            const real small = exp(-fabs(from[j]));
            sum += larger(from[j], 0) - from[j] * target + log1p(small);
            better += from[j] > at_label || (from[j] == at_label && j < label);
            if (gradient) {
                const real sigma = (from[j] >= 0 ? (real)1 : small) / (1 + small);
                const real aim = target * (real)(1 - smoothing) + (real)(smoothing / 2);
                const real factor = (real)(scale / k) * (weights ? weights[label] : (real)1);
                gradient[(size_t)i * k + j] = (sigma - aim) * factor;
            }
        }
        sum = block_sum(sum);
        better = block_sum(better);
        if (threadIdx.x == 0) {
            losses[i] = sum / k;
            hits[i] = k == 1 ? (at_label > 0) == (label == 1) : better == 0;
        }
    }
}

// A batch's summed loss and hits, to its line of totals (steps, 2), for one block; the clock moves on. A loss
// that is not finite ends all updates from here on.
extern "C" __global__ void tally(
    const double* losses, const int* hits, double* totals, int* alive, long long* clock, int n) {
    const long long step = step_of_batch(clock);
    double sum = 0, count = 0;
    EACH_COLUMN(i, n) {
        sum += losses[i];
        count += hits[i];
    }
    sum = block_sum(sum);
    count = block_sum(count);
    if (threadIdx.x == 0) {
        totals[2 * step] = sum;
        totals[2 * step + 1] = count;
        if (alive && !(fabs(sum) < 1e300)) *alive = 0;
        if (clock) {
            clock[0] = step + 1;
            clock[1] = step;
        }
    }
}

// out = softmax(z) over the last axis; a block per row
extern "C" __global__ void softmax(const real* z, real* out, int rows, int k) {
    EACH_ROW(i, rows) {
        const real* from = z + (size_t)i * k;
        real top = from[threadIdx.x < k ? threadIdx.x : 0];
        EACH_COLUMN(j, k) top = larger(top, from[j]);
        top = block_max(top);
        double sum = 0;
        EACH_COLUMN(j, k) sum += exp(from[j] - top);
        const real total = (real)block_sum(sum);
        EACH_COLUMN(j, k) out[(size_t)i * k + j] = exp(from[j] - top) / total;
    }
}

// dy <- y * (dy - sum of dy * y)
extern "C" __global__ void softmax_input(real* dy, const real* y, int rows, int k) {
    EACH_ROW(i, rows) {
        real* d = dy + (size_t)i * k;
        const real* from = y + (size_t)i * k;
        double sum = 0;
        EACH_COLUMN(j, k) sum += d[j] * from[j];
        const real product = (real)block_sum(sum);
        EACH_COLUMN(j, k) d[j] = (d[j] - product) * from[j];
    }
}
