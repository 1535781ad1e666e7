#include "roster.h"

#include <glib.h>

const char *shift_time_fault(int64_t starts_at, int64_t ends_at, const char **field)
{
    static const int64_t DAY_US = (int64_t)24 * 3600 * G_USEC_PER_SEC;
    *field = "ends_at";
    if (ends_at <= starts_at)
        return "end-before-start";
    return ends_at - starts_at > SHIFT_DAYS_MAX * DAY_US ? "shift-too-long" : NULL;
}
