import * as z from 'zod/mini';

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Reports whether a text is a DNS label (RFC 1123), as the names of clusters, namespaces and elevations are. */
export const isDnsLabel = (text: string): boolean => dnsLabel.test(text);

/** A name that is part of a path or a key: a DNS label. */
export const nameSchema = z
  .string()
  .check(z.regex(dnsLabel, 'not a name; use lower-case letters, digits and hyphens, 63 at most'));
