/** A patient as the API takes one, alone or inside of a booking. */
#ifndef SERVER_API_PATIENT_FIELDS_H
#define SERVER_API_PATIENT_FIELDS_H

#include "fields.h"
#include "server/consultation.h"

/** Faults go to the fields' errors. */
void patient_fields(const struct fields *fields, struct booking_patient *patient);

#endif
