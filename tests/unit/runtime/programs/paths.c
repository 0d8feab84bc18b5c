#include "glob.h"
#include "path_spelling.h"
#include "stream.h"

static void give_absolute(x07_bytes_view path)
{
    char absolute[64] = "";
    int fits = x07_path_absolute(absolute, sizeof absolute, "/home/me", path);
    give_u32((uint32_t)fits);
    give_view((x07_bytes_view){(const uint8_t *)absolute, (uint32_t)strlen(absolute)});
}

static void serve_glob(uint32_t operation)
{
    x07_bytes_view pattern = take_view(), path = take_view();
    if (operation == 10) {
        give_u32((uint32_t)x07_glob_is_good(pattern));
    } else {
        give_u32((uint32_t)x07_glob_matches(pattern, path));
    }
    forget(pattern);
    forget(path);
}

static void serve_path(uint32_t operation)
{
    x07_bytes_view path = take_view();
    switch (operation) {
    case 0:
        give_u32((uint32_t)x07_path_is_good(path));
        break;
    case 1:
        give_u32((uint32_t)x07_path_is_safe(path));
        break;
    case 2:
        give_u32((uint32_t)x07_path_is_hidden(path));
        break;
    case 3:
        give_absolute(path);
        break;
    case 4:
        give_view(x07_path_folder(path));
        break;
    }
    forget(path);
}

void serve(uint32_t operation)
{
    if (operation >= 10) {
        serve_glob(operation);
    } else {
        serve_path(operation);
    }
}
