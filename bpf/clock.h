/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* A cheap clock: reads the kernel's clock once per tick and CPU and caches the result. */
#ifndef DEPMAP_CLOCK_H
#define DEPMAP_CLOCK_H

#define CLOCKS 256 /* further CPUs share an entry, which is just as correct */

static struct {
	__u64 tick;
	__u64 now;
} __attribute__((aligned(64))) clocks[CLOCKS]; /* a cache line each */

/* CLOCK_MONOTONIC, ns, at most a tick ago (1 to 10 ms). The verifier makes bpf_jiffies64 one load. */
static __always_inline __u64 coarse_now(__u32 cpu)
{
	__u64 tick = bpf_jiffies64();

	cpu &= CLOCKS - 1;
	if (clocks[cpu].tick != tick) {
		clocks[cpu].now = bpf_ktime_get_ns();
		clocks[cpu].tick = tick;
	}
	return clocks[cpu].now;
}

#endif
