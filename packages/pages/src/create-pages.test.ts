import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { createPages, html, renderTime, type PageLook } from './index.ts';

function renderPage(look: PageLook, title: string, body = html`<p>Text</p>`) {
  const { text, headers } = createPages(look).render(title, body);
  return { text, policy: headers['content-security-policy']! };
}

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const between = (text: string, tag: string) => new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(text)?.[1] ?? '';

describe('a page', () => {
  it('names the gateway by its host, or by the name of its operator', () => {
    const { text } = renderPage({ host: 'gate.example.com:8443' }, 'Log in');
    expect(text).toContain('<title>Log in - gate.example.com:8443</title>');
    expect(text).toContain('<span>Sallyport</span> <span class="host">gate.example.com:8443</span>');
    const named = renderPage({ host: 'gate.example.com:8443', name: 'Example Corp' }, 'Log in');
    expect(named.text).toContain('<title>Log in - Example Corp</title>');
    expect(named.text).toContain('<span>Example Corp</span> <span class="host">gate.example.com:8443</span>');
  });

  it('allows exactly its style, and no script where it has none', () => {
    const { text, policy } = renderPage({ host: 'gate.example.com', accent: '#2457d6' }, 'Log in');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`style-src ${hashOf(between(text, 'style'))};`);
    expect(policy).toContain("form-action 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('script-src');
    expect(text).not.toContain('<script');
  });

  it('allows exactly the script that shows local times, where there is a time', () => {
    const { text, policy } = renderPage({ host: 'gate.example.com' }, 'You', html`<p>${renderTime(0, 60_000)}</p>`);
    expect(text).toContain('<time datetime="1970-01-01T00:00:00.000Z">1 Jan 1970, 00:00 UTC</time> (1 minute ago)');
    expect(policy).toContain(`script-src ${hashOf(between(text, 'script'))};`);
  });

  it('that is a program loads it from the gateway, and compiles only what it says', () => {
    const app = { script: '/.sallyport/app/a.js', style: '/.sallyport/app/a.css', wasm: false };
    const policyWith = (wasm: boolean) => {
      const { text, headers } = createPages({ host: 'x' }).render('R', html``, { app: { ...app, wasm } });
      expect(text).toContain('<link rel="stylesheet" href="/.sallyport/app/a.css">');
      expect(text).toContain('<script src="/.sallyport/app/a.js"></script></body>');
      return headers['content-security-policy']!;
    };
    expect(policyWith(false)).toMatch(/script-src 'self';connect-src 'self';/);
    expect(policyWith(true)).toMatch(/script-src 'self' 'wasm-unsafe-eval';connect-src 'self';/);
    expect(policyWith(true)).toMatch(/style-src 'sha256-[^ ]+' 'self';/);
  });

  it('that is only a program has nothing inline, and lets no script make markup of text', () => {
    const pages = createPages({ host: 'x', accent: '#2457d6' });
    const program = { script: '/a.js', style: '/a.css' };
    const { text, headers } = pages.renderProgram('Console', html`<div id="place"></div>`, program);
    expect(text).toContain('<link rel="stylesheet" href="/a.css"></head>');
    expect(text).toContain('<body><div id="place"></div><script src="/a.js"></script></body>');
    expect(text).not.toContain('<style');
    expect(headers['content-security-policy']).toBe(
      "default-src 'none';style-src 'self';script-src 'self';connect-src 'self';img-src 'self' data:;form-action 'none';frame-ancestors 'none';base-uri 'none';require-trusted-types-for 'script';trusted-types 'none'",
    );
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'cross-origin-embedder-policy': 'require-corp' });
    expect(pages.colors).toContain('--act:#2457d6');
  });

  it('escapes what it is given, everywhere', () => {
    const evil = `"><script>alert(1)</script><time '`;
    const { text, policy } = renderPage(
      { host: 'h', name: evil, helpUrl: `https://example.com/${evil}` },
      evil,
      html`<p title="${evil}">${evil}</p>`,
    );
    expect(text).not.toContain('<script');
    expect(text).not.toContain('<time ');
    expect(policy).not.toContain('script-src');
  });

  it('shows the logo and the help link only where they are configured', () => {
    const { text } = renderPage({ host: 'h', logo: true, helpUrl: 'https://help.example.com/' }, 'Log in');
    expect(text).toContain('<img class="logo" src="/.sallyport/logo" alt="">');
    expect(text).toContain('<a href="https://help.example.com/" rel="noreferrer">Help</a>');
    const plain = renderPage({ host: 'h' }, 'Log in');
    expect(plain.text).not.toMatch(/<img|<footer/);
  });

  it('has an icon within it, so that the browser asks no cluster for one', () => {
    const { text, policy } = renderPage({ host: 'h' }, 'Log in');
    expect(text).toContain('<link rel="icon" href="data:image/svg+xml,');
    expect(policy).toContain("img-src 'self' data:");
  });

  it('is sent with its status, its headers and its length in bytes', () => {
    const sent: unknown[] = [];
    const response = {
      writeHead: (status: number, headers: Record<string, string>) => sent.push(status, headers),
      end: (text: string) => sent.push(text),
    };
    createPages({ host: 'h' }).send(response as unknown as ServerResponse, 404, 'Not found', html`<p>é</p>`);
    const [status, headers, text] = sent as [number, Record<string, string | number>, string];
    expect([status, headers['content-length']]).toEqual([404, Buffer.byteLength(text)]);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
  });

  it('may send its forms elsewhere only if it says so', () => {
    expect(renderPage({ host: 'h', formsLeave: true }, 'Log in').policy).not.toContain('form-action');
  });
});
