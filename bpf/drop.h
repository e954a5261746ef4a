/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Reports packets that the kernel dropped, if they open a connection of this node's pods. */
#ifndef DEPMAP_DROP_H
#define DEPMAP_DROP_H

/* A veth's private data starts with its peer, in all kernels. Not in every kernel's BTF, since veth may be a module. */
struct veth_ends {
	struct net_device *peer;
};

#define AF_INET 2

#define NETDEV_ALIGN 32 /* include/linux/netdevice.h: where netdev_priv() begins */

#define SECOND_NS (1000ULL * 1000 * 1000)

#define ORDINARY_REASON 1
#define LASTING_REASON	2

static __always_inline __u8 reason_kind(__u32 reason)
{
	if (reason >= MAX_REASONS)
		return 0;
	barrier_var(reason); /* or the compiler removes the mask, which the verifier needs */
	return reason_kinds[reason & (MAX_REASONS - 1)];
}

/* The reason that the agent has assigned to the place; 0 if none yet. */
static __always_inline __u32 place_reason(__u64 place)
{
	__u32 *reason = bpf_map_lookup_elem(&drop_places, &place);

	return reason ? *reason : 0;
}

static __always_inline __u32 device_netns(const struct net_device *device)
{
	return BPF_CORE_READ(device, nd_net.net, ns.inum);
}

/* The peer of a veth; NULL for other devices. */
static __always_inline struct net_device *device_peer(const struct net_device *device)
{
	const char *kind = BPF_CORE_READ(device, rtnl_link_ops, kind);
	struct veth_ends ends = {};
	char name[5] = {};
	__u32 size;

	if (bpf_probe_read_kernel(name, sizeof(name), kind) || name[0] != 'v' || name[1] != 'e' || name[2] != 't' ||
	    name[3] != 'h' || name[4])
		return NULL;
	size = bpf_core_type_size(struct net_device);
	size = (size + NETDEV_ALIGN - 1) & ~(NETDEV_ALIGN - 1);
	if (bpf_probe_read_kernel(&ends, sizeof(ends), (const void *)device + size))
		return NULL;
	return ends.peer;
}

static __always_inline bool device_leads_to_pod(const struct net_device *device)
{
	__u32 ifindex = BPF_CORE_READ(device, ifindex);

	return bpf_map_lookup_elem(&pod_devices, &ifindex);
}

/*
 * Nodes of kind or k3d share one kernel, so each agent sees the drops of all nodes. A drop is local if it is in the node's
 * network namespace, or in one that is reached through a pod's veth: the node's own uplink may be a veth as well.
 */
static __always_inline bool drop_is_local(const struct net_device *device, struct drop *drop)
{
	if (!device)
		return false;
	if (device_netns(device) == node_netns)
		return true;
	device = device_peer(device);
	if (!device || device_netns(device) != node_netns || !device_leads_to_pod(device))
		return false;
	drop->ifindex = BPF_CORE_READ(device, ifindex);
	return true;
}

static __always_inline bool drop_parse(struct sk_buff *skb, struct drop *drop)
{
	const void *head = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);
	const void *linear_end = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, tail);
	struct tcphdr tcp = {};
	__u8 version = 0;

	if (bpf_probe_read_kernel(&version, sizeof(version), head))
		return false;
	if (version >> 4 == 4) {
		struct iphdr ip;

		if (bpf_probe_read_kernel(&ip, sizeof(ip), head) || ip.ihl < 5 ||
		    ip.frag_off & bpf_htons(IP_OFFSET_MASK))
			return false;
		address_map_ipv4(drop->source, ip.saddr);
		address_map_ipv4(drop->destination, ip.daddr);
		drop->protocol = ip.protocol;
		head += ip.ihl * 4;
	} else if (version >> 4 == 6) {
		struct ipv6hdr ip;

		if (bpf_probe_read_kernel(&ip, sizeof(ip), head))
			return false;
		__builtin_memcpy(drop->source, &ip.saddr, 16);
		__builtin_memcpy(drop->destination, &ip.daddr, 16);
		drop->protocol = ip.nexthdr;
		head += sizeof(ip);
	} else {
		return false;
	}

	/* Data in pages cannot be read here; the headers of an opening are never in pages. */
	if (head + sizeof(struct udphdr) > linear_end)
		return false;
	if (drop->protocol == IPPROTO_TCP) {
		if (bpf_probe_read_kernel(&tcp, sizeof(tcp), head))
			return false;
		drop->flags = ((__u8 *)&tcp)[13] & FLAGS_OF_TCP;
		drop->tcp_sequence = bpf_ntohl(tcp.seq);
		drop->tcp_acknowledgement = bpf_ntohl(tcp.ack_seq);
	} else if (drop->protocol != IPPROTO_UDP || bpf_probe_read_kernel(&tcp, sizeof(struct udphdr), head)) {
		return false;
	}
	drop->source_port = tcp.source; /* the same place in TCP and UDP */
	drop->destination_port = tcp.dest;
	return true;
}

static __always_inline void tuple_address(__u64 address[2], __u16 family, const __be32 part[4])
{
	if (family == AF_INET)
		address_map_ipv4(address, part[0]);
	else
		__builtin_memcpy(address, part, 16);
}

/* Whether the conntrack entry contains this end, before or after translation, on either side. */
static __always_inline bool entry_has_end(const struct tuple_hash tuples[2], const __u64 address[2], __be16 port)
{
	for (int i = 0; i < 2; i++) {
		__u64 end[2];

		tuple_address(end, tuples[i].family, tuples[i].source);
		if (end[0] == address[0] && end[1] == address[1] && tuples[i].source_port == port)
			return true;
		tuple_address(end, tuples[i].family, tuples[i].destination);
		if (end[0] == address[0] && end[1] == address[1] && tuples[i].destination_port == port)
			return true;
	}
	return false;
}

/* Adds the ends before translation from the packet's conntrack entry. Memory without the packet's ends is no valid entry. */
static __always_inline void drop_add_original(struct sk_buff *skb, struct drop *drop)
{
	struct tuple_hash tuples[2]; /* of the original direction, of the reply */
	const void *entry;

	if (!bpf_core_field_exists(skb->_nfct))
		return;
	/* The low bits of _nfct are the state (NFCT_INFOMASK). */
	entry = (const void *)(BPF_CORE_READ(skb, _nfct) & ~7UL);
	if (!entry || bpf_probe_read_kernel(tuples, sizeof(tuples), entry + conntrack_tuples))
		return;
	if (tuples[0].protocol != drop->protocol || !entry_has_end(tuples, drop->source, drop->source_port) ||
	    !entry_has_end(tuples, drop->destination, drop->destination_port))
		return;
	tuple_address(drop->original_source, tuples[0].family, tuples[0].source);
	tuple_address(drop->original_destination, tuples[0].family, tuples[0].destination);
	drop->original_source_port = tuples[0].source_port;
	drop->original_destination_port = tuples[0].destination_port;
}

/* Where the packet's route leads, NULL before it has one. The low bit of _skb_refdst is a flag. */
static __always_inline const struct net_device *next_device(struct sk_buff *skb)
{
	const struct dst_entry *route = (const void *)(BPF_CORE_READ(skb, _skb_refdst) & ~1UL);

	return route ? BPF_CORE_READ(route, dev) : NULL;
}

/*
 * A drop concerns a pod if it is in the pod's namespace or at its interface, if its route leads to a pod, or if it has an
 * address that was seen behind a pod's interface.
 */
static __always_inline bool drop_concerns_pod(const struct net_device *device, const struct net_device *next, const struct drop *drop)
{
	if (drop->ifindex || device_leads_to_pod(device) || (next && device_leads_to_pod(next)))
		return true;
	return pod_address_known(drop->source) || pod_address_known(drop->destination) ||
	       pod_address_known(drop->original_source);
}

/* Whether this drop of a UDP flow was reported within the last second. */
static __always_inline bool drop_is_repeated(const struct drop *drop, __u32 reason, __u64 now)
{
	struct udp_drop_key key = {};
	__u64 *reported;

	if (drop->protocol != IPPROTO_UDP)
		return false;
	__builtin_memcpy(key.source, drop->source, sizeof(key.source));
	__builtin_memcpy(key.destination, drop->destination, sizeof(key.destination));
	key.source_port = drop->source_port;
	key.destination_port = drop->destination_port;
	key.reason = reason;
	reported = bpf_map_lookup_elem(&udp_drops, &key);
	if (reported && now - *reported < SECOND_NS)
		return true;
	bpf_map_update_elem(&udp_drops, &key, &now, BPF_ANY);
	return false;
}

/* device: where the packet is, in whichever namespace. */
static __always_inline void drop_report(struct sk_buff *skb, const struct net_device *device, __u64 place, __u32 reason, __u8 kind)
{
	const struct net_device *next;
	struct drop drop = {}, *record;
	__u64 now;
	bool opens;

	if (!drop_is_local(device, &drop) || !drop_parse(skb, &drop))
		return;
	/*
	 * Report openings and their replies. Later packets belong to an established connection, and TCP recovers from
	 * losses: only drops that last, such as those by a policy, end it. For these, only the conntrack entry knows the pod.
	 */
	opens = drop.protocol == IPPROTO_UDP || drop.flags & FLAG_SYN;
	if (!opens && kind != LASTING_REASON)
		return;
	drop_add_original(skb, &drop);
	if (!opens && !drop.original_source_port)
		return;
	next = next_device(skb);
	if (!drop_concerns_pod(device, next, &drop))
		return;
	now = bpf_ktime_get_ns();
	if (drop_is_repeated(&drop, reason, now))
		return;
	record = RECORD_RESERVE(struct drop, RECORD_DROP);
	if (!record)
		return;
	drop.kind = RECORD_DROP;
	drop.reason = reason;
	drop.place = place;
	drop.time = now;
	/* POSTROUTING comes after the device was changed to the next one, FORWARD before. */
	drop.leaving = device == next && BPF_CORE_READ(device, ifindex) != BPF_CORE_READ(skb, skb_iif);
	*record = drop;
	RECORD_SUBMIT(record);
}

#define DEVICE_HASH_ENTRIES 256 /* NETDEV_HASHENTRIES in include/linux/netdevice.h */
#define DEVICES_WITH_SAME_HASH 4

/* The interface of a network namespace with this index. */
static __always_inline const struct net_device *find_device(const struct net *net, int index)
{
	const struct hlist_node *node;

	node = (const void *)BPF_CORE_READ(net, dev_index_head);
	if (!node)
		return NULL;
	node = (const void *)node + (index & (DEVICE_HASH_ENTRIES - 1)) * sizeof(void *);
	for (int i = 0; i <= DEVICES_WITH_SAME_HASH; i++) {
		const struct net_device *device;

		node = BPF_CORE_READ(node, next); /* the head has the same layout */
		if (!node)
			return NULL;
		device = (const void *)node - bpf_core_field_offset(struct net_device, index_hlist);
		if (BPF_CORE_READ(device, ifindex) == index)
			return device;
	}
	return NULL;
}

/*
 * A SYN for a server whose accept queue is full is freed like one that was accepted. Its device is no longer known, only the
 * index in the server's namespace.
 */
static __always_inline void full_queue_report(const struct sock *sk, struct sk_buff *skb)
{
	if (BPF_CORE_READ(sk, sk_ack_backlog) <= BPF_CORE_READ(sk, sk_max_ack_backlog))
		return;
	drop_report(skb, find_device(BPF_CORE_READ(sk, __sk_common.skc_net.net), BPF_CORE_READ(skb, skb_iif)), 0, ACCEPT_QUEUE_FULL, 0);
}

#endif
