/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/* Text in and out, in place of a C library. */
#include <stdarg.h>
#include "live.h"

#define	LINE	512

struct line {
	char	    text[LINE];
	size_t	    n;
};

static void
put(struct line *l, char c)
{

	/* The last place is the newline's. */
	if (l->n < LINE - 1)
		l->text[l->n++] = c;
}

static void
put_string(struct line *l, const char *s)
{

	while (*s != '\0')
		put(l, *s++);
}

static void
put_number(struct line *l, u_long value, u_int base)
{
	char digits[24];
	int n;

	n = 0;
	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	while (n > 0)
		put(l, digits[--n]);
}

static void
put_signed(struct line *l, long value)
{

	if (value < 0)
		put(l, '-');
	put_number(l, value < 0 ? -(u_long)value : (u_long)value, 10);
}

static void
format_line(struct line *l, const char *format, va_list ap)
{
	bool is_long;

	for (; *format != '\0'; format++) {
		if (*format != '%') {
			put(l, *format);
			continue;
		}
		is_long = *++format == 'l';
		if (is_long)
			format++;
		switch (*format) {
		case 's':
			put_string(l, va_arg(ap, const char *));
			break;
		case 'd':
			put_signed(l, is_long ? va_arg(ap, long) :
			    va_arg(ap, int));
			break;
		case 'u':
		case 'x':
			put_number(l, is_long ? va_arg(ap, u_long) :
			    va_arg(ap, u_int), *format == 'x' ? 16 : 10);
			break;
		default:
			put(l, *format);
			break;
		}
	}
}

static void
write_line(int fd, const char *format, va_list ap)
{
	struct line l;

	l.n = 0;
	format_line(&l, format, ap);
	l.text[l.n++] = '\n';
	(void)CALL(write, fd, l.text, l.n);
}

void
live_say(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	write_line(1, format, ap);
	va_end(ap);
}

void
live_complain(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	write_line(2, format, ap);
	va_end(ap);
}

size_t
live_strlen(const char *s)
{
	size_t n;

	for (n = 0; s[n] != '\0'; n++)
		continue;
	return (n);
}

bool
live_streq(const char *a, const char *b)
{

	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return (*a == *b);
}

const char *
live_basename(const char *path)
{
	const char *name;

	for (name = path; *path != '\0'; path++)
		if (*path == '/')
			name = path + 1;
	return (name);
}

bool
live_number(const char *s, u_long *value)
{

	*value = 0;
	if (*s == '\0')
		return (false);
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9' || *value > (~0ul - 9) / 10)
			return (false);
		*value = *value * 10 + (*s - '0');
	}
	return (true);
}
