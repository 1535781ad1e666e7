/**
 * Asks the configured scanner whether a file is clean: `[files] scan_command` is a program with its arguments (no shell)
 * that reads the file on its standard input and ends with 0 (clean) or 1 (infected), as `clamdscan --no-summary -` does.
 * The plain text is never written to disk. Thread: pool; blocks until the scanner has answered, at most SCAN_TIMEOUT_S.
 */
#ifndef SERVER_FILES_SCAN_H
#define SERVER_FILES_SCAN_H

enum {
    SCAN_TIMEOUT_S = 60,
    SCANS_AT_ONCE = 3 /* the other threads of the pool are for the calls and the API, also while a scanner hangs */
};
enum scan_verdict { SCAN_CLEAN, SCAN_INFECTED, SCAN_FAILED };

struct vault;

/** SCAN_CLEAN without a command: whoever configures none has been told so in the panel. SCAN_FAILED: ask again later. */
enum scan_verdict scan(const char *command, struct vault *vault);

#endif
