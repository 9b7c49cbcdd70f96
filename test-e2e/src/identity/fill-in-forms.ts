import type { createPlainBrowser } from '../harness/index.ts';

type Browser = ReturnType<typeof createPlainBrowser>;
type Page = Awaited<ReturnType<Browser['go']>>;

const unescape = (text: string) =>
  text
    .replaceAll('&amp;', '&')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&#43;', '+')
    .replaceAll('&#x2F;', '/');
const attribute = (tag: string, name: string) =>
  new RegExp(`\\s${name}=(?:"([^"]*)"|'([^']*)')`)
    .exec(tag)
    ?.slice(1)
    .find((value) => value !== undefined);

/** Returns the action and the values of the first form of a page that uses POST. */
function readForm(text: string, url: string): { action: string; fields: Record<string, string> } | undefined {
  const form = [...text.matchAll(/<form\b[^>]*>[\s\S]*?<\/form>/gi)]
    .map(([whole]) => whole)
    .find((whole) => /<form[^>]*\smethod=["']?post/i.test(whole));
  if (form === undefined) return undefined;
  const fields: Record<string, string> = {};
  for (const [tag] of form.matchAll(/<(?:input|button)\b[^>]*>/gi)) {
    const name = attribute(tag, 'name');
    if (name !== undefined && !/\stype=["']?checkbox/i.test(tag))
      fields[name] ??= unescape(attribute(tag, 'value') ?? '');
  }
  return {
    action: new URL(unescape(attribute(form.slice(0, form.indexOf('>') + 1), 'action') ?? '') || url, url).href,
    fields,
  };
}

/** Fills in the login forms of a provider, one after the other, until there is none. Returns the resulting page. */
export async function fillInForms(
  browser: Browser,
  start: string,
  who: { user: string; password: string },
  origin: string,
): Promise<Page> {
  let page = await browser.go(start);
  for (let step = 0; step < 6 && page.left === undefined && page.url.startsWith(origin); step += 1) {
    const form = readForm(page.answer.text, page.url);
    if (!form) break;
    const typed = Object.keys(form.fields).flatMap((name) =>
      ['login', 'username'].includes(name) ? [[name, who.user]] : name === 'password' ? [[name, who.password]] : [],
    );
    page = await browser.go(form.action, { ...form.fields, ...(Object.fromEntries(typed) as Record<string, string>) });
  }
  return page;
}
