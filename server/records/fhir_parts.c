#include "fhir_parts.h"

#include <glib.h>
#include <sodium.h>
#include <string.h>

#include "server/json_set.h"

json_t *fhir_period(int64_t from, int64_t to)
{
    json_t *result = json_object();
    json_set_time(result, "start", from);
    json_set_time(result, "end", to);
    return result;
}

json_t *fhir_coded(const char *system, const char *code, const char *display)
{
    return json_pack("{s:[{s:s, s:s, s:s}]}", "coding", "system", system, "code", code, "display", display);
}

json_t *fhir_text_concept(const char *text)
{
    return json_pack("{s:s}", "text", text);
}

json_t *fhir_display(const char *text)
{
    return json_pack("{s:s}", "display", text);
}

void fhir_our_id(char id[FHIR_ID_SIZE], const char *one, const char *two)
{
    g_snprintf(id, FHIR_ID_SIZE, two ? "hoichan-%s-%s" : "hoichan-%s", one, two);
}

json_t *fhir_reference(const char *type, const char *id)
{
    g_autofree char *text = g_strconcat(type, "/", id, NULL);
    return json_pack("{s:s}", "reference", text);
}

json_t *fhir_reference_to(const char *type, const struct fhir_filing *f)
{
    char id[FHIR_ID_SIZE];
    fhir_our_id(id, f->consultation, NULL);
    return fhir_reference(type, id);
}

json_t *fhir_identifier(const struct fhir_filing *f, const char *collection, const char *id)
{
    g_autofree char *system = g_strconcat(f->origin, "/api/v1/", collection, NULL);
    return json_pack("{s:s, s:s}", "system", system, "value", id);
}

void fhir_patient_urn(const struct fhir_patient *patient, char urn[FHIR_URN_SIZE])
{
    unsigned char h[16];
    g_autofree char *name = g_strconcat(patient->system, "|", patient->value, NULL);
    crypto_generichash(h, sizeof h, (const unsigned char *)name, strlen(name), NULL, 0);
    h[6] = (unsigned char)((h[6] & 0x0f) | 0x50);
    h[8] = (unsigned char)((h[8] & 0x3f) | 0x80);
    g_snprintf(urn, FHIR_URN_SIZE, "urn:uuid:%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
               h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], h[8], h[9], h[10], h[11], h[12], h[13], h[14], h[15]);
}

void fhir_set_patient(json_t *resource, const char *element, const struct fhir_filing *f)
{
    char urn[FHIR_URN_SIZE];
    if (!f->patient)
        return;
    fhir_patient_urn(f->patient, urn);
    json_object_set_new(resource, element, json_pack("{s:s, s:s}", "reference", urn, "display", f->patient->name));
}

void fhir_put(json_t *entries, json_t *resource)
{
    const char *type = json_string_value(json_object_get(resource, "resourceType"));
    const char *id = json_string_value(json_object_get(resource, "id"));
    g_autofree char *url = g_strconcat(type, "/", id, NULL);
    json_array_append_new(
        entries, json_pack("{s:o, s:{s:s, s:s}}", "resource", resource, "request", "method", "PUT", "url", url));
}

json_t *fhir_ours(const char *type, const char *one, const char *two)
{
    char id[FHIR_ID_SIZE];
    fhir_our_id(id, one, two);
    return json_pack("{s:s, s:s}", "resourceType", type, "id", id);
}

void fhir_set_array(json_t *resource, const char *element, json_t *array)
{
    if (json_array_size(array))
        json_object_set(resource, element, array);
    json_decref(array);
}

void fhir_set_hash(json_t *attachment, const char *hex)
{
    unsigned char raw[20];
    size_t size;
    if (sodium_hex2bin(raw, sizeof raw, hex, strlen(hex), NULL, &size, NULL) != 0 || size != sizeof raw)
        return;
    g_autofree char *text = g_base64_encode(raw, sizeof raw);
    json_object_set_new(attachment, "hash", json_string(text));
}

/** The SHA-256 as a name for the bytes themselves (RFC 6920): "ni:///sha-256;…". NULL when it is none. */
static json_t *hash_name(const char *hex)
{
    unsigned char raw[32];
    char text[sodium_base64_ENCODED_LEN(sizeof raw, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
    size_t size;
    if (sodium_hex2bin(raw, sizeof raw, hex, strlen(hex), NULL, &size, NULL) != 0 || size != sizeof raw)
        return NULL;
    sodium_bin2base64(text, sizeof text, raw, sizeof raw, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    g_autofree char *value = g_strconcat("ni:///sha-256;", text, NULL);
    return json_pack("{s:s, s:s}", "system", "urn:ietf:rfc:6920", "value", value);
}

json_t *fhir_document(const struct fhir_filing *f, const char *kind, const char *id, const char *sha256)
{
    json_t *r = fhir_ours("DocumentReference", id, NULL), *named = hash_name(sha256);
    json_object_set_new(r, "masterIdentifier", fhir_identifier(f, kind, id));
    if (named)
        json_object_set_new(r, "identifier", json_pack("[o]", named));
    json_object_set_new(r, "status", json_string("current"));
    json_object_set_new(r, "docStatus", json_string("final"));
    fhir_set_patient(r, "subject", f);
    return r;
}
