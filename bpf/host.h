/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * Reports connections opened from the node's own addresses. Pods on the host network share these addresses, and packets do
 * not tell them apart, but each socket has a cgroup, which is named after its pod.
 */
#ifndef DEPMAP_HOST_H
#define DEPMAP_HOST_H

#define TCP_ESTABLISHED 1
#define TCP_SYN_SENT	2
#define TCP_CLOSE	7

/* Up to 5.15, one field holds either the cgroup or, if the lowest bit is set, data of cgroup v1. */
struct sock_cgroup_data___before_5_16 {
	__u64 val;
} __attribute__((preserve_access_index));

/* Up to 6.14. */
struct kernfs_node___before_6_15 {
	struct kernfs_node___before_6_15 *parent;
} __attribute__((preserve_access_index));

static __always_inline const struct cgroup *socket_cgroup(const struct sock *sk)
{
	const struct sock_cgroup_data___before_5_16 *before;
	__u64 value;

	if (!bpf_core_field_exists(sk->sk_cgrp_data))
		return NULL;
	if (bpf_core_field_exists(sk->sk_cgrp_data.cgroup))
		return BPF_CORE_READ(sk, sk_cgrp_data.cgroup);
	before = (const void *)sk + bpf_core_field_offset(sk->sk_cgrp_data);
	value = BPF_CORE_READ(before, val);
	return value & 1 ? NULL : (const void *)(value & ~3ULL);
}

static __always_inline const struct kernfs_node *node_parent(const struct kernfs_node *node)
{
	const struct kernfs_node___before_6_15 *before = (const void *)node;

	if (bpf_core_field_exists(node->__parent))
		return BPF_CORE_READ(node, __parent);
	return (const void *)BPF_CORE_READ(before, parent);
}

static __always_inline bool host_connection_read(const struct sock *sk, struct host_connection *record)
{
	const struct inet_sock *inet = (const void *)sk;
	const struct kernfs_node *node;
	__be32 ipv4;

	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET) {
		ipv4 = BPF_CORE_READ(sk, __sk_common.skc_daddr);
		if ((ipv4 & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000))
			return false; /* loopback: stays on the node */
		address_map_ipv4(record->server_address, ipv4);
		address_map_ipv4(record->client_address, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
	} else {
		BPF_CORE_READ_INTO(&record->server_address, sk, __sk_common.skc_v6_daddr);
		BPF_CORE_READ_INTO(&record->client_address, sk, __sk_common.skc_v6_rcv_saddr);
	}
	if (!record->server_address[0] && record->server_address[1] == bpf_cpu_to_be64(1))
		return false;
	record->server_port = BPF_CORE_READ(sk, __sk_common.skc_dport);
	record->client_port = BPF_CORE_READ(inet, inet_sport);

	node = BPF_CORE_READ(socket_cgroup(sk), kn);
	record->cgroup = BPF_CORE_READ(node, id);
	for (int i = 0; i < CGROUP_NAMES && node; i++) {
		bpf_probe_read_kernel_str(record->names[i], CGROUP_NAME_BYTES, BPF_CORE_READ(node, name));
		node = node_parent(node);
	}
	return record->cgroup;
}

/* Reports a connection once, when it is accepted or refused: before that, its port is not yet chosen. */
static __always_inline void host_connection_report(const struct sock *sk, int before, int now)
{
	struct host_connection *record;

	if (before != TCP_SYN_SENT || (now != TCP_ESTABLISHED && now != TCP_CLOSE))
		return;
	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return;
	if (BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum) != node_netns)
		return;
	record = RECORD_RESERVE(struct host_connection, RECORD_HOST_CONNECTION);
	if (!record)
		return;
	__builtin_memset(record, 0, sizeof(*record));
	if (!host_connection_read(sk, record)) {
		bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
		return;
	}
	record->kind = RECORD_HOST_CONNECTION;
	record->time = bpf_ktime_get_ns();
	RECORD_SUBMIT(record);
}

#endif
