/** The tables of routes, one for each file of api/. */
#ifndef SERVER_API_TABLES_H
#define SERVER_API_TABLES_H

#include "server/router.h"

extern const struct route audit_routes[];
extern const struct route consultation_part_routes[];
extern const struct route consultation_routes[];
extern const struct route delivery_routes[];
extern const struct route device_consent_routes[];
extern const struct route emergency_routes[];
extern const struct route file_routes[];
extern const struct route referral_routes[];
extern const struct route kiosk_routes[];
extern const struct route line_routes[];
extern const struct route addenda_routes[];
extern const struct route minutes_routes[];
extern const struct route operation_routes[];
extern const struct route patient_routes[];
extern const struct route patient_naming_routes[];
extern const struct route recording_routes[];
extern const struct route room_routes[];
extern const struct route session_routes[];
extern const struct route shift_routes[];
extern const struct route site_routes[];
extern const struct route status_routes[];
extern const struct route ticket_routes[];
extern const struct route token_routes[];
extern const struct route upload_routes[];
extern const struct route user_routes[];
extern const struct route webhook_routes[];
extern const struct route whip_routes[];

#endif
