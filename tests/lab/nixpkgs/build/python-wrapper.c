/* A program of python3.withPackages: tells sitecustomize where the environment is, then becomes the
 * real interpreter under the name it was called by. Found out at run time where nixpkgs compiles it
 * in, so that one file serves all environments. */
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *below(const char *environment, const char *path)
{
    static char joined[PATH_MAX];

    snprintf(joined, sizeof joined, "%s%s", environment, path);
    return joined;
}

int main(int argc, char **argv)
{
    char *environment = realpath("/proc/self/exe", NULL); /* …-env/bin/python3.x */

    (void)argc;
    if (!environment) {
        perror("python wrapper: /proc/self/exe");
        return 127;
    }
    setenv("NIX_PYTHONEXECUTABLE", environment, 1);
    environment = dirname(dirname(environment));
    setenv("NIX_PYTHONPREFIX", environment, 1);
    setenv("NIX_PYTHONPATH", below(environment, "/lib/" PYTHON "/site-packages"), 1);
    setenv("PYTHONNOUSERSITE", "true", 1);
    execv(below(environment, "/libexec/" PYTHON), argv);
    perror("python wrapper");
    return 127;
}
