#include "server/programs.h"

#include <glib.h>

static char *own_folder(void)
{
    g_autofree char *exe = g_file_read_link("/proc/self/exe", NULL);
    return exe ? g_path_get_dirname(exe) : g_strdup(".");
}

char *program_beside(const char *name)
{
    g_autofree char *folder = own_folder();
    return g_build_filename(folder, name, NULL);
}

char *program_data(const char *in_tree, const char *installed)
{
    g_autofree char *folder = own_folder();
    char *built = g_build_filename(folder, "..", "..", in_tree, NULL); /* build/MODE/hoichand */

    if (g_file_test(built, G_FILE_TEST_EXISTS))
        return built;
    g_free(built);
    return g_strdup(installed);
}
