/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* The programs' maps and constants. All maps are bounded; a size of 1 is replaced by the agent before loading. */
#ifndef DEPMAP_MAPS_H
#define DEPMAP_MAPS_H

#define MAX_REASONS 256

/* After a reference count, a lock, a time and the zone: 5.10 to 6.18, except real-time kernels and lock debugging. */
#define CONNTRACK_TUPLES 16

#define NEXT -1 /* TC_ACT_UNSPEC, TCX_NEXT: continue with the next program */

/* Set by the agent before loading. */
const volatile __u32 slots_per_cpu = 2; /* a power of two, at least 2 */
const volatile __u32 node_netns = 0;	/* inode of the node's network namespace */
/* By the running kernel's reason number: 1 for reasons that are no failed connection, 2 for policy reasons. */
const volatile __u8 reason_kinds[MAX_REASONS] = {};

/*
 * Offset of the two tuples in struct nf_conn. The agent corrects it once the kernel has the type, which may be when a module
 * is loaded, long after these programs. In its own section, so that the agent can update it as a whole.
 */
volatile __u32 conntrack_tuples SEC(".data.conntrack") = CONNTRACK_TUPLES;

/* Each CPU has its own part, so that no packet waits for another CPU. The agent reads the map through mmap. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct flow_slot);
} flow_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counters);
} counters SEC(".maps");

struct address {
	__u64 part[2];
};

/* Addresses seen behind this node's pod interfaces; their drops are reported. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct address);
	__type(value, __u8);
} pod_addresses SEC(".maps");

/*
 * Interfaces that lead to pods: the pods' own, and the bridges that these are ports of. Set by the agent. Needed for
 * packets dropped on their way to a pod that has not sent or received anything yet.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u8);
} pod_devices SEC(".maps");

/*
 * For kernels without drop reasons: the addresses in the kernel's code where packets were dropped, and the reason that the
 * agent assigned to each (an index of reason_kinds); 0 if none yet.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u64);
	__type(value, __u32);
} drop_places SEC(".maps");

struct udp_drop_key {
	__u64 source[2];
	__u64 destination[2];
	__be16 source_port;
	__be16 destination_port;
	__u32 reason;
};

/* When a flow's UDP packet was last reported as dropped: a full buffer drops thousands, and the first one says it all. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct udp_drop_key);
	__type(value, __u64);
} udp_drops SEC(".maps");

struct fragment_key {
	__u64 source[2];
	__u64 destination[2];
	__u32 id;
	__u32 protocol;
};

/* Only the first fragment has the ports; they are kept for the later ones (RFC 791 3.2, RFC 8200 4.5). */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, struct fragment_key);
	__type(value, __u32);
} fragments SEC(".maps");

static __always_inline struct counters *this_cpu_counters(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

/* Reserves a record in the ring buffer; counts it as lost if the buffer is full. */
#define RECORD_RESERVE(type, record_kind)                                                                              \
	({                                                                                                             \
		type *record = bpf_ringbuf_reserve(&records, sizeof(type), 0);                                         \
		if (!record) {                                                                                         \
			struct counters *here = this_cpu_counters();                                                       \
			if (here)                                                                                      \
				here->lost[record_kind]++;                                                             \
		}                                                                                                      \
		record;                                                                                                \
	})

/* The agent polls the ring buffer: waking it up for each record would cost more than the record. */
#define RECORD_SUBMIT(record) bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP)

static __always_inline void pod_address_learn(const __u64 address[2])
{
	struct address key = {{address[0], address[1]}};
	__u8 known = 1;

	if (!bpf_map_lookup_elem(&pod_addresses, &key))
		bpf_map_update_elem(&pod_addresses, &key, &known, BPF_ANY);
}

static __always_inline bool pod_address_known(const __u64 address[2])
{
	struct address key = {{address[0], address[1]}};

	return bpf_map_lookup_elem(&pod_addresses, &key);
}

#endif
