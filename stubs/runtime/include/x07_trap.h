/* Traps: how a program that cannot go on ends (abi.md §5).
 *
 * stderr gets a line of JSON where a runner reads it (x07_report.h), `  in <function>`, then
 * `<message>[ path=<path>][ ptr=<JSON pointer>]`; the exit status is 132, without a signal. Output
 * that was not written yet is not written. */
#ifndef X07_TRAP_H
#define X07_TRAP_H

#include "x07_compiler.h"

/* A site: where in the source a call stands. A plain string, so that it costs no relocation. */
#define X07_AT(function, pointer) function " " pointer

/* `at` is a site, or NULL: neither function nor pointer is printed then. */
_Noreturn X07_COLD void x07_trap(const char *message, const char *at);
_Noreturn X07_COLD void x07_trap_path(const char *message, const char *path, const char *at);

/* As x07_trap, with the pointer in the first line: the message stands alone in the last one,
 * where reports look it up whole. */
_Noreturn X07_COLD void x07_trap_plain(const char *message, const char *at);

#endif
