#include "trailer.h"

#include "system.h"

#define FIRST_LINE "x07.vm.launcher@0.1.0"

int x07_hex_digit(char letter)
{
    if (letter >= '0' && letter <= '9') {
        return letter - '0';
    }
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

bool x07_is_hex(x07_text text)
{
    for (size_t at = 0; at < text.length; at++) {
        if (x07_hex_digit(text.start[at]) < 0) {
            return false;
        }
    }
    return true;
}

/* Takes a line, without its end; false where there is no whole one. */
static bool next_line(x07_text *lines, x07_text *line)
{
    size_t length = 0;
    while (length < lines->length && lines->start[length] != '\n') {
        length++;
    }
    if (length == lines->length) {
        return false;
    }
    *line = (x07_text){lines->start, length};
    *lines = x07_after(*lines, length + 1);
    return true;
}

/* `WORD HEX`, then nothing or ` REST`. */
static bool is_digest_line(x07_text line, x07_text word, x07_text *sha256, x07_text *rest)
{
    if (!x07_starts(line, word) || line.length < word.length + X07_HEX_DIGITS) {
        return false;
    }
    *sha256 = (x07_text){line.start + word.length, X07_HEX_DIGITS};
    *rest = x07_after(line, word.length + X07_HEX_DIGITS);
    return x07_is_hex(*sha256);
}

bool x07_next_file(x07_text *files, x07_listed *file)
{
    x07_text line;
    x07_text rest;
    if (!next_line(files, &line) ||
        !is_digest_line(line, x07_text_of("file "), &file->sha256, &rest)) {
        return false;
    }
    if (rest.length < 2 || rest.start[0] != ' ') {
        return false;
    }
    file->path = x07_after(rest, 1);
    return true;
}

/* Whether every line that is left is one of a file. */
static bool are_files(x07_text files)
{
    x07_listed file;
    bool is_any = false;
    while (files.length > 0) {
        if (!x07_next_file(&files, &file)) {
            return false;
        }
        is_any = true;
    }
    return is_any;
}

bool x07_trailer_parse(x07_text lines, x07_trailer *trailer)
{
    x07_text line;
    x07_text rest;
    trailer->text = lines;
    if (!next_line(&lines, &line) || !x07_same(line, x07_text_of(FIRST_LINE))) {
        return false;
    }
    if (!next_line(&lines, &line) ||
        !is_digest_line(line, x07_text_of("manifest "), &trailer->manifest, &rest) ||
        rest.length > 0) {
        return false;
    }
    if (!next_line(&lines, &line) ||
        !is_digest_line(line, x07_text_of("program "), &trailer->program, &rest) ||
        rest.length > 0) {
        return false;
    }
    trailer->is_signed = x07_starts(lines, x07_text_of("key "));
    if (trailer->is_signed && !next_line(&lines, &line)) {
        return false;
    }
    trailer->files = lines;
    return are_files(lines);
}
