/* A small SDF device (GM/T 0018) for tests: sixteen ready SM2 key pairs, access rights, session handles, the standard's
   error codes, and levers to make it fail. Compiled by the tests; -DFIELD=32 gives the 256-bit layout some vendors use,
   -DWITHOUT_SIGN a library that lacks a call, -DWITHOUT_ALGORITHM the short form of SDF_InternalDecrypt_ECC. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sm2_key.h"

#ifndef FIELD
#define FIELD 64
#endif
#define KEYS 16
#define SESSIONS 32
#define MOST_WRONG 5

enum {
    SDR_OK = 0,
    SDR_NOTSUPPORT = 0x01000002,
    SDR_COMMFAIL = 0x01000003,
    SDR_OPENDEVICE = 0x01000005,
    SDR_OPENSESSION = 0x01000006,
    SDR_PARDENY = 0x01000007,
    SDR_KEYNOTEXIST = 0x01000008,
    SDR_SKOPERR = 0x0100000C,
    SDR_SIGNERR = 0x0100000D,
    SDR_STEPERR = 0x01000010,
    SDR_ENCDATAERR = 0x01000016,
    SDR_PRKRERR = 0x01000018,
    SDR_NOBUFFER = 0x0100001C,
    SDR_INARGERR = 0x0100001D,
    VENDOR_WRONG_PASSWORD = 0x01000100
};

#pragma pack(1)
typedef struct {
    char issuer[40], name[16], serial[16];
    uint32_t device_version, standard_version, asymmetric[2], symmetric, hash, buffer;
} DEVICEINFO;
typedef struct { uint32_t bits; unsigned char x[FIELD], y[FIELD]; } ECCrefPublicKey;
typedef struct { unsigned char r[FIELD], s[FIELD]; } ECCSignature;
typedef struct { unsigned char x[FIELD], y[FIELD], M[32]; uint32_t L; unsigned char C[1]; } ECCCipher;
#pragma pack()
_Static_assert(sizeof(DEVICEINFO) == 100, "DEVICEINFO");
_Static_assert(sizeof(ECCrefPublicKey) == 4 + 2 * FIELD, "ECCrefPublicKey");
_Static_assert(sizeof(ECCSignature) == 2 * FIELD, "ECCSignature");
_Static_assert(sizeof(ECCCipher) == 2 * FIELD + 32 + 4 + 1, "ECCCipher");

typedef struct { pid_t owner; int used, busy; uint32_t rights; } Session;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Session sessions[SESSIONS];
static pid_t device_owner;
static volatile int pulled, held, waiting;
static int quirks, wrong_value, left_aligned, wrong_tries, misuses;
static char password[64] = "yinxin-fake";
static struct { char call[48]; int code, times, seen; } levers[32];

/* levers for the tests */
static int lever(const char *call)
{
    for (int i = 0; i < 32; i++) {
        if (levers[i].call[0] == 0)
            snprintf(levers[i].call, sizeof levers[i].call, "%s", call);
        if (strcmp(levers[i].call, call) == 0)
            return i;
    }
    abort();
}
void fake_sdf_fail(const char *call, int code, int times) { int i = lever(call); levers[i].code = code; levers[i].times = times; }
int fake_sdf_seen(const char *call) { return levers[lever(call)].seen; }
void fake_sdf_hold(int on) { held = on; }
int fake_sdf_waiting(void) { return waiting; }
void fake_sdf_quirks(int on) { quirks = on; }
void fake_sdf_wrong_value(int on) { wrong_value = on; }
void fake_sdf_left_aligned(int on) { left_aligned = on; }
int fake_sdf_misuses(void) { return misuses; }
int fake_sdf_wrong_tries(void) { return wrong_tries; }
void fake_sdf_pull(int on)
{
    pulled = on;
    if (on) {
        memset(sessions, 0, sizeof sessions);
        device_owner = 0;
    }
}
void fake_sdf_reset(void)
{
    fake_sdf_pull(1);
    pulled = held = waiting = quirks = wrong_value = left_aligned = wrong_tries = misuses = 0;
    memset(levers, 0, sizeof levers);
    strcpy(password, "yinxin-fake");
}

/* what every call does first; with a session it is also marked busy, as two threads in one session are a fault */
static int enter(const char *call, Session *session, int with_session)
{
    int code = SDR_OK;
    pthread_mutex_lock(&lock);
    int i = lever(call);
    levers[i].seen++;
    if (levers[i].times > 0) {
        levers[i].times--;
        code = levers[i].code;
    } else if (pulled) {
        code = SDR_COMMFAIL;
    } else if (with_session) {
        if (session < sessions || session >= sessions + SESSIONS || !session->used || session->owner != getpid()) {
            code = quirks ? SDR_INARGERR : SDR_OPENSESSION;
        } else if (session->busy) {
            misuses++;
            code = SDR_STEPERR;
        } else {
            session->busy = 1;
        }
    }
    pthread_mutex_unlock(&lock);
    return code;
}
static int leave(Session *session, int code)
{
    pthread_mutex_lock(&lock);
    session->busy = 0;
    pthread_mutex_unlock(&lock);
    return code;
}
static void *key_at(const char *use, unsigned int index)
{
    char name[32];
    snprintf(name, sizeof name, "fake-sdf-%s-%u", use, index);
    return yx_sm2_key(name);
}
static int exists(unsigned int index) { return index >= 1 && index <= KEYS; }
static int no_key(void) { return quirks ? SDR_INARGERR : SDR_KEYNOTEXIST; }
static int no_right(void) { return quirks ? SDR_INARGERR : SDR_PRKRERR; }

int SDF_OpenDevice(void **device)
{
    int code = enter("SDF_OpenDevice", NULL, 0);
    if (code != SDR_OK)
        return code;
    device_owner = getpid();
    *device = &device_owner;
    return SDR_OK;
}
int SDF_OpenDeviceWithPath(const char *path, void **device)
{
    return access(path, R_OK) == 0 ? SDF_OpenDevice(device) : SDR_OPENDEVICE;
}
int SDF_CloseDevice(void *device)
{
    int code = enter("SDF_CloseDevice", NULL, 0);
    if (code == SDR_OK && (device != &device_owner || device_owner != getpid()))
        code = SDR_INARGERR;
    if (code == SDR_OK)
        device_owner = 0;
    return code;
}
int SDF_OpenSession(void *device, void **session)
{
    int code = enter("SDF_OpenSession", NULL, 0);
    if (code == SDR_OK && (device != &device_owner || device_owner != getpid()))
        code = SDR_OPENSESSION;
    if (code != SDR_OK)
        return code;
    pthread_mutex_lock(&lock);
    code = SDR_OPENSESSION;
    for (int i = 0; i < SESSIONS && code != SDR_OK; i++)
        if (!sessions[i].used) {
            sessions[i] = (Session){.owner = getpid(), .used = 1};
            *session = &sessions[i];
            code = SDR_OK;
        }
    pthread_mutex_unlock(&lock);
    return code;
}
int SDF_CloseSession(void *session)
{
    int code = enter("SDF_CloseSession", session, 1);
    if (code == SDR_OK)
        memset(session, 0, sizeof(Session));
    return code;
}
int SDF_GetDeviceInfo(void *session, DEVICEINFO *info)
{
    int code = enter("SDF_GetDeviceInfo", session, 1);
    if (code != SDR_OK)
        return code;
    memset(info, 0, sizeof *info);
    strcpy(info->issuer, "Yinxin tests");
    strcpy(info->name, "Fake SDF");
    strcpy(info->serial, "2026112200100001");
    info->device_version = 0x0100;
    info->standard_version = 1;
    info->asymmetric[0] = 0x00020700;
    return leave(session, SDR_OK);
}
int SDF_GenerateRandom(void *session, unsigned int length, unsigned char *to)
{
    int code = enter("SDF_GenerateRandom", session, 1);
    if (code != SDR_OK)
        return code;
    return leave(session, RAND_bytes(to, (int)length) == 1 ? SDR_OK : 0x01000017);
}
int SDF_GetPrivateKeyAccessRight(void *session, unsigned int index, const unsigned char *given, unsigned int length)
{
    int code = enter("SDF_GetPrivateKeyAccessRight", session, 1);
    if (code != SDR_OK)
        return code;
    if (!exists(index))
        return leave(session, no_key());
    if (wrong_tries >= MOST_WRONG) /* locked */
        return leave(session, SDR_PARDENY);
    if (length != strlen(password) || memcmp(given, password, length) != 0) {
        wrong_tries++;
        return leave(session, quirks ? VENDOR_WRONG_PASSWORD : SDR_PARDENY);
    }
    wrong_tries = 0;
    ((Session *)session)->rights |= 1u << index;
    return leave(session, SDR_OK);
}
int SDF_ReleasePrivateKeyAccessRight(void *session, unsigned int index)
{
    int code = enter("SDF_ReleasePrivateKeyAccessRight", session, 1);
    if (code != SDR_OK)
        return code;
    ((Session *)session)->rights &= ~(1u << index);
    return leave(session, SDR_OK);
}
static int export(const char *call, const char *use, Session *session, unsigned int index, ECCrefPublicKey *to)
{
    unsigned char point[65];
    int code = enter(call, session, 1);
    if (code != SDR_OK)
        return code;
    if (!exists(index))
        return leave(session, no_key());
    void *key = key_at(use, index);
    memset(to, 0, sizeof *to);
    if (key != NULL && yx_sm2_point(key, point)) {
        to->bits = 256;
        memcpy(to->x + FIELD - 32, point + 1, 32);
        memcpy(to->y + FIELD - 32, point + 33, 32);
    } else {
        code = 0x01000001;
    }
    EVP_PKEY_free(key);
    return leave(session, code);
}
int SDF_ExportSignPublicKey_ECC(void *session, unsigned int index, ECCrefPublicKey *to)
{
    return export("SDF_ExportSignPublicKey_ECC", "sign", session, index, to);
}
int SDF_ExportEncPublicKey_ECC(void *session, unsigned int index, ECCrefPublicKey *to)
{
    return export("SDF_ExportEncPublicKey_ECC", "enc", session, index, to);
}
#ifndef WITHOUT_SIGN
int SDF_InternalSign_ECC(void *session, unsigned int index, const unsigned char *digest, unsigned int length,
                         ECCSignature *to)
{
    unsigned char value[64];
    int shift = left_aligned ? 0 : FIELD - 32;
    int code = enter("SDF_InternalSign_ECC", session, 1);
    if (code != SDR_OK)
        return code;
    waiting++;
    while (held)
        usleep(1000);
    waiting--;
    if (length != 32)
        return leave(session, SDR_INARGERR);
    if (!exists(index))
        return leave(session, no_key());
    if (!(((Session *)session)->rights & 1u << index))
        return leave(session, no_right());
    void *key = key_at("sign", index);
    memset(to, 0, sizeof *to);
    if (key == NULL || !yx_sm2_sign(key, digest, value)) {
        code = SDR_SIGNERR;
    } else {
        value[63] ^= (unsigned char)wrong_value;
        memcpy(to->r + shift, value, 32);
        memcpy(to->s + shift, value + 32, 32);
    }
    EVP_PKEY_free(key);
    return leave(session, code);
}
#endif

static size_t put_head(unsigned char *to, unsigned char tag, size_t length)
{
    to[0] = tag;
    if (length < 128) {
        to[1] = (unsigned char)length;
        return 2;
    }
    to[1] = 0x82;
    to[2] = (unsigned char)(length >> 8);
    to[3] = (unsigned char)length;
    return 4;
}
static size_t put_integer(unsigned char *to, const unsigned char *value)
{
    size_t skip = 0;
    while (skip < 31 && value[skip] == 0)
        skip++;
    size_t sign = value[skip] & 0x80 ? 1 : 0, length = 32 - skip + sign;
    size_t at = put_head(to, 0x02, length);
    to[at] = 0;
    memcpy(to + at + sign, value + skip, 32 - skip);
    return at + length;
}
int SDF_InternalDecrypt_ECC(void *session, unsigned int index,
#ifndef WITHOUT_ALGORITHM
                            unsigned int algorithm,
#endif
                            const ECCCipher *from, unsigned char *to, unsigned int *length)
{
    unsigned char inner[4500], der[4600];
    int code = enter("SDF_InternalDecrypt_ECC", session, 1);
    if (code != SDR_OK)
        return code;
#ifndef WITHOUT_ALGORITHM
    if (algorithm != 0x00020800)
        return leave(session, 0x01000009);
#endif
    if (!exists(index))
        return leave(session, no_key());
    if (!(((Session *)session)->rights & 1u << index))
        return leave(session, no_right());
    if (from->L == 0 || from->L > 4096)
        return leave(session, SDR_ENCDATAERR);
    size_t at = put_integer(inner, from->x + FIELD - 32);
    at += put_integer(inner + at, from->y + FIELD - 32);
    at += put_head(inner + at, 0x04, 32);
    memcpy(inner + at, from->M, 32);
    at += 32;
    at += put_head(inner + at, 0x04, from->L);
    memcpy(inner + at, from->C, from->L);
    at += from->L;
    size_t head = put_head(der, 0x30, at), size = *length;
    memcpy(der + head, inner, at);
    void *key = key_at("enc", index);
    void *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    if (context == NULL || EVP_PKEY_decrypt_init(context) != 1 ||
        EVP_PKEY_decrypt(context, to, &size, der, head + at) != 1) {
        ERR_clear_error();
        code = SDR_ENCDATAERR;
    }
    *length = (unsigned int)size;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    return leave(session, code);
}
