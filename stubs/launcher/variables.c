#include "variables.h"

x07_text x07_name_of(const char *variable)
{
    size_t length = 0;
    while (variable[length] != '\0' && variable[length] != '=') {
        length++;
    }
    return (x07_text){variable, length};
}

x07_text x07_variable(char **environment, x07_text name)
{
    for (; *environment != NULL; environment++) {
        const x07_text found = x07_name_of(*environment);
        if (x07_same(found, name) && (*environment)[found.length] == '=') {
            return x07_text_of(*environment + found.length + 1);
        }
    }
    return (x07_text){NULL, 0};
}
