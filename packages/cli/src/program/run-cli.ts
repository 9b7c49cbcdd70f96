import { describeError } from '../terminal/cli-error.ts';
import { exitCodes } from '../terminal/exit-codes.ts';
import { NegativeAnswer } from '../terminal/negative-answer.ts';
import type { Environment } from '../environment/environment.ts';

/** Runs one command line and returns its exit code. Prints to the streams of the environment. Never throws. */
export async function runCli(args: readonly string[], environment: Environment): Promise<number> {
  try {
    const wantsHelp =
      args.includes('--help') || args.includes('-h') || args.includes('-o') || args.includes('--output');
    if (args[0] === 'exec-credential' && args.length > 1 && !wantsHelp) {
      // kubectl waits for this command. Without the command parser it starts a third faster.
      const { runExecCredential } = await import('../commands/exec-credential.ts');
      await runExecCredential(args.slice(1), environment);
    } else {
      const { createProgram } = await import('./program.ts');
      await createProgram(environment).parseAsync([...args], { from: 'user' });
    }
    return exitCodes.ok;
  } catch (error) {
    return exitCodeOf(error, environment);
  }
}

function exitCodeOf(error: unknown, environment: Environment): number {
  if (error instanceof NegativeAnswer) return exitCodes.failed;
  const { code, exitCode } = error as { code?: unknown; exitCode?: unknown };
  // The command parser has already printed the error.
  if (typeof code === 'string' && code.startsWith('commander.') && typeof exitCode === 'number')
    return exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const described = describeError(error);
  environment.stderr.write(described.text);
  return described.code;
}
