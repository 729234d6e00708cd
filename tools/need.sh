#!/bin/sh
# Says in one line each which tools are missing and how to install them.
# Called by the Makefile before anything else; starts nothing expensive.

cd "$(dirname "$0")/.." || exit 1
missing=0

miss()
{
	# $1: what is missing, $2: Debian and Ubuntu, $3: FreeBSD
	echo "missing: $1 (Debian: $2; FreeBSD: $3)" >&2
	missing=1
}

have()
{
	command -v "$1" >/dev/null 2>&1
}

rustup="curl -sSf https://sh.rustup.rs | sh"
if ! have cargo || ! have rustc; then
	miss "cargo" "$rustup" "pkg install rust"
else
	version=$(rustc --version 2>/dev/null)
	minor=${version#rustc 1.}
	minor=${minor%%.*}
	case $minor in
	'' | *[!0-9]*)
		echo "rustc does not say its version: run rustup default stable" >&2
		missing=1
		;;
	*)
		if [ "$minor" -lt 88 ]; then
			echo "rustc 1.$minor is too old, 1.88 or newer is needed: run rustup update stable" >&2
			missing=1
		fi
		;;
	esac
fi

if ! have cc; then
	miss "cc" "apt install gcc libc6-dev" "part of the base system"
elif [ "$(uname -s)" = Linux ] && [ "$(uname -m)" = x86_64 ]; then
	# The C unit tests are linked statically.
	case $(cc -print-file-name=libc.a 2>/dev/null) in
	*/*) ;;
	*) miss "a C library for static linking" "apt install libc6-dev" "part of the base system" ;;
	esac
fi

if [ "$(uname -s)" != FreeBSD ]; then
	if ! have python3; then
		miss "python3" "apt install python3 python3-venv" "pkg install python3"
	elif [ ! -e .venv/.kt-venv ] &&
	    ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
		miss "python3's venv and ensurepip" "apt install python3-venv" "pkg install python3"
	fi
fi

if [ $missing = 0 ] && [ ! -x target/debug/kt ]; then
	echo "first run: compiling the build driver takes about a minute" >&2
fi
exit $missing
