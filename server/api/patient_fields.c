#include "patient_fields.h"

#include <string.h>

enum { IDENTIFIER_MAX = 200 };

static const char *const sexes[] = {"male", "female", "other", "unknown", NULL};

/** FHIR's uri: anything without white space. */
static const char *system_field(const struct fields *fields)
{
    const char *system = field_text(fields, "system", IDENTIFIER_MAX, true);
    if (!system || !strpbrk(system, " \t"))
        return system;
    field_fault(fields, "system", "not-a-choice");
    return NULL;
}

void patient_fields(const struct fields *fields, struct booking_patient *patient)
{
    g_autofree char *prefix = g_strconcat(fields->prefix, "identifier.", NULL);
    json_t *identifier = field_object(fields, "identifier", true);
    struct fields inside = fields_inside(fields, identifier, prefix);
    *patient = (struct booking_patient){
        .system = identifier ? system_field(&inside) : NULL,
        .value = identifier ? field_text(&inside, "value", IDENTIFIER_MAX, true) : NULL,
        .name = field_text(fields, "name", CONSULTATION_NAME_MAX, true),
        .birth_date = field_date(fields, "birth_date"),
        .sex = field_choice(fields, "sex", sexes, "unknown"),
    };
}
