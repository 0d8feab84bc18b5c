/* The runtime, as a compiled program sees it: one file per part, in the order of language.md §4. */
#ifndef X07_H
#define X07_H

/* Literals whose ends gcc knows, and paths whose check has trapped before: it warns of reads that
 * never happen. Every access of a program is checked. clang knows the first name only. */
#ifdef __GNUC__
#pragma GCC diagnostic ignored "-Warray-bounds"
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wstringop-overread"
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#endif
#endif

#include "x07_limits.h"
#include "x07_program.h"
#include "x07_main.h"
#include "x07_bytes.h"
#include "x07_vec.h"
#include "x07_option.h"
#include "x07_result.h"
#include "x07_number.h"
#include "x07_tables.h"
#include "x07_values.h"
#include "x07_readers.h"
#include "x07_float.h"
#include "x07_json.h"
#include "x07_os.h"
#include "x07_os_files.h"
#include "x07_os_process.h"
#include "x07_pointer.h"
#include "x07_process.h"
#include "x07_contract.h"
#include "x07_forms.h"

#endif
