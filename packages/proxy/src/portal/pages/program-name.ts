import bowser from 'bowser';

/** The longest User-Agent header that is read. The name of the program is at its beginning. */
const longest = 512;

/**
 * Returns what people call the program that sends a User-Agent header: `Chrome on Linux` for a browser, and otherwise
 * its name and version as they are in the header (RFC 9110, section 10.1.5). The client writes the header, so the name
 * proves nothing, and must be escaped.
 */
export function programName(userAgent: string): string {
  const text = userAgent.slice(0, longest);
  if (!text.startsWith('Mozilla/')) return text.split(/[\s(]/, 1)[0]!.replace('/', ' ') || text;
  const { browser, os } = bowser.parse(text);
  if (!browser.name) return text;
  return os.name ? `${browser.name} on ${os.name}` : browser.name;
}
