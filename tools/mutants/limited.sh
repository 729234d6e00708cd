#!/bin/sh
# Runs a program of unit tests, which a changed library may keep from ending or
# make eat all memory.  What c_tests starts has limits of its own.
case $1 in
*/c_tests-*) ;;
*)
	ulimit -t 30
	ulimit -v 8388608
	;;
esac
exec "$@"
