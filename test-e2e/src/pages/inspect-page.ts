/** The properties of a page. The lists contain its faults. */
export type Looks = {
  lang: string;
  title: string;
  headings: string[];
  landmarks: Record<string, number>;
  /** By how many pixels it is wider than the window. */
  overflow: number;
  unlabelled: string[];
  unnamed: string[];
  lowContrast: string[];
  unseenFocus: string[];
  scripts: number;
  /** The lightness of the background, from 0 to 1. */
  background: number;
};

/**
 * Inspects the page in which it runs. It is sent there as text, so everything it uses is inside. It only changes the
 * focus.
 */
export function looksOf(): Looks {
  type Node = {
    tagName: string;
    textContent: string | null;
    parentElement: Node | null;
    childNodes: Iterable<{ nodeType: number; textContent: string | null }>;
    id: string;
    getAttribute(name: string): string | null;
    getClientRects(): { length: number };
    focus(options?: object): void;
    labels?: { length: number } | null;
  };
  type Style = {
    color: string;
    backgroundColor: string;
    fontSize: string;
    fontWeight: string;
    outlineStyle: string;
    outlineWidth: string;
    visibility: string;
  };
  const page = globalThis as unknown as {
    document: {
      title: string;
      documentElement: Node & { lang: string; scrollWidth: number };
      body: Node;
      querySelectorAll(selector: string): Iterable<Node>;
    };
    innerWidth: number;
    getComputedStyle(node: Node): Style;
  };
  const all = (selector: string) =>
    [...page.document.querySelectorAll(selector)].filter((node) => node.getClientRects().length > 0);
  const textOf = (node: Node) => (node.textContent ?? '').trim().replaceAll(/\s+/g, ' ');
  const name = (node: Node) => `${node.tagName.toLowerCase()} "${textOf(node).slice(0, 40)}"`;
  const color = (text: string) => (/rgba?\(([^)]+)\)/.exec(text)?.[1] ?? '').split(/[ ,/]+/).map(Number);
  /** WCAG 2.2: relative luminance. */
  const luminance = ([r = 0, g = 0, b = 0]: number[]) => {
    const [x, y, z] = [r, g, b].map((one) =>
      one / 255 <= 0.040_45 ? one / 255 / 12.92 : ((one / 255 + 0.055) / 1.055) ** 2.4,
    ) as [number, number, number];
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (node: Node | null): number[] => {
    if (!node) return [255, 255, 255];
    const own = color(page.getComputedStyle(node).backgroundColor);
    return own.length === 3 || own[3] === 1 ? own : ground(node.parentElement);
  };
  const contrast = (node: Node) => {
    const [a, b] = [luminance(color(page.getComputedStyle(node).color)), luminance(ground(node))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const hasText = (node: Node) =>
    [...node.childNodes].some((child) => child.nodeType === 3 && (child.textContent ?? '').trim() !== '');
  const controls = all('a[href], button, input, select, textarea, [tabindex]');
  const unseenFocus = controls.filter((node) => {
    node.focus({ focusVisible: true });
    const { outlineStyle, outlineWidth } = page.getComputedStyle(node);
    return outlineStyle === 'none' || Number.parseFloat(outlineWidth) < 2;
  });
  const count = (selector: string) => [...page.document.querySelectorAll(selector)].length;
  return {
    lang: page.document.documentElement.lang,
    title: page.document.title,
    headings: all('h1').map(textOf),
    landmarks: { header: count('header'), main: count('main') },
    overflow: Math.max(0, page.document.documentElement.scrollWidth - page.innerWidth),
    unlabelled: all('input, select, textarea')
      .filter((node) => (node.labels?.length ?? 0) === 0)
      .map(name),
    unnamed: all('a[href], button')
      .filter((node) => textOf(node) === '')
      .map(name),
    lowContrast: all('body *')
      .filter((node) => hasText(node) && contrast(node) < 4.5)
      .map((node) => `${name(node)} ${contrast(node).toFixed(2)}`),
    unseenFocus: unseenFocus.map(name),
    scripts: count('script'),
    background: luminance(ground(page.document.body)),
  };
}
