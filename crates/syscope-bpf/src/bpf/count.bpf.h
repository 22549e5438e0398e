/* SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT */
/*
 * The counts behind the metrics: how often each cgroup made each call with each result, and how long that took. Whose a cgroup
 * is user space knows; here nothing is looked up but the count itself.
 */
#ifndef SYSCOPE_COUNT_H
#define SYSCOPE_COUNT_H

/*
 * Key: a cgroup, call and error. Value: per CPU, how often. All memory is allocated at load, because an allocation here could
 * fail and a call would be missing. Made and written here, read and removed by user space. At its bound calls are counted in
 * stats.counts_full.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, COUNTS_MAX);
	__type(key, struct count_key);
	__type(value, struct count);
} counts SEC(".maps");

#define COUNT_RUNTIME (1 << 23)

/* Key: a cgroup, call and whether by a runtime. Value: shared by all CPUs; a call and cgroup seldom runs on many at the same moment. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, HISTOGRAMS_MAX);
	__type(key, struct count_key);
	__type(value, struct histogram);
} histograms SEC(".maps");

/* What new entries begin with; not on the stack, which is full. */
const volatile struct histogram fresh_histogram = {};

/*
 * The place of the highest bit, without a branch: how long calls take is as good as random. All bits below it are set, so
 * that there are 64 values, and this number of de Bruijn moves six other bits of each to the top.
 */
#define DE_BRUIJN 0x03f79d71b4cb0a89ULL
static const __u8 highest_bits[64] = {
	0,  47, 1,  56, 48, 27, 2,  60, 57, 49, 41, 37, 28, 16, 3,  61, 54, 58, 35, 52, 50, 42,
	21, 44, 38, 32, 29, 23, 17, 11, 4,  62, 46, 55, 26, 59, 40, 36, 15, 53, 34, 51, 20, 43,
	31, 22, 10, 45, 25, 39, 14, 33, 19, 30, 9,  24, 13, 18, 8,  12, 7,  6,	5,  63,
};

static __always_inline __u32 log2_of(__u64 value)
{
	value |= value >> 1;
	value |= value >> 2;
	value |= value >> 4;
	value |= value >> 8;
	value |= value >> 16;
	value |= value >> 32;
	return highest_bits[value * DE_BRUIJN >> 58];
}

static __always_inline void count_latency(struct count_key *key, __u64 latency)
{
	struct histogram *histogram;
	struct stats *stats;
	__u32 bucket = log2_of(latency);

	key->call &= ((1 << 11) - 1) | COUNT_RUNTIME;
	histogram = bpf_map_lookup_elem(&histograms, key);
	if (!histogram) {
		bpf_map_update_elem(&histograms, key, (const void *)&fresh_histogram, BPF_NOEXIST);
		histogram = bpf_map_lookup_elem(&histograms, key);
	}
	if (!histogram) {
		stats = stats_get();
		if (stats)
			stats->histograms_full++;
		return;
	}
	if (bucket >= HISTOGRAM_BUCKETS)
		bucket = HISTOGRAM_BUCKETS - 1;
	barrier_var(bucket);
	if (bucket < HISTOGRAM_BUCKETS)
		__sync_fetch_and_add(&histogram->buckets[bucket], 1);
}

/* Counts a call that has ended. */
static __always_inline void count_call(struct task_struct *task, __u32 abi, __u32 nr, __s64 ret,
				       bool timed, __u64 latency)
{
	__u64 cgroup = cgroup_id(task);
	struct count_key key = {
		.cgroup_low = cgroup,
		.cgroup_high = cgroup >> 32,
		.call = (nr < SYSCALLS_MAX ? nr : SYSCALLS_MAX) | (abi & 1) << 10 |
			(call_failed(ret) ? (__u32)-ret : 0) << 11 |
			(cgroup_at_work(task) ? COUNT_RUNTIME : 0),
	};
	struct count *count = bpf_map_lookup_elem(&counts, &key);
	struct stats *stats;

	if (!count) {
		static const struct count none = {};

		bpf_map_update_elem(&counts, &key, &none, BPF_NOEXIST);
		count = bpf_map_lookup_elem(&counts, &key);
	}
	if (count) {
		count->calls++;
		if (timed)
			count->ns += latency;
	} else {
		stats = stats_get();
		if (stats)
			stats->counts_full++;
	}
	if (want_histograms && timed)
		count_latency(&key, latency);
}

#endif
