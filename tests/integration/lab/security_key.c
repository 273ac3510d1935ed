/*
 * A security key that is no hardware. OpenSSH loads it where SecurityKeyProvider or SSH_SK_PROVIDER names it.
 *
 * The interface is that of OpenSSH's PROTOCOL.u2f, in its version 10 (OpenSSH 9.0 and newer). The private key lies in
 * the key handle, which a true security key would encrypt. What becomes of the key is in the environment variable
 * LAB_KEY:
 *
 *   touched     it is plugged in, and touched at once
 *   absent      no key is plugged in
 *   untouched   nobody touches it, and it gives up
 *   hangs       nobody touches it, and it does not give up
 *   unproven    it signs although nobody touched it
 *   locked      it wants a PIN
 */
#include <arpa/inet.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ECDSA = 0, ED25519 = 1 };
enum { FAILED = -1, UNSUPPORTED = -2, PIN_REQUIRED = -3, NOT_FOUND = -4 };
enum { USER_PRESENT = 1 };

struct bytes {
    uint8_t *data;
    size_t length;
};

struct enrolled {
    uint8_t flags;
    struct bytes public_key, key_handle, signature, certificate, authdata;
};

struct signature {
    uint8_t flags;
    uint32_t counter;
    struct bytes r, s;
};

static int is(const char *what) {
    const char *key = getenv("LAB_KEY");
    return key != NULL && strcmp(key, what) == 0;
}

uint32_t sk_api_version(void) { return 0x000a0000; }

/* The public half as SSH writes it: a point of the curve, or 32 bytes. */
static struct bytes public_half(EVP_PKEY *pair, uint32_t algorithm) {
    struct bytes half = {malloc(128), 128};
    if (algorithm == ED25519)
        EVP_PKEY_get_raw_public_key(pair, half.data, &half.length);
    else
        EVP_PKEY_get_octet_string_param(pair, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, half.data, half.length, &half.length);
    return half;
}

int sk_enroll(uint32_t algorithm, const uint8_t *challenge, size_t challenge_length, const char *application,
              uint8_t flags, const char *pin, void *options, struct enrolled **result) {
    (void)challenge, (void)challenge_length, (void)application, (void)pin, (void)options;
    EVP_PKEY *pair = algorithm == ED25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") : EVP_EC_gen("P-256");
    struct enrolled *made = calloc(1, sizeof *made);
    made->flags = flags;
    made->public_key = public_half(pair, algorithm);
    made->key_handle.length = i2d_PrivateKey(pair, &made->key_handle.data);
    /* The manufacturer's signature, at which nobody looks. */
    made->signature = (struct bytes){calloc(1, 64), 64};
    EVP_PKEY_free(pair);
    *result = made;
    return 0;
}

static struct bytes number(const BIGNUM *value) {
    struct bytes bytes = {malloc(64), 0};
    bytes.length = BN_bn2bin(value, bytes.data);
    return bytes;
}

/* Signs `text` with the key in the handle. */
static int sign(uint32_t algorithm, const uint8_t *handle, size_t handle_length, const uint8_t *text,
                size_t text_length, struct signature *made) {
    uint8_t raw[256];
    size_t length = sizeof raw;
    EVP_PKEY *pair = d2i_AutoPrivateKey(NULL, &handle, handle_length);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const EVP_MD *digest = algorithm == ED25519 ? NULL : EVP_sha256();
    int done = pair != NULL && EVP_DigestSignInit(context, NULL, digest, NULL, pair) == 1 &&
               EVP_DigestSign(context, raw, &length, text, text_length) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pair);
    if (!done)
        return FAILED;
    if (algorithm == ED25519) {
        made->r = (struct bytes){memcpy(malloc(length), raw, length), length};
        return 0;
    }
    const uint8_t *encoded = raw;
    ECDSA_SIG *numbers = d2i_ECDSA_SIG(NULL, &encoded, length);
    made->r = number(ECDSA_SIG_get0_r(numbers));
    made->s = number(ECDSA_SIG_get0_s(numbers));
    ECDSA_SIG_free(numbers);
    return 0;
}

int sk_sign(uint32_t algorithm, const uint8_t *data, size_t length, const char *application, const uint8_t *handle,
            size_t handle_length, uint8_t flags, const char *pin, void *options, struct signature **result) {
    (void)pin, (void)options;
    if (is("absent"))
        return NOT_FOUND;
    if (is("locked"))
        return PIN_REQUIRED;
    if (is("untouched"))
        return FAILED;
    while (is("hangs"))
        pause();
    struct signature *made = calloc(1, sizeof *made);
    made->flags = is("unproven") ? flags & ~USER_PRESENT : flags;
    made->counter = 1;
    /* What is signed: whom for, the flags, how often so far, and what. */
    uint8_t text[32 + 1 + 4 + 32];
    uint32_t counter = htonl(made->counter);
    SHA256((const uint8_t *)application, strlen(application), text);
    text[32] = made->flags;
    memcpy(text + 33, &counter, sizeof counter);
    SHA256(data, length, text + 37);
    *result = made;
    return sign(algorithm, handle, handle_length, text, sizeof text, made);
}

int sk_load_resident_keys(const char *pin, void *options, void ***keys, size_t *count) {
    (void)pin, (void)options, (void)keys, (void)count;
    return UNSUPPORTED;
}
