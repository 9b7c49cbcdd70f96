import { createHash } from 'node:crypto';

/** Returns the source expression of a Content-Security-Policy that allows exactly this inline text. */
const allow = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/**
 * Returns the headers of a page: nothing but its own style, its own scripts, the logo and the icon; no frames, no forms
 * to other sites, no caching.
 */
export function pageHeaders({
  style,
  scripts,
  formsLeave,
}: {
  style: string;
  scripts: readonly string[];
  formsLeave: boolean;
}): Record<string, string> {
  const policy = [
    "default-src 'none'",
    `style-src ${allow(style)}`,
    ...(scripts.length > 0 ? [`script-src ${scripts.map(allow).join(' ')}`] : []),
    // The icon is a data URL.
    "img-src 'self' data:",
    ...(formsLeave ? [] : ["form-action 'self'"]),
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  return {
    'content-security-policy': policy.join(';'),
    'cache-control': 'no-store',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'origin-agent-cluster': '?1',
    // Not `no-referrer`, with which browsers send `Origin: null` for the logout form.
    'referrer-policy': 'same-origin',
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
    'x-content-type-options': 'nosniff',
    'x-dns-prefetch-control': 'off',
    'x-frame-options': 'DENY',
  };
}
