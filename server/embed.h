/**
 * EMBED(name, "path from the top of the tree"): a file's bytes inside the program, as the NUL-terminated `name`.
 * The object's dependence on the file is named in module.mk: the compiler does not see it.
 */
#ifndef SERVER_EMBED_H
#define SERVER_EMBED_H

#define EMBED(name, path)                                                                                              \
    extern const char name[];                                                                                          \
    __asm__(".pushsection .rodata\n.global " #name "\n" #name ":\n.incbin \"" path "\"\n.byte 0\n.popsection\n")

#endif
