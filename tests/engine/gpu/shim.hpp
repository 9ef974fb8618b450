// Runs CUDA kernels on the host, for tests: blocks one behind the other, the threads of a block as fibers
// that are switched at __syncthreads(), so that shared memory and barriers mean what they mean on a GPU.
// Threads are taken in rising or in falling order; a kernel that lacks a barrier gives other results then.
#include <math.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#include <algorithm>
#include <cmath>
#include <vector>

using std::max;
using std::min;
using std::abs;
using std::exp;
using std::expm1;
using std::fabs;
using std::log;
using std::log1p;
using std::sqrt;
using std::tanh;
using std::cos;

struct Extent { unsigned x; };
static Extent gridDim, blockDim, blockIdx, threadIdx;

#define __global__
#define __device__ inline
#define __shared__ static
#define __restrict__
#define __align__(n) __attribute__((aligned(n)))

namespace shim {

constexpr size_t STACK = 64 * 1024;
struct Fiber { ucontext_t context; bool done; int barriers; };
static std::vector<Fiber> fibers;
static std::vector<char> stacks;
static ucontext_t scheduler;
static void (*body)(void**);
static void** given;

static void enter() {
    body(given);
    fibers[threadIdx.x].done = true;
    swapcontext(&fibers[threadIdx.x].context, &scheduler);
}

static void barrier() {
    const unsigned here = threadIdx.x;
    fibers[here].barriers++;
    swapcontext(&fibers[here].context, &scheduler);
    threadIdx.x = here;
}

// All threads of a block up to their next barrier, again and again; they must meet at the same ones.
static int run_block(bool falling) {
    const int n = blockDim.x;
    for (int t = 0; t < n; t++) {
        Fiber& fiber = fibers[t];
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = stacks.data() + t * STACK;
        fiber.context.uc_stack.ss_size = STACK;
        fiber.context.uc_link = nullptr;
        fiber.done = false;
        fiber.barriers = 0;
        makecontext(&fiber.context, enter, 0);
    }
    for (;;) {
        for (int k = 0; k < n; k++) {
            const int t = falling ? n - 1 - k : k;
            if (fibers[t].done) return 1;  // others are still at work, so it has missed a barrier
            threadIdx.x = t;
            swapcontext(&scheduler, &fibers[t].context);
        }
        int done = 0;
        for (int t = 0; t < n; t++) {
            done += fibers[t].done;
            if (fibers[t].barriers != fibers[0].barriers) return 1;
        }
        if (done == n) return 0;
        if (done) return 1;
    }
}

static int run(void (*kernel)(void**), int blocks, int threads, void** arguments, bool meets, bool falling) {
    gridDim.x = blocks;
    blockDim.x = threads;
    body = kernel;
    given = arguments;
    fibers.resize(threads);
    stacks.resize(threads * STACK);
    for (int b = 0; b < blocks; b++) {
        blockIdx.x = falling ? blocks - 1 - b : b;
        if (meets) {
            if (int problem = run_block(falling)) return problem;
            continue;
        }
        for (int t = 0; t < threads; t++) {
            threadIdx.x = falling ? threads - 1 - t : t;
            kernel(arguments);
        }
    }
    return 0;
}

}  // namespace shim

#define __syncthreads() shim::barrier()
