/* What a containerd knows of an image, asked without its client: to start that takes many times as
 * long as the answer. */
#ifndef X07_LAUNCHER_CONTAINERD_H
#define X07_LAUNCHER_CONTAINERD_H

#include "text.h"

/* Whether the containerd at that socket says that NAME leads to DIGEST (`sha256:...`) in NAMESPACE.
 * False where it says another thing, nothing within two seconds, or nothing that can be read:
 * whoever asks then explains it. */
bool x07_containerd_has(const char *socket, x07_text name_space, x07_text name, x07_text digest);

#endif
