/* The authorities that TLS trusts, for native extensions. */
#ifndef X07_CA_STORE_H
#define X07_CA_STORE_H

/* A file of certificates in PEM form: what X07_CA_FILE names, else the system's. NULL where the
 * system has none that is known. */
const char *x07_ca_file(void);

#endif
