#include "trailer_within.h"

#include "trailer.h"

/* A mark and a length: they are for those who look for the text in the file. */
enum { SIDE_BYTES = 16 };

/* The file is not looked at: it is the one that this was loaded from. */
bool x07_trailer_read(int program, x07_trailer *trailer)
{
    const char *start = (const char *)x07_within + SIDE_BYTES;
    (void)program;
    return x07_trailer_parse((x07_text){start, x07_within_bytes - 2 * SIDE_BYTES}, trailer);
}

bool x07_is_program_right(int program, const x07_trailer *trailer, x07_sha256_blocks *blocks)
{
    (void)program;
    (void)trailer;
    (void)blocks;
    return true;
}
