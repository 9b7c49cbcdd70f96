import { createHash } from 'node:crypto';

/** Returns the source expression of a Content-Security-Policy that allows exactly this inline text. */
const allow = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/**
 * A page that is a program: the addresses of its script and its style, which are the gateway's own. It may call the
 * gateway. `wasm`: the script compiles WebAssembly.
 */
export type PageApp = { script: string; style: string; wasm: boolean };

/** Returns the sources that a page with a program needs besides. */
const sourcesOf = (app: PageApp | undefined) =>
  app === undefined
    ? { styles: [], scripts: [], calls: [] }
    : {
        styles: ["'self'"],
        scripts: ["'self'", ...(app.wasm ? ["'wasm-unsafe-eval'"] : [])],
        calls: ["connect-src 'self'"],
      };

const commonHeaders = {
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

/**
 * Returns the headers of a page: nothing but its own style, its own scripts, the logo and the icon; no frames, no forms
 * to other sites, no caching.
 */
export function pageHeaders({
  style,
  scripts: inline,
  app,
  formsLeave,
}: {
  style: string;
  scripts: readonly string[];
  app?: PageApp | undefined;
  formsLeave: boolean;
}): Record<string, string> {
  const sources = sourcesOf(app);
  const scripts = [...inline.map(allow), ...sources.scripts];
  const policy = [
    "default-src 'none'",
    `style-src ${[allow(style), ...sources.styles].join(' ')}`,
    ...(scripts.length > 0 ? [`script-src ${scripts.join(' ')}`] : []),
    ...sources.calls,
    // The icon is a data URL.
    "img-src 'self' data:",
    ...(formsLeave ? [] : ["form-action 'self'"]),
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  return { 'content-security-policy': policy.join(';'), ...commonHeaders };
}

/**
 * The headers of a page that is only a program: nothing in it is inline, it submits no form, and no script can
 * make markup of a text (Trusted Types).
 */
export const programHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join(';'),
  ...commonHeaders,
  'cross-origin-embedder-policy': 'require-corp',
};
