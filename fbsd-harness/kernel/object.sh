#!/bin/sh
# object.sh SYSDIR MACHINE_ARCH TARGET
#
# The rule by which a FreeBSD kernel's makefile gets kern_thread.o: called in
# the kernel's build folder, it has this project build the object for that
# kernel and copies it to TARGET, with its dependencies for the next make.
#
# A kernel build has a PATH without cargo and an environment full of its own
# compilers, flags and make variables.  Only what is named below gets through.
#
#	KERN_THREAD_RS_PATH	where cargo, make, cc and python3 are found
#	KERN_THREAD_RS_ARGS	more variables for make object, such as TOOLCHAIN=none
#	KERNEL_CFLAGS		the flags of the kernel's C files

set -u
if [ $# -ne 3 ]; then
	echo "usage: object.sh SYSDIR MACHINE_ARCH TARGET" >&2
	exit 2
fi
sysdir=$(cd "$1" && pwd -P) || exit 1
arch=$2
target=$3
build=$(pwd -P)
project=$(cd "$(dirname "$0")/../.." && pwd -P) || exit 1
if [ ! -f "$project/Makefile" ]; then
	echo "object.sh: $project is not kern_thread's sources:" \
	    "give KERN_THREAD_RS_DIR= their folder" >&2
	exit 1
fi

path=${KERN_THREAD_RS_PATH:-}
: "${path:=${CARGO_HOME:-${HOME:-/root}/.cargo}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin}"
arguments=${KERN_THREAD_RS_ARGS:-}

set -- env -i "PATH=$path" "KERNEL_CFLAGS=${KERNEL_CFLAGS:-}"
for name in HOME TMPDIR LANG LC_ALL CARGO_HOME RUSTUP_HOME RUSTUP_TOOLCHAIN \
    CARGO_NET_OFFLINE LIBCLANG_PATH PIP_FIND_LINKS PIP_INDEX_URL PIP_CERT \
    SSL_CERT_FILE SSL_CERT_DIR \
    http_proxy https_proxy all_proxy no_proxy \
    HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY; do
	eval "value=\${$name-}"
	if [ -n "$value" ]; then
		set -- "$@" "$name=$value"
	fi
done

# shellcheck disable=SC2086 # several arguments
printed=$(cd "$project" && "$@" make object "SYSDIR=$sysdir" \
    "KERNBUILDDIR=$build" "ARCH=$arch" $arguments </dev/null) || exit 1
object=$(printf '%s\n' "$printed" | tail -n 1)
if [ ! -f "$object" ]; then
	echo "object.sh: make object printed no object's path: $object" >&2
	exit 1
fi

# Whole or not at all: make would take a half-written file for a made one.
cp "$object" "$target.new" && mv -f "$target.new" "$target" || exit 1
depend=${object%.o}.d
if [ -f "$depend" ]; then
	sed "s|^kern_thread\.o:|$target:|" "$depend" >".depend.$target.new" &&
	    mv -f ".depend.$target.new" ".depend.$target"
fi
