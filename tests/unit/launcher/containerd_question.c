/* Asks what the launcher asks of containerd: SOCKET NAMESPACE NAME DIGEST. 0: it has the image, 1:
 * it has not, 2: words are missing, 3: a descriptor was left open. */
#include "containerd.h"
#include "system.h"

enum { HAS = 0, HAS_NOT = 1, MISUSED = 2, LEFT_OPEN = 3, WORDS = 5, FIRST_FREE = 3 };

int x07_launch(const x07_process *process)
{
    char **words = process->arguments;
    if (process->argument_count != WORDS) {
        return MISUSED;
    }
    const x07_text name_space = x07_text_of(words[2]);
    const x07_text name = x07_text_of(words[3]);
    const bool has = x07_containerd_has(words[1], name_space, name, x07_text_of(words[4]));
    if (x07_is_open(FIRST_FREE)) {
        return LEFT_OPEN;
    }
    return has ? HAS : HAS_NOT;
}
