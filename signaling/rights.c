#include "rights.h"

#include "call.h"

#include <string.h>

enum grant { NO, YES, DEPUTY };

static const char *const ROLES[] = {"host",    "specialist",  "doctor",   "kiosk",
                                    "patient", "interpreter", "observer", "captions"};
enum { ROLE_COUNT = G_N_ELEMENTS(ROLES) };

/* clang-format off */
static const struct {
    const char *name;
    enum grant grants[ROLE_COUNT];
} RIGHTS[RIGHT_COUNT] = {
    /*                               host  specialist doctor  kiosk   patient interpreter observer captions */
    [RIGHT_PUBLISH]   = {"publish",   {YES, YES,       YES,    YES,    YES,    YES,        NO,       NO}},
    [RIGHT_CHAT]      = {"chat",      {YES, YES,       YES,    YES,    YES,    YES,        YES,      NO}},
    [RIGHT_RECORD]    = {"record",    {YES, YES,       YES,    YES,    NO,     NO,         NO,       NO}},
    [RIGHT_CONSENT]   = {"consent",   {YES, DEPUTY,    DEPUTY, DEPUTY, NO,     NO,         NO,       NO}},
    [RIGHT_WAITING]   = {"waiting",   {YES, YES,       YES,    YES,    NO,     NO,         NO,       NO}},
    [RIGHT_ADMIT]     = {"admit",     {YES, DEPUTY,    DEPUTY, DEPUTY, NO,     NO,         NO,       NO}},
    [RIGHT_INVITE]    = {"invite",    {YES, YES,       YES,    NO,     NO,     NO,         NO,       NO}},
    [RIGHT_MUTE]      = {"mute",      {YES, DEPUTY,    DEPUTY, DEPUTY, NO,     NO,         NO,       NO}},
    [RIGHT_REMOVE]    = {"remove",    {YES, NO,        NO,     NO,     NO,     NO,         NO,       NO}},
    [RIGHT_LOCK]      = {"lock",      {YES, NO,        NO,     NO,     NO,     NO,         NO,       NO}},
    [RIGHT_HAND_OVER] = {"hand-over", {YES, NO,        NO,     NO,     NO,     NO,         NO,       NO}},
    [RIGHT_END]       = {"end",       {YES, DEPUTY,    DEPUTY, DEPUTY, NO,     NO,         NO,       NO}},
    [RIGHT_SOURCES]   = {"sources",   {YES, YES,       YES,    NO,     NO,     NO,         NO,       NO}},
    [RIGHT_CAMERAS]   = {"cameras",   {YES, YES,       YES,    NO,     NO,     NO,         NO,       NO}},
    [RIGHT_STILLS]    = {"stills",    {YES, YES,       YES,    NO,     NO,     NO,         NO,       NO}},
    [RIGHT_SIDE_TALK] = {"side-talk", {YES, YES,       YES,    NO,     NO,     NO,         NO,       NO}},
    [RIGHT_INTERPRET] = {"interpret", {NO,  NO,        NO,     NO,     NO,     YES,        NO,       NO}},
    [RIGHT_CAPTION]   = {"caption",   {NO,  NO,        NO,     NO,     NO,     NO,         NO,       YES}},
};
/* clang-format on */

bool rights_of_role(const char *role, enum right right, bool deputy)
{
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        enum grant grant = RIGHTS[right].grants[i];
        if (strcmp(ROLES[i], role) == 0)
            return grant == YES || (grant == DEPUTY && deputy);
    }
    return false;
}

bool rights_waits_outside(const char *role)
{
    static const char *const OUTSIDE[] = {"patient", "observer", "interpreter"};
    for (size_t i = 0; i < G_N_ELEMENTS(OUTSIDE); i++)
        if (strcmp(role, OUTSIDE[i]) == 0)
            return true;
    return false;
}

bool rights_allow(const struct participant *participant, enum right right)
{
    return !participant->waiting && rights_of_role(participant->role, right, !call_has_host(participant->call));
}

const char *rights_name(enum right right)
{
    return RIGHTS[right].name;
}

unsigned rights_mask(const struct participant *participant)
{
    unsigned mask = 0;
    for (int right = 0; right < RIGHT_COUNT; right++)
        mask |= (unsigned)rights_allow(participant, (enum right)right) << right;
    return mask;
}

json_t *rights_json(unsigned mask)
{
    json_t *array = json_array();
    for (int right = 0; right < RIGHT_COUNT; right++)
        if (mask >> right & 1)
            json_array_append_new(array, json_string(RIGHTS[right].name));
    return array;
}
