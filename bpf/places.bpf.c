// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/*
 * Names places in the kernel, for kernels that give no reason when they drop a packet (before 5.17). An object of its own:
 * other kernels need not accept it, and /proc/kallsyms hides addresses from an agent without CAP_SYSLOG.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__bpf_map_elem {
	struct bpf_iter_meta *meta;
	void *key;
};

#pragma clang attribute pop

/* The agent reads this as a file: a line for each key of drop_places, as a number and as a function with an offset. */
SEC("iter/bpf_map_elem")
int name_places(struct bpf_iter__bpf_map_elem *ctx)
{
	__u64 *place = ctx->key;

	if (place)
		BPF_SEQ_PRINTF(ctx->meta->seq, "%llx %pB\n", *place, *place); /* %pB: where a call returns to */
	return 0;
}
