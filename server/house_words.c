/* What the pool does with what was said and done: the ledger of consents, the chat, the audit. */
#include "audit.h"
#include "house_call.h"

bool house_append_audit(const struct house_call *call, struct store *store, const struct house_deed *deed,
                        GError **error)
{
    g_autofree char *actor = deed->said_by       ? g_strdup(deed->said_by)
                             : call->participant ? g_strconcat("participant:", call->participant, NULL)
                                                 : NULL;
    g_autofree char *object = call->consultation ? g_strconcat("consultation:", call->consultation, NULL) : NULL;
    struct audit_entry entry = {.at_us = call->at,
                                .actor = actor ? actor : "system",
                                .action = deed->action,
                                .object = object ? object : "",
                                .address = "",
                                .detail = deed->detail};
    return audit_append(store, &entry, error);
}

static bool consent_work(struct store *store, void *arg, GError **error)
{
    struct house_call *call = arg;
    json_auto_t *detail = call->consent.said_by ? json_pack("{s:s}", "participant", call->participant) : NULL;
    const struct house_deed deed = {.action = call->consent.granted ? "consent.give" : "consent.refuse",
                                    .said_by = call->consent.said_by,
                                    .detail = detail};
    return store_run(store, error,
                     "INSERT INTO consents (consultation_id, participant_id, purpose, granted, for_patient, language, "
                     "said_by, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                     store_text(call->consultation), store_text(call->participant), store_text(call->consent.purpose),
                     store_int(call->consent.granted), store_int(call->consent.for_patient),
                     store_text(call->consent.language ? call->consent.language : "vi"),
                     store_text(call->consent.said_by), store_int(call->at)) == 1 &&
           house_append_audit(call, store, &deed, error);
}

bool house_consent(struct house_call *call, struct store *store, GError **error)
{
    return store_transaction(store, consent_work, call, error);
}

bool house_chat(struct house_call *call, struct store *store, GError **error)
{
    return store_run(store, error, "INSERT INTO chat (consultation_id, participant_id, text, at) VALUES (?, ?, ?, ?)",
                     store_text(call->consultation), store_text(call->participant), store_text(call->chat),
                     store_int(call->at)) == 1;
}

static bool audit_work(struct store *store, void *arg, GError **error)
{
    struct house_call *call = arg;
    return house_append_audit(call, store,
                              &(struct house_deed){.action = call->audit.action, .detail = call->audit.detail}, error);
}

bool house_audit(struct house_call *call, struct store *store, GError **error)
{
    return store_transaction(store, audit_work, call, error);
}
