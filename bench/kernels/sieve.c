// Eratosthenes: how many primes are below n.
#include "kernel.h"

static uint32_t primes(uint32_t n) {
    buffer composite = buffer_new(n);
    uint32_t count = 0;
    for (uint32_t p = 2; p < n; p++) {
        if (get(composite, p))
            continue;
        count++;
        if (p < 65536)
            for (uint32_t k = p * p; k < n; k += p)
                set(composite, k, 1);
    }
    free(composite.data);
    return count;
}

int main(int argc, char **argv) {
    uint32_t sum = 0, rounds = number(argc, argv);
    for (uint32_t round = 0; round < rounds; round++)
        sum += primes(1000000 + round);
    printf("%u\n", sum);
    return 0;
}
