/* SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT */
/* The way out: one ring per CPU, and the count of what found no room in it. */
#ifndef SYSCOPE_RING_H
#define SYSCOPE_RING_H

struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22); /* replaced by user space (`--ring-size`) */
};

/*
 * Key: a CPU. Value: its ring. Filled by user space for every possible CPU, so that one that comes online later has its
 * ring. One ring for all would cost twice as much per record with two writers already (contention on its lock).
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1024); /* replaced by the number of possible CPUs */
	__type(key, __u32);
	__array(values, struct ring);
} rings SEC(".maps");

static __always_inline void *ring_get(__u32 cpu)
{
	return bpf_map_lookup_elem(&rings, &cpu);
}

/* Wakes the consumer only if it sleeps. */
static __always_inline __u64 ring_wakeup(void)
{
	if (!waiting)
		return BPF_RB_NO_WAKEUP;
	waiting = 0;
	return BPF_RB_FORCE_WAKEUP;
}

/* Whether the ring has room that bulk data may take: the last eighth is for what must not be lost. */
static __always_inline bool ring_has_bulk_room(__u32 cpu)
{
	void *ring = ring_get(cpu);
	__u64 size;

	if (!ring)
		return false;
	size = bpf_ringbuf_query(ring, BPF_RB_RING_SIZE);
	return bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) < size - size / 8;
}

/* Wakes the consumer without a record: a discarded one rings as well. */
static __always_inline void ring_ring(void)
{
	void *ring = ring_get(bpf_get_smp_processor_id());
	void *nothing = ring ? bpf_ringbuf_reserve(ring, 8, 0) : NULL;

	if (nothing)
		bpf_ringbuf_discard(nothing, BPF_RB_FORCE_WAKEUP);
}

/* Sends the record in `scratch` at its real length; whether there was room for it. */
static __always_inline bool ring_output(struct scratch *scratch, struct tally *tally)
{
	__u64 size = sizeof(struct event) + (__u64)scratch->used;
	void *ring = ring_get(scratch->event.cpu);

	barrier_var(size);
	if (size > sizeof(struct event) + BLOBS_MAX)
		size = sizeof(struct event) + BLOBS_MAX;
	tally->produced++;
	scratch->event.lost = tally->lost;
	if (ring && !bpf_ringbuf_output(ring, &scratch->event, size, ring_wakeup()))
		return true;
	tally->lost++;
	return false;
}

#endif
