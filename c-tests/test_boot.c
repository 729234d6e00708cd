/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "harness.h"

TEST(boot_smoke, "boot: smoke")
{

	boot();
	CHECK_LOCKS("-");
}
