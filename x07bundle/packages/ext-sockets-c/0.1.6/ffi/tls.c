/* TLS by OpenSSL on the runtime's streams, which then read, write, wait and close as before.
 *
 * Nothing of the environment has a say but X07_CA_FILE: no configuration file of OpenSSL is read,
 * and none of its variables. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "x07_bytes.h"
#include "x07_ca_store.h"
#include "x07_sockets.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

typedef struct {
    SSL *ssl;
    /* After a failure nothing more may be said, not even that it is over. */
    int has_failed;
} session;

/* -- bytes below TLS */

static int fd_of(BIO *bio)
{
    return (int)(intptr_t)BIO_get_data(bio);
}

static int passed(BIO *bio, ssize_t count, int flag)
{
    BIO_clear_retry_flags(bio);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        BIO_set_flags(bio, flag | BIO_FLAGS_SHOULD_RETRY);
    }
    return (int)count;
}

static int below_write(BIO *bio, const char *from, int len)
{
    return passed(bio, send(fd_of(bio), from, (size_t)len, MSG_NOSIGNAL), BIO_FLAGS_WRITE);
}

static int below_read(BIO *bio, char *into, int cap)
{
    return passed(bio, recv(fd_of(bio), into, (size_t)cap, 0), BIO_FLAGS_READ);
}

static long below_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *below(void)
{
    static BIO_METHOD *method;
    if (method == NULL) {
        method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "x07 stream");
        BIO_meth_set_write(method, below_write);
        BIO_meth_set_read(method, below_read);
        BIO_meth_set_ctrl(method, below_control);
    }
    return method;
}

static BIO *bio_of(int fd)
{
    BIO *bio = BIO_new(below());
    BIO_set_data(bio, (void *)(intptr_t)fd);
    BIO_set_init(bio, 1);
    return bio;
}

/* -- bytes above TLS */

static int64_t ended_or_paused(session *of, int result, x07_net_pause *pause)
{
    int error = errno;
    switch (SSL_get_error(of->ssl, result)) {
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    case SSL_ERROR_WANT_READ:
        *pause = (x07_net_pause){.wants = X07_NET_READABLE};
        return -1;
    case SSL_ERROR_WANT_WRITE:
        *pause = (x07_net_pause){.wants = X07_NET_WRITABLE};
        return -1;
    case SSL_ERROR_SYSCALL:
        of->has_failed = 1;
        *pause = (x07_net_pause){.code = error == ECONNRESET || error == EPIPE
                                             ? X07_NETERR_CONNECT
                                             : X07_NETERR_TLS};
        return -1;
    default:
        of->has_failed = 1;
        *pause = (x07_net_pause){.code = X07_NETERR_TLS};
        return -1;
    }
}

static int int_of(uint32_t len)
{
    return len < INT32_MAX ? (int)len : INT32_MAX;
}

static int64_t tls_read(x07_net_socket *socket, uint8_t *into, uint32_t cap, x07_net_pause *pause)
{
    session *of = socket->session;
    ERR_clear_error();
    errno = 0;
    int got = SSL_read(of->ssl, into, int_of(cap));
    return got > 0 ? got : ended_or_paused(of, got, pause);
}

static int64_t tls_write(x07_net_socket *socket, const uint8_t *from, uint32_t len,
                         x07_net_pause *pause)
{
    session *of = socket->session;
    ERR_clear_error();
    errno = 0;
    int sent = SSL_write(of->ssl, from, int_of(len));
    if (sent > 0) {
        return sent;
    }
    int64_t outcome = ended_or_paused(of, sent, pause);
    if (outcome == 0) {
        *pause = (x07_net_pause){.code = X07_NETERR_CONNECT};
    }
    return -1;
}

static uint32_t tls_pending(x07_net_socket *socket)
{
    const session *of = socket->session;
    return (uint32_t)SSL_pending(of->ssl);
}

static void tls_finish(x07_net_socket *socket)
{
    const session *of = socket->session;
    if (!of->has_failed && SSL_is_init_finished(of->ssl)) {
        ERR_clear_error();
        SSL_shutdown(of->ssl);
    }
}

static void tls_close(x07_net_socket *socket)
{
    session *of = socket->session;
    tls_finish(socket);
    SSL_free(of->ssl);
    x07_free(of);
    socket->session = NULL;
}

static const x07_net_transport transport = {tls_read, tls_write, tls_pending, tls_finish, tls_close};

/* -- whom to trust */

static SSL_CTX *new_context(int verifies)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    const char *trusted = x07_ca_file();
    if (context == NULL) {
        return NULL;
    }
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                                  | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_verify(context, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    if (verifies
        && (trusted == NULL || SSL_CTX_load_verify_locations(context, trusted, NULL) != 1)) {
        SSL_CTX_free(context);
        return NULL;
    }
    return context;
}

/* Reading all certificates takes longer than a connection, so it is done once. */
static SSL_CTX *context_for(int verifies)
{
    static SSL_CTX *contexts[2];
    if (contexts[verifies] == NULL) {
        OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
        contexts[verifies] = new_context(verifies);
        ERR_clear_error();
    }
    return contexts[verifies];
}

/* -- TlsClientCfgV1 */

typedef struct {
    int verifies;
    /* Whom the certificate has to name; read as a host, empty for nobody. */
    x07_net_target peer;
} config;

enum { CONFIG_VERSION = 1, CONFIG_BYTES = 16, SNI_AT = 12, SNI_MAX = 1024 };

static uint32_t word_at(x07_bytes_view document, uint32_t at)
{
    const uint8_t *from = document.ptr + at;
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16
           | (uint32_t)from[3] << 24;
}

static int read_config(x07_bytes_view document, const x07_net_target *target, config *into)
{
    *into = (config){.verifies = 1};
    if (document.len == 0) {
        into->peer = *target;
        return target->address.version == 0;
    }
    if (document.len < CONFIG_BYTES || word_at(document, 0) != CONFIG_VERSION) {
        return 0;
    }
    uint32_t len = word_at(document, 8);
    into->verifies = word_at(document, 4) != 0;
    if (len > SNI_MAX || document.len != CONFIG_BYTES + len || word_at(document, SNI_AT + len)) {
        return 0;
    }
    if (len == 0) {
        into->peer = *target;
        return target->address.version == 0 || !into->verifies;
    }
    x07_bytes_view sni = {document.ptr + SNI_AT, len};
    return x07_net_target_of(sni, target->port, &into->peer) == X07_NET_READ;
}

/* The name that is asked for and has to be in the certificate. Addresses are not asked for (RFC
 * 6066). */
static int expect_peer(SSL *ssl, const config *wanted)
{
    const char *host = wanted->peer.host;
    int is_address = wanted->peer.address.version != 0;
    if (!is_address && SSL_set_tlsext_host_name(ssl, host) != 1) {
        return 0;
    }
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (!wanted->verifies) {
        return 1;
    }
    return is_address ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1
                      : SSL_set1_host(ssl, host) == 1;
}

/* -- connecting */

static x07_net_code shake_hands(x07_net_socket *socket, x07_net_deadline deadline)
{
    session *of = socket->session;
    for (;;) {
        x07_net_pause pause = {.wants = 0};
        ERR_clear_error();
        errno = 0;
        int result = SSL_connect(of->ssl);
        if (result == 1) {
            return X07_NETERR_OK;
        }
        if (ended_or_paused(of, result, &pause) == 0 || pause.wants == 0) {
            of->has_failed = 1;
            return X07_NETERR_TLS;
        }
        x07_net_code code = x07_net_wait(socket->fd, pause.wants, deadline, NULL);
        if (code != X07_NETERR_OK) {
            return code;
        }
    }
}

static x07_net_code start_session(x07_net_socket *socket, const config *wanted,
                                  x07_net_deadline deadline)
{
    SSL_CTX *context = context_for(wanted->verifies);
    SSL *ssl = context != NULL ? SSL_new(context) : NULL;
    if (ssl == NULL) {
        return X07_NETERR_TLS;
    }
    BIO *bio = bio_of(socket->fd);
    session *started = x07_alloc(sizeof *started, NULL);
    SSL_set_bio(ssl, bio, bio);
    started->ssl = ssl;
    socket->session = started;
    socket->transport = &transport;
    return expect_peer(ssl, wanted) ? shake_hands(socket, deadline) : X07_NETERR_TLS;
}

static x07_net_code connect_stream(const x07_net_request *request, const config *wanted,
                                   uint32_t *handle)
{
    x07_net_code code = x07_net_stream_open(request, handle);
    if (code != X07_NETERR_OK) {
        return code;
    }
    x07_net_socket *socket = x07_net_socket_of(*handle, X07_NET_STREAM);
    code = start_session(socket, wanted, request->deadline);
    if (code != X07_NETERR_OK) {
        x07_net_drop(*handle, X07_NET_STREAM);
    }
    return code;
}

/* Of sockets.c. */
uint32_t ext_sockets_keep(x07_bytes document);

uint32_t ext_sockets_tls_connect(const uint8_t *address, uint32_t address_len,
                                 const uint8_t *settings, uint32_t settings_len,
                                 const uint8_t *caps, uint32_t caps_len)
{
    x07_net_request request = {.operation = "std.net.tls.connect_v1", .use = X07_NET_CONNECT};
    x07_net_caps limits;
    config wanted;
    uint32_t handle = 0;
    x07_net_code code = x07_net_caps_read((x07_bytes_view){caps, caps_len}, &limits);
    request.deadline = x07_net_deadline_in(limits.connect_ms);
    if (code == X07_NETERR_OK) {
        code = x07_net_request_read(&request, (x07_bytes_view){address, address_len});
    }
    if (code == X07_NETERR_OK
        && !read_config((x07_bytes_view){settings, settings_len}, &request.target, &wanted)) {
        code = X07_NETERR_INVALID;
    }
    if (code == X07_NETERR_OK) {
        code = connect_stream(&request, &wanted, &handle);
    }
    return ext_sockets_keep(code == X07_NETERR_OK ? x07_net_word_document(handle, NULL)
                                                  : x07_net_error_document(code, NULL));
}
