import * as z from 'zod/mini';

/** An address to listen on, `host:port` or `[v6]:port`. */
export const listenSchema = z.pipe(
  z.string(),
  z.transform((text, context) => {
    const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]*)):(\d{1,5})$/.exec(text);
    const port = Number(match?.[3]);
    if (!match || port > 65_535) {
      context.issues.push({
        code: 'custom',
        message: 'not an address to listen on; write it like 0.0.0.0:8443 or [::1]:8443',
        input: text,
      });
      return z.NEVER;
    }
    return { host: match[1] ?? (match[2] === '' ? '0.0.0.0' : match[2]!), port };
  }),
);
export type ListenAddress = z.infer<typeof listenSchema>;

/** An http or https URL without user, password, query and fragment. A trailing slash is removed. */
export const urlSchema = z.pipe(
  z.string(),
  z.transform((text, context) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (
      !url ||
      (url.protocol !== 'https:' && url.protocol !== 'http:') ||
      url.username ||
      url.password ||
      url.search ||
      url.hash
    ) {
      context.issues.push({
        code: 'custom',
        message: 'not an http(s) URL without user, query and fragment',
        input: text,
      });
      return z.NEVER;
    }
    return text.replace(/\/+$/, '');
  }),
);

const ipv4 = /^(\d{1,3})(\.\d{1,3}){3}$/;

/** A CIDR block such as 10.0.0.0/8 or fd00::/8. */
export const cidrSchema = z.string().check(
  z.refine((text) => {
    const [address = '', bits = '', rest] = text.split('/');
    const max = ipv4.test(address) ? 32 : 128;
    const plausible = ipv4.test(address)
      ? address.split('.').every((part) => Number(part) <= 255)
      : /^[0-9a-fA-F:.]+$/.test(address) && address.includes(':');
    return rest === undefined && plausible && /^\d{1,3}$/.test(bits) && Number(bits) <= max;
  }, 'not a CIDR block; write it like 10.0.0.0/8'),
);

/** Returns the port of an http or https URL, which may be the default one of its scheme. */
export function portOf(url: URL): string {
  return url.port || (url.protocol === 'https:' ? '443' : '80');
}
