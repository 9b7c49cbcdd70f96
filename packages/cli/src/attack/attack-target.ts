import { NoBaseline, runAttack, type AttackResult, type AttackTarget } from '@sallyport/attack';
import { CliError } from '../terminal/cli-error.ts';

function whyNot({ status, message }: NoBaseline): CliError {
  return status === 401
    ? new CliError(
        'not-logged-in',
        'the gateway does not accept the token',
        'Use the token of a live session, for example from the output of "sallyport exec-credential".',
      )
    : new CliError(
        'refused',
        `${message}, so no attack would have a result`,
        'Give a cluster that the owner of the token may reach, such as --target https://gate.example.com:8443/clusters/dev.',
      );
}

/** Runs the attacks. Says what to do where the target does not answer to the token. */
export async function attackTarget(
  target: AttackTarget,
  tell: (done: number, all: number, row: string) => void,
): Promise<AttackResult> {
  try {
    return await runAttack(target, tell);
  } catch (error) {
    throw error instanceof NoBaseline ? whyNot(error) : error;
  }
}
