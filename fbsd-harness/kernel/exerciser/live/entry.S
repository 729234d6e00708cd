/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * What cannot be said in C: the program's first instructions, the system call
 * instruction, the two calls that return twice, and the note that makes the
 * kernel take this for a FreeBSD program.
 */
#include <sys/syscall.h>

	.text

/* The kernel enters with argc, argv, environment and auxv at (%rdi). */
	.globl	_start
	.type	_start, @function
_start:
	xorl	%ebp, %ebp
	andq	$-16, %rsp
	call	live_start
	hlt
	.size	_start, . - _start

/*
 * long live_syscall(long number, long a, b, c, d, e, f): the call's value, or
 * the negated errno, which the kernel tells by the carry flag.
 */
	.globl	live_syscall
	.type	live_syscall, @function
live_syscall:
	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	movq	%r8, %r10
	movq	%r9, %r8
	movq	8(%rsp), %r9
	syscall
	jnc	1f
	negq	%rax
1:	ret
	.size	live_syscall, . - live_syscall

/*
 * long live_vfork(void *stack, void (*body)(void *), void *arg): the child
 * runs body(arg), which does not return, on a stack of its own, because it
 * shares the parent's memory.  The parent gets the child's id or -errno.
 */
	.globl	live_vfork
	.type	live_vfork, @function
live_vfork:
	/* The child needs these; the kernel keeps none but rdi, rsi, rdx. */
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	movq	%rdi, %rbx
	movq	%rsi, %r12
	movq	%rdx, %r13
	movl	$SYS_vfork, %eax
	syscall
	jc	2f
	testl	%eax, %eax
	jnz	1f
	xorl	%ebp, %ebp
	movq	%rbx, %rsp
	movq	%r13, %rdi
	call	*%r12
	hlt
2:	negq	%rax
1:	popq	%r13
	popq	%r12
	popq	%rbx
	ret
	.size	live_vfork, . - live_vfork

	.section .note.tag, "a", @note
	.p2align 2
	.long	8, 4, 1			/* NT_FREEBSD_ABI_TAG */
	.asciz	"FreeBSD"
	.long	1400000			/* __FreeBSD_version */

	.section .note.GNU-stack, "", @progbits
