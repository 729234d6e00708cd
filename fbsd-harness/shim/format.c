/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * The two variadic functions that the object under test calls.  They format
 * their arguments with the host's C library and hand the text to the harness,
 * which is in Rust and can't take variable arguments.
 *
 * Compiled for the host.  The object's printf is called fbsd_printf, since the
 * program that runs it has the C library's.
 */
#include <stdarg.h>
#include <stdio.h>

/* Longest message; the rest is cut off. */
#define	MESSAGE	1024

void	sim_panic(const char *message) __attribute__((__noreturn__));
void	sim_printf(const char *message);

void	panic(const char *format, ...) __attribute__((__noreturn__));
int	fbsd_printf(const char *format, ...);

void
panic(const char *format, ...)
{
	char message[MESSAGE];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	sim_panic(message);
}

int
fbsd_printf(const char *format, ...)
{
	char message[MESSAGE];
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	sim_printf(message);
	return (length);
}
