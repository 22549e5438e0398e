/* SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT */
/*
 * The counts behind the metrics: how often each cgroup made each call with each result, and how long that took. Whose a cgroup
 * is user space knows; here nothing is looked up but the count itself.
 */
#ifndef SYSCOPE_COUNT_H
#define SYSCOPE_COUNT_H

/*
 * Key: a cgroup, call and error. Value: per CPU, struct count, of which only the first field exists where no time is measured. All
 * memory is allocated at load, because an allocation here could fail and a call would be missing. Made and written here, read
 * and removed by user space, which sizes it. At its bound calls are counted in stats.counts_full.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, COUNTS_MAX);
	__uint(key_size, sizeof(struct count_key));
	__uint(value_size, sizeof(struct count));
} counts SEC(".maps");

#define COUNT_RUNTIME (1 << 23)

/*
 * Key: a number from 1 on; 0 is nobody's. Value: shared by all CPUs; a call and cgroup seldom runs on many at the same moment. An
 * array, because each count remembers the number of its histogram: finding it again costs nothing.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HISTOGRAMS_MAX + 1);
	__type(key, __u32);
	__type(value, struct histogram);
} histograms SEC(".maps");

/* Key: a cgroup, call and whether by a runtime. Value: the number of its histogram. Made here, read and removed by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, HISTOGRAMS_MAX);
	__type(key, struct count_key);
	__type(value, __u32);
} histogram_numbers SEC(".maps");

/* The numbers of histograms that are nobody's. Filled by user space at load, and with what it removes. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, HISTOGRAMS_MAX);
	__type(value, __u32);
} histograms_free SEC(".maps");

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

static __always_inline bool is_histogram_of(const struct histogram *histogram,
					    const struct count_key *key)
{
	return histogram->key.cgroup_low == key->cgroup_low &&
	       histogram->key.cgroup_high == key->cgroup_high && histogram->key.call == key->call;
}

/* The number of a key's histogram, which is made if there is none; 0: there is no room. Seldom called, so it is kept apart. */
static __noinline __u32 histogram_number(__u32 cgroup_low, __u32 cgroup_high, __u32 call)
{
	struct count_key key = {
		.cgroup_low = cgroup_low,
		.cgroup_high = cgroup_high,
		.call = call,
	};
	__u32 *known = bpf_map_lookup_elem(&histogram_numbers, &key);
	struct histogram *histogram;
	__u32 number = 0;

	if (known)
		return *known;
	if (bpf_map_pop_elem(&histograms_free, &number))
		return 0;
	histogram = bpf_map_lookup_elem(&histograms, &number);
	if (!histogram)
		return 0;
	histogram->key = key;
	if (!bpf_map_update_elem(&histogram_numbers, &key, &number, BPF_NOEXIST))
		return number;
	/* Another CPU was first. */
	bpf_map_push_elem(&histograms_free, &number, BPF_ANY);
	known = bpf_map_lookup_elem(&histogram_numbers, &key);
	return known ? *known : 0;
}

static __always_inline void count_latency(struct count_key *key, struct count *count, __u64 latency)
{
	__u32 number = count ? count->histogram : 0;
	struct histogram *histogram;
	struct stats *stats;
	__u32 bucket = log2_of(latency);

	key->call &= ((1 << 11) - 1) | COUNT_RUNTIME;
	histogram = bpf_map_lookup_elem(&histograms, &number);
	/* The first time, and where the number has been given to another. */
	if (!histogram || !number || !is_histogram_of(histogram, key)) {
		number = histogram_number(key->cgroup_low, key->cgroup_high, key->call);
		histogram = number ? bpf_map_lookup_elem(&histograms, &number) : NULL;
		if (count)
			count->histogram = number;
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
		if (want_histograms && timed)
			count->ns += latency;
	} else {
		stats = stats_get();
		if (stats)
			stats->counts_full++;
	}
	if (want_histograms && timed)
		count_latency(&key, count, latency);
}

#endif
