/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* The flow cache: counts each packet in its flow's slot and reports packets that change the flow's state. */
#ifndef DEPMAP_FLOW_H
#define DEPMAP_FLOW_H

/* Half of conntrack's nf_conntrack_udp_timeout_stream. */
#define UDP_IDLE_NS (UDP_IDLE_SECONDS * 1000LL * 1000 * 1000)

#define WRITE_VERSION(slot, value) (*(volatile __u32 *)&(slot)->version = (value))

static __always_inline __u32 slot_index(const struct packet *packet, __u32 cpu)
{
	const __u64 *key = (const __u64 *)&packet->key;
	__u64 hash = packet->protocol;

	hash += key[0] * 0x9e3779b97f4a7c15ULL;
	hash += key[1] * 0xc2b2ae3d27d4eb4fULL;
	hash += key[2] * 0x165667b19e3779f9ULL;
	hash += key[3] * 0xd6e8feb86659fd93ULL;
	hash ^= hash >> 32;
	hash += key[4] * 0xa0761d6478bd642fULL;
	hash ^= hash >> 29;
	hash *= 0xe7037ed1a0b428dbULL;
	return cpu * slots_per_cpu + (hash >> 32 & (slots_per_cpu - 1));
}

static __always_inline bool slot_matches(const struct flow_slot *slot, const struct packet *packet)
{
	const __u64 *a = (const __u64 *)&slot->key;
	const __u64 *b = (const __u64 *)&packet->key;

	/* Ports and interface differ most often, so they come first. */
	return a[4] == b[4] && a[1] == b[1] && a[3] == b[3] && a[0] == b[0] && a[2] == b[2] &&
	       slot->protocol == packet->protocol;
}

/* Whether the packet starts another connection between the same ends, whose counts must be kept apart. */
static __always_inline bool flow_is_over(const struct flow_slot *slot, const struct packet *packet,
					 enum direction direction, __u64 now)
{
	if (packet->protocol == IPPROTO_UDP)
		return (__s64)(now - slot->last) > UDP_IDLE_NS;
	if (!(packet->flags & FLAG_SYN))
		return false;
	if ((slot->flags[0] | slot->flags[1]) & (FLAG_FIN | FLAG_RST))
		return true;
	return !(packet->flags & FLAG_ACK) && slot->flags[direction] & FLAG_ACK;
}

static __always_inline void slot_evict(const struct flow_slot *slot, __u32 version, __u32 index)
{
	struct eviction *record = RECORD_RESERVE(struct eviction, RECORD_EVICTION);

	if (!record)
		return;
	record->kind = RECORD_EVICTION;
	record->slot_index = index;
	__builtin_memcpy(&record->slot, slot, sizeof(*slot));
	record->slot.version = version;
	RECORD_SUBMIT(record);
}

static __always_inline void slot_take(struct flow_slot *slot, const struct packet *packet, __u32 index)
{
	__u32 version = slot->version;

	/*
	 * The agent may be reading: an odd version makes it retry. Set before the eviction is submitted; otherwise the
	 * agent could read the eviction and then the same flow in the slot again.
	 */
	WRITE_VERSION(slot, version + 1);
	barrier();
	if (version)
		slot_evict(slot, version, index);
	slot->key = packet->key;
	slot->protocol = packet->protocol;
	slot->flags[0] = 0;
	slot->flags[1] = 0;
	slot->bytes[0] = 0;
	slot->bytes[1] = 0;
	slot->packets[0] = 0;
	slot->packets[1] = 0;
	barrier();
	/* 0 means never used: skip it when the version wraps. */
	WRITE_VERSION(slot, version + 2 ?: 2);
	pod_address_learn(packet->key.pod_address);
}

static __always_inline void moment_report(const struct packet *packet, enum direction direction)
{
	struct moment *record = RECORD_RESERVE(struct moment, RECORD_MOMENT);

	if (!record)
		return;
	record->kind = RECORD_MOMENT;
	record->protocol = packet->protocol;
	record->direction = direction;
	record->flags = packet->flags;
	record->icmp = packet->icmp;
	record->time = bpf_ktime_get_ns();
	record->key = packet->key;
	record->tcp_sequence = packet->tcp_sequence;
	record->tcp_acknowledgement = packet->tcp_acknowledgement;
	RECORD_SUBMIT(record);
}

static __always_inline bool packet_is_moment(const struct packet *packet, __u8 seen)
{
	if (packet->protocol == IPPROTO_UDP)
		return !seen;
	if (packet->flags & (FLAG_SYN | FLAG_FIN | FLAG_RST))
		return true;
	/* The client's first ACK ends the handshake. */
	return packet->flags & FLAG_ACK && seen & FLAG_SYN && !(seen & FLAG_ACK);
}

/*
 * Finds the slot that a flow has or may take. Each flow has two possible slots, next to each other, and evicts the flow
 * that was idle for longer: with one slot only, two busy flows with the same index would evict each other at every packet.
 */
static __always_inline struct flow_slot *slot_find(const struct packet *packet, __u32 *index)
{
	struct flow_slot *slot = bpf_map_lookup_elem(&flow_slots, index), *neighbour;
	__u32 beside = *index ^ 1;

	if (!slot || slot_matches(slot, packet))
		return slot;
	neighbour = bpf_map_lookup_elem(&flow_slots, &beside);
	if (!neighbour || (!slot_matches(neighbour, packet) && neighbour->last >= slot->last))
		return slot;
	*index = beside;
	return neighbour;
}

static __always_inline void flow_account(const struct packet *packet, enum direction direction)
{
	__u32 cpu = bpf_get_smp_processor_id(), index;
	struct flow_slot *slot;
	__u64 now;
	__u8 seen;

	if (packet->icmp) {
		moment_report(packet, direction);
		return;
	}
	index = slot_index(packet, cpu);
	slot = slot_find(packet, &index);
	if (!slot)
		return;
	now = coarse_now(cpu);
	if (!slot_matches(slot, packet) || flow_is_over(slot, packet, direction, now))
		slot_take(slot, packet, index);
	seen = slot->flags[direction];
	slot->packets[direction] += packet->segments;
	slot->bytes[direction] += packet->bytes;
	slot->last = now;
	if (packet->flags & ~seen)
		slot->flags[direction] = seen | packet->flags;
	if (packet_is_moment(packet, seen))
		moment_report(packet, direction);
}

#endif
