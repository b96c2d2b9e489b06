/* One SM2 private key in libcrypto, for the fake devices of the tests. Prototypes stand here so that no OpenSSL headers
   are needed; the library itself is linked by its file name. */
#ifndef YX_SM2_KEY_H
#define YX_SM2_KEY_H

#include <stddef.h>
#include <string.h>

extern void *d2i_AutoPrivateKey(void **key, const unsigned char **from, long length);
extern void EVP_PKEY_free(void *key);
extern int EVP_PKEY_get_octet_string_param(void *key, const char *name, unsigned char *to, size_t most, size_t *length);
extern void *EVP_PKEY_CTX_new_from_pkey(void *library, void *key, const char *properties);
extern void EVP_PKEY_CTX_free(void *context);
extern int EVP_PKEY_sign_init(void *context);
extern int EVP_PKEY_sign(void *context, unsigned char *value, size_t *length, const unsigned char *digest, size_t size);
extern int EVP_PKEY_decrypt_init(void *context);
extern int EVP_PKEY_decrypt(void *context, unsigned char *to, size_t *length, const unsigned char *from, size_t size);
extern unsigned char *SHA256(const unsigned char *data, size_t length, unsigned char *digest);
extern int RAND_bytes(unsigned char *to, int length);
extern void ERR_clear_error(void);

/* PKCS#8 { 0, { ecPublicKey, SM2 }, { 1, scalar } } up to the scalar */
static const unsigned char YX_PKCS8[] = {
    0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
    0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20};

/* A key that is the same in every process: its scalar is SHA-256 of a name, the top bit cleared to stay below n. */
static void *yx_sm2_key(const char *name)
{
    unsigned char octets[sizeof YX_PKCS8 + 32];
    const unsigned char *at = octets;
    memcpy(octets, YX_PKCS8, sizeof YX_PKCS8);
    SHA256((const unsigned char *)name, strlen(name), octets + sizeof YX_PKCS8);
    octets[sizeof YX_PKCS8] &= 0x7f;
    return d2i_AutoPrivateKey(NULL, &at, sizeof octets);
}

/* 04 || x || y */
static int yx_sm2_point(void *key, unsigned char point[65])
{
    size_t length = 0;
    return EVP_PKEY_get_octet_string_param(key, "encoded-pub-key", point, 65, &length) == 1 && length == 65;
}

static int yx_integer(const unsigned char **at, unsigned char value[32])
{
    size_t length = (*at)[1], skip = 0;
    const unsigned char *from = *at + 2;
    if ((*at)[0] != 0x02 || length == 0 || length > 33)
        return 0;
    if (length == 33)
        skip = 1;
    memset(value, 0, 32);
    memcpy(value + 32 - (length - skip), from + skip, length - skip);
    *at = from + length;
    return 1;
}

/* r || s over a ready digest */
static int yx_sm2_sign(void *key, const unsigned char digest[32], unsigned char value[64])
{
    unsigned char der[80];
    const unsigned char *at = der + 2;
    size_t length = sizeof der;
    void *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    int done = context != NULL && EVP_PKEY_sign_init(context) == 1 &&
               EVP_PKEY_sign(context, der, &length, digest, 32) == 1;
    EVP_PKEY_CTX_free(context);
    return done && yx_integer(&at, value) && yx_integer(&at, value + 32);
}

#endif
