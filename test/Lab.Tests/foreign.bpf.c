/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* The tc program of another product: counts UDP packets from and to port 80, and lets all packets pass. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

__u64 packets;

SEC("tc")
int foreign(struct __sk_buff *skb)
{
	__u8 protocol = 0;
	__be16 ports[2] = {};

	/* Ethernet, then IPv4 without options. */
	bpf_skb_load_bytes(skb, 14 + 9, &protocol, 1);
	bpf_skb_load_bytes(skb, 14 + 20, ports, 4);
	if (protocol == 17 && (ports[0] == bpf_htons(80) || ports[1] == bpf_htons(80)))
		__sync_fetch_and_add(&packets, 1);
	return TC_ACT_OK;
}
