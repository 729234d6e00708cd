# Builds and runs the tests on one object.  CONFIG names a makefile that sets
# KT_CC, KT_CFLAGS, KT_OBJECT, KT_HOSTCC, KT_RUN, KT_OUT, KT_OPTIONS, KT_PROFILE
# and KT_ALGORITHMS; SRC is this directory.  Runs in KT_OUT.  For GNU make and bmake.
include $(CONFIG)

VPATH=	$(SRC):$(SRC)/fakes

HOST_OBJS= \
	tap.o tap_pcpu.o
KERNEL_OBJS= \
	harness.o fake.o fixture.o zombies.o \
	event.o lock.o mem.o mutex.o pcpu.o proc.o rwlock.o sched.o timer.o
TEST_OBJS= \
	test_alloc.o test_boot.o test_cow.o test_crowd.o test_events.o \
	test_exit.o test_ids.o \
	test_invariants.o test_invariants_state.o test_limit.o test_link.o \
	test_reap.o test_reap_callout.o test_sets.o test_single.o \
	test_single_allproc.o test_single_end.o test_single_wait.o \
	test_suspend.o test_suspend_check.o test_suspend_check_wait.o \
	test_tdfind.o test_unsuspend.o test_wait.o test_weed.o \
	test_weed_allproc.o test_zone.o

TESTFLAGS= -O1 -g -DPROFILE_$(KT_PROFILE) \
	-DALGORITHMS_$(KT_ALGORITHMS) -Wall -Wextra -Werror \
	-Wno-unused-parameter -Wno-sign-compare -Wno-format-zero-length

.SUFFIXES: .o .c

run: ctests
	@$(KT_RUN) ./ctests $(ONLY)

build: ctests

ctests: $(HOST_OBJS) $(KERNEL_OBJS) $(TEST_OBJS) $(KT_OBJECT)
	$(KT_HOSTCC) -static -no-pie -o $@ $(HOST_OBJS) $(KERNEL_OBJS) \
	    $(TEST_OBJS) $(KT_OBJECT)

# The same program with KT_RUNTIME, which measures coverage, as KT_PROGRAM.
measured: ctests
	$(KT_HOSTCC) -static -no-pie -o $(KT_PROGRAM) $(HOST_OBJS) \
	    $(KERNEL_OBJS) $(TEST_OBJS) $(KT_OBJECT) $(KT_RUNTIME)

$(KERNEL_OBJS) $(TEST_OBJS): harness.h tap.h zombies.h lock.h $(CONFIG)

.c.o:
	$(KT_CC) $(KT_CFLAGS) $(TESTFLAGS) -c $< -o $@

tap.o: tap.c tap.h $(CONFIG)
	$(KT_HOSTCC) -O1 -Wall -Wextra -Werror -c $(SRC)/tap.c -o $@

tap_pcpu.o: tap_pcpu.c tap.h $(CONFIG)
	$(KT_HOSTCC) -O1 -Wall -Wextra -Werror -c $(SRC)/tap_pcpu.c -o $@
