#include "policy_list.h"

int x07_list_next(const char **cursor, char separator, x07_bytes_view *item)
{
    const char *start = *cursor;
    while (*start == separator) {
        start++;
    }
    const char *end = start;
    while (*end != '\0' && *end != separator) {
        end++;
    }
    *cursor = end;
    *item = (x07_bytes_view){(const uint8_t *)start, (uint32_t)(end - start)};
    return end != start;
}

int x07_list_has(x07_policy_list list, char separator, x07_bytes_view item)
{
    x07_bytes_view known;
    while (x07_list_next(&list, separator, &known)) {
        if (x07_view_same(known, item)) {
            return 1;
        }
    }
    return 0;
}

int x07_policy_next(const char **cursor, x07_bytes_view *item)
{
    return x07_list_next(cursor, ';', item);
}

int x07_policy_lists(x07_policy_list list, x07_bytes_view item)
{
    return x07_list_has(list, ';', item);
}
