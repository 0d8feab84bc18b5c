/* What is asked of the C compiler beyond C11: where a branch usually goes, and what is rarely run.
 * gcc, clang and everything that passes for them understand it. */
#ifndef X07_COMPILER_H
#define X07_COMPILER_H

#define X07_LIKELY(condition) __builtin_expect((condition) != 0, 1)
#define X07_UNLIKELY(condition) __builtin_expect((condition) != 0, 0)
#define X07_COLD __attribute__((cold, noinline))
#define X07_WEAK __attribute__((weak))

#endif
