/** The remedy when the system killed a worker: out of memory, a signal from outside, a crash in native code. */

export const killRemedies: Record<string, string> = {
  SIGKILL:
    'The system most likely ran out of memory: use a smaller batch, fewer pixels per image or LoRA, or a machine with more memory.',
  SIGSEGV: 'A native library crashed; the log has the Python stack. Check that the installed torch fits this machine.',
  SIGTERM: 'Something outside medgr2 ended the job. Run it again: it goes on from its last checkpoint.',
};
