/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Parses a frame into the two ends of its flow. Frames are untrusted: every length is checked before it is used. */
#ifndef DEPMAP_PACKET_H
#define DEPMAP_PACKET_H

#define VLAN_TAGS_MAX	      2 /* QinQ, IEEE 802.1ad */
#define EXTENSION_HEADERS_MAX 6

/*
 * No header starts after this offset: two IP headers, the outer one and one in an ICMP error, with six extension headers of
 * up to 2,048 bytes each, start before 24,700.
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
	__be16 type; /* EtherType of the payload */
};

/* The common start of RFC 792 and RFC 4443 2.1; linux/icmp.h needs a C library. */
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
	__u32 payload; /* offset of the TCP or UDP payload; 0 if it does not start in this packet */
	__u8 protocol;
	__u8 flags;
	__u8 icmp; /* as in struct moment */
};

/* The IP header, before its ends are assigned to pod and peer. */
struct ip {
	__u64 source[2];
	__u64 destination[2];
	__u32 offset;	/* of this header in the frame */
	__u32 payload;	/* offset of the payload */
	__u32 fragment; /* identification, if a fragment */
	__u8 protocol;
	bool is_fragment;
	bool is_later_fragment; /* contains data, no headers */
};

static __always_inline bool count_malformed(void)
{
	struct counters *here = this_cpu_counters();

	if (here)
		here->malformed_packets++;
	return false;
}

static __always_inline bool count_other(void)
{
	struct counters *here = this_cpu_counters();

	if (here)
		here->other_packets++;
	return false;
}

/*
 * Headers are usually in the linear part; others are copied (jumbo and GSO frames have pages).
 *
 * The mask never changes an offset (see OFFSET_MAX). It is for the verifier and must be in one piece with the addition,
 * see README.md, rule 1.
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

/* What follows the extension headers, packed so that it can be returned by value. */
struct ipv6_payload {
	__u32 fragment; /* as in struct ip */
	__u16 payload;
	__u8 protocol;
	__u8 state;
};

enum {
	PAYLOAD_TRUNCATED = 0, /* the packet ends within the extension headers */
	PAYLOAD_WHOLE = 1,
	PAYLOAD_FIRST_FRAGMENT = 2,
	PAYLOAD_LATER_FRAGMENT = 3,
};

/*
 * RFC 8200 4: skips options and routing headers and reads the fragment header. A global function, not a static one: the
 * verifier then checks it once, not once for each path to it.
 */
__noinline __u64 ipv6_skip_extensions(struct __sk_buff *skb, __u32 offset, __u32 protocol)
{
	union {
		struct ipv6_payload part;
		__u64 whole;
	} payload = {.part.state = PAYLOAD_WHOLE};
	struct {
		__u8 next;
		__u8 length; /* in 8 bytes without the first; in an authentication header in 4 bytes, less 2 */
		__be16 fragment;
		__be32 id;
	} copy, *header;

	for (int i = 0; i < EXTENSION_HEADERS_MAX && is_extension(protocol); i++) {
		header = header_at(skb, offset, &copy, sizeof(copy));
		if (!header)
			return PAYLOAD_TRUNCATED;
		if (protocol == IPPROTO_FRAGMENT) {
			__u16 fragment = bpf_ntohs(header->fragment);

			offset += 8;
			protocol = header->next;
			payload.part.fragment = header->id;
			if (fragment >> 3) {
				payload.part.state = PAYLOAD_LATER_FRAGMENT;
				break; /* data follows, no headers */
			}
			if (fragment & IP6_MORE_FRAGMENTS)
				payload.part.state = PAYLOAD_FIRST_FRAGMENT;
			continue;
		}
		offset += protocol == IPPROTO_AH ? (header->length + 2) * 4 : (header->length + 1) * 8;
		protocol = header->next;
	}
	payload.part.payload = offset;
	payload.part.protocol = protocol;
	return payload.whole;
}

static __always_inline bool extensions_parse(struct __sk_buff *skb, struct ip *ip)
{
	__u64 whole = ipv6_skip_extensions(skb, ip->payload, ip->protocol);
	struct ipv6_payload *payload = (struct ipv6_payload *)&whole;

	ip->payload = payload->payload;
	ip->protocol = payload->protocol;
	ip->fragment = payload->fragment;
	ip->is_fragment = payload->state > PAYLOAD_WHOLE;
	ip->is_later_fragment = payload->state == PAYLOAD_LATER_FRAGMENT;
	return payload->state != PAYLOAD_TRUNCATED;
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

/* Which end is the pod's depends on the packet's direction. */
static __always_inline void key_set_ends(struct flow_key *key, const struct ip *ip, __be16 source_port,
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

/* A later fragment has neither flags nor ports: it counts for the flow of its first fragment. */
static __always_inline bool fragment_follow(const struct ip *ip, enum direction direction, struct packet *packet)
{
	struct fragment_key key = {};
	__u32 *ports;

	fragment_key_set(&key, ip);
	ports = bpf_map_lookup_elem(&fragments, &key);
	if (!ports)
		return count_other();
	packet->protocol = ip->protocol;
	packet->flags = FLAG_SEEN;
	key_set_ends(&packet->key, ip, *ports & 0xffff, *ports >> 16, direction);
	return true;
}

static __always_inline void fragment_remember(const struct ip *ip, __be16 source_port, __be16 destination_port)
{
	struct fragment_key key = {};
	__u32 ports = (__u32)destination_port << 16 | source_port;

	fragment_key_set(&key, ip);
	bpf_map_update_elem(&fragments, &key, &ports, BPF_ANY);
}

/* RFC 792, RFC 4443 3.1: an error contains the packet that could not be delivered, which went in the other direction. */
static __always_inline bool icmp_parse(struct __sk_buff *skb, const struct ip *outer, bool is_ipv6,
				       enum direction direction, struct packet *packet)
{
	struct icmp_header copy, *icmp = header_at(skb, outer->payload, &copy, sizeof(copy));
	__be16 ports_copy[2], *ports;
	struct ip inner = {};

	if (!icmp)
		return count_malformed();
	if (icmp->type != (is_ipv6 ? ICMP6_UNREACHABLE : ICMP4_UNREACHABLE))
		return count_other();
	if (!is_ipv6 && icmp->code == ICMP4_FRAGMENTATION_NEEDED)
		return count_other(); /* path MTU discovery, not a failure (RFC 1191) */
	if (icmp->code == 0xff)
		return count_other(); /* not a valid code; plus 1 it would overflow to 0 */
	packet->icmp = icmp->code + 1;
	if (is_ipv6 ? !ipv6_parse(skb, outer->payload + sizeof(*icmp), &inner)
		    : !ipv4_parse(skb, outer->payload + sizeof(*icmp), &inner))
		return count_malformed();
	if ((inner.protocol != IPPROTO_TCP && inner.protocol != IPPROTO_UDP) || inner.is_later_fragment)
		return count_other();
	ports = header_at(skb, inner.payload, &ports_copy, sizeof(ports_copy));
	if (!ports)
		return count_malformed();
	packet->protocol = inner.protocol;
	key_set_ends(&packet->key, &inner, ports[0], ports[1], direction == TO_POD ? FROM_POD : TO_POD);
	return true;
}

static __always_inline bool transport_parse(struct __sk_buff *skb, const struct ip *ip, enum direction direction,
					    struct packet *packet)
{
	__u32 headers;

	if (ip->protocol == IPPROTO_TCP) {
		struct tcphdr copy, *tcp = header_at(skb, ip->payload, &copy, sizeof(copy));

		if (!tcp || tcp->doff < 5)
			return count_malformed();
		packet->flags = FLAG_SEEN | (((__u8 *)tcp)[13] & FLAGS_OF_TCP);
		packet->tcp_sequence = bpf_ntohl(tcp->seq);
		packet->tcp_acknowledgement = bpf_ntohl(tcp->ack_seq);
		key_set_ends(&packet->key, ip, tcp->source, tcp->dest, direction);
		headers = tcp->doff * 4;
	} else {
		struct udphdr copy, *udp = header_at(skb, ip->payload, &copy, sizeof(copy));

		if (!udp)
			return count_malformed();
		packet->flags = FLAG_SEEN;
		key_set_ends(&packet->key, ip, udp->source, udp->dest, direction);
		headers = sizeof(*udp);
	}
	packet->protocol = ip->protocol;
	packet->payload = ip->payload + headers;
	if (ip->is_fragment)
		fragment_remember(ip, direction == FROM_POD ? packet->key.pod_port : packet->key.peer_port,
				  direction == FROM_POD ? packet->key.peer_port : packet->key.pod_port);
	/* A GSO frame has its headers once, but each segment will have its own. */
	if (packet->segments > 1)
		packet->bytes += (packet->segments - 1) * (packet->payload - ip->offset);
	return true;
}

/* True if the packet belongs to a TCP or UDP flow of the pod; other packets are counted. */
static __always_inline bool packet_parse(struct __sk_buff *skb, enum direction direction, struct packet *packet)
{
	struct ethhdr eth_copy, *eth = header_at(skb, 0, &eth_copy, sizeof(eth_copy));
	__u32 offset = sizeof(*eth);
	struct ip ip = {};
	bool is_ipv6;
	__be16 type;

	if (!eth)
		return count_malformed();
	type = eth->h_proto;
	for (int i = 0; i < VLAN_TAGS_MAX; i++) {
		struct vlan_tag copy, *vlan;

		if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD))
			break;
		vlan = header_at(skb, offset, &copy, sizeof(copy));
		if (!vlan)
			return count_malformed();
		type = vlan->type;
		offset += sizeof(*vlan);
	}
	if (type != bpf_htons(ETH_P_IP) && type != bpf_htons(ETH_P_IPV6))
		return count_other();
	is_ipv6 = type == bpf_htons(ETH_P_IPV6);
	if (is_ipv6 ? !ipv6_parse(skb, offset, &ip) : !ipv4_parse(skb, offset, &ip))
		return count_malformed();

	packet->key.ifindex = skb->ifindex;
	packet->bytes = skb->len - offset;
	packet->segments = skb->gso_segs ?: 1;
	if (ip.protocol == (is_ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP) && !ip.is_later_fragment)
		return icmp_parse(skb, &ip, is_ipv6, direction, packet);
	if (ip.protocol != IPPROTO_TCP && ip.protocol != IPPROTO_UDP)
		return count_other();
	if (ip.is_later_fragment)
		return fragment_follow(&ip, direction, packet);
	return transport_parse(skb, &ip, direction, packet);
}

#endif
