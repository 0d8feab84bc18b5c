#include "verify.h"

#include "system.h"

enum { BUFFER_BYTES = 1 << 17, ENTRIES_BYTES = 1 << 15 };

typedef struct {
    char bytes[X07_PATH_BYTES];
    size_t length;
} path_buffer;

static bool append(path_buffer *path, x07_text more)
{
    if (more.length >= X07_PATH_BYTES - path->length) {
        return false;
    }
    x07_copy(path->bytes + path->length, more.start, more.length);
    path->length += more.length;
    path->bytes[path->length] = '\0';
    return true;
}

static void cut(path_buffer *path, size_t length)
{
    path->length = length;
    path->bytes[length] = '\0';
}

/* Always false. */
static bool refuse(const x07_sidecar *sidecar, x07_text path, const char *problem)
{
    static path_buffer shown;
    cut(&shown, 0);
    append(&shown, sidecar->name);
    append(&shown, x07_text_of("/"));
    append(&shown, path);
    x07_say("refused:", (x07_text){shown.bytes, shown.length}, problem, X07_DAMAGED);
    return false;
}

bool x07_digest(int file, x07_sha256_blocks *blocks, char hex[X07_HEX_DIGITS])
{
    static uint8_t buffer[BUFFER_BYTES];
    x07_sha256 digest;
    long got;
    x07_sha256_begin(&digest, blocks);
    while ((got = x07_read(file, buffer, BUFFER_BYTES)) > 0) {
        x07_sha256_add(&digest, buffer, (size_t)got);
    }
    x07_sha256_end_hex(&digest, hex);
    return got == 0;
}

static bool is_file_right(const x07_sidecar *sidecar, x07_text path, x07_text sha256)
{
    static path_buffer ended;
    char hex[X07_HEX_DIGITS];
    cut(&ended, 0);
    const int file = append(&ended, path) ? x07_open_file(sidecar->folder, ended.bytes) : -1;
    if (file < 0) {
        return refuse(sidecar, path, " is missing, is a link, or cannot be read");
    }
    const bool is_file = x07_is_file(file);
    const bool is_read = is_file && x07_digest(file, sidecar->blocks, hex);
    x07_close(file);
    if (!is_read) {
        return refuse(sidecar, path, is_file ? " cannot be read" : " is no file");
    }
    if (!x07_equal(hex, sha256.start, X07_HEX_DIGITS)) {
        return refuse(sidecar, path, " is not what the bundle was made with: it was changed");
    }
    return true;
}

typedef enum { UNKNOWN, FILE_OF_OURS, FOLDER_OF_OURS } place;

static place what_is(const x07_trailer *trailer, x07_text path)
{
    x07_text files = trailer->files;
    x07_listed file;
    if (x07_same(path, x07_text_of(X07_MANIFEST)) ||
        (trailer->is_signed && x07_same(path, x07_text_of(X07_SIGNATURE)))) {
        return FILE_OF_OURS;
    }
    while (x07_next_file(&files, &file)) {
        if (x07_same(file.path, path)) {
            return FILE_OF_OURS;
        }
        if (x07_starts(file.path, path) && file.path.start[path.length] == '/') {
            return FOLDER_OF_OURS;
        }
    }
    return UNKNOWN;
}

static bool is_folder_right(
    const x07_sidecar *sidecar, const x07_trailer *trailer, path_buffer *path);

static bool is_entry_right(
    const x07_sidecar *sidecar, const x07_trailer *trailer, path_buffer *path, const char *name)
{
    const size_t before = path->length;
    const x07_text entry = x07_text_of(name);
    if (x07_same(entry, x07_text_of(".")) || x07_same(entry, x07_text_of(".."))) {
        return true;
    }
    if ((before > 0 && !append(path, x07_text_of("/"))) || !append(path, entry)) {
        return refuse(sidecar, (x07_text){path->bytes, path->length}, " has too long a name");
    }
    const x07_text whole = {path->bytes, path->length};
    const place found = what_is(trailer, whole);
    bool is_right = found == FILE_OF_OURS;
    if (found == FOLDER_OF_OURS) {
        is_right = is_folder_right(sidecar, trailer, path);
    } else if (found == UNKNOWN) {
        refuse(sidecar, whole, " is not of this bundle: it was added");
    }
    cut(path, before);
    return is_right;
}

static bool are_entries_right(
    const x07_sidecar *sidecar, const x07_trailer *trailer, path_buffer *path, int folder)
{
    uint8_t *entries = x07_memory(ENTRIES_BYTES);
    long got = -1;
    while (entries != NULL && (got = x07_read_folder(folder, entries, ENTRIES_BYTES)) > 0) {
        for (long at = 0; at < got;) {
            const x07_entry *entry = (const x07_entry *)(const void *)(entries + at);
            if (!is_entry_right(sidecar, trailer, path, entry->name)) {
                return false;
            }
            at += entry->bytes;
        }
    }
    return got == 0 || refuse(sidecar, (x07_text){path->bytes, path->length}, " cannot be read");
}

/* The path of the sidecar itself is empty. */
static bool is_folder_right(
    const x07_sidecar *sidecar, const x07_trailer *trailer, path_buffer *path)
{
    const int folder = x07_open_folder(sidecar->folder, path->length > 0 ? path->bytes : ".");
    if (folder < 0) {
        const x07_text name = {path->bytes, path->length};
        return refuse(sidecar, name, " is missing, is no folder, or cannot be read");
    }
    const bool is_right = are_entries_right(sidecar, trailer, path, folder);
    x07_close(folder);
    return is_right;
}

bool x07_is_sidecar_right(const x07_sidecar *sidecar, const x07_trailer *trailer)
{
    static path_buffer path;
    x07_text files = trailer->files;
    x07_listed file;
    if (!is_file_right(sidecar, x07_text_of(X07_MANIFEST), trailer->manifest) ||
        !is_folder_right(sidecar, trailer, &path)) {
        return false;
    }
    while (x07_next_file(&files, &file)) {
        if (!is_file_right(sidecar, file.path, file.sha256)) {
            return false;
        }
    }
    return true;
}
