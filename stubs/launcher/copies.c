#include "copies.h"

#include "buffer.h"
#include "host.h"
#include "system.h"

#define JOB_FILE "/job.json"
#define STAGED "/.job.json"

enum { PATH_BYTES = 8192, CHUNK_BYTES = 1 << 17, OCTAL = 8 };

static x07_buffer below(x07_text folder, x07_text name)
{
    x07_buffer path = x07_buffer_of(PATH_BYTES);
    x07_put(&path, folder);
    x07_put_word(&path, name.length > 0 && name.start[0] != '/' ? "/" : "");
    x07_put(&path, name);
    return path;
}

static bool make_folders(x07_text folder)
{
    static const char *const names[] = {"in", "out", "bundle"};
    for (size_t at = 0; at < sizeof names / sizeof *names; at++) {
        const x07_buffer path = below(folder, x07_text_of(names[at]));
        if (path.is_short || !x07_make_folder(path.bytes)) {
            return false;
        }
    }
    return true;
}

static x07_text digest_of(const x07_trailer *trailer, x07_text path)
{
    x07_text files = trailer->files;
    x07_listed file;
    while (x07_next_file(&files, &file)) {
        if (x07_same(file.path, path)) {
            return file.sha256;
        }
    }
    return (x07_text){NULL, 0};
}

/* Whether what was written is what the digest says. */
static bool pour(int from, int to, x07_sha256_blocks *blocks, x07_text sha256)
{
    static uint8_t chunk[CHUNK_BYTES];
    char hex[X07_SHA256_DIGITS];
    x07_sha256 digest;
    long got;
    x07_sha256_begin(&digest, blocks);
    while ((got = x07_read(from, chunk, sizeof chunk)) > 0) {
        x07_sha256_add(&digest, chunk, (size_t)got);
        if (!x07_write(to, chunk, (size_t)got)) {
            return false;
        }
    }
    x07_sha256_end_hex(&digest, hex);
    return got == 0 && x07_same(sha256, (x07_text){hex, sizeof hex});
}

/* `FILE\1MODE\1TARGET`. */
static bool copy(const x07_copies *copies, x07_text value)
{
    const x07_text file = x07_next_part(&value);
    const unsigned mode = (unsigned)x07_number_of(x07_next_part(&value), OCTAL);
    const x07_text sha256 = digest_of(copies->trailer, file);
    const x07_buffer source = below((x07_text){"", 0}, file);
    const x07_buffer target = below(copies->folder, value);
    if (sha256.start == NULL || source.is_short || target.is_short) {
        return false;
    }
    const int from = x07_open_file(copies->sidecar->folder, source.bytes + 1);
    const int to = from >= 0 ? x07_create(target.bytes) : -1;
    const bool is_made = to >= 0 && x07_is_file(from) &&
                         pour(from, to, copies->sidecar->blocks, sha256) && x07_set_mode(to, mode);
    x07_close(from);
    x07_close(to);
    return is_made;
}

static bool copy_all(const x07_copies *copies)
{
    x07_text fields = copies->fields;
    x07_field field;
    while (x07_next_of(&fields, "copy", &field)) {
        if (!copy(copies, field.value)) {
            return false;
        }
    }
    return true;
}

static x07_text filled(const x07_copies *copies, const char *word)
{
    x07_buffer text = x07_buffer_of(2 * X07_RECORD_BYTES);
    x07_put_filled(&text, x07_value_of(copies->fields, word), copies->holes);
    return text.is_short ? (x07_text){NULL, 0} : x07_content(&text);
}

/* Whole from its first moment on. */
static bool write_job(const x07_copies *copies)
{
    const x07_buffer staged = below(copies->folder, x07_text_of(STAGED));
    const x07_buffer path = below(copies->folder, x07_text_of(JOB_FILE));
    const x07_text job = filled(copies, "job");
    if (staged.is_short || path.is_short || job.length == 0) {
        return false;
    }
    const int file = x07_create(staged.bytes);
    const bool is_written = file >= 0 && x07_write(file, job.start, job.length);
    x07_close(file);
    return is_written && x07_rename(staged.bytes, path.bytes);
}

bool x07_copies_made(const x07_copies *copies)
{
    return make_folders(copies->folder) && copy_all(copies) && write_job(copies);
}

x07_text x07_copies_line(const x07_copies *copies)
{
    return filled(copies, "line");
}
