/* SHA-256 by instructions of the processor: four rounds at a time, sixteen words of the schedule
 * in four registers. */
#include <stdbool.h>

#include "sha256.h"

/* Of each kind of processor: four words, the state in two registers, and what is done to them. */
#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#define WITH_SHA __attribute__((target("sha,sse4.1")))

typedef __m128i four_words;

/* The instructions want a, b, e, f in one register, and c, d, g, h in the other. */
typedef struct {
    four_words abef;
    four_words cdgh;
} halves;

static bool has_sha(unsigned long hardware)
{
    unsigned a = 0, b = 0, c = 0, d = 0;
    (void)hardware;
    const unsigned shuffles = bit_SSSE3 | bit_SSE4_1;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & shuffles) != shuffles) {
        return false;
    }
    const unsigned sha = 1u << 29;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & sha) != 0;
}

WITH_SHA static inline halves halves_of(const uint32_t state[8])
{
    const __m128i *low = (const __m128i *)(const void *)state;
    const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(low), 0xb1);
    const __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128(low + 1), 0x1b);
    return (halves){_mm_alignr_epi8(cdab, hgfe, 8), _mm_blend_epi16(hgfe, cdab, 0xf0)};
}

WITH_SHA static inline void put_halves(uint32_t state[8], halves now)
{
    __m128i *low = (__m128i *)(void *)state;
    const __m128i feba = _mm_shuffle_epi32(now.abef, 0x1b);
    const __m128i dchg = _mm_shuffle_epi32(now.cdgh, 0xb1);
    _mm_storeu_si128(low, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128(low + 1, _mm_alignr_epi8(dchg, feba, 8));
}

WITH_SHA static inline halves sum_of(halves one, halves other)
{
    return (halves){_mm_add_epi32(one.abef, other.abef), _mm_add_epi32(one.cdgh, other.cdgh)};
}

WITH_SHA static inline void four_rounds(halves *now, four_words words, const uint32_t *constants)
{
    const __m128i sum = _mm_add_epi32(words, _mm_load_si128((const __m128i *)(const void *)constants));
    now->cdgh = _mm_sha256rnds2_epu32(now->cdgh, now->abef, sum);
    now->abef = _mm_sha256rnds2_epu32(now->abef, now->cdgh, _mm_shuffle_epi32(sum, 0x0e));
}

/* The four words that follow these sixteen. */
WITH_SHA static inline four_words next_words(four_words a, four_words b, four_words c, four_words d)
{
    const __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(a, b), _mm_alignr_epi8(d, c, 4));
    return _mm_sha256msg2_epu32(sum, d);
}

WITH_SHA static inline four_words words_at(const uint8_t *data)
{
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)data), big_endian);
}

#elif defined(__aarch64__) && (defined(__ARM_FEATURE_SHA2) || defined(__ARM_FEATURE_CRYPTO))
#include <arm_neon.h>

#define WITH_SHA

typedef uint32x4_t four_words;

typedef struct {
    four_words abcd;
    four_words efgh;
} halves;

static bool has_sha(unsigned long hardware)
{
    const unsigned long sha2 = 1ul << 6;
    return (hardware & sha2) != 0;
}

static inline halves halves_of(const uint32_t state[8])
{
    return (halves){vld1q_u32(state), vld1q_u32(state + 4)};
}

static inline void put_halves(uint32_t state[8], halves now)
{
    vst1q_u32(state, now.abcd);
    vst1q_u32(state + 4, now.efgh);
}

static inline halves sum_of(halves one, halves other)
{
    return (halves){vaddq_u32(one.abcd, other.abcd), vaddq_u32(one.efgh, other.efgh)};
}

static inline void four_rounds(halves *now, four_words words, const uint32_t *constants)
{
    const uint32x4_t sum = vaddq_u32(words, vld1q_u32(constants));
    const uint32x4_t abcd = now->abcd;
    now->abcd = vsha256hq_u32(abcd, now->efgh, sum);
    now->efgh = vsha256h2q_u32(now->efgh, abcd, sum);
}

/* The four words that follow these sixteen. */
static inline four_words next_words(four_words a, four_words b, four_words c, four_words d)
{
    return vsha256su1q_u32(vsha256su0q_u32(a, b), c, d);
}

static inline four_words words_at(const uint8_t *data)
{
    return vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(data)));
}
#endif

#if defined(WITH_SHA)
WITH_SHA static inline void block(halves *now, const uint8_t *data)
{
    const uint32_t *constants = x07_sha256_constants;
    four_words a = words_at(data), b = words_at(data + 16);
    four_words c = words_at(data + 32), d = words_at(data + 48);
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

WITH_SHA static void fast(uint32_t state[8], const uint8_t *data, size_t blocks)
{
    halves now = halves_of(state);
    for (; blocks > 0; blocks--, data += X07_SHA256_BLOCK_BYTES) {
        const halves before = now;
        block(&now, data);
        now = sum_of(now, before);
    }
    put_halves(state, now);
}

x07_sha256_blocks *x07_sha256_choose(unsigned long hardware)
{
    return has_sha(hardware) ? fast : x07_sha256_plain;
}
#else
x07_sha256_blocks *x07_sha256_choose(unsigned long hardware)
{
    (void)hardware;
    return x07_sha256_plain;
}
#endif
