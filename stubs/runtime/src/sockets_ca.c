/* Whom TLS trusts. Variables of libraries (SSL_CERT_FILE and their like) are not read. */
#include "x07_sockets.h"

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const system_files[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
};

const char *x07_net_ca_file(void)
{
    const char *named = getenv("X07_CA_FILE");
    if (named != NULL && *named != '\0') {
        return named;
    }
    for (size_t i = 0; i < sizeof system_files / sizeof system_files[0]; i++) {
        if (access(system_files[i], R_OK) == 0) {
            return system_files[i];
        }
    }
    return NULL;
}
