/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Reports DNS answers to pods (RFC 1035 4.1), which name the addresses that pods connect to. No other payload is read. */
#ifndef DEPMAP_ANSWER_H
#define DEPMAP_ANSWER_H

#define DNS_PORT	 53
#define DNS_RESPONSE	 0x8000
#define DNS_CODE	 0x000f /* 0: no error */
#define DNS_TCP_LENGTH 2 /* RFC 1035 4.2.2: over TCP a message begins with its length */

struct dns_header {
	__be16 id;
	__be16 flags;
	__be16 questions;
	__be16 answers;
	__be16 authorities;
	__be16 additional;
};

static __always_inline bool is_dns_answer(const struct packet *packet)
{
	return packet->key.peer_port == bpf_htons(DNS_PORT) && packet->payload;
}

/* A message longer than the record, or than its first TCP segment, is truncated. */
static __always_inline void answer_report(struct __sk_buff *skb, const struct packet *packet)
{
	__u32 offset = packet->payload, length;
	struct dns_header header = {};
	struct answer *record;

	if (packet->protocol == IPPROTO_TCP)
		offset += DNS_TCP_LENGTH;
	if (skb->len <= offset + sizeof(header) || bpf_skb_load_bytes(skb, offset, &header, sizeof(header)))
		return;
	/* Most responses are "no such name", because pods try their search path first. */
	if (!(header.flags & bpf_htons(DNS_RESPONSE)) || header.flags & bpf_htons(DNS_CODE) || !header.answers)
		return;
	length = skb->len - offset;
	if (length > ANSWER_BYTES)
		length = ANSWER_BYTES;
	record = RECORD_RESERVE(struct answer, RECORD_ANSWER);
	if (!record)
		return;
	length = ((length - 1) & (ANSWER_BYTES - 1)) + 1; /* for the verifier, see README.md, rule 5 */
	if (bpf_skb_load_bytes(skb, offset, record->message, length)) {
		bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
		return;
	}
	record->kind = RECORD_ANSWER;
	record->length = length;
	record->padding = 0;
	record->time = bpf_ktime_get_ns();
	record->pod_address[0] = packet->key.pod_address[0];
	record->pod_address[1] = packet->key.pod_address[1];
	RECORD_SUBMIT(record);
}

#endif
