import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import Provider, { type ClientMetadata } from 'oidc-provider';
import { createLoginHandler } from './handle-login.ts';
import { errorPage, sendPage } from './login-page.ts';
import { createMemoryAdapter } from './memory-adapter.ts';
import { demoPeople, type Person } from './people.ts';
import { providerConfiguration } from './provider-configuration.ts';

/** A program that may send people here. */
export type IdentityProviderClient = {
  clientId: string;
  clientSecret: string;
  redirectUris: readonly string[];
  /** Where browsers go back to when they have logged out here. */
  postLogoutRedirectUris?: readonly string[];
  /** Is told when somebody logs out here. */
  backchannelLogoutUri?: string;
};

export type IdentityProviderOptions = {
  /** A loopback address; default 127.0.0.1. */
  host?: string;
  /** Default 0: any free one. */
  port?: number;
  /** The address that visitors and programs know it by, when that is not where it listens. */
  issuer?: string;
  people?: readonly Person[];
  clients?: readonly IdentityProviderClient[];
  /** Hears of what is issued. */
  onTokens?: (answer: Record<string, unknown>) => void;
  /** Hears of failures that are not a visitor's fault. */
  onError?: (error: Error) => void;
};

/** A running OpenID provider. */
export type IdentityProvider = {
  issuer: string;
  port: number;
  people: readonly Person[];
  /** Changes what is known of a person from now on, or forgets them. */
  change(user: string, changes: Partial<Omit<Person, 'user'>> | undefined): void;
  /** Admits a client, or changes one. */
  register(client: IdentityProviderClient): void;
  close(): Promise<void>;
};

function asMetadata(client: IdentityProviderClient): ClientMetadata {
  return {
    client_id: client.clientId,
    client_secret: client.clientSecret,
    redirect_uris: [...client.redirectUris],
    response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token'],
    post_logout_redirect_uris: [...(client.postLogoutRedirectUris ?? [])],
    ...(client.backchannelLogoutUri === undefined
      ? {}
      : { backchannel_logout_uri: client.backchannelLogoutUri, backchannel_logout_session_required: true }),
    // Loopback over plain http is only for native applications, says OpenID; on these pages it is the demo's own
    // listener.
    application_type: client.redirectUris.some((uri) => uri.startsWith('http:')) ? 'native' : 'web',
  };
}

/**
 * Starts an OpenID provider for demos and tests: plain http on loopback, everything in memory, new keys at each start.
 */
export async function createIdentityProvider(options: IdentityProviderOptions = {}): Promise<IdentityProvider> {
  const { host = '127.0.0.1', clients = [], onError } = options;
  const people = [...(options.people ?? demoPeople)];
  const server = createServer();
  server.listen(options.port ?? 0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const issuer = options.issuer ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

  const registered = new Map(clients.map((client) => [client.clientId, asMetadata(client)]));
  const provider = new Provider(
    issuer,
    providerConfiguration({ people, adapter: createMemoryAdapter(registered), port }),
  );
  provider.silent = true;
  if (options.onTokens) provider.on('grant.success', (ctx) => options.onTokens!(ctx.body as Record<string, unknown>));
  provider.on('server_error', (_ctx, error) => onError?.(error));
  const login = createLoginHandler({ provider, people });
  const rest = provider.callback();
  server.on('request', (request, response) => {
    if (!/^\/login\/[A-Za-z0-9_-]+$/.test(request.url ?? '')) return void rest(request, response);
    login(request, response).catch((error: unknown) => {
      onError?.(error as Error);
      if (response.headersSent) response.destroy();
      else sendPage(response, 500, errorPage('Something went wrong here.'));
    });
  });

  return {
    issuer,
    port,
    people,
    change(user, changes) {
      const place = people.findIndex((one) => one.user === user);
      if (place < 0) throw new Error(`there is no ${user} here`);
      people.splice(place, 1, ...(changes === undefined ? [] : [{ ...people[place]!, ...changes }]));
    },
    register: (client) => void registered.set(client.clientId, asMetadata(client)),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
