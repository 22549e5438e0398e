// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* System V shared memory, semaphores and message queues. */
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>

int main(void)
{
	struct {
		long type;
		char text[16];
	} message = { 5, "hello" };
	struct sembuf steps[2] = { { 0, 2, 0 }, { 0, -1, SEM_UNDO | IPC_NOWAIT } };
	struct timespec soon = { 0, 1000000 };
	struct shmid_ds memory_status;
	struct msqid_ds queue_status;
	int memory = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
	int semaphores = semget(IPC_PRIVATE, 2, IPC_CREAT | 0640);
	int queue = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	void *address = shmat(memory, NULL, SHM_RDONLY);

	shmctl(memory, IPC_STAT, &memory_status);
	shmdt(address);
	shmctl(memory, IPC_RMID, NULL);
	shmget(0x12345, 4096, 0600);
	semctl(semaphores, 0, SETVAL, 1);
	semctl(semaphores, 0, GETVAL);
	semop(semaphores, steps, 2);
	steps[0] = (struct sembuf){ 1, -1, 0 };
	semtimedop(semaphores, steps, 1, &soon);
	semctl(semaphores, 0, IPC_RMID);
	msgsnd(queue, &message, 5, IPC_NOWAIT);
	msgrcv(queue, &message, sizeof message.text, 5, MSG_NOERROR);
	msgrcv(queue, &message, sizeof message.text, 0, IPC_NOWAIT);
	msgctl(queue, IPC_STAT, &queue_status);
	msgctl(queue, IPC_RMID, NULL);
	return 0;
}
