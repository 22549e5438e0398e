/* SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT */
/*
 * Copies the caller's memory as a capture program says: one interpreter for every system call.
 *
 * The parts are global functions: the verifier checks each once, for any arguments, instead of once per path that leads
 * to it. They find the record under construction in the scratch, not through a parameter, because kernels before 5.12
 * take only numbers there.
 */
#ifndef SYSCOPE_CAPTURE_H
#define SYSCOPE_CAPTURE_H

/* Key: program id (0 is empty). Value: its ops. Written by user space before the programs are attached. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PROGRAMS_MAX);
	__type(key, __u32);
	__type(value, struct capture_program);
} capture_programs SEC(".maps");

/* Key: abi * SYSCALLS_MAX + nr. Value: which program. Written by user space before the programs are attached. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ABI_COUNT *SYSCALLS_MAX);
	__type(key, __u32);
	__type(value, struct capture_entry);
} capture_entries SEC(".maps");

/* Key: call and value of its choosing argument. Value: program id. Written by user space; sized to the table. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROGRAMS_MAX);
	__type(key, struct capture_variant);
	__type(value, __u32);
} capture_variants SEC(".maps");

/* The word size of the call's ABI. */
static __always_inline __u32 word_size(struct scratch *s)
{
#if defined(__TARGET_ARCH_arm64)
	return s->event.abi == ABI_COMPAT ? 4 : 8;
#else
	return s->event.abi == ABI_COMPAT ? 4 : 8;
#endif
}

static __always_inline __u64 operand(struct scratch *s, __u64 which, __u64 offset, bool *fault)
{
	barrier_var(which);
	barrier_var(offset);
	if (which < ARGS_MAX)
		return s->event.args[which];
	if (which == OPERAND_RET)
		return s->event.ret > 0 ? s->event.ret : 0;
	if (which == OPERAND_ONE)
		return 1;
	if (which == OPERAND_WORD) {
		offset &= 0x78 | 0x4;
		if (word_size(s) == 4)
			return *(__u32 *)(s->base + offset);
		return *(__u64 *)(s->base + (offset & 0x78));
	}
	if (which == OPERAND_WORD32)
		return *(__u32 *)(s->base + (offset & 0x7c));
	which -= OPERAND_AT;
	barrier_var(which);
	if (which < ARGS_MAX) {
		__u32 value = 0;

		if (bpf_probe_read_user(&value, sizeof(value), (void *)s->event.args[which]))
			*fault = true;
		return value;
	}
	return ~0ULL;
}

/* A string of at most `limit` bytes (its NUL is not kept). */
__noinline int capture_string(__u64 from, __u64 limit, __u32 tag)
{
	struct scratch *s = scratch_get();
	struct blob *blob;
	long len;

	if (!s)
		return 0;
	blob = blob_begin(s, tag, tag >> 8);
	if (!blob)
		return 0;
	/* One byte more than is kept shows whether it was cut; the NUL takes another. */
	barrier_var(limit);
	if (limit > BLOB_BYTES_MAX - 1)
		limit = BLOB_BYTES_MAX - 1;
	len = bpf_probe_read_user_str(blob + 1, limit + 2, (void *)from);
	if (len < 0) {
		blob->status = BLOB_FAULT;
		blob_end(s, blob, 0);
		return 0;
	}
	len = len > 0 ? len - 1 : 0;
	if ((__u64)len > limit) {
		len = limit;
		blob->status = BLOB_CUT;
	}
	blob_end(s, blob, len);
	return 0;
}

/* `size` bytes; what is readable of them when the end is not. */
__noinline int capture_bytes(__u64 from, __u64 size, __u32 tag)
{
	struct scratch *s = scratch_get();
	struct blob *blob;

	if (!s)
		return 0;
	blob = blob_begin(s, tag, tag >> 8);
	if (!blob)
		return 0;
	barrier_var(size);
	if (size > BLOB_BYTES_MAX)
		size = BLOB_BYTES_MAX;
	if (bpf_probe_read_user(blob + 1, size, (void *)from)) {
		/* The buffer crosses into a page that can't be read: take the part before it. */
		__u64 head = 4096 - (from & 4095);

		barrier_var(head);
		if (head >= size || bpf_probe_read_user(blob + 1, head & 4095, (void *)from)) {
			blob->status = BLOB_FAULT;
			blob_end(s, blob, 0);
			return 0;
		}
		size = head;
		blob->status = BLOB_CUT;
	}
	blob_end(s, blob, size);
	return 0;
}

/*
 * Loops over vectors keep their position in the scratch (`used`), not in a register: what the verifier can't know it
 * does not follow through every iteration.
 */

/* Appends one string of a vector: its length and status, its bytes. */
__noinline int append_string(__u64 from, __u64 limit)
{
	struct scratch *s = scratch_get();
	__u64 at, len;
	long got;

	if (!s)
		return 0;
	at = s->used;
	barrier_var(at);
	if (at > BLOBS_MAX - 2048)
		return BLOB_CUT;
	barrier_var(limit);
	if (limit > 1024)
		limit = 1024;
	got = bpf_probe_read_user_str(s->blobs + at + 4, limit + 2, (void *)from);
	if (got < 0) {
		/* Unreadable: its address stands in its place. */
		len = sizeof(from);
		*(__u32 *)(s->blobs + at) = len | 1U << 30;
		__builtin_memcpy(s->blobs + at + 4, &from, sizeof(from));
	} else if (got > (long)limit + 1) {
		*(__u32 *)(s->blobs + at) = limit | 1U << 31;
		len = limit;
	} else {
		len = got > 0 ? got - 1 : 0;
		*(__u32 *)(s->blobs + at) = len;
	}
	s->used = at + 4 + len;
	return BLOB_COMPLETE;
}

/* A NULL-terminated vector of strings, each cut to `limit`. */
__noinline int capture_strings(__u64 from, __u64 limit, __u32 tag)
{
	struct scratch *s = scratch_get();
	struct blob *blob;
	__u32 start, word;
	__u8 status = BLOB_COMPLETE;

	if (!s)
		return 0;
	blob = blob_begin(s, tag, tag >> 8);
	if (!blob)
		return 0;
	start = s->used;
	s->used = start + sizeof(*blob);
	word = word_size(s);
	for (int i = 0; i < STRINGS_MAX; i++) {
		__u64 string = 0;

		if (bpf_probe_read_user(&string, word == 4 ? 4 : 8, (void *)from)) {
			status = i ? BLOB_CUT : BLOB_FAULT;
			break;
		}
		if (!string)
			break;
		if (i == STRINGS_MAX - 1 || append_string(string, limit)) {
			status = BLOB_CUT;
			break;
		}
		from += word;
	}
	blob->status = status;
	blob_close(s, blob, start);
	return 0;
}

/* Appends one buffer of a vector: base, length, captured length, bytes. */
__noinline int append_buffer(__u64 base, __u64 size, __u64 meant)
{
	struct scratch *s = scratch_get();
	__u64 at, want = string_limit;

	if (!s)
		return 0;
	at = s->used;
	barrier_var(at);
	if (at > BLOBS_MAX - 2048)
		return BLOB_CUT;
	if (meant < want)
		want = meant;
	barrier_var(want);
	if (want > 1024)
		want = 1024;
	if (want && bpf_probe_read_user(s->blobs + at + 20, want, (void *)base))
		want = 0;
	/* Vectors follow strings of any length: the words may lie at any byte. */
	__builtin_memcpy(s->blobs + at, &base, 8);
	__builtin_memcpy(s->blobs + at + 8, &size, 8);
	*(__u32 *)(s->blobs + at + 16) = want;
	s->used = at + 20 + want;
	return BLOB_COMPLETE;
}

/* A vector of buffers, of which at most `total` bytes of data are meant. */
__noinline int capture_iovec(__u64 from, __u64 count, __u64 total, __u32 tag)
{
	struct scratch *s = scratch_get();
	struct blob *blob;
	__u32 start, word;
	__u8 status = BLOB_COMPLETE;

	/* With more elements the call fails before it looks at any (UIO_MAXIOV). */
	if (!s || count > 1024)
		return 0;
	blob = blob_begin(s, tag, tag >> 8);
	if (!blob)
		return 0;
	start = s->used;
	s->used = start + sizeof(*blob);
	word = word_size(s);
	for (int i = 0; i < IOVEC_MAX; i++) {
		__u64 vec[2] = {}, meant;

		if ((__u64)i >= count)
			break;
		if (bpf_probe_read_user(vec, word == 4 ? 8 : 16, (void *)from)) {
			status = i ? BLOB_CUT : BLOB_FAULT;
			break;
		}
		if (word == 4) {
			vec[1] = vec[0] >> 32;
			vec[0] = (__u32)vec[0];
		}
		meant = vec[1] < total ? vec[1] : total;
		total -= meant;
		if (append_buffer(vec[0], vec[1], meant)) {
			status = BLOB_CUT;
			break;
		}
		from += word * 2;
	}
	if (count > IOVEC_MAX && status == BLOB_COMPLETE)
		status = BLOB_CUT;
	blob->status = status;
	blob_close(s, blob, start);
	return 0;
}

/* Counts the entries a directory read has delivered; `offset` is that of their length field. */
__noinline int capture_dirents(__u64 from, __u64 total, __u64 offset, __u32 tag)
{
	struct scratch *s = scratch_get();
	struct blob *blob;
	__u32 entries = 0;
	__u64 at = 0;

	if (!s)
		return 0;
	blob = blob_begin(s, tag, tag >> 8);
	if (!blob)
		return 0;
	for (int i = 0; i < DIRENTS_MAX; i++) {
		__u16 length = 0;

		if (at >= total)
			break;
		if (bpf_probe_read_user(&length, sizeof(length), (void *)(from + at + offset)) ||
		    !length) {
			blob->status = BLOB_FAULT;
			break;
		}
		at += length;
		entries++;
	}
	if (at < total && blob->status == BLOB_COMPLETE)
		blob->status = BLOB_CUT;
	*(__u64 *)(blob + 1) = entries;
	blob_end(s, blob, sizeof(entries));
	return 0;
}

/* Carries out op `index` of the program in the scratch. */
__noinline int capture_op(__u32 index)
{
	struct scratch *s = scratch_get();
	struct capture_program *program;
	struct capture_op *op;
	bool fault = false;
	__u64 at = index, ptr, count, bytes;
	__u32 id, tag, limit;
	__s64 ret;

	if (!s)
		return 0;
	id = s->program;
	program = bpf_map_lookup_elem(&capture_programs, &id);
	barrier_var(at);
	if (!program || at >= OPS_MAX)
		return 0;
	op = &program->ops[at];
	ret = s->event.ret;
	if (op->when == WHEN_OK && call_failed(ret))
		return 0;
	if (op->when == WHEN_FAILED && !call_failed(ret))
		return 0;
	if (op->when == WHEN_RET_ABOVE && ret <= op->above)
		return 0;
	if (op->when == WHEN_TOTAL_ABOVE && operand(s, op->total, 0, &fault) <= op->above)
		return 0;

	tag = op->arg | op->part << 8;
	ptr = operand(s, op->ptr, op->ptr_off, &fault);
	if (op->kind == CAPTURE_FD)
		return capture_fd(ptr, tag);
	if (op->ptr != OPERAND_WORD)
		ptr += op->ptr_off;
	count = operand(s, op->count, op->count_off, &fault);
	if (!ptr || fault)
		return 0;
	if (word_size(s) == 4)
		count = (__u32)count;
	limit = op->limit ? op->limit : string_limit;
	switch (op->kind) {
	case CAPTURE_STRING:
		return capture_string(ptr, limit, tag);
	case CAPTURE_BYTES:
		if (count > BLOB_BYTES_MAX)
			count = BLOB_BYTES_MAX;
		bytes = count * op->size;
		if (bytes > limit)
			bytes = limit;
		if (!bytes)
			return 0;
		if (op->base) {
			__u64 head;

			/* Through memory: 6.12 tests what it knows of `bytes` against the bound and gets it wrong. */
			s->head = bytes;
			__builtin_memset(s->base, 0, sizeof(s->base));
			barrier();
			head = s->head;
			if (head > sizeof(s->base))
				head = sizeof(s->base);
			bpf_probe_read_user(s->base, head, (void *)ptr);
		}
		return capture_bytes(ptr, bytes, tag);
	case CAPTURE_DIRENTS:
		return capture_dirents(ptr, count, op->size, tag);
	case CAPTURE_STRINGS:
		return capture_strings(ptr, limit, tag);
	case CAPTURE_IOVEC:
		return capture_iovec(ptr, count, operand(s, op->total, 0, &fault), tag);
	}
	return 0;
}

/* Runs the program of the call in the scratch. */
__noinline int capture_run(__u32 id)
{
	struct scratch *s = scratch_get();
	struct capture_program *program;
	__u32 ops_count;

	if (!s)
		return 0;
	program = bpf_map_lookup_elem(&capture_programs, &id);
	if (!program)
		return 0;
	s->program = id;
	ops_count = program->ops_count;
	for (__u32 i = 0; i < OPS_MAX; i++) {
		if (i >= ops_count)
			break;
		capture_op(i);
	}
	return 0;
}

/* Which program a call runs; 0 for none. */
static __always_inline __u32 capture_choose(__u32 abi, __u32 nr, const __u64 *args)
{
	__u32 call = abi * SYSCALLS_MAX + nr;
	struct capture_entry *entry;

	if (nr >= SYSCALLS_MAX)
		return 0;
	entry = bpf_map_lookup_elem(&capture_entries, &call);
	if (!entry)
		return 0;
	if (entry->selector < ARGS_MAX) {
		struct capture_variant key = { .call = call };
		__u32 *program;
		__u64 value = args[0];

		/* A chain, because a register array on the stack can't be indexed by an unknown. */
		if (entry->selector == 1)
			value = args[1];
		else if (entry->selector == 2)
			value = args[2];
		else if (entry->selector == 3)
			value = args[3];
		else if (entry->selector == 4)
			value = args[4];
		key.value = value & entry->selector_mask;
		program = bpf_map_lookup_elem(&capture_variants, &key);
		if (program)
			return *program;
	}
	return entry->program;
}

#endif
