/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Calls what is to be measured, as its arguments say.
 */
#include <sys/types.h>
#include <sys/wait.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int	with_lines(int);

/* Sets a condition's value without a jump, to compare with. */
__asm(
"	.text\n"
"	.irp cc, o, no, b, ae, e, ne, be, a, s, ns, p, np, l, ge, le, g\n"
"value_\\cc:\n"
"	pushq %rdi\n"
"	popfq\n"
"	set\\cc %al\n"
"	movzbl %al, %eax\n"
"	ret\n"
"	.endr\n"
"	.data\n"
"	.balign 8\n"
"pairs:\n"
"	.irp cc, o, no, b, ae, e, ne, be, a, s, ns, p, np, l, ge, le, g\n"
"	.quad jump_\\cc, value_\\cc\n"
"	.endr\n"
"	.text\n"
);

extern int (*const pairs[16][2])(unsigned long);

/*
 * Every condition under all values of the flags that any of them looks at.
 */
static int
conditions(void)
{
	static const unsigned long bits[5] = { 0x1, 0x4, 0x40, 0x80, 0x800 };
	unsigned long flags;
	int bit, i, set;

	for (set = 0; set < 32; set++) {
		flags = 0x202;
		for (bit = 0; bit < 5; bit++)
			if ((set & 1 << bit) != 0)
				flags |= bits[bit];
		for (i = 0; i < 16; i++)
			if (pairs[i][0](flags) != pairs[i][1](flags)) {
				printf("condition %x, flags %#lx\n", i, flags);
				return (1);
			}
	}
	return (0);
}

static int
table(long entry)
{
	int result;

	__asm volatile("call through_table" : "=a" (result), "+D" (entry) : :
	    "r12", "cc", "memory");
	return (result);
}

int
main(int argc, char **argv)
{
	int status;

	if (argc < 3)
		return (2);
	if (strcmp(argv[1], "conditions") == 0)
		return (conditions());
	if (strcmp(argv[1], "table") == 0)
		return (table(atoi(argv[2])) != 1 + atoi(argv[2]) % 2);
	if (strcmp(argv[1], "fork") == 0) {
		if (fork() == 0)
			_exit(with_lines(1) != 1);
		return (wait(&status) == -1 || status != 0 ||
		    with_lines(0) != 2);
	}
	return (with_lines(atoi(argv[2])) != (atoi(argv[2]) > 0 ? 1 : 2));
}
