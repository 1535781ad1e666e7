#include "rfc3339.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DATE_LENGTH = 10, SHORTEST = 20, LONGEST = 40 };
static const int64_t SECOND_US = 1000000;

void rfc3339_format(int64_t us, char text[RFC3339_SIZE])
{
    int64_t seconds = us / SECOND_US, rest = us % SECOND_US;
    if (rest < 0) {
        seconds--;
        rest += SECOND_US;
    }
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);
    if (!time) {
        g_strlcpy(text, "1970-01-01T00:00:00Z", RFC3339_SIZE);
        return;
    }
    int n = snprintf(text, RFC3339_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d", g_date_time_get_year(time),
                     g_date_time_get_month(time), g_date_time_get_day_of_month(time), g_date_time_get_hour(time),
                     g_date_time_get_minute(time), g_date_time_get_second(time));
    if (rest / 1000 != 0)
        n += snprintf(text + n, RFC3339_SIZE - (size_t)n, ".%03d", (int)(rest / 1000));
    snprintf(text + n, RFC3339_SIZE - (size_t)n, "Z");
}

/** `pattern`: 0 stands for a digit, anything else for itself. */
static bool looks_like(const char *text, const char *pattern)
{
    for (; *pattern; text++, pattern++)
        if (*pattern == '0' ? !g_ascii_isdigit(*text) : *text != *pattern)
            return false;
    return true;
}

static bool offset_is_good(const char *text)
{
    if (strcmp(text, "Z") == 0)
        return true;
    return (looks_like(text, "+00:00") || looks_like(text, "-00:00")) && strlen(text) == 6 && text[1] <= '1' &&
           text[4] <= '5';
}

static bool shape_is_good(const char *text)
{
    if (!looks_like(text, "0000-00-00T00:00:00"))
        return false;
    const char *rest = text + strlen("0000-00-00T00:00:00");
    if (*rest == '.') {
        const char *digits = ++rest;
        while (g_ascii_isdigit(*rest))
            rest++;
        if (rest == digits || rest - digits > 9)
            return false;
    }
    return offset_is_good(rest);
}

bool rfc3339_parse(const char *text, int64_t *us)
{
    size_t length = text ? strnlen(text, LONGEST + 1) : 0;
    if (length < SHORTEST || length > LONGEST || !shape_is_good(text))
        return false;
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, NULL);
    if (!time || g_date_time_to_unix(time) < 0)
        return false;
    *us = g_date_time_to_unix(time) * SECOND_US + g_date_time_get_microsecond(time);
    return true;
}

bool rfc3339_date(const char *text)
{
    if (!text || strnlen(text, DATE_LENGTH + 1) != DATE_LENGTH || !looks_like(text, "0000-00-00"))
        return false;
    int year = atoi(text), month = atoi(text + 5), day = atoi(text + 8);
    return year > 0 && month >= 1 && month <= 12 && day >= 1 &&
           g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year);
}
