/* bin/python3.11. Debian compiles zlib and pyexpat into libpython; nixpkgs has them as modules that
 * link the store's libraries, so that importing them loads libz.so.1 or libexpat.so.1. Here the two
 * built-in entries are taken away, and modules in lib-dynload bring the libraries (see python.sh). */
#include <string.h>

struct builtin_module {
    const char *name;
    void *(*initialise)(void);
};
extern struct builtin_module *PyImport_Inittab;
int Py_BytesMain(int argc, char **argv);

int main(int argc, char **argv)
{
    struct builtin_module *kept = PyImport_Inittab;

    for (struct builtin_module *entry = PyImport_Inittab; entry->name; entry++)
        if (strcmp(entry->name, "zlib") && strcmp(entry->name, "pyexpat"))
            *kept++ = *entry;
    kept->name = 0;
    return Py_BytesMain(argc, argv);
}
