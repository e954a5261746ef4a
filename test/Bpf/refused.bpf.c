// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/* A program that every verifier rejects, for the test of the error message. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int reads_beyond_the_packet(struct __sk_buff *skb)
{
	return *(__u8 *)(long)skb->data;
}
