/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Runs the tests and prints TAP.  Each test has a process of its own, so it
 * starts with the object's data as a kernel finds it at boot, and one that
 * crashes or never ends fails alone.  All tests are run four times: with locks
 * that nobody else wants, with contended ones, with recursed spin locks, and
 * with lockstat watching (tap.h).
 *
 *	ctests [-l | -x] [word ...]
 *
 * With words, only tests whose name or description holds one of them run;
 * -l lists them, -x stops at the first failure.
 */
#include <sys/types.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

#define	TEST_TIMEOUT	10	/* seconds; a test takes milliseconds */

extern const struct tap_test *const __start_set_kt_tests[];
extern const struct tap_test *const __stop_set_kt_tests[];

static int diag_fd;

/* What is added to a test's description in each mode. */
static const char *const modes[TAP_MODES] = {
	"", " (contended locks)", " (recursed locks)", " (traced locks)"
};

void
tap_write(const char *buf, unsigned long len)
{
	ssize_t n;

	while (len > 0) {
		n = write(diag_fd, buf, len);
		if (n < 0)
			_exit(TAP_FAIL);
		buf += n;
		len -= (unsigned long)n;
	}
}

void
tap_exit(int code)
{
	_exit(code);
}

/*
 * Changes the program's text, as the kernel does to switch a probe on.
 */
void
tap_patch(void *text, const void *bytes, unsigned long len)
{
	uintptr_t page, start;

	page = (uintptr_t)sysconf(_SC_PAGESIZE);
	start = (uintptr_t)text & ~(page - 1);
	if (mprotect((void *)start, (uintptr_t)text + len - start,
	    PROT_READ | PROT_WRITE | PROT_EXEC) != 0) {
		perror("cannot make the text writable");
		exit(2);
	}
	memcpy(text, bytes, len);
	__builtin___clear_cache(text, (char *)text + len);
}

/*
 * Calls a function just before the first write to a page.
 */
static void *watched_page;
static void (*watch_func)(void);
static volatile int watch_hits;

static void
page_written(int sig, siginfo_t *info, void *context)
{
	uintptr_t page;

	(void)sig;
	(void)context;
	page = (uintptr_t)sysconf(_SC_PAGESIZE);
	if (((uintptr_t)info->si_addr & ~(page - 1)) !=
	    (uintptr_t)watched_page)
		signal(SIGSEGV, SIG_DFL);
	else if (mprotect(watched_page, page, PROT_READ | PROT_WRITE) != 0)
		_exit(TAP_FAIL);
	else {
		watch_hits++;
		watch_func();
	}
}

void
tap_watch(void *page, void (*func)(void))
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = page_written;
	sa.sa_flags = SA_SIGINFO;
	watched_page = page;
	watch_func = func;
	if (sigaction(SIGSEGV, &sa, NULL) != 0 || mprotect(page,
	    (size_t)sysconf(_SC_PAGESIZE), PROT_READ) != 0) {
		perror("cannot watch a page");
		exit(2);
	}
}

int
tap_watched(void)
{

	return (watch_hits);
}

/*
 * Ends the test that reads or writes a page.
 */
void
tap_forbid(void *page)
{

	if (mprotect(page, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE) != 0) {
		perror("cannot forbid a page");
		exit(2);
	}
}

static int
selected(const struct tap_test *tt, char **words)
{
	if (*words == NULL)
		return (1);
	for (; *words != NULL; words++)
		if (strstr(tt->tt_id, *words) != NULL ||
		    strstr(tt->tt_desc, *words) != NULL)
			return (1);
	return (0);
}

/*
 * Runs one test in a child; what the child wrote comes back in diag.
 */
static int
run_test(const struct tap_test *tt, int mode, char *diag, size_t size)
{
	int fds[2], status;
	ssize_t n;
	size_t len;
	pid_t pid;

	if (pipe(fds) != 0 || (pid = fork()) < 0) {
		perror("cannot start a test");
		exit(2);
	}
	if (pid == 0) {
		close(fds[0]);
		diag_fd = fds[1];
		alarm(TEST_TIMEOUT);
		_exit(harness_run(tt, mode));
	}
	close(fds[1]);
	/* Leave room for one more line; drain what does not fit. */
	for (len = 0; ; len += (size_t)n) {
		if (len > size - 128)
			len = size - 128;
		n = read(fds[0], diag + len, size - 64 - len);
		if (n <= 0)
			break;
	}
	diag[len] = '\0';
	close(fds[0]);
	if (waitpid(pid, &status, 0) != pid) {
		perror("waitpid");
		exit(2);
	}
	if (WIFEXITED(status))
		return (WEXITSTATUS(status));
	snprintf(diag + len, size - len, "ended by signal %d (%s)\n",
	    WTERMSIG(status), WTERMSIG(status) == SIGALRM ?
	    "it did not end" : strsignal(WTERMSIG(status)));
	return (TAP_FAIL);
}

static void
print_diag(char *diag)
{
	char *line;

	for (line = strtok(diag, "\n"); line != NULL;
	    line = strtok(NULL, "\n"))
		printf("# %s\n", line);
}

/*
 * Runs one test and prints its line.
 */
static int failed, passed, skipped;

static void
report(const struct tap_test *tt, int mode)
{
	static char diag[1 << 16];
	int number;

	fflush(stdout);
	number = failed + passed + skipped + 1;
	switch (run_test(tt, mode, diag, sizeof(diag))) {
	case TAP_PASS:
		passed++;
		printf("ok %d - %s%s\n", number, tt->tt_desc, modes[mode]);
		break;
	case TAP_SKIP:
		skipped++;
		diag[strcspn(diag, "\n")] = '\0';
		printf("ok %d - %s%s # SKIP %s\n", number, tt->tt_desc,
		    modes[mode], diag);
		break;
	default:
		failed++;
		printf("not ok %d - %s%s\n# test %s\n", number, tt->tt_desc,
		    modes[mode], tt->tt_id);
		print_diag(diag);
		break;
	}
}

int
main(int argc, char **argv)
{
	const struct tap_test *const *ttp;
	int list, mode, n, stop;

	list = argc > 1 && strcmp(argv[1], "-l") == 0;
	stop = argc > 1 && strcmp(argv[1], "-x") == 0;
	argv += 1 + list + stop;
	n = 0;
	for (ttp = __start_set_kt_tests; ttp < __stop_set_kt_tests; ttp++)
		if (selected(*ttp, argv)) {
			if (list)
				printf("%s\t%s\n", (*ttp)->tt_id,
				    (*ttp)->tt_desc);
			n++;
		}
	if (list)
		return (0);
	if (n == 0) {
		fprintf(stderr, "no test has '%s' in its name; -l lists all\n",
		    *argv != NULL ? *argv : "");
		return (2);
	}
	printf("1..%d\n", n * TAP_MODES);
	for (mode = 0; mode < TAP_MODES; mode++)
		for (ttp = __start_set_kt_tests; ttp < __stop_set_kt_tests;
		    ttp++)
			if (selected(*ttp, argv) && !(stop && failed != 0))
				report(*ttp, mode);
	printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
	return (failed != 0);
}
