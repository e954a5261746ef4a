/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * What the programs share with the agent, declared once. agent/Kernel/Records.cs mirrors it, and a test compares both
 * through this object's BTF. Addresses are 16 bytes; IPv4 is mapped (RFC 4291 2.5.5.2). Times are CLOCK_MONOTONIC, ns.
 */
#ifndef DEPMAP_RECORDS_H
#define DEPMAP_RECORDS_H

enum direction {
	FROM_POD = 0,
	TO_POD = 1,
};

/* TCP's own bits (RFC 9293 3.1), kept per direction; a UDP packet sets only SEEN. */
enum flow_flags {
	FLAG_FIN = 0x01,
	FLAG_SYN = 0x02,
	FLAG_RST = 0x04,
	FLAG_ACK = 0x10,
	FLAG_SEEN = 0x80,
	FLAGS_OF_TCP = FLAG_FIN | FLAG_SYN | FLAG_RST | FLAG_ACK,
};

/* A flow at one interface. The pod behind the interface comes first, whichever way a packet goes. */
struct flow_key {
	__u64 pod_address[2];
	__u64 peer_address[2];
	__be16 pod_port;
	__be16 peer_port;
	__u32 ifindex;
};

/* One entry of the flow cache, read in place by the agent. */
struct flow_slot {
	struct flow_key key;
	__u32 version; /* odd while the slot changes hands; 0 if never used */
	__u8 protocol;
	__u8 flags[2]; /* by direction: all flow_flags seen */
	__u8 padding;
	__u64 last;
	__u64 bytes[2];	  /* by direction: IP packets, headers included */
	__u32 packets[2]; /* by direction: segments, where the device is to cut them (GSO) */
};

enum record_kind {
	RECORD_MOMENT = 0,
	RECORD_EVICTION = 1,
	RECORD_DROP = 2,
	RECORD_ANSWER = 3,
	RECORD_HOST_CONNECTION = 4,
	RECORD_KINDS = 5,
};

/* A packet that changes what is known of a flow: SYN, FIN, RST, the first of a direction, an ICMP error about it. */
struct moment {
	__u32 kind;
	__u8 protocol;
	__u8 direction;
	__u8 flags;
	__u8 icmp; /* not 0: an ICMP destination unreachable, its code plus 1 */
	__u64 time;
	struct flow_key key;
	__u32 tcp_sequence;
	__u32 tcp_acknowledgement;
};

/* What a slot held when another flow took it. */
struct eviction {
	__u32 kind;
	__u32 slot_index;
	struct flow_slot slot;
};

/* A SYN or a UDP packet that the kernel threw away, where it did; or a later TCP packet that a policy did. */
struct drop {
	__u32 kind;
	__u32 reason; /* enum skb_drop_reason of the running kernel; where it has none, the agent's number for the place */
	__u64 time;
	__u64 place; /* where in the kernel it was, if reason is not known; else 0 */
	__u64 source[2];
	__u64 destination[2];
	__be16 source_port;
	__be16 destination_port;
	__u32 tcp_sequence;
	__u32 ifindex; /* the host-side interface of the pod in whose network namespace it was; 0: in the node's */
	__u32 tcp_acknowledgement;
	/* The packet before translation, as its conntrack entry has it; ports are 0 if there is no entry. */
	__u64 original_source[2];
	__u64 original_destination[2];
	__be16 original_source_port;
	__be16 original_destination_port;
	__u8 protocol;
	__u8 flags;
	__u8 padding[2];
};

#define ANSWER_BYTES 1024 /* a power of two */

/* A DNS answer to a pod that holds records; its message as far as there is room. */
struct answer {
	__u32 kind;
	__u16 length; /* of the message here */
	__u16 padding;
	__u64 time;
	__u64 pod_address[2];
	__u8 message[ANSWER_BYTES];
};

#define CGROUP_NAMES	  4
#define CGROUP_NAME_BYTES 96 /* a pod's has at most 73, as systemd's driver writes it on nodes made by kind */

/* A TCP connection that a program in the node's network namespace opened, and got an answer for. */
struct host_connection {
	__u32 kind;
	__be16 client_port;
	__be16 server_port;
	__u64 time;
	__u64 client_address[2]; /* these two, and the ports, before translation */
	__u64 server_address[2];
	__u64 cgroup;		 /* of the socket, version 2: its number, which a node never gives twice */
	char names[CGROUP_NAMES][CGROUP_NAME_BYTES]; /* its name, and those of the cgroups around it, nearest first */
};

struct counters {
	__u64 lost[RECORD_KINDS]; /* by record_kind: the ring buffer was full */
	__u64 other_packets;	  /* neither TCP nor UDP nor an error about them */
	__u64 malformed_packets;  /* cut short, or lengths that cannot be */
};

#endif
