/* Addresses of IPv4 and IPv6 as text. */
#ifndef X07_NET_ADDRESS_H
#define X07_NET_ADDRESS_H

#include "x07_net.h"

/* Each answers 1, or 0 where the text is no such address. */

/* Four decimal numbers without leading zeros. */
int x07_net_read_v4(x07_bytes_view text, x07_net_address *address);

/* As inet_aton: one to four numbers, the last of which fills what is left; decimal, octal (`0…`)
 * or hexadecimal (`0x…`), in lower case. */
int x07_net_read_loose_v4(x07_bytes_view text, x07_net_address *address);

/* As inet_pton, without brackets or a zone, in lower case. A mapped address stays one of IPv6. */
int x07_net_read_v6(x07_bytes_view text, x07_net_address *address);

/* Where the bytes of a mapped address of 16 bytes start to be one of IPv4. */
enum { X07_NET_MAPPED_AT = 12 };
int x07_net_is_mapped(const uint8_t bytes[16]);

x07_net_address x07_net_unmapped(x07_net_address address);

/* As RFC 5952 has it, ended by a NUL. */
enum { X07_NET_ADDRESS_BYTES = 46 };
void x07_net_address_text(x07_net_address address, char text[X07_NET_ADDRESS_BYTES]);

#endif
