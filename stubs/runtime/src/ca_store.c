#include "x07_ca_store.h"

#include <stdlib.h>
#include <unistd.h>

/* Debian and its kin, Alpine; Fedora and its kin; SUSE; macOS and the BSDs. */
static const char *const of_systems[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
};

const char *x07_ca_file(void)
{
    const char *named = getenv("X07_CA_FILE");
    if (named && *named != '\0') {
        return named;
    }
    for (size_t i = 0; i < sizeof of_systems / sizeof of_systems[0]; i++) {
        if (access(of_systems[i], R_OK) == 0) {
            return of_systems[i];
        }
    }
    return NULL;
}
