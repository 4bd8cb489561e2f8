/* A program of python3.withPackages: tells sitecustomize where the environment is, then becomes the
 * real interpreter under the name it was called by. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    (void)argc;
    setenv("NIX_PYTHONPREFIX", ENVIRONMENT, 1);
    setenv("NIX_PYTHONEXECUTABLE", ENVIRONMENT "/bin/" PROGRAM, 1);
    setenv("NIX_PYTHONPATH", ENVIRONMENT "/" SITE_PACKAGES, 1);
    setenv("PYTHONNOUSERSITE", "true", 1);
    execv(PYTHON "/bin/" PROGRAM, argv);
    perror(PYTHON "/bin/" PROGRAM);
    return 127;
}
