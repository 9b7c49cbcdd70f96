import type { Environment } from '../../environment/environment.ts';
import { createGatewayClient } from '../../gateway/gateway-client.ts';
import type { GatewayNames } from '../../gateway/find-gateway.ts';
import { openGateway, type OpenGateway } from '../../gateway/open-gateway.ts';
import type { CredentialStore } from '../../home/credential-store.ts';
import { readAuthority } from '../../home/known-gateways.ts';
import { usageError } from '../../terminal/cli-error.ts';
import { findToken, type GivenToken } from './find-token.ts';

export type AccessOptions = GatewayNames & { tokenFile?: string; caFile?: string };

/** A gateway, and whether a token was given for it. Without one, it is used with the login of its user. */
export type Access = { gateway: OpenGateway; token: GivenToken | undefined };

/** A given token belongs to one gateway, which only the one who gives it can name. */
function requireNamedGateway({ env }: Environment, { gateway, context }: GatewayNames, { source }: GivenToken): void {
  if (gateway !== undefined || context !== undefined || (env.SALLYPORT_GATEWAY ?? '') !== '') return;
  throw usageError(
    `no gateway is named for the token of ${source}`,
    'Name the gateway that the token is for with --gateway, or in SALLYPORT_GATEWAY.',
  );
}

/** Returns a store that has the given token. It keeps nothing, and cannot know how long the token is valid. */
function storeOf(token: GivenToken, { directory }: CredentialStore): CredentialStore {
  const unknown = { user: '', sessionId: '', expiresAt: Number.POSITIVE_INFINITY, idleMs: 0 };
  return { directory, read: () => ({ token: token.read(), ...unknown }), keep: () => {}, forget: () => {} };
}

/** Opens the gateway of a server for tools, with the token that is given, or else with the login of its user. */
export async function openAccess(environment: Environment, options: AccessOptions): Promise<Access> {
  const token = findToken(environment, options.tokenFile);
  if (token !== undefined) requireNamedGateway(environment, options, token);
  const authority = options.caFile === undefined ? undefined : readAuthority(options.caFile);
  const opened = await openGateway(environment, options);
  const client =
    authority === undefined ? opened.client : createGatewayClient(opened.address, [() => [authority]], environment);
  return { token, gateway: { ...opened, client, store: token ? storeOf(token, opened.store) : opened.store } };
}
