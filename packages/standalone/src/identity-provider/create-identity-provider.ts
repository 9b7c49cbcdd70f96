import { createServer } from 'node:http';
import { once } from 'node:events';
import { listenHttp } from '@sallyport/kit';
import Provider, { type ClientMetadata } from 'oidc-provider';
import { createLoginHandler } from './handle-login.ts';
import { createProviderPages, errorText, errorTitle } from './login-page.ts';
import { createMemoryAdapter } from './memory-adapter.ts';
import { demoPeople, type Person } from './people.ts';
import { providerConfiguration } from './provider-configuration.ts';

/** A client of the provider. */
export type IdentityProviderClient = {
  clientId: string;
  clientSecret: string;
  redirectUris: readonly string[];
  /** Where browsers may return after a logout. */
  postLogoutRedirectUris?: readonly string[];
  /** Called when a person logs out. */
  backchannelLogoutUri?: string;
};

export type IdentityProviderOptions = {
  /** A loopback address. The default is 127.0.0.1. */
  host?: string;
  /** The default is 0: any free port. */
  port?: number;
  /** The URL of the issuer, if it differs from the address on which it listens. */
  issuer?: string;
  people?: readonly Person[];
  clients?: readonly IdentityProviderClient[];
  /** Called with every token response. */
  onTokens?: (answer: Record<string, unknown>) => void;
  /** Called with errors that the user did not cause. */
  onError?: (error: Error) => void;
};

/** A running OpenID provider. */
export type IdentityProvider = {
  issuer: string;
  port: number;
  people: readonly Person[];
  /** Changes a person, or removes them. */
  change(user: string, changes: Partial<Omit<Person, 'user'>> | undefined): void;
  /** Registers or changes a client. */
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
    // OpenID allows loopback over plain HTTP only for native applications. Here it is the demo's own listener.
    application_type: client.redirectUris.some((uri) => uri.startsWith('http:')) ? 'native' : 'web',
  };
}

/** Starts an OpenID provider for demos and tests: plain HTTP on loopback, all data in memory, new keys at each start. */
export async function createIdentityProvider(options: IdentityProviderOptions = {}): Promise<IdentityProvider> {
  const { host = '127.0.0.1', clients = [], onError } = options;
  const people = [...(options.people ?? demoPeople)];
  const server = createServer();
  const { port } = await listenHttp(server, { host, port: options.port ?? 0 }, 'the port of the identity provider');
  const issuer = options.issuer ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

  const pages = createProviderPages(issuer);
  const registered = new Map(clients.map((client) => [client.clientId, asMetadata(client)]));
  const provider = new Provider(
    issuer,
    providerConfiguration({ people, adapter: createMemoryAdapter(registered), port, pages }),
  );
  provider.silent = true;
  if (options.onTokens) provider.on('grant.success', (ctx) => options.onTokens!(ctx.body as Record<string, unknown>));
  provider.on('server_error', (_ctx, error) => onError?.(error));
  const login = createLoginHandler({ provider, people, pages });
  const rest = provider.callback();
  server.on('request', (request, response) => {
    if (!/^\/login\/[A-Za-z0-9_-]+(?:\?as=[A-Za-z0-9%._-]*)?$/.test(request.url ?? ''))
      return void rest(request, response);
    login(request, response).catch((error: unknown) => {
      onError?.(error as Error);
      if (response.headersSent) response.destroy();
      else pages.send(response, 500, errorTitle, errorText('An internal error occurred.'));
    });
  });

  return {
    issuer,
    port,
    people,
    change(user, changes) {
      const index = people.findIndex((one) => one.user === user);
      if (index < 0) throw new Error(`unknown user ${user}`);
      people.splice(index, 1, ...(changes === undefined ? [] : [{ ...people[index]!, ...changes }]));
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
