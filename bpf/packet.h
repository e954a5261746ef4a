/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* From a frame to the ends of its flow. Frames are hostile: every length is checked before it is used. */
#ifndef DEPMAP_PACKET_H
#define DEPMAP_PACKET_H

#define VLAN_TAGS_MAX	      2 /* QinQ, IEEE 802.1ad */
#define EXTENSION_HEADERS_MAX 6

/*
 * No header begins beyond it: two IP headers, an outer one and one within an ICMP error, with six extension headers of at
 * most 2,048 bytes each, begin before 24,700.
 */
#define OFFSET_MAX 0x7fff

#define IP_OFFSET_MASK	   0x1fff
#define IP_MORE_FRAGMENTS  0x2000
#define IP6_MORE_FRAGMENTS 0x0001

#define ICMP4_UNREACHABLE	   3
#define ICMP4_FRAGMENTATION_NEEDED 4
#define ICMP6_UNREACHABLE	   1

struct vlan_tag {
	__be16 control;
	__be16 type; /* of what follows */
};

/* RFC 792 and RFC 4443 2.1 begin alike; linux/icmp.h needs a C library. */
struct icmp_header {
	__u8 type;
	__u8 code;
	__be16 checksum;
	__be32 unused;
};

struct packet {
	struct flow_key key;
	__u32 bytes;
	__u32 segments;
	__u32 tcp_sequence;
	__u32 tcp_acknowledgement;
	__u32 payload; /* offset of what TCP or UDP carries; 0 where that does not begin here */
	__u8 protocol;
	__u8 flags;
	__u8 icmp; /* as in struct moment */
};

/* Layer 3, before the two ends are told apart into pod and peer. */
struct ip {
	__u64 source[2];
	__u64 destination[2];
	__u32 offset;	/* of this header in the frame */
	__u32 payload;	/* offset of what it carries */
	__u32 fragment; /* identification, if a fragment */
	__u8 protocol;
	bool is_fragment;
	bool is_later_fragment; /* data, not headers */
};

static __always_inline bool malformed(void)
{
	struct counters *here = counters_here();

	if (here)
		here->malformed_packets++;
	return false;
}

static __always_inline bool other(void)
{
	struct counters *here = counters_here();

	if (here)
		here->other_packets++;
	return false;
}

/*
 * Headers are mostly in the linear part; what is not is copied (jumbo and GSO frames have pages).
 *
 * The mask never changes an offset (see OFFSET_MAX): it is there for the verifier, in one piece with the addition. See
 * README.md, rule 1.
 */
static __always_inline void *header_at(struct __sk_buff *skb, __u64 offset, void *copy, __u32 size)
{
	void *data = (void *)(long)skb->data;
	void *data_end = (void *)(long)skb->data_end;

	asm volatile("%0 &= %1" : "+r"(offset) : "i"(OFFSET_MAX));
	data += offset;
	if (data + size <= data_end)
		return data;
	if (bpf_skb_load_bytes(skb, offset, copy, size))
		return NULL;
	return copy;
}

static __always_inline void address_map_ipv4(__u64 address[2], __be32 ipv4)
{
	address[0] = 0;
	address[1] = (__u64)ipv4 << 32 | bpf_htonl(0x0000ffff);
}

static __always_inline bool ipv4_parse(struct __sk_buff *skb, __u32 offset, struct ip *ip)
{
	struct iphdr copy, *header = header_at(skb, offset, &copy, sizeof(copy));
	__u16 fragment;

	if (!header || header->version != 4 || header->ihl < 5)
		return false;
	address_map_ipv4(ip->source, header->saddr);
	address_map_ipv4(ip->destination, header->daddr);
	ip->offset = offset;
	ip->payload = offset + header->ihl * 4;
	ip->protocol = header->protocol;
	fragment = bpf_ntohs(header->frag_off);
	if (fragment & (IP_OFFSET_MASK | IP_MORE_FRAGMENTS)) {
		ip->is_fragment = true;
		ip->fragment = header->id;
		ip->is_later_fragment = fragment & IP_OFFSET_MASK;
	}
	return true;
}

static __always_inline bool is_extension(__u8 protocol)
{
	return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING || protocol == IPPROTO_DSTOPTS ||
	       protocol == IPPROTO_AH || protocol == IPPROTO_FRAGMENT;
}

/* What stands behind the extension headers, packed so that it can be returned. */
struct behind_extensions {
	__u32 fragment; /* as in struct ip */
	__u16 payload;
	__u8 protocol;
	__u8 state;
};

enum {
	BEHIND_CUT = 0, /* the packet ends before they do */
	BEHIND_WHOLE = 1,
	BEHIND_FIRST_FRAGMENT = 2,
	BEHIND_LATER_FRAGMENT = 3,
};

/*
 * RFC 8200 4: options and routing before the payload are stepped over, a fragment header is kept. A function of its
 * own, and not static: the verifier then walks it once, not once for each way that leads to it.
 */
__noinline __u64 ipv6_step_over(struct __sk_buff *skb, __u32 offset, __u32 protocol)
{
	union {
		struct behind_extensions part;
		__u64 whole;
	} behind = {.part.state = BEHIND_WHOLE};
	struct {
		__u8 next;
		__u8 length; /* in units of 8 bytes, less the first; of 4 in an authentication header */
		__be16 fragment;
		__be32 id;
	} copy, *header;

	for (int i = 0; i < EXTENSION_HEADERS_MAX && is_extension(protocol); i++) {
		header = header_at(skb, offset, &copy, sizeof(copy));
		if (!header)
			return BEHIND_CUT;
		if (protocol == IPPROTO_FRAGMENT) {
			__u16 fragment = bpf_ntohs(header->fragment);

			offset += 8;
			protocol = header->next;
			behind.part.fragment = header->id;
			if (fragment >> 3) {
				behind.part.state = BEHIND_LATER_FRAGMENT;
				break; /* what follows is data, not headers */
			}
			if (fragment & IP6_MORE_FRAGMENTS)
				behind.part.state = BEHIND_FIRST_FRAGMENT;
			continue;
		}
		offset += protocol == IPPROTO_AH ? (header->length + 2) * 4 : (header->length + 1) * 8;
		protocol = header->next;
	}
	behind.part.payload = offset;
	behind.part.protocol = protocol;
	return behind.whole;
}

static __always_inline bool extensions_parse(struct __sk_buff *skb, struct ip *ip)
{
	__u64 whole = ipv6_step_over(skb, ip->payload, ip->protocol);
	struct behind_extensions *behind = (struct behind_extensions *)&whole;

	ip->payload = behind->payload;
	ip->protocol = behind->protocol;
	ip->fragment = behind->fragment;
	ip->is_fragment = behind->state > BEHIND_WHOLE;
	ip->is_later_fragment = behind->state == BEHIND_LATER_FRAGMENT;
	return behind->state != BEHIND_CUT;
}

static __always_inline bool ipv6_parse(struct __sk_buff *skb, __u32 offset, struct ip *ip)
{
	struct ipv6hdr copy, *header = header_at(skb, offset, &copy, sizeof(copy));

	if (!header || header->version != 6)
		return false;
	__builtin_memcpy(ip->source, &header->saddr, 16);
	__builtin_memcpy(ip->destination, &header->daddr, 16);
	ip->offset = offset;
	ip->payload = offset + sizeof(*header);
	ip->protocol = header->nexthdr;
	if (is_extension(ip->protocol))
		return extensions_parse(skb, ip);
	return true;
}

/* Which of the two ends is the pod follows from the way the packet goes. */
static __always_inline void ends_set(struct flow_key *key, const struct ip *ip, __be16 source_port,
				     __be16 destination_port, enum direction direction)
{
	if (direction == FROM_POD) {
		key->pod_address[0] = ip->source[0];
		key->pod_address[1] = ip->source[1];
		key->peer_address[0] = ip->destination[0];
		key->peer_address[1] = ip->destination[1];
		key->pod_port = source_port;
		key->peer_port = destination_port;
	} else {
		key->pod_address[0] = ip->destination[0];
		key->pod_address[1] = ip->destination[1];
		key->peer_address[0] = ip->source[0];
		key->peer_address[1] = ip->source[1];
		key->pod_port = destination_port;
		key->peer_port = source_port;
	}
}

static __always_inline void fragment_key_set(struct fragment_key *key, const struct ip *ip)
{
	key->source[0] = ip->source[0];
	key->source[1] = ip->source[1];
	key->destination[0] = ip->destination[0];
	key->destination[1] = ip->destination[1];
	key->id = ip->fragment;
	key->protocol = ip->protocol;
}

/* Neither flags nor ports are in a later fragment: it counts for the flow that its first one named. */
static __always_inline bool fragment_follow(const struct ip *ip, enum direction direction, struct packet *packet)
{
	struct fragment_key key = {};
	__u32 *ports;

	fragment_key_set(&key, ip);
	ports = bpf_map_lookup_elem(&fragments, &key);
	if (!ports)
		return other();
	packet->protocol = ip->protocol;
	packet->flags = FLAG_SEEN;
	ends_set(&packet->key, ip, *ports & 0xffff, *ports >> 16, direction);
	return true;
}

static __always_inline void fragment_remember(const struct ip *ip, __be16 source_port, __be16 destination_port)
{
	struct fragment_key key = {};
	__u32 ports = (__u32)destination_port << 16 | source_port;

	fragment_key_set(&key, ip);
	bpf_map_update_elem(&fragments, &key, &ports, BPF_ANY);
}

/* RFC 792, RFC 4443 3.1: the packet that could not be delivered stands in the error, so it goes the other way. */
static __always_inline bool icmp_parse(struct __sk_buff *skb, const struct ip *outer, bool is_ipv6,
				       enum direction direction, struct packet *packet)
{
	struct icmp_header copy, *icmp = header_at(skb, outer->payload, &copy, sizeof(copy));
	__be16 ports_copy[2], *ports;
	struct ip inner = {};

	if (!icmp)
		return malformed();
	if (icmp->type != (is_ipv6 ? ICMP6_UNREACHABLE : ICMP4_UNREACHABLE))
		return other();
	if (!is_ipv6 && icmp->code == ICMP4_FRAGMENTATION_NEEDED)
		return other(); /* path MTU discovery, no failure (RFC 1191) */
	if (icmp->code == 0xff)
		return other(); /* no such code, and plus 1 it would be none */
	packet->icmp = icmp->code + 1;
	if (is_ipv6 ? !ipv6_parse(skb, outer->payload + sizeof(*icmp), &inner)
		    : !ipv4_parse(skb, outer->payload + sizeof(*icmp), &inner))
		return malformed();
	if ((inner.protocol != IPPROTO_TCP && inner.protocol != IPPROTO_UDP) || inner.is_later_fragment)
		return other();
	ports = header_at(skb, inner.payload, &ports_copy, sizeof(ports_copy));
	if (!ports)
		return malformed();
	packet->protocol = inner.protocol;
	ends_set(&packet->key, &inner, ports[0], ports[1], direction == TO_POD ? FROM_POD : TO_POD);
	return true;
}

static __always_inline bool transport_parse(struct __sk_buff *skb, const struct ip *ip, enum direction direction,
					    struct packet *packet)
{
	__u32 headers;

	if (ip->protocol == IPPROTO_TCP) {
		struct tcphdr copy, *tcp = header_at(skb, ip->payload, &copy, sizeof(copy));

		if (!tcp || tcp->doff < 5)
			return malformed();
		packet->flags = FLAG_SEEN | (((__u8 *)tcp)[13] & FLAGS_OF_TCP);
		packet->tcp_sequence = bpf_ntohl(tcp->seq);
		packet->tcp_acknowledgement = bpf_ntohl(tcp->ack_seq);
		ends_set(&packet->key, ip, tcp->source, tcp->dest, direction);
		headers = tcp->doff * 4;
	} else {
		struct udphdr copy, *udp = header_at(skb, ip->payload, &copy, sizeof(copy));

		if (!udp)
			return malformed();
		packet->flags = FLAG_SEEN;
		ends_set(&packet->key, ip, udp->source, udp->dest, direction);
		headers = sizeof(*udp);
	}
	packet->protocol = ip->protocol;
	packet->payload = ip->payload + headers;
	if (ip->is_fragment)
		fragment_remember(ip, direction == FROM_POD ? packet->key.pod_port : packet->key.peer_port,
				  direction == FROM_POD ? packet->key.peer_port : packet->key.pod_port);
	/* A GSO frame carries its headers once, but each segment will have its own. */
	if (packet->segments > 1)
		packet->bytes += (packet->segments - 1) * (packet->payload - ip->offset);
	return true;
}

/* True if the packet belongs to a TCP or UDP flow of the pod; what does not is counted. */
static __always_inline bool packet_parse(struct __sk_buff *skb, enum direction direction, struct packet *packet)
{
	struct ethhdr eth_copy, *eth = header_at(skb, 0, &eth_copy, sizeof(eth_copy));
	__u32 offset = sizeof(*eth);
	struct ip ip = {};
	bool is_ipv6;
	__be16 type;

	if (!eth)
		return malformed();
	type = eth->h_proto;
	for (int i = 0; i < VLAN_TAGS_MAX; i++) {
		struct vlan_tag copy, *vlan;

		if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD))
			break;
		vlan = header_at(skb, offset, &copy, sizeof(copy));
		if (!vlan)
			return malformed();
		type = vlan->type;
		offset += sizeof(*vlan);
	}
	if (type != bpf_htons(ETH_P_IP) && type != bpf_htons(ETH_P_IPV6))
		return other();
	is_ipv6 = type == bpf_htons(ETH_P_IPV6);
	if (is_ipv6 ? !ipv6_parse(skb, offset, &ip) : !ipv4_parse(skb, offset, &ip))
		return malformed();

	packet->key.ifindex = skb->ifindex;
	packet->bytes = skb->len - offset;
	packet->segments = skb->gso_segs ?: 1;
	if (ip.protocol == (is_ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP) && !ip.is_later_fragment)
		return icmp_parse(skb, &ip, is_ipv6, direction, packet);
	if (ip.protocol != IPPROTO_TCP && ip.protocol != IPPROTO_UDP)
		return other();
	if (ip.is_later_fragment)
		return fragment_follow(&ip, direction, packet);
	return transport_parse(skb, &ip, direction, packet);
}

#endif
