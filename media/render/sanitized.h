/** For programs built with AddressSanitizer that use GStreamer and Pango: the leaks that are known, and are not ours. */
#ifndef MEDIA_RENDER_SANITIZED_H
#define MEDIA_RENDER_SANITIZED_H

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>

/*
 * GLib makes its first table of quarks while it is being loaded, outgrows it in gst_init and leaves it behind, on
 * purpose: others may be reading it (glib/gquark.c, quark_new). What a library allocates while it is loaded is not
 * ours; to tell, stacks must be unwound through code without frame pointers.
 */
const char *__asan_default_options(void)
{
    return "fast_unwind_on_malloc=0";
}

const char *__lsan_default_suppressions(void)
{
    return "leak:ld-linux\nleak:libfontconfig\n"; /* which keeps what it has loaded */
}

const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}
#endif

#endif
