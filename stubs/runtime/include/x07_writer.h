/* Text for stderr and bytes for stdout, without stdio: formatted here, sent by write(2). */
#ifndef X07_WRITER_H
#define X07_WRITER_H

#include <stddef.h>
#include <stdint.h>

/* Start with {.fd = n}, end with x07_writer_flush. */
typedef struct {
    int fd;
    int failed;
    size_t len;
    char text[512];
} x07_writer;

void x07_writer_bytes(x07_writer *writer, const void *data, size_t size);
void x07_writer_text(x07_writer *writer, const char *text);
void x07_writer_u64(x07_writer *writer, uint64_t number);
void x07_writer_i32(x07_writer *writer, uint32_t number);
void x07_writer_hex(x07_writer *writer, const uint8_t *data, size_t size);

/* A JSON string, in its quotes. `text` is UTF-8. */
void x07_writer_json_string(x07_writer *writer, const char *text);

void x07_writer_flush(x07_writer *writer);

/* 0 when all of it was written, else -1. Waits where a descriptor does not block. */
int x07_write_all(int fd, const void *data, size_t size);

#endif
