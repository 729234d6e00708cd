/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * The object that the tests measure: a jump for every condition, a jump
 * through a table, and a function with lines.
 */
__asm(
"	.text\n"
"	.globl threadinit\n"
"	.type threadinit, @function\n"
"threadinit:\n"
"	ret\n"
"	.size threadinit, . - threadinit\n"
"	.irp cc, o, no, b, ae, e, ne, be, a, s, ns, p, np, l, ge, le, g\n"
"	.globl jump_\\cc\n"
"	.type jump_\\cc, @function\n"
"jump_\\cc:\n"
"	pushq %rdi\n"
"	popfq\n"
"	j\\cc 1f\n"
"	movl $0, %eax\n"
"	ret\n"
"1:	movl $1, %eax\n"
"	ret\n"
"	.size jump_\\cc, . - jump_\\cc\n"
"	.endr\n"
"	.globl through_table\n"
"	.type through_table, @function\n"
"through_table:\n"
"	movq %rdi, %r12\n"
"	jmp *10f(,%r12,8)\n"
"1:	movl $1, %eax\n"
"	ret\n"
"2:	movl $2, %eax\n"
"	ret\n"
"	.size through_table, . - through_table\n"
"	.section .rodata\n"
"	.balign 8\n"
"10:	.quad 1b, 2b, 1b\n"
"	.text\n"
);

int
with_lines(int x)
{
	int y;

	y = 0;
	if (x > 0)
		y = 1;
	else
		y = 2;
	return (y);
}
