/* bin/python3. Debian builds some modules into libpython that nixpkgs does not; they are taken out
 * of its tables here, before the interpreter starts. */
#include <stdlib.h>
#include <string.h>

struct builtin_module {
    const char *name;
    void *(*initialise)(void);
};
struct frozen_module {
    const char *name;
    const unsigned char *code;
    int size;
    int is_package;
#if PYTHON_MINOR < 13
    void *(*get_code)(void);
#endif
};
extern struct builtin_module *PyImport_Inittab;
extern const struct frozen_module *_PyImport_FrozenStdlib;
int Py_BytesMain(int argc, char **argv);

/* zlib and pyexpat: in nixpkgs importing them loads the store's libz.so.1 or libexpat.so.1. The
 * modules in lib-dynload do that (see python-binaries.sh). */
static void remove_builtin_modules(void)
{
    struct builtin_module *kept = PyImport_Inittab;

    for (struct builtin_module *entry = PyImport_Inittab; entry->name; entry++)
        if (strcmp(entry->name, "zlib") && strcmp(entry->name, "pyexpat"))
            *kept++ = *entry;
    kept->name = NULL;
}

/* site: the frozen one knows Debian's dist-packages, the file in the library is corrected. */
static void remove_frozen_site(void)
{
    const struct frozen_module *entry = _PyImport_FrozenStdlib;
    size_t count = 0;

    while (entry[count].name)
        count++;
    struct frozen_module *kept = calloc(count + 1, sizeof *kept);
    if (!kept)
        abort();
    _PyImport_FrozenStdlib = kept;
    for (; entry->name; entry++)
        if (strcmp(entry->name, "site"))
            *kept++ = *entry;
}

int main(int argc, char **argv)
{
    remove_builtin_modules();
    remove_frozen_site();
    return Py_BytesMain(argc, argv);
}
