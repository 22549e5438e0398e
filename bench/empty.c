// SPDX-License-Identifier: Apache-2.0 OR MIT
//
//   empty OBJECT exit|both
//
// Attaches the empty programs of empty.bpf.c, says "ready", and waits for a signal or the end of
// stdin. Nothing is pinned: the kernel drops the programs with the process, however it ends.
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct bpf_object *object;
	struct bpf_program *program;
	char byte;

	if (argc != 3 || (strcmp(argv[2], "exit") && strcmp(argv[2], "both"))) {
		fprintf(stderr, "usage: empty OBJECT exit|both\n");
		return 2;
	}
	object = bpf_object__open(argv[1]);
	if (!object) {
		perror("empty: open");
		return 1;
	}
	if (!strcmp(argv[2], "exit"))
		bpf_program__set_autoload(bpf_object__find_program_by_name(object, "empty_enter"), false);
	if (bpf_object__load(object)) {
		perror("empty: load");
		return 1;
	}
	bpf_object__for_each_program(program, object) {
		if (bpf_program__autoload(program) && !bpf_program__attach(program)) {
			perror("empty: attach");
			return 1;
		}
	}
	puts("ready");
	fflush(stdout);
	while (read(0, &byte, 1) > 0)
		;
	return 0;
}
