#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <glib.h>

#include "server/files/marks_svg.h"
#include "server/records/fhir.h"

#define NOW    INT64_C(1795356000000000) /* 2026-11-22T14:00:00Z */
#define MINUTE INT64_C(60000000)

static const struct fhir_patient patient = {"urn:oid:2.16.840.1.113883.2.74.1", "015203001234", "Giàng A Pao",
                                            "1961-03-02", "male"};

/** SHA-1 and SHA-256 of "abc" (FIPS 180-2). */
#define SHA1_ABC   "a9993e364706816aba3e25717850c26c9cd0d89d"
#define SHA256_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static const struct fhir_paper minutes = {
    .pdf = "YWJj",
    .pdf_size = 3,
    .pdf_sha1 = SHA1_ABC,
    .pdf_sha256 = SHA256_ABC,
    .content = "{}",
    .signatures = {{"chair", "BS. Lan", "e30.e30.c2ln", NOW + 30 * MINUTE},
                   {"secretary", "BS. Mai", "e30.e30.c2lo", NOW + 31 * MINUTE}},
    .signature_count = 2,
    .final_at = NOW + 31 * MINUTE,
};

static const struct fhir_paper addendum = {
    .pdf = "YWJj",
    .pdf_size = 3,
    .pdf_sha1 = SHA1_ABC,
    .pdf_sha256 = SHA256_ABC,
    .content = "{}",
    .signatures = {{"author", "BS. Mai", "e30.e30.c2lp", NOW + 90 * MINUTE}},
    .signature_count = 1,
    .final_at = NOW + 90 * MINUTE,
};

static struct fhir_filing *filing(void)
{
    struct fhir_filing *f = g_new0(struct fhir_filing, 1);
    f->origin = "https://hoichan.example";
    f->consultation = "c1";
    f->kind = "scheduled";
    f->title = "Hội chẩn tim mạch";
    f->language = "vi";
    f->state = "ended";
    f->starts_at = NOW;
    f->ends_at = NOW + 30 * MINUTE;
    f->started_at = NOW + 1 * MINUTE;
    f->ended_at = NOW + 25 * MINUTE;
    f->filed_at = NOW + 26 * MINUTE;
    f->room = "Phòng hội chẩn 1";
    f->site = "TTYT Mù Cang Chải";
    f->patient = &patient;
    f->people[f->people_count++] = (struct fhir_person){
        .id = "p1", .name = "BS. Lan", .role = "specialist", .place = "BV tỉnh"};
    f->people[f->people_count++] = (struct fhir_person){.id = "p2", .name = "Phòng hội chẩn 1", .role = "kiosk"};
    f->people[f->people_count++] = (struct fhir_person){.id = "p3", .name = "BS. Mai", .role = "doctor"};
    f->consents[f->consent_count++] = (struct fhir_consent){"p1", "BS. Lan", "record", false, 1, NOW + 2 * MINUTE};
    f->consents[f->consent_count++] = (struct fhir_consent){"p2", "Phòng hội chẩn 1", "take-part", true, 1, NOW};
    f->consents[f->consent_count++] = (struct fhir_consent){"p2", "Phòng hội chẩn 1", "observers", true, -1, NOW};
    f->consents[f->consent_count++] = (struct fhir_consent){"p3", "BS. Mai", "record", false, -2, NOW + 9 * MINUTE};
    f->stays[f->stay_count++] = (struct fhir_stay){"Phòng hội chẩn 1", "kiosk", NOW + 1 * MINUTE, NOW + 25 * MINUTE};
    f->stays[f->stay_count++] = (struct fhir_stay){"BS. Lan", "specialist", NOW + 4 * MINUTE, NOW + 10 * MINUTE};
    f->stays[f->stay_count++] = (struct fhir_stay){"BS. Lan", "specialist", NOW + 11 * MINUTE, 0};
    f->documents[f->document_count++] = (struct fhir_document){.recording = "r1",
                                                               .name = "composed.webm",
                                                               .type = "video/webm",
                                                               .size = 3,
                                                               .sha1 = SHA1_ABC,
                                                               .sha256 = SHA256_ABC,
                                                               .started_at = NOW + 5 * MINUTE,
                                                               .ended_at = NOW + 24 * MINUTE,
                                                               .ready_at = NOW + 26 * MINUTE};
    f->stills[f->still_count++] = (struct fhir_still){.id = "still1",
                                                      .type = "image/jpeg",
                                                      .size = 3,
                                                      .sha1 = SHA1_ABC,
                                                      .sha256 = SHA256_ABC,
                                                      .source = "Máy soi da",
                                                      .owner = "Phòng hội chẩn 1",
                                                      .asker = "BS. Lan",
                                                      .taken_at = NOW + 12 * MINUTE,
                                                      .ready_at = NOW + 13 * MINUTE,
                                                      .marks = "<svg/>",
                                                      .study = "2.25.1",
                                                      .series = "2.25.2",
                                                      .instance = "2.25.3",
                                                      .sop_class = "1.2.840.10008.5.1.4.1.1.77.1.4",
                                                      .modality = "XC"};
    f->minutes = &minutes;
    f->addenda = &addendum;
    f->addendum_count = 1;
    return f;
}

/** What is filed, which a test may alter, and the Bundle made of it. */
struct scene {
    struct fhir_filing *filing;
    json_t *bundle;
};

static int set_up(void **state)
{
    struct scene *scene = *state = g_new0(struct scene, 1);
    scene->filing = filing();
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    json_decref(scene->bundle);
    g_free(scene->filing);
    g_free(scene);
    return 0;
}

/** The Bundle of the filing as it is now. */
static json_t *made(struct scene *scene)
{
    json_decref(scene->bundle);
    return scene->bundle = fhir_bundle(scene->filing);
}

static json_t *resource(json_t *bundle, const char *type)
{
    json_t *entry;
    size_t i;
    json_array_foreach(json_object_get(bundle, "entry"), i, entry)
    {
        json_t *found = json_object_get(entry, "resource");
        if (strcmp(json_string_value(json_object_get(found, "resourceType")), type) == 0)
            return found;
    }
    return NULL;
}

static size_t count(json_t *bundle, const char *type)
{
    json_t *entry;
    size_t i, n = 0;
    json_array_foreach(json_object_get(bundle, "entry"), i, entry)
        n += strcmp(json_string_value(json_object_get(json_object_get(entry, "resource"), "resourceType")), type) == 0;
    return n;
}

static json_t *pick(json_t *from, const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, ".", -1);
    for (int i = 0; parts[i]; i++)
        from = g_ascii_isdigit(*parts[i]) ? json_array_get(from, (size_t)atoi(parts[i]))
                                          : json_object_get(from, parts[i]);
    return from;
}

static void expect(json_t *from, const char *path, const char *value)
{
    const char *found = json_string_value(pick(from, path));
    if (g_strcmp0(found, value) != 0)
        fail_msg("%s is %s, not %s", path, found ? found : "(none)", value);
}

/** The same Bundle is validated and filed twice by tests/fhir/vector.test.mjs. HOICHAN_WRITE_VECTORS=1 writes it
 *  anew. */
static void test_fhir_bundle_is_the_vector(void **state)
{
    static const char path[] = "tests/vectors/fhir/consultation.json";
    struct scene *scene = *state;
    json_t *bundle = made(scene);
    if (g_getenv("HOICHAN_WRITE_VECTORS"))
        assert_int_equal(json_dump_file(bundle, path, JSON_INDENT(2)), 0);
    json_t *vector = json_load_file(path, 0, NULL);
    assert_non_null(vector);
    assert_true(json_equal(bundle, vector));
    json_decref(vector);
}

static void test_fhir_imaging_study_names_what_is_in_the_pacs(void **state)
{
    struct scene *scene = *state;
    struct fhir_still *second = &scene->filing->stills[scene->filing->still_count++];
    *second = scene->filing->stills[0];
    second->id = "still2";
    second->instance = "2.25.4";
    json_t *study = resource(made(scene), "ImagingStudy");
    expect(study, "identifier.0.value", "urn:oid:2.25.1");
    expect(study, "encounter.reference", "Encounter/hoichan-c1");
    assert_int_equal(json_array_size(pick(study, "series")), 1);
    expect(study, "series.0.modality.code", "XC");
    expect(study, "series.0.instance.1.uid", "2.25.4");
    scene->filing->stills[0].study = second->study = NULL; /* no PACS */
    assert_null(resource(made(scene), "ImagingStudy"));
}

static void test_fhir_encounter_tells_when_people_were_really_there(void **state)
{
    struct scene *scene = *state;
    json_t *e = resource(made(scene), "Encounter");
    expect(e, "status", "finished");
    expect(e, "class.code", "VR");
    expect(e, "period.start", "2026-11-22T14:01:00Z");
    expect(e, "period.end", "2026-11-22T14:25:00Z");
    expect(e, "statusHistory.0.status", "arrived"); /* the room waited … */
    expect(e, "statusHistory.0.period.end", "2026-11-22T14:04:00Z");
    expect(e, "statusHistory.1.status", "in-progress"); /* … until the specialist came */
    expect(e, "statusHistory.1.period.start", "2026-11-22T14:04:00Z");
    assert_int_equal(json_array_size(pick(e, "participant")), 3);
    expect(e, "participant.1.period.end", "2026-11-22T14:10:00Z");
    expect(e, "participant.2.period.end", "2026-11-22T14:25:00Z"); /* was there when it ended */
}

static void test_fhir_document_is_named_by_its_hashes(void **state)
{
    struct scene *scene = *state;
    json_t *d = resource(made(scene), "DocumentReference");
    expect(d, "content.0.attachment.hash", "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
    expect(d, "identifier.0.value",
           "ni:///sha-256;ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"); /* RFC 6920 §8.1's way */
    expect(d, "content.0.attachment.url", "https://hoichan.example/api/v1/recordings/r1/files/composed.webm");
    assert_int_equal(json_integer_value(pick(d, "content.0.attachment.size")), 3);
}

static json_t *still_of(json_t *bundle)
{
    json_t *entry;
    size_t i;
    json_array_foreach(json_object_get(bundle, "entry"), i, entry)
    {
        json_t *found = json_object_get(entry, "resource");
        if (g_strcmp0(json_string_value(json_object_get(found, "id")), "hoichan-still1") == 0)
            return found;
    }
    return NULL;
}

static void test_fhir_still_has_its_hash_its_link_and_its_marks(void **state)
{
    struct scene *scene = *state;
    json_t *d = still_of(made(scene));
    assert_non_null(d);
    expect(d, "content.0.attachment.contentType", "image/jpeg");
    expect(d, "content.0.attachment.url", "https://hoichan.example/api/v1/consultations/c1/files/still1/content");
    expect(d, "content.0.attachment.hash", "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
    expect(d, "identifier.0.value", "ni:///sha-256;ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
    expect(d, "content.1.attachment.contentType", "image/svg+xml");
    expect(d, "content.1.attachment.data", "PHN2Zy8+");
    expect(d, "context.encounter.0.reference", "Encounter/hoichan-c1");
    expect(d, "author.0.display", "BS. Lan");
}

static json_t *named(json_t *bundle, const char *type, const char *id)
{
    json_t *entry;
    size_t i;
    json_array_foreach(json_object_get(bundle, "entry"), i, entry)
    {
        json_t *found = json_object_get(entry, "resource");
        if (g_strcmp0(json_string_value(json_object_get(found, "id")), id) == 0 &&
            g_strcmp0(json_string_value(json_object_get(found, "resourceType")), type) == 0)
            return found;
    }
    fail_msg("no %s/%s", type, id);
    return NULL;
}

static void test_fhir_minutes_are_a_consult_note_with_its_signatures(void **state)
{
    struct scene *scene = *state;
    json_t *d = named(made(scene), "DocumentReference", "hoichan-c1-minutes");
    expect(d, "type.coding.0.code", "11488-4");
    expect(d, "docStatus", "final");
    expect(d, "authenticator.display", "BS. Lan");
    expect(d, "content.0.attachment.contentType", "application/pdf");
    expect(d, "content.0.attachment.data", "YWJj");
    expect(d, "content.0.attachment.hash", "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
    expect(d, "content.1.attachment.data", "e30=");
    json_t *p = named(scene->bundle, "Provenance", "hoichan-c1-minutes");
    expect(p, "target.0.reference", "DocumentReference/hoichan-c1-minutes");
    expect(p, "signature.0.sigFormat", "application/jose");
    expect(p, "signature.0.data", "ZTMwLmUzMC5jMmxu");
    expect(p, "signature.1.who.display", "BS. Mai");
}

static void test_fhir_an_addendum_appends_the_minutes_and_leaves_them_current(void **state)
{
    struct scene *scene = *state;
    json_t *d = named(made(scene), "DocumentReference", "hoichan-c1-addendum-1");
    expect(d, "relatesTo.0.code", "appends");
    expect(d, "relatesTo.0.target.reference", "DocumentReference/hoichan-c1-minutes");
    expect(d, "masterIdentifier.system", "https://hoichan.example/api/v1/consultations/c1/minutes/addenda");
    expect(d, "masterIdentifier.value", "1");
    expect(d, "authenticator.display", "BS. Mai");
    expect(d, "content.0.attachment.url", "https://hoichan.example/api/v1/consultations/c1/minutes/addenda/1/pdf");
    expect(named(scene->bundle, "DocumentReference", "hoichan-c1-minutes"), "status", "current");
    json_t *p = named(scene->bundle, "Provenance", "hoichan-c1-addendum-1");
    expect(p, "target.0.reference", "DocumentReference/hoichan-c1-addendum-1");
    expect(p, "agent.0.type.coding.0.code", "author");
    expect(p, "signature.0.data", "ZTMwLmUzMC5jMmxw");
}

static void test_marks_svg_tells_names_and_lengths_and_escapes_them(void **state)
{
    (void)state;
    json_t *drawn = json_pack(
        "{s:[{s:s, s:s, s:s, s:[i,i,i,i]}, {s:s, s:s, s:s, s:s, s:[i,i]}], s:{s:s, s:[i,i,i,i], s:i}}", "marks", "id",
        "m1", "name", "BS. Sơn", "kind", "measure", "points", 0, 0, 250, 0, "id", "m2", "name", "<b>", "kind", "text",
        "text", "a & b", "points", 5, 6, "calibration", "name", "BS. Hà", "points", 0, 0, 100, 0, "length_um", 10000);
    g_autofree char *svg = marks_svg(drawn, 640, 480);
    assert_non_null(strstr(svg, "viewBox=\"0 0 640 480\""));
    assert_non_null(strstr(svg, "25,0 mm – BS. Sơn"));
    assert_non_null(strstr(svg, "a &amp; b – &lt;b&gt;"));
    assert_non_null(strstr(svg, "10,0 mm – BS. Hà"));
    json_decref(drawn);
    drawn = json_pack("{s:[]}", "marks");
    assert_null(marks_svg(drawn, 640, 480));
    assert_null(marks_svg(NULL, 640, 480));
    json_decref(drawn);
}

static void test_fhir_consents_say_who_agreed_and_who_took_it_back(void **state)
{
    struct scene *scene = *state;
    json_t *bundle = made(scene);
    assert_int_equal(count(bundle, "Consent"), 4);
    json_t *agreed = pick(bundle, "entry.3.resource"), *part = pick(bundle, "entry.4.resource"),
           *observed = pick(bundle, "entry.5.resource"), *back = pick(bundle, "entry.6.resource");
    expect(agreed, "id", "hoichan-c1-p1-record");
    expect(agreed, "status", "active");
    expect(agreed, "provision.type", "permit");
    expect(part, "scope.coding.0.code", "treatment");
    expect(observed, "id", "hoichan-c1-p2-observers-patient");
    expect(observed, "status", "rejected");
    expect(observed, "provision.action.0.text", "to be seen and heard by observers, said by the patient beside");
    expect(back, "status", "inactive");
    expect(back, "provision.type", "deny");
}

static void test_fhir_without_patient_recording_or_anybody(void **state)
{
    struct scene *scene = *state;
    scene->filing->patient = NULL;
    scene->filing->room = NULL;
    scene->filing->people_count = scene->filing->consent_count = scene->filing->stay_count =
        scene->filing->document_count = scene->filing->still_count = 0;
    scene->filing->started_at = 0;
    scene->filing->minutes = NULL; /* no addenda without them */
    json_t *bundle = made(scene);
    assert_int_equal(json_array_size(pick(bundle, "entry")), 3);
    expect(resource(bundle, "Appointment"), "status", "noshow");
    expect(resource(bundle, "Encounter"), "status", "cancelled");
    assert_null(pick(resource(bundle, "Encounter"), "statusHistory")); /* FHIR has no empty arrays */
    assert_int_equal(json_array_size(pick(resource(bundle, "Appointment"), "participant")), 1);
}

/* ---- answers ---- */

static enum fhir_verdict read_answer(long status, const char *body, char *reason)
{
    json_t *sent = json_loads("{\"entry\":[{\"resource\":{\"resourceType\":\"Patient\"}},"
                              "{\"resource\":{\"resourceType\":\"Encounter\"}}]}",
                              0, NULL);
    enum fhir_verdict verdict = fhir_read_answer(sent, status, body, strlen(body), reason, 200);
    json_decref(sent);
    return verdict;
}

#define ANSWER(one, two)                                                                                               \
    "{\"resourceType\":\"Bundle\",\"entry\":[{\"response\":{\"status\":\"" one "\"}},{\"response\":{\"status\":\"" two \
    "\",\"outcome\":{\"issue\":[{\"details\":{\"text\":\"no class\"},\"expression\":[\"Encounter.class\"]}]}}}]}"

static void test_fhir_answers(void **state)
{
    (void)state;
    static const struct {
        long status;
        const char *body;
        enum fhir_verdict verdict;
        const char *words;
    } cases[] = {
        {200, ANSWER("201 Created", "200"), FHIR_FILED, ""},
        {200, ANSWER("304", "201"), FHIR_FILED, ""},
        {200, ANSWER("201", "400"), FHIR_REFUSED, "Encounter: 400 no class (Encounter.class)"},
        {200, ANSWER("500", "400"), FHIR_REFUSED, "Patient: 500"},
        {200, ANSWER("201", "503"), FHIR_TRY_LATER, "Encounter: 503"},
        {200, ANSWER("", "200"), FHIR_TRY_LATER, "Patient: 0"},
        {200, "{\"resourceType\":\"Bundle\",\"entry\":[]}", FHIR_TRY_LATER, "0 of 2"},
        {200, "{\"resourceType\":\"Bundle\"}", FHIR_TRY_LATER, "0 of 2"},
        {200, "<html>welcome</html>", FHIR_TRY_LATER, "FHIR R4 base"},
        {302, "", FHIR_TRY_LATER, "HTTP: 302"},
        {401, "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"code\":\"login\"}]}", FHIR_TRY_LATER, "401 login"},
        {422, "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"diagnostics\":\"rule 7\"}]}", FHIR_REFUSED,
         "rule 7"},
        {500, "[1,2", FHIR_TRY_LATER, "HTTP: 500"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char reason[200];
        assert_int_equal(read_answer(cases[i].status, cases[i].body, reason), cases[i].verdict);
        if (!strstr(reason, cases[i].words))
            fail_msg("%zu: %s", i, reason);
    }
}

int main(void)
{
#define FILING(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FILING(test_fhir_bundle_is_the_vector),
        FILING(test_fhir_imaging_study_names_what_is_in_the_pacs),
        FILING(test_fhir_encounter_tells_when_people_were_really_there),
        FILING(test_fhir_document_is_named_by_its_hashes),
        FILING(test_fhir_still_has_its_hash_its_link_and_its_marks),
        FILING(test_fhir_minutes_are_a_consult_note_with_its_signatures),
        FILING(test_fhir_an_addendum_appends_the_minutes_and_leaves_them_current),
        cmocka_unit_test(test_marks_svg_tells_names_and_lengths_and_escapes_them),
        FILING(test_fhir_consents_say_who_agreed_and_who_took_it_back),
        FILING(test_fhir_without_patient_recording_or_anybody),
        cmocka_unit_test(test_fhir_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
