/* What a program says about its process, in any world. */
#ifndef X07_PROCESS_H
#define X07_PROCESS_H

#include "x07_state.h"

static inline uint32_t x07_process_set_exit_code_v1(uint32_t code)
{
    x07_state.exit_code = code;
    return code;
}

#endif
