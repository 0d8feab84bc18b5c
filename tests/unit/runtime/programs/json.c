#include "stream.h"

/* The operation is the greatest depth. */
void serve(uint32_t operation)
{
    uint32_t members = take_u32(), object_bytes = take_u32();
    x07_bytes_view text = take_view();
    give_bytes(x07_json_jcs_canon_doc_v1(text, operation, members, object_bytes, AT));
    forget(text);
}
