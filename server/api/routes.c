/* Every table of routes there is. A new api/ file is added here, and its calls to openapi.json. */
#include "tables.h"

/* One a line, so that lines can be added side by side. */
/* clang-format off */
const struct route *const api_routes[] = {
    audit_routes,
    consultation_part_routes,
    consultation_routes,
    delivery_routes,
    kiosk_routes,
    minutes_routes,
    addenda_routes,
    operation_routes,
    patient_routes,
    recording_routes,
    room_routes,
    session_routes,
    site_routes,
    status_routes,
    ticket_routes,
    token_routes,
    user_routes,
    webhook_routes,
    whip_routes,
    file_routes,
    referral_routes,
    upload_routes,
    line_routes,
    device_consent_routes,
    shift_routes,
    emergency_routes,
    patient_naming_routes,
    NULL,
};
/* clang-format on */
