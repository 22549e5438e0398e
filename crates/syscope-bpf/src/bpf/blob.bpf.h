/* SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT */
/* Copies of memory behind the record under construction. */
#ifndef SYSCOPE_BLOB_H
#define SYSCOPE_BLOB_H

/* Begins a blob of at most `len` bytes; NULL when the record is full. */
static __always_inline struct blob *blob_begin(struct scratch *s, __u8 arg, __u8 part)
{
	__u64 used = s->used;
	struct blob *blob;

	barrier_var(used);
	if (used > BLOBS_MAX - sizeof(struct blob))
		return NULL;
	blob = (struct blob *)(s->blobs + used);
	blob->arg = arg;
	blob->part = part;
	blob->status = BLOB_COMPLETE;
	blob->zero = 0;
	blob->len = 0;
	return blob;
}

/* Closes the blob that began at the end of the record. */
static __always_inline void blob_end(struct scratch *s, struct blob *blob, __u32 len)
{
	blob->len = len;
	s->used = s->used + sizeof(struct blob) + ((len + 7) & ~7U);
}

/* Closes the blob that began at `start` and was appended to by moving `used`. */
static __always_inline void blob_close(struct scratch *s, struct blob *blob, __u32 start)
{
	__u32 len = s->used - start - sizeof(struct blob);

	blob->len = len;
	s->used = start + sizeof(struct blob) + ((len + 7) & ~7U);
}

#endif
