/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * For LD_PRELOAD: a process that is killed, for real, just before a file takes its place or a
 * command is run whose text has KILL_AT in it. Killed is the process itself, or KILL_PID, which
 * may be another one: then it goes on.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

enum { TEXT_MAX = 8192 };

typedef int SpawnFunction(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
			  const posix_spawnattr_t *attributes, char *const argv[],
			  char *const envp[]);

static void kill_if_there(const char *text)
{
	const char *wanted = getenv("KILL_AT"), *pid = getenv("KILL_PID");

	if (wanted && strstr(text, wanted))
		(void)kill(pid ? (pid_t)strtol(pid, NULL, 10) : getpid(), SIGKILL);
}

EXPORTED int renameat(int old_dir, const char *old, int new_dir, const char *new)
{
	char text[TEXT_MAX + 1];
	int fd = openat(old_dir, old, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, text, TEXT_MAX);

	if (fd >= 0)
		(void)close(fd); /* only read */
	text[length > 0 ? length : 0] = '\0';
	kill_if_there(text);
	return (int)syscall(SYS_renameat2, old_dir, old, new_dir, new, 0);
}

EXPORTED int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
			  const posix_spawnattr_t *attributes, char *const argv[],
			  char *const envp[])
{
	char text[TEXT_MAX] = "";
	void *symbol = dlsym(RTLD_NEXT, "posix_spawnp");
	SpawnFunction *real;
	size_t length = 0;

	for (char *const *word = argv; *word && length < sizeof(text); word++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s ", *word);
	kill_if_there(text);
	memcpy(&real, &symbol, sizeof(real)); /* ISO C has no cast from one to the other */
	return real(pid, file, actions, attributes, argv, envp);
}
