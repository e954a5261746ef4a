// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/*
 * Resolves addresses in the kernel's code to functions, for kernels without drop reasons (before 5.17). A separate object,
 * because other kernels need not accept it. /proc/kallsyms hides addresses from an agent without CAP_SYSLOG.
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

/* The agent reads this as a file: one line per key of drop_places, with the address and the function with an offset. */
SEC("iter/bpf_map_elem")
int name_places(struct bpf_iter__bpf_map_elem *ctx)
{
	__u64 *place = ctx->key;

	if (place)
		BPF_SEQ_PRINTF(ctx->meta->seq, "%llx %pB\n", *place, *place); /* %pB: a return address */
	return 0;
}
