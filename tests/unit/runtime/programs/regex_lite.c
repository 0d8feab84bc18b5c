#include "stream.h"

#include "../../../../stubs/runtime/src/regex_lite.h"

void serve(uint32_t operation)
{
    x07_bytes_view pattern = take_view(), text = take_view();
    (void)operation;
    give_u32((uint32_t)x07_regex_lite_matches(pattern, text));
    forget(pattern);
    forget(text);
}
