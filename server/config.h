/**
 * The configuration: one INI file, every key known here, every value checked before anything starts.
 *
 * Owns: config_destroy() frees it with all its strings. Never changes after loading.
 */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include <glib.h>
#include <stdbool.h>

struct config_server {
    char *listen; /* "address:port" */
    char *redirect_listen;
    char *public_url; /* "" : as the client called us */
    char *state_dir;
    char *web_root; /* "" : found */
    char *admin_password_file;
    char *log_level;
};

struct config_media {
    int port;
    int workers;    /* 0: one per core */
    int room_share; /* peers of one room on one worker before viewers go to another */
    int dtx;        /* 1: speech is asked to send next to nothing in silence */
    char *announce; /* "" : found */
    char *bind;
};

/** 0: no limit. */
struct config_admission {
    int cpu_percent;     /* of the time one worker runs, or waits for a core */
    int worker_people;   /* at one worker */
    int node_people;     /* at all of them */
    int reserve_percent; /* of each limit: kept for emergencies, half of it for running consultations */
};

struct config_store {
    char *url;
};

struct config_emr {
    char *fhir_base; /* "" : no EMR */
    char *fhir_token_file;
    int timeout_s;
};

struct config_pacs {
    char *dicomweb; /* "" : no PACS */
    char *login_file;
    int timeout_s;
};

struct config_turn {
    char *urls; /* comma-separated */
    char *secret_file;
};

struct config_kiosk {
    char *help_phone;
    char *emergency_phone; /* "": help_phone */
};

struct config_recording {
    char *dir;
    int max_hours;
    int render_silence_s; /* a rendering without progress for so long is ended */
};

struct config_files {
    char *dir;
    int max_mib;
    char *scan_command; /* "" : none */
};

struct config_captions {
    int allow; /* 1: a captions service of the operator's own may be given a ticket */
};

struct config {
    struct config_server server;
    struct config_media media;
    struct config_admission admission;
    struct config_store store;
    struct config_emr emr;
    struct config_pacs pacs;
    struct config_turn turn;
    struct config_kiosk kiosk;
    struct config_recording recording;
    struct config_files files;
    struct config_captions captions;
};

/** Reads `path`, or takes the defaults when it is NULL. Errors: G_FILE_ERROR or CONFIG_ERROR with "file:line:
 *  reason". */
struct config *config_load(const char *path, GError **error);
/** The same from text; `name` stands in messages. Pure. */
struct config *config_parse(const char *name, const char *text, size_t size, GError **error);
void config_destroy(struct config *config);

/** How many media workers it asks for, at least 1. */
int config_workers(const struct config *config);

#define CONFIG_ERROR config_error_quark()
GQuark config_error_quark(void);

/** Walks the table of keys, for the test that compares it with config/hoichan.ini.example. */
struct config_key_info {
    const char *section, *name, *fallback;
};
bool config_key_at(size_t index, struct config_key_info *info);

#endif
