/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * The few kernel structures that the programs read, with only the fields that they read. Their real offsets are filled
 * in when the program is loaded (CO-RE), from the BTF of the kernel that runs. Names as in kernel 6.18's vmlinux.h, as
 * bpftool prints it.
 */
#ifndef DEPMAP_KERNEL_H
#define DEPMAP_KERNEL_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct rtnl_link_ops {
	const char *kind;
};

struct net_device {
	int ifindex;
	possible_net_t nd_net;
	const struct rtnl_link_ops *rtnl_link_ops;
};

struct dst_entry {
	struct net_device *dev;
};

struct sk_buff {
	unsigned long _skb_refdst;
	struct net_device *dev;
	unsigned char *head;
	unsigned int tail; /* of the linear part, from head */
	__u16 network_header;
	unsigned long _nfct;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	unsigned short skc_family;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct kernfs_node {
	const char *name;
	const struct kernfs_node *__parent;
	__u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct sock_cgroup_data {
	struct cgroup *cgroup;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
	struct sock_cgroup_data sk_cgrp_data;
};

struct inet_sock {
	__be16 inet_sport;
};

#pragma clang attribute pop

/*
 * struct nf_conntrack_tuple_hash, flattened. Not by CO-RE, for where connection tracking is a module its types are too;
 * this layout is the same from 5.10 to 6.18, and what is read is checked against the packet.
 */
struct tuple_hash {
	void *neighbours[2];
	__be32 source[4];
	__be16 source_port;
	__u16 family;
	__be32 destination[4];
	__be16 destination_port;
	__u8 protocol;
	__u8 direction;
};

#endif
