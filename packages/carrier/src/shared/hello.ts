import * as z from 'zod/mini';

/** What a connector says of itself at the start of a carrier. */
export const helloSchema = z.object({
  version: z.string().check(z.regex(/^[\x20-\x7e]{1,100}$/)),
  /** The addresses that it dials, for status only. */
  reach: z.array(z.string().check(z.regex(/^[\x21-\x7e]{1,300}$/))).check(z.maxLength(1000)),
  /** The server that its tokens are for, as host:port; null if it sends none. */
  token: z.nullable(z.object({ server: z.string().check(z.regex(/^[\x21-\x7e]{1,300}$/)) })),
});
export type Hello = z.infer<typeof helloSchema>;

/** An address in the private network. A literal IPv6 address has no brackets. */
export type Target = { host: string; port: number };

/** Writes a target as host:port. */
export function targetText({ host, port }: Target): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

const authority = /^(?:\[([\da-f:.]{2,45})\]|([a-z\d][a-z\d._-]{0,252})):(\d{1,5})$/;

/** Reads host:port. Returns undefined for anything else. The host is in lower case, without a dot at its end. */
export function readTarget(text: string): Target | undefined {
  const [, address, name, digits] = authority.exec(text.toLowerCase()) ?? [];
  const host = address ?? name?.replace(/\.$/, '');
  const port = Number(digits);
  return host === undefined || !(port >= 1 && port <= 65_535) ? undefined : { host, port };
}
