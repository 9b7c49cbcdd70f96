import { isAlias, isMap, isNode, isPair, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml';
import { largestConfigBytes } from '@sallyport/contracts';
import type { ConfigFault } from './config-faults.ts';

const maxDepth = 64;
/** The parser looks for an alias's anchor among all that come before it. */
const maxAliases = 1000;

/** Where something stands; `file` only if it is another file than the one asked about. */
export type Place = { line: number; column: number; file?: string };

/** A parsed YAML file: plain data, and where each path stands in the text. */
export type ReadYaml = { data: unknown; place: (path: readonly PropertyKey[]) => Place | undefined };

function shapeFaults(document: Document, at: (offset: number) => { line: number; column: number }): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const anchors = new Map<string, unknown>();
  let aliases = 0;
  visit(document, (_key, node, ancestors) => {
    const offset = (node as { range?: [number, number, number] } | null)?.range?.[0] ?? 0;
    if (ancestors.length > maxDepth * 2) {
      faults.push({ path: '', message: `is nested more than ${maxDepth} deep`, ...at(offset) });
      return visit.BREAK;
    }
    if (isAlias(node)) {
      aliases += 1;
      if (aliases > maxAliases) {
        faults.push({ path: '', message: `has more than ${maxAliases} aliases`, ...at(offset) });
        return visit.BREAK;
      }
      if ((ancestors as readonly unknown[]).includes(anchors.get(node.source))) faults.push({ path: '', message: `the alias ${node.source} contains itself`, ...at(offset) });
    } else if (isNode(node) && node.anchor !== undefined) {
      anchors.set(node.anchor, node); // an alias stands for the last node before it that has the name (YAML 1.2.2, 3.2.2.2)
    }
    if (isPair(node) && isScalar(node.key) && ['__proto__', 'constructor', 'prototype'].includes(String(node.key.value))) {
      faults.push({ path: '', message: `the name ${String(node.key.value)} is not allowed`, ...at(node.key.range?.[0] ?? 0) });
    }
    return undefined;
  });
  return faults;
}

/** The parser quotes what it stumbles over behind a colon or in words like these; that may be part of a secret. */
const wordsByCode: Readonly<Record<string, string>> = {
  TAG_RESOLVE_FAILED: 'Tag that cannot be resolved', BAD_DIRECTIVE: 'Directive that is not understood', BAD_DQ_ESCAPE: 'Unknown escape sequence',
};
const withoutSource = (message: string) => message.replace(/: .*$/s, '');

/** Parses YAML 1.2 (JSON included) under limits on size, depth and aliases. Returns every syntax fault, or the data. */
export function readYaml(text: string, maxBytes: number = largestConfigBytes): { ok: true; yaml: ReadYaml } | { ok: false; faults: ConfigFault[] } {
  if (Buffer.byteLength(text) > maxBytes) return { ok: false, faults: [{ path: '', message: `is larger than ${maxBytes} bytes` }] };
  if (text.includes('\0') || text.includes('\uFFFD')) return { ok: false, faults: [{ path: '', message: 'is not UTF-8 text' }] };
  const counter = new LineCounter();
  const at = (offset: number) => {
    const { line, col } = counter.linePos(offset);
    return { line, column: col };
  };
  try {
    const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: true });
    const faults: ConfigFault[] = document.errors.map((error) => ({ path: '', message: wordsByCode[error.code] ?? withoutSource(error.message), ...at(error.pos[0]) }));
    faults.push(...shapeFaults(document, at));
    if (faults.length > 0) return { ok: false, faults };
    const data: unknown = document.toJS({ maxAliasCount: 100 });
    return { ok: true, yaml: { data, place: (path) => placeOf(document, path, at) } };
  } catch (error) {
    // Deep nesting exhausts the parser's stack, and too many aliases are refused by it: both are the file's fault.
    const message = error instanceof RangeError ? 'is nested too deep' : `cannot be read: ${error instanceof Error ? withoutSource(error.message) : 'unknown fault'}`;
    return { ok: false, faults: [{ path: '', message }] };
  }
}

function placeOf(document: Document, path: readonly PropertyKey[], at: (offset: number) => { line: number; column: number }) {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    const pair = isMap(parent) ? parent.items.find((item) => isScalar(item.key) && item.key.value === key) : undefined;
    const node = pair?.key ?? document.getIn(path.slice(0, length), true);
    const range = (node as { range?: [number, number, number] } | undefined)?.range;
    if (range) return at(range[0]);
  }
  return undefined;
}
