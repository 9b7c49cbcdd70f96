import { isIP } from 'node:net';
import { readTarget, type Target } from '@sallyport/carrier';
import * as z from 'zod/mini';

/** Returns a target with the one spelling of its host, by which targets are compared. */
export const canonicalTarget = ({ host, port }: Target): Target => ({
  host: isIP(host) === 6 ? new URL(`http://[${host}]`).hostname.slice(1, -1) : host.toLowerCase(),
  port,
});

/** One host and one port, as `host:port` or `[v6]:port`. Patterns are not supported. */
export const addressSchema = z.pipe(
  z.string(),
  z.transform((text, context): Target => {
    const target = readTarget(text);
    if (target === undefined || (target.host.includes(':') && isIP(target.host) !== 6)) {
      context.issues.push({
        code: 'custom',
        message: 'not an address; write one host and one port, like kubernetes.default.svc:443 or 10.0.0.7:6443',
        input: text,
      });
      return z.NEVER;
    }
    return canonicalTarget(target);
  }),
);
