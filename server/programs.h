/** Where our other programs are: beside this one. The caller frees the path. */
#ifndef SERVER_PROGRAMS_H
#define SERVER_PROGRAMS_H

char *program_beside(const char *name);
/** A folder or file of the source tree when run from a build in it ("web/dist"), else `installed`. The caller frees
 *  it. */
char *program_data(const char *in_tree, const char *installed);

#endif
