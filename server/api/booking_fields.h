/** A booking as the API takes it, new or laid over what was booked before. */
#ifndef SERVER_API_BOOKING_FIELDS_H
#define SERVER_API_BOOKING_FIELDS_H

#include "fields.h"
#include "server/consultation.h"

struct booking_form {
    struct booking booking;
    struct booking_patient patient;
};

/** Those who can be booked, and by a ticket alone the captions service. */
extern const char *const ticket_roles[];

/** Faults go to the fields' errors. `with_ids`: people may be ones who take part already. */
void booking_fields(const struct fields *fields, struct booking_form *form, bool with_ids);

#endif
