import { expectOk, noteUnrecorded } from '../gateway/expect-ok.ts';
import { openGateway, type OpenGateway } from '../gateway/open-gateway.ts';
import { CliError } from '../terminal/cli-error.ts';
import { writeResult } from '../terminal/output.ts';
import type { Environment } from '../environment/environment.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';

export type LogOutOptions = GatewayOptions & { everywhere?: boolean };

/** Ends the session of a credential. Reports whether it had already ended. */
async function endSession(
  { client, address, environment }: OpenGateway,
  token: string,
  everywhere: boolean,
): Promise<'ended' | 'had ended'> {
  try {
    const answer = await client.call({
      method: 'POST',
      path: `/.sallyport/logout${everywhere ? '?everywhere=true' : ''}`,
      token,
    });
    if (answer.status === 401) return 'had ended';
    noteUnrecorded(environment, expectOk(answer, address.origin));
    return 'ended';
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw new CliError(
      error.exit,
      `the credential was deleted from this machine, but the session could not be ended: ${error.message}`,
      'It ends when it has been idle long enough. To end it now, run "sallyport sessions revoke" in another login.',
      { cause: error },
    );
  }
}

/** Returns why the credential cannot be deleted. The session must end even then. */
function forgetFault(forget: () => void): CliError | undefined {
  try {
    forget();
    return undefined;
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
}

export async function logOut(environment: Environment, options: LogOutOptions): Promise<void> {
  const gateway = await openGateway(environment, options);
  const { store, address } = gateway;
  const everywhere = options.everywhere === true;
  const credential = store.read();
  // Local first: this machine must not keep the credential, whatever the network does.
  const fault = forgetFault(() => store.forget(credential?.token));
  const outcome = credential === undefined ? undefined : await endSession(gateway, credential.token, everywhere);
  if (fault !== undefined)
    throw new CliError(
      fault.exit,
      `${outcome === undefined ? '' : 'the session has ended, but '}the credential could not be deleted from this machine: ${fault.message}`,
      fault.hint,
      { cause: fault },
    );
  if (everywhere && outcome !== 'ended') {
    throw new CliError(
      'not-logged-in',
      'you are not logged in, so your other sessions could not be ended',
      'Log in, then run "sallyport logout --everywhere" again.',
    );
  }
  const data = { gateway: address.origin, loggedOut: credential !== undefined, ...(everywhere ? { everywhere } : {}) };
  await writeResult(environment, options.output, data, () =>
    credential === undefined
      ? `You were not logged in to ${address.origin}.\n`
      : `Logged out of ${address.origin}${everywhere ? ', everywhere' : ''}.\n`,
  );
}
