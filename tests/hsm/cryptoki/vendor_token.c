/* A PKCS#11 module for tests: SoftHSM behind it, in front a vendor's private SM2 mechanisms (SoftHSM has none) and
   levers to make calls fail. Compiled by the tests. The function list of PKCS#11 v2.40 is taken by position, so that no
   vendor headers are needed. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sm2_key.h"

extern int EVP_Q_digest(void *library, const char *name, const char *properties, const void *data, size_t length,
                        unsigned char *digest, size_t *size);

typedef unsigned long ULONG;
typedef struct { ULONG type; void *value; ULONG length; } ATTRIBUTE;
typedef struct { ULONG mechanism; void *parameter; ULONG length; } MECHANISM;
typedef struct { unsigned char major, minor; void *call[68]; } LIST;

enum { INITIALIZE = 0, OPEN_SESSION = 12, LOGIN = 18, CREATE = 20, DESTROY = 22, GET_ATTRIBUTES = 24, FIND_INIT = 26, SIGN_INIT = 42,
       SIGN = 43, GENERATE_PAIR = 59 };
enum { CKA_CLASS = 0, CKA_TOKEN = 1, CKA_PRIVATE = 2, CKA_LABEL = 3, CKA_VALUE = 0x11, CKA_KEY_TYPE = 0x100,
       CKA_ID = 0x102, CKA_SENSITIVE = 0x103, CKA_SIGN = 0x108, CKA_VERIFY = 0x10A, CKA_EXTRACTABLE = 0x162,
       CKA_EC_PARAMS = 0x180, CKA_EC_POINT = 0x181 };
enum { CKK_EC = 3, CKO_PUBLIC = 2, CKO_PRIVATE = 3 };
#define VENDOR_KEY_TYPE 0x80000010UL
#define VENDOR_GENERATE 0x80000201UL
#define VENDOR_SIGN_DIGEST 0x80000202UL
#define VENDOR_SIGN_MESSAGE 0x80000203UL
#define CKR_DATA_LEN_RANGE 0x21UL

static const unsigned char SM2_CURVE[] = {0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d};
static LIST *real, list;
static struct { ULONG code; int times; } levers[68];
static int die_half_way, readable, seen[68];
static struct { ULONG session, mechanism; char name[80]; } pending;

void token_fail(int call, ULONG code, int times) { levers[call].code = code; levers[call].times = times; }
int token_seen(int call) { return seen[call]; }
void token_die_half_way(int on) { die_half_way = on; }
void token_readable(int on) { readable = on; }

#define FAIL(number) \
    seen[number]++; \
    if (levers[number].times > 0) { \
        levers[number].times--; \
        return levers[number].code; \
    }
#define REAL(number, type) ((type)real->call[number])

typedef ULONG (*OpenSession)(ULONG, ULONG, void *, void *, ULONG *);
typedef ULONG (*Login)(ULONG, ULONG, unsigned char *, ULONG);
typedef ULONG (*Create)(ULONG, ATTRIBUTE *, ULONG, ULONG *);
typedef ULONG (*Destroy)(ULONG, ULONG);
typedef ULONG (*Attributes)(ULONG, ULONG, ATTRIBUTE *, ULONG);
typedef ULONG (*FindInit)(ULONG, ATTRIBUTE *, ULONG);
typedef ULONG (*SignInit)(ULONG, MECHANISM *, ULONG);
typedef ULONG (*Sign)(ULONG, unsigned char *, ULONG, unsigned char *, ULONG *);
typedef ULONG (*Generate)(ULONG, MECHANISM *, ATTRIBUTE *, ULONG, ATTRIBUTE *, ULONG, ULONG *, ULONG *);

static ULONG initialize(void *how)
{
    FAIL(INITIALIZE)
    return ((ULONG(*)(void *))real->call[INITIALIZE])(how);
}
static ULONG open_session(ULONG slot, ULONG flags, void *application, void *notify, ULONG *session)
{
    FAIL(OPEN_SESSION)
    return REAL(OPEN_SESSION, OpenSession)(slot, flags, application, notify, session);
}
static ULONG login(ULONG session, ULONG user, unsigned char *pin, ULONG length)
{
    FAIL(LOGIN)
    return REAL(LOGIN, Login)(session, user, pin, length);
}
static ULONG find_init(ULONG session, ATTRIBUTE *wanted, ULONG count)
{
    FAIL(FIND_INIT)
    return REAL(FIND_INIT, FindInit)(session, wanted, count);
}

/* the vendor's SM2 keys are EC objects over the SM2 curve in SoftHSM, shown with the vendor's key type */
static ULONG get_attributes(ULONG session, ULONG object, ATTRIBUTE *wanted, ULONG count)
{
    unsigned char curve[64];
    ATTRIBUTE parameters = {CKA_EC_PARAMS, curve, sizeof curve};
    ULONG result = REAL(GET_ATTRIBUTES, Attributes)(session, object, wanted, count);
    for (ULONG i = 0; i < count; i++)
        if (wanted[i].type == CKA_KEY_TYPE && wanted[i].value != NULL && *(ULONG *)wanted[i].value == CKK_EC &&
            REAL(GET_ATTRIBUTES, Attributes)(session, object, &parameters, 1) == 0 &&
            parameters.length == sizeof SM2_CURVE && memcmp(curve, SM2_CURVE, sizeof SM2_CURVE) == 0)
            *(ULONG *)wanted[i].value = VENDOR_KEY_TYPE;
    return result;
}
static void name_of(const unsigned char *id, ULONG length, char name[80])
{
    for (ULONG i = 0; i < length && i < 32; i++)
        snprintf(name + 2 * i, 3, "%02x", id[i]);
}
static ATTRIBUTE *attribute(ATTRIBUTE *all, ULONG count, ULONG type)
{
    for (ULONG i = 0; i < count; i++)
        if (all[i].type == type)
            return &all[i];
    abort();
}
static ULONG generate_sm2(ULONG session, ATTRIBUTE *id, ATTRIBUTE *label, ULONG *public_key, ULONG *private_key)
{
    static unsigned char yes = 1, no = 0;
    ULONG type = CKK_EC, public_class = CKO_PUBLIC, private_class = CKO_PRIVATE;
    unsigned char point[67] = {0x04, 0x41}, hidden[32] = {1};
    char name[80] = "";
    name_of(id->value, id->length, name);
    void *key = yx_sm2_key(name);
    if (key == NULL || !yx_sm2_point(key, point + 2))
        return 0x30; /* CKR_DEVICE_ERROR */
    EVP_PKEY_free(key);
    ATTRIBUTE first[] = {{CKA_CLASS, &public_class, sizeof type}, {CKA_KEY_TYPE, &type, sizeof type},
                         {CKA_TOKEN, &yes, 1}, {CKA_VERIFY, &yes, 1}, {CKA_PRIVATE, &no, 1},
                         {CKA_EC_PARAMS, (void *)SM2_CURVE, sizeof SM2_CURVE}, {CKA_EC_POINT, point, sizeof point},
                         *id, *label};
    ATTRIBUTE second[] = {{CKA_CLASS, &private_class, sizeof type}, {CKA_KEY_TYPE, &type, sizeof type},
                          {CKA_TOKEN, &yes, 1}, {CKA_SIGN, &yes, 1}, {CKA_PRIVATE, &yes, 1}, {CKA_SENSITIVE, &yes, 1},
                          {CKA_EXTRACTABLE, &no, 1}, {CKA_EC_PARAMS, (void *)SM2_CURVE, sizeof SM2_CURVE},
                          {CKA_VALUE, hidden, sizeof hidden}, *id, *label};
    ULONG result = REAL(CREATE, Create)(session, first, sizeof first / sizeof *first, public_key);
    return result != 0 ? result : REAL(CREATE, Create)(session, second, sizeof second / sizeof *second, private_key);
}
static ULONG generate(ULONG session, MECHANISM *how, ATTRIBUTE *public_template, ULONG public_count,
                      ATTRIBUTE *private_template, ULONG private_count, ULONG *public_key, ULONG *private_key)
{
    FAIL(GENERATE_PAIR)
    ULONG result;
    if (readable) /* as a token whose policy overrules the caller's */
        *(unsigned char *)attribute(private_template, private_count, CKA_EXTRACTABLE)->value = 1;
    if (how->mechanism == VENDOR_GENERATE)
        result = generate_sm2(session, attribute(private_template, private_count, CKA_ID),
                              attribute(private_template, private_count, CKA_LABEL), public_key, private_key);
    else
        result = REAL(GENERATE_PAIR, Generate)(session, how, public_template, public_count, private_template,
                                               private_count, public_key, private_key);
    if (die_half_way) { /* as kill -9 between the two halves */
        REAL(DESTROY, Destroy)(session, *private_key);
        _exit(9);
    }
    return result;
}
static ULONG sign_init(ULONG session, MECHANISM *how, ULONG key)
{
    unsigned char id[32];
    ATTRIBUTE wanted = {CKA_ID, id, sizeof id};
    FAIL(SIGN_INIT)
    pending.mechanism = 0;
    if (how->mechanism != VENDOR_SIGN_DIGEST && how->mechanism != VENDOR_SIGN_MESSAGE)
        return REAL(SIGN_INIT, SignInit)(session, how, key);
    ULONG result = REAL(GET_ATTRIBUTES, Attributes)(session, key, &wanted, 1);
    if (result != 0)
        return result;
    pending.session = session;
    pending.mechanism = how->mechanism;
    memset(pending.name, 0, sizeof pending.name);
    name_of(id, wanted.length, pending.name);
    return 0;
}
/* e = SM3(Z || M) with the ID 1234567812345678 (GB/T 32918.2 5.5) */
static void digest_of(void *key, const unsigned char *message, size_t length, unsigned char e[32])
{
    static const unsigned char domain[] =
        "\x00\x80" "1234567812345678"
        "\xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xfc"
        "\x28\xe9\xfa\x9e\x9d\x9f\x5e\x34\x4d\x5a\x9e\x4b\xcf\x65\x09\xa7\xf3\x97\x89\xf5\x15\xab\x8f\x92\xdd\xbc\xbd\x41\x4d\x94\x0e\x93"
        "\x32\xc4\xae\x2c\x1f\x19\x81\x19\x5f\x99\x04\x46\x6a\x39\xc9\x94\x8f\xe3\x0b\xbf\xf2\x66\x0b\xe1\x71\x5a\x45\x89\x33\x4c\x74\xc7"
        "\xbc\x37\x36\xa2\xf4\xf6\x77\x9c\x59\xbd\xce\xe3\x6b\x69\x21\x53\xd0\xa9\x87\x7c\xc6\x2a\x47\x40\x02\xdf\x32\xe5\x21\x39\xf0\xa0";
    unsigned char input[sizeof domain - 1 + 64], point[65], *all = malloc(32 + length);
    size_t size = 32;
    yx_sm2_point(key, point);
    memcpy(input, domain, sizeof domain - 1);
    memcpy(input + sizeof domain - 1, point + 1, 64);
    EVP_Q_digest(NULL, "SM3", NULL, input, sizeof input, all, &size);
    memcpy(all + 32, message, length);
    EVP_Q_digest(NULL, "SM3", NULL, all, 32 + length, e, &size);
    free(all);
}
static ULONG sign(ULONG session, unsigned char *data, ULONG length, unsigned char *value, ULONG *size)
{
    unsigned char e[32];
    FAIL(SIGN)
    if (pending.mechanism == 0 || pending.session != session)
        return REAL(SIGN, Sign)(session, data, length, value, size);
    *size = 64;
    if (value == NULL) /* only the length was asked for */
        return 0;
    void *key = yx_sm2_key(pending.name);
    if (pending.mechanism == VENDOR_SIGN_MESSAGE)
        digest_of(key, data, length, e);
    else if (length == 32)
        memcpy(e, data, 32);
    else
        return CKR_DATA_LEN_RANGE;
    pending.mechanism = 0;
    int done = yx_sm2_sign(key, e, value);
    EVP_PKEY_free(key);
    return done ? 0 : 0x30;
}

ULONG C_GetFunctionList(LIST **to)
{
    if (real == NULL) {
        void *library = dlopen(SOFTHSM, RTLD_NOW);
        ULONG (*get)(LIST **) = library ? (ULONG(*)(LIST **))dlsym(library, "C_GetFunctionList") : NULL;
        if (get == NULL || get(&real) != 0)
            return 5; /* CKR_GENERAL_ERROR */
        list = *real;
        list.call[INITIALIZE] = initialize;
        list.call[OPEN_SESSION] = open_session;
        list.call[LOGIN] = login;
        list.call[GET_ATTRIBUTES] = get_attributes;
        list.call[FIND_INIT] = find_init;
        list.call[SIGN_INIT] = sign_init;
        list.call[SIGN] = sign;
        list.call[GENERATE_PAIR] = generate;
    }
    *to = &list;
    return 0;
}
