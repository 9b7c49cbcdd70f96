import type { Command } from 'commander';
import { describeError, exitCodes, NegativeAnswer } from '../terminal/cli-error.ts';
import type { Environment } from '../environment/environment.ts';
import type { UsageError } from './describe-usage-error.ts';

/** Runs one command line and returns its exit code. Prints to the streams of the environment. Never throws. */
export async function runCli(args: readonly string[], environment: Environment): Promise<number> {
  try {
    const wantsHelp =
      args.includes('--help') || args.includes('-h') || args.includes('-o') || args.includes('--output');
    const config = configOfConnector(args);
    if (args[0] === 'exec-credential' && args.length > 1 && !wantsHelp) {
      // kubectl waits for this command. Without the command parser it starts a third faster.
      const { runExecCredential } = await import('../login/exec-credential.ts');
      await runExecCredential(args.slice(1), environment);
    } else if (config !== undefined) {
      // It runs for months. Without the command parser it keeps a tenth less memory.
      const { runConnector } = await import('../connector/run-connector.ts');
      await runConnector(environment, { config });
    } else if (args[0] === '__complete') {
      const [{ createProgram }, { runCompletion }] = await Promise.all([
        import('../commands/create-program.ts'),
        import('../completion/run-completion.ts'),
      ]);
      await runCompletion(createProgram(environment), args.slice(1), environment);
    } else {
      const { createProgram } = await import('../commands/create-program.ts');
      const program = createProgram(environment);
      if (wantsHelp) await refuseUnknown(program, args);
      await program.parseAsync([...args], { from: 'user' });
    }
    return exitCodes.ok;
  } catch (error) {
    return isUsageError(error) ? refuseUsage(error, args, environment) : exitCodeOf(error, environment);
  }
}

/** Returns the file in `connector --config FILE`. Leaves every other form to the command parser. */
function configOfConnector([command, option, file = '', ...more]: readonly string[]): string | undefined {
  const isPlain = command === 'connector' && option === '--config' && /^[^-]/.test(file) && more.length === 0;
  return isPlain ? file : undefined;
}

/** Refuses a command that does not exist. With `--help`, the parser would show the help of its group. */
async function refuseUnknown(program: Command, args: readonly string[]): Promise<void> {
  const { readWords } = await import('../completion/read-words.ts');
  const { command, operands } = readWords(program, args);
  const [word] = operands;
  if (word === undefined || word === 'help' || command.commands.length === 0) return;
  const fault: UsageError = {
    code: 'commander.unknownCommand',
    exitCode: 1,
    message: `error: unknown command '${word}'`,
  };
  throw Object.assign(new Error(fault.message), fault);
}

function isUsageError(error: unknown): error is UsageError {
  const { code, exitCode } = error as Partial<Record<keyof UsageError, unknown>>;
  return typeof code === 'string' && code.startsWith('commander.') && typeof exitCode === 'number';
}

async function refuseUsage(error: UsageError, args: readonly string[], environment: Environment): Promise<number> {
  // For a group of commands alone, the parser has printed its help, as kubectl and gh do.
  if (error.exitCode === 0 || error.code === 'commander.help') return exitCodes.ok;
  const [{ createProgram }, { describeUsageError }] = await Promise.all([
    import('../commands/create-program.ts'),
    import('./describe-usage-error.ts'),
  ]);
  environment.stderr.write(describeUsageError(createProgram(environment), args, error));
  return exitCodes.usage;
}

function exitCodeOf(error: unknown, environment: Environment): number {
  if (error instanceof NegativeAnswer) return exitCodes.failed;
  const described = describeError(error);
  environment.stderr.write(described.text);
  return described.code;
}
