// The Markdown pages: lines are short enough to read, and what a page links to or names exists.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const skipped = new Set(['node_modules', 'dist', 'testdata', 'corpus', 'results']);
const widest = 120;
/** Generated from the descriptions in the code, with each paragraph on one line. */
const generated = 'docs/policy-reference.md';

function pagesIn(directory) {
  return readdirSync(path.join(root, directory), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(directory, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) || entry.name.startsWith('.') ? [] : pagesIn(name);
    return entry.name.endsWith('.md') ? [name] : [];
  });
}

/** Returns the lines outside of code fences, with their numbers. */
function linesOf(page) {
  let fenced = false;
  return readFileSync(path.join(root, page), 'utf8')
    .split('\n')
    .map((text, index) => ({ text, number: index + 1 }))
    .filter(({ text }) => {
      const fence = /^\s*(?:```|~~~)/.test(text);
      if (fence) fenced = !fenced;
      return !fence && !fenced;
    });
}

/** Returns the anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page) {
  const seen = new Map();
  return new Set(
    linesOf(page)
      .filter(({ text }) => /^#{1,6} /.test(text))
      .map(({ text }) => {
        const slug = text
          .replace(/^#+ /, '')
          .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
          .toLowerCase()
          .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
          .replaceAll(' ', '-');
        const times = seen.get(slug) ?? 0;
        seen.set(slug, times + 1);
        return times === 0 ? slug : `${slug}-${times}`;
      }),
  );
}

const isProse = (text) => !/^\s*(?:\||<|\[[^\]]+\]: )/.test(text);

function tooWide(page) {
  return linesOf(page)
    .filter(({ text }) => isProse(text) && text.length > widest)
    .map(({ text, number }) => `${page}:${number}: ${text.length} columns`);
}

function brokenLinks(page) {
  return linesOf(page).flatMap(({ text, number }) =>
    [...text.replaceAll(/`[^`]*`/g, '').matchAll(/(?:\]\(|^\[[^\]]+\]: )([^)\s]+)/g)]
      .map(([, target]) => target)
      .filter((target) => !/^(?:[a-z]+:|<)/.test(target))
      .filter((target) => {
        const [file, anchor] = target.split('#');
        const linked = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
        if (!existsSync(path.join(root, linked))) return true;
        return anchor !== undefined && linked.endsWith('.md') && !anchorsOf(linked).has(anchor);
      })
      .map((target) => `${page}:${number}: ${target}`),
  );
}

/** Criteria of the policy language begin with `k8s/` as well: only what is in the folder counts as a path there. */
const isPath = /^(?:(?:packages|test-e2e|scripts|bench|deploy)\/|k8s\/(?:base|overlays|examples|[\w-]+\.))/;

function missingPaths(page) {
  return linesOf(page).flatMap(({ text, number }) =>
    [...text.matchAll(/`([^`\s]+)`/g)]
      .map(([, name]) => name)
      .filter((name) => isPath.test(name) && !/[*<>{}$…]/.test(name) && !existsSync(path.join(root, name)))
      .map((name) => `${page}:${number}: ${name}`),
  );
}

describe('the Markdown pages', () => {
  const pages = pagesIn('.');

  it('are found', () => {
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/security.md', 'docs/adr/README.md']));
  });

  it.each(pages.filter((page) => page !== generated))('%s has prose of at most 120 columns', (page) => {
    expect(tooWide(page)).toEqual([]);
  });

  it.each(pages)('%s links to files and headings that exist', (page) => {
    expect(brokenLinks(page)).toEqual([]);
  });

  it.each(pages)('%s names paths that exist', (page) => {
    expect(missingPaths(page)).toEqual([]);
  });
});
