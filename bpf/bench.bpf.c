// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/*
 * For test/bench/bpf only, not part of the agent: measures the cost of a packet when many flows alternate. Each run turns the
 * packet into one of the next flow; the cost of that is measured separately and subtracted.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <stdbool.h>
#include <stddef.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

#include "records.h"
#include "maps.h"
#include "packet.h"
#include "clock.h"
#include "flow.h"

#define FLOWS 20000
#define PODS  64

char LICENSE[] SEC("license") = "GPL";

static __u32 turn;

static __always_inline void packet_of_next_flow(struct __sk_buff *skb)
{
	struct iphdr *ip = (void *)(long)skb->data + sizeof(struct ethhdr);
	struct tcphdr *tcp = (void *)(ip + 1);

	if ((void *)(tcp + 1) > (void *)(long)skb->data_end)
		return;
	if (++turn >= FLOWS)
		turn = 0;
	ip->saddr = bpf_htonl(0x0a000000 + turn % PODS);
	tcp->source = bpf_htons(10000 + turn);
}

SEC("tc")
int empty(struct __sk_buff *skb)
{
	return NEXT;
}

SEC("tc")
int rotate_only(struct __sk_buff *skb)
{
	packet_of_next_flow(skb);
	return NEXT;
}

SEC("tc")
int rotate_from_pod(struct __sk_buff *skb)
{
	struct packet packet = {};

	packet_of_next_flow(skb);
	if (packet_parse(skb, FROM_POD, &packet))
		flow_account(&packet, FROM_POD);
	return NEXT;
}
