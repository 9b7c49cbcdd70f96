import { describe, expect, it } from '@jest/globals';
import type { LoadedConfig } from '@sallyport/kit';
import { checkWebHeaders } from './check-web-headers.ts';

const faultsOf = (allowRequestHeaders: string[]) =>
  checkWebHeaders({
    config: { routes: [{ allowRequestHeaders: [] }, { allowRequestHeaders }] },
    place: () => ({ line: 7, column: 3 }),
  } as unknown as LoadedConfig);

describe('the check of the headers that a route allows', () => {
  it('accepts those that would not pass otherwise', () => {
    expect(
      faultsOf(['X-HTTP-Method-Override', 'tailscale-user-login', 'X-Forwarded-Prefix', 'X-SSL-Client-Cert']),
    ).toEqual([]);
  });

  it.each(['X-Forwarded-For', 'X-Sallyport-Jwt-Assertion', 'Sallyport-User', 'Connection', 'Proxy-Authorization'])(
    'refuses %s, which never comes from a client',
    (name) => {
      expect(faultsOf(['X-Scheme', name])).toEqual([
        {
          path: 'routes.1.allowRequestHeaders.1',
          message: `${name} is a header of the gateway or of the connection, and never passes from a client`,
          hint: 'remove it',
          line: 7,
          column: 3,
        },
      ]);
    },
  );

  it('refuses one that passes anyway, which may be misspelled', () => {
    expect(faultsOf(['X-Scirpt-Name'])).toEqual([
      expect.objectContaining({ message: 'X-Scirpt-Name does not have to be allowed, because it passes anyway' }),
    ]);
  });
});
