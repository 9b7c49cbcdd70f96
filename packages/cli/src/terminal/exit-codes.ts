/** Every exit code of the program and its name; `sallyport --help` prints the table. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  'not-logged-in': 3,
  unreachable: 4,
  refused: 5,
  'login-failed': 6,
  'local-file': 7,
  'out-of-step': 8,
  'policy-differs': 9,
  incomplete: 10,
} as const;
export type ExitName = keyof typeof exitCodes;

/** What each code means, for the help text. */
export const exitMeanings: Record<ExitName, string> = {
  ok: 'done',
  failed:
    'the command did its work and the answer is no (faults in a configuration, no credential for kubectl, what can-i asks is not allowed), or a bug',
  usage: 'the command line is wrong',
  'not-logged-in': 'nobody is logged in, or the session has ended',
  unreachable: 'the gateway cannot be reached, cannot be trusted, or is not ready',
  refused: 'the gateway refused: not allowed, or no such thing',
  'login-failed': 'the login was refused, given up, or took too long',
  'local-file': 'a file of yours cannot be read or written, or is locked',
  'out-of-step': 'the replicas of the gateway run different policies, or one refuses its file',
  'policy-differs':
    'a replay found what it was told to fail on (policy replay --fail-on-loss, --fail-on-gain, --fail-on-unjudged)',
  incomplete: 'what is shown is not all: a gateway did not answer, or there is more than one list holds',
};
