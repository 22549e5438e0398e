// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* The same programs for kernels before 5.11, see task.bpf.h. */
#define PORTABLE
#include "syscalls.bpf.c"
