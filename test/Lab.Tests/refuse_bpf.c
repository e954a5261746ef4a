// refuse_bpf all|ring-buffers|programs COMMAND [ARGUMENT...]: runs a command on a kernel that refuses some bpf() calls.
// all: each call fails, as with a seccomp profile that does not allow bpf().
// ring-buffers: creating a ring buffer fails, as on a kernel without them.
// programs: loading a tc program fails, with a verifier log, as if the verifier rejected it.
// By ptrace, since the programs are static: nothing can be preloaded into them. For x86-64.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAP_CREATE 0
#define PROG_LOAD 5
#define MAP_TYPE_RINGBUF 27
#define PROG_TYPE_SCHED_CLS 3

static const char verifier_log[] = "0: (61) r1 = *(u32 *)(r1 +76)\nR1 offset is outside of the packet\n";

// The start of union bpf_attr; for BPF_MAP_CREATE, the first field is the type of the map.
struct attributes {
	unsigned int type, instruction_count;
	unsigned long instructions, license;
	unsigned int log_level, log_size;
	unsigned long log_buffer;
};

static int copy(pid_t thread, void *here, unsigned long there, size_t size, int write)
{
	struct iovec local = { here, size }, remote = { (void *)there, size };

	return (write ? process_vm_writev : process_vm_readv)(thread, &local, 1, &remote, 1, 0) == (ssize_t)size;
}

/* The error of a system call that is about to start; 0 to let it pass. */
static long refusal(pid_t thread, const struct user_regs_struct *call, const char *what)
{
	struct attributes attributes;
	int programs = !strcmp(what, "programs");

	if (call->orig_rax == SYS_bpf && !strcmp(what, "all"))
		return EPERM;
	if (call->orig_rax != SYS_bpf || !copy(thread, &attributes, call->rsi, sizeof(attributes), 0))
		return 0;
	if (!programs && call->rdi == MAP_CREATE && attributes.type == MAP_TYPE_RINGBUF)
		return EINVAL;
	if (programs && call->rdi == PROG_LOAD && attributes.type == PROG_TYPE_SCHED_CLS) {
		if (attributes.log_level)
			copy(thread, (void *)verifier_log, attributes.log_buffer, sizeof(verifier_log), 1);
		return EACCES;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int status = 0;
	pid_t child, thread;

	if (argc < 3)
		return 99;
	child = fork();
	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execvp(argv[2], argv + 2);
		return 127;
	}

	waitpid(child, &status, 0);
	ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL);
	ptrace(PTRACE_SYSCALL, child, 0, 0);
	while ((thread = waitpid(-1, &status, __WALL)) > 0) {
		int signal = 0;

		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (thread == child)
				return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
			continue;
		}
		if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			struct user_regs_struct call;
			long error;

			ptrace(PTRACE_GETREGS, thread, 0, &call);
			/* On entry the kernel sets rax to -ENOSYS. */
			if ((long)call.rax == -ENOSYS && (error = refusal(thread, &call, argv[1]))) {
				call.orig_rax = -1;
				call.rax = -error; /* a system call that does not exist leaves it as it is */
				ptrace(PTRACE_SETREGS, thread, 0, &call);
			}
		} else if (WSTOPSIG(status) != SIGTRAP && WSTOPSIG(status) != SIGSTOP) {
			signal = WSTOPSIG(status);
		}
		ptrace(PTRACE_SYSCALL, thread, 0, signal);
	}
	return 98;
}
