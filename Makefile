# Every target sets up what it needs, without root and inside this folder.
# For GNU make and bmake.  Variables and targets: docs/building.md.
#
#	make                     builds, audits and tests the object
#	make test                runs everything that must pass

KT= \
	PROFILE="$(PROFILE)" ARCH="$(ARCH)" OPTIONS="$(OPTIONS)" \
	SYSDIR="$(SYSDIR)" KERNBUILDDIR="$(KERNBUILDDIR)" \
	KERN_THREAD_C="$(KERN_THREAD_C)" TOOLCHAIN="$(TOOLCHAIN)" \
	FEATURES="$(FEATURES)" IMPL="$(IMPL)" \
	DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" \
	ONLY="$(ONLY)" SEED="$(SEED)" SCHEDULES="$(SCHEDULES)" \
	BOUND="$(BOUND)" MODE="$(MODE)" TIME="$(TIME)" \
	PICTURE="$(PICTURE)" REPLAY="$(REPLAY)" \
	RUNS="$(RUNS)" PROGRAM="$(PROGRAM)" RESTART="$(RESTART)" \
	JOBS="$(JOBS)" CHARTS="$(CHARTS)" \
	KERNEL="$(KERNEL)" BASELINE="$(BASELINE)" \
	cargo run --quiet --locked --package kt --

all: need
	@$(KT) all

test: need
	@$(KT) test

object: need
	@$(KT) object

scenarios: need
	@$(KT) scenarios

exerciser-test: need
	@$(KT) exerciser-test

sensitivity: need
	@$(KT) sensitivity

diff: need
	@$(KT) diff

diff-sensitivity: need
	@$(KT) diff-sensitivity

soak: need
	@$(KT) soak

coverage: need
	@$(KT) coverage

bench: need
	@$(KT) bench

preempt: need
	@$(KT) preempt

preempt-sensitivity: need
	@$(KT) preempt-sensitivity

audit: need
	@$(KT) audit

kernel-check: need
	@$(KT) kernel-check

bindings: need
	@$(KT) bindings

header: need
	@$(KT) header

parity: need
	@$(KT) parity

check: need
	@$(KT) check

miri: need
	@$(KT) miri

mutants: need
	@$(KT) mutants

asan: need
	@$(KT) asan

tsan: need
	@$(KT) tsan

kernel-add: need
	@$(KT) kernel-add

kernel-remove: need
	@$(KT) kernel-remove

kernel-status: need
	@$(KT) kernel-status

exerciser: need
	@$(KT) exerciser

install: need
	@$(KT) install

need:
	@sh tools/need.sh

clean:
	rm -rf target

.PHONY: all test object diff diff-sensitivity preempt preempt-sensitivity soak coverage bench scenarios exerciser-test sensitivity audit kernel-check bindings header parity check mutants miri asan tsan kernel-add kernel-remove kernel-status exerciser install need clean
