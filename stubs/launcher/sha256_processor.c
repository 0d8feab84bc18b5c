/* SHA-256 by instructions of the processor: four rounds at a time, sixteen words of the schedule
 * in four registers. */
#include "sha256.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#define WITH_SHA __attribute__((target("sha,sse4.1")))

typedef struct {
    __m128i abef;
    __m128i cdgh;
} halves;

WITH_SHA static inline void four_rounds(halves *now, __m128i words, const uint32_t *constants)
{
    const __m128i sum = _mm_add_epi32(words, _mm_load_si128((const __m128i *)(const void *)constants));
    now->cdgh = _mm_sha256rnds2_epu32(now->cdgh, now->abef, sum);
    now->abef = _mm_sha256rnds2_epu32(now->abef, now->cdgh, _mm_shuffle_epi32(sum, 0x0e));
}

/* The four words that follow these sixteen. */
WITH_SHA static inline __m128i next_words(__m128i a, __m128i b, __m128i c, __m128i d)
{
    const __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(a, b), _mm_alignr_epi8(d, c, 4));
    return _mm_sha256msg2_epu32(sum, d);
}

WITH_SHA static inline __m128i words_at(const uint8_t *data)
{
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)data), big_endian);
}

WITH_SHA static inline void block(halves *now, const uint8_t *data)
{
    const uint32_t *constants = x07_sha256_constants;
    __m128i a = words_at(data), b = words_at(data + 16);
    __m128i c = words_at(data + 32), d = words_at(data + 48);
    for (int group = 0; group < 3; group++, constants += 16) {
        four_rounds(now, a, constants);
        a = next_words(a, b, c, d);
        four_rounds(now, b, constants + 4);
        b = next_words(b, c, d, a);
        four_rounds(now, c, constants + 8);
        c = next_words(c, d, a, b);
        four_rounds(now, d, constants + 12);
        d = next_words(d, a, b, c);
    }
    four_rounds(now, a, constants);
    four_rounds(now, b, constants + 4);
    four_rounds(now, c, constants + 8);
    four_rounds(now, d, constants + 12);
}

/* The instructions want a, b, e, f in one register, and c, d, g, h in the other. */
WITH_SHA static void fast(uint32_t state[8], const uint8_t *data, size_t blocks)
{
    __m128i *low = (__m128i *)(void *)state;
    const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(low), 0xb1);
    const __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128(low + 1), 0x1b);
    halves now = {_mm_alignr_epi8(cdab, hgfe, 8), _mm_blend_epi16(hgfe, cdab, 0xf0)};
    for (; blocks > 0; blocks--, data += X07_SHA256_BLOCK_BYTES) {
        const halves before = now;
        block(&now, data);
        now.abef = _mm_add_epi32(now.abef, before.abef);
        now.cdgh = _mm_add_epi32(now.cdgh, before.cdgh);
    }
    const __m128i feba = _mm_shuffle_epi32(now.abef, 0x1b);
    const __m128i dchg = _mm_shuffle_epi32(now.cdgh, 0xb1);
    _mm_storeu_si128(low, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128(low + 1, _mm_alignr_epi8(dchg, feba, 8));
}

x07_sha256_blocks *x07_sha256_choose(unsigned long hardware)
{
    unsigned a = 0, b = 0, c = 0, d = 0;
    (void)hardware;
    const unsigned shuffles = bit_SSSE3 | bit_SSE4_1;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & shuffles) != shuffles) {
        return x07_sha256_plain;
    }
    const unsigned sha = 1u << 29;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & sha) != 0 ? fast : x07_sha256_plain;
}

#elif defined(__aarch64__) && (defined(__ARM_FEATURE_SHA2) || defined(__ARM_FEATURE_CRYPTO))
#include <arm_neon.h>

typedef struct {
    uint32x4_t abcd;
    uint32x4_t efgh;
} halves;

static inline void four_rounds(halves *now, uint32x4_t words, const uint32_t *constants)
{
    const uint32x4_t sum = vaddq_u32(words, vld1q_u32(constants));
    const uint32x4_t abcd = now->abcd;
    now->abcd = vsha256hq_u32(abcd, now->efgh, sum);
    now->efgh = vsha256h2q_u32(now->efgh, abcd, sum);
}

/* The four words that follow these sixteen. */
static inline uint32x4_t next_words(uint32x4_t a, uint32x4_t b, uint32x4_t c, uint32x4_t d)
{
    return vsha256su1q_u32(vsha256su0q_u32(a, b), c, d);
}

static inline uint32x4_t words_at(const uint8_t *data)
{
    return vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(data)));
}

static inline void block(halves *now, const uint8_t *data)
{
    const uint32_t *constants = x07_sha256_constants;
    uint32x4_t a = words_at(data), b = words_at(data + 16);
    uint32x4_t c = words_at(data + 32), d = words_at(data + 48);
    for (int group = 0; group < 3; group++, constants += 16) {
        four_rounds(now, a, constants);
        a = next_words(a, b, c, d);
        four_rounds(now, b, constants + 4);
        b = next_words(b, c, d, a);
        four_rounds(now, c, constants + 8);
        c = next_words(c, d, a, b);
        four_rounds(now, d, constants + 12);
        d = next_words(d, a, b, c);
    }
    four_rounds(now, a, constants);
    four_rounds(now, b, constants + 4);
    four_rounds(now, c, constants + 8);
    four_rounds(now, d, constants + 12);
}

static void fast(uint32_t state[8], const uint8_t *data, size_t blocks)
{
    halves now = {vld1q_u32(state), vld1q_u32(state + 4)};
    for (; blocks > 0; blocks--, data += X07_SHA256_BLOCK_BYTES) {
        const halves before = now;
        block(&now, data);
        now.abcd = vaddq_u32(now.abcd, before.abcd);
        now.efgh = vaddq_u32(now.efgh, before.efgh);
    }
    vst1q_u32(state, now.abcd);
    vst1q_u32(state + 4, now.efgh);
}

x07_sha256_blocks *x07_sha256_choose(unsigned long hardware)
{
    const unsigned long sha2 = 1ul << 6;
    return (hardware & sha2) != 0 ? fast : x07_sha256_plain;
}

#else
x07_sha256_blocks *x07_sha256_choose(unsigned long hardware)
{
    (void)hardware;
    return x07_sha256_plain;
}
#endif
