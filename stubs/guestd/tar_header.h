/* The 512 bytes before each file of a tar (POSIX ustar), and the records of pax. */
#ifndef X07_GUESTD_TAR_HEADER_H
#define X07_GUESTD_TAR_HEADER_H

#include <stdint.h>

enum {
    TAR_BLOCK_BYTES = 512,
    TAR_PATH_BYTES = 4096,
    TAR_FILE = '0',
    TAR_LINK = '2',
    TAR_FOLDER = '5',
    TAR_PAX = 'x',
};

typedef struct {
    char name[100];
    char mode[8];
    char uid[8];
    char gid[8];
    char size[12];
    char mtime[12];
    char checksum[8];
    char kind;
    char link[100];
    char magic[6];
    char version[2];
    char user[32];
    char group[32];
    char major[8];
    char minor[8];
    char prefix[155];
    char padding[12];
} tar_header;

_Static_assert(sizeof(tar_header) == TAR_BLOCK_BYTES, "a header is one block");

/* The sum of all bytes, those of the checksum counted as spaces. */
static inline uint32_t tar_checksum(const tar_header *header)
{
    const uint8_t *bytes = (const uint8_t *)header;
    uint32_t sum = 0;
    for (unsigned index = 0; index < sizeof *header; index++) {
        int is_checksum = index >= 148 && index < 156;
        sum += is_checksum ? ' ' : bytes[index];
    }
    return sum;
}

#endif
