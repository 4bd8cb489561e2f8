/* What NixOS puts at /lib64/ld-linux-x86-64.so.2: the kernel starts it in place of a program made
 * for other systems, and it says so. No libc: a C library would look for its own program headers
 * and find those of the program. */

static long system_call(long number, long a, const void *b, long c)
{
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}

static void print_error(const char *text)
{
    const char *end = text;
    while (*end)
        end++;
    system_call(1 /* write */, 2, text, end - text);
}

__attribute__((used)) void stub_main(const long *stack)
{
    const char *program = stack[0] > 0 ? (const char *)stack[1] : "(unknown)";

    print_error("Could not start dynamically linked executable: ");
    print_error(program);
    print_error("\n"
                "NixOS cannot run dynamically linked executables intended for generic\n"
                "linux environments out of the box. For more information, see:\n"
                "https://nix.dev/permalink/stub-ld\n");
    system_call(231 /* exit_group */, 127, 0, 0);
}

__asm__(".globl _start\n"
        "_start:\n"
        "    mov %rsp, %rdi\n" /* the kernel leaves argc and argv there */
        "    and $-16, %rsp\n"
        "    call stub_main\n");
