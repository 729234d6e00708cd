/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * The narrow line between the two halves of the test program: tap.c and
 * tap_pcpu.c are an ordinary program of the host (main, processes, output),
 * everything else is kernel code compiled with _KERNEL.  Only plain C types
 * cross this line.
 */
#ifndef TAP_H
#define	TAP_H

struct tap_test {
	const char	*tt_id;		/* name of the C function */
	const char	*tt_desc;	/* the TAP description */
	void		(*tt_func)(void);
};

/* Exit codes of the process that runs one test. */
#define	TAP_PASS	0
#define	TAP_FAIL	1
#define	TAP_SKIP	77

/*
 * Each test is run in every mode, with the same outcome: locks are free and
 * nobody looks; others always want them; spin locks are recursed, too; and
 * lockstat is watching.
 */
#define	TAP_PLAIN	0
#define	TAP_CONTENDED	1
#define	TAP_RECURSED	2
#define	TAP_TRACED	3
#define	TAP_MODES	4

/* Provided by tap.c. */
void	tap_write(const char *buf, unsigned long len);
void	tap_exit(int code) __attribute__((__noreturn__));
void	tap_watch(void *page, void (*func)(void));
int	tap_watched(void);
void	tap_forbid(void *page);
void	tap_patch(void *text, const void *bytes, unsigned long len);

/* Provided by tap_pcpu.c; what lies so far below the address is its own. */
#define	TAP_PCPU_ROOM	4096
void	tap_set_pcpu(void *pcpu);

/* Provided by harness.c; runs one test and gives its exit code. */
int	harness_run(const struct tap_test *tt, int mode);

#endif /* TAP_H */
