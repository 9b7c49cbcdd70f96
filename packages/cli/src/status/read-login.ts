import type * as z from 'zod/mini';
import { meSchema, readAnswer } from '../gateway/answers.ts';
import { expectOk } from '../gateway/expect-ok.ts';
import { askAsUser, type OpenGateway } from '../gateway/open-gateway.ts';
import type { Credential } from '../home/credential.ts';
import { fieldOf } from '../input/field-of.ts';
import { CliError } from '../terminal/cli-error.ts';

/** Who the user is at a gateway, by the gateway's own word where it can be had. */
export type Login =
  | { state: 'logged-in'; me: z.infer<typeof meSchema>; gatewayVersion: string | undefined }
  | { state: 'not-logged-in' }
  | { state: 'unreachable'; stored: Omit<Credential, 'token'>; problem: CliError };

/** Asks the gateway who the user is. A login that the gateway no longer accepts is forgotten. */
export async function readLogin(gateway: OpenGateway): Promise<Login> {
  const stored = gateway.store.read();
  if (stored === undefined || stored.expiresAt <= gateway.environment.now()) return { state: 'not-logged-in' };
  try {
    const body = expectOk(await askAsUser(gateway, { method: 'GET', path: '/.sallyport/me' }), gateway.address.origin);
    const version = fieldOf(body, 'gatewayVersion');
    return {
      state: 'logged-in',
      me: readAnswer(meSchema, body, 'your identity'),
      gatewayVersion: typeof version === 'string' ? version : undefined,
    };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return error.exit === 'not-logged-in'
      ? { state: 'not-logged-in' }
      : { state: 'unreachable', stored, problem: error };
  }
}
