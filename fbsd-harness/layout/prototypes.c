/*
 * The generated header beside the kernel's own declarations: a prototype that
 * differs is a compile error here, for every profile and option set.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/eventhandler.h>
#include <sys/proc.h>
#include <sys/sdt.h>

#include "kern_thread.h"
