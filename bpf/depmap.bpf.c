// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/*
 * Depmap's programs. At each pod's host-side interface they count packets in flows; where the kernel drops a packet, they
 * report its reason. They never alter, delay or drop a packet: every packet continues with the next program.
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
#include <bpf/bpf_tracing.h>

#include "kernel.h"
#include "records.h"
#include "maps.h"
#include "packet.h"
#include "clock.h"
#include "flow.h"
#include "answer.h"
#include "drop.h"
#include "host.h"

/* Never read: they put the layouts and enums into this object's BTF, for the test that compares them with the agent's. */
const struct moment *const moment_layout = NULL;
const struct eviction *const eviction_layout = NULL;
const struct drop *const drop_layout = NULL;
const struct answer *const answer_layout = NULL;
const struct host_connection *const host_connection_layout = NULL;
const enum direction *const direction_numbers = NULL;
const enum flow_flags *const flag_numbers = NULL;
const enum record_kind *const kind_numbers = NULL;
const enum timing *const timing_numbers = NULL;

/* Required by the kernel; the source is available under either license above. */
char LICENSE[] SEC("license") = "GPL";

/* Host-side ingress: packets that the pod sends. */
SEC("tc")
int from_pod(struct __sk_buff *skb)
{
	struct packet packet = {};

	if (packet_parse(skb, FROM_POD, &packet))
		flow_account(&packet, FROM_POD);
	return NEXT;
}

/* Host-side egress: packets for the pod. */
SEC("tc")
int to_pod(struct __sk_buff *skb)
{
	struct packet packet = {};

	if (packet_parse(skb, TO_POD, &packet)) {
		flow_account(&packet, TO_POD);
		if (is_dns_answer(&packet))
			answer_report(skb, &packet);
	}
	return NEXT;
}

/* Kernel 5.17 added the reason. The agent loads either this program or the next one. */
SEC("tp_btf/kfree_skb")
int BPF_PROG(packet_dropped, struct sk_buff *skb, void *location, __u32 reason)
{
	__u8 kind = reason_kind(reason);

	if (kind != ORDINARY_REASON)
		drop_report(skb, BPF_CORE_READ(skb, dev), 0, reason, kind);
	return 0;
}

/* For kernels without a reason. A place that the agent has not resolved yet may be a policy's. */
SEC("tp_btf/kfree_skb")
int BPF_PROG(packet_dropped_without_reason, struct sk_buff *skb, void *location)
{
	__u64 place = (__u64)location;
	__u32 reason = place_reason(place);
	__u8 kind = reason ? reason_kind(reason) : LASTING_REASON;

	if (kind != ORDINARY_REASON)
		drop_report(skb, BPF_CORE_READ(skb, dev), place, reason, kind);
	return 0;
}

/* Runs for each SYN that reaches a listening socket. */
SEC("fentry/tcp_conn_request")
int BPF_PROG(connection_requested, void *request_ops, void *address_ops, struct sock *sk, struct sk_buff *skb)
{
	full_queue_report(sk, skb);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(socket_changed, const struct sock *sk, int before, int now)
{
	host_connection_report(sk, before, now);
	return 0;
}
