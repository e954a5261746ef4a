/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * The layouts shared with the agent. agent/Records/ mirrors them, and a test compares both through this object's BTF.
 * Addresses are 16 bytes; IPv4 is mapped (RFC 4291 2.5.5.2). Times are CLOCK_MONOTONIC, in ns.
 */
#ifndef DEPMAP_RECORDS_H
#define DEPMAP_RECORDS_H

enum direction {
	FROM_POD = 0,
	TO_POD = 1,
};

/* TCP header flags (RFC 9293 3.1), kept per direction; a UDP packet sets only SEEN. */
enum flow_flags {
	FLAG_FIN = 0x01,
	FLAG_SYN = 0x02,
	FLAG_RST = 0x04,
	FLAG_ACK = 0x10,
	FLAG_SEEN = 0x80,
	FLAGS_OF_TCP = FLAG_FIN | FLAG_SYN | FLAG_RST | FLAG_ACK,
};

/* A flow at one interface. The pod behind the interface comes first, in both directions. */
struct flow_key {
	__u64 pod_address[2];
	__u64 peer_address[2];
	__be16 pod_port;
	__be16 peer_port;
	__u32 ifindex;
};

/* An entry of the flow cache, which the agent reads in place. */
struct flow_slot {
	struct flow_key key;
	__u32 version; /* odd while another flow takes the slot; 0 if never used */
	__u8 protocol;
	__u8 flags[2]; /* by direction: all flow_flags seen so far */
	__u8 padding;
	__u64 last;
	__u64 bytes[2];	  /* by direction: IP packets including headers */
	__u32 packets[2]; /* by direction: segments, if the device segments them (GSO) */
};

enum timing {
	UDP_IDLE_SECONDS = 60, /* after this much silence, the next UDP packet starts another conversation */
};

enum record_kind {
	RECORD_MOMENT = 0,
	RECORD_EVICTION = 1,
	RECORD_DROP = 2,
	RECORD_ANSWER = 3,
	RECORD_HOST_CONNECTION = 4,
	RECORD_KINDS = 5,
};

/* A packet that changes a flow's state: SYN, FIN, RST, the first of a direction, an ICMP error about it. */
struct moment {
	__u32 kind;
	__u8 protocol;
	__u8 direction;
	__u8 flags;
	__u8 icmp; /* if not 0: an ICMP destination unreachable, its code plus 1 */
	__u64 time;
	struct flow_key key;
	__u32 tcp_sequence;
	__u32 tcp_acknowledgement;
};

/* The contents of a slot when another flow took it. */
struct eviction {
	__u32 kind;
	__u32 slot_index;
	struct flow_slot slot;
};

/* A dropped SYN or UDP packet, or a later TCP packet that a policy dropped. */
struct drop {
	__u32 kind;
	__u32 reason; /* enum skb_drop_reason of the running kernel, or the agent's number for the place */
	__u64 time;
	__u64 place; /* address in the kernel's code, if the reason is unknown; else 0 */
	__u64 source[2];
	__u64 destination[2];
	__be16 source_port;
	__be16 destination_port;
	__u32 tcp_sequence;
	__u32 ifindex; /* host-side interface of the pod in whose namespace it was; 0: in the node's */
	__u32 tcp_acknowledgement;
	/* The packet before translation, from its conntrack entry; the ports are 0 if it has none. */
	__u64 original_source[2];
	__u64 original_destination[2];
	__be16 original_source_port;
	__be16 original_destination_port;
	__u8 protocol;
	__u8 flags;
	__u8 leaving; /* it was routed, and about to leave by another interface than it came: past forwarding */
	__u8 padding;
};

/* Not the kernel's reason: the server's accept queue was full. */
#define ACCEPT_QUEUE_FULL 0xfffffffd

#define ANSWER_BYTES 1024 /* a power of two */

/* A DNS answer to a pod; the message is truncated if it is too long. */
struct answer {
	__u32 kind;
	__u16 length; /* of the message in this record */
	__u16 padding;
	__u64 time;
	__u64 pod_address[2];
	__u8 message[ANSWER_BYTES];
};

#define CGROUP_NAMES	  4
#define CGROUP_NAME_BYTES 96 /* a pod's has up to 73: systemd's driver on nodes of kind */

/* A TCP connection opened by a program in the node's network namespace, once it was accepted or refused. */
struct host_connection {
	__u32 kind;
	__be16 client_port;
	__be16 server_port;
	__u64 time;
	__u64 client_address[2]; /* addresses and ports are those before translation */
	__u64 server_address[2];
	__u64 cgroup;		 /* ID of the socket's cgroup v2; never reused on a node */
	char names[CGROUP_NAMES][CGROUP_NAME_BYTES]; /* its name and its ancestors', innermost first */
};

struct counters {
	__u64 lost[RECORD_KINDS]; /* by record_kind: records lost because the ring buffer was full */
	__u64 other_packets;	  /* neither TCP nor UDP nor an ICMP error about them */
	__u64 malformed_packets;  /* truncated, or with invalid lengths */
};

#endif
